import { sys } from "../ffi/index.ts"
import { RuntsError, sysError } from "../error.ts"
import { planDecoder, programLines, type Line } from "../explain/model.ts"
import { close, openAt, writeAll, writeFileAtomically } from "../host/file.ts"
import type { ContainerDir } from "../host/store.ts"
import { ERRNO } from "../kernel/errno.ts"
import { AT_FDCWD, O_CREAT, O_NOCTTY, O_NOFOLLOW, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } from "../kernel/fs.ts"
import { CLONE } from "../kernel/process.ts"
import { NR } from "../kernel/syscalls.ts"
import { debug, warn } from "../log.ts"
import { addClocks, CLOCK_MONOTONIC, CLOCK_REALTIME, readTimes, timesBytes, type Clocks, type StepTime } from "../plan/clocks.ts"
import type { Planner } from "../plan/planner.ts"
import type { TraceSink } from "../trace.ts"
import type { Program } from "../program/program.ts"
import { version } from "../version.ts"
import { pack, unpack } from "./packed.ts"
import { failedLine, failedStep, lastStep, recordedError, setOutcomes, traceFile, type Phase, type RecordedError, type TracedCommand, type TraceRecord, type Who } from "./record.ts"

/** In a container's folder: the record, and the memory that its init writes times into. */
export const RECORD_FILE = "trace.json.gz"
export const TIMES_FILE = "trace.times"

export { CLOCK_MONOTONIC }

const CLOCK_THREAD_CPUTIME_ID = 3
const MFD_CLOEXEC = 1
const MFD_NOEXEC_SEAL = 8

/** What a container's folder keeps of the call that made it. */
export interface KeptRecord {
  readonly record: TraceRecord
  /** Steps that TIMES_FILE tells of. */
  readonly calls: readonly number[]
  /** What that file's clock is ahead of CLOCK_MONOTONIC. */
  readonly ahead: number
  /** Phases of `start`, if that was traced too. */
  readonly start?: Pick<TraceRecord, "began" | "clock" | "phases" | "took" | "outcome" | "error">
}

/** A clock's time in nanoseconds. */
export function clockTime(clock: number): bigint {
  const timespec = Buffer.alloc(16)
  sys(NR.clock_gettime, clock, timespec)
  return timespec.readBigInt64LE(0) * 1_000_000_000n + timespec.readBigInt64LE(8)
}

/** Records one call of runts for --trace, and writes it to the file when it is over. */
export class Recorder implements TraceSink {
  private readonly command: TracedCommand
  private readonly id: string
  private readonly file: number
  private readonly base: bigint
  private readonly began: string
  private readonly phases: Phase[] = []
  private readonly pids: Partial<Record<Who, number>> = {}
  private folder: ContainerDir | undefined
  private planner: Planner | undefined
  private clocks: Clocks | undefined
  private shared = -1
  private calls: readonly number[] = []
  private ahead = 0n
  private written = false
  /** What was recorded, once the call has an outcome. */
  record: TraceRecord | undefined

  /** @param path of the file; it is made at once, so that a path that cannot be is told before anything else is made */
  constructor(command: TracedCommand, id: string, path: string) {
    this.command = command
    this.id = id
    const now = clockTime(CLOCK_MONOTONIC)
    // the engine began at least so long ago: its first thread has worked as long
    this.base = now - clockTime(CLOCK_THREAD_CPUTIME_ID)
    this.began = new Date(Date.now() - Number(now - this.base) / 1e6).toISOString()
    const fd = sys(NR.openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY, 0o600)
    if (fd < 0) throw sysError(`open the trace file ${JSON.stringify(path)} (--trace)`, -fd, { syscall: "openat" })
    this.file = fd
    this.phases.push({ text: "start the engine and read the command line", pointer: "", at: 0, took: 0 })
  }

  phase(text: string, pointer: string): void {
    const last = this.phases.at(-1)
    const at = this.now()
    if (last !== undefined) {
      // one that is gone back to within no time
      if (last.text === text) return
      last.took = at - last.at
    }
    this.phases.push({ text, pointer, at, took: 0 })
  }

  container(folder: ContainerDir): void {
    this.folder = folder
  }

  program(planner: Planner): number {
    this.phase("give the program clocks (only for --trace)", "")
    this.forget()
    this.planner = planner
    // a clock row is a system call in a process that may be in another time namespace, where CLOCK_MONOTONIC is another
    const clock = entersTime(planner) ? CLOCK_REALTIME : CLOCK_MONOTONIC
    this.ahead = clockTime(clock) - clockTime(CLOCK_MONOTONIC)
    this.shared = this.folder === undefined ? memory() : openAt(this.folder.fd, TIMES_FILE, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600)
    this.clocks = addClocks(planner, { clock, fd: this.shared })
    // whole, before it is mapped: what a mapping cannot have, for a full disk, ends the process
    writeAll(this.shared, this.clocks.empty, TIMES_FILE)
    return this.shared
  }

  /** A second try has a program of its own. */
  private forget(): void {
    this.clocks?.remove()
    if (this.shared >= 0) close(this.shared)
    this.shared = -1
    delete this.pids.launcher
    delete this.pids.process
  }

  born(who: Who, pid: number): void {
    this.pids[who] = pid
  }

  done(): void {
    this.end(this.command === "create" ? "created" : "running", undefined)
  }

  /** Records what the call failed with. */
  fail(error: unknown): void {
    this.end("failed", error)
  }

  private now(): number {
    return Number(clockTime(CLOCK_MONOTONIC) - this.base)
  }

  private end(outcome: TraceRecord["outcome"], error: unknown): void {
    if (this.written) return
    this.written = true
    const took = this.now()
    const last = this.phases.at(-1)
    if (last !== undefined) last.took = took - last.at
    const failure = error === undefined ? undefined : this.failure(error)
    const record: TraceRecord = {
      runts: version, command: this.command, id: this.id, began: this.began, clock: Number(this.base), outcome, took,
      ...(failure === undefined ? {} : { error: failure }),
      pid: sys(NR.getpid), pids: this.pids, phases: this.phases, lines: this.knownLines(outcome, failure, took),
    }
    this.record = record
    try {
      if (outcome !== "failed" || this.command === "start") this.keep(record)
      writeAll(this.file, traceFile(record), "the trace")
    } catch (problem) {
      // what the call has done stands all the same
      warn(`--trace: ${problem instanceof Error ? problem.message : String(problem)}`)
    } finally {
      close(this.file)
      this.forget()
    }
  }

  private failure(error: unknown): RecordedError {
    const step = error instanceof RuntsError ? error.details.step : undefined
    const index = step === undefined ? undefined : this.clocks?.before(step.index)
    const failed = failedStep(error)
    // who reports the error finds the step where it is without clocks
    if (step !== undefined && index !== undefined) (step as { index: number }).index = index
    return recordedError(error, failed === undefined ? undefined : (this.clocks?.before(failed) ?? index))
  }

  /** @param now the end of this call: what the program has begun since is not told */
  private times(calls: readonly number[], fd: number, ahead: bigint, now: number): StepTime[] {
    const end = this.base + BigInt(now)
    return readTimes(timesIn(fd, calls), calls).map((time) => {
      const began = time.began === undefined ? undefined : time.began - ahead
      return began !== undefined && began > end ? { index: time.index, began: undefined, result: undefined } : { ...time, began }
    })
  }

  /** What the call has done, or failed with, stands whatever became of the record. */
  private knownLines(outcome: TraceRecord["outcome"], failure: RecordedError | undefined, now: number): Line[] {
    try {
      return this.lines(outcome, failure, now)
    } catch (problem) {
      warn(`--trace: the steps are not known: ${problem instanceof Error ? problem.message : String(problem)}`)
      return []
    }
  }

  private lines(outcome: TraceRecord["outcome"], failure: RecordedError | undefined, now: number): Line[] {
    const runs = outcome === "running" ? now : undefined
    const failed = failure?.step === undefined ? undefined : { step: failure.step, errno: failure.errno }
    if (this.planner === undefined || this.clocks === undefined) return this.command === "start" ? this.earlier(runs, failure, now) : []
    const { clone, calls } = this.clocks
    this.calls = calls
    const times = this.times(calls, this.shared, this.ahead, now)
    const cloned = times.find(({ index }) => index === clone)
    this.clocks.remove()
    this.clocks = undefined
    const lines = linesOf(this.planner.program, this.command === "exec" ? "process" : "init")
    const pid = this.pids.process === undefined ? undefined : BigInt(this.pids.process)
    setOutcomes(lines, times.map((time) => (time === cloned && pid !== undefined ? { ...time, result: pid } : time)), Number(this.base), { now, runs, failed })
    return lines
  }

  /** `start`: the steps that the container's init was recorded for, as far as it has done them now. */
  private earlier(runs: number | undefined, failure: RecordedError | undefined, now: number): Line[] {
    const kept = this.folder === undefined || this.folder.fd < 0 ? undefined : readKept(this.folder)
    if (kept === undefined || this.folder === undefined) return []
    this.pids.process = kept.record.pids.process as number
    const fd = openAt(this.folder.fd, TIMES_FILE, O_RDONLY | O_NOFOLLOW)
    try {
      const { lines } = kept.record
      const failed = failedLine(lines, failure)
      setOutcomes(lines, this.times(kept.calls, fd, BigInt(kept.ahead), now), Number(this.base), { now, runs, failed })
      // what was done before this call is in the trace of `create`
      const first = lines.find(({ outcome }) => outcome?.at !== undefined && outcome.at + (outcome.took ?? 0) > 0)?.step ?? 0
      const own = lines.filter(({ step = -1, actor }) => actor !== "launcher" && step >= first && step <= lastStep(lines))
      for (const line of own) sinceBeginning(line)
      return own
    } finally {
      close(fd)
    }
  }

  /** Leaves the record with the container. */
  private keep(record: TraceRecord): void {
    if (this.folder === undefined || this.folder.fd < 0) return
    const earlier = this.command === "start" ? readKept(this.folder) : undefined
    const { began, clock, phases, took, outcome, error } = record
    const start = { began, clock, phases, took, outcome, ...(error === undefined ? {} : { error }) }
    // what became of each line is in the memory that is shared with its program
    const lines = record.lines.map(({ outcome: _, ...line }) => line)
    const kept: KeptRecord = earlier === undefined ? { record: { ...record, lines }, calls: this.calls, ahead: Number(this.ahead) } : { ...earlier, start }
    try {
      writeFileAtomically(this.folder.fd, RECORD_FILE, pack(kept), 0o600)
    } catch (error) {
      debug(`trace: not kept for later: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}

/** What a program left in its shared memory: as much as it is to have, as others may have it mapped too. @param fd of the file */
export function timesIn(fd: number, calls: readonly number[]): Uint8Array {
  const bytes = Buffer.alloc(timesBytes(calls))
  sys(NR.pread64, fd, bytes, bytes.length, 0)
  return bytes
}

/** Of a step that began before this call, as the wait for it, only what lies within is its. */
function sinceBeginning(line: Line): void {
  const { outcome } = line
  if (outcome?.at === undefined || outcome.at >= 0) return
  line.outcome = { ...outcome, at: 0, took: Math.max(0, outcome.at + (outcome.took ?? 0)) }
}

/** Whether one of the program's processes enters a time namespace. */
function entersTime(planner: Planner): boolean {
  return planner.program.steps.some(({ name, args }) => {
    const flags = name === "unshare" ? args[0] : name === "setns" ? args[1] : 0
    return typeof flags === "number" && (flags & CLONE.NEWTIME) !== 0
  })
}

/** A file in memory that nobody else finds. */
function memory(): number {
  let fd = sys(NR.memfd_create, "runts:times", MFD_CLOEXEC | MFD_NOEXEC_SEAL)
  // before Linux 6.3
  if (fd === -ERRNO.EINVAL) fd = sys(NR.memfd_create, "runts:times", MFD_CLOEXEC)
  if (fd < 0) throw sysError("make a file in memory", -fd, { syscall: "memfd_create" })
  return fd
}

/** What a container's folder keeps of the call that made it; undefined: it was not traced. */
export function readKept(folder: ContainerDir): KeptRecord | undefined {
  const bytes = folder.read(RECORD_FILE)
  return bytes === undefined ? undefined : (unpack(bytes) as KeptRecord)
}

/** The lines of a plan's program, as they are kept and shown to others. */
export function linesOf(program: Program, who: "init" | "process"): Line[] {
  return programLines({ program }, planDecoder(new Map()), who)
}
