import { explainLoaded, type Explained } from "../explain/explain.ts"
import type { Explanation, Line } from "../explain/model.ts"
import { RuntsError } from "../error.ts"
import { close, openAt } from "../host/file.ts"
import { openContainer, type ContainerDir } from "../host/store.ts"
import type { StoredState } from "../host/stored-state.ts"
import { ERRNO } from "../kernel/errno.ts"
import { O_NOFOLLOW, O_RDONLY } from "../kernel/fs.ts"
import { loadBundle } from "../lifecycle/bundle.ts"
import { statusOf } from "../lifecycle/container.ts"
import type { ContainerStatus, GlobalOptions } from "../lifecycle/requests.ts"
import { readTimes } from "../plan/clocks.ts"
import { loadSpec } from "../spec/load.ts"
import { readFailure, readStartFailure, type Failure } from "./failures.ts"
import { failedLine, lastStep, setOutcomes, setProgress, type Phase, type Progress, type RecordedError, type TracedCommand } from "./record.ts"
import { clockTime, CLOCK_MONOTONIC, readKept, TIMES_FILE, timesIn, type KeptRecord } from "./recorder.ts"

/** One call of runts that worked on a container. */
export interface HappenedCall {
  readonly command: TracedCommand
  /** RFC 3339, UTC; "" where it was not recorded. */
  readonly began: string
  /** Nanoseconds, from its beginning until its outcome was there. */
  readonly took?: number
  readonly phases: readonly Phase[]
}

/** What happened to a container, beside what became of each line. */
export interface Happened {
  /** failed: it could not be made, and is gone. */
  readonly status: ContainerStatus | "failed"
  /** Of its first process; 0 where there is none. */
  readonly pid: number
  /** RFC 3339, UTC. */
  readonly created?: string
  /** Times are known: it was made with --trace. */
  readonly recorded: boolean
  readonly calls: readonly HappenedCall[]
  /** Why it could not be made or started. */
  readonly error?: RecordedError & { readonly command: TracedCommand; readonly when: string }
  /** Index of the step at which it stopped, or waits. */
  readonly stoppedAt?: number
}

/** An explanation of what happened. */
export type History = Omit<Explained, "summary" | "happened"> & {
  /** Undefined: of a failed container whose bundle is gone, or has no valid config any more. */
  readonly summary: Explained["summary"] | undefined
  readonly happened: Happened
}

/**
 * What happened to a container, or to the last one of that name that could not be made.
 * @returns undefined where neither is there
 */
export async function explainContainer(globals: GlobalOptions, id: string): Promise<History | undefined> {
  let container: ContainerDir
  try {
    container = openContainer(globals, id, { lock: "none" })
  } catch (error) {
    if (!(error instanceof RuntsError) || error.details.errno !== ERRNO.ENOENT) throw error
    const failure = readFailure(globals, id)
    return failure === undefined ? undefined : await explainFailure(globals, id, failure)
  }
  try {
    const state = container.readState()
    if (state === undefined) {
      throw new RuntsError(`container ${JSON.stringify(id)} is being created or deleted, or was left half-made`, {
        code: "container-missing", hint: `if it stays so, \`runts delete --force ${id}\` removes it`,
      })
    }
    return await explainState(globals, container, state)
  } finally {
    container.close()
  }
}

async function explainState(globals: GlobalOptions, container: ContainerDir, state: StoredState): Promise<History> {
  const status = statusOf(state)
  const kept = readKept(container)
  const failed = readStartFailure(container)
  // `created` stays in the file where the start failed, or init ended before it
  const ran = state.status !== "created" && state.status !== "creating" && failed === undefined
  const planned = await planOf(globals, container, state)
  const explanation = planned.explanation
  const error = failed?.record.error
  let lines = explanation.lines
  if (kept !== undefined) {
    lines = kept.record.lines
    setRecorded(container, kept, lines, ran, error)
  } else {
    const step = failedLine(lines, error)
    setRuntime(lines, step !== undefined ? { failed: step } : ran ? { runs: true } : { waitsFor: "start" })
  }
  const stopped = stoppedAt(lines)
  const happened: Happened = {
    status, pid: status === "stopped" ? 0 : state.pid, created: state.created, recorded: kept !== undefined,
    calls: kept === undefined ? [] : callsOf(kept),
    ...(failed === undefined || error === undefined ? {} : { error: { ...error, command: failed.record.command, when: failed.when } }),
    ...(stopped === undefined ? {} : { stoppedAt: stopped }),
  }
  return { ...planned, explanation: { ...explanation, lines }, happened }
}

/** The plan of a container, from the config.json that it was made from. */
async function planOf(globals: GlobalOptions, container: ContainerDir, state: StoredState): Promise<Explained> {
  const bytes = container.readConfigBytes()
  if (bytes === undefined) {
    throw new RuntsError(`the config.json of container ${JSON.stringify(state.id)} is gone from its state folder`, { code: "state-damaged" })
  }
  const explained = await explainLoaded(globals, { bundle: state.bundle, bytes, spec: loadSpec(bytes, "config.json") }, state.id)
  // what stands in the way of a second one of that name was not there for the first
  return { ...explained, explanation: { ...explained.explanation, notes: [] } }
}

function callsOf({ record, start }: KeptRecord): HappenedCall[] {
  const calls: HappenedCall[] = [{ command: record.command, began: record.began, took: record.took, phases: record.phases }]
  if (start !== undefined) calls.push({ command: "start", began: start.began, took: start.took, phases: start.phases })
  return calls
}

/** Outcomes from the memory that init wrote the times of its steps into. */
function setRecorded(container: ContainerDir, { record, calls, ahead, start }: KeptRecord, lines: readonly Line[], ran: boolean, error: RecordedError | undefined): void {
  const fd = openAt(container.fd, TIMES_FILE, O_RDONLY | O_NOFOLLOW)
  try {
    const times = readTimes(timesIn(fd, calls), calls).map((time) => ({ ...time, began: time.began === undefined ? undefined : time.began - BigInt(ahead) }))
    const executed = times.find(({ index }) => index === lastStep(lines))?.began
    const known = start !== undefined ? start.clock + start.took : record.command === "run" ? record.clock + record.took : Number(executed ?? record.clock)
    setOutcomes(lines, times, record.clock, {
      now: Number(clockTime(CLOCK_MONOTONIC)) - record.clock, runs: ran ? known - record.clock : undefined, failed: failedLine(lines, error),
    })
    // that the program runs since then is known only if somebody looked
    const last = lines.find(({ step }) => step === lastStep(lines))
    if (ran && start === undefined && record.command === "create" && last?.outcome?.at !== undefined) last.outcome = { state: "done", at: last.outcome.at }
  } finally {
    close(fd)
  }
}

/** What became of each line where no times are known; runts' own lie between those of the program. */
function setRuntime(lines: readonly Line[], progress: Progress): void {
  setProgress(lines, progress)
  let reached = true
  for (const line of lines) {
    if (line.step === undefined) line.outcome = { state: reached ? "done" : "not reached" }
    else if (line.outcome !== undefined && line.outcome.state !== "done") reached = false
  }
}

function stoppedAt(lines: readonly Line[]): number | undefined {
  return lines.find(({ outcome }) => outcome?.state === "failed" || outcome?.state === "waits")?.step
}

async function explainFailure(globals: GlobalOptions, id: string, { when, bundle, record }: Failure): Promise<History> {
  const { lines, error } = record
  const explanation: Explanation = { subject: "create", id, bundle, lines, notes: [] }
  const stopped = stoppedAt(lines)
  const recorded = record.phases.length > 0
  const happened: Happened = {
    status: "failed", pid: 0, recorded,
    calls: recorded ? [{ command: record.command, began: record.began, took: record.took, phases: record.phases }] : [],
    ...(error === undefined ? {} : { error: { ...error, command: record.command, when } }),
    ...(stopped === undefined ? {} : { stoppedAt: stopped }),
  }
  return { explanation, summary: await summaryOf(globals, id, bundle), happened }
}

/** What the container would have been; undefined where its bundle is gone, or has no valid config any more. */
async function summaryOf(globals: GlobalOptions, id: string, bundle: string): Promise<History["summary"]> {
  try {
    return (await explainLoaded(globals, await loadBundle(bundle), id)).summary
  } catch (error) {
    if (error instanceof RuntsError) return undefined
    throw error
  }
}
