import { RuntsError } from "../error.ts"
import { ERRNO } from "../kernel/errno.ts"
import { tryReadText } from "./file.ts"

/*
 * Which security modules this kernel runs. Asked of procfs, as /sys and securityfs may be missing or masked. Only asked where a label
 * is wanted.
 */

/** The AppArmor profile of this process with its mode, as "docker-default (enforce)", or "unconfined"; undefined where AppArmor is off. */
export function ownApparmorProfile(): string | undefined {
  return attribute("/proc/self/attr/apparmor/current")
}

/** SELinux is on and has a policy: before the first one is loaded, all that runs is labelled "kernel" (selinux(8), is_selinux_enabled(3)). */
export function selinuxEnabled(): boolean {
  if (!/^nodev\tselinuxfs$/m.test(tryReadText("/proc/filesystems") ?? "")) return false
  const label = attribute("/proc/self/attr/current")
  return label !== undefined && label !== "" && label !== "kernel"
}

/** Reading an attribute of a module that is off is EINVAL; of one that is not built in, ENOENT. */
function attribute(path: string): string | undefined {
  try {
    return tryReadText(path)?.replace(/[\0\n]+$/, "")
  } catch (error) {
    if (error instanceof RuntsError && error.details.errno === ERRNO.EINVAL) return undefined
    throw error
  }
}
