import { existsSync, readFileSync, writeFileSync } from "node:fs"
import t from "tap"
import type { Box } from "../../conformance/lib/box.ts"
import { expectSuccess, type Result, until } from "../../conformance/lib/command.ts"
import { controllers, unified } from "../../conformance/lib/environment.ts"
import { boxTest, type TestOptions } from "../../conformance/lib/test.ts"

/*
 * `update`, seen from outside in the container's cgroup: on v1 as on v2. Where a machine has no controller of that name the case
 * is left out; realtime, for one, cannot be given on v2.
 */

/** Whether the controllers of limits are here, in v1 hierarchies or in the one of v2. */
const LIMITS: TestOptions = unified ? { needs: ["controllers"] } : {}

/** A file of the container's cgroup: `controller/file` of v1, the file of v2. */
function value(box: Box, v1: string, v2: string): string {
  const [controller, file] = v1.split("/") as [string, string]
  const path = unified ? `/sys/fs/cgroup${box.cgroupsPath}/${v2}` : `/sys/fs/cgroup/${controller}${box.cgroupsPath}/${file}`
  return readFileSync(path, "utf8").trim()
}

function update(box: Box, args: readonly string[], input?: object): Result {
  return box.call(["update", ...args], input === undefined ? {} : { input: JSON.stringify(input) })
}

interface Case {
  readonly flags: readonly string[]
  /** The flags that it is about. */
  readonly about: readonly string[]
  readonly v1: readonly (readonly [file: string, text: string])[]
  /** Undefined where v2 cannot give it. */
  readonly v2: readonly (readonly [file: string, text: string])[] | undefined
}

const UNLIMITED = "9223372036854771712"

const CASES: readonly Case[] = [
  { flags: ["--memory", "64m"], about: ["--memory"], v1: [["memory/memory.limit_in_bytes", "67108864"]], v2: [["memory.max", "67108864"]] },
  { flags: ["--memory=67108864", "--memory-swap", "128MiB"], about: ["--memory-swap"],
    v1: [["memory/memory.limit_in_bytes", "67108864"], ["memory/memory.memsw.limit_in_bytes", "134217728"]],
    v2: [["memory.max", "67108864"], ["memory.swap.max", "67108864"]] },
  { flags: ["--memory", "-1"], about: ["--memory"],
    v1: [["memory/memory.limit_in_bytes", UNLIMITED], ["memory/memory.memsw.limit_in_bytes", UNLIMITED]], v2: [["memory.max", "max"], ["memory.swap.max", "max"]] },
  { flags: ["--memory-reservation", "1.5M"], about: ["--memory-reservation"],
    v1: [["memory/memory.soft_limit_in_bytes", "1572864"]], v2: [["memory.low", "1572864"]] },
  { flags: ["--cpu-share", "512"], about: ["--cpu-share"], v1: [["cpu/cpu.shares", "512"]], v2: [["cpu.weight", "59"]] },
  { flags: ["--cpu-quota", "50000"], about: ["--cpu-quota"], v1: [["cpu/cpu.cfs_quota_us", "50000"]], v2: [["cpu.max", "50000 100000"]] },
  { flags: ["--cpu-quota", "-1", "--cpu-period", "50000"], about: ["--cpu-period"],
    v1: [["cpu/cpu.cfs_quota_us", "-1"], ["cpu/cpu.cfs_period_us", "50000"]], v2: [["cpu.max", "max 50000"]] },
  { flags: ["--cpu-quota", "20000", "--cpu-burst", "10000"], about: ["--cpu-burst"],
    v1: [["cpu/cpu.cfs_burst_us", "10000"]], v2: [["cpu.max.burst", "10000"]] },
  { flags: ["--cpu-idle", "1"], about: ["--cpu-idle"], v1: [["cpu/cpu.idle", "1"]], v2: [["cpu.idle", "1"]] },
  { flags: ["--cpu-rt-period", "900000"], about: ["--cpu-rt-period"], v1: [["cpu/cpu.rt_period_us", "900000"]], v2: undefined },
  { flags: ["--pids-limit", "20"], about: ["--pids-limit"], v1: [["pids/pids.max", "20"]], v2: [["pids.max", "20"]] },
  { flags: ["--pids-limit=-1"], about: ["--pids-limit"], v1: [["pids/pids.max", "max"]], v2: [["pids.max", "max"]] },
  { flags: ["--kernel-memory", "1m", "--kernel-memory-tcp", "1m", "--pids-limit", "7"], about: ["--kernel-memory", "--kernel-memory-tcp"],
    v1: [["pids/pids.max", "7"]], v2: [["pids.max", "7"]] },
]

for (const { flags, about, v1, v2 } of CASES) {
  const flag = about.join(", ")
  const options: TestOptions = unified && v2 === undefined ? { needs: ["hybrid"] } : LIMITS
  boxTest(`update ${flags.join(" ")} [update ${flag}]`, options, (t, box) => {
    box.create()
    expectSuccess(update(box, [...flags, box.id]))
    for (const [file, text] of (unified ? v2 : v1) ?? []) t.equal(unified ? value(box, "x/x", file) : value(box, file, ""), text, file)
  })
}

const CPUSET: TestOptions = unified && !controllers.includes("cpuset") ? { skipIn: { uml: "no cpuset", "pure-v2": "no cpuset" } } : {}

boxTest("update: processors and memory nodes [update --cpuset-cpus] [update --cpuset-mems]", CPUSET, (t, box) => {
  box.create()
  expectSuccess(update(box, ["--cpuset-cpus", "1", "--cpuset-mems", "0", box.id]))
  t.equal(value(box, "cpuset/cpuset.cpus", "cpuset.cpus"), "1")
  t.match(readFileSync(`/proc/${box.pid}/status`, "utf8"), /Cpus_allowed_list:\t1\n/)
  const { code, stderr } = update(box, ["--cpuset-cpus", "99", box.id])
  t.not(code, 0)
  t.match(stderr, /of what the cgroup above has: 0/)
})

boxTest("update: weight of block I/O [update --blkio-weight]", { needs: ["hybrid"] }, (t, box) => {
  box.create()
  expectSuccess(update(box, ["--blkio-weight", "200", box.id]))
  t.equal(value(box, "blkio/blkio.bfq.weight", "io.bfq.weight"), "200")
})

boxTest("update: realtime that the cgroup above has not, or v2 not at all [update --cpu-rt-runtime]", LIMITS, (t, box) => {
  box.create()
  const { code, stderr } = update(box, ["--cpu-rt-runtime", "1000", box.id])
  t.not(code, 0)
  t.match(stderr, /realtimeRuntime: (write "1000" .*above has to give: 0|cgroup v2 has no control)/s)
})

const LIMITED = { pids: { limit: 50 }, memory: { limit: 67108864, swap: 134217728 }, cpu: { shares: 1024, quota: 50000, period: 100000 } }
/** What `LIMITED` is in the files. */
const LIMITED_FILES = [
  ["pids/pids.max", "pids.max", "50", "50"],
  ["memory/memory.limit_in_bytes", "memory.max", "67108864", "67108864"],
  ["memory/memory.memsw.limit_in_bytes", "memory.swap.max", "134217728", "67108864"],
  ["cpu/cpu.shares", "cpu.weight", "1024", "100"],
  ["cpu/cpu.cfs_quota_us", "cpu.max", "50000", "50000 100000"],
] as const

function expectLimited(t: { equal(a: unknown, b: unknown, c: string): unknown }, box: Box, except: readonly string[] = []): void {
  for (const [v1, v2, first, second] of LIMITED_FILES) if (!except.includes(v2)) t.equal(value(box, v1, v2), unified ? second : first, v2)
}

boxTest("update: what is not given stays; JSON on stdin, as engines send it [update --resources]", LIMITS, (t, box) => {
  box.config.linux.resources = LIMITED
  box.create()
  for (const flags of [["--resources=-", box.id], ["--resources", "-", box.id], ["-r", "-", box.id], [box.id, "-r", "-"]]) {
    expectSuccess(update(box, flags, { pids: { limit: 21 } }))
    t.equal(value(box, "pids/pids.max", "pids.max"), "21")
    expectSuccess(update(box, flags, { pids: { limit: 22 }, memory: {}, cpu: { shares: 0, cpus: "" }, devices: [] }))
    t.equal(value(box, "pids/pids.max", "pids.max"), "22")
  }
  expectLimited(t, box, ["pids.max"])
})

boxTest("update: a file; the other limits on the line are ignored with a warning, as by runc [update --resources]", LIMITS, (t, box) => {
  box.config.linux.resources = LIMITED
  box.create()
  writeFileSync(`${box.folder}/limits.json`, JSON.stringify({ pids: { limit: 23 } }))
  const log = `${box.folder}/log`
  expectSuccess(box.call(["--log", log, "update", "--resources", `${box.folder}/limits.json`, "--memory", "1g", box.id]))
  expectLimited(t, box, ["pids.max"])
  t.equal(value(box, "pids/pids.max", "pids.max"), "23")
  t.match(readFileSync(log, "utf8"), /--resources is given, so --memory are ignored/)
})

boxTest("update: up and down, in whatever order the kernel wants [update --memory-swap] [update --cpu-period]", LIMITS, (t, box) => {
  box.config.linux.resources = LIMITED
  box.create()
  const sizes = [[256, 512], [32, 64], [600, 600], [64, 64], [128, 1024], [1024, 1024], [32, 33]] as const
  for (const [memory, both] of sizes) {
    expectSuccess(update(box, ["--memory", `${memory}m`, "--memory-swap", `${both}m`, box.id]))
    t.equal(value(box, "memory/memory.limit_in_bytes", "memory.max"), String(memory * 2 ** 20))
    t.equal(value(box, "memory/memory.memsw.limit_in_bytes", "memory.swap.max"), String((unified ? both - memory : both) * 2 ** 20))
  }
  const times = [[5000, 10000, 5000], [200000, 100000, 150000], [1000, 1000, 0], [50000, 1000000, 50000], [2000, 4000, 1000]] as const
  for (const [quota, period, burst] of times) {
    expectSuccess(update(box, ["--cpu-quota", String(quota), "--cpu-period", String(period), "--cpu-burst", String(burst), box.id]))
    t.equal(value(box, "cpu/cpu.cfs_quota_us", "cpu.max").split(" ")[0], String(quota))
    t.equal(value(box, "cpu/cpu.cfs_period_us", "cpu.max").split(" ").at(-1), String(period))
    t.equal(value(box, "cpu/cpu.cfs_burst_us", "cpu.max.burst"), String(burst))
  }
})

boxTest("update: a value that is refused changes nothing, those before it are set back [update]", { ...LIMITS, differs: ["a cpu limit of less than a hundredth"] }, (t, box) => {
  box.config.linux.resources = LIMITED
  box.create()
  const { code, stderr } = update(box, ["--memory", "128m", "--memory-swap", "256m", "--cpu-share", "2048", "--cpu-quota", "10", box.id])
  t.equal(code, 1)
  t.match(stderr, /cpu\/quota: write "10" .*what had been written before was set back \(.*memory\..*cpu\./s)
  expectLimited(t, box)
})

boxTest("update: created, running and paused, and an error when stopped or missing [update]", LIMITS, async (t, box) => {
  const set = (count: number): Result => update(box, ["--pids-limit", String(count), box.id])
  box.args("/bin/sleep", "1000").create()
  expectSuccess(set(30))
  box.start()
  expectSuccess(set(31))
  expectSuccess(box.call(["pause", box.id]))
  expectSuccess(set(32))
  t.equal(value(box, "pids/pids.max", "pids.max"), "32")
  t.equal(box.state().status, "paused")
  expectSuccess(box.call(["resume", box.id]))
  box.kill()
  await box.reached("stopped")
  const stopped = set(33)
  t.not(stopped.code, 0)
  t.match(stopped.stderr, /container not running/)
  box.delete()
  t.match(set(34).stderr, /does not exist/)
})

/** Holds 16 MB that cannot be given back. */
const HOLD = "x=$(head -c 16000000 /dev/zero | tr '\\0' a); echo >/held; sleep 1000 & wait"

boxTest("update: a limit below what is used says how much that is [update --memory]", { needs: ["hybrid"] }, async (t, box) => {
  box.script(HOLD)
  await box.launch()
  await until("16 MB", () => existsSync(`/proc/${box.pid}/root/held`))
  const { code, stderr } = update(box, ["--memory", "4m", box.id])
  t.not(code, 0)
  t.match(stderr, /memory\/limit: write "4194304" .*the container uses \d{8,} bytes/s)
})

boxTest("update: checkBeforeUpdate refuses what would kill on v2 [/linux/resources/memory/checkBeforeUpdate]", LIMITS, async (t, box) => {
  box.script(HOLD)
  const pid = await box.launch()
  await until("16 MB", () => existsSync(`/proc/${pid}/root/held`))
  const { code, stderr } = update(box, ["-r", "-", box.id], { memory: { limit: 4194304, checkBeforeUpdate: true } })
  t.not(code, 0)
  t.match(stderr, /memory\/limit: /)
  t.equal(box.pid, pid, "it lives")
})

boxTest("update: OOM killer off and on again [/linux/resources/memory/disableOOMKiller]", { needs: ["hybrid"] }, (t, box) => {
  box.create()
  for (const disabled of [true, false]) {
    expectSuccess(update(box, ["-r", "-", box.id], { memory: { disableOOMKiller: disabled } }))
    t.match(value(box, "memory/memory.oom_control", ""), `oom_kill_disable ${disabled ? 1 : 0}`)
  }
})

boxTest("update: what does not fit together, or is no number [update]", (t, box) => {
  box.create()
  const refused: readonly (readonly [flags: readonly string[], reason: RegExp])[] = [
    [["--memory", "64m", "--memory-swap", "32m"], /swap: 33554432 is less than the limit of memory/],
    [["--cpu-quota", "10000", "--cpu-burst", "20000"], /burst: 20000 is larger than the quota/],
    [["--memory", "much"], /invalid value "much" for --memory: expected bytes/],
    [["--memory", "-5m"], /--memory/],
    [["--cpu-period", "-1"], /invalid value "-1" for --cpu-period/],
    [["--pids-limit", "1.5"], /invalid value "1.5" for --pids-limit/],
    [["--resources", "/nonexistent"], /no such file/],
    [["--devices"], /no device rules/],
  ]
  for (const [flags, reason] of refused) {
    const { code, stderr } = update(box, [...flags, box.id])
    t.not(code, 0, flags.join(" "))
    t.match(stderr, reason)
  }
  for (const [input, reason] of [["[", /standard input:1/], ["[]", /standard input: holds an array/], ['{"pids":{"limit":"x"}}', /\/pids\/limit/]] as const) {
    const { code, stderr } = box.call(["update", "-r", "-", box.id], { input })
    t.not(code, 0)
    t.match(stderr, reason)
  }
})

const FULL = { allow: true, type: "c", major: 1, minor: 7, access: "rwm" }

/** Opens two devices without a pause, and tells which could be. */
const PROBE = "mknod /tmp/control c 10 234; mknod /tmp/kmsg c 1 11; n=0; while :; do { true; } 2>/dev/null </tmp/control && echo >>/control; " +
  "{ true; } 2>/dev/null </tmp/kmsg && echo >>/kmsg; n=$((n+1)); [ $((n%1000)) = 0 ] && echo >>/rounds; done 2>/dev/null"
/** btrfs-control and kmsg: harmless, and there everywhere. */
const CONTROL = { type: "c", major: 10, minor: 234, access: "rwm" }
const KMSG = { type: "c", major: 1, minor: 11, access: "rwm" }
const DENY = { allow: false, access: "rwm" }

/** Everything but many devices: it takes a while to write. */
const ALL_BUT_SOME = [{ allow: true, type: "a", access: "rwm" }, ...Array.from({ length: 400 }, (_, minor) => ({ allow: false, type: "b", major: 8, minor, access: "rwm" }))]

boxTest("update: device rules of engines are left alone [update --resources]", async (t, box) => {
  box.config.linux.resources = { devices: [DENY, { ...KMSG, allow: true }] }
  box.config.process.capabilities = all(box)
  box.script("mknod /tmp/kmsg c 1 11; exec sleep 1000")
  await box.launch()
  expectSuccess(update(box, ["-r", "-", box.id], { devices: [{ allow: true, access: "rwm" }, FULL] }))
  t.equal(box.exec(["sh", "-c", "true </tmp/kmsg"]).code, 0)
  t.match(box.exec(["sh", "-c", "mknod /tmp/control c 10 234; true </tmp/control"]).stderr, /Operation not permitted/)
})

boxTest("update: device rules are replaced, and at no moment is more open [update --devices] [/linux/resources/devices/*/type=a|b|c]", async (t, box) => {
  box.config.linux.resources = { devices: [DENY] }
  box.config.process.capabilities = all(box)
  box.script(PROBE)
  await box.launch()
  const rounds = (): number => (existsSync(`${box.rootfs}/rounds`) ? readFileSync(`${box.rootfs}/rounds`, "utf8").length : 0)
  await until("probes", () => rounds() > 5)
  const lists = [
    [DENY, { ...KMSG, allow: true }],
    [DENY, { ...KMSG, allow: true }, FULL],
    [...ALL_BUT_SOME, { ...CONTROL, allow: false }],
    [...ALL_BUT_SOME, { ...CONTROL, allow: false }, { ...KMSG, allow: false }],
    [DENY],
  ]
  for (let i = 0; i < 15; i++) expectSuccess(update(box, ["--devices", "-r", "-", box.id], { devices: lists[i % lists.length] as object[] }))
  const after = rounds()
  await until("more probes", () => rounds() > after + 5)
  t.ok(existsSync(`${box.rootfs}/kmsg`), "a device that was allowed meanwhile was opened")
  t.notOk(existsSync(`${box.rootfs}/control`), "the one that no list allows never was")
  t.equal(box.state().status, "running")
  expectSuccess(update(box, ["--devices", "-r", "-", box.id], { devices: [{ allow: true, access: "rwm" }] }))
  await until("the probe to open it once it is allowed", () => existsSync(`${box.rootfs}/control`))
})

/** What mknod and opening kmsg need. */
function all(box: Box) {
  const names = [...new Set([...(box.config.process.capabilities?.bounding ?? []), "CAP_MKNOD", "CAP_SYSLOG"])]
  return { bounding: names, effective: names, permitted: names, inheritable: [], ambient: [] }
}

t.end()
