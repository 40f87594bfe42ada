import { sysError, type ErrorDetails, type RuntsError } from "../../error.ts"
import { ERRNO } from "../../kernel/errno.ts"

/**
 * The error of a failed operation on a cgroup.
 * @param what as for {@link sysError}
 * @param errno positive
 */
export function cgroupError(what: string, errno: number, details: Partial<ErrorDetails>): RuntsError {
  const denied = errno === ERRNO.EPERM || errno === ERRNO.EACCES || errno === ERRNO.EROFS
  return sysError(what, errno, { code: denied ? "cgroup-not-permitted" : "cgroup-failed", ...details })
}
