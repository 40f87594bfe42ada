import { SIGNALS } from "../kernel/signals.ts"
import { POLLIN, poll, type Interest } from "./poll.ts"
import { type ExitStatus, exitCode, pidfdSendSignal, reap, reapAny } from "./process.ts"
import type { SignalPipe } from "./signals.ts"
import { type TerminalEnds, TerminalRelay } from "./terminal.ts"

/** What moves when descriptors are ready. */
export interface Relay {
  /** What to wait for now. */
  interests(): Interest[]
  /** How long, in milliseconds; -1: without limit. */
  readonly timeoutMs: number
  /** Moves what can be moved after a wait for those interests. */
  move(interests: readonly Interest[]): void
}

export interface ForegroundOptions {
  /** The container's process, a child of this one. */
  readonly pid: number
  readonly pidfd: number
  /** Signals that this process gets, to be passed on (SIGWINCH resizes a relayed terminal instead); closed at the end. */
  readonly signals?: SignalPipe | undefined
  /** Something else to wait for meanwhile, and to move. */
  readonly relay?: Relay | undefined
  /** Relay this terminal. */
  readonly terminal?: TerminalEnds
}

/**
 * Waits for the container's process as its parent in the foreground: forwards signals, relays the terminal, and reaps other
 * children (orphans that came to this process as their subreaper).
 * @returns its exit code; 128 + n if signal n ended it
 */
export function waitForeground(options: ForegroundOptions): number {
  // first the signals: one that killed this process now would leave the caller's terminal raw, or the size behind
  const { signals } = options
  let relay: TerminalRelay | undefined
  try {
    if (options.terminal !== undefined) relay = new TerminalRelay(options.terminal)
    const status = loop(options, relay, signals)
    relay?.drain()
    return exitCode(status)
  } finally {
    relay?.restore()
    signals?.close()
  }
}

function loop(options: ForegroundOptions, relay: TerminalRelay | undefined, signals: SignalPipe | undefined): ExitStatus {
  const ended: Interest = { fd: options.pidfd, events: POLLIN, ready: 0 }
  const signalled: Interest | undefined = signals === undefined ? undefined : { fd: signals.fd, events: POLLIN, ready: 0 }
  for (;;) {
    const moving = relay?.interests() ?? []
    const others = options.relay?.interests() ?? []
    const all = [ended, ...moving, ...others]
    if (signalled !== undefined) all.push(signalled)
    poll(all, earlier(relay?.timeoutMs ?? -1, options.relay?.timeoutMs ?? -1))
    relay?.move(moving)
    options.relay?.move(others)
    if (signals !== undefined && signalled?.ready !== 0) {
      for (const signal of signals.take()) {
        // a SIGCHLD may stand for several children, and for the container's process
        if (signal === SIGNALS.CHLD) {
          const status = reapUntil(options.pid)
          if (status !== undefined) return status
        } else if (signal === SIGNALS.WINCH && relay !== undefined) relay.resize()
        else pidfdSendSignal(options.pidfd, signal)
      }
    }
    if (ended.ready !== 0) return reap(options.pid)
  }
}

/** The shorter of two times to wait; a negative one has no end. */
function earlier(a: number, b: number): number {
  return a < 0 ? b : b < 0 ? a : Math.min(a, b)
}

/** Reaps children that have ended. @returns the status of `pid` if it is among them */
function reapUntil(pid: number): ExitStatus | undefined {
  for (;;) {
    const child = reapAny()
    if (child === undefined) return undefined
    if (child.pid === pid) return child.status
  }
}
