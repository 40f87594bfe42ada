import fc from "fast-check"
import t from "tap"
import { figure, roundsOf } from "../../../conformance/lib/share.ts"
import { mountOptionNames } from "../../../src/kernel/mount-options.ts"
import type { NamespaceType } from "../../../src/kernel/process.ts"
import { RuntsError } from "../../../src/error.ts"
import { planCreate } from "../../../src/plan/create.ts"
import { assemble } from "../../../src/program/assemble.ts"
import { printProgram } from "../../../src/program/print.ts"
import type { Mount, Spec } from "../../../src/spec/types.gen.ts"
import { factsFor } from "./helpers.ts"
import { type Case, pathFault } from "./host-paths.ts"
import { cleanRelative } from "../../../src/path.ts"

/*
 * Whatever the config: a path that a program hands to the kernel is named by the config and looked up on the host's side on
 * purpose, or is below the root by descriptor, or is one of a few. Nothing else may be reached by name.
 */

const name = fc.stringMatching(/^[a-z.\u00e9 -]{1,6}$/)
const path = fc.array(fc.oneof(name, fc.constantFrom("..", ".", "", "proc", "dev", "sys")),
  { maxLength: 5 }).map((parts) => "/" + parts.join("/"))
const option = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...mountOptionNames()) },
  fc.constantFrom("mode=755", "size=1m,nr_inodes=9", "lowerdir=" + "x".repeat(300)))
const mount: fc.Arbitrary<Mount> = fc.record({
  destination: path, source: fc.oneof(path, name), options: fc.array(option, { maxLength: 5 }),
  type: fc.constantFrom("bind", "tmpfs", "proc", "sysfs", "mqueue", "cgroup", "cgroup2", "overlay", "none", "devpts"),
})
const namespaces = fc.subarray<NamespaceType>(["pid", "network", "ipc", "uts", "user", "cgroup", "time"]).chain((types) =>
  fc.array(fc.boolean(), { minLength: types.length, maxLength: types.length }).map((joins) => [
    { type: "mount" as const }, ...types.map((type, i) => (joins[i] === true ? { type, path: `/ns/${type}` } : { type })),
  ]))

const spec: fc.Arbitrary<Spec> = fc.record({
  ociVersion: fc.constant("1.3.0"),
  root: fc.record({ path: fc.constant("rootfs"), readonly: fc.boolean() }),
  hostname: name,
  mounts: fc.array(mount, { maxLength: 5 }),
  process: fc.record({
    cwd: path, args: fc.array(fc.oneof(path, name), { minLength: 1, maxLength: 2 }), terminal: fc.boolean(),
    user: fc.record({ uid: fc.nat(70000), gid: fc.nat(70000), additionalGids: fc.array(fc.nat(70000), { maxLength: 2 }) }),
    noNewPrivileges: fc.boolean(),
  }),
  linux: fc.record({
    namespaces, maskedPaths: fc.array(path, { maxLength: 3 }), readonlyPaths: fc.array(path, { maxLength: 3 }),
    devices: fc.array(fc.record({ path, type: fc.constantFrom("c", "b", "p"), major: fc.nat(4095), minor: fc.nat(0xfffff) }),
      { maxLength: 3 }),
    sysctl: fc.dictionary(fc.constantFrom("net.ipv4.ip_forward", "kernel/shmmax", "fs.mqueue.msg_max"), name),
    rootfsPropagation: fc.constantFrom("", "shared", "rslave", "private", "unbindable"),
    timeOffsets: fc.constant({ boottime: { secs: 1 } }),
  }),
}) as fc.Arbitrary<Spec>

const cases: fc.Arbitrary<Case> = fc.tuple(
  spec, fc.record({ noPivot: fc.boolean(), preservedFds: fc.nat(4), waitsForHooks: fc.boolean(),
    kernel: fc.constantFrom([5, 14], [6, 18]) }),
  fc.boolean(),
).map(([spec, { kernel, ...more }, v1]) => ({
  spec,
  facts: factsFor(spec, {
    ...more, kernel: kernel as [number, number], env: ["PATH=/bin:bin:"],
    cgroup: v1 ? { intoCgroup: undefined, procs: [{ controller: "pids", fd: 30 }] } : { intoCgroup: 23, procs: [] },
    cgroupMounts: v1
      ? { mode: "v1", hierarchies: [{ name: "cpu,cpuacct", mount: "/sys/fs/cgroup/cpu,cpuacct",
        folder: "/sys/fs/cgroup/cpu,cpuacct/c1" }], unified: undefined }
      : { mode: "v2", hierarchies: [], unified: "/sys/fs/cgroup/c1" },
    rootfsParent: "/mnt/parent",
  }),
}))

/** The plan, or undefined where the config is refused with a reason. */
function plan({ spec, facts }: Case): ReturnType<typeof planCreate> | undefined {
  try {
    return planCreate(spec, facts)
  } catch (error) {
    if (error instanceof RuntsError && error.details.pointer !== undefined) return undefined
    throw error
  }
}

t.test("whatever the config, paths are below the root by descriptor, named by the config, or of a short list", (t) => {
  let planned = 0
  fc.assert(
    fc.property(cases, (input) => {
      const planner = plan(input)
      if (planner === undefined) return
      planned++
      const fault = pathFault(planner, input)
      if (fault !== undefined) throw new Error(fault)
    }),
    { numRuns: roundsOf(400, 20_000), seed: 20240501 },
  )
  figure(t, "random and changed configs compiled", roundsOf(400, 20_000))
  t.ok(planned > 50, `${planned} of the configs could be planned`)
  t.end()
})

t.test("whatever the config, it is refused with a pointer, or becomes an executable and a text; every label is placed", (t) => {
  fc.assert(
    fc.property(cases, (input) => {
      const planner = plan(input)
      if (planner === undefined) return
      const { program, statusCell } = planner
      for (const architecture of ["x64", "arm64"] as const) assemble(program, { architecture, statusCell })
      const text = printProgram(planner.program)
      if (/go to (-1|undefined)/.test(text)) throw new Error("a jump goes nowhere")
    }),
    { numRuns: roundsOf(100, 5000), seed: 20240502 },
  )
  t.pass()
  t.end()
})

t.test("whatever the destinations, targets are looked up lexically clean", (t) => {
  fc.assert(
    fc.property(path, (input) => {
      const below = cleanRelative(input)
      const clean = below.split("/").every((part) => part !== ".." && part !== ".") && !below.startsWith("/") && !below.endsWith("/")
      return clean && cleanRelative(below) === below
    }),
    { numRuns: roundsOf(500, 25_000), seed: 20240503 },
  )
  t.pass()
  t.end()
})

t.setTimeout(0)
