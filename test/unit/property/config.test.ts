import fc from "fast-check"
import t from "tap"
import { describe } from "../../../src/cli/failure.ts"
import { RuntsError } from "../../../src/error.ts"
import { BLOCK_IO_FIELDS } from "../../../src/host/cgroup/resources/block-io.ts"
import { CPU_FIELDS } from "../../../src/host/cgroup/resources/cpu.ts"
import type { Field, Place } from "../../../src/host/cgroup/resources/field.ts"
import { MEMORY_FIELDS } from "../../../src/host/cgroup/resources/memory.ts"
import { HUGEPAGE_FIELDS, NETWORK_FIELDS, RDMA_FIELDS, unifiedSteps } from "../../../src/host/cgroup/resources/rare.ts"
import { PIDS_FIELDS } from "../../../src/host/cgroup/resources/pids.ts"
import { CLONE } from "../../../src/kernel/process.ts"
import { setLogSink } from "../../../src/log.ts"
import { planCreate } from "../../../src/plan/create.ts"
import { planExec } from "../../../src/plan/exec.ts"
import { mountRequest } from "../../../src/plan/mount-request.ts"
import { planMountsAdd, planMountsRemove } from "../../../src/plan/mounts-exec.ts"
import type { Planner } from "../../../src/plan/planner.ts"
import { assemble } from "../../../src/program/assemble.ts"
import { loadMounts, loadProcess, loadResources, loadSpec } from "../../../src/spec/load.ts"
import { checkMounts, checkProcess, checkRules } from "../../../src/spec/rules.ts"
import { cleanRelative } from "../../../src/path.ts"
import type { LinuxResources, Spec } from "../../../src/spec/types.gen.ts"
import { figure } from "../../../conformance/lib/share.ts"
import { execFacts, factsFor } from "../plan/helpers.ts"
import { pathFault } from "../plan/host-paths.ts"
import { Executable } from "../program/decode.ts"
import { dataFaults, expectedRow } from "../program/expected.ts"
import { bytesOf } from "../spec/helpers.ts"
import { configs, processes, rounds, spoilt, valid } from "./configs.ts"

/*
 * Whatever file a caller hands over: it becomes a program that is right, or one error of this project's, in one line. Nothing else is thrown.
 */

setLogSink({ write() {} })
t.teardown(() => setLogSink({ write() {} }))

const count = { taken: 0, refused: 0 }

/** Runs `use`; an error of ours is an answer, if it is one line that says something. */
function answered(use: () => void): void {
  try {
    use()
    count.taken++
  } catch (error) {
    if (!(error instanceof RuntsError)) throw error
    count.refused++
    const line = describe(error)
    if (!/^[^\n\r]{10,}$/.test(line) || /undefined|\[object|NaN/.test(line)) throw new Error(`no good line: ${line}`)
  }
}

/** How many were taken and refused since it was asked the last time; both must have been met. */
function tally(t: { ok(value: boolean, text: string): void; comment(text: string): void }, least: number): void {
  const { taken, refused } = count
  count.taken = count.refused = 0
  figure(t, "random and changed configs compiled", taken + refused)
  t.ok(taken >= least && refused >= least, `${taken} were taken, ${refused} refused with one line`)
}

/** The program is whole: for both processors it reads back as what was planned. */
function checkProgram({ program, statusCell }: Planner): void {
  for (const architecture of ["x64", "arm64"] as const) {
    const file = new Executable(assemble(program, { architecture, statusCell }).bytes)
    for (const [index, step] of program.steps.entries()) {
      const [found, wanted] = [file.row(index), expectedRow(step, index, file)].map((row) => JSON.stringify(row, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value)))
      if (found !== wanted) throw new Error(`${architecture}, step ${index} (${step.text}): ${found}, not ${wanted}`)
    }
    const faults = dataFaults(program, file)
    if (faults.length > 0) throw new Error(`${architecture}: ${faults.join(", ")}`)
  }
}

function planned(spec: Spec, v1: boolean): void {
  const facts = factsFor(spec, v1 ? {
    kernel: [5, 14], preservedFds: 2, noPivot: true, cgroup: { intoCgroup: undefined, procs: [{ controller: "pids", fd: 30 }] }, rootfsParent: "/mnt/parent",
    cgroupMounts: { mode: "v1", hierarchies: [{ name: "pids", mount: "/sys/fs/cgroup/pids", folder: "/sys/fs/cgroup/pids/c1" }], unified: undefined },
  } : {})
  const planner = planCreate(spec, facts)
  const fault = pathFault(planner, { spec, facts })
  if (fault !== undefined) throw new Error(fault)
  checkProgram(planner)
}

t.test("changed configs of engines, and configs of nothing but the schema: a program that is right, or one line", (t) => {
  fc.assert(fc.property(configs, fc.boolean(), (config, v1) => answered(() => {
    const spec = loadSpec(bytesOf(config), "config.json")
    checkRules(spec)
    planned(spec, v1)
  })), rounds(300))
  tally(t, 20)
  t.end()
})

t.test("config.json with changed bytes: a program that is right, or one line", (t) => {
  fc.assert(fc.property(spoilt, (bytes) => answered(() => {
    const spec = loadSpec(bytes, "config.json")
    checkRules(spec)
    planned(spec, false)
  })), rounds(400))
  tally(t, 10)
  t.end()
})

t.test("changed process.json of engines: a program that is right, or one line [exec --process]", (t) => {
  fc.assert(fc.property(processes, fc.boolean(), (process, joinsUser) => answered(() => {
    const loaded = loadProcess(bytesOf(process), "process.json")
    checkProcess(loaded, "process.json")
    checkProgram(planExec(loaded, execFacts({ joinsUser, env: loaded.env ?? [] })))
  })), rounds(300))
  tally(t, 20)
  t.end()
})

t.test("random mounts for a running container: a program that is right, or one line [mounts add, mounts remove]", (t) => {
  fc.assert(fc.property(fc.array(valid("Mount"), { maxLength: 3 }), fc.boolean(), fc.boolean(), (mounts, user, adds) => answered(() => {
    const loaded = loadMounts(bytesOf(mounts), "mounts.json")
    checkMounts(loaded, "mounts.json")
    const spec = { ociVersion: "1.3.0", mounts: loaded } as Spec
    const { kernel, bundle, sources, existing, idmaps, cgroupMounts } = factsFor(spec)
    const facts = {
      kernel, bundle, sources, existing, idmaps, cgroupMounts, status: 5, pidfd: 6, staging: "/run/runts/c1", label: undefined, isPrivate: false,
      namespaceFlags: CLONE.NEWNS + (user ? CLONE.NEWUSER : 0),
    }
    if (adds) checkProgram(planMountsAdd(loaded.map((mount, index) => mountRequest(mount, index)), facts))
    else checkProgram(planMountsRemove(loaded.map(({ destination }, i) => ({ path: cleanRelative(destination), pointer: `/mounts/${i}` })), facts))
  })), rounds(300))
  tally(t, 20)
  t.end()
})

const FIELDS: readonly Field[] = [...CPU_FIELDS, ...MEMORY_FIELDS, ...PIDS_FIELDS, ...BLOCK_IO_FIELDS, ...HUGEPAGE_FIELDS, ...NETWORK_FIELDS, ...RDMA_FIELDS]

/** Files of the cgroup that resources are written to. */
function writtenFiles(resources: LinuxResources, version: 1 | 2, contents: string | undefined): string[] {
  const files: string[] = []
  for (const field of FIELDS) {
    const value = field.value(resources)
    const writer = version === 1 ? field.v1 : field.v2
    if (value === undefined || typeof writer === "string") continue
    const at: Place = {
      version, controller: version === 1 ? field.v1Controller : field.v2Controller, path: "/c1", updating: false,
      read: () => contents, readAbove: () => contents, names: () => [],
    }
    for (const step of writer(value as never, at)) files.push(step.file)
  }
  return [...files, ...unifiedSteps(resources.unified ?? {}).map(({ file }) => file)]
}

t.test("random linux.resources: what is written are files of the cgroup's own folder, or one line tells why not [/linux/resources]", (t) => {
  fc.assert(fc.property(valid("LinuxResources"), fc.constantFrom(1 as const, 2 as const), fc.constantFrom(undefined, "", "max", "100000", "8:0 rbps=max\n"), (value, version, contents) =>
    answered(() => {
      const resources = loadResources(bytesOf(value), "resources.json")
      checkRules({ ociVersion: "1.3.0", root: { path: "r" }, process: { cwd: "/", args: ["x"], user: { uid: 0, gid: 0 } }, linux: { resources } } as Spec)
      for (const file of writtenFiles(resources, version, contents)) if (!/^[^/\0]+$/.test(file) || /^\.\.?$/.test(file)) throw new Error(`the file is ${JSON.stringify(file)}`)
    })), rounds(400))
  tally(t, 50)
  t.end()
})

t.setTimeout(0)
