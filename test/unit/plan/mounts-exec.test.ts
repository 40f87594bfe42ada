import t from "tap"
import { CLONE } from "../../../src/kernel/process.ts"
import { mountRequest } from "../../../src/plan/mount-request.ts"
import { type MountsExecFacts, planMountsAdd, planMountsRemove } from "../../../src/plan/mounts-exec.ts"
import type { Mount } from "../../../src/spec/types.gen.ts"
import { calls, says } from "./helpers.ts"

const facts = (more: Partial<MountsExecFacts> = {}): MountsExecFacts => ({
  kernel: [6, 18], bundle: "/bundle", sources: new Map([[0, { isDirectory: true, isProcfs: false }]]), existing: new Set(), idmaps: new Map(),
  cgroupMounts: undefined, status: 5, pidfd: 6, namespaceFlags: CLONE.NEWNS + CLONE.NEWPID + CLONE.NEWNET + CLONE.NEWIPC, staging: "/run/runts/c1",
  label: undefined, isPrivate: false, ...more,
})
const add = (mounts: Mount[], more: Partial<MountsExecFacts> = {}): ReturnType<typeof planMountsAdd>["program"]["steps"] =>
  planMountsAdd(mounts.map((mount, index) => mountRequest(mount, index)), facts(more)).program.steps
const source: Mount = { destination: "/mnt", type: "bind", source: "/host", options: ["bind"] }
const proc: Mount = { destination: "/p", type: "proc", source: "proc" }

t.test("planMountsAdd(): what is the host's is cloned before, what is the container's is resolved after its mount namespace is joined", (t) => {
  const steps = add([source])
  const joined = says(steps, /join the container's mount namespace/)
  t.ok((calls(steps, "open_tree", undefined, "/host")[0] as number) < joined)
  t.ok((calls(steps, "openat2", undefined, "mnt")[0] as number) > joined)
  t.ok((calls(steps, "prctl", 4, 0)[0] as number) < (calls(steps, "setns")[0] as number), "undumpable before it joins anything")
  t.end()
})

t.test("planMountsAdd(): a procfs is made before anything of the host is open, where the container sees its maker", (t) => {
  t.equal(add([source]).some(({ name, args }) => name === "setns" && ((args[1] as number) & CLONE.NEWPID) !== 0), false, "only for a procfs")
  for (const [more, flags] of [[0, CLONE.NEWPID + CLONE.NEWNS], [CLONE.NEWUSER, CLONE.NEWPID]] as const) {
    const steps = add([source, proc], { namespaceFlags: facts().namespaceFlags + more })
    const [join] = calls(steps, "setns") as [number]
    t.same(steps[join]?.args, [6, flags], "in the container's mount namespace, unless a user namespace keeps it from the container anyway")
    const [goes, maker] = calls(steps, "clone3") as [number, number]
    t.ok(goes < join && join < maker && maker < (calls(steps, "fsopen", "proc")[0] as number))
    for (const name of ["openat", "open_tree", "openat2", "unshare"]) t.ok(Math.min(...calls(steps, name)) > maker, name)
  }
  t.end()
})

t.test("planMountsAdd(): in a user namespace sources are staged, and locked by a copy of the mounts, before they are cloned", (t) => {
  const steps = add([source], { namespaceFlags: CLONE.NEWNS + CLONE.NEWUSER })
  const locked = says(steps, /all flags locked/)
  t.ok((calls(steps, "open_tree", undefined, "/host")[0] as number) < locked)
  t.ok((calls(steps, "open_tree", undefined, "m0")[0] as number) > locked)
  t.end()
})

t.test("planMountsAdd(): each mount is undone by a number that no other descriptor has", (t) => {
  const mounts = Array.from({ length: 300 }, (_, i) => ({ ...source, destination: `/m${i}` }))
  const sources = new Map(mounts.map((_, i) => [i, { isDirectory: true, isProcfs: false }]))
  const steps = add(mounts, { sources, idmaps: new Map(mounts.map((_, i) => [i, 10 + i])) })
  const numbers = steps.filter(({ name, text }) => name === "dup3" && /hold the mount/.test(text)).map(({ args }) => args[1])
  t.equal(new Set(numbers).size, 300)
  t.ok(Math.min(...(numbers as number[])) > 310 + 16)
  t.equal(calls(steps, "umount2").length, 300)
  t.end()
})

t.test("planMountsRemove(): all are looked at before the first is unmounted", (t) => {
  const paths = ["a", "b"].map((path, index) => ({ path, pointer: `/mounts/${index}/destination` }))
  const { steps } = planMountsRemove(paths, { status: 5, pidfd: 6 }).program
  t.ok(Math.max(...calls(steps, "openat2")) < Math.min(...calls(steps, "umount2")))
  t.equal(calls(steps, "umount2").length, 2)
  t.end()
})

t.test("planMountsAdd() refuses what only creation can do", (t) => {
  const rows: [Mount, RegExp][] = [
    [{ ...source, options: ["bind", "remount"] }, /remount adds no mount/], [{ destination: "/c", type: "cgroup" }, /cannot be added/],
    [{ ...source, destination: "/" }, /cannot be covered/], [{ ...source, destination: "/a/.." }, /cannot be covered/],
    [{ destination: "/proc/self", type: "tmpfs" }, /inside \/proc/], [{ destination: "/m" }, /it has no type/],
  ]
  for (const [mount, message] of rows) t.throws(() => add([mount]), { message }, mount.destination)
  t.end()
})
