import type { CgroupLayout } from "../host/cgroup/layout.ts"
import { applyDevices, killAll, removeCgroups, type CgroupRecord } from "../host/cgroup/manager.ts"
import { warn } from "../log.ts"
import { annotatedCgroup } from "../spec/annotations.ts"
import type { Spec } from "../spec/types.gen.ts"
import { phase } from "../trace.ts"

/*
 * The way to the systemd driver, whose modules and library only those load whose container has a unit.
 */

type Driver = typeof import("../host/cgroup/systemd.ts")
let driver: Driver | undefined

/** Loads the driver where a container has a unit; before {@link removeUnit}. */
export async function loadSystemd(record: CgroupRecord | undefined): Promise<void> {
  if (record?.systemd !== undefined) await systemdDriver()
}

export async function systemdDriver(): Promise<Driver> {
  return driver ??= await import("../host/cgroup/systemd.ts")
}

/** Stops the unit of a container whose processes were killed, if it has one. */
export function removeUnit(record: CgroupRecord): void {
  if (record.systemd === undefined) return
  if (driver === undefined) throw new Error("the systemd driver was not loaded")
  driver.removeUnit(record)
}

/** The unit of a container that is being created. systemd makes it only with a process in it: init is there first, and waits. */
export interface ForeseenUnit {
  readonly record: CgroupRecord
  /** Makes it with init in it, and limits it. */
  start(pid: number): void
  /** Takes it back, if it was made. */
  remove(): void
  close(): void
}

/** The cgroup below the unit's that is to be the container's. On v1 controllers are not handed on from one to the other: there it is left out. */
function subgroupOf({ mode }: CgroupLayout, spec: Spec): string | undefined {
  const subgroup = annotatedCgroup(spec, "run.oci.systemd.subgroup")
  if (subgroup === undefined || mode === "v2") return subgroup
  warn(`run.oci.systemd.subgroup=${subgroup} is for cgroup v2: the container is in its unit's own cgroup`, { code: "config-unsupported" })
  return undefined
}

/** What is known of a container's unit before there is one. @throws RuntsError where systemd or config.json rules it out */
export async function foreseeUnit(layout: CgroupLayout, spec: Spec, id: string): Promise<ForeseenUnit> {
  const { UnitMaker } = await systemdDriver()
  const { systemdProperties } = await import("../spec/systemd-annotations.ts")
  const { loadTables, writeResources } = await import("../host/cgroup/resources/apply.ts")
  const properties = systemdProperties(spec)
  const maker = UnitMaker.open(layout, spec.linux?.cgroupsPath, id, subgroupOf(layout, spec))
  const { record } = maker
  const resources = maker.resources(spec.linux?.resources)
  const tables = resources === undefined ? undefined : await loadTables(resources)
  return {
    record,
    start(pid) {
      phase("have systemd make the container's unit", "/linux/cgroupsPath")
      maker.start(pid, { id, resources, properties })
      phase("set the cgroups' limits", "/linux/resources")
      applyDevices(record, resources)
      if (resources !== undefined && tables !== undefined) writeResources(record, resources, tables)
    },
    remove() {
      // one of that name that is there already is somebody else's, with all that runs in it
      if (!maker.asked) return
      killAll(record, 9)
      maker.remove()
      removeCgroups(record)
    },
    close: () => maker.close(),
  }
}
