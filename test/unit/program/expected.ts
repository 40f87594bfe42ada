import { ERRNO, type ErrnoName } from "../../../src/kernel/errno.ts"
import { syscalls } from "../../../src/kernel/syscalls.ts"
import { ROWS_ADDRESS } from "../../../src/program/layout.ts"
import { type Arg, Datum, type Label, Load, PagesUpTo, Pointer, type Program, Step, WordArray } from "../../../src/program/program.ts"
import type { Executable, Row } from "./decode.ts"

/* What an executable must hold of a program, by the definition of steps and arguments; for comparison with what decode.ts reads. */

const KINDS = ["call", "test", "copy4", "copy8", "add", "jump", "fail"]
const COMPARISONS = ["==", "!=", "<", ">="]

/** What the 8 bytes of an argument must be, by the definition of `Arg`. */
function expectedArg(arg: Arg | undefined, file: Executable): { value: bigint; load: boolean } | string {
  if (arg === undefined) return { value: 0n, load: false }
  if (typeof arg === "number" || typeof arg === "bigint") return { value: BigInt.asUintN(64, BigInt(arg)), load: false }
  if (arg instanceof Step) return { value: BigInt(arg.cell!.address), load: true }
  if (arg instanceof PagesUpTo) {
    // 4096 bytes a page; only whole ones that end before the row
    const row = ROWS_ADDRESS + 64 * arg.label.index
    return { value: BigInt(Math.max(0, row - (row % 4096) - arg.from)), load: false }
  }
  if (arg instanceof Load) return { value: BigInt(arg.from.datum.address + arg.from.offset), load: true }
  if (arg instanceof Pointer) return { value: BigInt(arg.datum.address + arg.offset), load: false }
  if (arg instanceof Datum) return { value: BigInt(arg.address), load: false }
  return `an argument that Program.call should have lowered, in ${file.architecture}`
}

const target = (label: Label): bigint => BigInt(ROWS_ADDRESS + 64 * label.index)

/** What a step must be in memory. */
export function expectedRow(step: Step, index: number, file: Executable): Row {
  const column = file.architecture === "x64" ? 0 : 1
  const args = Array.from({ length: 6 }, (_, i) => expectedArg(step.args[i], file)).map((arg) => {
    if (typeof arg === "string") throw new Error(arg)
    return arg
  })
  const values = args.map((arg) => arg.value)
  if (step.target !== undefined) values[step.kind === "test" ? 3 : 0] = target(step.target)
  const row = (to: Label | "continue") => (to === "continue" ? index + 1 : to.index)
  const named = (step.branches ?? []).filter((branch) => branch.errno !== "any")
  const any = (step.branches ?? []).find((branch) => branch.errno === "any")
  const last = any === undefined ? ([-1, -ROWS_ADDRESS / 64] as const) : ([0, row(any.to)] as const)
  return {
    number: step.name === undefined ? 0 : syscalls()[step.name][column],
    loads: args.reduce((mask, arg, i) => mask | (arg.load ? 1 << i : 0), 0),
    kind: KINDS.indexOf(step.kind),
    comparison: step.comparison === undefined ? 0 : COMPARISONS.indexOf(step.comparison),
    result: step.cell?.address ?? 0,
    branches: step.branches === undefined ? [] : [...named.map(({ errno, to }) => [ERRNO[errno as ErrnoName], row(to)] as const), last],
    args: values,
  }
}

/** Data that do not hold what was put in them, overlap, or lie among the rows. */
export function dataFaults(program: Program, file: Executable): string[] {
  const faults: string[] = []
  const taken: [start: number, end: number][] = []
  for (const text of program.texts) {
    // half a surrogate pair has no UTF-8; U+FFFD takes its place, as in Go
    if (file.string(text.address) !== Buffer.from(text.bytes as string).toString()) faults.push(`string ${JSON.stringify(text.bytes)}`)
    taken.push([text.address, text.address + Buffer.byteLength(text.bytes as string) + 1])
  }
  for (const datum of [...program.blocks, ...program.zeros, ...program.arrays]) {
    if (datum.address % datum.align !== 0) faults.push(`alignment of ${datum.size} bytes`)
    if (!holdsItsBytes(datum, file)) faults.push(`${datum.size} bytes at ${datum.address}`)
    taken.push([datum.address, datum.address + datum.size])
  }
  taken.sort((a, b) => a[0] - b[0])
  if (taken.some(([start], i) => i > 0 && start < taken[i - 1]![1])) faults.push("overlapping data")
  if (taken.some(([start]) => start < ROWS_ADDRESS + 64 * (program.steps.length + 1))) faults.push("data among the rows")
  return faults
}

function holdsItsBytes(datum: Datum, file: Executable): boolean {
  const bytes = file.memory(datum.address, datum.size)
  if (datum instanceof WordArray) {
    return datum.items.every((item, index) => {
      const expected = expectedArg(item, file)
      return typeof expected !== "string" && bytes.readBigUInt64LE(8 * index) === expected.value
    })
  }
  return bytes.equals(Buffer.concat([datum.bytes as Uint8Array, Buffer.alloc(datum.size)]).subarray(0, datum.size))
}
