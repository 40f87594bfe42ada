import { setLogSink } from "../log.ts"
import { tryOpenAt } from "../host/file.ts"
import { sysError } from "../error.ts"
import { AT_FDCWD, O_APPEND, O_CREAT, O_NOCTTY, O_WRONLY } from "../kernel/fs.ts"
import { STDERR, write } from "./output.ts"

export type LogLevel = "debug" | "warning" | "error"

export interface LogOptions {
  /** --log; undefined or "": none. */
  readonly file: string | undefined
  /** "json", else text. */
  readonly format: string
  readonly debug: boolean
}

/** One line of the log, as engines parse them from runc: JSON objects, or logfmt. */
export function formatLine(format: string, level: LogLevel, message: string, time: Date): string {
  // RFC 3339 without fractions
  const stamp = time.toISOString().slice(0, 19) + "Z"
  if (format === "json") return JSON.stringify({ level, msg: message, time: stamp }) + "\n"
  return `time="${stamp}" level=${level} msg=${JSON.stringify(message)}\n`
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
  write(level: LogLevel, message: string): void {
    if (level === "debug" && !this.debug) return
    const fd = this.fd >= 0 ? this.fd : this.debug ? STDERR : -1
    // a log that cannot be written (a full disk) must not stop the operation
    if (fd >= 0) write(fd, formatLine(this.format, level, message, new Date()))
  }
  failure(message: string): void {
    if (this.fd >= 0) write(this.fd, formatLine(this.format, "error", message, new Date()))
    // who asks for JSON and names no file gets it where the log is: on stderr
    const json = this.fd < 0 && this.format === "json"
    write(STDERR, json ? formatLine("json", "error", message, new Date()) : `runts: ${message}\n`)
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

/** The one final error line of a failed call: stderr, and the log. */
export function logFailure(message: string): void {
  log.failure(message)
}
