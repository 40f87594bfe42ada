import { RuntsError } from "../error.ts"
import type { RdtRecord, RdtStats, Schemas } from "../host/intel-rdt.ts"
import type { StoredState } from "../host/stored-state.ts"
import { warn } from "../log.ts"
import { isBandwidthLine } from "../spec/rule.ts"
import type { IntelRdt } from "../spec/types.gen.ts"

type Module = typeof import("../host/intel-rdt.ts")
let loaded: Module | undefined

/** Makes resctrl ready to be used; to be awaited before any of the functions below. Few containers have to do with it. */
export async function loadRdt(needed: object | undefined): Promise<void> {
  if (needed !== undefined) loaded ??= await import("../host/intel-rdt.ts")
}

function resctrl(): Module {
  if (loaded === undefined) throw new Error("what uses resctrl was not loaded")
  return loaded
}

/** What a container's state says of resctrl; undefined where it has nothing there. */
export function rdtOf(state: StoredState): RdtRecord | undefined {
  return state.intelRdt as RdtRecord | undefined
}

/** What linux.intelRdt of a new container will be. @throws RuntsError where it cannot be */
export function foreseeRdt(rdt: IntelRdt | undefined, id: string): RdtRecord | undefined {
  if (rdt === undefined) return undefined
  for (const name of ["enableCMT", "enableMBM"] as const) {
    if (rdt[name] === true) warn(`linux.intelRdt.${name} has no effect: since runtime-spec 1.3.0 enableMonitoring stands for it`)
  }
  return resctrl().foreseeRdt(resctrl().findResctrl(), rdt, id)
}

/** Makes it: class of service, schemata, monitoring group. What was made before a failure is removed. */
export function makeRdt(record: RdtRecord, rdt: IntelRdt): void {
  const { makeGroup, writeSchemata, makeMonitoringGroup, undoRdt } = resctrl()
  makeGroup(record)
  try {
    writeSchemata(record, rdt)
    makeMonitoringGroup(record)
  } catch (error) {
    undoRdt({ ...record, monitoring: undefined })
    throw error
  }
}

/** Undoes makeRdt. */
export function undoRdt(record: RdtRecord): void {
  resctrl().undoRdt(record)
}

/** Brings a process of a container into its class of service. */
export function joinRdt(record: RdtRecord | undefined, pid: number): void {
  if (record !== undefined) resctrl().joinRdt(record, pid)
}

/** Removes what is the deleted container's. */
export function removeRdt(state: StoredState): void {
  const record = rdtOf(state)
  if (record !== undefined) resctrl().removeRdt(record)
}

/**
 * `update`: changes a container's class of service, and so whatever else is in it. loadRdt comes first.
 * @throws RuntsError where the container has none, or the kernel refuses a value; then the class is as it was
 */
export function updateRdt(state: StoredState, { l3CacheSchema, memBwSchema }: Omit<Schemas, "schemata">): void {
  const record = rdtOf(state)
  // not made now: without linux.intelRdt a runtime must not touch resctrl (config-linux.md, IntelRdt)
  if (record === undefined) {
    const name = JSON.stringify(state.id)
    throw new RuntsError(`container ${name} was made without linux.intelRdt, so it has no class of service to update`, {
      code: "container-wrong-status",
    })
  }
  if (memBwSchema !== undefined && !isBandwidthLine(memBwSchema)) {
    throw new RuntsError(`--mem-bw-schema ${JSON.stringify(memBwSchema)} is not one line as MB:0=20;1=70`, { code: "usage" })
  }
  resctrl().changeSchemata(record, { l3CacheSchema, memBwSchema })
}

/** `events`: what resctrl tells of a container; empty without linux.intelRdt. loadRdt comes first. */
export function rdtStats(state: StoredState): RdtStats {
  const record = rdtOf(state)
  return record === undefined ? {} : resctrl().readStats(record)
}
