import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import t from "tap"
import { UNIFIED } from "../../../src/host/cgroup/record.ts"
import type { CgroupRecord } from "../../../src/host/cgroup/record.ts"
import { applyResources, Journal } from "../../../src/host/cgroup/resources/apply.ts"
import { CPU_FIELDS, weightOfShares } from "../../../src/host/cgroup/resources/cpu.ts"
import type { Field, Place, Step } from "../../../src/host/cgroup/resources/field.ts"
import { MEMORY_FIELDS } from "../../../src/host/cgroup/resources/memory.ts"
import { unifiedSteps } from "../../../src/host/cgroup/resources/unified.ts"
import type { LinuxResources } from "../../../src/spec/types.gen.ts"

/*
 * The writers of linux.resources. Folders here are real ones with real files, in the place of a cgroup: for files that no kernel
 * at hand has, and for what a kernel would have to be brought to refuse.
 */

const scratch = mkdtempSync(tmpdir() + "/runts-resources-")
let folders = 0
t.teardown(() => rmSync(scratch, { recursive: true, force: true }))

/** A folder with files, as the cgroup of a container. */
function fake(version: 1 | 2, controller: string, files: Readonly<Record<string, string>>) {
  const mount = `${scratch}/${++folders}`
  const path = mount + "/c1"
  mkdirSync(path, { recursive: true })
  for (const name in files) writeFileSync(`${path}/${name}`, files[name] as string)
  const key = version === 1 ? controller : UNIFIED
  const record: CgroupRecord = { mode: version === 1 ? "v1" : "v2", paths: { [key]: path }, mounts: { [key]: mount }, created: [] }
  return { record, read: (name: string): string => readFileSync(`${path}/${name}`, "utf8") }
}

interface Case {
  readonly title: string
  /** Below /linux/resources. */
  readonly fields: readonly string[]
  readonly version: 1 | 2
  readonly controller: string
  readonly resources: LinuxResources
  /** What the files hold after, and that they are there before. */
  readonly files: Readonly<Record<string, string>>
}

const CASES: readonly Case[] = [
  { title: "cpuset of v2", fields: ["cpu/cpus", "cpu/mems"], version: 2, controller: "cpuset",
    resources: { cpu: { cpus: "0-3,7", mems: "0" } }, files: { "cpuset.cpus": "0-3,7", "cpuset.mems": "0" } },
  { title: "realtime of v1", fields: ["cpu/realtimePeriod", "cpu/realtimeRuntime"], version: 1, controller: "cpu",
    resources: { cpu: { realtimePeriod: 1000000, realtimeRuntime: 950000 } }, files: { "cpu.rt_period_us": "1000000", "cpu.rt_runtime_us": "950000" } },
  { title: "weights of CFQ", fields: ["blockIO/weight", "blockIO/leafWeight"], version: 1, controller: "blkio",
    resources: { blockIO: { weight: 500, leafWeight: 300 } }, files: { "blkio.weight": "500", "blkio.leaf_weight": "300" } },
  { title: "weights of devices, CFQ", fields: ["blockIO/weightDevice/*/weight", "blockIO/weightDevice/*/leafWeight"], version: 1, controller: "blkio",
    resources: { blockIO: { weightDevice: [{ major: 8, minor: 16, weight: 500, leafWeight: 300 }] } },
    files: { "blkio.weight_device": "8:16 500", "blkio.leaf_weight_device": "8:16 300" } },
  { title: "weights of BFQ, v1", fields: ["blockIO/weightDevice/*/weight", "blockIO/weightDevice/*/major", "blockIO/weightDevice/*/minor"], version: 1, controller: "blkio",
    resources: { blockIO: { weight: 10, weightDevice: [{ major: 8, minor: 0, weight: 1000 }] } },
    files: { "blkio.bfq.weight": "10", "blkio.bfq.weight_device": "8:0 1000" } },
  { title: "weight of BFQ, v2", fields: ["blockIO/weight"], version: 2, controller: "io",
    resources: { blockIO: { weight: 500 } }, files: { "io.bfq.weight": "500" } },
  { title: "weight of a device, BFQ, v2", fields: ["blockIO/weightDevice/*/weight"], version: 2, controller: "io",
    resources: { blockIO: { weightDevice: [{ major: 8, minor: 0, weight: 20 }] } }, files: { "io.bfq.weight": "8:0 20" } },
  { title: "weight of iocost is converted", fields: ["blockIO/weight"], version: 2, controller: "io",
    resources: { blockIO: { weight: 1000 } }, files: { "io.weight": "default 10000" } },
  { title: "weight of a device, iocost", fields: ["blockIO/weightDevice/*/weight"], version: 2, controller: "io",
    resources: { blockIO: { weightDevice: [{ major: 8, minor: 0, weight: 10 }] } }, files: { "io.weight": "8:0 1" } },
  { title: "a rate of v2", fields: ["blockIO/throttleWriteBpsDevice/*/rate"], version: 2, controller: "io",
    resources: { blockIO: { throttleWriteBpsDevice: [{ major: 8, minor: 0, rate: 18446744073709551615 }] } }, files: { "io.max": "8:0 wbps=18446744073709551615" } },
  { title: "a rate of 0 is none, v2", fields: ["blockIO/throttleReadIOPSDevice/*/rate"], version: 2, controller: "io",
    resources: { blockIO: { throttleReadIOPSDevice: [{ major: 8, minor: 0, rate: 0 }] } }, files: { "io.max": "8:0 riops=max" } },
  { title: "huge pages of v1, used and reserved", fields: ["hugepageLimits/*/limit"], version: 1, controller: "hugetlb",
    resources: { hugepageLimits: [{ pageSize: "2MB", limit: 209715200 }] },
    files: { "hugetlb.2MB.limit_in_bytes": "209715200", "hugetlb.2MB.rsvd.limit_in_bytes": "209715200" } },
  { title: "huge pages of v1 without counted reservations", fields: ["hugepageLimits/*/limit"], version: 1, controller: "hugetlb",
    resources: { hugepageLimits: [{ pageSize: "1GB", limit: 18446744073709551615 }] }, files: { "hugetlb.1GB.limit_in_bytes": "-1" } },
  { title: "class of packets", fields: ["network/classID"], version: 1, controller: "net_cls",
    resources: { network: { classID: 1048577 } }, files: { "net_cls.classid": "1048577" } },
  { title: "priorities of packets", fields: ["network/priorities/*/name", "network/priorities/*/priority"], version: 1, controller: "net_prio",
    resources: { network: { priorities: [{ name: "eth0", priority: 500 }] } }, files: { "net_prio.ifpriomap": "eth0 500" } },
  { title: "rdma, v1", fields: ["rdma/*/hcaHandles", "rdma/*/hcaObjects"], version: 1, controller: "rdma",
    resources: { rdma: { mlx5_1: { hcaHandles: 3, hcaObjects: 10000 } } }, files: { "rdma.max": "mlx5_1 hca_handle=3 hca_object=10000" } },
  { title: "rdma, v2", fields: ["rdma/*/hcaObjects"], version: 2, controller: "rdma",
    resources: { rdma: { rxe3: { hcaObjects: 1000 } } }, files: { "rdma.max": "rxe3 hca_object=1000" } },
  { title: "use_hierarchy of an old kernel", fields: ["memory/useHierarchy"], version: 1, controller: "memory",
    resources: { memory: { useHierarchy: true } }, files: { "memory.use_hierarchy": "1" } },
]

for (const { title, fields, version, controller, resources, files } of CASES) {
  const pointer = fields.join(" /linux/resources/")
  t.test(`in a folder of plain files: ${title} [/linux/resources/${pointer}]`, async (t) => {
    const before = title.startsWith("use_hierarchy") ? "0" : ""
    const { record, read } = fake(version, controller, Object.fromEntries(Object.keys(files).map((name) => [name, before])))
    await applyResources(record, resources)
    for (const name in files) t.equal(read(name), files[name], name)
  })
}

t.test("in a folder of plain files: swap that cannot be limited is fine where none is wanted [/linux/resources/memory/swap]", async (t) => {
  for (const swap of [-1, 67108864]) {
    const { record, read } = fake(2, "memory", { "memory.max": "" })
    await applyResources(record, { memory: { limit: 67108864, swap } })
    t.equal(read("memory.max"), "67108864")
  }
  const { record } = fake(2, "memory", { "memory.max": "", "cgroup.controllers": "memory" })
  await t.rejects(applyResources(record, { memory: { limit: 67108864, swap: 67108865 } }), /memory\/swap: there is no .*memory.swap.max.*without swap/)
  const v1 = fake(1, "memory", { "memory.limit_in_bytes": "" })
  await applyResources(v1.record, { memory: { limit: -1 } })
  t.equal(v1.read("memory.limit_in_bytes"), "-1")
  await t.rejects(applyResources(v1.record, { memory: { limit: 67108864, swap: 67108864 } }), /memory\/swap: there is no .*swapaccount=0/)
})

/** The steps that a table makes of resources, as `file=text`. */
function steps(fields: readonly Field[], resources: LinuxResources, version: 1 | 2, files: Readonly<Record<string, string>> = {}, updating = false): string[] {
  const place: Place = { version, controller: "x", path: "/x", updating, read: (file) => files[file], readAbove: () => undefined, names: () => [] }
  const found: Step[] = []
  for (const row of fields) {
    const value = row.value(resources)
    const writer = version === 1 ? row.v1 : row.v2
    if (value !== undefined && typeof writer !== "string") found.push(...writer(value as never, place))
  }
  return found.map(({ file, text }) => `${file}=${text}`)
}

t.test("weightOfShares() is 1 to 10000 for 2 to 262144, and 100 for 1024 [/linux/resources/cpu/shares]", async (t) => {
  for (const [shares, weight] of [[1, 1], [2, 1], [512, 59], [1024, 100], [2048, 174], [262143, 10000], [262144, 10000], [2 ** 53, 10000]] as const) {
    t.equal(weightOfShares(shares), weight, String(shares))
  }
  let last = 0
  for (let shares = 2; shares <= 262144; shares += 101) {
    const weight = weightOfShares(shares)
    if (weight < last || weight < 1 || weight > 10000) t.fail(`${shares}: ${weight} after ${last}`)
    last = weight
  }
})

t.test("memory of v2: swap alone, by the limit that is there where an update names none [/linux/resources/memory/swap]", async (t) => {
  const swap = (memory: LinuxResources["memory"] & object, current?: string): string[] =>
    steps(MEMORY_FIELDS, { memory }, 2, current === undefined ? {} : { "memory.max": current }, current !== undefined)
  t.same(swap({ limit: 1000, swap: 3000 }), ["memory.max=1000", "memory.swap.max=2000"])
  t.same(swap({ swap: 3000 }, "1000"), ["memory.swap.max=2000"])
  t.throws(() => swap({ swap: 3000 }, "max"), /memory has no limit of its own/)
  t.throws(() => swap({ swap: 3000 }, "4000"), /3000 for memory and swap together is less than memory's own limit, 4000/)
  t.same(swap({ limit: 2 ** 53, swap: 2 ** 54 }), ["memory.max=9007199254740992", "memory.swap.max=9007199254740992"])
})

t.test("checkBeforeUpdate refuses a limit below the usage, of a container that is there [/linux/resources/memory/checkBeforeUpdate]", async (t) => {
  const usage = { "memory.current": "5000" }
  t.throws(() => steps(MEMORY_FIELDS, { memory: { limit: 5000, checkBeforeUpdate: true } }, 2, usage, true), /limit: 5000 is not more than the 5000 bytes/)
  t.throws(() => steps(MEMORY_FIELDS, { memory: { swap: 4000, checkBeforeUpdate: true } }, 2, usage, true), /swap: 4000 is not more than/)
  t.same(steps(MEMORY_FIELDS, { memory: { limit: 5001, checkBeforeUpdate: true } }, 2, usage, true), ["memory.max=5001"])
  t.same(steps(MEMORY_FIELDS, { memory: { limit: 5000, checkBeforeUpdate: true } }, 2, usage), ["memory.max=5000"])
})

t.test("cpu of v2: what an update omits stays [/linux/resources/cpu/quota] [/linux/resources/cpu/period]", async (t) => {
  const now = { "cpu.max": "5000 10000" }
  t.same(steps(CPU_FIELDS, { cpu: { quota: 7000 } }, 2, now, true), ["cpu.max=7000"])
  t.same(steps(CPU_FIELDS, { cpu: { period: 20000 } }, 2, now, true), ["cpu.max=5000 20000"])
  t.same(steps(CPU_FIELDS, { cpu: { quota: -1 } }, 2, now, true), ["cpu.max=max"])
  t.same(steps(CPU_FIELDS, { cpu: { quota: 1000, period: 2000, burst: 500 } }, 2, now, true), ["cpu.max=1000 2000", "cpu.max.burst=500"])
})

t.test("zero values of Go are not set [/linux/resources/memory/limit] [/linux/resources/cpu/shares]", async (t) => {
  const memory = { limit: 0, reservation: 0, swap: 0, kernel: 0, kernelTCP: 0, swappiness: 2 ** 64, disableOOMKiller: false, useHierarchy: false, checkBeforeUpdate: false }
  const cpu = { shares: 0, quota: 0, period: 0, realtimeRuntime: 0, realtimePeriod: 0, cpus: "", mems: "" }
  for (const version of [1, 2] as const) t.same(steps([...MEMORY_FIELDS, ...CPU_FIELDS], { memory, cpu }, version), [])
})

t.test("unified values go line by line, as they stand [/linux/resources/unified]", async (t) => {
  const made = unifiedSteps({ "io.max": "259:0 rbps=2097152 wiops=120\n253:0 rbps=2097152 wiops=120\n", "hugetlb.1GB.max": "1073741824" })
  t.same(made.map(({ file, text, controller }) => [file, text, controller]), [
    ["io.max", "259:0 rbps=2097152 wiops=120", "io"], ["io.max", "253:0 rbps=2097152 wiops=120", "io"], ["hugetlb.1GB.max", "1073741824", "hugetlb"],
  ])
})

t.test("unified is an error where there is no cgroup2 [/linux/resources/unified]", async (t) => {
  await t.rejects(applyResources(fake(1, "memory", {}).record, { unified: { "memory.high": "1" } }), /unified: is for cgroup v2/)
})

t.test("a journal sets back what was written, the last first [update]", async (t) => {
  const files = { "memory.max": "max", "memory.swap.max": "max", "cpu.weight": "100", "io.max": "8:0 rbps=1 wbps=max", "cpuset.cpus": "", "pids.max": "max" }
  const { record, read } = fake(2, "memory", files)
  const journal = new Journal()
  const resources = { memory: { limit: 1000, swap: 2000 }, cpu: { shares: 2, cpus: "0" }, blockIO: { throttleReadBpsDevice: [{ major: 8, minor: 0, rate: 99 }] } }
  await applyResources(record, { ...resources, pids: { limit: 5 } }, journal)
  t.equal(journal.length, 6)
  t.equal(read("memory.max").slice(0, 4), "1000")
  t.same(journal.undo(), [])
  t.equal(read("memory.max").slice(0, 3), "max")
  t.equal(read("cpu.weight"), "100")
  t.equal(read("io.max").slice(0, 20), "8:0 rbps=1 wbps=max\n".trim())
  t.equal(read("pids.max").slice(0, 3), "max")
  t.equal(journal.length, 0)
})
