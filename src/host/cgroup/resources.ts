import type { LinuxResources } from "../../spec/types.gen.ts"
import type { CgroupRecord } from "./record.ts"
import { applyResources } from "./resources/apply.ts"

/**
 * Writes the limits of `linux.resources` to the cgroup of a container that is being created, without the device rules. Engines send
 * zeros, `false`, `{}` and `[]` for what they leave alone.
 */
export async function applyLimits(record: CgroupRecord, resources: LinuxResources | undefined): Promise<void> {
  if (resources === undefined || !hasLimit(resources)) return
  await applyResources(record, resources)
}

/** Zeros that mean something: a swappiness of 0 is none, and 0 tasks are written as 1. */
const MEANT_ZEROS: readonly string[] = ["memory/swappiness", "pids/limit"]

/** Whether anything is asked for that takes a controller; device rules do not count. */
export function hasLimit(resources: LinuxResources): boolean {
  for (const member in resources) {
    const part = resources[member as keyof LinuxResources]
    if (member === "devices" || part === undefined) continue
    if (Array.isArray(part)) {
      if (part.length > 0) return true
      continue
    }
    for (const name in part) if (isLimit((part as Record<string, unknown>)[name], `${member}/${name}`)) return true
  }
  return false
}

function isLimit(value: unknown, name: string): boolean {
  if (value === undefined || value === false || value === "") return false
  if (value === 0) return MEANT_ZEROS.includes(name)
  return !Array.isArray(value) || value.length > 0
}
