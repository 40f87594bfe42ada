import type { Line, Outcome } from "../explain/model.ts"
import { RuntsError } from "../error.ts"
import { errnoName } from "../kernel/errno.ts"
import type { StepTime } from "../plan/clocks.ts"
import { causeOf } from "../program/cause.ts"

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

/** @param step the line that failed */
export function recordedError(error: unknown, step = failedStep(error)): RecordedError {
  if (!(error instanceof RuntsError)) return { message: String(error) }
  const { pointer, errno, syscall, hint, code } = error.details
  return { message: error.message, code, pointer, errno: errno === undefined ? undefined : errnoName(errno), syscall, hint, step }
}

/** Index of the step whose error it is, where another one only reports it. */
export function failedStep(error: unknown): number | undefined {
  if (!(error instanceof RuntsError) || error.details.step === undefined) return undefined
  const { step: { program, index }, kernelLog } = error.details
  return causeOf(program, index, kernelLog) ?? index
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
  /** The step that failed, and its errno. */
  readonly failed?: FailedLine | undefined
}

export interface FailedLine {
  readonly step: number
  readonly errno?: string | undefined
}

/** The line of a program with which its straight line ends: the execve of the user's program. */
export const lastStep = (lines: readonly Line[]): number => lines.findLast(({ call, condition }) => condition === undefined && call.startsWith("execve("))?.step ?? -1

/**
 * Tells each line of a program what became of it.
 * @param times of its system calls
 * @param base what their clock said when the record began
 */
export function setOutcomes(lines: readonly Line[], times: readonly StepTime[], base: number, run: Run): void {
  const timeOf = new Map(times.map((time) => [time.index, time]))
  const end = lastStep(lines)
  for (const who of ["launcher", "process"] as const) {
    const own = lines.filter((line) => (line.actor === "launcher") === (who === "launcher"))
    const ran = own.flatMap((line) => {
      const time = timeOf.get(line.step ?? -1)
      return time?.began === undefined ? [] : [{ line, at: Number(time.began - BigInt(base)), result: time.result }]
    }).sort((a, b) => a.at - b.at || (a.line.step ?? 0) - (b.line.step ?? 0))
    ran.forEach(({ line, at, result }, index) => {
      // the last of the launcher is its end, which nothing comes after, unless it failed
      const ends = who === "launcher" && line.step !== run.failed?.step
      const next = ran[index + 1]?.at ?? (ends ? at : (run.runs ?? run.now))
      const waits = index === ran.length - 1 && who === "process" && run.runs === undefined && run.failed === undefined
      line.outcome = outcomeOf(waits, at, Math.max(0, next - at), result)
    })
    const reached = Math.max(-1, ...ran.map(({ line }) => line.step ?? -1).filter((step) => step <= end))
    for (const line of own) {
      if (line.outcome !== undefined || line.plumbing === true) continue
      const ahead = (line.step ?? 0) > reached && (line.step ?? 0) <= end
      // behind the filter none asks for the time
      line.outcome = { state: !ahead ? "skipped" : run.runs !== undefined ? "done" : "not reached" }
    }
  }
  setFailed(lines, run.failed)
}

function outcomeOf(waits: boolean, at: number, took: number, result: bigint | undefined): Outcome {
  const errno = result !== undefined && result < 0n ? errnoName(Number(-result)) : undefined
  return {
    state: waits ? "waits" : "done", at, took,
    ...(errno === undefined ? {} : { errno }), ...(errno === undefined && result !== undefined && !waits ? { result: Number(result) } : {}),
  }
}

function setFailed(lines: readonly Line[], failed: FailedLine | undefined): void {
  const line = failed === undefined ? undefined : lines.find(({ step }) => step === failed.step)
  if (failed === undefined || line === undefined) return
  const { at, took } = line.outcome ?? {}
  line.outcome = {
    state: "failed", ...(at === undefined ? {} : { at }), ...(took === undefined ? {} : { took }), ...(failed.errno === undefined ? {} : { errno: failed.errno }),
  }
}

/** The line that an error of `start` is of, which knows the system call only: of its last steps there is one of each. */
export function failedLine(lines: readonly Line[], error: RecordedError | undefined): FailedLine | undefined {
  if (error === undefined) return undefined
  const called = error.syscall
  const step = error.step ?? (called === undefined ? undefined : lines.findLast(({ call, condition }) => condition === undefined && call.startsWith(`${called}(`))?.step)
  return step === undefined ? undefined : { step, errno: error.errno }
}

/** How far a program came of whose steps no times are known. */
export type Progress = { readonly failed: FailedLine } | { readonly waitsFor: "start" } | { readonly runs: true }

/** Tells each line of a program what became of it, by how far it came: what only a branch leads to is not told of. */
export function setProgress(lines: readonly Line[], progress: Progress): void {
  const end = lastStep(lines)
  let stop = end
  if ("waitsFor" in progress) stop = lines.find(({ call, condition }) => condition === undefined && call.startsWith("accept4("))?.step ?? end
  if ("failed" in progress) {
    const { step } = progress.failed
    const failed = lines.find((line) => line.step === step)
    // a block behind the straight line is come to from a step that its condition names
    stop = step <= end ? step : Number(/step (\d+)/.exec(failed?.condition ?? "")?.[1] ?? step)
  }
  for (const line of lines) {
    if (line.step === undefined || line.plumbing === true || line.condition !== undefined) continue
    const waits = "waitsFor" in progress && line.step === stop
    line.outcome = { state: waits ? "waits" : line.step > stop ? "not reached" : "done" }
  }
  setFailed(lines, "failed" in progress ? progress.failed : undefined)
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
