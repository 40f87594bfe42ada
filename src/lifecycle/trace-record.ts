import type { StepTime } from "../plan/clocks.ts"
import { errnoName } from "../kernel/errno.ts"
import type { Line } from "./trace-lines.ts"

/*
 * What --trace records of one call of runts, as it is kept in a container's folder and as it is written for people and their tools.
 * Times are nanoseconds; those with the name `at` count from the record's beginning.
 */

/** Something runts itself did. */
export interface Phase {
  readonly text: string
  /** The config.json pointer that asked for it, or "". */
  readonly pointer: string
  readonly at: number
  took: number
}

/** The processes that a program runs in. */
export type Who = "launcher" | "process"

/** Why the call failed. */
export interface RecordedError {
  readonly message: string
  readonly code?: string | undefined
  readonly pointer?: string | undefined
  readonly errno?: string | undefined
  readonly syscall?: string | undefined
  readonly hint?: string | undefined
  /** Index of the program's step that failed, if one did. */
  readonly step?: number | undefined
}

export type TracedCommand = "create" | "run" | "start" | "exec"

export interface TraceRecord {
  /** Version of runts. */
  readonly runts: string
  readonly command: TracedCommand
  readonly id: string
  /** RFC 3339 with milliseconds, UTC. */
  readonly began: string
  /** CLOCK_MONOTONIC then. */
  readonly clock: number
  /** What came of it. */
  outcome: "created" | "running" | "failed"
  error?: RecordedError
  /** How long the call took until its outcome was there. */
  took: number
  readonly pid: number
  readonly pids: Partial<Record<Who, number>>
  readonly phases: Phase[]
  /** All steps of the program. */
  lines: Line[]
}

/** What is known of a program's run beside its clocks. */
export interface Run {
  /** When it was last looked at. */
  readonly now: number
  /** The user's program runs, since then. */
  readonly runs?: number | undefined
  /** Index of the step that failed, and its errno. */
  readonly failed?: { readonly step: number; readonly errno?: string | undefined } | undefined
}

/** Tells each line what became of it. @param times of the program's system calls, from the record's beginning */
export function setOutcomes(lines: readonly Line[], times: readonly StepTime[], base: number, run: Run): void {
  const timeOf = new Map(times.map((time) => [time.index, time]))
  const straightEnd = lines.findLastIndex(({ call }) => call.startsWith("execve("))
  for (const who of ["launcher", "process"] as const) {
    const own = lines.filter((line) => (line.actor === "launcher") === (who === "launcher"))
    const ran = own.flatMap((line) => {
      const time = timeOf.get(line.step)
      return time?.began === undefined ? [] : [{ line, at: Number(time.began - BigInt(base)), result: time.result }]
    }).sort((a, b) => a.at - b.at || a.line.step - b.line.step)
    ran.forEach(({ line, at, result }, index) => {
      const next = ran[index + 1]
      const last = next === undefined
      const errno = result !== undefined && result < 0n ? errnoName(Number(-result)) : undefined
      const waits = last && who === "process" && run.runs === undefined && run.failed === undefined
      // the last of the launcher is its end, which nothing comes after
      const end = next?.at ?? (who === "launcher" && run.failed === undefined ? at : (run.runs ?? run.now))
      line.outcome = {
        state: waits ? "waits" : "done", at, took: Math.max(0, end - at),
        ...(errno === undefined ? {} : { errno }),
        ...(errno === undefined && result !== undefined && !waits ? { result: Number(result) } : {}),
      }
    })
    const reached = Math.max(-1, ...ran.map(({ line }) => line.step).filter((step) => step <= straightEnd))
    for (const line of own) {
      if (line.outcome !== undefined) continue
      const straight = line.step <= straightEnd
      // behind the filter none asks for the time
      const silent = run.runs !== undefined && straight && line.step > reached && line.plumbing === undefined
      if (silent) line.outcome = { state: "done" }
      else if (line.plumbing === undefined) line.outcome = { state: straight && line.step > reached ? "not reached" : "skipped" }
    }
  }
  const failed = run.failed === undefined ? undefined : lines.find(({ step }) => step === run.failed?.step)
  if (failed !== undefined) {
    const { errno } = run.failed ?? {}
    failed.outcome = { ...failed.outcome, state: "failed", ...(errno === undefined ? {} : { errno }) }
    delete (failed.outcome as { result?: number }).result
  }
}

/** An event of the Trace Event Format; times in microseconds. */
interface TraceEvent {
  readonly name: string
  readonly ph: "X" | "M"
  readonly pid: number
  readonly tid: number
  readonly ts?: number
  readonly dur?: number
  readonly cat?: string
  readonly args?: Readonly<Record<string, unknown>>
}

const micro = (nanoseconds: number): number => Math.round(nanoseconds) / 1000

/**
 * The file of --trace: a JSON object that is a trace in the Trace Event Format at the same time, as chrome://tracing and
 * https://ui.perfetto.dev read it: they ignore names that they do not know.
 * @see schemas/trace.schema.json
 */
export function traceFile(record: TraceRecord): string {
  const { lines, clock, ...head } = record
  const events = traceEvents(record)
  const steps = lines.map((line) => JSON.stringify(line))
  const fields = Object.entries({ ...head, clock: "CLOCK_MONOTONIC", clockAtBeginning: clock, displayTimeUnit: "ns" })
    .map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`)
  return `{\n${fields.join(",\n")},\n${list("steps", steps)},\n${list("traceEvents", events.map((event) => JSON.stringify(event)))}\n}\n`
}

const list = (name: string, items: readonly string[]): string =>
  items.length === 0 ? `${JSON.stringify(name)}: []` : `${JSON.stringify(name)}: [\n${items.join(",\n")}\n]`

function traceEvents(record: TraceRecord): TraceEvent[] {
  const { command, id, phases, lines, pid, pids, error } = record
  const events: TraceEvent[] = []
  const named = (number: number, name: string): void => {
    events.push({ name: "process_name", ph: "M", pid: number, tid: number, args: { name } })
    events.push({ name: "thread_name", ph: "M", pid: number, tid: number, args: { name } })
    events.push({ name: "process_sort_index", ph: "M", pid: number, tid: number, args: { sort_index: events.length } })
  }
  named(pid, `runts ${command} ${id}`)
  if (pids.launcher !== undefined) named(pids.launcher, "launcher")
  if (pids.process !== undefined) named(pids.process, command === "exec" ? `process in ${id}` : `init of ${id}`)
  phases.forEach(({ text, pointer, at, took }, index) => {
    const failed = error !== undefined && error.step === undefined && index === phases.length - 1
    events.push({
      name: text, ph: "X", cat: "runts", pid, tid: pid, ts: micro(at), dur: micro(took),
      args: { ...(pointer === "" ? {} : { pointer }), ...(failed ? { error: error.message } : {}) },
    })
  })
  for (const { actor, sentence, call, pointer, step, outcome } of lines) {
    if (outcome?.at === undefined) continue
    const number = (actor === "launcher" ? pids.launcher : pids.process) ?? 0
    const failed = outcome.state === "failed"
    events.push({
      name: sentence === "" ? call : sentence, ph: "X", cat: actor, pid: number, tid: number, ts: micro(outcome.at), dur: micro(outcome.took ?? 0),
      args: {
        step, call, ...(pointer === "" ? {} : { pointer }),
        ...(outcome.result === undefined ? {} : { result: outcome.result }), ...(outcome.errno === undefined ? {} : { errno: outcome.errno }),
        ...(failed && error !== undefined ? { error: error.message } : {}),
      },
    })
  }
  return events
}
