import { RuntsError } from "../error.ts"
import type { ErrorCode } from "../error-codes.ts"

/** One thing that is wrong with a config. */
export interface Fault {
  /** JSON pointer (RFC 6901) to the value; "" is the whole file. */
  readonly pointer: string
  /** `5 is a number; expected a string` */
  readonly text: string
  readonly code: ErrorCode
  /** Where the specification says so: "config.md, Mounts"; types and ranges have none. */
  readonly clause?: string
}

/** A config with faults: one sentence, and the faults one by one. */
export class FaultsError extends RuntsError {
  readonly faults: readonly Fault[]
  /** What was read, as far as it goes: without members that are null, unknown keys of sound objects gone. */
  readonly value: unknown
  constructor(message: string, faults: readonly Fault[], value: unknown) {
    const { pointer, code } = faults[0] as Fault
    super(message, { pointer, code })
    this.faults = faults
    this.value = value
  }
}

/** Of a config with thousands of faults, as many are shown. */
const SHOWN_MAX = 50
const VALUE_CHARS_MAX = 60

/** By config: of members that were not known, the pointer that was probably meant and the one that was given. */
const misspellings = new WeakMap<object, Map<string, string>>()

/** Remembers of a config that a member is unknown and near to the name of one that is not there. */
export function noteMisspelling(root: object, meant: string, given: string): void {
  const known = misspellings.get(root) ?? new Map<string, string>()
  misspellings.set(root, known.set(meant, given))
}

/** Throws one error that lists all faults: in one line if there is one, else below `config.json: 3 faults`. */
export function throwFaults(where: string, found: readonly Fault[], value?: unknown): never {
  const misspelt = typeof value === "object" && value !== null ? misspellings.get(value) : undefined
  const faults = misspelt === undefined ? found : found.map((fault) => {
    const given = misspelt.get(fault.pointer)
    return given === undefined ? fault : { ...fault, text: `${fault.text}; ${given} is unknown: perhaps it is misspelled` }
  })
  const lines = faults.slice(0, SHOWN_MAX).map(({ pointer, text, clause }) => {
    return `${pointer === "" ? "the file" : pointer}: ${text}${clause === undefined ? "" : ` (${clause})`}`
  })
  if (faults.length === 1) throw new FaultsError(`${where}: ${lines[0]}`, faults, value)
  const rest = faults.length > SHOWN_MAX ? `\n  and ${faults.length - SHOWN_MAX} more` : ""
  throw new FaultsError(`${where}: ${faults.length} faults\n  ${lines.join("\n  ")}${rest}`, faults, value)
}

/** A value as messages show it: JSON, cut when long; objects and arrays by kind only. */
export function shown(value: unknown): string {
  if (value === undefined) return "missing"
  if (Array.isArray(value)) return "an array"
  if (typeof value === "object" && value !== null) return "an object"
  const text = typeof value === "bigint" ? String(value) : JSON.stringify(value)
  return text.length <= VALUE_CHARS_MAX ? text : `${text.slice(0, VALUE_CHARS_MAX)}...`
}

/** `key` as a component of a JSON pointer. */
export function pointerKey(key: string): string {
  return key.includes("~") || key.includes("/") ? key.replaceAll("~", "~0").replaceAll("/", "~1") : key
}

/** The value that `pointer` names below `root`, undefined if there is none. */
export function valueAt(root: unknown, pointer: string): unknown {
  let value = root
  for (const part of pointer.split("/").slice(1)) {
    if (typeof value !== "object" || value === null) return undefined
    value = (value as Record<string, unknown>)[part.replaceAll("~1", "/").replaceAll("~0", "~")]
  }
  return value
}

/** The candidate that was probably meant by `name`: equal but for case, else few edits away; undefined if none is near. */
export function nearestName(name: string, candidates: readonly string[]): string | undefined {
  // what all begin with (SCMP_ARCH_, RLIMIT_) says nothing of which is meant: of the rest, half must agree
  const prefix = commonPrefix(candidates.map((candidate) => candidate.toLowerCase()))
  const lower = name.toLowerCase()
  const start = lower.startsWith(prefix) ? prefix.length : 0
  const rest = lower.slice(start)
  let nearest: string | undefined
  let best = Math.max(1, Math.min(3, Math.floor(name.length / 3))) + 1
  for (const candidate of candidates) {
    const other = candidate.toLowerCase().slice(start)
    const distance = editDistance(rest, other, best)
    if (distance >= best || distance * 2 > Math.max(rest.length, other.length)) continue
    best = distance
    nearest = candidate
  }
  return nearest
}

function commonPrefix(words: readonly string[]): string {
  let prefix = words.length > 1 ? (words[0] as string) : ""
  for (const word of words) while (!word.startsWith(prefix)) prefix = prefix.slice(0, -1)
  return prefix
}

/** Insertions, deletions, replacements and swaps of neighbours that make `to` of `from` (optimal string alignment); `limit` if there are as many or more. */
function editDistance(from: string, to: string, limit: number): number {
  if (Math.abs(from.length - to.length) >= limit) return limit
  let beforeLast: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const replaced = (last[column - 1] as number) + (from[row - 1] === to[column - 1] ? 0 : 1)
      const swaps = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      const swapped = swaps ? (beforeLast[column - 2] as number) + 1 : limit
      current.push(Math.min(replaced, swapped, (last[column] as number) + 1, (current[column - 1] as number) + 1))
    }
    beforeLast = last
    last = current
  }
  return Math.min(limit, last[to.length] as number)
}
