import { RuntsError, sysError } from "../../../error.ts"
import { ERRNO, errnoText } from "../../../kernel/errno.ts"
import type { LinuxResources } from "../../../spec/types.gen.ts"
import { close } from "../../file.ts"
import { controllerKey, UNIFIED } from "../record.ts"
import type { CgroupRecord } from "../record.ts"
import { CPU_FIELDS } from "./cpu.ts"
import type { Field, Step } from "./field.ts"
import { MEMORY_FIELDS } from "./memory.ts"
import { PIDS_FIELDS } from "./pids.ts"
import { obstacle } from "./missing.ts"
import { enableInHybrid, openPlace } from "./place.ts"
import type { OpenPlace } from "./place.ts"
import type { UnifiedStep } from "./unified.ts"

/**
 * The tables by member of linux.resources, in the order of writing. Engines limit memory, cpu and pids of about every container, and a
 * module of its own for them takes longer to find (1 ms) than to have; what few containers have is loaded when one has it.
 */
export const TABLES: readonly (readonly [member: keyof LinuxResources, fields: readonly Field[] | (() => Promise<readonly Field[]>)])[] = [
  ["memory", MEMORY_FIELDS],
  ["cpu", CPU_FIELDS],
  ["pids", PIDS_FIELDS],
  ["blockIO", async () => (await import("./rare.ts")).BLOCK_IO_FIELDS],
  ["hugepageLimits", async () => (await import("./rare.ts")).HUGEPAGE_FIELDS],
  ["network", async () => (await import("./rare.ts")).NETWORK_FIELDS],
  ["rdma", async () => (await import("./rare.ts")).RDMA_FIELDS],
]

/**
 * Writes linux.resources to a container's cgroups, without the device rules; fields that are not set keep their values.
 * @param journal takes what is written, for a container that is there already; without it the container is being created
 * @throws RuntsError that names field and reason; what was written before stays
 */
export async function applyResources(record: CgroupRecord, resources: LinuxResources, journal?: Journal): Promise<void> {
  writeResources(record, resources, await loadTables(resources), journal)
}

/** The tables that resources need. */
export interface LoadedTables {
  readonly fields: readonly (readonly Field[])[]
  readonly unified: readonly UnifiedStep[]
}

/** For {@link writeResources}, which cannot wait for them. */
export async function loadTables(resources: LinuxResources): Promise<LoadedTables> {
  const fields: (readonly Field[])[] = []
  for (const [member, table] of TABLES) {
    if (resources[member] !== undefined) fields.push(typeof table === "function" ? await table() : table)
  }
  return { fields, unified: resources.unified === undefined ? [] : (await import("./rare.ts")).unifiedSteps(resources.unified) }
}

/** As {@link applyResources}. */
export function writeResources(record: CgroupRecord, resources: LinuxResources, tables: LoadedTables, journal?: Journal): void {
  const places = new Map<string, OpenPlace>()
  try {
    for (const fields of tables.fields) applyTable(record, fields, resources, places, journal)
    applyUnified(record, tables.unified, places, journal)
  } finally {
    for (const place of places.values()) close(place.folder)
  }
}

/** The rows of one table; steps in a knot that are refused are tried again as long as others are taken. */
function applyTable(
  record: CgroupRecord, fields: readonly Field[], resources: LinuxResources, places: Map<string, OpenPlace>, journal: Journal | undefined,
): void {
  let refused: Refused[] = []
  for (const row of fields) {
    const value = row.value(resources)
    if (value === undefined) continue
    const pointer = "/linux/resources/" + row.name
    const place = placeOf(record, row, pointer, places, journal !== undefined)
    const writer = place.version === 1 ? row.v1 : row.v2
    if (typeof writer === "string") throw new RuntsError(`${pointer}: ${writer}`, { code: "resource-unavailable", pointer })
    for (const step of writer(value as never, place)) {
      const result = takeStep(place, step, journal)
      if (result === -ERRNO.EINVAL && step.knot === true) refused.push({ place, step, pointer })
      else if (result < 0) throw stepError(place, step, pointer, -result)
    }
  }
  for (let left = refused; left.length > 0; left = refused) {
    refused = left.filter(({ place, step }) => takeStep(place, step, journal) !== 0)
    if (refused.length < left.length) continue
    const { place, step, pointer } = left[0] as Refused
    throw stepError(place, step, pointer, ERRNO.EINVAL)
  }
}

interface Refused {
  readonly place: OpenPlace
  readonly step: Step
  readonly pointer: string
}

function placeOf(record: CgroupRecord, row: Field, pointer: string, places: Map<string, OpenPlace>, updating: boolean): OpenPlace {
  const v1 = controllerKey(record, row.v1Controller)
  const controller = v1 === undefined ? row.v2Controller : row.v1Controller
  const known = places.get(controller)
  if (known !== undefined) return known
  const key = v1 ?? (record.paths[UNIFIED] === undefined ? undefined : UNIFIED)
  if (key === undefined) throw notMounted(record, row.v1Controller, pointer)
  const place = openPlace(record, key, controller, updating)
  places.set(controller, place)
  return place
}

function notMounted(record: CgroupRecord, controller: string, pointer: string): RuntsError {
  if (record.absence === "disabled" || record.absence === "denied") return absent(record, controller, pointer)
  return new RuntsError(`${pointer}: the cgroup controller ${controller} is not mounted on this machine, or the container has no cgroup in it`, {
    code: "cgroup-controller-missing", pointer,
  })
}

/** Without a cgroup nothing is limited: a limit that is asked for is never silently dropped. */
function absent({ absence, mode }: CgroupRecord, controller: string, pointer: string): RuntsError {
  if (absence === "disabled") {
    return new RuntsError(`${pointer}: without a cgroup (--cgroup-manager disabled) the container can have no limits`, {
      code: "cgroup-absent", pointer, hint: "leave out the limits, or the option",
    })
  }
  const where = mode === "v2" ? "no cgroup" : `no cgroup with the controller ${controller}`
  return new RuntsError(`${pointer}: the container has ${where}, as this user may make none`, {
    code: "cgroup-absent", pointer, hint: "leave out the limits, or call runts as root",
  })
}

/** @returns 0, or the negated errno */
function takeStep(place: OpenPlace, step: Step, journal: Journal | undefined): number {
  const before = journal === undefined ? undefined : readable(place, step.file)
  let result = place.write(step.file, step.text)
  if (result === -ERRNO.ENOENT && enableInHybrid(place)) result = place.write(step.file, step.text)
  if (result === -ERRNO.ENOENT && step.optional === true) return 0
  if (result === 0) journal?.note(place, step, before)
  return result
}

/** A file as it is; undefined also where it can only be written to. */
function readable(place: OpenPlace, file: string): string | undefined {
  try {
    return place.read(file)
  } catch {
    return undefined
  }
}

function applyUnified(record: CgroupRecord, steps: readonly UnifiedStep[], places: Map<string, OpenPlace>, journal: Journal | undefined): void {
  const first = steps[0]
  if (first === undefined) return
  if (record.paths[UNIFIED] === undefined) {
    if (record.absence === "disabled" || record.absence === "denied") throw absent(record, "cgroup2", "/linux/resources/unified")
    throw new RuntsError("/linux/resources/unified: is for cgroup v2, and this machine has only v1 hierarchies", {
      code: "resource-unavailable",
      pointer: "/linux/resources/unified", hint: "use the other members of linux.resources",
    })
  }
  for (const step of steps) {
    const name = "unified " + step.controller
    const place = places.get(name) ?? openPlace(record, UNIFIED, step.controller, journal !== undefined)
    places.set(name, place)
    const result = takeStep(place, step, journal)
    if (result < 0) throw stepError(place, step, step.pointer as string, -result)
  }
}

function stepError(place: OpenPlace, step: Step, pointer: string, errno: number): RuntsError {
  const at = step.pointer ?? pointer
  const file = JSON.stringify(`${place.path}/${step.file}`)
  const why = step.explain?.(errno, place)
  if (errno !== ERRNO.ENOENT) {
    const details = { syscall: "write", pointer: at }
    return sysError(`${at}: write ${JSON.stringify(step.text)} to ${file}`, errno, why === undefined ? details : { ...details, hint: why })
  }
  const available = place.version === 1 ? undefined : (place.read("cgroup.controllers") ?? "").split(" ")
  if (available === undefined || available.includes(place.controller) || place.controller === "cgroup") {
    return new RuntsError(`${at}: there is no ${file}: ${why ?? "this kernel does not know it"}`, {
      code: "resource-unavailable", pointer: at, errno,
    })
  }
  return new RuntsError(`${at}: the cgroup controller ${place.controller} is not available in ${place.path}`, {
    code: "cgroup-controller-missing",
    pointer: at,
    hint: place.held ? "a v1 hierarchy holds it: use the other members of linux.resources"
      : obstacle(place.record.mounts[place.key] as string, place.path, place.controller) ?? `available there: ${available.join(" ") || "none"}`,
  })
}

/** What an update has written, so that it can be undone. */
export class Journal {
  private readonly entries: { readonly path: string; readonly file: string; readonly undo: () => string | undefined }[] = []

  get length(): number {
    return this.entries.length
  }

  /** The files that were written, for people. */
  get files(): string {
    return [...new Set(this.entries.map(({ file }) => file))].join(", ")
  }

  /** @param before the file as it was */
  note(place: OpenPlace, step: Step, before: string | undefined): void {
    const text = undoText(step, before)
    const key = place.key
    this.entries.push({
      path: place.path,
      file: step.file,
      undo: () => {
        if (text === undefined) return `${place.path}/${step.file}: what it had before is not known`
        const again = openPlace(place.record, key, place.controller, true)
        const result = again.write(step.file, text)
        close(again.folder)
        return result === 0 ? undefined : `write ${JSON.stringify(text)} to ${place.path}/${step.file}: ${errnoText(-result)}`
      },
    })
  }

  /** Sets everything back, the last first. @returns what could not be set back, and why */
  undo(): string[] {
    const failures: string[] = []
    for (let entry = this.entries.pop(); entry !== undefined; entry = this.entries.pop()) {
      const failure = entry.undo()
      if (failure !== undefined) failures.push(failure)
    }
    return failures
  }
}

/** What is to be written to a file so that it says again what it said. */
function undoText(step: Step, before: string | undefined): string | undefined {
  if (before === undefined) return undefined
  if (step.key === undefined) return before === "" ? step.neutral : before
  for (const line of before.split("\n")) {
    if (!line.startsWith(step.key + " ")) continue
    // a word before the one value is how memory.oom_control shows it, not how it takes it
    return step.key === "oom_kill_disable" ? line.slice(step.key.length + 1) : line
  }
  // a file of one value, which may show it without its word
  return step.key === "default" && !before.includes(" ") ? before : step.neutral
}
