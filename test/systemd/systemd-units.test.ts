import { existsSync, readFileSync } from "node:fs"
import t from "tap"
import { command, expectSuccess, until } from "../../conformance/lib/command.ts"
import { unified } from "../../conformance/lib/environment.ts"
import { show, SLICE, systemctl, unitTest } from "../../conformance/lib/unit.ts"

/*
 * The life of a container whose cgroup is a unit of systemd (--systemd-cgroup), seen by systemctl(1) and in cgroupfs. The machine's first
 * process is systemd: conformance/rigs/uml.
 */

t.before(() => t.ok(existsSync("/run/systemd/system"), "systemd runs"))

unitTest("a container is a delegated scope in its slice, with init in it [--systemd-cgroup] [/linux/cgroupsPath]", {}, (t, box, unit) => {
  box.args("/bin/sleep", "1000").create()
  const { pid } = box.state()
  const { ControlGroup, ActiveState, Delegate, Slice, DefaultDependencies, TasksAccounting, MemoryAccounting } = unit.show(
    "ControlGroup", "ActiveState", "Delegate", "Slice", "DefaultDependencies", "TasksAccounting", "MemoryAccounting")
  t.match({ ControlGroup, ActiveState, Delegate, Slice, DefaultDependencies, TasksAccounting, MemoryAccounting }, {
    ControlGroup: `/${SLICE}/${unit.name}`, ActiveState: "active", Delegate: "yes", Slice: SLICE, DefaultDependencies: "no", TasksAccounting: "yes",
    MemoryAccounting: "yes",
  })
  for (const line of readFileSync(`/proc/${pid}/cgroup`, "utf8").trim().split("\n")) {
    t.ok(line.endsWith(`:/${SLICE}/${unit.name}`), `init is in the unit's cgroup in each hierarchy: ${line}`)
  }
  box.start()
  t.equal(box.state().status, "running")
})

unitTest("all other commands know the driver by themselves [--systemd-cgroup]", {}, async (t, box, unit) => {
  box.args("/bin/sleep", "1000").create()
  box.globals = []
  box.start()
  const seen = box.exec(["/bin/cat", "/proc/self/cgroup"])
  t.match(seen.stdout, `/${SLICE}/${unit.name}`, "exec comes into the unit")
  expectSuccess(box.call(["pause", box.id]))
  t.equal(box.state().status, "paused")
  expectSuccess(box.call(["resume", box.id]))
  t.equal(box.state().status, "running")
  expectSuccess(box.call(["update", "--pids-limit", "77", box.id]))
  t.equal(unit.show("TasksMax").TasksMax, "77", "update tells systemd")
  t.equal(unit.file("pids.max", unified ? "" : "pids"), "77")
  t.match(expectSuccess(box.call(["ps", "--format", "json", box.id])).stdout, /^\[\d+\]$/m)
  t.match(expectSuccess(box.call(["events", "--stats", box.id])).stdout, /"current":1/)
  box.kill()
  await box.reached("stopped")
  box.delete()
  t.same(unit.left, [])
})

unitTest("the slice's name is its path: a-b.slice is in a.slice [/linux/cgroupsPath]", {}, (t, box) => {
  box.config.linux.cgroupsPath = `runtsa-b-c.slice:test:${box.id}`
  box.args("/bin/sleep", "1000").create()
  t.equal(show(`test-${box.id}.scope`, ["ControlGroup"]).ControlGroup, `/runtsa.slice/runtsa-b.slice/runtsa-b-c.slice/test-${box.id}.scope`)
  box.delete("--force")
})

unitTest("without a slice it is system.slice, without a path runc-ID.scope [/linux/cgroupsPath]", {}, (t, box) => {
  box.config.linux.cgroupsPath = `:test:${box.id}`
  box.args("/bin/sleep", "1000").create()
  t.equal(show(`test-${box.id}.scope`, ["ControlGroup"]).ControlGroup, `/system.slice/test-${box.id}.scope`)
  box.delete("--force")
  delete box.config.linux.cgroupsPath
  box.create()
  t.equal(show(`runc-${box.id}.scope`, ["ControlGroup"]).ControlGroup, `/system.slice/runc-${box.id}.scope`)
  box.delete("--force")
})

unitTest("a name that is a slice makes the container one [/linux/cgroupsPath]", {}, (t, box) => {
  const name = `${SLICE.replace(".slice", "")}-own.slice`
  box.config.linux.cgroupsPath = `${SLICE}:test:${name}`
  box.args("/bin/sleep", "1000").create()
  t.equal(show(name, ["ControlGroup"]).ControlGroup, `/${SLICE}/${name}`)
  t.ok(readFileSync(`/proc/${box.pid}/cgroup`, "utf8").includes(`:/${SLICE}/${name}\n`))
  box.delete("--force")
  t.equal(show(name, ["ActiveState"]).ActiveState, "inactive")
})

unitTest("annotations give properties of the unit, and win over the runtime's own [annotation org.systemd.property.]", {}, (t, box, unit) => {
  box.config.annotations = {
    "org.systemd.property.Description": "'what it is for'",
    "org.systemd.property.TimeoutStopSec": "123.5",
    "org.systemd.property.CollectMode": "'inactive-or-failed'",
    "org.systemd.property.DefaultDependencies": "true",
    "org.systemd.property.After": "['dbus.service']",
    "org.systemd.property.TasksMax": "uint64 55",
  }
  box.args("/bin/sleep", "1000").create()
  const found = unit.show("Description", "TimeoutStopUSec", "CollectMode", "After", "DefaultDependencies", "TasksMax")
  t.match(found, {
    Description: "what it is for", TimeoutStopUSec: "2min 3.500000s", CollectMode: "inactive-or-failed", After: /dbus.service/, DefaultDependencies: "yes", TasksMax: "55",
  })
})

const BAD_PROPERTIES: readonly (readonly [name: string, value: string, error: RegExp])[] = [
  ["TimeoutStopSec", "'soon'", /annotation org\.systemd\.property\.TimeoutStopSec='soon' value parse error: a value of type s is no number of seconds/],
  ["CollectMode", "inactive", /value parse error: "inactive" is no value; a text stands in quotes/],
  ["No", "5", /name incorrect/],
  ["Memory.High", "5", /name incorrect/],
  ["NoSuchThing", "true", /systemd cannot make the unit .*: .*NoSuchThing/],
  ["MemoryHigh", "5", /systemd cannot make the unit .*contents .*uint64 5/],
]
for (const [name, value, error] of BAD_PROPERTIES) {
  unitTest(`a bad property is an error: ${name} ${value} [annotation org.systemd.property.]`, {}, (t, box) => {
    box.config.annotations = { [`org.systemd.property.${name}`]: value }
    const result = box.tryCreate()
    t.equal(result.code, 1)
    t.match(result.stderr, error)
    t.equal(result.stderr.trim().split("\n").length, 1, "one line")
  })
}

unitTest("a unit that systemd does not start is an error, after a time [--systemd-cgroup]", {}, (t, box) => {
  // the rig's own service never is done
  box.config.annotations = { "org.systemd.property.After": "['rig.service']" }
  const result = box.tryCreate()
  t.equal(result.code, 1)
  t.match(result.stderr, /systemd cannot make the unit .*: systemd did not start the unit .*30 s/)
  t.equal(box.call(["state", box.id]).code, 1)
})

unitTest("a unit that exists is an error, and what runs in it goes on [--systemd-cgroup]", {}, async (t, box, unit) => {
  // of the same name in another slice, so that no folder gives it away
  expectSuccess(command(["systemd-run", "--quiet", `--unit=${unit.name}`, "--slice=runtsother.slice", "--scope", "/bin/sh", "-c",
    "sleep 1000 >/dev/null 2>&1 </dev/null &"]))
  const result = box.args("/bin/sleep", "1000").tryCreate()
  t.equal(result.code, 1)
  t.match(result.stderr, new RegExp(`the systemd unit ${unit.name} exists already: .*systemctl stop`))
  t.equal(unit.show("ActiveState").ActiveState, "active", "it is as it was")
  t.equal(box.call(["state", box.id]).code, 1, "no container is left")
  systemctl("stop", unit.name)
  box.create()
  t.equal(box.state().status, "created", "once it is gone there is room")
})

unitTest("a failed unit of the name is cleared away [--systemd-cgroup]", {}, async (t, box, unit) => {
  expectSuccess(command(["systemd-run", "--quiet", `--unit=${unit.name}`, "--scope", "--property=RuntimeMaxSec=1s", "/bin/sh", "-c",
    "sleep 1000 >/dev/null 2>&1 </dev/null &"]))
  await until("the unit to fail", () => unit.show("ActiveState").ActiveState === "failed")
  box.args("/bin/sleep", "1000").create()
  t.equal(unit.show("ActiveState").ActiveState, "active")
})

const BAD_PATHS: readonly (readonly [path: string, error: RegExp])[] = [
  ["/a/b", /expected cgroupsPath to be of format "slice:prefix:name" for systemd cgroups, got "\/a\/b" instead \(at \/linux\/cgroupsPath\)/],
  ["a.slice:b:c:d", /expected cgroupsPath to be of format/],
  ["nope:test:x", /"nope" is no name of a slice/],
  ["a--b.slice:test:x", /"a--b.slice" is no name of a slice/],
  ["a.slice:test:", /names no unit/],
  ["a.slice:te/st:x", /systemd takes no unit of the name "te\/st-x.scope"/],
]
for (const [path, error] of BAD_PATHS) {
  unitTest(`a path that names no unit is an error: ${path} [/linux/cgroupsPath]`, {}, (t, box) => {
    box.config.linux.cgroupsPath = path
    const result = box.tryCreate()
    t.equal(result.code, 1)
    t.match(result.stderr, error)
  })
}

unitTest("a slice that is masked is an error [--systemd-cgroup]", {}, (t, box) => {
  systemctl("mask", "--runtime", "runtsmasked.slice")
  try {
    box.config.linux.cgroupsPath = `runtsmasked.slice:test:${box.id}`
    const result = box.tryCreate()
    t.equal(result.code, 1)
    t.match(result.stderr, /systemd cannot make the unit test-.*\.scope in runtsmasked\.slice: .*masked/)
  } finally {
    systemctl("unmask", "--runtime", "runtsmasked.slice")
  }
})

unitTest("`systemctl stop` ends a container, which then is deleted as any [--systemd-cgroup]", {}, async (t, box, unit) => {
  await box.launch("/bin/sleep", "1000")
  systemctl("kill", "--signal=KILL", unit.name)
  await box.reached("stopped")
  box.delete()
  t.same(unit.left, [])
})

unitTest("a container that was out of memory leaves no failed unit [--systemd-cgroup] [/linux/resources/memory/limit]", {}, async (t, box, unit) => {
  box.config.linux.resources = { memory: { limit: 16 << 20, swap: 16 << 20 } }
  const result = box.script("a=x; while :; do a=$a$a; done").run()
  t.equal(result.code, 137)
  t.same(unit.left, [])
})

unitTest("a container whose init ended is stopped, its unit gone by itself; delete works [--systemd-cgroup]", {}, async (t, box, unit) => {
  box.args("/bin/true").create()
  box.start()
  await box.reached("stopped")
  await until("the unit to end", () => unit.show("ActiveState").ActiveState === "inactive")
  t.equal(box.delete().stderr, "")
})

unitTest("a failure after the unit was made takes it back [--systemd-cgroup]", {}, (t, box, unit) => {
  box.config.mounts.push({ destination: "/x", type: "nosuchfs", source: "x" })
  const result = box.tryCreate()
  t.equal(result.code, 1)
  t.match(result.stderr, /nosuchfs/)
  t.same(unit.left, [])
})

unitTest("hooks find the unit, and are not in it [--systemd-cgroup] [/hooks/createRuntime]", {}, (t, box, unit) => {
  box.config.hooks = { createRuntime: [{ path: "/bin/sh", args: ["sh", "-c", `cat /proc/self/cgroup >${box.folder}/hook; systemctl show -p ActiveState ${unit.name} >>${box.folder}/hook`] }] }
  box.args("/bin/sleep", "1000").create()
  const seen = readFileSync(`${box.folder}/hook`, "utf8")
  t.match(seen, "ActiveState=active")
  t.notMatch(seen, unit.name.replace("ActiveState=active", ""), "its own cgroups are the runtime's")
})

unitTest("a cgroup namespace is rooted at the unit [/linux/namespaces/*/type]", {}, (t, box) => {
  box.config.linux.namespaces.push({ type: "cgroup" })
  t.match(box.inside("cat /proc/self/cgroup"), /^(\d+:[^:]*:\/\n?)+$/)
})

unitTest("a user namespace works with it [/linux/uidMappings]", {}, (t, box, unit) => {
  box.mapIds()
  box.args("/bin/sleep", "1000").create()
  t.ok(readFileSync(`/proc/${box.pid}/cgroup`, "utf8").includes(unit.name))
})

unitTest("delete without a bus removes what there is [--systemd-cgroup]", {}, async (t, box, unit) => {
  await box.launch("/bin/sleep", "1000")
  const nowhere = { ...process.env, DBUS_SYSTEM_BUS_ADDRESS: "unix:path=/nonexistent/bus" }
  const result = box.call(["--log", `${box.folder}/log`, "delete", "--force", box.id], { env: nowhere })
  t.equal(result.code, 0)
  t.match(readFileSync(`${box.folder}/log`, "utf8"), /unit .* could not be stopped: cannot reach systemd: .*\/nonexistent\/bus.*no such file or directory/)
  await until("systemd to notice", () => unit.left.length === 0)
})

unitTest("where no dbus-daemon runs systemd is asked itself [--systemd-cgroup]", {}, async (t, box, unit) => {
  systemctl("stop", "dbus.service", "dbus.socket")
  try {
    await box.launch("/bin/sleep", "1000")
    t.equal(unit.show("ActiveState").ActiveState, "active")
    box.delete("--force")
    t.same(unit.left, [])
  } finally {
    systemctl("start", "dbus.service")
  }
})

unitTest("daemon-reload leaves limits and device rules as they are [--systemd-cgroup] [/linux/resources/devices]", {}, async (t, box, unit) => {
  box.config.linux.resources = {
    devices: [{ allow: false, access: "rwm" }], pids: { limit: 99 }, memory: { limit: 64 << 20 }, cpu: { shares: 512, quota: 20000, period: 100000 },
  }
  await box.launch("/bin/sleep", "1000")
  const look = (): string => box.exec(["/bin/sh", "-c", "mknod /dev/kmsg2 c 1 11 && (head -c 1 /dev/kmsg2 || echo refused); rm /dev/kmsg2; head -c 1 /dev/zero | wc -c"]).stdout
  t.match(look(), /refused\n1/)
  const folder = (name: string): string => unified ? "" : name
  const limits = (): string[] => [unit.file("pids.max", folder("pids")), unit.file(unified ? "memory.max" : "memory.limit_in_bytes", folder("memory")),
    unit.file(unified ? "cpu.weight" : "cpu.shares", folder("cpu,cpuacct"))]
  const before = limits()
  systemctl("daemon-reload")
  systemctl("set-property", "--runtime", unit.name, "TasksMax=98")
  t.same(limits(), ["98", ...before.slice(1)])
  t.match(look(), /refused\n1/)
})

t.teardown(() => {
  for (const slice of [SLICE, "runtsa.slice", "runtsother.slice"]) command(["systemctl", "stop", slice])
})
