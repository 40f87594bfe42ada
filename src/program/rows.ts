import { ERRNO } from "../kernel/errno.ts"
import { type Architecture, syscallNumbers } from "../kernel/syscalls.ts"
import { COMPARISON, ERRNO_ANY, ERRNO_END, KIND, ROWS_ADDRESS, ROW_SIZE } from "./layout.ts"
import { Datum, type ErrnoBranch, type Label, Load, PagesUpTo, Pointer, type Program, Step } from "./program.ts"

/** Index of the first argument in a row of 32-bit words. */
const ARGUMENTS = 4
const ROW_WORDS = ROW_SIZE / 4
const PAGE_BYTES = 4096

/**
 * Encodes a program's steps as the rows that executors walk (docs/architecture.md); its data have their addresses. A last row
 * ends the process with exit code 0.
 * @param words the rows; zeros
 * @param branchesAddress where the branch lists will lie
 * @returns the branch lists
 */
export function encodeRows(program: Program, architecture: Architecture, words: Int32Array, branchesAddress: number): number[] {
  const steps = program.steps
  const numbers = syscallNumbers(architecture)
  const branches: number[] = []
  let row = 0
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i]!
    const args = step.args
    if (args.length > 6) throw new Error(`step ${i} has ${args.length} arguments: ${step.name ?? step.kind}`)
    let loads = 0
    for (let j = 0, at = row + ARGUMENTS; j < args.length; j++, at += 2) {
      const arg = args[j]!
      if (typeof arg === "number") {
        const low = arg | 0
        if (low !== arg) writeWord(words, at, arg)
        else if (low !== 0) { // most words are zero already
          words[at] = low
          if (low < 0) words[at + 1] = -1
        }
      } else if ((arg as Datum).placedIn === program) words[at] = (arg as Datum).address
      else if (arg instanceof Step) {
        loads |= 1 << j
        const cell = arg.cell!
        words[at] = cell.placedIn === program ? cell.address : placed(cell, program)
      } else if (arg instanceof Load) {
        loads |= 1 << j
        words[at] = placed(arg.from.datum, program) + arg.from.offset
      } else if (arg instanceof Pointer) words[at] = placed(arg.datum, program) + arg.offset
      else if (arg instanceof Datum) placed(arg, program)
      else if (arg instanceof PagesUpTo) words[at] = Math.max(0, (rowAddress(arg.label, i) & -PAGE_BYTES) - arg.from)
      else writeWord(words, at, arg as bigint)
    }
    if (step.kind === "call") {
      const number = numbers.get(step.name!)
      if (number === undefined) throw new Error(`step ${i}: ${architecture} has no system call ${step.name}`)
      words[row] = number
      if (loads !== 0) words[row + 1] = loads
    } else encodeOther(words, row, step, loads, i)
    const cell = step.cell
    if (cell !== undefined) words[row + 2] = cell.placedIn === program ? cell.address : placed(cell, program)
    if (step.branches !== undefined) {
      words[row + 3] = branchesAddress + branches.length * 4
      encodeBranches(branches, step.branches, i)
    }
    row += ROW_WORDS
  }
  words[row] = numbers.get("exit_group")!
  return branches
}

function encodeOther(words: Int32Array, row: number, step: Step, loads: number, index: number): void {
  const comparison = step.comparison === undefined ? 0 : COMPARISON[step.comparison]
  words[row + 1] = loads | (KIND[step.kind] << 8) | (comparison << 16)
  if (step.target !== undefined) words[row + ARGUMENTS + 2 * step.args.length] = rowAddress(step.target, index)
}

/** Pairs of errno and row; "any" comes last whatever the order in which they were given. */
function encodeBranches(list: number[], branches: readonly ErrnoBranch[], index: number): void {
  let any = 0
  for (const { errno, to } of branches) {
    const address = to === "continue" ? ROWS_ADDRESS + (index + 1) * ROW_SIZE : rowAddress(to, index)
    if (errno === "any") any = address
    else list.push(ERRNO[errno], address)
  }
  if (any === 0) list.push(ERRNO_END, 0)
  else list.push(ERRNO_ANY, any)
}

function rowAddress(label: Label, index: number): number {
  if (label.index < 0) throw new Error(`the label "${label.name}" that step ${index} goes to is not placed`)
  return ROWS_ADDRESS + label.index * ROW_SIZE
}

/** The address of a datum. */
export function placed(datum: Datum, program: Program): number {
  if (datum.placedIn === program) return datum.address
  const what = typeof datum.bytes === "string" ? `the string ${JSON.stringify(datum.bytes)}` : `a datum of ${datum.size} bytes`
  throw new Error(`${what} belongs to another program`)
}

/** Any 8-byte number, signed or unsigned. */
export function writeWord(words: Int32Array, at: number, value: number | bigint): void {
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) throw new Error(`${value} is not an integer that a double holds exactly`)
    words[at] = value | 0
    words[at + 1] = Math.floor(value / 0x100000000)
    return
  }
  if (value < -(2n ** 63n) || value >= 2n ** 64n) throw new Error(`${value} does not fit 8 bytes`)
  words[at] = Number(BigInt.asIntN(32, value))
  words[at + 1] = Number(BigInt.asIntN(32, value >> 32n))
}
