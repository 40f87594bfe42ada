import { sys } from "../ffi/index.ts"
import { RuntsError } from "../error.ts"
import { absolutePath, close, getcwd, listDir, mkdirAll, readAll, stat, tryOpenAt, tryStat, tryUnlinkAt, writeFileAtomically } from "../host/file.ts"
import { checkId, FAILURES_FOLDER, failureFile, openContainer, stateRoot, type StoreOptions } from "../host/store.ts"
import { AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, STATX } from "../kernel/fs.ts"
import { NR } from "../kernel/syscalls.ts"
import { debug } from "../log.ts"
import { version } from "../version.ts"
import { pack, unpack } from "./packed.ts"
import { recordedError, setProgress, type TracedCommand, type TraceRecord } from "./record.ts"
import { linesOf } from "./recorder.ts"

/*
 * Why containers could not be made or started, for `explain ID`: a failed container leaves nothing behind, so that its record lies beside
 * the containers, in ROOT/@failures. A container that is still there, since only its start failed, has it in its own folder.
 */

/** In a container's folder. */
const FAILURE_FILE = "failure.json.gz"
/** statx(2) */
const STATX_MTIME = 0x40
const STATX_MTIME_SECONDS = 112
/** How many are kept; the oldest go. */
const FILES_MAX = 32
/** Longer programs are not told step by step: who waits for the error would wait for their lines. */
const STEPS_MAX = 10_000
/** Of a record with its steps, which are as many and as long as a config makes them. */
const BYTES_MAX = 256 * 1024

export interface Failure {
  /** RFC 3339 with milliseconds, UTC. */
  readonly when: string
  /** Absolute path; "" where only `start` failed. */
  readonly bundle: string
  /** Without times, unless it was recorded by --trace. */
  readonly record: TraceRecord
}

export interface FailedCall {
  readonly command: TracedCommand
  readonly id: string
  /** As given. */
  readonly bundle: string | undefined
  /** What --trace recorded of it. */
  readonly traced: TraceRecord | undefined
}

/** Faults of the call or its config, and not of a container that was being made. */
const NOT_OF_A_CONTAINER = /^(usage|id-invalid|descriptor-missing|console-required|bundle-|config-|container-(?!busy))/

/** Keeps why a container failed; that it cannot be kept is only told to the log. */
export function keepFailure(globals: StoreOptions, call: FailedCall, error: unknown): void {
  if (error instanceof RuntsError && NOT_OF_A_CONTAINER.test(error.details.code)) return
  try {
    // it becomes a file's name, and not all errors are of calls whose id was looked at
    checkId(call.id)
    const bundle = call.bundle === undefined ? "" : absolutePath(call.bundle, getcwd())
    const failure: Failure = { when: new Date().toISOString(), bundle, record: call.traced ?? untraced(call, error) }
    if (!keepInside(globals, call, failure)) keepBeside(globals, call.id, failure)
  } catch (problem) {
    debug(`the failure is not kept for \`explain\`: ${problem instanceof Error ? problem.message : String(problem)}`)
  }
}

function untraced({ command, id }: FailedCall, error: unknown): TraceRecord {
  const failure = recordedError(error)
  const planner = error instanceof RuntsError ? error.details.step?.program : undefined
  const lines = planner === undefined || planner.steps.length > STEPS_MAX ? [] : linesOf(planner, "init")
  if (failure.step !== undefined) setProgress(lines, { failed: { step: failure.step, errno: failure.errno } })
  // what only a branch leads to is half of a program, and says nothing here
  const told = lines.filter(({ condition, outcome }) => condition === undefined || outcome !== undefined)
  return {
    runts: version, command, id, began: "", clock: 0, outcome: "failed", error: failure, took: 0, pid: sys(NR.getpid), pids: {}, phases: [], lines: told,
  }
}

/** @returns true where there is a container of that name, which keeps it if it is its own */
function keepInside(globals: StoreOptions, { command, id }: FailedCall, failure: Failure): boolean {
  if (tryStat({ dirfd: AT_FDCWD, path: `${stateRoot(globals).path}/${id}`, flags: AT_SYMLINK_NOFOLLOW }) === undefined) return false
  if (command !== "start") return true
  const container = openContainer(globals, id, { lock: "none" })
  try {
    writeFileAtomically(container.fd, FAILURE_FILE, packed(failure), 0o600)
  } finally {
    container.close()
  }
  return true
}

function keepBeside(globals: StoreOptions, id: string, failure: Failure): void {
  const path = `${stateRoot(globals).path}/${FAILURES_FOLDER}`
  mkdirAll(path, 0o700)
  const folder = openOwn(path)
  if (folder < 0) return
  try {
    writeFileAtomically(folder, failureFile(id), packed(failure), 0o600)
    const files = listDir(folder, FAILURES_FOLDER).map((name) => ({ name, changed: changedAt(folder, name) }))
    files.sort((a, b) => a.changed - b.changed)
    for (const { name } of files.slice(0, -FILES_MAX)) tryUnlinkAt(folder, name)
  } finally {
    close(folder)
  }
}

/** A record as its file; without the steps where they would take much of a small file system. */
function packed(failure: Failure): Uint8Array {
  const bytes = pack(failure)
  return bytes.length <= BYTES_MAX ? bytes : pack({ ...failure, record: { ...failure.record, lines: [] } })
}

/** When a file was last written, in seconds. */
function changedAt(folder: number, name: string): number {
  const statx = Buffer.alloc(STATX.size)
  if (sys(NR.statx, folder, name, AT_SYMLINK_NOFOLLOW, STATX_MTIME, statx) < 0) return 0
  return Number(statx.readBigInt64LE(STATX_MTIME_SECONDS)) + statx.readUInt32LE(STATX_MTIME_SECONDS + 8) / 1e9
}

/** The folder if it is ours alone, as the state root may lie where others write. @returns a descriptor, or a negative number */
function openOwn(path: string): number {
  const folder = tryOpenAt(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
  if (folder < 0) return folder
  const { uid, mode } = stat({ dirfd: folder, path: "", flags: AT_EMPTY_PATH, name: JSON.stringify(path) })
  if (uid === sys(NR.geteuid) && (mode & 0o022) === 0) return folder
  close(folder)
  return -1
}

/** Why the last container of that name could not be made; undefined where none is on record. */
export function readFailure(globals: StoreOptions, id: string): Failure | undefined {
  checkId(id)
  const folder = openOwn(`${stateRoot(globals).path}/${FAILURES_FOLDER}`)
  if (folder < 0) return undefined
  const fd = tryOpenAt(folder, failureFile(id), O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  close(folder)
  if (fd < 0) return undefined
  try {
    const failure = unpack(readAll(fd, `the failure of ${id}`)) as Failure
    return failure.record.id === id ? failure : undefined
  } finally {
    close(fd)
  }
}

/** Why the start of a container failed; undefined where it did not. */
export function readStartFailure(container: { read(name: string): Uint8Array | undefined }): Failure | undefined {
  const bytes = container.read(FAILURE_FILE)
  return bytes === undefined ? undefined : (unpack(bytes) as Failure)
}
