import { SECCOMP_ACTIONS, takesErrno } from "../kernel/seccomp.ts"
import { annotation } from "./annotations.ts"
import type { Report } from "./rule.ts"
import type { SeccompSyscall, Spec } from "./types.gen.ts"

/**
 * Actions and the members that belong to them. The runtime reports with write(2) that the filter is about to be loaded, and
 * whoever handles notifications can only answer once it has the listener: so neither the default nor write may notify.
 */
export function seccompIsConsistent(spec: Spec, report: Report): void {
  const seccomp = spec.linux?.seccomp
  if (seccomp === undefined) return
  const at = "/linux/seccomp"
  const { defaultAction, defaultErrnoRet, syscalls, listenerPath, listenerMetadata } = seccomp
  if (defaultAction === "SCMP_ACT_NOTIFY") {
    report(`${at}/defaultAction`, "cannot be SCMP_ACT_NOTIFY: the runtime's own calls would wait")
  }
  if (defaultErrnoRet !== undefined && Object.hasOwn(SECCOMP_ACTIONS, defaultAction) && !takesErrno(defaultAction)) {
    report(`${at}/defaultErrnoRet`, `${defaultErrnoRet} means nothing to ${defaultAction}`)
  }
  let notifies = false
  for (let i = 0; i < (syscalls?.length ?? 0); i++) {
    const { names, action, errnoRet } = syscalls?.[i] as SeccompSyscall
    if (names.length === 0) report(`${at}/syscalls/${i}/names`, "is empty; expected at least one system call")
    if (errnoRet !== undefined && Object.hasOwn(SECCOMP_ACTIONS, action) && !takesErrno(action)) {
      report(`${at}/syscalls/${i}/errnoRet`, `${errnoRet} means nothing to ${action}`)
    }
    if (action !== "SCMP_ACT_NOTIFY") continue
    notifies = true
    if (names.includes("write")) report(`${at}/syscalls/${i}/names`, "SCMP_ACT_NOTIFY cannot be for write: the runtime needs it")
  }
  const hasListener = listenerPath !== undefined && listenerPath !== ""
  const hasReceiver = hasListener || annotation(spec, "run.oci.seccomp.receiver") !== undefined
  if (notifies && !hasReceiver) report(`${at}/listenerPath`, "missing; SCMP_ACT_NOTIFY needs it")
  if (!hasListener && listenerMetadata !== undefined && listenerMetadata !== "") {
    report(`${at}/listenerMetadata`, "cannot be without listenerPath")
  }
}
