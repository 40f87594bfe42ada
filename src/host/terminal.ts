import { sys } from "../ffi/index.ts"
import { sysError } from "../error.ts"
import { ERRNO } from "../kernel/errno.ts"
import { AT_EMPTY_PATH, AT_FDCWD, O_NOCTTY, O_NONBLOCK, O_WRONLY } from "../kernel/fs.ts"
import { NR } from "../kernel/syscalls.ts"
import { TCGETS, TCSETS, TERMIOS_BYTES, TIOCGWINSZ, TIOCSWINSZ, WINSIZE_BYTES, rawTermios } from "../kernel/terminal.ts"
import { close, stat, tryOpenAt } from "./file.ts"
import { POLLERR, POLLHUP, POLLIN, POLLOUT, poll, pollOne, type Interest } from "./poll.ts"
import { isTerminal } from "./tty.ts"

/** A container's terminal and the caller's descriptors it is connected with. */
export interface TerminalEnds {
  /** Master of the container's terminal; made non-blocking. Stays open. */
  readonly master: number
  readonly stdin: number
  readonly stdout: number
}

const F_SETFL = 4
const CHUNK_BYTES = 4096
/** How often a terminal is looked at whose other end nobody in the container has open; it may be opened again. */
const HANGUP_POLL_MS = 50

/**
 * Copies bytes between a container's terminal and the caller's: the caller's terminal in raw mode, its size carried over. Neither
 * direction blocks the other, or the exit of the container. Each direction holds one chunk at most; a reader that is slow slows
 * its writer.
 */
export class TerminalRelay {
  private readonly ends: TerminalEnds
  /** Where output goes: stdout, or the same file opened anew without blocking. */
  private readonly output: number
  /** The caller's terminal, if any of its descriptors is one, and the settings it had. */
  private readonly tty: number | undefined
  private readonly settings: Buffer | undefined
  private readonly inputBuffer = Buffer.alloc(CHUNK_BYTES)
  private readonly outputBuffer = Buffer.alloc(CHUNK_BYTES)
  private input: Buffer = this.inputBuffer.subarray(0, 0)
  private pending: Buffer = this.outputBuffer.subarray(0, 0)
  private inputOpen = true
  private outputOpen = true
  private hungUp = false

  constructor(ends: TerminalEnds) {
    this.ends = ends
    const set = sys(NR.fcntl, ends.master, F_SETFL, O_NONBLOCK)
    if (set < 0) throw sysError("make the container's terminal non-blocking", -set, { syscall: "fcntl" })
    const settings = Buffer.alloc(TERMIOS_BYTES)
    this.tty = [ends.stdin, ends.stdout, 2].find((fd) => sys(NR.ioctl, fd, TCGETS, settings) === 0)
    this.settings = this.tty === undefined ? undefined : settings
    this.output = withoutBlocking(ends.stdout)
    this.resize()
    if (this.tty !== undefined) sys(NR.ioctl, this.tty, TCSETS, rawTermios(settings))
  }

  /** Gives the container's terminal the size of the caller's; its foreground processes get SIGWINCH. */
  resize(): void {
    const size = Buffer.alloc(WINSIZE_BYTES)
    if (this.tty !== undefined && sys(NR.ioctl, this.tty, TIOCGWINSZ, size) === 0) sys(NR.ioctl, this.ends.master, TIOCSWINSZ, size)
  }

  /** What to wait for now. */
  interests(): Interest[] {
    const { master, stdin } = this.ends
    const found: Interest[] = []
    const events = (this.input.length > 0 ? POLLOUT : 0) | (this.pending.length === 0 ? POLLIN : 0)
    // a terminal that hung up is always "ready": see `timeoutMs`
    if (!this.hungUp && events !== 0) found.push({ fd: master, events, ready: 0 })
    if (this.inputOpen && this.input.length === 0) found.push({ fd: stdin, events: POLLIN, ready: 0 })
    if (this.pending.length > 0) found.push({ fd: this.output, events: POLLOUT, ready: 0 })
    return found
  }

  /** How long to wait for {@link interests}, in milliseconds; -1: without limit. */
  get timeoutMs(): number {
    return this.hungUp ? HANGUP_POLL_MS : -1
  }

  /** Moves what can be moved after a wait. */
  move(interests: readonly Interest[]): void {
    this.hungUp = false
    for (const { fd, ready } of interests) {
      if (ready === 0) continue
      if (fd === this.ends.stdin) this.readInput()
      if (fd === this.output && this.pending.length > 0) this.writeOutput()
      if (fd === this.ends.master) {
        if ((ready & POLLOUT) !== 0) this.writeInput()
        if ((ready & (POLLIN | POLLHUP | POLLERR)) !== 0 && this.pending.length === 0) this.readMaster()
      }
    }
  }

  private readInput(): void {
    const n = sys(NR.read, this.ends.stdin, this.inputBuffer, CHUNK_BYTES)
    if (n > 0) {
      this.input = this.inputBuffer.subarray(0, n)
      this.writeInput()
    } else if (n !== -ERRNO.EINTR && n !== -ERRNO.EAGAIN) {
      // the end of the caller's input is no end of the terminal's: a container's shell goes on
      this.inputOpen = false
    }
  }

  private writeInput(): void {
    const n = sys(NR.write, this.ends.master, this.input, this.input.length)
    if (n > 0) this.input = this.input.subarray(n)
    // nobody has the other end open: typed into the void
    else if (n !== -ERRNO.EAGAIN && n !== -ERRNO.EINTR) this.input = this.input.subarray(this.input.length)
  }

  /** @returns whether there may be more */
  private readMaster(): boolean {
    const n = sys(NR.read, this.ends.master, this.outputBuffer, CHUNK_BYTES)
    if (n > 0) {
      this.pending = this.outputBuffer.subarray(0, n)
      this.writeOutput()
      return true
    }
    // EIO: no process has the other end open
    if (n !== -ERRNO.EAGAIN && n !== -ERRNO.EINTR) this.hungUp = true
    return n === -ERRNO.EINTR
  }

  private writeOutput(): void {
    while (this.pending.length > 0) {
      const n = this.outputOpen ? sys(NR.write, this.output, this.pending, this.pending.length) : this.pending.length
      if (n === -ERRNO.EAGAIN) return
      if (n >= 0) this.pending = this.pending.subarray(n)
      // nobody reads: go on without, so that the container is not held up
      else if (n !== -ERRNO.EINTR) this.outputOpen = false
    }
  }

  /** After the container's process has ended: what it wrote last. The kernel hands all of it over before it says EAGAIN or EIO. */
  drain(): void {
    do {
      while (this.pending.length > 0) {
        pollOne(this.output, POLLOUT, -1)
        this.writeOutput()
      }
    } while (this.readMaster())
  }

  /** Gives the caller's terminal its settings back. */
  restore(): void {
    if (this.tty !== undefined) sys(NR.ioctl, this.tty, TCSETS, this.settings as Buffer)
    if (this.output !== this.ends.stdout) close(this.output)
  }
}

/**
 * The file behind a descriptor, opened anew: O_NONBLOCK on the descriptor itself would stay with the caller's shell. Only terminals
 * and pipes, whose writes can block; a file would lose its position. The descriptor itself where that is not possible.
 */
function withoutBlocking(fd: number): number {
  const { type } = stat({ dirfd: fd, path: "", flags: AT_EMPTY_PATH, name: "standard output" })
  if (type !== "fifo" && !(type === "char" && isTerminal(fd))) return fd
  const again = tryOpenAt(AT_FDCWD, "/proc/self/fd/" + fd, O_WRONLY | O_NONBLOCK | O_NOCTTY)
  return again < 0 ? fd : again
}

/** The first of this process's standard descriptors that is a terminal. */
export function callerTerminal(): number | undefined {
  return [0, 1, 2].find(isTerminal)
}

/** Gives a terminal the size of the caller's. */
export function copyWindowSize(master: number): void {
  const tty = callerTerminal()
  const size = Buffer.alloc(WINSIZE_BYTES)
  if (tty !== undefined && sys(NR.ioctl, tty, TIOCGWINSZ, size) === 0) sys(NR.ioctl, master, TIOCSWINSZ, size)
}

/** Relays a terminal until a process ends, then what is left of its output. @param ends.pidfd of that process */
export function relayTerminal(ends: TerminalEnds & { readonly pidfd: number }): void {
  const relay = new TerminalRelay(ends)
  try {
    const process: Interest = { fd: ends.pidfd, events: POLLIN, ready: 0 }
    while (process.ready === 0) {
      const interests = relay.interests()
      poll([process, ...interests], relay.timeoutMs)
      relay.move(interests)
    }
    relay.drain()
  } finally {
    relay.restore()
  }
}
