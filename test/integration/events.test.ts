import { existsSync, readFileSync } from "node:fs"
import type { Test } from "tap"
import type { Box } from "../../conformance/lib/box.ts"
import { command, expectSuccess, said, startCommand, startRuntime, until } from "../../conformance/lib/command.ts"
import { runtimePath, unified } from "../../conformance/lib/environment.ts"
import { syscallNumber } from "../../conformance/lib/syscalls.ts"
import { boxTest } from "../../conformance/lib/test.ts"

/*
 * `events` against the container's own control files, read from outside. pure-v2 has no memory, pids or io controller.
 */

const NO_CONTROLLERS = { "pure-v2": "cgroup2 has no memory, pids, cpu and io controllers there" } as const
const NO_EVENTS = { crun: "has no events" } as const

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Figures = any

interface Event {
  type: string
  id: string
  data?: Figures
}

/** The container's control file: of a v1 controller, or on v2 by the name there. */
function control(box: Box, controller: string, v1: string, v2: string): string {
  return readFileSync(unified ? `/sys/fs/cgroup${box.cgroupsPath}/${v2}` : `/sys/fs/cgroup/${controller}${box.cgroupsPath}/${v1}`, "utf8").trim()
}

function figures(box: Box): Figures {
  const lines = expectSuccess(box.call(["events", "--stats", box.id])).stdout.split("\n")
  if (lines.length !== 2 || lines[1] !== "") throw new Error("not one line: " + lines.join("\n"))
  const event = JSON.parse(lines[0] as string) as Event
  if (event.type !== "stats" || event.id !== box.id) throw new Error("not its figures: " + lines[0])
  return event.data
}

function keys(t: Test, object: object, wanted: readonly string[], optional: readonly string[] = []): void {
  const found = Object.keys(object)
  t.same(found.filter((key) => !optional.includes(key)).sort(), [...wanted].sort(), `keys of ${wanted.join()}`)
}

const ENTRY = ["limit", "failcnt"]
const CPUSET = [
  "cpu_exclusive", "mem_hardwall", "mem_exclusive", "memory_migrate", "memory_spread_page", "memory_spread_slab", "memory_pressure",
  "sched_load_balance", "sched_relax_domain_level",
]

boxTest("events: the figures have the names and the order that runc gives them [events --stats]", { skipFor: NO_EVENTS }, async (t, box) => {
  await box.launch("/bin/sleep", "1000")
  const data = figures(box)
  t.same(Object.keys(data), ["cpu", "cpuset", "memory", "pids", "blkio", "hugetlb", "intel_rdt", "network_interfaces"])
  keys(t, data.cpu, ["usage", "throttling"], ["psi"])
  keys(t, data.cpu.usage, ["kernel", "user"], ["total", "percpu", "percpu_kernel", "percpu_user"])
  keys(t, data.cpu.throttling, [], ["periods", "throttledPeriods", "throttledTime"])
  keys(t, data.cpuset, CPUSET, ["cpus", "mems"])
  keys(t, data.memory, ["usage", "swap", "kernel", "kernelTCP"], ["cache", "raw", "psi"])
  for (const part of ["usage", "swap", "kernel", "kernelTCP"]) keys(t, data.memory[part], ENTRY, ["usage", "max"])
  keys(t, data.pids, ["current"], ["limit"])
  t.equal(data.network_interfaces, null, "a loopback device does not count")
  t.same(data.intel_rdt, {})
})

boxTest("events: figures are those of the container's cgroups [events --stats]", { skipFor: NO_EVENTS, skipIn: NO_CONTROLLERS }, async (t, box) => {
  box.config.linux.resources = { memory: { limit: 67_108_864 }, pids: { limit: 33 } }
  await box.launch("/bin/sh", "-c", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; sleep 1000 & sleep 1000 & wait")
  await until("its processes", () => control(box, "pids", "pids.current", "pids.current") === "3")
  const used = (): string => control(box, "memory", "memory.usage_in_bytes", "memory.current")
  // its processes may still be coming to rest
  const [data, usage] = await until("memory that stays as it is", () => {
    const before = used()
    const data = figures(box)
    return before === used() && [data, Number(before)] as const
  })
  t.same(data.pids, { current: 3, limit: 33 })
  t.equal(data.memory.usage.limit, 67_108_864)
  t.equal(data.memory.usage.usage, usage)
  const stat = control(box, "memory", "memory.stat", "memory.stat").split("\n")
  t.same(Object.keys(data.memory.raw), stat.map((line) => line.split(" ")[0]).sort(), "every line of memory.stat")
  t.ok(data.cpu.usage.total > 1_000_000, "nanoseconds of processor time")
  const total = unified
    ? Number(/usage_usec (\d+)/.exec(control(box, "", "", "cpu.stat"))?.[1]) * 1000
    : Number(control(box, "cpuacct", "cpuacct.usage", ""))
  t.ok(Math.abs(data.cpu.usage.total - total) < 5e7, `${data.cpu.usage.total} of ${total}`)
})

boxTest("events: numbers beyond 2^53 are exact [events --stats]", { skipFor: NO_EVENTS, skipIn: NO_CONTROLLERS }, async (t, box) => {
  await box.launch("/bin/sleep", "1000")
  const { stdout } = expectSuccess(box.call(["events", "--stats", box.id]))
  t.match(stdout, unified ? '"limit":18446744073709551615,' : '"limit":9223372036854771712,', "what the kernel, or runc on v2, calls no limit")
})

boxTest("events: throttling is counted [events --stats]", { skipFor: NO_EVENTS, skipIn: NO_CONTROLLERS }, async (t, box) => {
  await box.launch("/bin/sh", "-c", "while :; do :; done")
  const folder = unified ? `/sys/fs/cgroup${box.cgroupsPath}` : `/sys/fs/cgroup/cpu${box.cgroupsPath}`
  const limit = unified ? `echo 10000 100000 >${folder}/cpu.max` : `echo 10000 >${folder}/cpu.cfs_quota_us`
  expectSuccess(command(["/bin/sh", "-c", limit]))
  /** Nanoseconds, as the kernel tells them itself. */
  const throttled = (): number => {
    const [, unit, time] = /^throttled_(time|usec) (\d+)$/m.exec(readFileSync(`${folder}/cpu.stat`, "utf8")) ?? []
    return Number(time) * (unit === "usec" ? 1000 : 1)
  }
  await until("throttling", () => throttled() > 0)
  const before = throttled()
  const { periods, throttledPeriods, throttledTime } = figures(box).cpu.throttling
  const after = throttled()
  t.ok(periods >= throttledPeriods && throttledPeriods > 0)
  t.ok(before <= throttledTime && throttledTime <= after, `nanoseconds: ${before} <= ${throttledTime} <= ${after}`)
})

boxTest("events: interfaces of the container's network namespace [events --stats]", {
  skipFor: { ...NO_EVENTS, runc: "tells only of interfaces that it made itself, which config.json cannot ask for" },
  skipIn: { uml: "its kernel has no veth" },
}, async (t, box) => {
  const pid = await box.launch("/bin/sleep", "1000")
  const inside = ["nsenter", "-t", String(pid), "-n", "ip"]
  expectSuccess(command([...inside, "link", "add", "eth0", "type", "veth", "peer", "name", "eth1"]))
  for (const name of ["eth0", "eth1"]) expectSuccess(command([...inside, "link", "set", name, "up"]))
  const [eth0, eth1] = await until("packets", () => {
    const found = figures(box).network_interfaces.sort((a: Figures, b: Figures) => a.Name < b.Name ? -1 : 1)
    return found[0].TxPackets > 0 && found
  })
  t.equal(eth0.Name, "eth0")
  t.equal(eth1.Name, "eth1")
  t.same(Object.keys(eth0), ["Name", "RxBytes", "RxPackets", "RxErrors", "RxDropped", "TxBytes", "TxPackets", "TxErrors", "TxDropped"])
})

boxTest("events: a line at every interval, until the container ends [events --interval]", {
  skipFor: { ...NO_EVENTS, runc: "goes on until the cgroup is removed on cgroup v1" },
}, async (t, box) => {
  await box.launch("/bin/sleep", "1000")
  const stream = startRuntime(["--root", box.root, "events", "--interval", "50ms", box.id])
  await until("three lines", () => stream.stdout().split("\n").length > 3)
  box.kill()
  const { code, stderr } = await stream.done
  t.equal(code, 0)
  t.equal(stderr, "")
  const lines = stream.stdout().trim().split("\n").map((line) => JSON.parse(line) as Event)
  t.ok(lines.every(({ type, id }) => type === "stats" && id === box.id))
})

boxTest("events: it goes on while processes outlive init in a shared pid namespace [events]", {
  skipFor: { ...NO_EVENTS, runc: "goes on until the cgroup is removed on cgroup v1" },
}, async (t, box) => {
  box.config.linux.namespaces = box.config.linux.namespaces.filter(({ type }) => type !== "pid")
  await box.launch("/bin/sh", "-c", "sleep 1000 & sleep 1000")
  const stream = startRuntime(["--root", box.root, "events", "--interval", "20ms", box.id])
  await until("a line", () => stream.stdout() !== "")
  process.kill(box.pid, "SIGKILL")
  await box.reached("stopped")
  const before = stream.stdout().length
  await until("more lines", () => stream.stdout().length > before)
  expectSuccess(box.call(["kill", "--all", box.id, "KILL"]))
  t.equal((await stream.done).code, 0)
})

boxTest("events: it ends when nobody reads any more [events]", { skipFor: NO_EVENTS }, async (t, box) => {
  await box.launch("/bin/sleep", "1000")
  const line = `"${runtimePath}" --root "${box.root}" events --interval 20ms ${box.id} | head -n 1`
  const reader = startCommand(["/bin/bash", "-c", line + "; echo ended"])
  const { stdout } = await reader.done
  t.match(stdout, /^\{"type":"stats".*\nended\n$/)
})

boxTest("events: out of memory is told, and the figures go on [events]", { skipFor: NO_EVENTS, skipIn: NO_CONTROLLERS }, async (t, box) => {
  box.config.linux.resources = { memory: { limit: 16_777_216 } }
  const go = `${box.rootfs}/tmp/go`
  await box.launch("/bin/sh", "-c", "while [ ! -e /tmp/go ]; do sleep 0.05; done; tail /dev/zero; sleep 1000")
  const stream = startRuntime(["--root", box.root, "events", "--interval", "100ms", box.id])
  await until("a line", () => stream.stdout() !== "")
  t.notMatch(stream.stdout(), '"oom"')
  expectSuccess(command(["touch", go]))
  await until("the event", () => stream.stdout().includes(`{"type":"oom","id":"${box.id}"}\n`))
  const after = stream.stdout().length
  await until("more figures", () => stream.stdout().length > after)
  t.equal(box.state().status, "running", "init lives on")
  box.kill()
  box.delete("--force")
  await stream.done
  const lines = stream.stdout().trim().split("\n").map((text) => JSON.parse(text) as Event)
  t.equal(lines.filter(({ type }) => type === "oom").length, 1, "once")
})

/** How long a process is asleep that waits for something, where the kernel does not tell what for: longer than a slow start's reads take. */
const ASLEEP_MS = 3000

/** Asks whether a process waits in ppoll(2). User Mode Linux has no /proc/PID/syscall: there, whether it has slept all the time. */
function waitingCheck(pid: number): () => boolean {
  if (existsSync(`/proc/${pid}/syscall`)) return () => readFileSync(`/proc/${pid}/syscall`, "utf8").startsWith(`${syscallNumber("ppoll")} `)
  let [before, since] = ["", performance.now()]
  return () => {
    const [state, ...fields] = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /, "").split(" ")
    // utime and stime
    const used = fields.slice(10, 12).join(" ")
    if (state !== "S" || used !== before) [before, since] = [used, performance.now()]
    return performance.now() - since > ASLEEP_MS
  }
}

boxTest("events: what killed init is told before the end [events]", {
  skipFor: { ...NO_EVENTS, runc: "goes on until the cgroup is removed on cgroup v1" }, skipIn: NO_CONTROLLERS,
}, async (t, box) => {
  box.config.linux.resources = { memory: { limit: 16_777_216 } }
  const go = `${box.rootfs}/tmp/go`
  await box.launch("/bin/sh", "-c", "while [ ! -e /tmp/go ]; do sleep 0.05; done; exec tail /dev/zero")
  const stream = startRuntime(["--root", box.root, "events", "--interval", "1h", box.id])
  await until("it waits", waitingCheck(stream.child.pid as number))
  expectSuccess(command(["touch", go]))
  const { code, stdout, stderr } = await stream.done
  t.equal(code, 0, stderr)
  t.equal(stdout, `{"type":"oom","id":"${box.id}"}\n`)
})

boxTest("events: of a created and of a paused container [events --stats]", { skipFor: NO_EVENTS }, (t, box) => {
  box.args("/bin/sleep", "1000").create()
  t.ok(figures(box).pids.current >= 1)
  box.start()
  expectSuccess(box.call(["pause", box.id]))
  t.equal(figures(box).pids.current, 1)
})

boxTest("events: a stopped container, none, and intervals that are none are errors [events --interval]", { skipFor: NO_EVENTS }, async (t, box) => {
  const refused = (args: readonly string[], pattern: RegExp): void => {
    const result = box.call(["events", ...args])
    t.not(result.code, 0, args.join(" "))
    t.match(said(result), pattern)
    t.equal(result.stdout.includes("{"), false, "no event")
  }
  refused(["missing"], /does not exist/)
  await box.launch("/bin/sleep", "1000")
  for (const word of ["3x", "5", "1s2", "s"]) refused(["--interval", word, box.id], /invalid value ".*" for flag/)
  refused(["--interval", "0s", box.id], /duration interval must be greater than 0/)
  box.kill()
  await box.reached("stopped")
  refused([box.id], new RegExp(`container with id ${box.id} is not running`))
  refused(["--stats", box.id], new RegExp(`container with id ${box.id} is not running`))
  t.ok(existsSync(box.root))
})
