import type { Style } from "../cli/style.ts"
import { CONCERNS } from "./concerns.ts"
import { durationText } from "./duration.ts"
import { concernsOf, foldLines, linesOf, type Explanation, type Line, type Note, type Outcome } from "./model.ts"
import { printable } from "./printable.ts"
import { wrap } from "./wrap.ts"

export interface TextOptions {
  readonly style: Style
  /** Columns to keep within; undefined: lines are as long as they are. */
  readonly width: number | undefined
  /** Also housekeeping, and what runs only if something fails. */
  readonly all: boolean
}

const NUMBER_WIDTH = 5
const INDENT = " ".repeat(NUMBER_WIDTH + 2)

/** The explanation for people: grouped by concern, each line with its sentence, its pointer and its system call. */
export function explanationText(explanation: Explanation, options: TextOptions): string {
  const { style } = options
  const shown = (line: Line): boolean => options.all || (line.plumbing !== true && (line.condition === undefined || hasRun(line))) || line.outcome?.state === "failed"
  const left = explanation.lines.filter((line) => !shown(line)).length
  const calls = explanation.lines.length - left
  const steps = new Set(explanation.lines.filter(shown).map(({ step }) => step))
  const counted = `${style.bold(`${calls} operation${calls === 1 ? "" : "s"}`)}${left === 0 ? "" : style.dim(`; ${left} more hold them together, or run only if one fails: --all shows them`)}`
  const parts = [`${heading(explanation)}: ${counted}\n`]
  for (const note of explanation.notes) parts.push(noteText(note, style))
  parts.push(style.dim(`A number is a step of the program that the container's process runs; runts: the runtime does it outside.`) + "\n")
  for (const concern of concernsOf(explanation)) {
    const lines = foldLines(linesOf(explanation, concern).filter(shown))
    if (lines.length === 0) continue
    const { title, about } = CONCERNS[concern]
    parts.push(`\n${style.bold(style.cyan(title))}  ${style.dim(about)}\n`)
    for (const line of lines) parts.push(lineText({ ...line, branches: branchesTo(steps, line, options.all) }, options))
  }
  return parts.join("")
}

function heading({ subject, id, bundle, lines }: Explanation): string {
  if (lines.some(({ outcome }) => outcome !== undefined)) return "What became of each operation"
  const commands = subject === "exec" ? "`runts exec`" : "`runts create` and `runts start`"
  return `What ${commands} would do with ${printable(bundle)}${subject === "exec" || id === "" ? "" : `, as ${printable(id)}`}`
}

/** Where an error does not end the program: of what leads to a step that is not shown, only --all tells. */
function branchesTo(steps: ReadonlySet<number | undefined>, { branches }: Line, all: boolean): string | undefined {
  if (all || branches === undefined) return branches
  const told = branches.split(/, (?=on )/).filter((branch) => {
    const target = / go to (\d+)/.exec(branch)?.[1]
    return target === undefined || steps.has(Number(target))
  })
  return told.length === 0 ? undefined : told.join(", ")
}

function noteText({ kind, text, pointer }: Note, style: Style): string {
  const word = kind === "problem" ? style.red("problem") : kind === "warning" ? style.yellow("warning") : style.dim("assumed")
  return `${word}: ${printable(text)}${pointer === "" ? "" : style.dim(`  [${printable(pointer)}]`)}\n`
}

function lineText(line: Line, { style, width }: TextOptions): string {
  const number = (line.step === undefined ? "runts" : String(line.step)).padStart(NUMBER_WIDTH)
  const mark = line.outcome === undefined ? "" : MARKS[line.outcome.state](style) + " "
  const pointer = line.pointer === "" ? "" : style.dim(`  [${printable(line.pointer)}]`)
  const condition = line.condition === undefined ? "" : style.yellow(`  (${line.condition})`)
  const time = isPlain(line.outcome) ? style.dim(`  ${durationText(line.outcome.took)}`) : ""
  const head = `${mark}${style.dim(number)}  ${printable(line.sentence)}${pointer}${condition}${time}\n`
  const whole = printable(line.call)
  const call = width === undefined ? whole : wrap(whole, Math.max(20, width - INDENT.length), INDENT)
  const branches = line.branches === undefined ? "" : `${INDENT}${style.dim(printable(line.branches))}\n`
  return `${head}${INDENT}${style.green(call)}\n${branches}${outcomeText(line, style)}`
}

function hasRun({ outcome }: Line): boolean {
  return outcome !== undefined && outcome.state !== "skipped" && outcome.state !== "not reached"
}

/** Done, and nothing more to say of it than how long it took. */
function isPlain(outcome: Line["outcome"]): outcome is Outcome & { readonly took: number } {
  return outcome?.state === "done" && outcome.took !== undefined && outcome.errno === undefined && outcome.message === undefined
}

/** What became of a line, at a glance. */
const MARKS: Readonly<Record<NonNullable<Line["outcome"]>["state"], (style: Style) => string>> = {
  done: (style) => style.green("+"), failed: (style) => style.red("!"), waits: (style) => style.yellow("*"),
  "not reached": (style) => style.dim("-"), skipped: (style) => style.dim("~"),
}

/** What became of a line, where the mark does not say all. */
function outcomeText({ outcome }: Line, style: Style): string {
  if (outcome === undefined || isPlain(outcome)) return ""
  const { state, took, errno, message } = outcome
  const why = [errno, message].filter((part) => part !== undefined).join(": ")
  const word = state === "failed" || state === "waits" ? state : ""
  const time = took === undefined ? "" : `${word === "" ? "" : state === "waits" ? " for " : " in "}${durationText(took)}`
  const text = [word + time, ...(why === "" ? [] : [printable(why)])].filter((part) => part !== "").join(": ")
  if (text === "") return ""
  return `${INDENT}${state === "failed" ? style.red(text) : style.dim(text)}\n`
}

/** A line an operation, in order, as strace(1) prints system calls. */
export function explanationStrace(explanation: Explanation): string {
  const width = Math.max(...explanation.lines.map(({ actor }) => actor.length))
  return explanation.lines.map((line) => {
    const result = line.kept === true ? ` = step ${line.step}` : ""
    const notes = [line.sentence, line.pointer, line.condition, line.branches].filter((note) => note !== undefined && note !== "").join("; ")
    return `[${line.actor.padEnd(width)}] ${printable(line.call)}${result}  # ${printable(notes)}\n`
  }).join("")
}
