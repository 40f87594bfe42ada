import { sys } from "../ffi/index.ts"
import { sysError } from "../error.ts"
import { ERRNO } from "../kernel/errno.ts"
import { O_CLOEXEC, O_NONBLOCK } from "../kernel/fs.ts"
import { SIGNALS, SIGNAL_MAX } from "../kernel/signals.ts"
import { NR } from "../kernel/syscalls.ts"
import { prelude } from "../prelude/prelude.ts"
import { close } from "./file.ts"

/** struct sigaction of the kernel: handler, flags, restorer, mask, 8 bytes each (x86-64 and arm64). */
const SIGACTION_BYTES = 32
const SIGSET_BYTES = 8
const SA_RESTORER = 0x04000000
const SA_RESTART = 0x10000000
const SIG_DFL = 0

/**
 * Not forwarded: they cannot be caught, or tell of this process itself. With a handler for TTIN or TTOU, a read from the
 * terminal in the background would be restarted for ever instead of stopping this process.
 */
const OWN = new Set<number>([
  SIGNALS.KILL, SIGNALS.STOP, SIGNALS.PIPE, SIGNALS.URG, SIGNALS.ILL, SIGNALS.TRAP, SIGNALS.BUS, SIGNALS.FPE, SIGNALS.SEGV,
  SIGNALS.SYS, SIGNALS.ABRT, SIGNALS.TTIN, SIGNALS.TTOU,
])

/** Signals that this process gets, as numbers in a pipe. */
export interface SignalPipe {
  /** Readable when a signal came. */
  readonly fd: number
  /** The numbers of the signals that came since, in order. */
  take(): number[]
  /** Default dispositions again. */
  close(): void
}

/**
 * Catches every signal that has its default disposition: what the caller ignores stays ignored, what the engine handles (its
 * garbage collector does) stays with it. The handler is machine code of the prelude, so it works while JavaScript waits in a
 * system call, on whichever thread.
 * @returns undefined where there is no such handler (Node)
 */
export function catchSignals(): SignalPipe | undefined {
  const handler = prelude.signalHandler()
  if (handler === undefined) return undefined
  const ends = Buffer.alloc(8)
  const made = sys(NR.pipe2, ends, O_CLOEXEC | O_NONBLOCK)
  if (made < 0) throw sysError("make a pipe for signals", -made, { syscall: "pipe2" })
  const fd = ends.readInt32LE(0)
  const writer = ends.readInt32LE(4)
  handler.setFd(writer)
  const action = sigaction(handler.handler, SA_RESTORER | SA_RESTART, handler.restorer)
  const caught: number[] = []
  for (let signal = 1; signal <= SIGNAL_MAX; signal++) {
    // 32 and 33 belong to the C library
    if (OWN.has(signal) || signal === 32 || signal === 33 || !hasDefault(signal)) continue
    if (sys(NR.rt_sigaction, signal, action, 0, SIGSET_BYTES) === 0) caught.push(signal)
  }
  return {
    fd,
    take: () => numbers(fd),
    close() {
      const byDefault = sigaction(SIG_DFL, 0, 0)
      for (const signal of caught) sys(NR.rt_sigaction, signal, byDefault, 0, SIGSET_BYTES)
      close(fd)
      close(writer)
    },
  }
}

/** struct sigaction with an empty mask. */
function sigaction(handler: number, flags: number, restorer: number): Buffer {
  const action = Buffer.alloc(SIGACTION_BYTES)
  action.writeBigUInt64LE(BigInt(handler), 0)
  action.writeBigUInt64LE(BigInt(flags), 8)
  action.writeBigUInt64LE(BigInt(restorer), 16)
  return action
}

function hasDefault(signal: number): boolean {
  const action = Buffer.alloc(SIGACTION_BYTES)
  if (sys(NR.rt_sigaction, signal, 0, action, SIGSET_BYTES) < 0) return false
  return action.readUInt32LE(0) === SIG_DFL && action.readUInt32LE(4) === 0
}

function numbers(fd: number): number[] {
  const buffer = Buffer.alloc(256)
  let n: number
  do n = sys(NR.read, fd, buffer, buffer.length)
  while (n === -ERRNO.EINTR)
  const found: number[] = []
  for (let at = 0; at + 4 <= n; at += 4) found.push(buffer.readInt32LE(at))
  return found
}
