import { RuntsError } from "../../../error.ts"
import type { LinuxResources } from "../../../spec/types.gen.ts"
import { controllerKey, UNIFIED } from "../record.ts"
import type { CgroupRecord } from "../record.ts"
import { TABLES } from "./apply.ts"
import type { Place } from "./field.ts"

/** One file of linux.resources with what would be written to it, or why it could not be. */
export type ForeseenWrite =
  | { readonly pointer: string; readonly path: string; readonly file: string; readonly text: string }
  | { readonly pointer: string; readonly fault: string }

/**
 * What applyResources() would write for a new container, in its order, without writing. The cgroup need not be there, so a value that
 * hangs on what a file says is that of an empty one.
 */
export async function foreseeResources(record: CgroupRecord, resources: LinuxResources): Promise<ForeseenWrite[]> {
  const writes: ForeseenWrite[] = []
  for (const [member, table] of TABLES) {
    if (resources[member] === undefined) continue
    for (const row of typeof table === "function" ? await table() : table) {
      const value = row.value(resources)
      if (value === undefined) continue
      const pointer = "/linux/resources/" + row.name
      const v1 = controllerKey(record, row.v1Controller)
      const key = v1 ?? (record.paths[UNIFIED] === undefined ? undefined : UNIFIED)
      const writer = key === UNIFIED ? row.v2 : row.v1
      if (key === undefined) writes.push({ pointer, fault: `the cgroup controller ${row.v1Controller} is not mounted on this machine` })
      else if (typeof writer === "string") writes.push({ pointer, fault: writer })
      else writes.push(...stepsOf(record, key, pointer, (place) => writer(value as never, place)))
    }
  }
  if (resources.unified === undefined) return writes
  if (record.paths[UNIFIED] === undefined) return [...writes, { pointer: "/linux/resources/unified", fault: "is for cgroup v2, and this machine has only v1 hierarchies" }]
  const { unifiedSteps } = await import("./rare.ts")
  return [...writes, ...stepsOf(record, UNIFIED, "/linux/resources/unified", () => unifiedSteps(resources.unified ?? {}))]
}

function stepsOf(
  record: CgroupRecord, key: string, pointer: string, steps: (place: Place) => readonly { file: string; text: string; pointer?: string }[],
): ForeseenWrite[] {
  const path = record.paths[key] as string
  const place: Place = {
    version: key === UNIFIED ? 2 : 1, controller: key, path, updating: false,
    read: () => undefined, readAbove: () => undefined, names: () => [],
  }
  try {
    return steps(place).map((step) => ({ pointer: step.pointer ?? pointer, path, file: step.file, text: step.text }))
  } catch (error) {
    if (error instanceof RuntsError) return [{ pointer, fault: error.message }]
    throw error
  }
}
