import { readFileSync } from "node:fs"
import t from "tap"
import { boxTest } from "../../conformance/lib/test.ts"

/*
 * linux.resources on cgroup v1, read from outside in the hierarchies of this machine. What no v1 hierarchy here has is
 * tested at the writer (hugetlb, net_prio, rdma, weights of CFQ: test/unit/cgroup/resources.test.ts) or on a kernel of its own (net_cls:
 * resources-v2.test.ts).
 */

const NEEDS = { needs: ["hybrid"] } as const
const GIGA = 2 ** 30
const UNLIMITED = "9223372036854771712"

interface Case {
  /** Below /linux/resources. */
  readonly fields: readonly string[]
  readonly resources: object
  /** By `controller/file`. */
  readonly files: Readonly<Record<string, string>>
}

const CASES: readonly Case[] = [
  { fields: ["memory/limit"], resources: { memory: { limit: 67108864 } }, files: { "memory/memory.limit_in_bytes": "67108864" } },
  { fields: ["memory/limit"], resources: { memory: { limit: -1 } }, files: { "memory/memory.limit_in_bytes": UNLIMITED, "memory/memory.memsw.limit_in_bytes": UNLIMITED } },
  { fields: ["memory/limit"], resources: { memory: { limit: 9223372036854771712 } }, files: { "memory/memory.limit_in_bytes": UNLIMITED } },
  { fields: ["memory/swap"], resources: { memory: { limit: 67108864, swap: 134217728 } },
    files: { "memory/memory.limit_in_bytes": "67108864", "memory/memory.memsw.limit_in_bytes": "134217728" } },
  { fields: ["memory/swap"], resources: { memory: { limit: 67108864, swap: -1 } }, files: { "memory/memory.memsw.limit_in_bytes": UNLIMITED } },
  { fields: ["memory/reservation"], resources: { memory: { reservation: 33554432 } }, files: { "memory/memory.soft_limit_in_bytes": "33554432" } },
  { fields: ["memory/reservation"], resources: { memory: { limit: 67108864, reservation: 134217728 } }, files: { "memory/memory.soft_limit_in_bytes": "134217728" } },
  { fields: ["memory/swappiness"], resources: { memory: { swappiness: 0 } }, files: { "memory/memory.swappiness": "0" } },
  { fields: ["memory/swappiness"], resources: { memory: { swappiness: 37 } }, files: { "memory/memory.swappiness": "37" } },
  { fields: ["memory/disableOOMKiller"], resources: { memory: { limit: 67108864, disableOOMKiller: true } }, files: { "memory/memory.oom_control": "oom_kill_disable 1" } },
  { fields: ["memory/disableOOMKiller"], resources: { memory: { limit: 67108864, disableOOMKiller: false } }, files: { "memory/memory.oom_control": "oom_kill_disable 0" } },
  { fields: ["memory/useHierarchy"], resources: { memory: { useHierarchy: true } }, files: { "memory/memory.use_hierarchy": "1" } },
  { fields: ["cpu/shares"], resources: { cpu: { shares: 300 } }, files: { "cpu/cpu.shares": "300" } },
  { fields: ["cpu/shares"], resources: { cpu: { shares: 0 } }, files: { "cpu/cpu.shares": "1024" } },
  { fields: ["cpu/quota"], resources: { cpu: { quota: 50000 } }, files: { "cpu/cpu.cfs_quota_us": "50000", "cpu/cpu.cfs_period_us": "100000" } },
  { fields: ["cpu/quota"], resources: { cpu: { quota: -1 } }, files: { "cpu/cpu.cfs_quota_us": "-1" } },
  { fields: ["cpu/period"], resources: { cpu: { quota: 5000, period: 10000 } }, files: { "cpu/cpu.cfs_quota_us": "5000", "cpu/cpu.cfs_period_us": "10000" } },
  { fields: ["cpu/period"], resources: { cpu: { period: 20000 } }, files: { "cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "20000" } },
  { fields: ["cpu/burst"], resources: { cpu: { quota: 50000, period: 100000, burst: 40000 } }, files: { "cpu/cpu.cfs_burst_us": "40000" } },
  { fields: ["cpu/idle"], resources: { cpu: { idle: 1 } }, files: { "cpu/cpu.idle": "1" } },
  { fields: ["cpu/idle"], resources: { cpu: { idle: 1, shares: 512 } }, files: { "cpu/cpu.idle": "1" } },
  { fields: ["cpu/realtimePeriod"], resources: { cpu: { realtimePeriod: 500000 } }, files: { "cpu/cpu.rt_period_us": "500000" } },
  { fields: ["cpu/cpus"], resources: { cpu: { cpus: "0" } }, files: { "cpuset/cpuset.cpus": "0" } },
  { fields: ["cpu/mems"], resources: { cpu: { mems: "0" } }, files: { "cpuset/cpuset.mems": "0" } },
  { fields: ["pids/limit"], resources: { pids: { limit: 33 } }, files: { "pids/pids.max": "33" } },
  { fields: ["pids/limit"], resources: { pids: { limit: -1 } }, files: { "pids/pids.max": "max" } },
  { fields: ["pids/limit"], resources: { pids: { limit: 9223372036854775807 } }, files: { "pids/pids.max": "max" } },
  { fields: ["blockIO/weight"], resources: { blockIO: { weight: 500 } }, files: { "blkio/blkio.bfq.weight": "500" } },
  { fields: ["blockIO/throttleReadBpsDevice/*/major", "blockIO/throttleReadBpsDevice/*/minor", "blockIO/throttleReadBpsDevice/*/rate"], resources: { blockIO: { throttleReadBpsDevice: [{ major: 7, minor: 0, rate: 1048576 }, { major: 7, minor: 1, rate: 4096 }] } },
    files: { "blkio/blkio.throttle.read_bps_device": "7:1 4096\n7:0 1048576" } },
  { fields: ["blockIO/throttleWriteBpsDevice/*/major", "blockIO/throttleWriteBpsDevice/*/minor", "blockIO/throttleWriteBpsDevice/*/rate"], resources: { blockIO: { throttleWriteBpsDevice: [{ major: 7, minor: 0, rate: 5 * GIGA }] } },
    files: { "blkio/blkio.throttle.write_bps_device": "7:0 5368709120" } },
  { fields: ["blockIO/throttleReadIOPSDevice/*/major", "blockIO/throttleReadIOPSDevice/*/minor", "blockIO/throttleReadIOPSDevice/*/rate"], resources: { blockIO: { throttleReadIOPSDevice: [{ major: 7, minor: 0, rate: 300 }] } },
    files: { "blkio/blkio.throttle.read_iops_device": "7:0 300" } },
  { fields: ["blockIO/throttleWriteIOPSDevice/*/major", "blockIO/throttleWriteIOPSDevice/*/minor", "blockIO/throttleWriteIOPSDevice/*/rate"], resources: { blockIO: { throttleWriteIOPSDevice: [{ major: 7, minor: 0, rate: 400 }] } },
    files: { "blkio/blkio.throttle.write_iops_device": "7:0 400" } },
]

for (const { fields, resources, files } of CASES) {
  const pointer = fields.join(" /linux/resources/")
  boxTest(`v1: ${JSON.stringify(resources)} is in the cgroup's files [/linux/resources/${pointer}]`, NEEDS, (t, box) => {
    box.config.linux.resources = resources
    box.create()
    for (const [name, expected] of Object.entries(files)) t.equal(read(box.cgroupsPath, name).slice(0, expected.length + 1).trim(), expected, name)
  })
}

/** A file of the container's cgroup by `controller/file`. */
function read(cgroup: string, name: string): string {
  const [controller, file] = name.split("/") as [string, string]
  return readFileSync(`/sys/fs/cgroup/${controller}${cgroup}/${file}`, "utf8").trim()
}

/** What cannot be honoured: the error names the field and the reason. */
const REFUSED: readonly (readonly [pointer: string, resources: object, reason: RegExp])[] = [
  ["memory/swap", { memory: { limit: 67108864, swap: 33554432 } }, /swap: 33554432 is less than the limit of memory, 67108864/],
  ["memory/swap", { memory: { swap: 33554432 } }, /swap: 33554432 .* needs a limit of memory/],
  ["memory/swappiness", { memory: { swappiness: 101 } }, /swappiness: 101 is more than 100/],
  ["cpu/shares", { cpu: { shares: 1 } }, /shares: 1 is not from 2 to 262144/],
  ["cpu/burst", { cpu: { quota: 10000, burst: 20000 } }, /burst: 20000 is larger than the quota, 10000/],
  ["cpu/idle", { cpu: { idle: 2 } }, /idle: 2 is neither 0 nor 1/],
  ["cpu/quota", { cpu: { quota: 10 } }, /cpu\/quota: write "10" .*invalid argument/],
  ["cpu/realtimeRuntime", { cpu: { realtimeRuntime: 10000 } }, /realtimeRuntime: write "10000" .*invalid argument.*above has to give: 0 in/s],
  ["cpu/cpus", { cpu: { cpus: "77" } }, /cpu\/cpus: write "77" .*of what the cgroup above has: 0/s],
  ["cpu/mems", { cpu: { mems: "9" } }, /cpu\/mems: write "9" .*of what the cgroup above has: 0/s],
  ["blockIO/leafWeight", { blockIO: { leafWeight: 500 } }, /blockIO\/leafWeight: there is no .*leaf_weight.*no I\/O scheduler/],
  ["blockIO/weightDevice/*/weight", { blockIO: { weightDevice: [{ major: 7, minor: 0, weight: 500 }] } }, /weightDevice\/0: write "7:0 500" .*scheduler has no weights/s],
  ["blockIO/throttleReadBpsDevice/*/major", { blockIO: { throttleReadBpsDevice: [{ major: 999, minor: 0, rate: 1 }] } }, /throttleReadBpsDevice\/0: write "999:0 1" .*no block device/s],
  ["network/classID", { network: { classID: 5 } }, /network\/classID: .*net_cls is not mounted|only cgroup v1/],
  ["network/priorities/*/name", { network: { priorities: [{ name: "lo", priority: 5 }] } }, /network\/priorities: .*net_prio is not mounted|only cgroup v1/],
  ["rdma/*/hcaHandles", { rdma: { mlx5_0: { hcaHandles: 3 } } }, /rdma\/mlx5_0: the cgroup controller rdma is not available/],
  ["unified", { unified: { "memory.high": "67108864" } }, /unified\/memory.high: the cgroup controller memory is not available .*v1 hierarchy holds it/s],
]

for (const [pointer, resources, reason] of REFUSED) {
  boxTest(`v1: ${JSON.stringify(resources)} is refused with field and reason [/linux/resources/${pointer}]`, NEEDS, (t, box) => {
    box.config.linux.resources = resources
    const { code, stderr } = box.tryCreate()
    t.not(code, 0)
    t.match(stderr, reason)
    t.same(box.cgroupFolders(), [], "no cgroup is left")
  })
}

boxTest("v1: memory.kernel is ignored with a warning, kernelTCP is set [/linux/resources/memory/kernel] [/linux/resources/memory/kernelTCP]",
  { ...NEEDS, skipFor: { runc: "ignores kernelTCP" } }, (t, box) => {
  box.config.linux.resources = { memory: { kernel: 16777216, kernelTCP: 16777216 } }
  box.write()
  const log = `${box.folder}/log`
  t.equal(box.call(["--log", log, "create", "--bundle", box.bundle, box.id]).code, 0)
  t.match(readFileSync(log, "utf8"), /memory\/kernel is ignored/)
  t.notMatch(readFileSync(log, "utf8"), /kernelTCP/)
  const folder = box.cgroupFolders().find((path) => path.includes("/memory/")) as string
  t.equal(readFileSync(`${folder}/memory.kmem.tcp.limit_in_bytes`, "utf8").trim(), "16777216")
})

boxTest("v1: huge pages are in the cgroup2 hierarchy of a hybrid machine [/linux/resources/hugepageLimits/*/pageSize] [/linux/resources/hugepageLimits/*/limit]", NEEDS, (t, box) => {
  box.config.linux.resources = { hugepageLimits: [{ pageSize: "2MB", limit: 209715200 }, { pageSize: "1GB", limit: 0 }] }
  box.create()
  const folder = box.cgroupFolders().find((path) => path.includes("/unified/")) as string
  const value = (file: string): string => readFileSync(`${folder}/${file}`, "utf8").trim()
  t.equal(value("hugetlb.2MB.max"), "209715200")
  t.equal(value("hugetlb.2MB.rsvd.max"), "209715200")
  t.equal(value("hugetlb.1GB.max"), "0")
})

boxTest("v1: a page size that the machine has not names those it has [/linux/resources/hugepageLimits/*/pageSize]", NEEDS, (t, box) => {
  box.config.linux.resources = { hugepageLimits: [{ pageSize: "64KB", limit: 1 }] }
  t.match(box.tryCreate().stderr, /hugepageLimits\/0: there is no .*64KB.*: the machine has huge pages of .*2MB/)
})

boxTest("v1: unified files of the cgroup2 hierarchy of a hybrid machine [/linux/resources/unified]", NEEDS, (t, box) => {
  box.config.linux.resources = { unified: { "hugetlb.2MB.max": "4194304", "cgroup.max.depth": "3" } }
  box.create()
  const folder = box.cgroupFolders().find((path) => path.includes("/unified/")) as string
  t.equal(readFileSync(`${folder}/hugetlb.2MB.max`, "utf8"), "4194304\n")
  t.equal(readFileSync(`${folder}/cgroup.max.depth`, "utf8"), "3\n")
})

boxTest("v1: limits hold inside: memory is killed, tasks are refused [/linux/resources/memory/limit] [/linux/resources/pids/limit]", NEEDS, (t, box) => {
  box.config.linux.resources = { memory: { limit: 16777216, swap: 16777216 }, pids: { limit: 6 } }
  const { stderr, code } = box.script("(for i in 1 2 3 4 5 6 7 8 9 10; do sleep 1 & done; wait); exec tail -c 100000000 /dev/zero").run()
  t.match(stderr, /fork/)
  t.equal(code, 137)
})

t.end()
