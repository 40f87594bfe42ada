import { RuntsError } from "../error.ts"
import { hasCgroups, isFrozen, type CgroupRecord } from "../host/cgroup/manager.ts"
import { isAlive, pidfdOpen } from "../host/process.ts"
import { openContainer, type ContainerDir, type LockKind } from "../host/store.ts"
import type { StoredState } from "../host/stored-state.ts"
import { close, tryReadLink } from "../host/file.ts"
import { AT_FDCWD } from "../kernel/fs.ts"
import type { ContainerStatus, GlobalOptions } from "./requests.ts"
import { workerIsGone } from "./worker.ts"

/** Name of a container's first program until it becomes the user's: what /proc/PID/exe shows. */
export const INIT_NAME = "runts:init"

/** A container that was opened with its state. */
export interface Opened {
  readonly container: ContainerDir
  readonly state: StoredState
}

/** Opens a container and reads its state. @throws RuntsError "container does not exist", also where it is half-made */
export function openWithState(globals: GlobalOptions, id: string, lock: LockKind): Opened {
  const container = openContainer(globals, id, { lock })
  try {
    const state = readSettled(container)
    if (state === undefined) {
      throw new RuntsError(`container does not exist: ${JSON.stringify(id)} is being created or deleted, or was left half-made`, {
        code: "container-missing",
        hint: `if it stays so, \`runts delete --force ${id}\` removes it`,
      })
    }
    return { container, state }
  } catch (error) {
    container.close()
    throw error
  }
}

/** The state; where its creator is gone, that of a container that has stopped. */
function readSettled(container: ContainerDir): StoredState | undefined {
  const first = container.readState()
  if (first?.status !== "creating" || !workerIsGone(first)) return first
  // it may have finished, and only then ended, between the reading and the look at it
  const state = container.readState()
  return state?.status === "creating" ? { ...state, status: "stopped" } : state
}

/** The container's cgroups; undefined where it has none. */
export function cgroupOf(state: StoredState): CgroupRecord | undefined {
  const record = state.cgroup as CgroupRecord | undefined
  return record !== undefined && hasCgroups(record) ? record : undefined
}

/** The container's cgroups for what takes one. @param what "to freeze", as in the error where there is none */
export function needCgroup(state: StoredState, what: string): CgroupRecord {
  const record = cgroupOf(state)
  if (record !== undefined) return record
  const disabled = (state.cgroup as CgroupRecord | undefined)?.absence === "disabled"
  const why = disabled ? "it was made with --cgroup-manager disabled" : "its maker could make none"
  throw new RuntsError(`container ${JSON.stringify(state.id)} has no cgroup ${what}: ${why}`, { code: "cgroup-absent" })
}

/** Whether init is there: by pid and start time, so that a reused pid is not taken for it. */
export function initIsAlive(state: StoredState): boolean {
  return state.pid > 0 && isAlive(state.pid, state.startTime)
}

/**
 * What a container's status is now (runtime-spec runtime.md, "State"): the stored one, corrected by what init and its cgroup
 * are. A container that was being created by a runts that is gone counts as stopped.
 */
export function statusOf(state: StoredState): ContainerStatus {
  if (state.status === "creating") return "creating"
  if (!initIsAlive(state)) return "stopped"
  if (state.status === "stopped") return "stopped"
  const cgroup = cgroupOf(state)
  if (cgroup !== undefined && isFrozen(cgroup)) return "paused"
  // a `start` that was killed at the wrong moment could not write down that the program runs
  if (state.status === "created" && isExecuted(state.pid)) return "running"
  return state.status
}

/** Whether init has become the user's program; false where that cannot be seen (ptrace(2), "access mode checking"). */
function isExecuted(pid: number): boolean {
  const executable = tryReadLink(AT_FDCWD, `/proc/${pid}/exe`)
  return typeof executable === "string" && !executable.includes(INIT_NAME)
}

/** A descriptor of init. @throws RuntsError "container not running" if it is gone */
export function openInit(state: StoredState): number {
  const pidfd = state.pid > 0 ? pidfdOpen(state.pid) : undefined
  // the start time is looked at after the descriptor is held: from then on the pid cannot become another process's
  if (pidfd !== undefined && initIsAlive(state)) return pidfd
  if (pidfd !== undefined) close(pidfd)
  throw new RuntsError("container not running", { code: "container-not-running" })
}

