import t from "tap"
import type { Line } from "../../../src/explain/model.ts"
import { planCreate } from "../../../src/plan/create.ts"
import type { StepTime } from "../../../src/plan/clocks.ts"
import { failedLine, lastStep, setOutcomes, setProgress, traceFile, type TraceRecord } from "../../../src/trace/record.ts"
import { printProgram } from "../../../src/program/print.ts"
import { linesOf } from "../../../src/trace/recorder.ts"
import { factsFor, fullSpec } from "../plan/helpers.ts"

const BASE = 1_000_000

/** A launcher of two calls, a process of four, and a block behind. */
function lines(): Line[] {
  const line = (step: number, actor: Line["actor"], call: string, more: Partial<Line> = {}): Line => ({
    actor, concern: "process", sentence: call, call, pointer: "", step, ...more,
  })
  return [
    line(0, "launcher", "clone3()"), line(1, "launcher", "exit_group(0)", { plumbing: true }), line(2, "init", "setsid()"),
    line(3, "init", "if (x) go to 5", { plumbing: true }), line(4, "init", "umask(0)"), line(5, "init", "seccomp()"), line(6, "init", "capset()"),
    line(7, "init", "execve(\"/a\", [], [])"), line(8, "init", "keyctl()", { condition: "if step 4 fails with EACCES" }),
  ]
}

const at = (index: number, began: number | undefined, result?: number): StepTime => ({
  index, began: began === undefined ? undefined : BigInt(BASE + began), result: result === undefined ? undefined : BigInt(result),
})
const outcomes = (all: readonly Line[]): unknown[] => all.map(({ outcome }) => outcome)

t.test("setOutcomes(): each step lasts until the next of its own process; what a filter hides is done without a time", async (t) => {
  const all = lines()
  setOutcomes(all, [at(0, 10, 99), at(1, 40), at(2, 30, 7), at(4, undefined), at(5, 90, 0), at(6, undefined), at(7, undefined), at(8, undefined)], BASE, { now: 500, runs: 400 })
  t.same(outcomes(all), [
    { state: "done", at: 10, took: 30, result: 99 }, { state: "done", at: 40, took: 0 }, { state: "done", at: 30, took: 60, result: 7 }, undefined,
    { state: "skipped" }, { state: "done", at: 90, took: 310, result: 0 }, { state: "done" }, { state: "done" }, { state: "skipped" },
  ])
})

t.test("setOutcomes(): the last waits while nothing failed and the program does not run; a harmless errno is told", async (t) => {
  const all = lines()
  setOutcomes(all, [at(0, 10, 99), at(1, 40), at(2, 50, -13), at(4, 60, 1)], BASE, { now: 100 })
  t.match(outcomes(all), [{ at: 10 }, { at: 40 }, { state: "done", took: 10, errno: "EACCES" }, undefined, { state: "waits", at: 60, took: 40 }, { state: "not reached" }])
})

t.test("setOutcomes(): the step that failed, in a block too", async (t) => {
  const all = lines()
  setOutcomes(all, [at(0, 10, 99), at(1, 40), at(2, 50, 0), at(4, 60, -13), at(8, 70, -1)], BASE, { now: 100, failed: { step: 8, errno: "EPERM" } })
  t.same(outcomes(all).slice(4), [
    { state: "done", at: 60, took: 10, errno: "EACCES" }, { state: "not reached" }, { state: "not reached" }, { state: "not reached" },
    { state: "failed", at: 70, took: 30, errno: "EPERM" },
  ])
})

t.test("setProgress(): without times, by how far the straight line was walked", async (t) => {
  const states = (progress: Parameters<typeof setProgress>[1]): (string | undefined)[] => {
    const all = lines()
    setProgress(all, progress)
    return all.map(({ outcome }) => outcome?.state)
  }
  const [done, not] = ["done", "not reached"]
  t.same(states({ runs: true }), [done, undefined, done, undefined, done, done, done, done, undefined])
  t.same(states({ failed: { step: 4 } }), [done, undefined, done, undefined, "failed", not, not, not, undefined])
  // a block is come to from the step that its condition names
  t.same(states({ failed: { step: 8 } }), [done, undefined, done, undefined, done, not, not, not, "failed"])
})

t.test("a plan's lines: the last step, what start's errors are of, and no environment", async (t) => {
  const spec = fullSpec()
  const env = ["PATH=/bin", "SECRET=a, [b"]
  const planner = planCreate(spec, factsFor(spec, { env }))
  const all = linesOf(planner.program, "init")
  t.equal(all.find(({ step }) => step === lastStep(all))?.call.replace(/^.*\[/, "["), "[2 variables])")
  t.notMatch(JSON.stringify(all), "SECRET")
  t.ok(printProgram(planner.program).includes("SECRET"), "which the plan has")
  t.equal(failedLine(all, { message: "", syscall: "execve", errno: "ENOEXEC" })?.step, lastStep(all))
  t.equal(failedLine(all, { message: "", step: 5 })?.step, 5)
  t.equal(failedLine(all, { message: "" }), undefined)
})

t.test("traceFile(): JSON whose traceEvents are microseconds, and name the processes", async (t) => {
  const all = lines()
  setOutcomes(all, [at(0, 1500, 99), at(1, 4000), at(2, 5250, 0)], BASE, { now: 10_000, failed: { step: 2, errno: "EPERM" } })
  const record: TraceRecord = {
    runts: "1", command: "run", id: "c<1>", began: "2026-01-02T03:04:05.678Z", clock: BASE, outcome: "failed", error: { message: "no", step: 2 }, took: 10_000,
    pid: 5, pids: { launcher: 6, process: 7 }, phases: [{ text: "think", pointer: "", at: 0, took: 1500 }], lines: all,
  }
  const { traceEvents, steps, clockAtBeginning } = JSON.parse(traceFile(record)) as {
    traceEvents: { ph: string; name: string; pid: number; ts: number; dur: number; args: object }[]; steps: Line[]; clockAtBeginning: number
  }
  t.equal(clockAtBeginning, BASE)
  t.same(steps, JSON.parse(JSON.stringify(all)))
  t.same(traceEvents.filter(({ ph }) => ph === "X").map(({ name, pid, ts, dur }) => [name, pid, ts, dur]), [
    ["think", 5, 0, 1.5], ["clone3()", 6, 1.5, 2.5], ["exit_group(0)", 6, 4, 0], ["setsid()", 7, 5.25, 4.75],
  ])
  t.match(traceEvents.at(-1)?.args, { step: 2, errno: "EPERM", error: "no" })
})
