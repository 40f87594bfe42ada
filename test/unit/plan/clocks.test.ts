import assert from "node:assert/strict"
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import fc from "fast-check"
import t from "tap"
import { ERRNO } from "../../../src/kernel/errno.ts"
import { syscalls, type Architecture } from "../../../src/kernel/syscalls.ts"
import { addClocks, CLOCK_MONOTONIC, type Clocks, readTimes, type StepTime } from "../../../src/plan/clocks.ts"
import { planCreate } from "../../../src/plan/create.ts"
import { planExec } from "../../../src/plan/exec.ts"
import { Planner } from "../../../src/plan/planner.ts"
import { assemble } from "../../../src/program/assemble.ts"
import { TABLE_OFFSET, HEAD_SIZE, ROW_SIZE } from "../../../src/program/layout.ts"
import { printProgram } from "../../../src/program/print.ts"
import type { Label, Step } from "../../../src/program/program.ts"
import { cannotRun, run, type Outcome } from "../program/machine.ts"
import { configNames, execFacts, factsFor, fullSpec, readConfig } from "./helpers.ts"

/** Where failures go, in `run`. */
const STATUS = 3
const SHARED = 4

interface Timed {
  readonly outcome: Outcome
  readonly clocks: Clocks
  readonly times: readonly StepTime[]
}

function plain(build: (planner: Planner) => void, architecture: Architecture): Outcome {
  const planner = new Planner(STATUS)
  build(planner)
  return run(assemble(planner.program, { architecture, statusCell: planner.statusCell }).bytes, architecture)
}

function timed(build: (planner: Planner) => void, architecture: Architecture): Timed {
  const planner = new Planner(STATUS)
  build(planner)
  const clocks = addClocks(planner, { clock: CLOCK_MONOTONIC, fd: SHARED })
  const folder = mkdtempSync(join(tmpdir(), "runts-clocks-"))
  const fd = openSync(join(folder, "times"), "w+")
  try {
    writeSync(fd, clocks.empty)
    const outcome = run(assemble(planner.program, { architecture, statusCell: planner.statusCell }).bytes, architecture, fd)
    return { outcome, clocks, times: readTimes(readFileSync(join(folder, "times")), clocks.calls) }
  } finally {
    closeSync(fd)
    rmSync(folder, { recursive: true })
  }
}

/** A piece of a random program; labels are of pieces that follow (or, once, of one before). */
type Piece =
  | { readonly kind: "say"; readonly text: string }
  | { readonly kind: "refused"; readonly branch: "none" | "continue" | "any" | "own" | "wrong"; readonly to: number }
  | { readonly kind: "test"; readonly to: number; readonly holds: boolean }
  | { readonly kind: "loop"; readonly times: number }
  | { readonly kind: "jump"; readonly to: number }
  | { readonly kind: "fail" }
  | { readonly kind: "result"; readonly expected: boolean }
  | { readonly kind: "later"; readonly to: number }

const piece: fc.Arbitrary<Piece> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("say" as const), text: fc.constantFrom("a", "b", "c") }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("refused" as const), branch: fc.constantFrom("none", "continue", "any", "own", "wrong"), to: fc.nat(5) }),
  },
  fc.record({ kind: fc.constant("test" as const), to: fc.nat(5), holds: fc.boolean() }),
  fc.record({ kind: fc.constant("loop" as const), times: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ kind: fc.constant("jump" as const), to: fc.nat(5) }),
  fc.record({ kind: fc.constant("fail" as const) }),
  fc.record({ kind: fc.constant("result" as const), expected: fc.boolean() }),
  fc.record({ kind: fc.constant("later" as const), to: fc.nat(5) }),
)

/** What is behind this many pieces. */
function build(pieces: readonly Piece[]): (planner: Planner) => void {
  return (planner) => {
    const p = planner.program
    const labels: Label[] = pieces.map((_, index) => p.label(`piece ${index}`))
    const end = p.label("end")
    const ahead = (index: number, by: number): Label => labels[index + 1 + by] ?? end
    const say = (text: string): Step => p.call("write", 1, text, text.length)
    pieces.forEach((one, index) => {
      p.here(labels[index] as Label)
      if (one.kind === "say") say(one.text)
      else if (one.kind === "fail") p.fail(ERRNO.EXDEV)
      else if (one.kind === "jump") p.jump(ahead(index, one.to))
      else if (one.kind === "test") p.test(p.words([5]), -1, one.holds ? "==" : "!=", 5, ahead(index, one.to))
      else if (one.kind === "refused") {
        const step = p.call("close", -1)
        if (one.branch === "continue") step.orContinue()
        else if (one.branch === "wrong") step.on("ENOENT", ahead(index, one.to))
        else if (one.branch !== "none") step.on(one.branch === "any" ? "any" : "EBADF", ahead(index, one.to))
      } else if (one.kind === "loop") {
        const counter = p.bytes(new Uint8Array([one.times, 0, 0, 0, 0, 0, 0, 0]))
        const again = p.label("again")
        p.here(again)
        say("l")
        p.increment(counter, -1)
        p.test(counter, -1, "!=", 0, again)
      } else if (one.kind === "result") {
        // looked at before there is one, too: it is zero then
        const zero = p.label("zero")
        const right = p.label("right")
        const step = p.call("getppid")
        step.cell ??= p.buffer(8)
        p.test(step, -1, "!=", 0, zero)
        say("?")
        p.here(zero)
        p.test(step, -1, one.expected ? "!=" : "==", 0, right)
        p.fail(step)
        p.here(right)
      } else {
        const block = p.label("block")
        const back = p.label("back")
        p.call("close", -1).on("any", block)
        p.here(back)
        planner.later(() => {
          p.here(block)
          say("L")
          p.jump(one.to % 2 === 0 ? back : ahead(index, one.to))
        })
      }
    })
    p.here(end)
    p.call("exit_group", 0)
    planner.placeBlocks()
  }
}

/** The failure report, without the number of the step. */
const failure = ({ status }: Outcome): { readonly step: number | undefined; readonly errno: number } =>
  status.length === 0 ? { step: undefined, errno: 0 } : { step: status.readUInt32LE(4), errno: status.readUInt32LE(8) }

for (const architecture of ["x64", "arm64"] as const) {
  t.test(`clocks on ${architecture}: any program does the same with them, and fails at the same step [run --trace]`, { skip: cannotRun(architecture) }, async (t) => {
    t.doesNotThrow(() => fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 12 }), (pieces) => {
        const without = plain(build(pieces), architecture)
        const { outcome, clocks, times } = timed(build(pieces), architecture)
        const index = failure(outcome).step
        assert.deepEqual(
          { ...failure(outcome), step: index === undefined ? undefined : clocks.before(index), out: outcome.stdout.toString(), code: outcome.code, signal: outcome.signal },
          { ...failure(without), out: without.stdout.toString(), code: without.code, signal: without.signal },
        )
        assert.equal(times.some(({ began }) => began !== undefined) || without.stdout.length === 0, true)
      }),
      { numRuns: architecture === process.arch ? 80 : 25 },
    ))
  })

  t.test(`clocks on ${architecture}: when each call began and what it gave back`, { skip: cannotRun(architecture) }, async (t) => {
    const { outcome, times } = timed((planner) => {
      const p = planner.program
      const again = p.label("again")
      const skipped = p.label("skipped")
      const counter = p.bytes(new Uint8Array([3, 0, 0, 0, 0, 0, 0, 0]))
      p.call("write", 1, "one", 3)
      p.call("close", -1).orContinue()
      p.here(again)
      p.call("nanosleep", p.words([0, 20_000_000]), 0)
      p.increment(counter, -1)
      p.test(counter, -1, "!=", 0, again)
      p.jump(skipped)
      p.call("write", 1, "two", 3)
      p.here(skipped)
      p.call("chdir", "/no/such/folder")
      p.call("write", 1, "three", 5)
    }, architecture)
    t.equal(outcome.stdout.toString(), "one")
    const began = times.map((time) => time.began ?? 0n)
    t.same(times.map(({ index, result }) => [index, result]), [
      [0, 3n], [1, -BigInt(ERRNO.EBADF)], [2, 0n], [6, undefined], [7, -BigInt(ERRNO.ENOENT)], [8, undefined],
    ])
    t.same(began.map((time) => time > 0n), [true, true, true, false, true, false], "those that ran")
    t.ok((began[1] as bigint) >= (began[0] as bigint) && (began[2] as bigint) >= (began[1] as bigint), "they come one after another")
    const slept = Number((began[4] as bigint) - (began[2] as bigint)) / 1e6
    t.ok(slept >= 60 && slept < 5000, `a loop's step began when it began first: ${slept} ms`)
  })
}

t.test("clocks: none asks for the time behind a seccomp filter", async (t) => {
  const spec = fullSpec()
  const planner = planCreate(spec, factsFor(spec, { seccomp: { filter: new Uint8Array(16), flags: 0, listener: true } }))
  addClocks(planner, { clock: CLOCK_MONOTONIC, fd: 90 })
  const { steps } = planner.program
  const from = steps.findIndex(({ name }) => name === "seccomp")
  const to = steps.findIndex(({ name }) => name === "execve")
  t.ok(from > 0 && to > from)
  t.same(steps.slice(from, to + 1).filter(({ name }) => name === "clock_gettime"), [])
  t.equal(steps[from - 1]?.name, "clock_gettime", "but before it one does")
})

t.test("clocks: each call has one, branches go where they went, and taken out again nothing is left", async (t) => {
  const plans: (readonly [string, () => Planner])[] = [
    ...configNames.filter((_, index) => index % 8 === 0).map((name) => [name, () => planCreate(readConfig(name), factsFor(readConfig(name)))] as const),
    ["full", () => planCreate(fullSpec(), factsFor(fullSpec()))],
    ["exec", () => planExec({ cwd: "/", args: ["sh"], user: { uid: 0, gid: 0 } }, execFacts())],
  ]
  for (const [name, plan] of plans) {
    const planner = plan()
    const before = printProgram(planner.program)
    const strace = printProgram(planner.program, { format: "strace" })
    const { started } = planner
    const steps = [...planner.program.steps]
    const targets = steps.map((step) => goesTo(step).map((label) => steps[label.index]))
    const clocks = addClocks(planner, { clock: CLOCK_MONOTONIC, fd: 90 })
    const now = planner.program.steps
    // the row of a clock, or of the test before it, or the step itself
    const behind = (index: number): Step | undefined => {
      while (now[index] !== undefined && clocks.before(index) === undefined) index++
      return now[index]
    }
    t.same(now.filter((_, index) => clocks.before(index) !== undefined).length, steps.length)
    now.forEach((step, index) => {
      const was = clocks.before(index)
      if (was === undefined) return
      if (steps[was] !== step) t.fail(`${name}: step ${was} is not where the map says`)
      goesTo(step).forEach((label, i) => {
        if (behind(label.index) !== targets[was]?.[i]) t.fail(`${name}: step ${was} goes elsewhere`)
      })
    })
    t.equal(clocks.before(planner.started), started)
    const { bytes } = assemble(planner.program, { architecture: "x64", statusCell: planner.statusCell })
    const numbers = new Int32Array(now.length)
    now.forEach((_, index) => { numbers[index] = Buffer.from(bytes).readInt32LE(TABLE_OFFSET + HEAD_SIZE + index * ROW_SIZE) })
    const clockCalls = numbers.filter((number, index) => now[index]?.kind === "call" && number === syscalls().clock_gettime[0]).length
    t.equal(clockCalls, steps.filter(({ kind }) => kind === "call").length, `${name}: a clock for each call`)
    clocks.remove()
    t.equal(planner.program.steps.length, steps.length)
    t.equal(printProgram(planner.program), before, name)
    t.equal(printProgram(planner.program, { format: "strace" }), strace)
    t.equal(planner.started, started)
  }
})

/** All labels that a step goes to. */
function goesTo({ target, branches }: Step): Label[] {
  const labels: Label[] = target === undefined ? [] : [target]
  for (const { to } of branches ?? []) if (to !== "continue") labels.push(to)
  return labels
}
