/** Where warnings and debug lines go; `cli` installs the real sink (file, format), tests their own. */
export interface LogSink {
  write(level: "debug" | "warning" | "error", message: string): void
}

let sink: LogSink = { write() {} }

/** Installs the sink of this process. */
export function setLogSink(next: LogSink): void {
  sink = next
}

/** A fact for whoever looks at the log; never printed on stdout, on stderr only where no --log was given and --debug was. */
export function debug(message: string): void {
  sink.write("debug", message)
}

/** Something the user should know that did not stop the operation. To the log only: engines parse stdout and stderr. */
export function warn(message: string): void {
  sink.write("warning", message)
}
