import { RuntsError } from "../../error.ts"
import type { CgroupLayout } from "./layout.ts"
import type { CgroupRecord } from "./record.ts"

/*
 * Where a container's unit is, by runc's rules for the systemd driver: linux.cgroupsPath is not a path but `slice:prefix:name`.
 */

const SLICE = ".slice"
const POINTER = "/linux/cgroupsPath"
/** unit-name.h: UNIT_NAME_MAX, with its NUL. */
const UNIT_NAME_MAX = 255

/** A container's unit. */
export interface UnitNames {
  /** The slice that it is in, as `user-1000.slice`; "-.slice" is the root. */
  readonly slice: string
  /** As `docker-1234.scope`. */
  readonly unit: string
}

/**
 * The unit of a container. Without a cgroupsPath it is runc-ID.scope, without a slice it is in `defaultSlice`; a name that ends with
 * .slice is a slice itself, whatever the prefix.
 * @throws RuntsError for what is not slice:prefix:name, and for names that systemd does not take
 */
export function unitNames(cgroupsPath: string | undefined, id: string, defaultSlice: string): UnitNames {
  const given = cgroupsPath === undefined || cgroupsPath === "" ? `:runc:${id}` : cgroupsPath
  const parts = given.split(":")
  if (parts.length !== 3) {
    throw bad(`expected cgroupsPath to be of format "slice:prefix:name" for systemd cgroups, got ${JSON.stringify(given)} instead`,
      `name it as "system.slice:runts:${id}", or use the cgroup driver cgroupfs, which takes paths`)
  }
  const [parent, prefix, name] = parts as [string, string, string]
  const slice = parent === "" ? defaultSlice : parent
  if (name === "") throw bad(`linux.cgroupsPath ${JSON.stringify(given)} names no unit`, "give it a name after the second colon, as the container's id")
  const unit = name.endsWith(SLICE) ? name : `${prefix}-${name}.scope`
  expandSlice(slice)
  if (name.endsWith(SLICE)) expandSlice(unit)
  if (unit.length > UNIT_NAME_MAX || !/^[A-Za-z0-9:_.\\@-]+$/.test(unit)) {
    throw bad(`linux.cgroupsPath ${JSON.stringify(given)}: systemd takes no unit of the name ${JSON.stringify(unit)}`,
      `a name holds letters, digits and :-_.\\@, ${UNIT_NAME_MAX} characters at most`)
  }
  return { slice, unit }
}

/**
 * The folder of a slice below that of its manager (systemd.slice(5)): a-b.slice is in a.slice. @returns without slashes around it, "" for
 * the root slice
 */
export function expandSlice(slice: string): string {
  if (slice === "-.slice") return ""
  const parts = slice.endsWith(SLICE) ? slice.slice(0, -SLICE.length).split("-") : [""]
  if (parts.includes("") || !/^[A-Za-z0-9:_.\\@-]+$/.test(slice)) {
    throw bad(`linux.cgroupsPath: ${JSON.stringify(slice)} is no name of a slice`, 'expected a name as "machine.slice" or "kubepods-burstable.slice"')
  }
  return parts.map((_, end) => parts.slice(0, end + 1).join("-") + SLICE).join("/")
}

/**
 * The cgroups that a container has with its unit in all hierarchies.
 * @param controlGroup of systemd's manager; "" is the root
 * @param subgroup path below the unit's folder; on v2 only, where units begin to hand on what they are limited by
 */
export function unitRecord(
  layout: CgroupLayout, names: UnitNames, controlGroup: string, user: boolean, subgroup?: string,
): CgroupRecord {
  // a slice's own parents are in its name
  const folder = names.unit.endsWith(SLICE) ? expandSlice(names.unit) : [expandSlice(names.slice), names.unit].filter((part) => part !== "").join("/")
  const below = layout.mode === "v2" ? subgroup : undefined
  const paths: Record<string, string> = {}
  const mounts: Record<string, string> = {}
  for (const { name, mount } of layout.controllers) {
    mounts[name] = mount
    paths[name] = `${mount}${controlGroup}/${folder}${below === undefined ? "" : "/" + below}`
  }
  return { mode: layout.mode, paths, mounts, created: [], systemd: { ...names, user, ...(below === undefined ? {} : { subgroup: below }) } }
}

function bad(message: string, hint: string): RuntsError {
  return new RuntsError(message, { code: "cgroup-path-invalid", pointer: POINTER, hint })
}
