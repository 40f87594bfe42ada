import type { Arg, Datum, Label, Step } from "../program/program.ts"
import { Program } from "../program/program.ts"
import { MSG_NOSIGNAL } from "../kernel/process.ts"
import { AT_EMPTY_PATH } from "../kernel/fs.ts"
import { MESSAGE } from "./messages.ts"

export { MESSAGE }

/** What a program may ask the runtime to do for it while it is being set up: things that need walking and reading names. */
export type ServeRequest = {
  /** The config.json pointer that asked for it. */
  readonly pointer: string
} & (
  /** Resolve a mount target inside the root, make what is missing, and store the O_PATH descriptor in `result`. */
  | {
      readonly kind: "target"
      readonly path: string
      readonly directory: boolean
      readonly noSymlinks: boolean
      /** A symlink at the end is itself the target. */
      readonly noFollow: boolean
      readonly result: Datum
      readonly resume: Label
      /** Where to go on if the end of the path had to be made. */
      readonly made: Label
    }
  /** Copy the folder that descriptor `from` holds into the new mount that `to` holds (tmpcopyup). */
  | { readonly kind: "copy"; readonly path: string; readonly from: Datum; readonly to: Datum; readonly resume: Label }
  /** Make the working directory (0755 each part) inside the root, which is / by then, and change to it. */
  | { readonly kind: "cwd"; readonly path: string; readonly resume: Label }
)

/** By errno: what a failure means and what to try; one clause without a final full stop. */
export type Hints = Readonly<Partial<Record<number, string>>>

/** Bytes of the buffer that serve answers are received into: rows, then data. */
export const SERVE_BYTES = 65536

/**
 * A program under construction with what all phases share: the status socket, constant structures, and blocks that are
 * reached by a branch only and are placed behind the straight line.
 */
export class Planner {
  readonly program = new Program()
  /** Holds the descriptor that failures are written to; steps move it from the status socket to the start connection. */
  readonly statusCell: Datum
  readonly requests: ServeRequest[] = []
  /** Holds the descriptor of the container's root while it is being set up. */
  rootCell: Datum | undefined
  /** Steps whose failure means "the user's program cannot be executed", with the name that was looked for. */
  lookup: string | undefined
  /** What the user should know of what cannot be given, for the log. */
  readonly warnings: string[] = []
  /** Index of the step that sends STARTED: the last steps follow, which run when `start` says so. */
  started = 0
  private readonly hints = new Map<Step, Hints>()
  private readonly structures = new Map<string, Datum>()
  private blocks: (() => void)[] = []
  private serveLoop: Label | undefined
  /** Where serve answers are received; undefined while nothing asks. */
  serveBuffer: Datum | undefined
  readonly status: number

  constructor(status: number) {
    this.status = status
    this.statusCell = this.program.bytes(new Uint8Array(new Int32Array([status, 0]).buffer))
  }

  /** Later steps were asked for by this config.json pointer. */
  at(pointer: string): this {
    this.program.pointer = pointer
    return this
  }

  /** What to tell where a step fails. */
  hint(step: Step, hints: Hints): void {
    this.hints.set(step, hints)
  }

  /** What to try where a step failed with an errno. */
  hintOf(step: Step, errno: number): string | undefined {
    return this.hints.get(step)?.[errno]
  }

  /** A constant structure of 8-byte words; equal ones share memory. */
  words(...words: number[]): Datum {
    const key = words.join()
    let datum = this.structures.get(key)
    if (datum === undefined) {
      datum = this.program.words(words)
      this.structures.set(key, datum)
    }
    return datum
  }

  /** struct open_how of openat2(2) and its size, as the last two arguments. */
  openHow(flags: number, resolve: number, mode = 0): [Datum, number] {
    return [this.words(flags, mode, resolve), 24]
  }

  /** mount_setattr(2) on a mount's descriptor. */
  setAttributes(mount: Arg, change: { set?: number; clear?: number; propagation?: number; userNamespace?: number }, flags = 0): Step {
    const attr = this.words(change.set ?? 0, change.clear ?? 0, change.propagation ?? 0, change.userNamespace ?? 0)
    return this.program.call("mount_setattr", mount, "", AT_EMPTY_PATH | flags, attr, 32)
  }

  /** Places steps behind the straight line; they must end in a jump. */
  later(block: () => void): void {
    this.blocks.push(block)
  }

  /** Emits the blocks; call once, where the straight line has ended (after an exit or execve). */
  placeBlocks(): void {
    while (this.blocks.length > 0) {
      const blocks = this.blocks
      this.blocks = []
      for (const block of blocks) block()
    }
    if (this.serveLoop !== undefined) this.placeServeLoop(this.serveLoop)
  }

  /** Sends a 16-byte message on the status socket. */
  tell(kind: number, number = 0): Step {
    return this.program.call("sendto", this.status, this.words(kind + number * 2 ** 32, 0), 16, MSG_NOSIGNAL, 0, 0)
  }

  /** Waits for the runtime's one-byte answer; ends quietly if the runtime has gone. */
  awaitGo(): void {
    const p = this.program
    const again = p.label("again")
    const go = p.label("go")
    p.here(again)
    const received = p.call("recvfrom", this.status, p.buffer(8), 8, 0, 0, 0).on("EINTR", again).says("wait for the runtime")
    p.test(received, -1, "!=", 0, go)
    p.call("exit_group", 1).says("end, as the runtime has gone")
    p.here(go)
  }

  /**
   * A label to branch to where only the runtime can go on: it is told the request, then sends rows that init runs, until
   * one of them jumps to `request.resume`.
   */
  serve(request: ServeRequest): Label {
    const p = this.program
    const label = p.label("serve")
    const number = this.requests.length
    const { pointer } = request
    this.requests.push(request)
    this.serveLoop ??= p.label("serve loop")
    const loop = this.serveLoop
    this.later(() => {
      p.pointer = pointer
      p.here(label)
      this.tell(MESSAGE.SERVE, number).says(`interactive: ${request.kind} ${request.path}`)
      p.jump(loop)
    })
    return label
  }

  private placeServeLoop(loop: Label): void {
    const p = this.program
    this.serveBuffer = p.buffer(SERVE_BYTES, 64)
    p.pointer = ""
    p.here(loop)
    const received = p.call("recvfrom", this.status, this.serveBuffer, SERVE_BYTES, 0, 0, 0).on("EINTR", loop).says("receive rows to run")
    const run = p.label("run rows")
    p.test(received, -1, "!=", 0, run)
    p.call("exit_group", 1).says("end, as the runtime has gone")
    p.here(run)
    p.jumpTo(this.serveBuffer)
  }

  /** Row of the serve loop that a served answer ends with; undefined while nothing asks. */
  get serveLoopLabel(): Label | undefined {
    return this.serveLoop
  }
}
