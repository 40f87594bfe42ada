import { RuntsError } from "../error.ts"
import { isFrozen, type CgroupRecord } from "../host/cgroup/manager.ts"
import { isAlive, pidfdOpen } from "../host/process.ts"
import { openContainer, type ContainerDir, type LockKind } from "../host/store.ts"
import type { StoredState } from "../host/stored-state.ts"
import { close } from "../host/file.ts"
import type { ContainerStatus, GlobalOptions } from "./requests.ts"

/** A container that was opened with its state. */
export interface Opened {
  readonly container: ContainerDir
  readonly state: StoredState
}

/** Opens a container and reads its state. @throws RuntsError "container does not exist", also where it is half-made */
export function openWithState(globals: GlobalOptions, id: string, lock: LockKind): Opened {
  const container = openContainer(globals, id, { lock })
  try {
    const state = container.readState()
    if (state === undefined) {
      throw new RuntsError(`container does not exist: ${JSON.stringify(id)} was never fully created`, {
        hint: `\`runts delete --force ${id}\` removes what is left of it`,
      })
    }
    return { container, state }
  } catch (error) {
    container.close()
    throw error
  }
}

export function cgroupOf(state: StoredState): CgroupRecord | undefined {
  return state.cgroup as CgroupRecord | undefined
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
  return state.status
}

/** A descriptor of init. @throws RuntsError "container not running" if it is gone */
export function openInit(state: StoredState): number {
  const pidfd = state.pid > 0 ? pidfdOpen(state.pid) : undefined
  // the start time is looked at after the descriptor is held: from then on the pid cannot become another process's
  if (pidfd !== undefined && initIsAlive(state)) return pidfd
  if (pidfd !== undefined) close(pidfd)
  throw new RuntsError("container not running")
}

