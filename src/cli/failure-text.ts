import { ERROR_CODES } from "../error-codes.ts"
import { ERRNO, errnoText } from "../kernel/errno.ts"
import { findPlaces, Lines } from "../spec/place.ts"
import type { FailureFacts } from "./failure-facts.ts"
import { block, frame, indentOf, safe, wrap, type FramedPart } from "./frame.ts"
import { valueAt } from "../spec/report.ts"
import type { Style } from "./style.ts"

/** The file that a failure's pointer leads into. */
export interface Source {
  /** As messages name it: `config.json`. */
  readonly name: string
  readonly text: string
  /** Of the pointer: the file holds what is below it. */
  readonly below: string
  /** The command that shows what became of each step. */
  readonly explain?: string
}

/** What a sentence stands behind. */
const HEAD = "runts: "

/** Of a hook's output, the last lines. */
const OUTPUT_LINES_MAX = 12

/**
 * A failure for people: the sentence, the place in config.json, and set off below it what is known. Ends with a line break.
 * @param sentence what happened, in one line
 */
export function failureText(sentence: string, facts: FailureFacts, source: Source | undefined, style: Style, width: number): string {
  const place = source === undefined || facts.pointer === undefined ? undefined : placeIn(source, nearer(source, facts.pointer, facts.kernelLog))
  const indent = indentOf(place === undefined ? undefined : place.line + place.texts.length - 1)
  const said = wrap(safe(headline(sentence, facts)), width - HEAD.length, width - HEAD.length).map((part) => style.bold(part))
  let text = `${style.bold(style.red("runts:"))} ${said.join(`\n${" ".repeat(HEAD.length)}`)}\n`
  if (place !== undefined && source !== undefined) {
    const { texts: [first = "", ...others], line, column } = place
    text += `${indent.slice(1)}${style.blue("-->")} ${safe(source.name)}:${line}:${column} ${style.dim(safe(facts.pointer as string))}\n`
    text += others.length === 0 ? frame(first, place, style.red, style, width) : block([first, ...others], line, style.red, style, width)
  } else if (facts.pointer !== undefined) text += `${indent.slice(1)}${style.blue("-->")} ${safe(facts.pointer)}\n`
  for (const [name, lines] of notes(facts, source)) text += noteText(indent, safe(name), lines, style, width)
  return text
}

/** The sentence without what gets a note of its own. */
function headline(sentence: string, { kernelLog, hook }: FailureFacts): string {
  const extras = [kernelLog === undefined ? "" : ` (the kernel says: ${kernelLog})`, hook?.output === undefined ? "" : `, output: ${JSON.stringify(hook.output)}`]
  return extras.reduce((text, extra) => text.replace(extra, ""), sentence)
}

type Note = readonly [name: string, lines: readonly string[]]

function notes(facts: FailureFacts, source: Source | undefined): Note[] {
  const { code, step, hook, kernelLog, hint } = facts
  const { area, cause, remedy } = ERROR_CODES[code]
  const found: Note[] = []
  if (kernelLog !== undefined) found.push(["the kernel says", kernelLog.split("; ")])
  if (hook?.output !== undefined) found.push([`${hook.path} printed`, hook.output.split("\n").slice(-OUTPUT_LINES_MAX)])
  // a hint is of this very case: of a program it says why, else what to try; what is usual would only be beside it
  if (hint === undefined) found.push(["usually", [clause(cause)]], ["try", [clause(remedy)]])
  else if (area === "The program to run") found.push(["why", [hint]], ["try", [clause(remedy)]])
  else found.push(["try", [hint]])
  found.push(...callNote(facts))
  if (step !== undefined && source?.explain !== undefined) found.push(["see", [`\`${source.explain}\` shows how far it came`]])
  found.push(["code", [code]])
  return found
}

/** A sentence of the table of codes as it stands after a colon. */
function clause(sentence: string): string {
  return /^(A |[A-Z][a-z])/.test(sentence) ? sentence.charAt(0).toLowerCase() + sentence.slice(1) : sentence
}

/** `mount_setattr(...) = -1 EPERM (operation not permitted)` */
function callNote({ call, syscall, errno }: FailureFacts): Note[] {
  const failed = errno === undefined ? undefined : `${errno} (${errnoText(ERRNO[errno as keyof typeof ERRNO] ?? 0)})`
  const what = call ?? (syscall === undefined ? undefined : `${syscall}(...)`)
  if (what !== undefined) return [["call", [failed === undefined ? what : `${what} = -1 ${failed}`]]]
  return failed === undefined ? [] : [["errno", [failed]]]
}

/** `= name: text`, wrapped; what follows stands below the first text. */
function noteText(indent: string, name: string, lines: readonly string[], style: Style, width: number): string {
  const head = `${indent}${style.blue("=")} ${style.bold(`${name}:`)} `
  const margin = " ".repeat(indent.length + 2)
  const [first = "", ...rest] = lines.flatMap((line) => wrap(safe(line), width - margin.length, width - margin.length - name.length - 2))
  return [head + first, ...rest.map((line) => margin + line)].join("\n") + "\n"
}

/** The pointer to the option of a mount that the kernel names in quotes; the pointer itself where it names none. */
function nearer({ text, below }: Source, pointer: string, kernelLog: string | undefined): string {
  const name = /'([^']+)'/.exec(kernelLog ?? "")?.[1]
  if (name === undefined) return pointer
  const options = valueAt(JSON.parse(text), `${pointer.slice(below.length)}/options`)
  const index = Array.isArray(options) ? options.findIndex((option) => option === name || String(option).startsWith(`${name}=`)) : -1
  return index < 0 ? pointer : `${pointer}/options/${index}`
}

interface Place extends FramedPart {
  /** The lines that it takes. */
  readonly texts: readonly string[]
}

/** The value that a pointer leads to; where there is none, what would hold it. */
function placeIn({ text, below }: Source, pointer: string): Place | undefined {
  if (!pointer.startsWith(below)) return undefined
  const inside = pointer.slice(below.length)
  const found = findPlaces(text, [inside]).get(inside)
  if (found === undefined) return undefined
  const lines = new Lines(text)
  const span = found.exact || found.key === undefined ? found.value : found.key
  const { line, column } = lines.position(span.start)
  const last = lines.position(span.end).line
  return { line, column, length: span.end - span.start, texts: Array.from({ length: last - line + 1 }, (_, index) => lines.line(line + index)) }
}
