import { existsSync, readFileSync } from "node:fs"
import type { Test } from "tap"
import type { Box } from "../../conformance/lib/box.ts"
import { expectSuccess, until } from "../../conformance/lib/command.ts"
import { cgroupsOf, isAlive } from "../../conformance/lib/procfs.ts"
import { boxTest } from "../../conformance/lib/test.ts"

/*
 * Containers without a cgroup: --cgroup-manager disabled (crun's option, which Podman's --cgroups=disabled gives), machines whose cgroupfs is
 * read-only or not there.
 */

const ONLY_RUNTS = { runc: "has no such option", crun: "drops limits in silence, and lists and kills no processes of a container without a cgroup" } as const

function without(box: Box): Box {
  box.globals = ["--cgroup-manager", "disabled"]
  return box
}

/** The command, with cgroupfs unmounted, or read-only, for it alone. */
const UNMOUNTED = `set -- unshare -m sh -c 'umount -R -l /sys/fs/cgroup && exec "$@"' sh "$@"`
const READ_ONLY =
  `set -- unshare -m sh -c 'for m in $(grep -o " /sys/fs/cgroup[^ ]* " /proc/self/mounts); do mount -o remount,bind,ro $m || exit 9; done; exec "$@"' sh "$@"`

boxTest("disabled: no cgroup is made, its processes stay in their maker's [--cgroup-manager]", { skipFor: { runc: ONLY_RUNTS.runc } }, async (t, box) => {
  const pid = await without(box).launch("/bin/sleep", "1000")
  t.same(cgroupsOf(pid), cgroupsOf(process.pid))
  t.same(box.cgroupFolders(), [])
  t.match(box.state(), { status: "running", pid })
  box.kill()
  await box.reached("stopped")
  box.delete()
})

boxTest("disabled: run too, and what it prints is the program's alone [--cgroup-manager, run]", { skipFor: { runc: ONLY_RUNTS.runc } }, (t, box) => {
  const { stdout, stderr } = expectSuccess(without(box).args("/bin/echo", "hello").run())
  t.same([stdout, stderr], ["hello\n", ""])
})

boxTest("disabled: the state remembers it, so that other commands need no option [--cgroup-manager]", { skipFor: ONLY_RUNTS }, async (t, box) => {
  const pid = await without(box).launch("/bin/sh", "-c", "sleep 1000 & sleep 1000")
  box.globals = []
  const listed = (): number[] => JSON.parse(expectSuccess(box.call(["ps", "--format", "json", box.id])).stdout) as number[]
  await until("two processes", () => listed().length >= 2)
  t.ok(listed().includes(pid))
  t.equal(box.exec(["/bin/true"]).code, 0)
  box.delete("--force")
  t.equal(isAlive(pid), false)
})

for (const [command, args, what] of [
  ["pause", [], "to freeze"],
  ["update", ["--pids-limit", "10"], "whose limits could be changed"],
  ["events", ["--stats"], "to count for it"],
] as const) {
  boxTest(`disabled: ${command} says in one sentence why it cannot [--cgroup-manager, ${command}]`, { skipFor: ONLY_RUNTS }, async (t, box) => {
    await without(box).launch("/bin/sleep", "1000")
    const { code, stderr } = box.call([command, ...args, box.id])
    t.equal(code, 1)
    t.equal(stderr, `runts: container "${box.id}" has no cgroup ${what}: it was made with --cgroup-manager disabled\n`)
    t.equal(box.state().status, "running")
  })
}

boxTest("disabled: resume and exec --cgroup say it too [--cgroup-manager, resume, exec --cgroup]", { skipFor: ONLY_RUNTS }, async (t, box) => {
  await without(box).launch("/bin/sleep", "1000")
  t.match(box.call(["resume", box.id]), { code: 1, stderr: /container not paused: running/ })
  t.match(box.exec(["/bin/true"], ["--cgroup", "sub"]), { code: 255, stderr: /has no cgroup below which --cgroup could name one/ })
})

boxTest("disabled: kill --all reaches what exec has brought in [--cgroup-manager, kill --all]", { skipFor: ONLY_RUNTS }, async (t, box) => {
  const pid = await without(box).launch("/bin/sh", "-c", "trap '' USR1; sleep 1000 & wait; sleep 1000")
  box.exec(["/bin/sleep", "555"], ["--detach", "--pid-file", `${box.folder}/pid`])
  const joined = Number(readFileSync(`${box.folder}/pid`, "utf8"))
  expectSuccess(box.call(["kill", "--all", box.id, "USR1"]))
  await until("its end", () => !isAlive(joined))
  t.equal(isAlive(pid), true, "init ignores the signal")
  box.kill("KILL")
  await box.reached("stopped")
})

/** A container that shares the pid namespace, with a process that has left its parent. */
async function sharing(t: Test, box: Box): Promise<number[]> {
  box.config.linux.namespaces = box.config.linux.namespaces.filter(({ type }) => type !== "pid")
  const pid = await without(box).launch("/bin/sh", "-c", "(sleep 1000 & sleep 1000 & ); exec sleep 1000")
  const listed = (): number[] => JSON.parse(expectSuccess(box.call(["ps", "--format", "json", box.id])).stdout) as number[]
  await until("three processes", () => listed().length === 3)
  t.ok(listed().includes(pid))
  return listed()
}

boxTest("disabled, shared pid namespace: ps finds, and delete --force ends all [--cgroup-manager, ps, delete --force]", { skipFor: ONLY_RUNTS }, async (t, box) => {
  const pids = await sharing(t, box)
  box.delete("--force")
  await until("their end", () => pids.every((pid) => !isAlive(pid)))
})

boxTest("disabled, shared pid namespace: KILL ends all [--cgroup-manager, kill]", { skipFor: ONLY_RUNTS }, async (t, box) => {
  const pids = await sharing(t, box)
  box.kill()
  await until("their end", () => pids.every((pid) => !isAlive(pid)))
  await box.reached("stopped")
})

for (const [resources, pointer] of [
  [{ memory: { limit: 100_000_000 } }, "/linux/resources/memory/limit"],
  [{ pids: { limit: 10 } }, "/linux/resources/pids/limit"],
  [{ unified: { "memory.high": "100000000" } }, "/linux/resources/unified"],
] as const) {
  boxTest(`disabled: a limit is an error, never dropped in silence [--cgroup-manager, ${pointer}]`, { skipFor: ONLY_RUNTS }, (t, box) => {
    box.config.linux.resources = resources
    const { code, stderr } = without(box).tryCreate()
    t.equal(code, 1)
    t.match(stderr, `${pointer}: without a cgroup (--cgroup-manager disabled) the container can have no limits`)
    t.match(stderr, "leave out the limits, or the option")
    t.same(box.stateEntries(), [])
  })
}

boxTest("disabled: limits that limit nothing are none; of device rules it is warned [--cgroup-manager, /linux/resources/devices]", { skipFor: ONLY_RUNTS }, (t, box) => {
  box.config.linux.resources = { devices: [{ allow: false, access: "rwm" }], memory: {}, cpu: { shares: 0 } }
  without(box)
  box.globals = [...box.globals, "--log", `${box.folder}/log`]
  expectSuccess(box.run())
  t.match(readFileSync(`${box.folder}/log`, "utf8"), /level=warning msg="the container has no cgroup, so that linux.resources.devices is not in force/)
})

boxTest("disabled: a cgroup mount shows the maker's cgroups, read-only [--cgroup-manager, /mounts/*/type]", { skipFor: ONLY_RUNTS }, (t, box) => {
  box.config.mounts.push({ destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "nodev", "noexec"] })
  without(box)
  box.globals = [...box.globals, "--log", `${box.folder}/log`]
  const seen = box.inside("grep -E ' - cgroup2? ' /proc/self/mountinfo; find /sys/fs/cgroup -name cgroup.procs | head -1")
  t.match(seen, /\/sys\/fs\/cgroup.*cgroup\.procs$/s)
  for (const line of seen.split("\n").filter((text) => text.includes(" - cgroup"))) t.match(line, /^\S+ \S+ \S+ \S+ \S+ ro,/, line)
  t.match(readFileSync(`${box.folder}/log`, "utf8"), /\/sys\/fs\/cgroup is read-only, as the container has no cgroup of its own/)
})

boxTest("disabled: in a cgroup namespace of its own the mount has the maker's cgroup as its root [--cgroup-manager]", { needs: ["v2"], skipFor: ONLY_RUNTS }, (t, box) => {
  box.config.linux.namespaces.push({ type: "cgroup" })
  box.config.mounts.push({ destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["ro"] })
  t.match(without(box).inside("cat /proc/self/cgroup"), /^0::\/$/m)
})

boxTest("no cgroupfs: the error says what to do; disabled does without [--cgroup-manager, /linux/cgroupsPath]", { skipFor: ONLY_RUNTS }, async (t, box) => {
  const before = UNMOUNTED
  const { code, stderr } = box.tryCreate([], { before })
  t.equal(code, 1)
  t.match(stderr, /no cgroups are mounted on this machine.*mount -t cgroup2 none \/sys\/fs\/cgroup, or do without \(--cgroup-manager disabled\)/)
  t.same(box.stateEntries(), [])
  without(box).args("/bin/sleep", "1000").create([], { before })
  expectSuccess(box.call(["start", box.id], { before }))
  t.equal(box.call(["exec", box.id, "/bin/true"], { before }).code, 0)
  t.equal((JSON.parse(box.call(["ps", "--format", "json", box.id], { before }).stdout) as number[]).length, 1)
  expectSuccess(box.call(["delete", "--force", box.id], { before }))
})

boxTest("read-only cgroupfs: the error says what to do; disabled, and --rootless true, do without [--cgroup-manager, --rootless]", { skipFor: ONLY_RUNTS }, (t, box) => {
  const before = READ_ONLY
  const refused = box.run([], { before })
  t.equal(refused.code, 1)
  t.match(refused.stderr, /read-only file system.*mount it writable, or do without cgroups \(--cgroup-manager disabled\)/)
  delete box.config.linux.cgroupsPath
  box.globals = ["--rootless", "true"]
  t.equal(box.run([], { before }).code, 0, "as nothing is asked for")
  t.equal(without(box).run([], { before }).code, 0)
  t.equal(existsSync(`${box.root}/${box.id}`), false)
})
