import { sysError, type ErrorDetails, type RuntsError } from "../../error.ts"
import { ERRNO } from "../../kernel/errno.ts"

/** Whether an errno says that it may not be done by whoever tried. @param errno positive */
export function isDenied(errno: number): boolean {
  return errno === ERRNO.EPERM || errno === ERRNO.EACCES || errno === ERRNO.EROFS
}

/**
 * The error of a failed operation on a cgroup.
 * @param what as for {@link sysError}
 * @param errno positive
 */
export function cgroupError(what: string, errno: number, details: Partial<ErrorDetails>): RuntsError {
  return sysError(what, errno, { code: isDenied(errno) ? "cgroup-not-permitted" : "cgroup-failed", ...details })
}
