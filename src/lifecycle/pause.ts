import { RuntsError } from "../error.ts"
import { freeze } from "../host/cgroup/manager.ts"
import { needCgroup, openWithState, statusOf } from "./container.ts"
import type { GlobalOptions } from "./requests.ts"

/** `pause`: freezes all processes of the container. */
export function pause(globals: GlobalOptions, id: string): void {
  setFrozen(globals, id, true)
}

/** `resume`: lets them run on. */
export function resume(globals: GlobalOptions, id: string): void {
  setFrozen(globals, id, false)
}

function setFrozen(globals: GlobalOptions, id: string, frozen: boolean): void {
  const { container, state } = openWithState(globals, id, "exclusive")
  try {
    const status = statusOf(state)
    if (frozen && status !== "running" && status !== "created") {
      throw new RuntsError(`container not running or created: ${status}`, { code: "container-wrong-status" })
    }
    if (!frozen && status !== "paused") {
      throw new RuntsError(`container not paused: ${status}`, { code: "container-wrong-status" })
    }
    freeze(needCgroup(state, "to freeze"), frozen)
  } finally {
    container.close()
  }
}
