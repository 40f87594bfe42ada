import { RuntsError } from "../error.ts"
import { debug } from "../log.ts"
import { errnoName } from "../kernel/errno.ts"
import { logFailure } from "./log.ts"

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

/** Engines read lines: a line break inside an error would cut it (or inject one). The first line is a head, the others are a list. */
function oneLine(text: string): string {
  const [head, ...others] = text.trim().split(/\s*[\r\n]+\s*/)
  return others.length === 0 ? (head as string) : `${head}: ${others.join("; ")}`
}

/**
 * Prints a failure, once, to stderr and the log.
 * @param usual the command's exit code for failures
 * @returns the exit code
 */
export function report(error: unknown, usual: number): number {
  if (!(error instanceof RuntsError) && error instanceof Error && error.stack !== undefined) debug(error.stack)
  logFailure(describe(error))
  return error instanceof RuntsError ? (error.details.exitCode ?? usual) : usual
}
