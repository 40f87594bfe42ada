import { sys } from "../ffi/index.ts"
import { sysError } from "../error.ts"
import { ERRNO } from "../kernel/errno.ts"
import { PR } from "../kernel/process.ts"
import { NR } from "../kernel/syscalls.ts"
import { tryReadText } from "./file.ts"
import { POLLIN, pollOne } from "./poll.ts"

/** A process as /proc/PID/stat tells (proc_pid_stat(5)). */
export interface ProcessState {
  /** Field 22: clock ticks after boot. With the pid it names a process for as long as the machine is up. */
  readonly startTime: string
  /** Field 3: R running, S and D asleep, T and t stopped, Z zombie, X dead, I idle. */
  readonly state: string
}

/** How a process ended. */
export type ExitStatus = { readonly code: number } | { readonly signal: number }

/** @returns undefined if there is no such process */
export function processState(pid: number): ProcessState | undefined {
  const text = tryReadText(`/proc/${pid}/stat`)
  if (text === undefined) return undefined
  // field 2, the name, may hold spaces and parentheses; nothing after it does
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ")
  return { state: fields[0] as string, startTime: fields[19] as string }
}

/** When the process started, in clock ticks after boot; undefined if there is none. A zombie still has one. */
export function processStartTime(pid: number): string | undefined {
  return processState(pid)?.startTime
}

/** Whether this very process still runs: it is there, no zombie, and not another one that was given the same pid. */
export function isAlive(pid: number, startTime: string): boolean {
  const found = processState(pid)
  return found !== undefined && found.startTime === startTime && found.state !== "Z" && found.state !== "X"
}

/** A descriptor of a process (close-on-exec), which no later process can take over. @returns undefined if there is none */
export function pidfdOpen(pid: number): number | undefined {
  const fd = sys(NR.pidfd_open, pid, 0)
  if (fd >= 0) return fd
  if (fd === -ERRNO.ESRCH) return undefined
  throw sysError(`open a descriptor of process ${pid} to watch it`, -fd, { syscall: "pidfd_open" })
}

/** Sends a signal (0: only probes). @returns false if the process has ended (a zombie takes signals without effect) */
export function pidfdSendSignal(pidfd: number, signal: number): boolean {
  const result = sys(NR.pidfd_send_signal, pidfd, signal, 0, 0)
  if (result === 0) return true
  if (result === -ERRNO.ESRCH) return false
  throw sysError(`send signal ${signal}`, -result, { syscall: "pidfd_send_signal" })
}

/** Waits for a process to end; needs not be a child. @returns false after `timeoutMs` milliseconds (negative: no limit) */
export function waitPidfd(pidfd: number, timeoutMs: number): boolean {
  return pollOne(pidfd, POLLIN, timeoutMs)
}

const WNOHANG = 1
/** Children made by clone with another exit signal than SIGCHLD too (wait(2)). */
const WALL = 0x40000000

let statusBuffer: Buffer | undefined

/** wait4(2). @returns the pid (0: none has ended, with WNOHANG), or the negated errno */
function wait(pid: number, flags: number): number {
  statusBuffer ??= Buffer.alloc(4)
  for (;;) {
    const result = sys(NR.wait4, pid, statusBuffer, flags, 0)
    if (result !== -ERRNO.EINTR) return result
  }
}

function exitStatus(): ExitStatus {
  const status = (statusBuffer as Buffer).readInt32LE(0)
  const signal = status & 0x7f
  return signal === 0 ? { code: (status >> 8) & 0xff } : { signal }
}

/** Waits for a child and frees its pid. */
export function reap(pid: number): ExitStatus {
  const result = wait(pid, WALL)
  if (result < 0) throw sysError(`wait for process ${pid}`, -result, { syscall: "wait4" })
  return exitStatus()
}

/** The next child that has ended, whichever it is; undefined if there is none now. */
export function reapAny(): { readonly pid: number; readonly status: ExitStatus } | undefined {
  const pid = wait(-1, WALL | WNOHANG)
  return pid > 0 ? { pid, status: exitStatus() } : undefined
}

/** The exit code that stands for a status, as shells give it: 128 + n for signal n. */
export function exitCode(status: ExitStatus): number {
  return "code" in status ? status.code : 128 + status.signal
}

function prctl(what: string, operation: number, value: number): void {
  const result = sys(NR.prctl, operation, value, 0, 0, 0)
  if (result < 0) throw sysError(what, -result, { syscall: "prctl" })
}

/** The signal this process gets when its parent thread ends; 0: none. */
export function setPdeathsig(signal: number): void {
  prctl("set the parent-death signal", PR.SET_PDEATHSIG, signal)
}

/** Whether orphaned descendants become children of this process. */
export function setSubreaper(on: boolean): void {
  prctl("become a subreaper", PR.SET_CHILD_SUBREAPER, on ? 1 : 0)
}

const CLOCK_REALTIME = 0

/** The time now in UTC as RFC 3339 with up to nine digits after the second and no zeros at their end (Go's RFC3339Nano). */
export function nanotimeUtc(): string {
  const time = Buffer.alloc(16)
  const result = sys(NR.clock_gettime, CLOCK_REALTIME, time)
  if (result < 0) throw sysError("read the clock", -result, { syscall: "clock_gettime" })
  return formatTime(time.readUInt32LE(0) + time.readUInt32LE(4) * 0x100000000, time.readUInt32LE(8))
}

/** @param seconds since 1970 @param nanoseconds 0 to 999999999 */
export function formatTime(seconds: number, nanoseconds: number): string {
  let fraction = nanoseconds === 0 ? "" : "." + String(nanoseconds).padStart(9, "0")
  while (fraction.endsWith("0")) fraction = fraction.slice(0, -1)
  return new Date(seconds * 1000).toISOString().slice(0, 19) + fraction + "Z"
}
