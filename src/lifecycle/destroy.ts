import { RuntsError } from "../error.ts"
import { killAll, removeCgroups, thawAll } from "../host/cgroup/manager.ts"
import { close } from "../host/file.ts"
import { pidfdOpen, pidfdSendSignal, waitPidfd } from "../host/process.ts"
import type { ContainerDir } from "../host/store.ts"
import type { StoredState } from "../host/stored-state.ts"
import { cgroupOf, initIsAlive } from "./container.ts"
import { runPoststopHooks } from "./hooks.ts"
import { releaseHostMounts } from "./host-mounts.ts"
import { removeRdt } from "./intel-rdt.ts"
import { removeUnit } from "./systemd.ts"

const SIGKILL = 9
/** How long a killed container may take to end, in milliseconds. */
const KILL_TIMEOUT_MS = 10_000

type MembersModule = typeof import("./members.ts")
let members: MembersModule | undefined

/** Loads what finds the processes of a container without a cgroup; before {@link killAndWait}. */
export async function loadMembers(state: StoredState): Promise<void> {
  if (cgroupOf(state) === undefined && state.namespaces.pid !== "new") members ??= await import("./members.ts")
}

/** Kills init, and everything else where it does not take its pid namespace along, and waits for its end. */
export function killAndWait(state: StoredState): void {
  const cgroup = cgroupOf(state)
  const pidfd = state.pid > 0 ? pidfdOpen(state.pid) : undefined
  if (cgroup === undefined && state.namespaces.pid !== "new" && members !== undefined) new members.Members(state).signal(SIGKILL)
  if (pidfd !== undefined && initIsAlive(state)) {
    pidfdSendSignal(pidfd, SIGKILL)
    if (cgroup !== undefined) thawAll(cgroup)
  }
  if (cgroup !== undefined && state.namespaces.pid !== "new") killAll(cgroup, SIGKILL)
  if (pidfd === undefined) return
  try {
    if (initIsAlive(state) && !waitPidfd(pidfd, KILL_TIMEOUT_MS)) {
      throw new RuntsError(`container ${JSON.stringify(state.id)} does not end: process ${state.pid} was killed ${KILL_TIMEOUT_MS / 1000} s ago`, {
        code: "container-unkillable",
        hint: `a process in uninterruptible sleep waits for a device or a network file system: see /proc/${state.pid}/stack`,
      })
    }
  } finally {
    close(pidfd)
  }
}

/**
 * Undoes what `create` did (runtime-spec runtime.md, "Lifecycle", steps 12 and 13): cgroups, the state folder, then poststop hooks, whose
 * failures are only warned of.
 */
export function destroy(container: ContainerDir, state: StoredState): void {
  const cgroup = cgroupOf(state)
  if (cgroup !== undefined) {
    killAll(cgroup, SIGKILL)
    removeUnit(cgroup)
    removeCgroups(cgroup)
  }
  releaseHostMounts(state)
  removeRdt(state)
  container.remove()
  container.close()
  if (state.status !== "creating") runPoststopHooks(state)
}
