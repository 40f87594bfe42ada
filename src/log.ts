import type { ErrorDetails } from "./error.ts"

/** What a program can make of a warning beside its sentence, which says it too. */
export type WarningDetails = Pick<ErrorDetails, "code" | "pointer">

/** Where warnings and debug lines go; `cli` installs the real sink (file, format), tests their own. */
export interface LogSink {
  write(level: "debug" | "warning" | "error", message: string, details?: WarningDetails): void
  /** A warning that a person at the terminal is to see too; without, it is only written. */
  tell?(message: string, details: WarningDetails): void
  /** Whether debug lines are kept; what takes work to tell is told then only. */
  readonly debug?: boolean
}

let sink: LogSink = { write() {} }

/** Installs the sink of this process. @returns the one that was there */
export function setLogSink(next: LogSink): LogSink {
  const before = sink
  sink = next
  return before
}

/** Whether anybody reads debug lines. */
export function debugging(): boolean {
  return sink.debug === true
}

/** A fact for whoever looks at the log; never printed on stdout, on stderr only where no --log was given and --debug was. */
export function debug(message: string): void {
  sink.write("debug", message)
}

/** Something the user should know that did not stop the operation. To the log only: engines parse stdout and stderr. */
export function warn(message: string, details?: WarningDetails): void {
  sink.write("warning", message, details)
}

/** What has become of a container, which nothing else says: to the log, and to a person at the terminal. */
export function tell(message: string, details: WarningDetails): void {
  if (sink.tell === undefined) sink.write("warning", message, details)
  else sink.tell(message, details)
}
