import { warn } from "../log.ts"
import { nearestName, noteMisspelling, pointerKey, shown, throwFaults, valueAt } from "./report.ts"
import type { Fault } from "./report.ts"
import { rulesBrokenBeside } from "./rules.ts"
import type { Spec } from "./types.gen.ts"
import { makeValidators } from "./validate.gen.js"
import type { Finding } from "./validate.gen.js"

/** The types that files are read as. */
export type Entry = keyof ReturnType<typeof makeValidators>

/** The spec's own values end at level 9; more levels than this are an attack on whoever walks them. */
const DEPTH_MAX = 200
/** Longer lists of allowed values are not printed in full. */
const VALUES_MAX = 9

const KINDS: Readonly<Record<string, string>> = {
  string: "a string",
  integer: "an integer",
  boolean: "true or false",
  array: "an array",
  object: "an object",
}

/**
 * The slow look at a value that is not plainly valid: removes null members and unknown keys, tells all faults, warns of unknown keys.
 * @param where the file as messages name it
 * @throws RuntsError that lists all faults
 */
export function inspect(value: unknown, where: string, entry: Entry): void {
  const faults: Fault[] = []
  tidy(value, "", 0, faults)
  const validate = makeValidators()[entry]
  if (!validate(value)) {
    for (const finding of validate.errors ?? []) {
      if (finding.propertyName !== undefined) dropKey(finding, value, where)
      else if (finding.keyword !== "propertyNames") faults.push(faultOf(finding, value))
    }
  }
  if (faults.length === 0) return
  if (entry === "Spec") faults.push(...rulesBrokenBeside(value as Spec, faults))
  throwFaults(where, faults, value)
}

/** Removes members that are null (Go's encoder writes them for what is not there); finds NUL bytes, which end C strings early. */
function tidy(value: unknown, pointer: string, depth: number, faults: Fault[]): void {
  if (typeof value === "string") {
    if (value.includes("\0")) faults.push(fault(pointer, `${shown(value)} holds a NUL byte; no string may`))
    return
  }
  if (typeof value !== "object" || value === null) return
  if (depth > DEPTH_MAX) {
    faults.push(fault(`${pointer.slice(0, 80)}...`, `nested deeper than ${DEPTH_MAX} levels`))
    return
  }
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) tidy(value[i], `${pointer}/${i}`, depth + 1, faults)
    return
  }
  const members = value as Record<string, unknown>
  for (const key of Object.keys(members)) {
    const memberPointer = `${pointer}/${pointerKey(key)}`
    if (key.includes("\0")) faults.push(fault(shown(memberPointer), "the key holds a NUL byte; no string may"))
    if (members[key] === null) delete members[key]
    else tidy(members[key], memberPointer, depth + 1, faults)
  }
}

/** An unknown key is gone after its warning: whoever goes through all members of an object finds known ones only. */
function dropKey(finding: Finding, root: unknown, where: string): void {
  const key = finding.propertyName as string
  const parent = valueAt(root, finding.instancePath) as Record<string, unknown>
  delete parent[key]
  const meant = nearestName(key, finding.params.allowedValues as string[])
  const hint = meant === undefined ? "it is ignored" : `did you mean ${meant}?`
  const pointer = `${finding.instancePath}/${pointerKey(key)}`
  if (meant !== undefined && !Object.hasOwn(parent, meant)) noteMisspelling(root as object, `${finding.instancePath}/${pointerKey(meant)}`, pointer)
  warn(`${where}: ${pointer}: unknown key; ${hint}`, { pointer, code: "config-unknown-key" })
}

function faultOf(finding: Finding, root: unknown): Fault {
  const { instancePath, keyword, params } = finding
  if (keyword === "required") {
    return fault(`${instancePath}/${params.missingProperty}`, "missing; it is required")
  }
  const value = valueAt(root, instancePath)
  if (keyword === "enum") {
    const expected = expectedValues(value, params.allowedValues as string[])
    return fault(instancePath, `${shown(value)} is unknown; ${expected}`)
  }
  if (keyword === "type") {
    const expected = KINDS[params.type as string]
    const actual = typeof value === "object" ? "" : ` is a ${typeof value}`
    return fault(instancePath, `${shown(value)}${actual}; expected ${expected}`)
  }
  const limit = limitText(params.limit as number)
  const why = keyword === "minimum" ? `small; expected at least ${limit}` : `large; expected at most ${limit}`
  return fault(instancePath, `${shown(value)} is too ${why}`)
}

function fault(pointer: string, text: string): Fault {
  return { pointer, text, code: "config-schema" }
}

function expectedValues(value: unknown, values: readonly string[]): string {
  const names = values.filter((name) => name !== "")
  if (names.length <= VALUES_MAX) return `expected ${names.join(", ")}`
  const meant = typeof value === "string" ? nearestName(value, names) : undefined
  return meant === undefined ? `expected one of ${names.slice(0, VALUES_MAX).join(", ")} ...` : `did you mean ${meant}?`
}

/** The maxima of 64-bit integers are read as the power of two above them. */
function limitText(limit: number): string {
  return limit >= 2 ** 63 ? String(BigInt(limit) - 1n) : String(BigInt(limit))
}
