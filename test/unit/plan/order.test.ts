import t, { type Test } from "tap"
import { AT_FDCWD, O_CLOEXEC, RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS } from "../../../src/kernel/fs.ts"
import { CLONE, NAMESPACES, PR } from "../../../src/kernel/process.ts"
import { planCreate } from "../../../src/plan/create.ts"
import { planExec } from "../../../src/plan/exec.ts"
import { planHook } from "../../../src/plan/hook.ts"
import { MESSAGE } from "../../../src/plan/planner.ts"
import { ROW_SIZE, ROWS_ADDRESS } from "../../../src/program/layout.ts"
import type { PagesUpTo, Step } from "../../../src/program/program.ts"
import type { Spec } from "../../../src/spec/types.gen.ts"
import {
  calls, changed, configNames, execFacts, factsFor, fullSpec, isCall, readConfig, says, stepsOf, straightLine,
  textOf, withNamespaces, wordsOf,
} from "./helpers.ts"

const line = (spec: Spec, more = {}): readonly Step[] => straightLine(planCreate(spec, factsFor(spec, more)))
const { process } = fullSpec() as Required<Spec>
const exec = (more = {}): readonly Step[] => straightLine(planExec(process, execFacts(more)))
const first = (steps: readonly Step[], name: string, ...args: (number | string | undefined)[]): number => {
  const [index] = calls(steps, name, ...args)
  if (index === undefined) throw new Error(`no step calls ${name}`)
  return index
}
const last = (steps: readonly Step[], name: string, ...args: (number | string | undefined)[]): number =>
  calls(steps, name, ...args).at(-1) ?? -1

/** Fails unless the indices rise. */
function rises(t: Test, what: string, ...indices: number[]): void {
  t.ok(indices.every((index, i) => index >= 0 && (i === 0 || (indices[i - 1] as number) < index)),
    `${what} (${indices.join(" < ")})`)
}

t.test("a process is undumpable before it joins a namespace: who lives there could take its descriptors",
  (t) => {
  const joins = line(withNamespaces({ type: "pid", path: "/p" }, { type: "user", path: "/u" }, { type: "ipc", path: "/i" },
    "mount"))
  const dumpable = (steps: readonly Step[]): number => first(steps, "prctl", PR.SET_DUMPABLE, 0)
  rises(t, "create", dumpable(joins), first(joins, "setns"))
  const user = first(joins, "setns", undefined, CLONE.NEWUSER)
  t.ok(isCall(joins[user + 1] as Step, "prctl", PR.SET_DUMPABLE, 0),
    "again after the user namespace: setns leaves the flag as it is for its processes")
  rises(t, "exec", dumpable(exec()), first(exec(), "setns"))
  const namespaces = { pidfd: 9, flags: CLONE.NEWUSER + CLONE.NEWPID }
  const hook = planHook({
    path: "/h", args: ["h"], env: [], cwd: undefined, stdin: 4, stdout: 5, stderr: 5, status: 6, nofile: { soft: 1, hard: 2 },
    namespaces, pointer: "/hooks/startContainer/0",
  }).program.steps
  rises(t, "hook", dumpable(hook), first(hook, "setns"))
  t.end()
})

t.test("no setuid of init leaves it dumpable: fs.suid_dumpable may undo it", (t) => {
  for (const steps of [line(fullSpec()), exec(), line(withNamespaces("user", "mount", "pid"))]) {
    const uid = last(steps, "setresuid")
    rises(t, "after setresuid", uid, last(steps, "prctl", PR.SET_DUMPABLE, 0))
    t.equal(last(steps, "prctl", PR.SET_DUMPABLE, 1) > uid, false)
  }
  t.end()
})

t.test("the user namespace before the namespaces it owns, the mount namespace last: it changes what paths mean",
  (t) => {
  const spec = withNamespaces({ type: "mount", path: "/m" }, { type: "network", path: "/n" }, { type: "user", path: "/u" },
    { type: "pid", path: "/p" })
  const flags = stepsOf(spec).filter((step) => step.name === "setns").map((step) => step.args[1])
  const pass = [NAMESPACES.pid.flag, NAMESPACES.network.flag, NAMESPACES.mount.flag]
  t.same(flags, [...pass, CLONE.NEWUSER, ...pass])
  t.end()
})

t.test("before the pivot nothing of the image is opened but by the root's descriptor, in the root, no magic links", (t) => {
  const faults: string[] = []
  let count = 0
  for (const name of configNames) {
    const spec = readConfig(name)
    const planner = planCreate(spec, factsFor(spec))
    const { steps } = planner.program
    const pivot = first(steps, "pivot_root")
    steps.forEach((step, index) => {
      if (step.name !== "openat2") return
      const resolve = wordsOf(step.args[2])[2] as number
      if ((resolve & RESOLVE_IN_ROOT) === 0) faults.push(`${name}: step ${index} leaves the root`)
      // RESOLVE_NO_SYMLINKS refuses magic links, too (openat2(2))
      if ((resolve & (RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS)) === 0) faults.push(`${name}: ${index} follows magic links`)
      if (step.args[0] === AT_FDCWD) faults.push(`${name}: step ${index} starts at no descriptor`)
      // the kernel gives up a `..` of a symlink on the way whenever something is mounted or renamed anywhere (openat2(2), EAGAIN)
      const again = step.branches?.some(({ errno, to }) => (errno === "EAGAIN" || errno === "any") && to !== "continue")
      if ((resolve & RESOLVE_NO_SYMLINKS) === 0 && textOf(step.args[1]) !== "." && again !== true) {
        faults.push(`${name}: step ${index} (${step.text}) is not tried again`)
      }
      count++
    })
    for (const step of steps.slice(0, pivot)) {
      const byPath = step.name === "move_mount" && step.args[2] !== AT_FDCWD && textOf(step.args[3]) !== ""
      if (byPath) faults.push(`${name}: a mount is attached by path`)
    }
  }
  t.same(faults, [])
  t.ok(count > 1000)
  t.end()
})

t.test("whatever the program opens is close-on-exec: only stdio and preserved descriptors pass", (t) => {
  const faults: string[] = []
  let count = 0
  for (const name of configNames) {
    const spec = readConfig(name)
    const { steps } = planCreate(spec, factsFor(spec)).program
    steps.forEach((step, index) => {
      const flags: Partial<Record<string, () => number>> = {
        openat: () => step.args[2] as number, openat2: () => wordsOf(step.args[2])[0] as number,
        open_tree: () => step.args[2] as number,
        fsopen: () => (step.args[1] as number) * O_CLOEXEC, fsmount: () => (step.args[1] as number) * O_CLOEXEC,
        fspick: () => (step.args[2] as number) * O_CLOEXEC, socket: () => step.args[1] as number,
        accept4: () => step.args[3] as number,
        dup3: () => ((step.args[1] as number) < 3 ? O_CLOEXEC : (step.args[2] as number)),
      }
      const ask = flags[step.name ?? ""]
      if (ask === undefined) return
      count++
      if ((ask() & O_CLOEXEC) === 0) faults.push(`${name}: step ${index}, ${step.name}`)
    })
  }
  t.same(faults, [])
  t.ok(count > 1000)
  t.end()
})

t.test("the host's descriptors end before privileges change and before the image's program is looked at", (t) => {
  for (const steps of [line(fullSpec()), line(fullSpec(), { preservedFds: 2 }), exec(), exec({ preservedFds: 1 })]) {
    const closed = last(steps, "close_range")
    rises(t, "close_range, setresuid, capset", closed, last(steps, "setresuid"), first(steps, "capset"))
    rises(t, "close_range, faccessat2", closed, last(steps, "faccessat2"))
    t.same(calls(steps.slice(closed), "setns"), [], "no namespace is joined after it")
  }
  t.equal(line(fullSpec(), { preservedFds: 2 })[last(line(fullSpec(), { preservedFds: 2 }), "close_range")]?.args[0], 7,
    "3 and 4 pass, 5 and 6 are the sockets")
  t.end()
})

t.test("credentials: no_new_privs, bounding set, groups, ids, then the last capset: each needs what the next takes", (t) => {
  for (const steps of [line(fullSpec()), exec()]) {
    rises(t, "order", first(steps, "prctl", PR.SET_NO_NEW_PRIVS, 1), last(steps, "prctl", PR.CAPBSET_DROP),
      first(steps, "setgroups"),
      last(steps, "setresgid"), last(steps, "setresuid"), first(steps, "capset"))
    rises(t, "KEEPCAPS only around setresuid", first(steps, "prctl", PR.SET_KEEPCAPS, 1), last(steps, "setresuid"),
      last(steps, "prctl", PR.SET_KEEPCAPS, 0), first(steps, "capset"))
    t.equal(calls(steps, "capset").length, 1)
    t.equal(calls(steps, "prctl", PR.CAPBSET_DROP).length, 40, "all but CAP_KILL")
  }
  const without = line(changed(fullSpec(), { process: { noNewPrivileges: false } }))
  t.same(calls(without, "prctl", PR.SET_NO_NEW_PRIVS), [])
  t.end()
})

t.test("mounts, devices, hooks, then protection, then the pivot: a hook may mount, and nothing can unmount a mask after it",
  (t) => {
  const steps = line(fullSpec())
  const hooks = first(steps, "sendto", 4) // the status socket
  t.same(wordsOf(steps[hooks]?.args[1])[0], MESSAGE.PID, "the launcher's report is the first")
  const asks = steps.findIndex((step) => step.name === "sendto" && step.text.includes("hooks of creation"))
  rises(t, "order", says(steps, /^attach it at \/vol$/), last(steps, "mknodat"), says(steps, /link \/dev\/ptmx/), asks,
    says(steps, /set the sysctl/), says(steps, /cover \/proc\/sys with it/), says(steps, /^mask \/proc\/kcore/),
    says(steps, /^make \/dev read-only/),
    says(steps, /make the root filesystem read-only/), first(steps, "pivot_root"))
  rises(t, "init waits for the hooks before it goes on", asks, steps.findIndex((step, i) => i > asks && step.name === "recvfrom"),
    says(steps, /set the sysctl/))
  const quiet = stepsOf(fullSpec(), { waitsForHooks: false })
  t.notOk(quiet.some((step) => step.text.includes("hooks of creation")), "no wait without hooks")
  t.end()
})

t.test("a missing working directory is made before the root is read-only", (t) => {
  const steps = line(fullSpec())
  const made = steps.findIndex((step) => step.name === "openat2" && textOf(step.args[1]) === "work")
  rises(t, "order", made, says(steps, /make the root filesystem read-only/))
  const writable = changed(fullSpec(), { root: { readonly: false } })
  t.notOk(stepsOf(writable).some((step) => step.name === "openat2" && textOf(step.args[1]) === "work"))
  t.end()
})

t.test("after the pivot the old root is let go before anything else, and cannot propagate", (t) => {
  const steps = line(fullSpec())
  const pivot = first(steps, "pivot_root", ".", ".")
  t.same(steps.slice(pivot, pivot + 7).map((step) => step.name),
    ["pivot_root", "fchdir", "mount", "umount2", "close", "chdir", "close"])
  const moved = line(fullSpec(), { noPivot: true })
  rises(t, "--no-pivot lets go of the host's procfs first: it would be an unmasked one", first(moved, "umount2", "/proc"),
    first(moved, "move_mount", undefined, "", AT_FDCWD, "/"), first(moved, "chroot", "."))
  t.same(calls(moved, "pivot_root"), [])
  t.end()
})

t.test("network devices come in when the ids are mapped, before anything can be said of them: names, hooks, sysctls", (t) => {
  const spec = changed(fullSpec(), { linux: { netDevices: { eth0: {} } } })
  const steps = line(spec)
  const asks = says(steps, /move network devices in/)
  t.same(wordsOf(steps[asks]?.args[1]), [MESSAGE.DEVICES, 0])
  rises(t, "order", asks, steps.findIndex((step, i) => i > asks && step.name === "recvfrom"), says(steps, /set the host name/),
    says(steps, /hooks of creation/), says(steps, /set the sysctl/))
  const mapped = line(changed(withNamespaces("user", "network", "mount"), { linux: { netDevices: { eth0: {} } } }))
  rises(t, "after the maps", says(mapped, /id mappings/), first(mapped, "setresuid"), says(mapped, /loopback/), says(mapped, /move network devices in/))
  for (const netDevices of [{}, undefined]) {
    const none = line(changed(fullSpec(), { linux: { netDevices } as Partial<Spec["linux"]> }))
    t.equal(none.findIndex((step) => step.text.includes("network devices")), -1, "no wait without devices")
  }
  t.end()
})

t.test("STARTED is the last call before execve: end of file after it means success", (t) => {
  const run = { channel: { status: 20, start: undefined, console: undefined } }
  for (const steps of [line(fullSpec()), line(fullSpec(), run), exec()]) {
    const told = steps.at(-2) as Step
    t.equal(steps.at(-1)?.name, "execve")
    t.equal(told.name, "sendto")
    t.same(wordsOf(told.args[1]), [MESSAGE.STARTED, 0])
  }
  const create = line(fullSpec())
  rises(t, "accepted before", first(create, "accept4"), create.length - 2)
  t.end()
})

t.test("the program is looked up with the final credentials, and init waits for start only after that", (t) => {
  const steps = line(fullSpec())
  rises(t, "order", first(steps, "capset"), first(steps, "getcwd"), last(steps, "faccessat2"),
    says(steps, /report that the container is created/), first(steps, "accept4"))
  t.end()
})

t.test("user namespace: maps, then root in it, before anything is made: files would have no owner", (t) => {
  const steps = line(withNamespaces("user", "pid", "mount", "network", "ipc", "uts", "time"))
  const child = says(steps, /report its pid/)
  const maps = says(steps, /ask the runtime for the id mappings/)
  const makes = ["unshare", "mkdirat", "mknodat", "symlinkat", "fsopen", "mount", "move_mount", "socket", "sethostname"]
  const made = steps.findIndex((step, i) => i > child && makes.includes(step.name ?? ""))
  rises(t, "order", child, maps, first(steps, "setresgid", 0), first(steps, "setresuid", 0), made)
  const joined = line(withNamespaces({ type: "user", path: "/u" }, "mount"))
  t.notOk(joined.some((step) => step.text.includes("id mappings")), "a joined one has its maps")
  t.ok(calls(joined, "setresuid", 0).length === 1)
  t.end()
})

t.test("user namespace: what only the host may attach is staged first, and no clone shows the staging folder", (t) => {
  const steps = line(withNamespaces("user", "pid", "mount", "network", "ipc", "uts"))
  const clone = first(steps, "clone3")
  const sources = [first(steps, "open_tree", AT_FDCWD, "/bundle/rootfs"), first(steps, "open_tree", AT_FDCWD, "/host/vol")]
  const staging = first(steps, "move_mount", undefined, "", AT_FDCWD, "/run/runts/c1")
  for (const source of sources) rises(t, "order", first(steps, "unshare", CLONE.NEWNS), source, staging, clone)
  t.same(calls(steps.slice(clone), "open_tree", AT_FDCWD, "root").length, 1, "init clones the staged root")
  t.same(calls(steps.slice(clone), "open_tree", AT_FDCWD, "m2").length, 1, "and the staged bind")
  t.same(calls(steps.slice(clone), "open_tree", AT_FDCWD, "/host/vol"), [])
  t.end()
})

t.test("v1: the cgroups are joined back to back, and before the cgroup namespace, which is rooted there", (t) => {
  const cgroup = { intoCgroup: undefined, procs: [{ controller: "pids", fd: 30 }, { controller: "cpu", fd: 31 }] }
  const steps = line(withNamespaces("cgroup", "mount", "pid"), { cgroup })
  const writes = [first(steps, "write", 30), first(steps, "write", 31)]
  t.equal(writes[1], (writes[0] as number) + 1)
  rises(t, "order", first(steps, "clone3"), ...writes, first(steps, "unshare", CLONE.NEWCGROUP))
  const flagsOf = (all: readonly Step[]): number => wordsOf(all[first(all, "clone3")]?.args[0])[0] as number
  t.equal(Math.floor(flagsOf(steps) / CLONE.NEWCGROUP) % 2, 0)
  const v2 = line(withNamespaces("cgroup", "mount", "pid"))
  t.equal(Math.floor(flagsOf(v2) / CLONE.NEWCGROUP) % 2, 1, "v2: in the same clone3 as CLONE_INTO_CGROUP")
  t.same(calls(v2, "unshare", CLONE.NEWCGROUP), [])
  t.end()
})

t.test("the time namespace has its offsets before anyone is in it: clone3, or execve, enters it", (t) => {
  const offsets = { linux: { timeOffsets: { boottime: { secs: 7, nanosecs: 8 }, monotonic: { secs: -1 } } } }
  const write = (steps: readonly Step[]): number => says(steps, /offset of the boottime clock/)
  const plain = line(changed(withNamespaces("time", "mount", "pid"), offsets))
  rises(t, "launcher", first(plain, "unshare", CLONE.NEWTIME), write(plain), first(plain, "clone3"))
  t.ok(plain.some((step) => textOf(step.args[1]) === "boottime 7 8\n"))
  t.ok(plain.some((step) => textOf(step.args[1]) === "monotonic -1 0\n"))
  const user = changed(withNamespaces("time", "mount", "pid", "user"), offsets)
  const own = line(user)
  rises(t, "init", last(own, "setresuid", 0), first(own, "prctl", PR.SET_DUMPABLE, 1), first(own, "unshare", CLONE.NEWTIME),
    write(own), last(own, "prctl", PR.SET_DUMPABLE, 0))
  t.throws(() => stepsOf(user, { kernel: [6, 0] }), { message: /takes Linux 6.1 or later/ }, "before 6.1 execve stays outside")
  t.end()
})

t.test("what lets go of the steps that have run keeps the page it stands in itself, wherever it comes to stand", (t) => {
  const seen = new Set<number>()
  for (let count = 0; count < 70; count++) {
    const spec: Spec = { ...fullSpec(), linux: { ...fullSpec().linux, sysctl: {}, readonlyPaths: Array.from({ length: count }, (_, i) => `/r${i}`) } }
    const { steps } = planCreate(spec, factsFor(spec)).program
    const [index] = calls(steps, "munmap")
    const step = steps[index as number] as Step
    const [from, pages] = step.args as [number, PagesUpTo]
    const own = ROWS_ADDRESS + (index as number) * ROW_SIZE
    seen.add(own % 4096)
    const upTo = ROWS_ADDRESS + (pages.label.index as number) * ROW_SIZE
    const end = from + Math.max(0, Math.floor(upTo / 4096) * 4096 - from)
    if (end > own) t.fail(`${count} read-only paths: the step lies at ${own.toString(16)}, the pages end at ${end.toString(16)}`)
  }
  t.ok(seen.size >= 8, `${seen.size} places in a page`)
  t.end()
})
