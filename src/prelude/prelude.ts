import { native, preludeRecord, sys } from "../ffi/index.ts"
import { NR } from "../kernel/syscalls.ts"
import { CODE_ADDRESS, FUNCTIONS, RECORD, RECORDED_DESCRIPTORS } from "./layout.ts"

/** What the process was given by its caller, before the JavaScript engine changed it. */
export interface Prelude {
  /** The caller's environment: for programs that inherit it. `process.env` has only the names that runts reads itself. */
  callerEnvironment(): CallerEnvironment
  /** RLIMIT_NOFILE of the caller; Infinity for RLIM_INFINITY. */
  callerNofile(): { readonly soft: number; readonly hard: number }
  /** Whether the caller passed this descriptor open; the record ends at 255, later ones count as closed. */
  wasOpen(fd: number): boolean
  /** An O_PATH descriptor of the working folder if it had been deleted; the process then works in `/`. */
  deletedCwdFd(): number | undefined
  /** Whether the caller had this signal ignored (SIG_IGN). */
  wasIgnored(signal: number): boolean
  /** Whether the caller had this signal blocked. */
  wasBlocked(signal: number): boolean
  /** The arguments after the program's name as bytes, for those that are not UTF-8. */
  rawArguments(): Uint8Array[]
  /** A signal handler in machine code; undefined without a prelude (Node). */
  signalHandler(): SignalHandler | undefined
}

export interface CallerEnvironment {
  /** Address of the NULL-terminated array of C strings, as {@link native} `spawn` takes it; stays valid. */
  readonly address: number
  /** The strings (`NAME=value`), read when called. */
  strings(): string[]
}

/** For rt_sigaction(2): a handler that writes the signal's number, 4 bytes in the machine's order, to a descriptor. */
export interface SignalHandler {
  /** Address for sa_handler. */
  readonly handler: number
  /** Address for sa_restorer, with SA_RESTORER. */
  readonly restorer: number
  /** Sets the descriptor, say a pipe's writing end with O_NONBLOCK. Do so before the first rt_sigaction. */
  setFd(fd: number): void
}

const record = preludeRecord()
const view = record === undefined ? undefined : new DataView(record.buffer, record.byteOffset, record.length)

/** 8 bytes as a number; 2^64 - 1 and all that no double holds exactly come out rounded. */
function word(source: DataView, offset: number): number {
  return source.getUint32(offset + 4, true) * 0x100000000 + source.getUint32(offset, true)
}

const PAGE_BYTES = 4096

/** The C string at an address, without its NUL. Never reads past the page in which the string ends. */
function cString(address: number): Uint8Array {
  let text: Uint8Array | undefined
  for (;;) {
    const at = address + (text?.length ?? 0)
    const piece = native.peek(at, Math.min(256, PAGE_BYTES - (at % PAGE_BYTES)))
    const end = piece.indexOf(0)
    const part = end < 0 ? piece : piece.subarray(0, end)
    text = text === undefined ? part : Buffer.concat([text, part])
    if (end >= 0) return text
  }
}

/** `count` pointers from an array of addresses. */
function pointers(address: number, count: number): number[] {
  const bytes = native.peek(address, count * 8)
  const source = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const result: number[] = []
  for (let i = 0; i < count; i++) result.push(word(source, i * 8))
  return result
}

function bit(field: number, index: number, from: DataView): boolean {
  return ((from.getUint8(field + (index >> 3)) >> (index & 7)) & 1) === 1
}

function limit(soft: number): number {
  return soft >= 0xffffffffffff0000 ? Infinity : soft
}

/** The prelude's record, in the binary. */
function recorded(from: DataView): Prelude {
  return {
    callerEnvironment() {
      const address = word(from, RECORD.environment)
      return {
        address,
        strings: () => pointers(address, word(from, RECORD.environmentCount)).map((at) => Buffer.from(cString(at)).toString("utf8")),
      }
    },
    callerNofile: () => ({ soft: limit(word(from, RECORD.nofileSoft)), hard: limit(word(from, RECORD.nofileHard)) }),
    wasOpen: (fd) => fd >= 0 && fd < RECORDED_DESCRIPTORS && bit(RECORD.openDescriptors, fd, from),
    deletedCwdFd: () => from.getInt32(RECORD.deletedCwd, true) || undefined,
    wasIgnored: (signal) => bit(RECORD.ignoredSignals, signal - 1, from),
    wasBlocked: (signal) => bit(RECORD.blockedSignals, signal - 1, from),
    rawArguments() {
      const stack = word(from, RECORD.stack)
      const argc = pointers(stack, 1)[0] as number
      return pointers(stack + 16, Math.max(argc - 1, 0)).map(cString)
    },
    signalHandler: () => ({
      handler: CODE_ADDRESS + FUNCTIONS.signalHandler,
      restorer: CODE_ADDRESS + FUNCTIONS.signalRestorer,
      setFd: (fd) => from.setInt32(RECORD.signalFd, fd, true),
    }),
  }
}

const F_GETFD = 1
const RLIMIT_NOFILE = 7
const SIG_IGN = 1
/** Memory that addresses were given out of. */
const kept: Uint8Array[] = []

/** The process as it is now: Node, and runs from source. */
const present: Prelude = {
  callerEnvironment() {
    const strings: string[] = []
    for (const name in process.env) strings.push(name + "=" + process.env[name])
    const texts = strings.map((text) => Buffer.from(text + "\0", "utf8"))
    const array = Buffer.alloc((texts.length + 1) * 8)
    texts.forEach((text, i) => array.writeBigUInt64LE(BigInt(native.address(text)), i * 8))
    kept.push(array, ...texts)
    return { address: native.address(array), strings: () => strings }
  },
  callerNofile() {
    const limits = Buffer.alloc(16)
    sys(NR.prlimit64, 0, RLIMIT_NOFILE, 0, limits)
    const source = new DataView(limits.buffer, limits.byteOffset, 16)
    return { soft: limit(word(source, 0)), hard: limit(word(source, 8)) }
  },
  wasOpen: (fd) => sys(NR.fcntl, fd, F_GETFD) >= 0,
  deletedCwdFd: () => undefined,
  wasIgnored(signal) {
    const action = Buffer.alloc(32)
    return sys(NR.rt_sigaction, signal, 0, action, 8) === 0 && action.readUInt32LE(0) === SIG_IGN && action.readUInt32LE(4) === 0
  },
  wasBlocked(signal) {
    const mask = Buffer.alloc(8)
    sys(NR.rt_sigprocmask, 0, 0, mask, 8)
    return bit(0, signal - 1, new DataView(mask.buffer, mask.byteOffset, 8))
  },
  rawArguments: () => process.argv.slice(2).map((text) => Buffer.from(text, "utf8")),
  signalHandler: () => undefined,
}

export const prelude: Prelude = view === undefined ? present : recorded(view)
