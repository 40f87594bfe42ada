import { readFileSync } from "node:fs"
import t from "tap"
import { RuntsError } from "../../../src/error.ts"
import { planCreate } from "../../../src/plan/create.ts"
import { planExec } from "../../../src/plan/exec.ts"
import type { Planner } from "../../../src/plan/planner.ts"
import { assemble } from "../../../src/program/assemble.ts"
import { printProgram } from "../../../src/program/print.ts"
import { loadProcess } from "../../../src/spec/load.ts"
import { checkRules } from "../../../src/spec/rules.ts"
import { configNames, CONFIGS, execFacts, factsFor, processNames, readConfig } from "./helpers.ts"

/** The plan is an executable for both processors, every step is told, and it ends in the user's program. */
function checkPlan(planner: Planner, name: string): void {
  const { program } = planner
  for (const architecture of ["x64", "arm64"] as const) {
    const image = assemble(program, { architecture, statusCell: planner.statusCell })
    t.equal(Buffer.from(image.bytes).readUInt16LE(18), architecture === "x64" ? 62 : 183, `${name}: ELF for ${architecture}`)
  }
  const text = printProgram(program)
  t.equal(text.match(/^ *\d+ {2}\S/gm)?.length, program.steps.length, `${name}: each step is printed`)
  t.equal(program.steps.filter((step) => step.name === "execve").length, 1, `${name}: one execve`)
}

t.test("planCreate(): every config of containerd, docker, podman and CRI becomes a program for both processors", (t) => {
  t.ok(configNames.length >= 50, "the fixtures are there")
  for (const name of configNames) {
    const spec = readConfig(name)
    try {
      checkRules(spec)
    } catch (error) {
      t.ok(error instanceof RuntsError, `${name}: refused with a reason`)
    }
    for (const cgroupMounts of [
      { mode: "v2", hierarchies: [], unified: "/sys/fs/cgroup/c1" },
      { mode: "v1", hierarchies: [{ name: "cpu,cpuacct", mount: "/sys/fs/cgroup/cpu,cpuacct",
        folder: "/sys/fs/cgroup/cpu,cpuacct/c1" }], unified: undefined },
    ] as const) {
      checkPlan(planCreate(spec, factsFor(spec, { cgroupMounts })), `${name} ${cgroupMounts.mode}`)
    }
    checkPlan(planCreate(spec, factsFor(spec, { kernel: [5, 14], noPivot: true, preservedFds: 3 })), `${name} on 5.14`)
  }
  t.end()
})

t.test("planCreate(): the same spec and facts give the same program", (t) => {
  for (const name of configNames.slice(0, 5)) {
    const text = (): string => printProgram(planCreate(readConfig(name), factsFor(readConfig(name))).program)
    t.equal(text(), text(), name)
  }
  t.end()
})

t.test("planExec(): every process file becomes a program for both processors", (t) => {
  t.ok(processNames.length >= 10, "the fixtures are there")
  for (const name of processNames) {
    const process = loadProcess(readFileSync(new URL(name, CONFIGS)), name)
    for (const joinsUser of [false, true]) checkPlan(planExec(process, execFacts({ joinsUser, env: process.env ?? [] })), name)
  }
  t.end()
})
