import t from "tap"
import { runtime, command, expectSuccess } from "../../conformance/lib/command.ts"
import { runtimeName, unified } from "../../conformance/lib/environment.ts"
import { show, SLICE, systemctl, unitTest } from "../../conformance/lib/unit.ts"

/*
 * linux.resources with the systemd driver: what systemd knows of it, what the files say, and that runc's driver makes the same of it.
 */

/** What runc's driver and ours may both set. */
const PROPERTIES = [
  "MemoryMax", "MemoryHigh", "MemoryLow", "MemoryMin", "MemorySwapMax", "MemoryLimit", "CPUWeight", "CPUShares", "CPUQuotaPerSecUSec", "CPUQuotaPeriodUSec", "TasksMax",
  "BlockIOWeight", "AllowedCPUs", "AllowedMemoryNodes", "MemoryAccounting", "CPUAccounting", "IOAccounting", "BlockIOAccounting", "TasksAccounting",
  "Delegate", "DefaultDependencies", "Slice", "KillMode", "CollectMode",
]

interface Case {
  readonly fields: string
  readonly resources: object
  /** As `systemctl show` prints them, on v2. */
  readonly v2: Readonly<Record<string, string>>
  /** Of the cgroup, on v2. */
  readonly files?: Readonly<Record<string, string>>
  /** Why runc has it otherwise on v2. */
  readonly differs?: string
}

const MIB64 = String(64 << 20)

const CASES: readonly Case[] = [
  { fields: "memory/limit", resources: { memory: { limit: 64 << 20 } }, v2: { MemoryMax: MIB64 }, files: { "memory.max": MIB64 } },
  { fields: "memory/swap", resources: { memory: { limit: 64 << 20, swap: 128 << 20 } }, v2: { MemoryMax: MIB64, MemorySwapMax: MIB64 }, files: { "memory.swap.max": MIB64 } },
  { fields: "memory/reservation", resources: { memory: { reservation: 32 << 20 } }, v2: { MemoryLow: String(32 << 20) }, files: { "memory.low": String(32 << 20) } },
  { fields: "cpu/shares", resources: { cpu: { shares: 2048 } }, v2: { CPUWeight: "174" }, files: { "cpu.weight": "174" }, differs: "1.1 has the older formula" },
  { fields: "cpu/quota", resources: { cpu: { quota: 50000 } }, v2: { CPUQuotaPerSecUSec: "500ms" }, files: { "cpu.max": "50000 100000" } },
  { fields: "cpu/period", resources: { cpu: { quota: 25000, period: 50000 } }, v2: { CPUQuotaPerSecUSec: "500ms", CPUQuotaPeriodUSec: "50ms" }, files: { "cpu.max": "25000 50000" } },
  { fields: "cpu/quota", resources: { cpu: { quota: 12345, period: 100000 } }, v2: { CPUQuotaPerSecUSec: "130ms" }, files: { "cpu.max": "13000 100000" } },
  { fields: "cpu/burst", resources: { cpu: { quota: 50000, period: 100000, burst: 20000 } }, v2: { CPUQuotaPerSecUSec: "500ms" }, files: { "cpu.max.burst": "20000" } },
  { fields: "pids/limit", resources: { pids: { limit: 33 } }, v2: { TasksMax: "33" }, files: { "pids.max": "33" } },
  { fields: "pids/limit", resources: { pids: { limit: -1 } }, v2: { TasksMax: "infinity" }, files: { "pids.max": "max" } },
  { fields: "cpu/idle", resources: { cpu: { idle: 1 } }, v2: { CPUWeight: "idle" }, files: { "cpu.idle": "1" }, differs: "1.1 does not know it" },
  {
    fields: "unified",
    resources: { unified: { "memory.high": MIB64, "memory.min": "1048576", "cpu.weight": "77", "cpu.max": "30000 100000", "pids.max": "44", "memory.oom.group": "1", "cgroup.max.depth": "3" } },
    v2: { MemoryHigh: MIB64, MemoryMin: "1048576", CPUWeight: "77", CPUQuotaPerSecUSec: "300ms", TasksMax: "44" },
    files: { "memory.high": MIB64, "cpu.weight": "77", "memory.oom.group": "1", "cgroup.max.depth": "3", "pids.max": "44" },
  },
]

for (const { fields, resources, v2, files, differs } of CASES) {
  unitTest(`${JSON.stringify(resources)} [/linux/resources/${fields}] [--systemd-cgroup]`, {}, (t, box, unit) => {
    if (!unified && "unified" in resources) return void t.pass("v2 only")
    box.config.linux.resources = resources
    box.args("/bin/sleep", "1000").create()
    if (unified) {
      t.match(unit.show(...Object.keys(v2)), v2, "systemd knows")
      for (const [file, value] of Object.entries(files ?? {})) t.equal(unit.file(file), value, file)
    }
    if (runtimeName === "runc" || (unified && differs !== undefined)) return
    const own = unit.show(...PROPERTIES)
    box.config.linux.cgroupsPath = `${SLICE}:test:${box.id}-runc`
    // the one that is installed is of an older specification
    box.config.ociVersion = "1.0.2"
    box.write()
    const runc = (...args: string[]): void => void expectSuccess(command(["runc", "--root", `${box.folder}/runc`, "--systemd-cgroup", ...args]))
    runc("create", "--bundle", box.bundle, `${box.id}-runc`)
    try {
      t.same(own, show(`test-${box.id}-runc.scope`, PROPERTIES), "runc makes the same unit of it")
    } finally {
      runc("delete", "--force", `${box.id}-runc`)
    }
  })
}

const V2 = { needs: ["v2"] } as const

unitTest("a weight of block devices is known to systemd [/linux/resources/blockIO/weight]", V2, (t, box) => {
  box.config.linux.resources = { blockIO: { weight: 500 } }
  const result = box.tryCreate()
  // this kernel has no scheduler with weights: what cannot be given is an error, and the unit is taken back
  t.match(result.stderr, /blockIO\/weight: there is no .*no I\/O scheduler with weights/)
})

unitTest("device rules hold, beside those of systemd [/linux/resources/devices]", {}, async (t, box) => {
  box.config.linux.resources = { devices: [{ allow: false, access: "rwm" }, { allow: true, type: "c", major: 1, minor: 11, access: "r" }] }
  await box.launch("/bin/sleep", "1000")
  const tried = box.exec(["/bin/sh", "-c", "mknod /dev/k c 1 11; mknod /dev/m c 1 1; head -c 0 /dev/k && echo kmsg; head -c 1 /dev/mem; head -c 1 /dev/m || echo refused; head -c 1 /dev/zero | wc -c"])
  t.match(tried.stdout, /kmsg\nrefused\n1\n/)
  t.match(tried.stderr, /Operation not permitted/)
})

unitTest("update: systemd and the files have what is asked for, and nothing else changes [update --memory] [update --cpu-quota]", V2, async (t, box, unit) => {
  box.config.linux.resources = { memory: { limit: 64 << 20, swap: 64 << 20 }, cpu: { shares: 512, quota: 20000, period: 100000, burst: 10000 }, pids: { limit: 50 } }
  await box.launch("/bin/sleep", "1000")
  const update = (...flags: string[]): void => void expectSuccess(box.call(["update", ...flags, box.id]))
  update("--memory", String(128 << 20), "--memory-swap", String(128 << 20))
  t.match(unit.show("MemoryMax", "MemorySwapMax"), { MemoryMax: String(128 << 20), MemorySwapMax: "0" })
  t.equal(unit.file("memory.max"), String(128 << 20))
  update("--cpu-quota", "30500")
  t.equal(unit.show("CPUQuotaPerSecUSec").CPUQuotaPerSecUSec, "310ms")
  t.equal(unit.file("cpu.max"), "31000 100000")
  update("--cpu-period", "50000")
  t.equal(unit.file("cpu.max"), "31000 50000", "the quota stays")
  t.match(unit.show("CPUQuotaPerSecUSec", "CPUQuotaPeriodUSec"), { CPUQuotaPerSecUSec: "620ms", CPUQuotaPeriodUSec: "50ms" })
  update("--cpu-share", "1024")
  t.equal(unit.show("CPUWeight").CPUWeight, "100")
  t.equal(unit.file("cpu.max"), "31000 50000")
  t.equal(unit.file("cpu.max.burst"), "10000")
  t.equal(unit.file("pids.max"), "50")
  update("--pids-limit", "-1")
  t.equal(unit.show("TasksMax").TasksMax, "infinity")
  t.equal(unit.file("memory.max"), String(128 << 20))
  const refused = box.call(["update", "--cpu-quota", "1", "--pids-limit", "20", box.id])
  t.equal(refused.code, 1, "what the kernel refuses")
  t.match(refused.stderr, /cpu\/quota/)
  t.equal(unit.show("TasksMax").TasksMax, "infinity", "systemd is not told")
})

unitTest("update beside what unified set by hand: it stays [update --resources] [/linux/resources/unified]", V2, async (t, box, unit) => {
  box.config.linux.resources = { unified: { "memory.high": MIB64 } }
  await box.launch("/bin/sleep", "1000")
  systemctl("set-property", "--runtime", unit.name, "MemoryHigh=infinity")
  expectSuccess(runtime(["--root", box.root, "update", "--resources", "-", box.id], { input: JSON.stringify({ pids: { limit: 9 }, unified: { "memory.low": "4096" } }) }))
  t.match(unit.show("TasksMax", "MemoryLow"), { TasksMax: "9", MemoryLow: "4096" })
  t.equal(unit.file("memory.high"), "max", "what systemd was told by others stays too")
})

unitTest("the container's user owns its part of the tree [/linux/namespaces/*/type]", V2, async (t, box, unit) => {
  box.config.linux.namespaces.push({ type: "cgroup" })
  box.config.mounts.push({ destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "noexec", "nodev"] })
  box.mapIds()
  await box.launch("/bin/sleep", "1000")
  const made = box.exec(["/bin/sh", "-c", "mkdir /sys/fs/cgroup/own && ls -d /sys/fs/cgroup/own"])
  t.equal(made.stdout, "/sys/fs/cgroup/own\n")
  t.equal(unit.show("ActiveState").ActiveState, "active")
})

t.teardown(() => void command(["systemctl", "stop", SLICE]))
