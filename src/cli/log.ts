import { isTerminal } from "../host/tty.ts"
import { setLogSink, type WarningDetails } from "../log.ts"
import { tryOpenAt } from "../host/file.ts"
import { sysError } from "../error.ts"
import { AT_FDCWD, O_APPEND, O_CREAT, O_NOCTTY, O_WRONLY } from "../kernel/fs.ts"
import type { FailureFacts } from "./failure-facts.ts"
import { STDERR, write } from "./output.ts"

export type LogLevel = "debug" | "warning" | "error"

export interface LogOptions {
  /** --log; undefined or "": none. */
  readonly file: string | undefined
  /** "json", else text. */
  readonly format: string
  readonly debug: boolean
}

/** What is known beside the sentence: members of the JSON object; of text lines only the code. */
export type LoggedFacts = WarningDetails | FailureFacts

/** One line of the log, as engines parse them from runc: JSON objects, or logfmt. */
export function formatLine(format: string, level: LogLevel, message: string, time: Date, facts?: LoggedFacts): string {
  // RFC 3339 without fractions
  const stamp = time.toISOString().slice(0, 19) + "Z"
  if (format === "json") return JSON.stringify({ level, msg: message, time: stamp, ...facts }) + "\n"
  const code = facts?.code === undefined ? "" : ` code=${facts.code}`
  return `time="${stamp}" level=${level} msg=${JSON.stringify(message)}${code}\n`
}

/**
 * The log of one call of runts. With --log everything goes to that file, and the final error to stderr too. Without, stderr
 * takes the final error, and with --debug the rest.
 */
class Log {
  readonly fd: number
  readonly format: string
  readonly debug: boolean
  constructor(fd: number, format: string, debug: boolean) {
    this.fd = fd
    this.format = format
    this.debug = debug
  }
  write(level: LogLevel, message: string, facts?: LoggedFacts): void {
    if (level === "debug" && !this.debug) return
    const fd = this.fd >= 0 ? this.fd : this.debug ? STDERR : -1
    // a log that cannot be written (a full disk) must not stop the operation
    if (fd >= 0) write(fd, formatLine(this.format, level, message, new Date(), facts))
  }
  tell(message: string, details: WarningDetails): void {
    this.write("warning", message, details)
    // elsewhere stderr is what the container's program wrote, and nobody else's
    const shown = this.fd < 0 && this.debug
    if (!shown && isTerminal(STDERR)) write(STDERR, `runts: ${message}\n`)
  }
  /** Whether the line on stderr is JSON: who asks for it and names no file gets it where the log is. */
  get jsonOnStderr(): boolean {
    return this.fd < 0 && this.format === "json"
  }
}

let log = new Log(-1, "text", false)

/** Opens the log of this call: the file is made even if nothing will be logged, since engines read it after a failure. */
export function openLog(options: LogOptions): void {
  const { file, format, debug } = options
  // the file is for others than stderr: lines there would come twice
  const named = file !== undefined && file !== "" && file !== "/dev/stderr"
  log = new Log(-1, format, debug)
  if (named) {
    const fd = tryOpenAt(AT_FDCWD, file, O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY, 0o644)
    if (fd < 0) throw sysError(`open the log file ${JSON.stringify(file)} (--log)`, -fd, { syscall: "openat" })
    log = new Log(fd, format, debug)
  }
  setLogSink(log)
}

/** Whether the final error on stderr will be JSON. */
export function jsonOnStderr(): boolean {
  return log.jsonOnStderr
}

/**
 * The one final error line of a failed call, to the log and on stderr.
 * @param text what stands on stderr in place of the line; ends with a line break
 */
export function logFailure(message: string, facts: FailureFacts | undefined, text?: string): void {
  const time = new Date()
  if (log.fd >= 0) write(log.fd, formatLine(log.format, "error", message, time, facts))
  write(STDERR, log.jsonOnStderr ? formatLine("json", "error", message, time, facts) : (text ?? `runts: ${message}\n`))
}
