import { RuntsError } from "../error.ts"
import type { StoredState } from "../host/stored-state.ts"
import { openContainer, type ContainerDir } from "../host/store.ts"
import { ERRNO } from "../kernel/errno.ts"
import { warn } from "../log.ts"
import { cgroupOf, statusOf } from "./container.ts"
import { destroy, killAndWait, loadMembers } from "./destroy.ts"
import { loadHookRunner } from "./hooks.ts"
import { loadRdt, rdtOf } from "./intel-rdt.ts"
import type { GlobalOptions } from "./requests.ts"
import { loadSystemd } from "./systemd.ts"
import { endWorker } from "./worker.ts"

/** How long --force leaves another runts to its work on the container, in milliseconds. */
const FORCE_WAIT_MS = 1000

/**
 * `delete`: a stopped or created container; with `force` any, and silently none. What a killed runts left half-made is removed
 * too: without force it still is an error, as there was no container.
 */
export async function remove(globals: GlobalOptions, id: string, force: boolean): Promise<void> {
  let container: ContainerDir
  try {
    container = force ? openByForce(globals, id) : openContainer(globals, id, { lock: "exclusive" })
  } catch (error) {
    if (force && error instanceof RuntsError && error.details.errno === ERRNO.ENOENT) return
    throw error
  }
  try {
    const state = readState(container, force)
    if (state === undefined) {
      container.remove()
      if (!force) {
        throw new RuntsError(`container does not exist: ${JSON.stringify(id)} was never fully created; what was left of it is removed`, {
          code: "container-missing",
        })
      }
      return
    }
    await loadHookRunner(state.hooks)
    await loadRdt(rdtOf(state))
    await loadSystemd(cgroupOf(state))
    await loadMembers(state)
    const status = statusOf(state)
    if ((status === "running" || status === "paused") && !force) {
      throw new RuntsError(`cannot delete container ${id} that is not stopped: ${status}`, {
        code: "container-wrong-status", hint: "kill it first, or use --force",
      })
    }
    // no other runts works on it, as this one holds its lock: a container that is "creating" was given up
    if (status !== "stopped") killAndWait(state)
    destroy(container, state)
  } finally {
    container.close()
  }
}

/**
 * With force, another runts that holds the container (a hook of `create` or `start` hangs) is given a moment, then killed. What it
 * leaves half-made is what `delete` is about to remove.
 */
function openByForce(globals: GlobalOptions, id: string): ContainerDir {
  try {
    return openContainer(globals, id, { lock: "exclusive", timeoutMs: FORCE_WAIT_MS })
  } catch (error) {
    if (error instanceof RuntsError && error.details.errno === ERRNO.ENOENT) throw error
  }
  const container = openContainer(globals, id, { lock: "none" })
  try {
    const state = readState(container, true)
    if (state !== undefined) endWorker(state)
  } finally {
    container.close()
  }
  return openContainer(globals, id, { lock: "exclusive" })
}

/** What is there in place of state.json is no state, and will not become one. */
const NO_STATE: ReadonlySet<number | undefined> = new Set([ERRNO.ELOOP, ERRNO.EISDIR, ERRNO.ENXIO, ERRNO.EIO])

/**
 * With force, a state that is damaged is as good as none: the folder goes, and what it named is warned of. One that only cannot be
 * read now (no descriptor or memory left, no permission) stays, as it alone names a process that may run.
 */
function readState(container: ContainerDir, force: boolean): StoredState | undefined {
  try {
    return container.readState()
  } catch (error) {
    const damaged = error instanceof RuntsError && (error.details.code === "state-damaged" || NO_STATE.has(error.details.errno))
    if (!force || !(error instanceof RuntsError)) throw error
    if (!damaged) {
      throw new RuntsError(error.message, {
        ...error.details, hint: "nothing was removed, as only this file names its process and cgroups",
      })
    }
    warn(`${error instanceof Error ? error.message : String(error)}; its cgroups and processes, if any, are left`)
    return undefined
  }
}
