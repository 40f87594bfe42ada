import { RuntsError } from "../error.ts"
import { freeze } from "../host/cgroup/manager.ts"
import { cgroupOf, openWithState, statusOf } from "./container.ts"
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
    const cgroup = cgroupOf(state)
    if (cgroup === undefined) {
      throw new RuntsError(`container ${JSON.stringify(id)} has no cgroup to freeze`, { code: "cgroup-controller-missing" })
    }
    if (frozen && status !== "running" && status !== "created") {
      throw new RuntsError(`container not running or created: ${status}`, { code: "container-wrong-status" })
    }
    if (!frozen && status !== "paused") {
      throw new RuntsError(`container not paused: ${status}`, { code: "container-wrong-status" })
    }
    freeze(cgroup, frozen)
  } finally {
    container.close()
  }
}
