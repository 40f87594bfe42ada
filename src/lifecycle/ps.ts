import { processes as processesOf } from "../host/cgroup/manager.ts"
import { cgroupOf, openWithState } from "./container.ts"
import type { GlobalOptions } from "./requests.ts"

/** `ps`: host pids of all processes in the container's cgroup, those of sub-cgroups included; without one, of its namespaces. */
export async function processes(globals: GlobalOptions, id: string): Promise<number[]> {
  const { container, state } = openWithState(globals, id, "none")
  container.close()
  const cgroup = cgroupOf(state)
  return cgroup === undefined ? new (await import("./members.ts")).Members(state).list() : processesOf(cgroup)
}
