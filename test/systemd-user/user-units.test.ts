import { readFileSync, statSync } from "node:fs"
import t from "tap"
import { expectSuccess, until } from "../../conformance/lib/command.ts"
import { SLICE } from "../../conformance/lib/unit.ts"
import { Engine, LOGIN, RUNTIME_FOLDER, SCOPE, UID, USER, userSystemctl, userTest } from "../../conformance/lib/user-unit.ts"

/*
 * Containers of an ordinary user whose cgroups are units of his own systemd (--systemd-cgroup), seen by `systemctl --user` and in cgroupfs:
 * conformance/rigs/uml with UML_SYSTEMD=user.
 */

const MIB64 = String(64 << 20)
const engine = new Engine()
t.teardown(() => engine.close())
t.before(async () => {
  t.ok(UID > 0, `there is a user ${USER}`)
  await engine.open()
})

for (const caller of [LOGIN, engine]) {
  userTest(`a user's container is a delegated scope of his systemd, ${caller.says} [--systemd-cgroup] [/linux/cgroupsPath]`, caller, (t, side) => {
    side.create("/bin/sleep", "1000")
    const { ControlGroup, ActiveState, Delegate, Slice } = side.show("ControlGroup", "ActiveState", "Delegate", "Slice")
    const place = `/user.slice/user-${UID}.slice/user@${UID}.service/${SLICE}/${side.name}`
    t.same({ ControlGroup, ActiveState, Delegate, Slice }, { ControlGroup: place, ActiveState: "active", Delegate: "yes", Slice: SLICE })
    const { pid } = side.state
    t.equal(readFileSync(`/proc/${pid}/cgroup`, "utf8"), `0::${place}\n`, "init is in it")
    t.equal(statSync(side.folder).uid, UID, "the folder is the user's")
    side.ok("start", side.box.id)
    t.equal(side.state.status, "running")
  })

  userTest(`all other commands know the user's systemd by themselves, ${caller.says} [--systemd-cgroup]`, caller, async (t, side) => {
    side.box.config.linux.resources = { memory: { limit: 64 << 20 }, pids: { limit: 50 }, cpu: { quota: 50_000, period: 100_000 } }
    side.launch("/bin/sh", "-c", "sleep 1000 & wait")
    t.match(side.show("MemoryMax", "TasksMax", "CPUQuotaPerSecUSec"), { MemoryMax: MIB64, TasksMax: "50", CPUQuotaPerSecUSec: "500ms" })
    t.same([side.file("memory.max"), side.file("pids.max"), side.file("cpu.max")], [MIB64, "50", "50000 100000"])
    const inside = side.call(["exec", side.box.id, "/bin/sh", "-c", "cat /proc/self/cgroup"])
    t.equal(expectSuccess(inside).stdout.trim().split("/").at(-1), side.name, "exec comes into the unit")
    side.ok("pause", side.box.id)
    t.equal(side.state.status, "paused")
    t.equal(side.file("cgroup.freeze"), "1")
    side.ok("resume", side.box.id)
    side.ok("update", "--memory", String(128 << 20), "--pids-limit", "77", side.box.id)
    t.match(side.show("MemoryMax", "TasksMax"), { MemoryMax: String(128 << 20), TasksMax: "77" })
    t.equal(side.file("pids.max"), "77")
    t.equal((JSON.parse(side.ok("ps", "--format", "json", side.box.id)) as number[]).length, 2)
    t.match(side.ok("events", "--stats", side.box.id), /"pids":\{"current":2/)
    side.ok("kill", side.box.id, "KILL")
    await until("its end", () => side.state.status === "stopped")
    side.ok("delete", side.box.id)
    t.same(side.left, [])
  })
}

userTest("without a path it is runc-ID.scope in the user's user.slice [--systemd-cgroup] [/linux/cgroupsPath]", LOGIN, (t, side) => {
  delete side.box.config.linux.cgroupsPath
  side.create("/bin/sleep", "1000")
  t.match(userSystemctl("show", `runc-${side.box.id}.scope`, "--property=ControlGroup"), `user@${UID}.service/user.slice/runc-${side.box.id}.scope\n`)
})

userTest("a slice's name is its path below the user's systemd [/linux/cgroupsPath]", LOGIN, (t, side) => {
  side.box.config.linux.cgroupsPath = `runtsa-b.slice:test:${side.box.id}`
  side.create("/bin/sleep", "1000")
  t.match(userSystemctl("show", side.name, "--property=ControlGroup"), `user@${UID}.service/runtsa.slice/runtsa-b.slice/${side.name}\n`)
})

userTest("a name that is a slice makes the user's container one, from a scope [/linux/cgroupsPath]", SCOPE, (t, side) => {
  const name = `${SLICE.replace(".slice", "")}-own.slice`
  side.box.config.linux.cgroupsPath = `:test:${name}`
  side.create("/bin/sleep", "1000")
  t.match(userSystemctl("show", name, "--property=ControlGroup"), `user@${UID}.service/${SLICE}/${name}\n`)
  side.ok("delete", "--force", side.box.id)
  t.match(userSystemctl("show", name, "--property=ActiveState"), "ActiveState=inactive")
})

userTest("a slice from a login is an error that says from where it works [/linux/cgroupsPath]", LOGIN, (t, side) => {
  // systemd takes no processes into slices, and the user may not move them himself
  side.box.config.linux.cgroupsPath = `:test:${SLICE.replace(".slice", "")}-no.slice`
  const result = side.tryCreate()
  t.equal(result.code, 1)
  t.match(result.stderr, /bring process .* into cgroup .*permission denied.*systemd-run --user --scope/)
})

userTest("properties by annotations [annotation org.systemd.property.]", LOGIN, (t, side) => {
  side.box.config.annotations = { "org.systemd.property.Description": "'of the user'", "org.systemd.property.TimeoutStopSec": "7" }
  side.create("/bin/sleep", "1000")
  t.match(side.show("Description", "TimeoutStopUSec"), { Description: "of the user", TimeoutStopUSec: "7s" })
})

userTest("exec where init has moved below the unit comes to it [exec] [--systemd-cgroup]", LOGIN, async (t, side) => {
  side.box.config.linux.namespaces.push({ type: "cgroup" })
  side.box.config.mounts.push({ destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "noexec", "nodev"] })
  const script = "mkdir /sys/fs/cgroup/below && echo $$ >/sys/fs/cgroup/below/cgroup.procs && echo +pids >/sys/fs/cgroup/cgroup.subtree_control && sleep 1000"
  side.launch("/bin/sh", "-c", script)
  await until("it to move", () => side.file("cgroup.subtree_control") === "pids")
  const seen = side.call(["exec", side.box.id, "/bin/cat", "/proc/self/cgroup"])
  t.equal(expectSuccess(seen).stdout, "0::/below\n")
})

userTest("exec --cgroup of the user's own [exec --cgroup] [--systemd-cgroup]", LOGIN, (t, side) => {
  side.box.config.linux.namespaces.push({ type: "cgroup" })
  side.box.config.mounts.push({ destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "noexec", "nodev"] })
  side.launch("/bin/sleep", "1000")
  side.ok("exec", side.box.id, "mkdir", "/sys/fs/cgroup/named")
  t.equal(side.ok("exec", "--cgroup", "named", side.box.id, "cat", "/proc/self/cgroup"), "0::/named\n")
})

userTest("check finds nothing wrong, and makes nothing [check] [--systemd-cgroup]", LOGIN, (t, side) => {
  side.box.config.linux.resources = { memory: { limit: 64 << 20 }, pids: { limit: 50 } }
  side.box.write()
  const { stdout } = side.call(["--systemd-cgroup", "check", "--bundle", side.box.bundle, "--format", "json"])
  const { findings } = JSON.parse(stdout) as { findings: { severity: string }[] }
  t.same(findings.filter(({ severity }) => severity === "error"), [])
  t.same(side.left, [])
})

userTest("run in the foreground, and its end [run] [--systemd-cgroup]", LOGIN, (t, side) => {
  side.box.script("cat /proc/self/cgroup; exit 7").write()
  const result = side.call(["--systemd-cgroup", "run", "--bundle", side.box.bundle, side.box.id])
  t.equal(result.code, 7)
  t.match(result.stdout, side.name)
  t.same(side.left, [])
})

userTest("hooks find the user's unit [--systemd-cgroup] [/hooks/createRuntime]", LOGIN, (t, side) => {
  const { folder, config } = side.box
  const script = `systemctl --user show -p ActiveState ${side.name} >${folder}/hook`
  const env = [`XDG_RUNTIME_DIR=${RUNTIME_FOLDER}`, "PATH=/usr/bin:/bin"]
  config.hooks = { createRuntime: [{ path: "/bin/sh", args: ["sh", "-c", script], env }] }
  side.create("/bin/sleep", "1000")
  t.equal(readFileSync(`${folder}/hook`, "utf8"), "ActiveState=active\n")
})

userTest("a failure after the unit was made takes it back [--systemd-cgroup]", LOGIN, (t, side) => {
  side.box.config.mounts.push({ destination: "/x", type: "nosuchfs", source: "x" })
  const result = side.tryCreate()
  t.equal(result.code, 1)
  t.match(result.stderr, /nosuchfs/)
  t.same(side.left, [])
})

t.teardown(() => {
  for (const slice of [SLICE, "runtsa.slice"]) userSystemctl("stop", slice)
})
