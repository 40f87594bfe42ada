import t from "tap"
import { checkResources, resourcesAreWellFormed } from "../../../src/spec/resource-rules.ts"
import type { LinuxResources } from "../../../src/spec/types.gen.ts"
import { errorOf } from "./helpers.ts"

/** The faults of resources, as `pointer: text`. */
function faults(resources: LinuxResources, use: "config" | "update" = "config"): string[] {
  const found: string[] = []
  resourcesAreWellFormed(resources, "", use, (pointer, text) => void found.push(`${pointer}: ${text}`))
  return found
}

t.test("good resources, and zeros that engines send, break no rule", async (t) => {
  for (const use of ["config", "update"] as const) {
    t.same(faults({ memory: { limit: 0, swap: 0, swappiness: 2 ** 64 }, cpu: { quota: 0, burst: 0 }, blockIO: { weight: 0 } }, use), [])
    t.same(faults({ memory: { limit: 100000, reservation: 200000 } }, use), [], "the specification's own example")
    t.same(faults({ memory: { limit: -1, swap: -1 } }, use), [])
    t.same(faults({ memory: { limit: 5, swap: 5 }, cpu: { quota: -1, burst: 9, cpus: "0-31:2/4", mems: "all" } }, use), [])
    t.same(faults({ unified: { "io.max": "1", "hugetlb.1GB.max": "2", "cgroup.max.depth": "1" } }, use), [])
  }
})

const CONTRADICTIONS: readonly (readonly [resources: LinuxResources, fault: string])[] = [
  [{ memory: { limit: 10, swap: 9 } }, "/memory/swap: 9 is less than the limit of memory, 10; swap counts memory and swap together"],
  [{ memory: { limit: -1, swap: 9 } }, "/memory/swap: 9 limits memory and swap together, which needs a limit of memory"],
  [{ memory: { limit: -2 } }, "/memory/limit: -2 is negative; expected bytes, or -1 for no limit"],
  [{ memory: { swappiness: 101 } }, "/memory/swappiness: 101 is more than 100"],
  [{ cpu: { quota: 10, burst: 11 } }, "/cpu/burst: 11 is larger than the quota, 10"],
  [{ cpu: { idle: -1 } }, "/cpu/idle: -1 is neither 0 nor 1"],
  [{ cpu: { cpus: "0\n1" } }, "/cpu/cpus: \"0\\n1\" is not a list as 0-3,7"],
  [{ cpu: { mems: "../0" } }, "/cpu/mems: \"../0\" is not a list as 0-3,7"],
  [{ blockIO: { weight: 1001 } }, "/blockIO/weight: 1001 is more than 1000"],
  [{ blockIO: { weightDevice: [{ major: 8, minor: 0 }] } }, "/blockIO/weightDevice/0: has neither weight nor leafWeight"],
  [{ blockIO: { weightDevice: [{ major: 8, minor: 0, leafWeight: 2000 }] } }, "/blockIO/weightDevice/0/leafWeight: 2000 is more than 1000"],
  [{ blockIO: { throttleWriteIOPSDevice: [{ major: -1, minor: 0, rate: 1 }] } }, "/blockIO/throttleWriteIOPSDevice/0/major: -1 is no device number"],
  [{ hugepageLimits: [{ pageSize: "2M", limit: 1 }] }, "/hugepageLimits/0/pageSize: \"2M\" is not a size as 2MB"],
  [{ network: { priorities: [{ name: "eth0 9\nlo", priority: 1 }] } }, "/network/priorities/0/name: \"eth0 9\\nlo\" is not a name of a network device"],
  [{ rdma: { mlx5_0: {} } }, "/rdma/mlx5_0: has neither hcaHandles nor hcaObjects"],
  [{ rdma: { "a b": { hcaHandles: 1 } } }, "/rdma/a b: \"a b\" is not a name of an RDMA device"],
  [{ unified: { "cgroup.procs": "1" } }, "/unified/cgroup.procs: cgroup.procs is no setting: it acts on processes, which is the runtime's part"],
  [{ unified: { memory: "1" } }, "/unified/memory: \"memory\" is not the name of a file of the cgroup, as memory.high"],
  [{ unified: { "..": "1" } }, "/unified/..: \"..\" is not the name of a file of the cgroup, as memory.high"],
]

for (const [resources, fault] of CONTRADICTIONS) {
  t.test(`${JSON.stringify(resources)} breaks a rule`, async (t) => {
    t.same(faults(resources), [fault])
    t.same(faults(resources, "update"), [fault])
  })
}

t.test("swap without a limit: a config has none, an update may find one", async (t) => {
  t.same(faults({ memory: { swap: 9 } }), ["/memory/swap: 9 limits memory and swap together, which needs a limit of memory"])
  t.same(faults({ memory: { swap: 9 } }, "update"), [])
})

t.test("checkResources() names the file and the clause", async (t) => {
  t.equal(errorOf(() => checkResources({ cpu: { idle: 3 } }, "limits.json")).message,
    "limits.json: /cpu/idle: 3 is neither 0 nor 1 (config-linux.md, Control groups)")
})
