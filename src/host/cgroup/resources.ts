import { RuntsError, sysError } from "../../error.ts"
import { warn } from "../../log.ts"
import { ERRNO } from "../../kernel/errno.ts"
import type { LinuxResources } from "../../spec/types.gen.ts"
import { close } from "../file.ts"
import { openCgroup, tryReadControl, tryWriteControl } from "./folder.ts"
import { controllerKey, UNIFIED } from "./record.ts"
import type { CgroupRecord } from "./record.ts"

/** One setting of config.json and the files it is written to. */
interface LimitRow {
  /** Below /linux/resources; what no row names is reported as not applied. */
  readonly field: string
  /** v1 hierarchy, and v2 controller for messages. */
  readonly controller: string
  readonly value: (resources: LinuxResources) => number | undefined
  /** File and text on each version, in the order of writing; a name with ? at its end may be missing. */
  readonly v1: (value: number) => readonly (readonly [file: string, text: string])[]
  readonly v2: (value: number) => readonly (readonly [file: string, text: string])[]
}

/** The kernel's largest limits are a page or so below 2^63, which a double rounds up. */
const UNLIMITED_FROM = 2 ** 63 - 2 ** 16

function bytes(value: number, unlimited: string): string {
  return value < 0 || value >= UNLIMITED_FROM ? unlimited : BigInt(value).toString()
}

/** -1: no limit; 0 would let nothing start, so that runc writes 1. */
function pids(value: number): string {
  return value < 0 ? "max" : value === 0 ? "1" : String(value)
}

/** Writers, a row for each field (cgroup-v1/memory.rst, cgroup-v1/pids.rst, cgroup-v2.rst). */
const LIMITS: readonly LimitRow[] = [
  {
    field: "memory/limit",
    controller: "memory",
    // 0 is Go's zero value: not set
    value: (resources) => resources.memory?.limit === 0 ? undefined : resources.memory?.limit,
    // v1: no memory limit above the one of memory and swap, so that one goes first when both are lifted
    v1: (limit) => limit < 0
      ? [["memory.memsw.limit_in_bytes?", "-1"], ["memory.limit_in_bytes", "-1"]]
      : [["memory.limit_in_bytes", bytes(limit, "-1")]],
    v2: (limit) => limit < 0
      ? [["memory.swap.max?", "max"], ["memory.max", "max"]]
      : [["memory.max", bytes(limit, "max")]],
  },
  {
    field: "pids/limit",
    controller: "pids",
    value: (resources) => resources.pids?.limit,
    v1: (limit) => [["pids.max", pids(limit)]],
    v2: (limit) => [["pids.max", pids(limit)]],
  },
]

/** Writes the limits of `linux.resources`, without the device rules; omitted fields keep their values. */
export function applyLimits(record: CgroupRecord, resources: LinuxResources | undefined): void {
  if (resources === undefined) return
  for (const row of LIMITS) {
    const value = row.value(resources)
    if (value !== undefined) applyLimit(record, row, value)
  }
  const missing = unapplied(resources)
  if (missing.length > 0) warn(missing.map((field) => "linux/resources/" + field).join(", ") + ": not applied yet")
}

/** Fields of the spec that no writer knows. */
function unapplied(resources: LinuxResources): string[] {
  const fields: string[] = []
  for (const [group, content] of Object.entries(resources) as [string, unknown][]) {
    if (group === "devices" || content === undefined || isEmpty(content)) continue
    if (!LIMITS.some((row) => row.field.startsWith(group + "/"))) fields.push(group)
    else for (const name of Object.keys(content as object)) {
      if (!LIMITS.some((row) => row.field === group + "/" + name)) fields.push(group + "/" + name)
    }
  }
  return fields
}

/** Engines send `{}` and `[]` for what they leave alone. */
function isEmpty(content: unknown): boolean {
  return typeof content === "object" && content !== null && Object.keys(content).length === 0
}

function applyLimit(record: CgroupRecord, row: LimitRow, value: number): void {
  const pointer = "/linux/resources/" + row.field
  const v1 = controllerKey(record, row.controller)
  const key = v1 ?? (record.paths[UNIFIED] === undefined ? undefined : UNIFIED)
  if (key === undefined) {
    throw new RuntsError(`${pointer}: the cgroup controller ${row.controller} is not mounted on this machine`, { pointer })
  }
  const path = record.paths[key] as string
  const folder = openCgroup(record, key)
  try {
    for (const [name, text] of v1 === undefined ? row.v2(value) : row.v1(value)) {
      const optional = name.endsWith("?")
      const file = optional ? name.slice(0, -1) : name
      const result = tryWriteControl(folder, file, text)
      if (result === 0 || (optional && result === -ERRNO.ENOENT)) continue
      if (result === -ERRNO.ENOENT) throw notAvailable(pointer, row.controller, path, folder, key)
      const what = `${pointer}: write "${text}" to ${JSON.stringify(path + "/" + file)}`
      throw sysError(what, -result, { syscall: "write", pointer })
    }
  } finally {
    close(folder)
  }
}

function notAvailable(pointer: string, controller: string, path: string, folder: number, key: string): RuntsError {
  const available = key === UNIFIED ? tryReadControl(folder, "cgroup.controllers") : undefined
  return new RuntsError(`${pointer}: the cgroup controller ${controller} is not available in ${path}`, {
    pointer,
    hint: available === undefined
      ? "the kernel was built or started without it"
      : `available there: ${available === "" ? "none" : available}; a parent must name it in cgroup.subtree_control`,
  })
}
