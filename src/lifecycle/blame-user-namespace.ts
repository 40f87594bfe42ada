import { RuntsError } from "../error.ts"
import { tryReadText } from "../host/file.ts"
import { ERRNO } from "../kernel/errno.ts"

/*
 * Why an ordinary user's user namespace cannot be made, or gives no rights: the kernel has one errno for the switches of half a dozen
 * distributions. Loaded when a container could not be made.
 */

/** A file below /proc/sys that keeps users from user namespaces. */
interface Switch {
  readonly name: string
  readonly off: (value: string) => boolean
  readonly hint: string
}

const MAKING: readonly Switch[] = [
  { name: "user/max_user_namespaces", off: (value) => value === "0", hint: "sysctl -w user.max_user_namespaces=10000" },
  { name: "kernel/unprivileged_userns_clone", off: (value) => value === "0", hint: "sysctl -w kernel.unprivileged_userns_clone=1" },
]

/** The namespace can be made, and its root has no rights in it. */
const RIGHTS: readonly Switch[] = [
  {
    name: "kernel/apparmor_restrict_unprivileged_userns", off: (value) => value !== "0",
    hint: "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile for runts with `userns,`",
  },
]

/** The error of a container of an ordinary user, with what keeps him from user namespaces where that is it. */
export function blameUserNamespace(error: unknown): unknown {
  // of the cgroup alone, which is known by then
  if (!(error instanceof RuntsError) || error.details.code === "cgroup-not-permitted") return error
  const { errno, syscall, hint } = error.details
  const denied = errno === ERRNO.EPERM || errno === ERRNO.EACCES
  const makes = syscall === "clone3" && (denied || errno === ERRNO.ENOSPC || errno === ERRNO.EUSERS)
  if (!makes && (!denied || hint !== undefined)) return error
  for (const { name, off, hint: remedy } of makes ? [...MAKING, ...RIGHTS] : RIGHTS) {
    const value = tryReadText(`/proc/sys/${name}`)?.trim()
    if (value === undefined || !off(value)) continue
    return new RuntsError(error.message, { ...error.details, hint: `${name.replaceAll("/", ".")} is ${value}: ${remedy}` })
  }
  if (!makes) return error
  const why = errno === ERRNO.ENOSPC || errno === ERRNO.EUSERS ? "a limit of namespaces is reached (sysctl user)" : "user namespaces are not for this user"
  return new RuntsError(error.message, { ...error.details, hint: `${why}: \`runts doctor\` tells more` })
}
