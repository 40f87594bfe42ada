import { RuntsError, sysError } from "../error.ts"
import { close } from "../host/file.ts"
import { POLLIN, poll, pollOne, type Interest } from "../host/poll.ts"
import { pidfdOpen, pidfdSendSignal, reap, type ExitStatus } from "../host/process.ts"
import { recv, socketpair, trySend } from "../host/socket.ts"
import { sys } from "../ffi/index.ts"
import { ERRNO } from "../kernel/errno.ts"
import { NR } from "../kernel/syscalls.ts"
import { warn } from "../log.ts"
import { MESSAGE, type Planner } from "../plan/planner.ts"
import { phase, tracing } from "../trace.ts"
import { INIT_NAME } from "./container.ts"
import { lift } from "./inherited.ts"
import { awaitStarted, DiedEarly, diedEarly, MESSAGE_BYTES, stepFailure } from "./outcome.ts"
import { spawnProgram } from "./spawn-program.ts"

const SIGKILL = 9
const SHUT_WR = 1
/** The longest text of a LOG message. */
export const LOG_BYTES = 256

/** What the runtime does when a program reports; each is called at most once. */
export interface LaunchEvents {
  /** The container's process exists; it may already run its first steps. */
  pid?(pid: number): void
  /** It waits to be brought into its cgroup. */
  cgroup?(pid: number): void
  /** It waits for its id mappings. */
  maps?(pid: number): void
  /** It waits for network devices of the host. */
  devices?(pid: number): void
  /** Mounts are done; hooks of creation are to be run. */
  hooks?(pid: number): void
}

/** The two ends of the talk with a program: the runtime's, and the one its launcher inherits, numbered from `least` up. */
export function statusSocket(least: number): { readonly ours: number; readonly theirs: number } {
  const [ours, theirs] = socketpair()
  return { ours, theirs: lift(theirs, least) }
}

/** A program that runs: its process, and the socket on which it waits for the runtime's go. */
export class Launch {
  readonly planner: Planner
  readonly socket: number
  /** What its process is called in errors: "the container's init". */
  private readonly who: string
  pid = 0
  pidfd = -1
  private log = ""

  constructor(planner: Planner, socket: number, who = "the container's init") {
    this.planner = planner
    this.socket = socket
    this.who = who
  }

  /**
   * Starts the program and answers it until it reports READY.
   * @param inherit descriptors the launcher keeps; the status socket's other end among them, which is closed here
   * @throws RuntsError of the step that failed; the process is gone then
   */
  run(theirs: number, inherit: readonly number[], events: LaunchEvents): void {
    for (const text of this.planner.warnings) warn(text)
    let launcher = 0
    try {
      const clocks = tracing()?.program(this.planner)
      phase("assemble the program and start it")
      launcher = spawnProgram(this.planner, INIT_NAME, clocks === undefined ? inherit : [...inherit, clocks])
      tracing()?.born("launcher", launcher)
    } finally {
      close(theirs)
    }
    try {
      this.untilReady(launcher, events)
    } catch (error) {
      this.kill()
      throw error
    }
  }

  /** The first of its descriptors that is not for the user's program (plan/process.ts). */
  get firstFd(): number {
    return this.planner.status - 1
  }

  /** Lets the program go on. @throws RuntsError if it has ended */
  go(): void {
    const sent = trySend(this.socket, new Uint8Array(1))
    if (sent === -ERRNO.EPIPE || sent === -ERRNO.ECONNRESET) throw diedEarly(this.who, this.reapInit())
    if (sent < 0) throw sysError(`send to ${this.who}`, -sent, { syscall: "sendto" })
  }

  /**
   * Answers the program until READY. The clone and its launcher run side by side: what init reports before the launcher has told its
   * pid is held back until then.
   */
  private untilReady(launcher: number, events: LaunchEvents): void {
    const held: Buffer[] = []
    phase("wait for the launcher")
    const launcherFd = pidfdOpen(launcher)
    for (;;) {
      if (this.pid === 0 && launcherFd !== undefined && this.launcherEnded(launcherFd)) {
        throw this.launcherDied(launcher, held, events)
      }
      const message = Buffer.alloc(MESSAGE_BYTES + LOG_BYTES)
      const length = recv(this.socket, this.who, message)
      const kind = length === 0 ? 0 : message.readUInt32LE(0)
      if (kind === MESSAGE.PID) {
        // whoever may trace a container's init could otherwise have another process taken for it
        if (this.pid !== 0) throw new RuntsError(`${this.who} reports a second process id`, { code: "internal" })
        this.pid = Number(message.readBigInt64LE(8))
        reap(launcher)
        if (launcherFd !== undefined) close(launcherFd)
        this.pidfd = pidfdOpen(this.pid) ?? -1
        tracing()?.born("process", this.pid)
        phase("set from outside what the new process cannot, and write down that it is there")
        events.pid?.(this.pid)
        this.wait()
        for (const item of held) if (this.answer(item, events)) return
      } else if (kind === 0) {
        if (this.pid !== 0) throw diedEarly(this.who, this.reapInit())
        throw this.launcherDied(launcher, held, events)
      } else if (this.pid === 0) held.push(message)
      else if (this.answer(message, events)) return
    }
  }

  /** Waits for a message or the launcher's end. @returns true if it ended and nothing is left to read */
  private launcherEnded(launcherFd: number): boolean {
    const message: Interest = { fd: this.socket, events: POLLIN, ready: 0 }
    const end: Interest = { fd: launcherFd, events: POLLIN, ready: 0 }
    poll([message, end], -1)
    // what it sent before its end may have come between the two looks
    return message.ready === 0 && end.ready !== 0 && !pollOne(this.socket, POLLIN, 0)
  }

  /**
   * The launcher ended without a pid (it was killed, or a step failed). Its clone may be there all the same: it ends when it is to
   * wait for this process and finds that nothing more comes.
   */
  private launcherDied(launcher: number, held: readonly Buffer[], events: LaunchEvents): unknown {
    const status = reap(launcher)
    sys(NR.shutdown, this.socket, SHUT_WR)
    const message = Buffer.alloc(MESSAGE_BYTES + LOG_BYTES)
    while (recv(this.socket, this.who, message) > 0) { /* until the clone has closed its end */ }
    try {
      for (const item of held) if (item.readUInt32LE(0) === MESSAGE.FAILED) this.answer(item, events)
    } catch (error) {
      return error
    }
    return diedEarly("the launcher", status)
  }

  /** @returns true for READY */
  private answer(message: Buffer, events: LaunchEvents): boolean {
    const kind = message.readUInt32LE(0)
    const number = message.readUInt32LE(4)
    switch (kind) {
      case MESSAGE.CGROUP:
        events.cgroup?.(this.pid)
        this.go()
        return false
      case MESSAGE.MAPS:
        phase("write the id mappings", "/linux/uidMappings")
        events.maps?.(this.pid)
        this.go()
        this.wait()
        return false
      case MESSAGE.DEVICES:
        phase("move network devices in", "/linux/netDevices")
        events.devices?.(this.pid)
        this.go()
        this.wait()
        return false
      case MESSAGE.HOOKS:
        events.hooks?.(this.pid)
        this.go()
        this.wait()
        return false
      case MESSAGE.SERVE:
        this.serve(number)
        this.wait()
        return false
      case MESSAGE.LOG:
        this.log = kernelLog(message)
        return false
      case MESSAGE.FAILED:
        throw stepFailure(this.planner, number, Number(message.readBigInt64LE(8)), this.log)
      case MESSAGE.READY:
        return true
      default:
        throw new Error(`the program sent a message of unknown kind ${kind}`)
    }
  }

  private serve(number: number): void {
    const request = this.planner.requests[number]
    if (request === undefined) throw new Error(`the program asks for request ${number}, which is not planned`)
    phase(`do for ${this.who} what takes looking: ${request.kind} ${request.path}`)
    // loaded when it is needed: few containers ask
    try {
      serveModule().serve(this.socket, this.planner, request)
    } catch (error) {
      throw error instanceof DiedEarly ? diedEarly(this.who, this.reapInit()) : error
    }
  }

  /**
   * After READY: the last go, and whether the user's program runs. End of file after STARTED is success.
   * @param started called when its last steps begin
   */
  start(started?: () => void): void {
    phase("let the user's program start")
    this.go()
    awaitStarted(this.socket, {
      who: this.who,
      exitStatus: () => this.reapInit(),
      failure: (index, value) => stepFailure(this.planner, index, value, ""),
      ...(started === undefined ? {} : { started }),
    })
  }

  private wait(): void {
    phase(`wait for ${this.who}`)
  }

  private reapInit(): ExitStatus | undefined {
    if (this.pid === 0) return undefined
    const status = reap(this.pid)
    this.pid = 0
    return status
  }

  /** Ends the process if it still is there, and frees its pid. */
  kill(): void {
    if (this.pidfd >= 0) {
      pidfdSendSignal(this.pidfd, SIGKILL)
      close(this.pidfd)
      this.pidfd = -1
    } else if (this.pid !== 0) sys(NR.kill, this.pid, SIGKILL) // a child that was not waited for: the pid is its own
    this.reapInit()
  }
}

type ServeModule = typeof import("./serve.ts")
let loadedServe: ServeModule | undefined

/** Makes the serve module available; to be awaited before a launch whose plan may ask. */
export async function loadServe(planner: Planner): Promise<void> {
  if (planner.requests.length > 0) loadedServe ??= await import("./serve.ts")
}

function serveModule(): ServeModule {
  if (loadedServe === undefined) throw new Error("serve was not loaded")
  return loadedServe
}

/** What the kernel said of a mount, out of a LOG message. */
export function kernelLog(message: Buffer): string {
  const text = message.subarray(MESSAGE_BYTES)
  const end = text.indexOf(0)
  return text.toString("utf8", 0, end < 0 ? text.length : end).trim()
}
