import { CAPABILITIES } from "./capabilities.ts"
import { cloneFlags, decodeArgument, flagNames, mountAttributes, openFlags } from "./decode.ts"
import { RESOLVE_BENEATH, RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, RESOLVE_NO_XDEV } from "./fs.ts"
import { MS } from "./mount.ts"
import { CAPABILITY_VERSION_3, IOCTL } from "./process.ts"
import { SCHEDULER_FLAGS, SCHEDULER_POLICIES } from "./scheduling.ts"
import { signalName } from "./signals.ts"

/*
 * What arguments of system calls point to, by name. Offsets are those of 64-bit Linux (man pages of the calls; linux/sched/types.h for
 * struct sched_attr). For explain and error reports, so loaded only by those.
 */

/** One field of a structure. */
export interface Field {
  readonly name: string
  readonly offset: number
  readonly bytes: 2 | 4 | 8
  /** The value by name; else it is printed as a number. */
  readonly decode?: (value: bigint) => string
  /** Printed also where it is zero. */
  readonly always?: true
  /** An address: what it points to. */
  readonly to?: MemoryForm
}

/** How memory is shown: field by field, or as a whole. */
export type MemoryForm = { readonly fields: readonly Field[] } | { readonly text: (bytes: Uint8Array) => string | undefined }

const word = (name: string, index: number, decode?: (value: bigint) => string): Field => ({
  name, offset: index * 8, bytes: 8, ...(decode === undefined ? {} : { decode }),
})

const RESOLVE = { RESOLVE_NO_XDEV, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, RESOLVE_BENEATH, RESOLVE_IN_ROOT }
const octal = (value: bigint): string => `0${value.toString(8)}`

const OPEN_HOW: MemoryForm = {
  fields: [{ ...word("flags", 0, openFlags), always: true }, word("mode", 1, octal),
    word("resolve", 2, (value) => flagNames(RESOLVE, "", value))],
}
const MOUNT_ATTRIBUTES: MemoryForm = {
  fields: [
    word("attr_set", 0, mountAttributes), word("attr_clr", 1, mountAttributes),
    word("propagation", 2, (value) => flagNames(MS, "MS_", value)), word("userns_fd", 3),
  ],
}
const CLONE_ARGUMENTS: MemoryForm = {
  fields: [
    { ...word("flags", 0, (value) => cloneFlags(value, []) ?? ""), always: true }, word("pidfd", 1), word("child_tid",
      2), word("parent_tid", 3),
    { ...word("exit_signal", 4, (value) => (value === 0n ? "0" : signalName(Number(value)))), always: true },
    word("stack", 5), word("stack_size", 6), word("tls", 7), word("set_tid", 8), word("set_tid_size", 9), word("cgroup", 10),
  ],
}
const limit = (value: bigint): string => (value === 0xffffffffffffffffn ? "RLIM64_INFINITY" : String(value))
const LIMIT: MemoryForm = { fields: [{ ...word("rlim_cur", 0, limit), always: true },
  { ...word("rlim_max", 1, limit), always: true }] }

const SCHEDULER_ATTRIBUTES: MemoryForm = {
  fields: [
    { name: "size", offset: 0, bytes: 4 },
    { name: "sched_policy", offset: 4, bytes: 4, always: true, decode: (value) => byNumber(SCHEDULER_POLICIES, value) },
    word("sched_flags", 1, (value) => flagNames(SCHEDULER_FLAGS, "", value)),
    { name: "sched_nice", offset: 16, bytes: 4, decode: (value) => String(BigInt.asIntN(32, value)) },
    { name: "sched_priority", offset: 20, bytes: 4 },
    word("sched_runtime", 3), word("sched_deadline", 4), word("sched_period", 5),
  ],
}

const FILTER: MemoryForm = {
  fields: [
    { ...word("len", 0), always: true },
    { ...word("filter", 1), to: { text: (bytes) => `/* ${bytes.length / 8} instructions */` } },
  ],
}
const IOVEC: MemoryForm = { fields: [word("iov_base", 0), word("iov_len", 1)] }
const MESSAGE_HEADER: MemoryForm = {
  fields: [word("msg_name", 0), { ...word("msg_iov", 2), to: IOVEC }, word("msg_iovlen", 3), word("msg_control", 4),
    word("msg_controllen", 5)],
}
const SIGNAL_ACTION: MemoryForm = { fields: [{ ...word("sa_handler", 0, (value) => (value === 0n ? "SIG_DFL" : String(value))),
  always: true }] }
const SIGNAL_SET: MemoryForm = { text: (bytes) => (bytes.every((byte) => byte === 0) ? "[]" : undefined) }

function byNumber(names: Readonly<Record<string, number>>, value: bigint): string {
  return Object.keys(names).find((name) => names[name] === Number(value)) ?? String(value)
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

const CAPABILITY_HEADER: MemoryForm = {
  fields: [
    { name: "version", offset: 0, bytes: 4, always: true,
      decode: (value) => (Number(value) === CAPABILITY_VERSION_3 ? "_LINUX_CAPABILITY_VERSION_3" : String(value)) },
    { name: "pid", offset: 4, bytes: 4, always: true },
  ],
}

/** Names of a set of two words. */
function capabilityNames(low: number, high: number): string {
  const all = BigInt(low >>> 0) | (BigInt(high >>> 0) << 32n)
  return flagNames(Object.fromEntries(CAPABILITIES.map((name, number) => [name, 2 ** number])), "", all)
}

/** struct __user_cap_data_struct[2]. */
const CAPABILITY_DATA: MemoryForm = {
  text: (bytes) => {
    const words = view(bytes)
    const set = (index: number): string => capabilityNames(words.getUint32(index * 4, true),
      words.getUint32(index * 4 + 12, true))
    return `{effective=${set(0)}, permitted=${set(1)}, inheritable=${set(2)}}`
  },
}

const NUMBERS_32: MemoryForm = {
  text: (bytes) => {
    const words = view(bytes)
    const numbers: number[] = []
    for (let at = 0; at + 4 <= bytes.length; at += 4) numbers.push(words.getUint32(at, true))
    return `[${numbers.join(", ")}]`
  },
}

/** The numbers of a bit mask, as [0-3,7]. */
const MASK: MemoryForm = {
  text: (bytes) => {
    if (bytes.length > 0 && bytes.every((byte) => byte === 0xff)) return "[all]"
    const ranges: string[] = []
    for (let n = 0; n < bytes.length * 8; n++) {
      const has = (bit: number): boolean => (((bytes[bit >>> 3] ?? 0) >>> (bit & 7)) & 1) === 1
      if (!has(n)) continue
      const first = n
      while (has(n + 1)) n++
      ranges.push(first === n ? String(n) : `${first}-${n}`)
    }
    return `[${ranges.join(",")}]`
  },
}

/** struct ifreq with flags: 16 bytes of name, then they. */
const INTERFACE_REQUEST: MemoryForm = {
  text: (bytes) => {
    const name = Buffer.from(bytes.subarray(0, 16)).toString("latin1").replace(/\0.*$/s, "")
    return `{ifr_name=${JSON.stringify(name)}, ifr_flags=${flagNames({ IFF_UP: 1 }, "", view(bytes).getUint16(16, true))}}`
  },
}

const WINDOW_SIZE: MemoryForm = {
  fields: [{ name: "ws_row", offset: 0, bytes: 2, always: true }, { name: "ws_col", offset: 2, bytes: 2, always: true }],
}
const INTEGER: MemoryForm = { text: (bytes) => (bytes.length === 4 ? `[${view(bytes).getInt32(0, true)}]` : undefined) }

/** Bytes that are text, as the value of an extended attribute. */
const TEXT: MemoryForm = { text: (bytes) => JSON.stringify(Buffer.from(bytes).toString("utf8")) }

const STRUCTURES: Readonly<Record<string, Readonly<Record<number, MemoryForm>>>> = {
  openat2: { 2: OPEN_HOW }, mount_setattr: { 3: MOUNT_ATTRIBUTES }, clone3: { 0: CLONE_ARGUMENTS }, prlimit64: { 2: LIMIT },
  sched_setattr: { 1: SCHEDULER_ATTRIBUTES }, sched_setaffinity: { 2: MASK }, set_mempolicy: { 1: MASK }, seccomp: { 2: FILTER },
  sendmsg: { 1: MESSAGE_HEADER }, capset: { 0: CAPABILITY_HEADER, 1: CAPABILITY_DATA }, setgroups: { 1: NUMBERS_32 },
  rt_sigaction: { 1: SIGNAL_ACTION }, rt_sigprocmask: { 1: SIGNAL_SET }, fsetxattr: { 2: TEXT },
}

/** The third argument of ioctl(2), by its request. */
const IOCTL_ARGUMENTS: Readonly<Record<number, MemoryForm>> = {
  [IOCTL.SIOCSIFFLAGS]: INTERFACE_REQUEST, [IOCTL.TIOCSWINSZ]: WINDOW_SIZE, [IOCTL.TIOCSPTLCK]: INTEGER,
}

/**
 * What the memory is that an argument points to.
 * @param name the system call
 * @param index of the argument, from 0
 * @returns undefined where nothing but its bytes can be said
 */
export function memoryForm(name: string, index: number, args: readonly unknown[]): MemoryForm | undefined {
  if (name === "ioctl") return index === 2 ? IOCTL_ARGUMENTS[args[1] as number] : undefined
  return STRUCTURES[name]?.[index]
}

/** All that the printer can name (program/print.ts). */
export const DECODER = { argument: decodeArgument, memory: memoryForm }
