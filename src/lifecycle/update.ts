import { RuntsError } from "../error.ts"
import { replaceDevices } from "../host/cgroup/devices.ts"
import { applyResources, Journal } from "../host/cgroup/resources/apply.ts"
import type { CgroupRecord } from "../host/cgroup/manager.ts"
import { debug } from "../log.ts"
import type { LinuxResources } from "../spec/types.gen.ts"
import { needCgroup, openWithState, statusOf } from "./container.ts"
import { loadRdt, rdtOf, updateRdt } from "./intel-rdt.ts"
import type { GlobalOptions } from "./requests.ts"
import { systemdDriver } from "./systemd.ts"

/** What `update` is asked for. */
export interface UpdateRequest {
  readonly id: string
  /** Fields that are not set keep their values. */
  readonly resources: LinuxResources
  /** Replace the device rules by those of `resources`, which engines send without meaning it. */
  readonly devices: boolean
  /** Intel RDT; undefined: stays. */
  readonly l3CacheSchema: string | undefined
  readonly memBwSchema: string | undefined
}

/**
 * Changes the limits of a container that is created, running or paused. The cgroup is the truth: nothing is stored.
 * @throws RuntsError if a value is refused; then what was written before it is set back
 */
export async function update(globals: GlobalOptions, request: UpdateRequest): Promise<void> {
  const { container, state } = openWithState(globals, request.id, "exclusive")
  try {
    const status = statusOf(state)
    if (status === "stopped" || status === "creating") {
      throw new RuntsError(`container not running: it is ${status}`, { code: "container-not-running" })
    }
    const record = needCgroup(state, "whose limits could be changed")
    const { resources, l3CacheSchema, memBwSchema } = request
    const changesRdt = l3CacheSchema !== undefined || memBwSchema !== undefined
    if (changesRdt) await loadRdt(rdtOf(state))
    if (request.devices && resources.devices === undefined) {
      throw new RuntsError("--devices: there are no device rules to put in the place of the container's", {
        code: "usage",
        hint: "give them with --resources, as linux.resources.devices of config.json",
      })
    }
    const journal = new Journal()
    try {
      await applyLimits(record, resources, journal)
      if (changesRdt) updateRdt(state, request)
      if (request.devices) replaceDevices(record, resources, status === "paused")
      else if (resources.devices !== undefined) debug("update leaves the device rules alone; --devices replaces them")
    } catch (error) {
      throw undone(error, journal)
    }
  } finally {
    container.close()
  }
}

/** Writes the limits; of a container that is a unit of systemd, systemd is told too, as it would write its own again. */
async function applyLimits(record: CgroupRecord, resources: LinuxResources, journal: Journal): Promise<void> {
  if (record.systemd === undefined) return applyResources(record, resources, journal)
  const unit = (await systemdDriver()).updateUnit(record, resources)
  try {
    await applyResources(record, unit.resources, journal)
    unit.tellSystemd()
  } finally {
    unit.close()
  }
}

/** Sets back what was written, and says so. */
function undone(error: unknown, journal: Journal): unknown {
  if (!(error instanceof RuntsError) || journal.length === 0) return error
  const files = journal.files
  const failures = journal.undo()
  const told = failures.length === 0 ? `what had been written before was set back (${files})`
    : `what had been written before could not all be set back: ${failures.join("; ")}`
  const { hint } = error.details
  return new RuntsError(error.message, { ...error.details, hint: hint === undefined ? told : `${hint}; ${told}` })
}
