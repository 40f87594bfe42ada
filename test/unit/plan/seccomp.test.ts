import t, { type Test } from "tap"
import { HOST_ARCHITECTURE } from "../../../src/kernel/syscalls.ts"
import { planCreate } from "../../../src/plan/create.ts"
import { planExec } from "../../../src/plan/exec.ts"
import type { SeccompFacts } from "../../../src/plan/facts.ts"
import { planHook } from "../../../src/plan/hook.ts"
import { MESSAGE, type Planner } from "../../../src/plan/planner.ts"
import { assemble } from "../../../src/program/assemble.ts"
import { SECOND_PAGE_ADDRESS } from "../../../src/program/layout.ts"
import { Datum, PagesUpTo } from "../../../src/program/program.ts"
import type { Process } from "../../../src/spec/types.gen.ts"
import { execFacts, factsFor, fullSpec, isCall, straightLine, wordsOf } from "./helpers.ts"

const filter = new Uint8Array(8 * 1200).fill(6)
const seccomp: SeccompFacts = { filter, flags: 4, listener: false }
const notifying: SeccompFacts = { ...seccomp, flags: 12, listener: true }
const ALLOWED = ["CAP_KILL"]
const processWith = (noNewPrivileges: boolean, names: string[] = ALLOWED): Process => ({
  ...(fullSpec().process as Process), noNewPrivileges, capabilities: { bounding: names, effective: names, permitted: names, inheritable: names, ambient: names },
})

/** Names of the calls from STARTED on. */
function lastCalls(planner: Planner): string[] {
  const steps = straightLine(planner)
  const started = steps.findIndex((step) => isCall(step, "sendto") && wordsOf(step.args[1])?.[0] === MESSAGE.STARTED)
  return steps.slice(started).flatMap(({ kind, name }) => (kind === "call" ? [name as string] : []))
}

const plans = (t: Test, process: Process, facts: SeccompFacts, expected: string[]): void => {
  const spec = { ...fullSpec(), process }
  t.same(lastCalls(planCreate(spec, factsFor(spec, { seccomp: facts }))), expected, "create")
  const run = factsFor(spec)
  t.same(lastCalls(planCreate(spec, factsFor(spec, { seccomp: facts, channel: { ...run.channel, start: undefined } }))), expected, "run")
  t.same(lastCalls(planExec(process, execFacts({ seccomp: facts }))), expected, "exec")
  const hook = planHook({
    path: "/h", args: ["h"], env: [], cwd: undefined, stdin: 4, stdout: 5, stderr: 5, status: 6, nofile: { soft: 1, hard: 2 }, pointer: "/hooks/startContainer/0",
    namespaces: { pidfd: 7, flags: 0 },
    confinement: {
      process, facts: execFacts({ seccomp: facts }), cgroup: { intoCgroup: undefined, procs: [] }, labels: undefined, keyring: "c", limits: [],
      root: undefined,
    },
  })
  t.same(lastCalls(hook), expected, "hook")
}

t.test("the filter comes after STARTED; with no_new_privs nothing but execve comes after it", (t) => {
  plans(t, processWith(true), seccomp, ["sendto", "seccomp", "execve"])
  t.end()
})

t.test("without no_new_privs CAP_SYS_ADMIN is kept for seccomp(2), and given up after it", (t) => {
  plans(t, processWith(false), seccomp, ["sendto", "seccomp", "capset", "execve"])
  plans(t, processWith(false, ["CAP_SYS_ADMIN"]), seccomp, ["sendto", "seccomp", "execve"])
  const noAdmin = { bounding: { low: 0xffffffff, high: 0 }, permitted: { low: 1 << 5, high: 0 } }
  const steps = lastCalls(planExec(processWith(false), execFacts({ seccomp, grantable: noAdmin })))
  t.same(steps, ["sendto", "seccomp", "execve"], "what the runtime has not got cannot be kept")
  t.end()
})

t.test("a listener is waited for by read(2) between the filter and all else", (t) => {
  plans(t, processWith(true), notifying, ["sendto", "seccomp", "read", "exit_group", "execve"])
  plans(t, processWith(false), notifying, ["sendto", "seccomp", "read", "exit_group", "capset", "execve"])
  t.end()
})

t.test("what a waiting init lets go of its memory is not the filter", (t) => {
  const spec = { ...fullSpec(), process: processWith(false) }
  const planner = planCreate(spec, factsFor(spec, { seccomp }))
  const { bytes } = assemble(planner.program, { architecture: HOST_ARCHITECTURE, statusCell: planner.statusCell })
  t.ok(bytes.length > filter.length)
  const unmap = planner.program.steps.find((step) => step.name === "munmap")
  const length = unmap?.args[1] as PagesUpTo
  const load = planner.program.steps.find((step) => step.name === "seccomp")
  const fprog = load?.args[2] as Datum
  const [count, program] = (fprog as unknown as { items: readonly [number, Datum] }).items
  t.equal(count, filter.length / 8)
  t.equal(unmap?.args[0], SECOND_PAGE_ADDRESS)
  // rows end where data begins
  t.ok(length.label.index < planner.program.steps.indexOf(load as never))
  t.ok(program.address > SECOND_PAGE_ADDRESS + planner.program.steps.length * 64 - 4096)
  t.end()
})
