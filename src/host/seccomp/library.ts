import { native } from "../../ffi/index.ts"
import { library, stringAt, type Functions } from "../../ffi/library.ts"
import { RuntsError } from "../../error.ts"
import { readText } from "../file.ts"

const SONAME = "libseccomp.so.2"

const FUNCTIONS = {
  seccomp_version: [0, "address"],
  seccomp_init: [1, "address"],
  seccomp_release: [1, "int"],
  seccomp_attr_set: [3, "int"],
  seccomp_arch_resolve_name: [1, "uint"],
  seccomp_arch_add: [2, "int"],
  seccomp_syscall_resolve_name: [1, "int"],
  seccomp_syscall_resolve_name_arch: [2, "int"],
  seccomp_syscall_resolve_num_arch: [2, "address"],
  seccomp_rule_add_array: [5, "int"],
  seccomp_export_bpf: [2, "int"],
} as const

/** libseccomp's functions (seccomp_init(3) and its neighbours); strings and arrays are addresses. */
export type SeccompLibrary = Functions<keyof typeof FUNCTIONS>

let loaded: SeccompLibrary | undefined

/** Loads libseccomp. @throws RuntsError that names the package, where it is missing */
export function seccompLibrary(): SeccompLibrary {
  let reason = ""
  loaded ??= library(SONAME, FUNCTIONS, (why) => (reason = why))
  if (loaded !== undefined) return loaded
  throw new RuntsError(`linux.seccomp needs ${SONAME}, which cannot be loaded: ${reason}`, {
    code: "seccomp-unavailable",
    pointer: "/linux/seccomp", hint: "install the package libseccomp2 (Fedora, Alpine, Arch: libseccomp), or leave linux.seccomp out",
  })
}

/** The library's version, as "2.5.4". */
export function seccompVersion(): string {
  const bytes = Buffer.from(native.peek(seccompLibrary().seccomp_version(), 12))
  return [0, 4, 8].map((at) => bytes.readUInt32LE(at)).join(".")
}

/** Path of the file that the loaded library was read from; undefined where that cannot be seen. */
export function seccompLibraryPath(): string | undefined {
  for (const line of readText("/proc/self/maps").split("\n")) {
    const slash = line.indexOf("/")
    const path = slash < 0 ? "" : line.slice(slash)
    if (path.includes("/libseccomp.so")) return path
  }
  return undefined
}

/** SCMP_ARCH_NATIVE */
const NATIVE = 0
/** No kernel has as many system calls. */
const NUMBERS_MAX = 600

/** Names of the system calls of this machine's architecture that the library knows. */
export function knownSyscalls(library: SeccompLibrary): string[] {
  const names: string[] = []
  for (let number = 0; number < NUMBERS_MAX; number++) {
    const address = library.seccomp_syscall_resolve_num_arch(NATIVE, number)
    if (address !== 0) names.push(stringAt(address))
  }
  return names
}

/**
 * The name of a system call.
 * @param architecture AUDIT_ARCH_... of linux/audit.h, which is libseccomp's too
 * @returns undefined where the library does not know it, or is not there
 */
export function syscallName(architecture: number, number: number): string | undefined {
  try {
    const address = seccompLibrary().seccomp_syscall_resolve_num_arch(architecture, number)
    return address === 0 ? undefined : stringAt(address)
  } catch {
    return undefined
  }
}
