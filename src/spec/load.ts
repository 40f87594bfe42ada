import { RuntsError } from "../error.ts"
import { isLinuxResources, isProcess, isSpec } from "./accept.gen.ts"
import { hasInexact, parseLongIntegersAsText, restoreExact } from "./exact.ts"
import type { ExactPart } from "./exact.ts"
import { inspect } from "./inspect.ts"
import type { Entry } from "./inspect.ts"
import { decodeJson, parseJson } from "./json.ts"
import { shown, throwFaults } from "./report.ts"
import type { Fault } from "./report.ts"
import type { LinuxResources, Mount, Process, Spec } from "./types.gen.ts"
import { isKnownVersion, OCI_VERSION, OCI_VERSION_MIN } from "./version.ts"

/**
 * Reads a bundle's config.json: syntax, types and ranges of the whole file; what members mean together is for `checkRules`.
 * Members that are null are gone from the result, `process.user` is complete. Unknown keys are warned of.
 * @param bytes the file
 * @param where the file as messages name it: "config.json"
 * @throws RuntsError that lists all faults, each with its JSON pointer
 */
export function loadSpec(bytes: Uint8Array, where: string): Spec {
  const text = decodeJson(bytes, where)
  const spec = parseJson(text, where) as Spec
  checkVersion(spec, where)
  if (!isSpec(spec) || text.includes("\\u0000")) inspectRecord(spec, where, "Spec")
  if (spec.process !== undefined) completeUser(spec.process)
  const part = { process: spec.process, seccomp: spec.linux?.seccomp }
  if (hasInexact(part)) {
    const exact = parseLongIntegersAsText(text) as Spec
    makeExact(part, { process: exact.process, seccomp: exact.linux?.seccomp }, "/process", where, spec)
  }
  return spec
}

/**
 * Reads the file of `exec --process`: a process object as config.json has it.
 * @throws RuntsError that lists all faults
 */
export function loadProcess(bytes: Uint8Array, where: string): Process {
  const text = decodeJson(bytes, where)
  const process = parseJson(text, where) as Process
  if (!isProcess(process) || text.includes("\\u0000")) inspectRecord(process, where, "Process")
  completeUser(process)
  const part = { process }
  if (hasInexact(part)) makeExact(part, { process: parseLongIntegersAsText(text) as Process }, "", where, process)
  return process
}

/**
 * Reads the file of `update --resources`: `linux.resources` as config.json has it.
 * @throws RuntsError that lists all faults
 */
export function loadResources(bytes: Uint8Array, where: string): LinuxResources {
  const text = decodeJson(bytes, where)
  const resources = parseJson(text, where) as LinuxResources
  if (!isLinuxResources(resources) || text.includes("\\u0000")) inspectRecord(resources, where, "LinuxResources")
  return resources
}

/**
 * Reads the file of `mounts`: `mounts` as config.json has them, alone or in an object.
 * @throws RuntsError that lists all faults
 */
export function loadMounts(bytes: Uint8Array, where: string): readonly Mount[] {
  const text = decodeJson(bytes, where)
  const value: unknown = parseJson(text, where)
  const mounts: unknown = Array.isArray(value) ? value : (value as { mounts?: unknown } | null)?.mounts
  if (!Array.isArray(mounts)) {
    throw new RuntsError(`${where}: holds ${shown(value)}; expected an array of mounts`, { code: "config-schema" })
  }
  const spec = { ociVersion: OCI_VERSION, mounts } as unknown as Spec
  if (!isSpec(spec) || text.includes("\\u0000")) inspectRecord(spec, where, "Spec")
  return spec.mounts ?? []
}

function inspectRecord(value: unknown, where: string, entry: Entry): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new RuntsError(`${where}: holds ${shown(value)}; expected an object`, { code: "config-schema" })
  }
  inspect(value, where, entry)
}

/** Before all else, as an unknown version says what the other faults are worth. A missing one is a fault as any other. */
function checkVersion(spec: Spec | null, where: string): void {
  const version: unknown = spec?.ociVersion
  if (typeof version !== "string" || isKnownVersion(version)) return
  const known = `runts knows ${OCI_VERSION_MIN} to ${OCI_VERSION}`
  throw new RuntsError(`${where}: ociVersion: ${shown(version)} is not supported, ${known}`, {
    code: "config-unknown-version", pointer: "/ociVersion",
  })
}

/** Members with a default in the schema, as Go's zero values make them in runc. */
function completeUser(process: { user?: { uid?: number; gid?: number } }): void {
  const user = (process.user ??= {})
  user.uid ??= 0
  user.gid ??= 0
}

function makeExact(part: ExactPart, exact: ExactPart, processPointer: string, where: string, value: unknown): void {
  const faults: Fault[] = []
  restoreExact(part, exact, processPointer, faults)
  if (faults.length > 0) throwFaults(where, faults, value)
}
