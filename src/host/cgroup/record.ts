import { RuntsError } from "../../error.ts"

/** v1: one hierarchy for each controller; hybrid: those and a cgroup2 mount without them; v2: one hierarchy for all. */
export type CgroupMode = "v1" | "hybrid" | "v2"

/** The key of the cgroup2 hierarchy, as the third field of /proc/PID/cgroup has it. */
export const UNIFIED = ""

/**
 * disabled: its maker was told to make none. denied: its maker may not, and nothing was asked for that takes one. unmounted: there is no
 * cgroupfs.
 */
export type CgroupAbsence = "disabled" | "denied" | "unmounted"

/** The cgroups of one container, as state.json keeps them. Plain data: survives JSON. */
export interface CgroupRecord {
  readonly mode: CgroupMode
  /** Folder in each hierarchy; keys as in /proc/PID/cgroup ("cpu,cpuacct", "name=systemd"), {@link UNIFIED} for cgroup2. */
  paths: Readonly<Record<string, string>>
  /** Where each hierarchy is mounted; same keys. */
  mounts: Readonly<Record<string, string>>
  /** Folders that `createCgroups` made or, where they were there without sub-cgroups, took over; parents before children. */
  created: readonly string[]
  /** Why it has none of them, or not one in every hierarchy. */
  absence?: CgroupAbsence
  /** Path below the cgroup2 folder of the cgroup that its processes are in (run.oci.delegate-cgroup). */
  leaf?: string
  /** The unit that it is, of a container of the systemd driver. */
  readonly systemd?: SystemdUnit
}

/** A unit of systemd that is a container's cgroup. */
export interface SystemdUnit {
  readonly slice: string
  readonly unit: string
  /** Whether it is the caller's own systemd that has it, not the machine's. */
  readonly user: boolean
  /** Path below the unit's folder, of a container whose cgroup that is (run.oci.systemd.subgroup). */
  readonly subgroup?: string
}

/** Of a container that is to have no cgroup: its processes stay in those of whoever makes it. */
export function absentRecord(mode: CgroupMode, absence: CgroupAbsence): CgroupRecord {
  return { mode, paths: {}, mounts: {}, created: [], absence }
}

/** Whether a container has a cgroup at all. */
export function hasCgroups(record: CgroupRecord): boolean {
  for (const _ in record.paths) return true
  return false
}

/** The cgroups that a process is brought into: its processes' own, where those are below the container's. */
export function entryRecord(record: CgroupRecord): CgroupRecord {
  const { leaf, paths } = record
  return leaf === undefined ? record : { ...record, paths: { ...paths, [UNIFIED]: `${paths[UNIFIED]}/${leaf}` } }
}

/** A cgroup's path below its mount, without a leading slash. */
export function relativePath(record: CgroupRecord, key: string): string {
  const path = record.paths[key]
  const mount = record.mounts[key]
  if (path === undefined || mount === undefined) {
    throw new RuntsError(`no cgroup is recorded for the hierarchy "${key}"`, { code: "state-damaged" })
  }
  if ((path !== mount && !path.startsWith(mount + "/")) || path.includes("/../") || path.endsWith("/..")) {
    throw new RuntsError(`the recorded cgroup ${JSON.stringify(path)} is not below its mount point ${mount}`, {
      code: "state-damaged",
    })
  }
  return path.slice(mount.length + 1)
}

/** The key of the hierarchy that has this v1 controller, alone or mounted together with others. */
export function controllerKey(record: CgroupRecord, controller: string): string | undefined {
  if (record.paths[controller] !== undefined) return controller
  for (const key in record.paths) if (key.split(",").includes(controller)) return key
  return undefined
}
