import { readFileSync } from "node:fs"
import t from "tap"
import { boxTest } from "../../conformance/lib/test.ts"
import { command } from "../../conformance/lib/command.ts"
import { controllers, runtimePath } from "../../conformance/lib/environment.ts"
import type { DifferenceName } from "../../conformance/lib/ways.ts"

/*
 * linux.resources on cgroup v2, read from outside in the container's cgroup. What no v2 kernel here has (cpuset, block devices with
 * weights, rdma) is tested at the writer: test/unit/cgroup/resources.test.ts.
 */

const REAL = { needs: ["controllers"] } as const
const V2 = { needs: ["v2"] } as const

interface Case {
  /** Below /linux/resources. */
  readonly fields: readonly string[]
  readonly resources: object
  readonly files: Readonly<Record<string, string>>
}

const CASES: readonly Case[] = [
  { fields: ["memory/limit"], resources: { memory: { limit: 67108864 } }, files: { "memory.max": "67108864", "memory.swap.max": "max" } },
  { fields: ["memory/limit"], resources: { memory: { limit: -1 } }, files: { "memory.max": "max", "memory.swap.max": "max" } },
  { fields: ["memory/limit"], resources: { memory: { limit: 9223372036854771712 } }, files: { "memory.max": "max" } },
  { fields: ["memory/swap"], resources: { memory: { limit: 67108864, swap: 134217728 } }, files: { "memory.max": "67108864", "memory.swap.max": "67108864" } },
  { fields: ["memory/swap"], resources: { memory: { limit: 67108864, swap: 67108864 } }, files: { "memory.swap.max": "0" } },
  { fields: ["memory/swap"], resources: { memory: { limit: 67108864, swap: -1 } }, files: { "memory.swap.max": "max" } },
  { fields: ["memory/reservation"], resources: { memory: { reservation: 33554432 } }, files: { "memory.low": "33554432" } },
  { fields: ["memory/reservation"], resources: { memory: { reservation: -1 } }, files: { "memory.low": "max" } },
  { fields: ["memory/disableOOMKiller"], resources: { memory: { limit: 67108864, disableOOMKiller: false } }, files: { "memory.max": "67108864" } },
  { fields: ["memory/useHierarchy"], resources: { memory: { limit: 67108864, useHierarchy: true } }, files: { "memory.max": "67108864" } },
  { fields: ["memory/checkBeforeUpdate"], resources: { memory: { limit: 67108864, checkBeforeUpdate: true } }, files: { "memory.max": "67108864" } },
  { fields: ["cpu/shares"], resources: { cpu: { shares: 1024 } }, files: { "cpu.weight": "100" } },
  { fields: ["cpu/shares"], resources: { cpu: { shares: 2 } }, files: { "cpu.weight": "1" } },
  { fields: ["cpu/shares"], resources: { cpu: { shares: 262144 } }, files: { "cpu.weight": "10000" } },
  { fields: ["cpu/shares"], resources: { cpu: { shares: 1000000 } }, files: { "cpu.weight": "10000" } },
  { fields: ["cpu/quota"], resources: { cpu: { quota: 50000 } }, files: { "cpu.max": "50000 100000" } },
  { fields: ["cpu/quota"], resources: { cpu: { quota: -1, period: 50000 } }, files: { "cpu.max": "max 50000" } },
  { fields: ["cpu/period"], resources: { cpu: { period: 20000 } }, files: { "cpu.max": "max 20000" } },
  { fields: ["cpu/period"], resources: { cpu: { quota: 5000, period: 10000 } }, files: { "cpu.max": "5000 10000" } },
  { fields: ["cpu/burst"], resources: { cpu: { quota: 50000, period: 100000, burst: 40000 } }, files: { "cpu.max": "50000 100000", "cpu.max.burst": "40000" } },
  { fields: ["cpu/idle"], resources: { cpu: { idle: 1 } }, files: { "cpu.idle": "1" } },
  { fields: ["cpu/idle"], resources: { cpu: { idle: 1, shares: 512 } }, files: { "cpu.idle": "1" } },
  { fields: ["pids/limit"], resources: { pids: { limit: 33 } }, files: { "pids.max": "33" } },
  { fields: ["pids/limit"], resources: { pids: { limit: -1 } }, files: { "pids.max": "max" } },
  { fields: ["unified"], resources: { unified: { "memory.high": "33554432", "cpu.weight": "77", "memory.oom.group": "1", "cgroup.max.depth": "3" } },
    files: { "memory.high": "33554432", "cpu.weight": "77", "memory.oom.group": "1", "cgroup.max.depth": "3" } },
  { fields: ["unified"], resources: { cpu: { shares: 1024 }, memory: { limit: 67108864 }, unified: { "cpu.weight": "5", "memory.max": "134217728" } },
    files: { "cpu.weight": "5", "memory.max": "134217728" } },
]

for (const { fields, resources, files } of CASES) {
  const pointer = fields.join(" /linux/resources/")
  boxTest(`v2: ${JSON.stringify(resources)} is in the cgroup's files [/linux/resources/${pointer}]`, REAL, (t, box) => {
    box.config.linux.resources = resources
    box.create()
    for (const [file, expected] of Object.entries(files)) t.equal(value(box.cgroupsPath, file), expected, file)
  })
}

function value(cgroup: string, file: string): string {
  return readFileSync(`/sys/fs/cgroup${cgroup}/${file}`, "utf8").trim()
}

/** What cgroup v2 cannot give: an error names field and reason, never silence (config-linux.md, Unified). */
const REFUSED: readonly (readonly [pointer: string, resources: object, reason: RegExp, differs?: DifferenceName])[] = [
  ["memory/swap", { memory: { limit: 67108864, swap: 33554432 } }, /swap: 33554432 is less than the limit of memory/],
  ["memory/swap", { memory: { swap: 33554432 } }, /needs a limit of memory/],
  ["memory/swappiness", { memory: { swappiness: 10 } }, /memory\/swappiness: cgroup v2 has no swappiness/],
  ["memory/disableOOMKiller", { memory: { disableOOMKiller: true } }, /disableOOMKiller: cgroup v2 cannot disable the OOM killer/],
  ["cpu/realtimePeriod", { cpu: { realtimePeriod: 1000000 } }, /realtimePeriod: cgroup v2 has no control of realtime/],
  ["cpu/realtimeRuntime", { cpu: { realtimeRuntime: 10000 } }, /realtimeRuntime: cgroup v2 has no control of realtime/],
  ["cpu/quota", { cpu: { quota: 10 } }, /cpu\/quota: write "10" .*invalid argument.*a quota from 1000/s, "a cpu limit of less than a hundredth"],
  ["cpu/cpus", { cpu: { cpus: "0" } }, /cpu\/cpus: the cgroup controller cpuset is not available/],
  ["blockIO/leafWeight", { blockIO: { leafWeight: 500 } }, /leafWeight: cgroup v2 has no leaf weights/],
  ["blockIO/weight", { blockIO: { weight: 500 } }, /blockIO\/weight: there is no .*no I\/O scheduler with weights/],
  ["blockIO/throttleReadBpsDevice/*/major", { blockIO: { throttleReadBpsDevice: [{ major: 999, minor: 3, rate: 1024 }] } },
    /throttleReadBpsDevice\/0: write "999:3 rbps=1024" .*no block device of these numbers/s],
  ["network/classID", { network: { classID: 5 } }, /network\/classID: only cgroup v1 has it/],
  ["network/priorities/*/name", { network: { priorities: [{ name: "lo", priority: 3 }] } }, /network\/priorities: only cgroup v1 has it/],
  ["rdma/*/hcaHandles", { rdma: { mlx5_0: { hcaHandles: 3 } } }, /rdma\/mlx5_0: the cgroup controller rdma is not available/],
  ["unified", { unified: { "cpuset.cpus": "0" } }, /unified\/cpuset.cpus: the cgroup controller cpuset is not available in .*; \/sys\/fs\/cgroup has only: .*memory/s, "controllers of systemd's choice"],
  ["unified", { unified: { "memory.nosuch": "0" } }, /unified\/memory.nosuch: there is no .*memory.nosuch/],
  ["unified", { unified: { "memory.max": "x" } }, /unified\/memory.max: write "x" to .*invalid argument/, "values of systemd's own"],
]

for (const [pointer, resources, reason, different] of REFUSED) {
  const options = different === undefined ? REAL : { ...REAL, differs: [different] }
  boxTest(`v2: ${JSON.stringify(resources)} is refused with field and reason [/linux/resources/${pointer}]`, options, (t, box) => {
    box.config.linux.resources = resources
    const { code, stderr } = box.tryCreate()
    t.not(code, 0)
    t.match(stderr, reason)
    t.same(box.cgroupFolders(), [], "no cgroup is left")
  })
}

boxTest("v2: unified names files of the cgroup, and no actions [/linux/resources/unified]", V2, (t, box) => {
  for (const file of ["../x.y", "memory", "", ".", "cgroup.freeze", "cgroup.procs", "cgroup.kill"]) {
    box.config.linux.resources = { unified: { [file]: "1" } }
    const { code, stderr } = box.tryCreate()
    t.not(code, 0, file)
    t.match(stderr, /\/linux\/resources\/unified\//)
  }
})

boxTest("v2: memory.kernel and kernelTCP are ignored with a warning [/linux/resources/memory/kernel] [/linux/resources/memory/kernelTCP]", REAL, (t, box) => {
  box.config.linux.resources = { memory: { kernel: 16777216, kernelTCP: 16777216 } }
  box.write()
  const log = `${box.folder}/log`
  t.equal(box.call(["--log", log, "create", "--bundle", box.bundle, box.id]).code, 0)
  t.match(readFileSync(log, "utf8"), /memory\/kernel is ignored.*\n.*memory\/kernelTCP is ignored/)
})

const HUGE = controllers.includes("hugetlb") ? V2 : { skipIn: { uml: "the kernel has no huge pages", native: "tested with v1", "pure-v2": "no hugetlb" } } as const

boxTest("v2: huge pages in use and reserved [/linux/resources/hugepageLimits/*/pageSize] [/linux/resources/hugepageLimits/*/limit]", HUGE, (t, box) => {
  box.config.linux.resources = { hugepageLimits: [{ pageSize: "2MB", limit: 209715200 }, { pageSize: "1GB", limit: 18446744073709551615 }] }
  box.create()
  t.equal(value(box.cgroupsPath, "hugetlb.2MB.max"), "209715200")
  t.equal(value(box.cgroupsPath, "hugetlb.2MB.rsvd.max"), "209715200")
  t.equal(value(box.cgroupsPath, "hugetlb.1GB.max"), "max")
})

boxTest("v2: a page size that the machine has not names those it has [/linux/resources/hugepageLimits/*/pageSize]", HUGE, (t, box) => {
  box.config.linux.resources = { hugepageLimits: [{ pageSize: "64KB", limit: 1 }] }
  t.match(box.tryCreate().stderr, /hugepageLimits\/0: there is no .*64KB.*: the machine has huge pages of .*2MB/)
})

boxTest("v2: limits hold inside: memory is killed, tasks are refused [/linux/resources/memory/limit] [/linux/resources/pids/limit]", REAL, (t, box) => {
  box.config.linux.resources = { memory: { limit: 16777216, swap: 16777216 }, pids: { limit: 6 } }
  const { stderr, code } = box.script("(for i in 1 2 3 4 5 6 7 8 9 10; do sleep 1 & done; wait); exec tail -c 100000000 /dev/zero").run()
  t.match(stderr, /fork/)
  t.equal(code, 137)
})

boxTest("v2: a quota holds inside [/linux/resources/cpu/quota]", REAL, (t, box) => {
  box.config.linux.resources = { cpu: { quota: 10000, period: 100000 } }
  box.script("i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done; exec sleep 1000").create()
  box.start()
  t.equal(value(box.cgroupsPath, "cpu.max"), "10000 100000")
  const stat = (name: string): number => Number(new RegExp(`${name} (\\d+)`).exec(value(box.cgroupsPath, "cpu.stat"))?.[1])
  const deadline = Date.now() + 10_000
  while (stat("nr_throttled") === 0 && Date.now() < deadline) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)
  t.ok(stat("nr_throttled") > 0, "the container was throttled")
})

const OWN_KERNEL = { skipIn: { native: "its hierarchies are not to be touched", "pure-v2": "its hierarchies are not to be touched" } } as const

boxTest("hybrid with net_cls alone on v1: its class, limits and devices in cgroup2 [/linux/resources/network/classID]", { ...OWN_KERNEL, differs: ["hierarchies of the test's own"] }, (t, box) => {
  box.config.linux.resources = {
    network: { classID: 1048577 }, unified: { "cgroup.max.depth": "3" }, devices: [{ allow: false, access: "rwm" }],
  }
  box.args("/bin/sleep", "1000").write()
  const roots = "umount /sys/fs/cgroup && mount -t tmpfs tmpfs /sys/fs/cgroup && cd /sys/fs/cgroup && mkdir net_cls unified && " +
    "mount -t cgroup -o net_cls cgroup net_cls && mount -t cgroup2 cgroup2 unified"
  const container = `"$0" --root "$1" create --bundle "$2" "$3" && cat net_cls"$4"/net_cls.classid unified"$4"/cgroup.max.depth; ` +
    `"$0" --root "$1" start "$3"; "$0" --root "$1" exec "$3" /bin/sh -c 'mknod /tmp/kmsg c 1 11 && : </tmp/kmsg'; "$0" --root "$1" delete --force "$3"; rmdir net_cls"$(dirname "$4")"`
  const { stdout, stderr } = command(
    ["unshare", "--mount", "--propagation", "private", "sh", "-c", `${roots} && { ${container}; }`, runtimePath, box.root, box.bundle, box.id, box.cgroupsPath],
  )
  t.equal(stdout, "1048577\n3\n")
  t.match(stderr, /Operation not permitted/, "the program of cgroup2 filters devices")
})

t.end()
