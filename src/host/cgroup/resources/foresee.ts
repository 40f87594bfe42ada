import { type ErrorDetails, RuntsError } from "../../../error.ts"
import type { LinuxResources } from "../../../spec/types.gen.ts"
import { controllerKey, UNIFIED } from "../record.ts"
import type { CgroupRecord } from "../record.ts"
import { TABLES } from "./apply.ts"
import type { Place, Step } from "./field.ts"

/** One file of linux.resources with what would be written to it, or why it could not be. */
export type ForeseenWrite =
  | ForeseenStep
  | ({ readonly pointer: string; readonly fault: string } & Pick<ErrorDetails, "code" | "hint">)

/** A write that create would make. */
export interface ForeseenStep {
  readonly pointer: string
  readonly path: string
  readonly file: string
  readonly text: string
  /** The hierarchy's key in the record; of cgroup2 the container's cgroup must have the controller. */
  readonly key: string
  readonly controller: string
  /** A missing file does no harm. */
  readonly optional: boolean
}

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
      if (key === undefined) writes.push({ pointer, fault: `the cgroup controller ${row.v1Controller} is not mounted on this machine`, code: "cgroup-controller-missing" })
      else if (typeof writer === "string") writes.push({ pointer, fault: writer, code: "resource-unavailable" })
      else writes.push(...stepsOf(record, key, v1 === undefined ? row.v2Controller : row.v1Controller, pointer, (place) => writer(value as never, place)))
    }
  }
  if (resources.unified === undefined) return writes
  if (record.paths[UNIFIED] === undefined) return [...writes, { pointer: "/linux/resources/unified", fault: "is for cgroup v2, and this machine has only v1 hierarchies", code: "resource-unavailable" }]
  const { unifiedSteps } = await import("./rare.ts")
  return [...writes, ...stepsOf(record, UNIFIED, "", "/linux/resources/unified", () => unifiedSteps(resources.unified ?? {}))]
}

function stepsOf(
  record: CgroupRecord, key: string, controller: string, pointer: string, steps: (place: Place) => readonly (Step & { readonly controller?: string })[],
): ForeseenWrite[] {
  const path = record.paths[key] as string
  const place: Place = {
    version: key === UNIFIED ? 2 : 1, controller, path, updating: false,
    read: () => undefined, readAbove: () => undefined, names: () => [],
  }
  try {
    return steps(place).map((step) => ({
      pointer: step.pointer ?? pointer, path, file: step.file, text: step.text, key, controller: step.controller ?? controller, optional: step.optional === true,
    }))
  } catch (error) {
    if (!(error instanceof RuntsError)) throw error
    const { code, hint } = error.details
    return [{ pointer: error.details.pointer ?? pointer, fault: error.message, code, ...(hint === undefined ? {} : { hint }) }]
  }
}
