import { RuntsError } from "../error.ts"
import { printable } from "../explain/printable.ts"
import { debug } from "../log.ts"
import { errnoName } from "../kernel/errno.ts"
import { tryReadText, tryStat } from "../host/file.ts"
import { isTerminal } from "../host/tty.ts"
import { factsOf, type FailureFacts } from "./failure-facts.ts"
import type { Source } from "./failure-text.ts"
import { jsonOnStderr, logFailure } from "./log.ts"
import { STDERR } from "./output.ts"
import type { Outcome } from "./parse.ts"
import { styleFor, widthOf } from "./style.ts"

/**
 * An error as the one line that people and engines read: the sentence, the errno's name and the place in config.json in
 * brackets, and what to try.
 */
export function describe(error: unknown): string {
  if (!(error instanceof RuntsError)) return oneLine("internal error: " + String(error))
  const { errno, pointer, hint } = error.details
  const facts: string[] = []
  if (errno !== undefined) {
    const name = errnoName(errno)
    if (!error.message.includes(name)) facts.push(name)
  }
  if (pointer !== undefined && pointer !== "" && !error.message.includes(pointer)) facts.push("at " + pointer)
  let line = error.message
  if (facts.length > 0) line += ` (${facts.join(", ")})`
  if (hint !== undefined && hint !== "") line += "; " + hint
  return oneLine(line)
}

/**
 * Engines read lines: a line break inside an error would cut it (or inject one). The first line is a head, the others are a list. What an image or
 * a hook put into it reaches terminals, by whatever way: nothing in it is to move a cursor.
 */
function oneLine(text: string): string {
  const [head, ...others] = text.trim().split(/\s*[\r\n]+\s*/)
  return printable(others.length === 0 ? (head as string) : `${head}: ${others.join("; ")}`)
}

/**
 * Tells a failure, once, to the log and on stderr: a line there, or what a person wants to know of it where a person looks at it.
 * @param usual the command's exit code for failures
 * @param outcome the command line, for the files that it names
 * @returns the exit code
 */
export async function report(error: unknown, usual: number, outcome?: Outcome): Promise<number> {
  if (!(error instanceof RuntsError) && error instanceof Error && error.stack !== undefined) debug(error.stack)
  const line = describe(error)
  let facts: FailureFacts | undefined
  try {
    facts = await factsOf(error)
  } catch (trouble) {
    debug(`the facts of the error: ${String(trouble)}`)
  }
  logFailure(line, facts, !jsonOnStderr() && isTerminal(STDERR) ? await forPeople(error, line, facts, outcome) : undefined)
  return error instanceof RuntsError ? (error.details.exitCode ?? usual) : usual
}

/** @returns undefined where it cannot be made: the line has to do then */
async function forPeople(error: unknown, line: string, facts: FailureFacts | undefined, outcome: Outcome | undefined): Promise<string | undefined> {
  if (facts === undefined) return undefined
  try {
    const { failureText } = await import("./failure-text.ts")
    const sentence = error instanceof RuntsError ? oneLine(error.message) : line
    return failureText(sentence, facts, sourceOf(outcome), styleFor(STDERR), widthOf(STDERR))
  } catch (trouble) {
    debug(`the error's text: ${String(trouble)}`)
    return undefined
  }
}

/** The file that pointers of a command's errors lead into, as far as the command line names one. */
function sourceOf(outcome: Outcome | undefined): Source | undefined {
  if (outcome?.kind !== "call") return undefined
  const { command, flags, globals, id } = outcome.call
  const { bundle = ".", process = "" } = flags as { readonly bundle?: string; readonly process?: string }
  if (command === "create" || command === "run") {
    const root = globals.root === undefined ? "" : ` --root ${globals.root}`
    return sourceIn(`${bundle}/config.json`, "config.json", "", `runts${root} explain ${id}`)
  }
  if (command === "exec" && process !== "") return sourceIn(process, process, "/process")
  return undefined
}

/** Larger files are not shown. */
const SOURCE_BYTES_MAX = 4 * 1024 * 1024

function sourceIn(path: string, name: string, below: string, explain?: string): Source | undefined {
  const status = tryStat(path)
  // what was read from a pipe or a terminal does not come a second time
  const text = status?.type === "file" && status.size <= SOURCE_BYTES_MAX ? tryReadText(path) : undefined
  return text === undefined ? undefined : { name, text, below, ...(explain === undefined ? {} : { explain }) }
}
