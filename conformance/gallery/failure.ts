import { readFileSync } from "node:fs"
import { Box } from "../lib/box.ts"
import type { CommandOptions, Result } from "../lib/command.ts"
import { cgroupPrefix, checkout, runtimeName, scratch } from "../lib/environment.ts"
import type { Need } from "../lib/need.ts"

/** One way to fail: what is broken, and what a person should learn from the message. */
export interface Failure {
  /** Short and stable: the case's name in the recorded messages. */
  readonly name: string
  /** What happened, as the person would tell it. */
  readonly title: string
  /** What one should know after reading the message. */
  readonly learn: string
  /** Changes to config.json: by pointer the new value; `-` appends, undefined leaves out. */
  readonly config?: Readonly<Record<string, unknown>>
  /** What is broken, where the changes to config.json do not show it: a file's text, what was called. */
  readonly broken?: string
  /** Changes what is beside config.json, or the text of it. */
  prepare?(box: Stage): void
  /** The call that fails, by default a `run` of the bundle. */
  call?(box: Stage): Result
  /** What the message of runts must have: the pointer, the file, the name that the person has to look at. */
  readonly names: readonly (string | RegExp)[]
  /** What the message must say to try, where there is something to try. */
  readonly remedy?: string | RegExp
  /** What the machine must have for it to fail so. */
  readonly needs?: readonly Need[]
  /** Tried with runts alone: what another runtime that does not refuse it would do to this machine. */
  readonly alone?: string
  /** What the document says of the others' messages. */
  readonly note?: string
}

/** Failures of a kind, a heading in the document. */
export interface Chapter {
  readonly heading: string
  readonly failures: readonly Failure[]
}

/** A box whose calls of runts also write the log's JSON, for the code of the error. */
export class Stage extends Box {
  private readonly log = `${this.folder}/log.json`
  override call(args: readonly string[], options: CommandOptions = {}): Result {
    // standard input is a file: crun gives it to the container's user, and would give away the machine's /dev/null
    return super.call([...this.logFlags, ...args], { input: "", ...options })
  }

  get logFlags(): string[] {
    return runtimeName === "runts" ? ["--log", this.log, "--log-format", "json"] : []
  }

  /** The fields of the last error in the log; {} where there is none. */
  fields(): Record<string, unknown> {
    let text = ""
    try {
      text = readFileSync(this.log, "utf8")
    } catch {
      // not runts, or a log that could not be made: that is what the case is about
    }
    const lines = text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as Record<string, unknown>)
    return lines.filter(({ level }) => level === "error").at(-1) ?? {}
  }
}

/** What a runtime made of a failure. */
export interface Message {
  /** Exit code. */
  readonly exit: number
  /** What it printed on stderr, without what differs from call to call. */
  readonly text: string
  /** runts: the stable code. */
  readonly code?: string
}

/** Brings a failure about. The caller closes the box. */
export function bringAbout(failure: Failure, box: Stage): Message {
  for (const [pointer, value] of Object.entries(failure.config ?? {})) set(box.config, pointer, value)
  box.write()
  failure.prepare?.(box)
  const { code: exit, stderr } = failure.call === undefined ? box.call(["run", "--bundle", box.bundle, box.id]) : failure.call(box)
  const { code } = box.fields()
  return { exit, text: normalised(stderr, box), ...(typeof code === "string" ? { code } : {}) }
}

/** Sets the value at a JSON pointer, making objects on the way. */
function set(config: unknown, pointer: string, value: unknown): void {
  const path = pointer.slice(1).split("/").map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"))
  const last = path.pop() as string
  let at = config as Record<string, unknown>
  for (const step of path) at = (at[step] ??= {}) as Record<string, unknown>
  if (Array.isArray(at) && last === "-") at.push(value)
  else if (value === undefined) delete at[last]
  else at[last] = value
}

/** A message with what differs from call to call named for what it is. */
function normalised(stderr: string, box: Stage): string {
  let text = stderr.trim()
  for (const [what, name] of [
    [box.bundle, "/web"], [box.root, "/run/containers"], [box.folder, "/tmp/here"], [scratch, "/tmp/here"], [box.cgroupsPath, "/web1"],
    [cgroupPrefix, "/"], [checkout, "/src"], [box.id, "web1"],
  ] as const) text = text.replaceAll(what, name)
  return text
    .replaceAll(/time="[^"]+" /g, "")
    .replaceAll(/^\d{4}-\d\d-\d\dT[\d:.]+Z: /gm, "")
    .replaceAll(/\bpid \d+/g, "pid N").replaceAll(/(nsexec-\d)\[\d+\]/g, "$1[N]").replaceAll(/\/proc\/\d+\//g, "/proc/PID/")
    .replaceAll(/\bprocess \d+\b/g, "process N")
    .replaceAll(/\/proc\/self\/fd\/\d+/g, "/proc/self/fd/N")
    // the first hierarchy of cgroup v1, or cgroup2
    .replaceAll(/\/sys\/fs\/cgroup\/(?:[a-z_,]+\/)?web1\b/g, "/sys/fs/cgroup/web1")
    .replaceAll(/\/tmp\/(?!here)[^\s:"]*/g, "/tmp/…")
    .trim()
}
