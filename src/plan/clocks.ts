import { Datum, Label, PagesUpTo, type Program, type Step } from "../program/program.ts"
import type { Planner } from "./planner.ts"

/*
 * Time and result of each system call of a program, told by the program itself: a row before each call asks for the time, and what a
 * call gives back is kept beside it. Both lie in memory that the program shares with the runtime, so that nothing has to be sent, and
 * what is known is known too of a program that failed, was killed, or has become the user's.
 */

/** Bytes of struct timespec. */
const TIMESPEC_BYTES = 16
/** What is in the place of a result before there is one. */
const NO_RESULT = -0x8000000000000000n
/** The largest page of any architecture: what is mapped must begin on one, and share it with nothing else. */
const PAGE_BYTES_MAX = 65536
const PROT_READ_WRITE = 3
const MAP_SHARED_FIXED = 0x11

export const CLOCK_REALTIME = 0
export const CLOCK_MONOTONIC = 1

export interface ClockOptions {
  /** The clock to ask. That of a time namespace is not the runtime's: CLOCK_REALTIME is everybody's. */
  readonly clock: typeof CLOCK_REALTIME | typeof CLOCK_MONOTONIC
  /** Descriptor of the file that is to be shared (`Clocks.empty`), which the program inherits, maps and closes. */
  readonly fd: number
}

/** When a step began, and what it gave back. */
export interface StepTime {
  /** Index in the program without clocks. */
  readonly index: number
  /** Nanoseconds of the clock; undefined: it has not begun, or (behind the seccomp filter) is not to ask. */
  readonly began: bigint | undefined
  /** >= 0, or the negated errno; undefined: not known. */
  readonly result: bigint | undefined
}

/** A program that was given clocks. */
export interface Clocks {
  /** What the shared memory must hold before the program runs. */
  readonly empty: Uint8Array
  /** Indices of the steps that the shared memory tells of, for `readTimes`. */
  readonly calls: readonly number[]
  /** The index before of a step with this index now; undefined for one of the clocks'. */
  before(index: number): number | undefined
  /** The step whose result is the pid of the container's process: it alone has none in shared memory. */
  readonly clone: number | undefined
  /** Takes the clocks out again: steps and labels have the indices they had. The program must have run by then. */
  remove(): void
}

/** How much shared memory tells of so many steps. */
export function timesBytes(calls: readonly number[]): number {
  return calls.length * (TIMESPEC_BYTES + 8)
}

/** Reads what a program left in its shared memory, in the order of its steps. @param calls as `Clocks` has them */
export function readTimes(bytes: Uint8Array, calls: readonly number[]): StepTime[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const results = calls.length * TIMESPEC_BYTES
  return calls.map((index, i) => {
    const began = view.getBigInt64(i * TIMESPEC_BYTES, true) * 1_000_000_000n + view.getBigInt64(i * TIMESPEC_BYTES + 8, true)
    const result = view.getBigInt64(results + 8 * i, true)
    return { index, began: began <= 0n ? undefined : began, result: result === NO_RESULT ? undefined : result }
  })
}

/**
 * Gives a plan's program clocks. Labels, branches and the steps that answers come back to are the same as before; indices are not: failure
 * reports name those of the program as it is now.
 */
export function addClocks(planner: Planner, options: ClockOptions): Clocks {
  const { program, started } = planner
  const zeros = [...program.zeros]
  const before = [...program.steps]
  const calls = before.flatMap(({ kind }, index) => (kind === "call" ? [index] : []))
  const empty = new Uint8Array(timesBytes(calls))
  const { times, clone, given } = placeResults(program, before, calls, empty)
  const silent = filtered(before)
  const loops = inLoops(before)
  const steps: Step[] = []
  const origin: (number | undefined)[] = []
  const place = (made: Step): void => {
    program.steps.pop()
    steps.push(made)
    origin.push(undefined)
  }
  place(program.call("mmap", times, empty.length, PROT_READ_WRITE, MAP_SHARED_FIXED, options.fd, 0).orContinue())
  place(program.call("close", options.fd).orContinue())
  const now: number[] = []
  let call = 0
  before.forEach((step, index) => {
    now[index] = steps.length
    if (step.kind === "call") {
      const slot = times.at(TIMESPEC_BYTES * call++)
      if (!silent.has(index)) {
        const asked = program.label("the time is known")
        // the first time counts: what comes after lies between this step's beginning and its last end
        if (loops.has(index)) place(program.test(slot, -1, "!=", 0, asked))
        place(program.call("clock_gettime", options.clock, slot).orContinue())
        asked.index = steps.length
      }
    }
    if (index === started) planner.started = steps.length
    steps.push(step)
    origin.push(index)
  })
  now.push(steps.length)
  const labels = labelsOf(planner, before)
  const places = [...labels].map((label) => [label, label.index] as const)
  for (const [label, index] of places) if (index >= 0) label.index = now[index] as number
  program.steps.splice(0, program.steps.length, ...steps)
  return {
    empty,
    calls,
    before: (index) => origin[index],
    clone,
    remove() {
      for (const [label, index] of places) label.index = index
      planner.started = started
      program.zeros.splice(0, program.zeros.length, ...zeros)
      for (const step of given) step.cell = undefined
      program.steps.splice(0, program.steps.length, ...before)
    },
  }
}

/** Where times and results lie. */
interface Placed {
  readonly times: Datum
  readonly clone: number | undefined
  /** Steps that keep their result for the clocks only. */
  readonly given: readonly Step[]
}

/**
 * Makes the memory of times and results the first of the zeroed memory: results of steps that later ones read move there. That of the clone
 * does not, for two processes have it: each must find its own.
 */
function placeResults(program: Program, steps: readonly Step[], calls: readonly number[], empty: Uint8Array): Placed {
  const times = new Datum(new Uint8Array(0), TIMESPEC_BYTES * calls.length, PAGE_BYTES_MAX)
  const uses = new Map<Datum, number>()
  for (const { cell } of steps) if (cell !== undefined) uses.set(cell, (uses.get(cell) ?? 0) + 1)
  const moved = new Set<Datum>()
  let clone: number | undefined
  const given: Step[] = []
  const view = new DataView(empty.buffer)
  calls.forEach((index, i) => {
    const step = steps[index] as Step
    const unused = new Datum(new Uint8Array(0), 8, 8)
    if (step.name === "clone3") clone = index
    else if (step.cell === undefined) {
      step.cell = unused
      given.push(step)
      // not so where later steps look: some look before there is a result
      view.setBigInt64(calls.length * TIMESPEC_BYTES + 8 * i, NO_RESULT, true)
    }
    // a cell of several steps tells of none
    const own = step.name !== "clone3" && (step.cell === unused || (uses.get(step.cell as Datum) === 1 && step.cell?.size === 8))
    moved.add(own ? (step.cell as Datum) : unused)
  })
  const others = program.zeros.filter((zero) => !moved.has(zero))
  program.zeros.splice(0, program.zeros.length, times, ...moved, new Datum(new Uint8Array(0), 0, PAGE_BYTES_MAX), ...others)
  return { times, clone, given }
}

/** Steps behind the loading of a seccomp filter: one that does not let a process ask for the time may kill it for that. */
function filtered(steps: readonly Step[]): Set<number> {
  const found = new Set<number>()
  const from = steps.findIndex(({ name }) => name === "seccomp")
  if (from < 0) return found
  for (let index = from + 1; index < steps.length; index++) {
    found.add(index)
    if (steps[index]?.name === "execve") break
  }
  return found
}

/** All labels that somebody goes to. */
function labelsOf(planner: Planner, steps: readonly Step[]): Set<Label> {
  const labels = new Set<Label>()
  for (const { target, branches, args } of steps) {
    if (target !== undefined) labels.add(target)
    for (const { to } of branches ?? []) if (to !== "continue") labels.add(to)
    for (const arg of args) if (arg instanceof PagesUpTo) labels.add(arg.label)
  }
  for (const request of planner.requests) {
    labels.add(request.resume)
    if (request.kind === "target") labels.add(request.made)
  }
  if (planner.serveLoopLabel !== undefined) labels.add(planner.serveLoopLabel)
  return labels
}

/**
 * Indices of steps that may run more than once: those between the end of a loop and its beginning. A block behind the straight line that
 * goes back into it ends an excursion, not a loop.
 */
function inLoops(steps: readonly Step[]): Set<number> {
  const found = new Set<number>()
  const end = steps.findIndex(({ name }) => name === "execve")
  steps.forEach(({ target, branches }, from) => {
    for (const to of [target, ...(branches ?? []).map((branch) => branch.to)]) {
      if (!(to instanceof Label) || to.index > from || (from > end) !== (to.index > end)) continue
      for (let index = to.index; index <= from; index++) found.add(index)
    }
  })
  return found
}
