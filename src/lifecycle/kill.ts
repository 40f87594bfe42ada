import { RuntsError } from "../error.ts"
import { killAll, thawAll } from "../host/cgroup/manager.ts"
import { close } from "../host/file.ts"
import { pidfdSendSignal } from "../host/process.ts"
import { cgroupOf, openInit, openWithState, statusOf } from "./container.ts"
import type { GlobalOptions } from "./requests.ts"

const SIGKILL = 9

/**
 * `kill`: sends a signal to init; with `all`, to every process of the container's cgroup. SIGKILL reaches all processes of a container
 * that shares its pid namespace, even when its init has ended, and wakes a paused one.
 */
export async function kill(globals: GlobalOptions, id: string, signal: number, all: boolean): Promise<void> {
  const { container, state } = openWithState(globals, id, "none")
  container.close()
  const cgroup = cgroupOf(state)
  const sharesPids = state.namespaces.pid !== "new"
  if (all || (sharesPids && signal === SIGKILL)) {
    const status = statusOf(state)
    if (cgroup === undefined) new (await import("./members.ts")).Members(state).signal(signal)
    else killAll(cgroup, signal)
    if (cgroup !== undefined && signal === SIGKILL) thawAll(cgroup)
    // runc: all processes of a stopped container are none, which is no error when all are meant
    if (!all && status === "stopped") throw new RuntsError("container not running", { code: "container-not-running" })
    return
  }
  const pidfd = openInit(state)
  try {
    if (!pidfdSendSignal(pidfd, signal)) throw new RuntsError("container not running", { code: "container-not-running" })
    if (signal === SIGKILL && cgroup !== undefined) thawAll(cgroup)
  } finally {
    close(pidfd)
  }
}
