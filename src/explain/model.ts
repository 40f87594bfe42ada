import { DECODER } from "../kernel/structures.ts"
import { memoryForm, type MemoryForm } from "../kernel/structures.ts"
import { MESSAGE } from "../plan/messages.ts"
import type { Planner } from "../plan/planner.ts"
import { Printer, type Decoder } from "../program/print.ts"
import { type Datum, type Label, Load, PointerArray, type Program, Step } from "../program/program.ts"
import { CONCERNS, concernOf, type Concern } from "./concerns.ts"

/*
 * An explanation: everything that making a container takes, in order, a line for each operation. `explain` fills it from a plan; what
 * happened to a container adds an outcome to its lines.
 */

/** Who does it: runts itself, the program's first process, the container's own. */
export type Actor = "runts" | "launcher" | "init" | "process"

/** What became of a line, where the container was run. */
export interface Outcome {
  /** skipped: a branch led past it; waits: for who lets it go on, as `start` does. */
  readonly state: "done" | "failed" | "waits" | "not reached" | "skipped"
  /** When it began, since the call of runts began, and what it took; nanoseconds. Not known where nothing was recorded (--trace). */
  readonly at?: number
  readonly took?: number
  /** Of a system call that succeeded. */
  readonly result?: number
  /** Of a failed system call, as ENOENT. */
  readonly errno?: string
  readonly message?: string
}

export interface Line {
  readonly actor: Actor
  readonly concern: Concern
  /** What it is for: a sentence without a final full stop, in the imperative. */
  readonly sentence: string
  /** The system call with its arguments by name; of a step that is none, what it does. */
  readonly call: string
  /** The config.json pointer that asked for it; "" where none did. */
  readonly pointer: string
  /** Index of the program's step, as failure reports and other steps' arguments (`step 7`) have it; undefined outside the program. */
  readonly step?: number
  /** Another step uses its result. */
  readonly kept?: true
  /** Housekeeping that says little: tests, copies, closes. */
  readonly plumbing?: true
  /** It is run only if this holds, which it mostly does not. */
  readonly condition?: string
  /** What happens where it fails: `on ENOENT go to 12 (make target)`. */
  readonly branches?: string | undefined
  outcome?: Outcome
}

/** Something explain could not look at, or that would fail. */
export interface Note {
  /** assumed: taken for granted, as only root can look; problem: it would stop here; warning: it cannot be had as asked. */
  readonly kind: "assumed" | "problem" | "warning"
  readonly text: string
  readonly pointer: string
}

export interface Explanation {
  readonly subject: "create" | "exec"
  /** Name of the container; "" where none was given. */
  readonly id: string
  readonly bundle: string
  readonly lines: readonly Line[]
  readonly notes: readonly Note[]
}

/** The lines of a concern, in order. */
export function linesOf(explanation: Explanation, concern: Concern): readonly Line[] {
  return explanation.lines.filter((line) => line.concern === concern)
}

/** The concerns that an explanation has lines of, in their order. */
export function concernsOf(explanation: Explanation): Concern[] {
  return (Object.keys(CONCERNS) as Concern[]).filter((concern) => explanation.lines.some((line) => line.concern === concern))
}

/** Arguments that are descriptors: by system call, their indices. */
const DESCRIPTORS: Readonly<Record<string, readonly number[]>> = {
  dup3: [0, 1], setns: [0], sendto: [0], sendmsg: [0], recvfrom: [0], read: [0], write: [0], close: [0], accept4: [0],
    fchown: [0], fchdir: [0],
}

const MESSAGE_FORM: MemoryForm = {
  fields: [
    { name: "kind", offset: 0, bytes: 4, always: true,
      decode: (value) => Object.entries(MESSAGE).find(([, number]) => number === Number(value))?.[0] ?? String(value) },
    { name: "number", offset: 4, bytes: 4 }, { name: "value", offset: 8, bytes: 8 },
  ],
}

/** What the printer can name in the programs of a plan. @param descriptors their names by number, as strace -y shows them */
export function planDecoder(descriptors: ReadonlyMap<number, string>): Decoder {
  return {
    argument: (name, index, value, args) => {
      const known = DECODER.argument(name, index, value, args)
      if (known !== undefined || DESCRIPTORS[name]?.includes(index) !== true) return known
      const text = descriptors.get(Number(value))
      return text === undefined ? undefined : `${value}<${text}>`
    },
    memory: (name, index, args) => (name === "sendto" && index === 1 ? MESSAGE_FORM : named(memoryForm(name, index, args),
      descriptors)),
  }
}

/** A structure whose descriptors have names. */
function named(form: MemoryForm | undefined, descriptors: ReadonlyMap<number, string>): MemoryForm | undefined {
  if (form === undefined || !("fields" in form)) return form
  const decode = (value: bigint): string => {
    const text = descriptors.get(Number(value))
    return text === undefined ? String(value) : `${value}<${text}>`
  }
  return { fields: form.fields.map((field) => (field.name === "cgroup" || field.name === "userns_fd" ? { ...field,
    decode } : field)) }
}

/** What the plan's sentence leaves out. */
function sentenceOf(step: Step, numberOf: (step: Step) => number): string {
  if (step.text !== "") return step.text
  const [first] = step.args
  if (step.name === "close") return first instanceof Step ? `close the descriptor of step ${numberOf(first)}` : "close the descriptor"
  if (step.name === "exit_group") return "end"
  if (step.kind === "test") return `go on at ${JSON.stringify(step.target?.name)} if it holds`
  if (step.kind === "jump") return step.target === undefined ? "run what was received" : `go on at ${JSON.stringify(step.target.name)}`
  if (step.kind === "fail") return "report a failure"
  if (step.kind === "add") return "count"
  return step.kind === "call" ? "" : "keep the value"
}

/** Steps that nobody looks for: they hold others together. */
function isPlumbing(step: Step): boolean {
  return step.kind !== "call" || step.name === "close" || step.name === "exit_group"
}

/**
 * A step's call as it is shown to others and kept: of an environment, which holds passwords, only how many variables it has, and the
 * program, whose name init has looked up by then, in words.
 */
function callOf(printer: Printer, step: Step): string {
  const call = printer.operation(step)
  const [path, , environment] = step.args
  if (step.name !== "execve" || !(environment instanceof PointerArray)) return call
  const count = environment.items.length
  const printed = `[${[...environment.items.map((item) => JSON.stringify((item as Datum).bytes)), "NULL"].join(", ")}])`
  const shown = call.endsWith(printed) ? call.slice(0, -printed.length) : "execve(..., "
  const named = path instanceof Load ? shown.replace(/^execve\(\*[^,]*,/, "execve(<the file that was found>,") : shown
  return `${named}[${count} ${count === 1 ? "variable" : "variables"}])`
}

/**
 * The lines of a program, a line for each step, in its order: first the launcher's, then those of the container's process, then
 * the blocks that run only where a branch leads to them.
 * @param who the process that the launcher makes
 */
export function programLines({ program }: Pick<Planner, "program">, decoder: Decoder, who: "init" | "process"): Line[] {
  const { steps } = program
  const printer = new Printer(program, decoder)
  const numbers = new Map(steps.map((step, index) => [step, index]))
  const child = steps.findIndex(({ target }) => target?.name === "child")
  const firstOfChild = steps[child]?.target?.index ?? 0
  const straightEnd = steps.findLastIndex(({ name }) => name === "execve")
  const entries = entriesOf(program)
  const lines: Line[] = []
  let concern: Concern = "process"
  let last = -1
  for (const [index, step] of steps.entries()) {
    concern = concernOf(step, concern)
    const branches = printer.branches(step)
    while ((entries[last + 1]?.at ?? Infinity) <= index) last++
    const entry = index > straightEnd ? entries[last] : undefined
    const actor = (entry?.from ?? index) < firstOfChild ? "launcher" : who
    lines.push({
      actor, concern, sentence: sentenceOf(step,
        (other) => numbers.get(other) ?? -1), call: callOf(printer, step), pointer: step.pointer, step: index,
      ...(step.cell === undefined ? {} : { kept: true }),
      ...(isPlumbing(step) ? { plumbing: true } : {}),
      ...(entry === undefined ? {} : { condition: entry.condition }),
      ...(branches === "" ? {} : { branches }),
    })
  }
  return lines
}

/** How a block is come to. */
interface Entry {
  /** Index of the first row of the block, and of the row that leads to it. */
  readonly at: number
  readonly from: number
  readonly condition: string
}

function entriesOf({ steps }: Program): Entry[] {
  const entries: Entry[] = []
  const add = (to: Label | "continue" | undefined, from: number, condition: string): void => {
    if (to !== undefined && to !== "continue" && to.index > from) entries.push({ at: to.index, from, condition })
  }
  for (const [index, step] of steps.entries()) {
    if (step.kind === "test") add(step.target, index, `if the test of step ${index} holds`)
    if (step.kind === "jump") add(step.target, index, `where step ${index} leads here`)
    for (const { errno, to } of step.branches ?? []) {
      add(to, index, errno === "any" ? `if step ${index} fails` : `if step ${index} fails with ${errno}`)
    }
  }
  entries.sort((a, b) => a.at - b.at || a.from - b.from)
  // where several lead to one, the first is told
  return entries.filter(({ at }, index) => at !== entries[index - 1]?.at)
}

/** Capabilities are dropped by a call each: as one line they are easier to read. */
const DROP = /^drop (\S+) from the bounding set$/

/** The lines with runs of the same small thing as one. */
export function foldLines(lines: readonly Line[]): Line[] {
  const folded: Line[] = []
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] as Line
    const run: string[] = []
    let last = i
    for (let name = DROP.exec(line.sentence)?.[1]; name !== undefined; name = DROP.exec(lines[++last]?.sentence ?? "")?.[1]) run.push(name)
    if (run.length < 2) {
      folded.push(line)
      continue
    }
    folded.push({ ...line, sentence: `drop ${run.length} capabilities from the bounding set`,
      call: `prctl(PR_CAPBSET_DROP, ...) for each of ${run.join(" ")}` })
    i += run.length - 1
  }
  return folded
}
