import { native } from "../ffi/index.ts"
import { cString } from "../ffi/library.ts"
import { knownSyscalls, seccompLibrary, type SeccompLibrary } from "../host/seccomp/library.ts"
import { flagIsSupported } from "../host/seccomp/features.ts"
import { SECCOMP_FLAGS } from "../kernel/seccomp.ts"
import { annotation, annotationIsOn } from "../spec/annotations.ts"
import { namespaceOf } from "../spec/namespace.ts"
import { nearestName } from "../spec/report.ts"
import type { Seccomp, Spec } from "../spec/types.gen.ts"
import { type Host, needs } from "./host.ts"

const AT = "/linux/seccomp"

/** linux.seccomp: what libseccomp and the kernel make of it. The filter is made, and thrown away. */
export async function checkSeccomp(host: Host): Promise<void> {
  const { spec, findings, caller } = host
  const seccomp = spec.linux?.seccomp
  if (seccomp === undefined || annotation(spec, "run.oci.seccomp_bpf_data") !== undefined) return
  needs(host, "seccomp", AT)
  const notifies = seccomp.syscalls?.some(({ action }) => action === "SCMP_ACT_NOTIFY") === true
  if (notifies) {
    needs(host, "seccomp-notify", AT)
    needs(host, "ptrace", AT)
    tellListener(host, seccomp.listenerPath)
  }
  if (spec.process?.noNewPrivileges !== true && !caller.has("CAP_SYS_ADMIN") && namespaceOf(spec.linux, "user") === undefined) {
    findings.error("a seccomp filter takes process.noNewPrivileges, or a runtime with CAP_SYS_ADMIN", {
      code: "seccomp-failed", pointer: AT, remedy: "set process.noNewPrivileges to true",
    })
  }
  seccomp.flags?.forEach((name, index) => {
    if (!Object.hasOwn(SECCOMP_FLAGS, name) || flagIsSupported(name)) return
    if (name === "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" && !notifies) return
    findings.error(`${AT}/flags/${index}: the kernel does not know ${name}`, {
      code: "seccomp-failed", pointer: `${AT}/flags/${index}`, remedy: "leave it out",
    })
  })
  const library = findings.attempt({ code: "seccomp-unavailable", pointer: AT }, seccompLibrary)
  if (library === undefined) return
  tellNames(spec, seccomp, library, findings)
  const { compileProfile } = await import("../host/seccomp/compile.ts")
  const { defaultErrnoRet, architectures, syscalls } = seccomp
  findings.attempt({ code: "seccomp-profile", pointer: AT }, () => compileProfile({
    defaultAction: seccomp.defaultAction, ...(defaultErrnoRet === undefined ? {} : { defaultErrnoRet }), architectures: architectures ?? [], syscalls: syscalls ?? [],
  }, { failOnUnknown: false }))
}

function tellListener({ caller, findings }: Host, path: string | undefined): void {
  if (path === undefined || path === "" || caller.access(path, 0) === 0) return
  findings.error(`linux.seccomp.listenerPath: there is no socket ${JSON.stringify(path)}`, {
    code: "seccomp-failed", pointer: `${AT}/listenerPath`, remedy: "start what listens there before the container",
  })
}

/** __NR_SCMP_ERROR */
const UNKNOWN = -1

/** Names that libseccomp does not know are left out of the filter: they are too new for it, or misspelled. */
function tellNames(spec: Spec, seccomp: Seccomp, library: SeccompLibrary, findings: Host["findings"]): void {
  const fail = annotationIsOn(spec, "run.oci.seccomp_fail_unknown_syscall")
  let known: readonly string[] | undefined
  const unknown: string[] = []
  let first = ""
  seccomp.syscalls?.forEach(({ names, action }, index) => {
    names.forEach((name, at) => {
      const text = cString(name)
      if (library.seccomp_syscall_resolve_name(native.address(text)) !== UNKNOWN) return
      const pointer = `${AT}/syscalls/${index}/names/${at}`
      if (fail && action !== seccomp.defaultAction) {
        findings.error(`${pointer}: no system call ${JSON.stringify(name)} is known`, { code: "seccomp-profile", pointer })
        return
      }
      known ??= knownSyscalls(library)
      const meant = NEWER.has(name) ? undefined : nearestName(name, known)
      if (meant !== undefined) {
        findings.warning(`${pointer}: no system call ${JSON.stringify(name)} is known; did you mean ${meant}?`, {
          code: "config-no-effect", pointer, remedy: "correct it: it is left out of the filter",
        })
        return
      }
      unknown.push(name)
      if (first === "") first = pointer
    })
  })
  if (unknown.length === 0) return
  const shown = [...new Set(unknown)]
  const list = shown.length > 8 ? `${shown.slice(0, 8).join(", ")} and ${shown.length - 8} more` : shown.join(", ")
  findings.notice(`${AT}/syscalls: the libseccomp that is installed does not know ${list}: left out of the filter`, {
    code: "config-no-effect", pointer: first, remedy: "nothing, if they are newer than this machine",
  })
}

/** System calls that came with Linux 5.17 and later, which an older libseccomp has no number for: no misspellings. */
const NEWER: ReadonlySet<string> = new Set([
  "cachestat", "fchmodat2", "file_getattr", "file_setattr", "futex_requeue", "futex_wait", "futex_wake", "getxattrat", "listmount", "listxattrat",
  "lsm_get_self_attr", "lsm_list_modules", "lsm_set_self_attr", "map_shadow_stack", "mseal", "open_tree_attr", "removexattrat", "riscv_hwprobe",
  "set_mempolicy_home_node", "setxattrat", "statmount", "uprobe", "uretprobe",
])
