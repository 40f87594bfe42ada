import t from "tap"
import { AT_FDCWD, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_XDEV } from "../../../src/kernel/fs.ts"
import { planCreate } from "../../../src/plan/create.ts"
import { planExec } from "../../../src/plan/exec.ts"
import { planHook } from "../../../src/plan/hook.ts"
import { mountLabel, mountRequest } from "../../../src/plan/mount-request.ts"
import type { Planner } from "../../../src/plan/planner.ts"
import type { Step } from "../../../src/program/program.ts"
import type { Spec } from "../../../src/spec/types.gen.ts"
import { calls, changed, execFacts, factsFor, fullSpec, isCall, straightLine, textOf, wordsOf } from "./helpers.ts"

const labels = { apparmor: "profile", stack: false, selinux: "u:r:t:s0" }
const spec = fullSpec() as Required<Spec>
const hook = (): Planner =>
  planHook({
    path: "/hook", args: ["/hook"], env: [], cwd: "/", stdin: 10, stdout: 11, stderr: 11, status: 12,
    nofile: { soft: 1024, hard: 4096 }, namespaces: { pidfd: 13, flags: 0x20020000 }, pointer: "/hooks/startContainer/0",
    confinement: {
      process: spec.process, facts: factsFor(spec), cgroup: { intoCgroup: undefined, procs: [] }, labels, keyring: undefined, limits: [],
      root: undefined,
    },
  })

const programs: readonly (readonly [string, Planner])[] = [
  ["create", planCreate(spec, factsFor(spec, { labels }))],
  ["exec", planExec(spec.process, execFacts({ labels }))],
  ["startContainer hook", hook()],
]

const index = (steps: readonly Step[], name: string): number => steps.findIndex((step) => isCall(step, name))

for (const [name, planner] of programs) {
  t.test(`planLabels(): ${name}: through the host's /proc, which is closed before any namespace is joined or made`, (t) => {
    const steps = straightLine(planner)
    const [held] = calls(steps, "openat", AT_FDCWD, "/proc") as [number]
    t.ok(held >= 0 && steps[held]?.args[0] === AT_FDCWD, "opened by name, once, and before the image has a say")
    const closed = calls(steps, "close").find((at) => steps[at]?.args[0] === steps[held]) as number
    for (const later of ["setns", "clone3", "unshare"]) {
      const at = index(steps, later)
      if (at >= 0) t.ok(closed < at, `a container that may trace its processes finds no folder of the host after ${later}`)
    }
    const writes = calls(steps, "openat2").filter((at) => textOf(steps[at]?.args[1])?.startsWith("thread-self/attr/"))
    const attributes = ["apparmor/exec", "exec", "keycreate"].map((attribute) => `thread-self/attr/${attribute}`)
    t.same(writes.map((at) => textOf(steps[at]?.args[1])), attributes)
    const how = RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS
    for (const at of writes) t.equal(wordsOf(steps[at]?.args[2])[2], how, "no mount over it can catch the write")
    t.same(writes.map((at) => textOf(steps[at + 1]?.args[1])), ["exec profile", "u:r:t:s0", "u:r:t:s0"])
    t.ok((writes.at(-1) as number) < closed)
    t.end()
  })
}

t.test("planLabels(): nothing to write, nothing held", (t) => {
  for (const none of [undefined, { apparmor: undefined, stack: false, selinux: undefined }]) {
    const steps = straightLine(planExec(spec.process, execFacts({ labels: none })))
    t.same(calls(steps, "openat", AT_FDCWD, "/proc"), [])
  }
  t.end()
})

t.test("planLabels(): a confined runtime stacks the profile on its own", (t) => {
  const stacked = { apparmor: "profile", stack: true, selinux: undefined }
  const steps = straightLine(planExec(spec.process, execFacts({ labels: stacked })))
  t.equal(steps.filter((step) => isCall(step, "write") && textOf(step.args[1]) === "stack profile").length, 1)
  t.end()
})

const LABEL = "u:o:t:s0:c1,c2"
const context = { name: "context", value: LABEL }

t.test("mountRequest(): which mounts take linux.mountLabel [/linux/mountLabel]", (t) => {
  for (const type of ["tmpfs", "devpts", "ext4", "overlay"]) {
    t.same(mountRequest({ destination: "/m", type }, 0, context).labels, [context], type)
  }
  for (const type of ["proc", "sysfs", "mqueue", "cgroup", "cgroup2", "bind"]) {
    t.same(mountRequest({ destination: "/m", type }, 0, context).labels, [], type)
  }
  t.same(mountRequest({ destination: "/m", type: "tmpfs", options: ["remount"] }, 0, context).labels, [])
  t.notOk(mountRequest({ destination: "/m", type: "tmpfs" }, 0, context).legacy, "a comma in a label needs no old mount(2)")
  t.ok(mountRequest({ destination: "/m", type: "tmpfs" }, 0, { ...context, value: "x".repeat(256) }).legacy)
  t.end()
})

t.test("mountRequest(): a mount's own label, with the quotes of mount(8) or without", (t) => {
  for (const option of [`rootcontext="${LABEL}"`, `rootcontext=${LABEL}`]) {
    const request = mountRequest({ destination: "/m", type: "tmpfs", options: [option, "size=1m"] }, 0, context)
    t.match(request, { labels: [{ name: "rootcontext", value: LABEL }], data: ["size=1m"] })
  }
  const bound = { destination: "/m", type: "bind", options: [`context=${LABEL}`] }
  t.throws(() => mountRequest(bound, 0), { message: /a bind mount takes no data, but has "context/ })
  t.end()
})

t.test("mountLabel(): what the annotation makes of it [annotation run.oci.mount_context_type]", (t) => {
  const of = (type = ""): unknown =>
    mountLabel({ ...spec, linux: { mountLabel: LABEL }, annotations: { "run.oci.mount_context_type": type } })
  t.same(of(), context)
  t.same(mountLabel({ ...spec, linux: { mountLabel: LABEL } }), context)
  t.same(of("fscontext"), { name: "fscontext", value: LABEL })
  t.throws(() => of("size"), { message: /annotation run.oci.mount_context_type: "size" is not one of context, / })
  t.equal(mountLabel({ ...spec, linux: { mountLabel: "" } }), undefined)
  t.end()
})

t.test("planCgroupMount(): the tmpfs that holds the v1 hierarchies is labelled, they are not [/linux/mountLabel]", (t) => {
  const mounts = [{ destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup" }]
  const labelled = changed(spec, { linux: { mountLabel: LABEL }, mounts })
  const hierarchies = [{ name: "memory", mount: "/sys/fs/cgroup/memory", folder: "/sys/fs/cgroup/memory/c1" }]
  const planner = planCreate(labelled, factsFor(labelled, { cgroupMounts: { mode: "v1", hierarchies, unified: undefined } }))
  const steps = straightLine(planner)
  const given = calls(steps, "fsconfig").filter((at) => textOf(steps[at]?.args[3]) === LABEL)
  t.ok(given.some((at) => steps[at]?.text.includes("/sys/fs/cgroup")), "the tmpfs")
  t.notOk(given.some((at) => steps[at]?.text.includes("cgroup memory")), "a hierarchy")
  t.end()
})
