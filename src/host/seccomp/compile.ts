import { native, sys } from "../../ffi/index.ts"
import { RuntsError, sysError } from "../../error.ts"
import { ERRNO, errnoText } from "../../kernel/errno.ts"
import { enosysPrefix, type HighestCall } from "../../kernel/seccomp-enosys.ts"
import {
  actionValue, BPF_INSTRUCTION_BYTES, BPF_INSTRUCTIONS_MAX, libraryArchitecture, SECCOMP_OPERATORS, type ArchitectureName,
} from "../../kernel/seccomp.ts"
import { NR } from "../../kernel/syscalls.ts"
import { debug } from "../../log.ts"
import type { Seccomp, SeccompArg, SeccompSyscall } from "../../spec/types.gen.ts"
import { close, readAll } from "../file.ts"
import { cString } from "../../ffi/library.ts"
import { seccompLibrary, type SeccompLibrary } from "./library.ts"

/*
 * A profile as a program of classic BPF, by libseccomp; what config.json means by its members is as runc has it.
 */

/** Changes whenever the same profile becomes another filter. */
export const COMPILER_VERSION = 1

/** What decides over the filter; flags and the listener are for seccomp(2). */
export type Profile = Pick<Seccomp, "defaultAction" | "defaultErrnoRet" | "architectures" | "syscalls">

export interface CompileOptions {
  /** A system call that libseccomp does not know is an error; else it is left out, as the kernel is taken not to have it. */
  readonly failOnUnknown: boolean
}

/** SCMP_FLTATR_CTL_OPTIMIZE: 2 is a binary tree over the numbers (seccomp_attr_set(3), since 2.5.0). */
const CTL_OPTIMIZE = 8
const BINARY_TREE = 2
/** From how many names on the tree is worth it; libseccomp makes nodes of four. */
const TREE_FROM = 33
/** __NR_SCMP_ERROR */
const UNKNOWN = -1
/** struct scmp_arg_cmp: u32 argument, u32 operator, two u64. */
const CONDITION_BYTES = 24
const MFD_CLOEXEC = 1
const SEEK_SET = 0

/**
 * The filter of a profile.
 * @returns struct sock_filter, 8 bytes each
 * @throws RuntsError where libseccomp is missing or refuses a part, with the part's JSON pointer
 */
export function compileProfile(profile: Profile, options: CompileOptions): Uint8Array {
  const lib = seccompLibrary()
  const defaultAction = actionValue(profile.defaultAction, profile.defaultErrnoRet)
  const context = lib.seccomp_init(defaultAction)
  if (context === 0) {
    throw new RuntsError(`linux.seccomp.defaultAction: libseccomp or the kernel does not know ${profile.defaultAction}`, {
      code: "seccomp-profile",
      pointer: "/linux/seccomp/defaultAction",
    })
  }
  try {
    const architectures = addArchitectures(lib, context, profile)
    const names = profile.syscalls?.reduce((sum, { names }) => sum + names.length, 0) ?? 0
    if (names >= TREE_FROM && lib.seccomp_attr_set(context, CTL_OPTIMIZE, BINARY_TREE) < 0) {
      debug("seccomp: this libseccomp makes no binary tree; the filter is a list")
    }
    profile.syscalls?.forEach((rule, index) => addRule({ lib, context, defaultAction, options }, rule, index))
    const prefix = answersEnosys(profile) ? enosysPrefix(highestCalls(lib, profile, architectures)) : new Uint8Array(0)
    return joined(prefix, exported(lib, context))
  } finally {
    lib.seccomp_release(context)
  }
}

/** @returns libseccomp's token of each architecture of the profile, in its order */
function addArchitectures(lib: SeccompLibrary, context: number, profile: Profile): Map<ArchitectureName, number> {
  const tokens = new Map<ArchitectureName, number>()
  profile.architectures?.forEach((name, index) => {
    const pointer = `/linux/seccomp/architectures/${index}`
    const text = cString(libraryArchitecture(name))
    const token = lib.seccomp_arch_resolve_name(native.address(text))
    if (token === 0) {
      throw new RuntsError(`linux.seccomp.architectures[${index}]: the libseccomp that is installed does not know ${name}`, {
        code: "seccomp-profile",
        pointer, hint: "a newer one may (2.6.0 knows all), or leave the architecture out",
      })
    }
    const result = lib.seccomp_arch_add(context, token)
    if (result < 0 && result !== -ERRNO.EEXIST) {
      const why = result === -ERRNO.EDOM ? "its byte order is not this machine's" : errnoText(-result)
      const what = `linux.seccomp.architectures[${index}]: ${name} cannot be in a filter here`
      throw new RuntsError(`${what}: ${why}`, { code: "seccomp-profile", pointer, errno: -result })
    }
    tokens.set(name, token)
  })
  return tokens
}

interface Filling {
  readonly lib: SeccompLibrary
  readonly context: number
  readonly defaultAction: number
  readonly options: CompileOptions
}

function addRule(filling: Filling, rule: SeccompSyscall, index: number): void {
  const { lib, context, defaultAction, options } = filling
  const action = actionValue(rule.action, rule.errnoRet)
  // libseccomp refuses what it would do anyway
  if (action === defaultAction) return
  const alternatives = conditions(rule.args ?? [])
  rule.names.forEach((name, at) => {
    const pointer = `/linux/seccomp/syscalls/${index}/names/${at}`
    const where = `linux.seccomp.syscalls[${index}]`
    const text = cString(name)
    const number = lib.seccomp_syscall_resolve_name(native.address(text))
    if (number === UNKNOWN) {
      if (options.failOnUnknown) {
        throw new RuntsError(`${where}: no system call ${JSON.stringify(name)} is known`, { code: "seccomp-profile", pointer })
      }
      debug(`seccomp: the system call ${JSON.stringify(name)} is not known and left out`)
      return
    }
    for (const { bytes, count } of alternatives) {
      const result = lib.seccomp_rule_add_array(context, action, number, count, count === 0 ? 0 : native.address(bytes))
      if (result < 0) {
        const what = `${where}: ${rule.action} for ${JSON.stringify(name)}`
        throw sysError(what, -result, { code: "seccomp-profile", pointer, syscall: "seccomp_rule_add_array" })
      }
    }
  })
}

/**
 * What `args` demands, as arrays of struct scmp_arg_cmp of which one must hold. All conditions together, except where an
 * argument occurs twice, which libseccomp cannot do: then each by itself, as runc always did.
 */
function conditions(args: readonly SeccompArg[]): readonly { readonly bytes: Uint8Array; readonly count: number }[] {
  const twice = new Set(args.map(({ index }) => index)).size < args.length
  const groups = twice ? args.map((arg) => [arg]) : [args]
  return groups.map((group) => {
    const bytes = new Uint8Array(group.length * CONDITION_BYTES)
    const view = new DataView(bytes.buffer)
    group.forEach(({ index, op, value, valueTwo }, i) => {
      view.setUint32(i * CONDITION_BYTES, index, true)
      view.setUint32(i * CONDITION_BYTES + 4, SECCOMP_OPERATORS[op], true)
      view.setBigUint64(i * CONDITION_BYTES + 8, BigInt(value), true)
      view.setBigUint64(i * CONDITION_BYTES + 16, BigInt(valueTwo ?? 0), true)
    })
    return { bytes, count: group.length }
  })
}

/** Whether calls that the profile's writer could not know shall be told from those that are forbidden: not where they are let through. */
function answersEnosys({ defaultAction, defaultErrnoRet }: Profile): boolean {
  if (defaultAction === "SCMP_ACT_ERRNO") return defaultErrnoRet !== ERRNO.ENOSYS
  return defaultAction !== "SCMP_ACT_ALLOW" && defaultAction !== "SCMP_ACT_LOG" && defaultAction !== "SCMP_ACT_TRACE"
}

/** The highest number that the profile names, rules that say what the default says included, for each architecture it lists. */
function highestCalls(lib: SeccompLibrary, profile: Profile, architectures: ReadonlyMap<ArchitectureName, number>): HighestCall[] {
  const texts = profile.syscalls?.flatMap(({ names }) => names.map(cString)) ?? []
  const found: HighestCall[] = []
  for (const [name, architecture] of architectures) {
    let number = 0
    for (const text of texts) number = Math.max(number, lib.seccomp_syscall_resolve_name_arch(architecture, native.address(text)))
    if (number > 0) found.push({ architecture, number })
    else debug(`seccomp: the profile names no system call of ${name}`)
  }
  return found
}

function exported(lib: SeccompLibrary, context: number): Uint8Array {
  const fd = sys(NR.memfd_create, "seccomp", MFD_CLOEXEC)
  if (fd < 0) throw sysError("make a file in memory", -fd, { syscall: "memfd_create" })
  try {
    const result = lib.seccomp_export_bpf(context, fd)
    if (result < 0) {
      throw sysError("linux.seccomp: make the filter", -result, {
        code: "seccomp-profile", pointer: "/linux/seccomp", syscall: "seccomp_export_bpf",
      })
    }
    sys(NR.lseek, fd, 0, SEEK_SET)
    return readAll(fd, "the seccomp filter")
  } finally {
    close(fd)
  }
}

function joined(prefix: Uint8Array, filter: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(prefix.length + filter.length)
  bytes.set(prefix)
  bytes.set(filter, prefix.length)
  const instructions = bytes.length / BPF_INSTRUCTION_BYTES
  if (instructions <= BPF_INSTRUCTIONS_MAX) return bytes
  throw new RuntsError(`linux.seccomp: the filter has ${instructions} instructions; the kernel takes ${BPF_INSTRUCTIONS_MAX}`, {
    code: "seccomp-profile",
    pointer: "/linux/seccomp", hint: "fewer rules with args, or fewer architectures",
  })
}
