import type { Process, Seccomp } from "./types.gen.ts"
import { shown } from "./report.ts"
import type { Fault } from "./report.ts"

/** What `restoreExact` looks at: the places whose type in the schema is exactUint64. */
export interface ExactPart {
  readonly process?: Process | undefined
  readonly seccomp?: Seccomp | undefined
}

type Numbers = Record<string, number | bigint | undefined>

/** Integers of 16 digits or more (those a double may not hold), and strings, in which digits mean nothing. */
const LONG_INTEGERS = /"[^"\\]*(?:\\.[^"\\]*)*"|(?<![\w.+-])-?\d{16,}(?![\w.])/g

/** Whether a number in these places was too large for a double. */
export function hasInexact(part: ExactPart): boolean {
  const rlimits = part.process?.rlimits
  if (rlimits !== undefined) {
    for (const rlimit of rlimits) if (!isSafe(rlimit.soft) || !isSafe(rlimit.hard)) return true
  }
  const syscalls = part.seccomp?.syscalls
  if (syscalls === undefined) return false
  for (const { args } of syscalls) {
    if (args === undefined) continue
    for (const arg of args) if (!isSafe(arg.value) || (arg.valueTwo !== undefined && !isSafe(arg.valueTwo))) return true
  }
  return false
}

function isSafe(value: number | bigint): boolean {
  return value <= Number.MAX_SAFE_INTEGER
}

/** `text` as JSON.parse reads it, but with long integers as strings of their digits. */
export function parseLongIntegersAsText(text: string): unknown {
  return JSON.parse(text.replace(LONG_INTEGERS, (token) => (token[0] === "\"" ? token : `"${token}"`)))
}

/**
 * Replaces the numbers in these places that a double does not hold by bigints.
 * @param exact the same part, of `parseLongIntegersAsText`
 * @param processPointer JSON pointer to the process, for faults
 */
export function restoreExact(part: ExactPart, exact: ExactPart, processPointer: string, faults: Fault[]): void {
  part.process?.rlimits?.forEach((rlimit, i) => {
    const from = exact.process?.rlimits?.[i] as unknown as Numbers
    for (const key of ["soft", "hard"]) restore(rlimit as unknown as Numbers, from, key, `${processPointer}/rlimits/${i}`, faults)
  })
  part.seccomp?.syscalls?.forEach((syscall, i) => {
    syscall.args?.forEach((arg, j) => {
      const from = exact.seccomp?.syscalls?.[i]?.args?.[j] as unknown as Numbers
      const pointer = `/linux/seccomp/syscalls/${i}/args/${j}`
      for (const key of ["value", "valueTwo"]) restore(arg as unknown as Numbers, from, key, pointer, faults)
    })
  })
}

function restore(to: Numbers, from: Numbers, key: string, pointer: string, faults: Fault[]): void {
  const value = to[key]
  if (value === undefined || isSafe(value)) return
  const exact = BigInt(from[key] as number | string)
  if (exact > 2n ** 64n - 1n) {
    const text = `${shown(exact)} is too large; expected at most ${2n ** 64n - 1n}`
    faults.push({ pointer: `${pointer}/${key}`, text, code: "config-schema" })
  }
  to[key] = exact
}
