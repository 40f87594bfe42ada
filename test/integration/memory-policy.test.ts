import { existsSync, readFileSync, writeFileSync } from "node:fs"
import t from "tap"
import { expectSuccess, said } from "../../conformance/lib/command.ts"
import { boxTest } from "../../conformance/lib/test.ts"

const since = { runc: "1.1 does not know it", crun: "1.8 does not know it" }
const numa = existsSync("/proc/self/numa_maps")
const options = { skipFor: since, ...(numa ? {} : { skipIn: { uml: "its kernel is built without NUMA" } }) }

/** The policies of a process's mappings, as the kernel shows them (numa(7)): its own, where a mapping has none. */
function policies(pid: number): string[] {
  return [...new Set(readFileSync(`/proc/${pid}/numa_maps`, "utf8").trim().split("\n").map((line) => line.split(" ")[1] as string))]
}

const CASES: readonly [policy: { mode: string; nodes?: string; flags?: string[] }, shown: string][] = [
  [{ mode: "MPOL_DEFAULT" }, "default"],
  [{ mode: "MPOL_BIND", nodes: "0" }, "bind:0"],
  [{ mode: "MPOL_INTERLEAVE", nodes: "0" }, "interleave:0"],
  [{ mode: "MPOL_PREFERRED", nodes: "0" }, "prefer:0"],
  [{ mode: "MPOL_LOCAL" }, "local"],
  [{ mode: "MPOL_PREFERRED", nodes: "" }, "local"],
  [{ mode: "MPOL_PREFERRED_MANY", nodes: "0" }, "prefer (many):0"],
  [{ mode: "MPOL_WEIGHTED_INTERLEAVE", nodes: "0" }, "weighted interleave:0"],
  [{ mode: "MPOL_BIND", nodes: "0", flags: ["MPOL_F_STATIC_NODES"] }, "bind=static:0"],
  [{ mode: "MPOL_BIND", nodes: "0", flags: ["MPOL_F_RELATIVE_NODES"] }, "bind=relative:0"],
  [{ mode: "MPOL_BIND", nodes: "0", flags: ["MPOL_F_NUMA_BALANCING"] }, "bind=balancing:0"],
  // node 0 is there, the others need not be
  [{ mode: "MPOL_BIND", nodes: "0-3,7" }, "bind:0"],
]

boxTest("each mode and flag is the kernel's policy of init [/linux/memoryPolicy/mode=*, /linux/memoryPolicy/nodes, /linux/memoryPolicy/flags=*]",
  options, async (t, box) => {
    for (const [policy, shown] of CASES) {
      box.config.linux.memoryPolicy = policy
      box.args("/bin/sleep", "1000").create()
      box.start()
      const text = readFileSync(`/proc/${box.pid}/numa_maps`, "utf8")
      t.ok(text.split("\n").some((line) => line.slice(line.indexOf(" ") + 1).startsWith(shown)), `${JSON.stringify(policy)}: ${shown}`)
      if (shown !== "default") t.notOk(policies(box.pid).includes("default"), `${shown}: everywhere`)
      box.delete("--force")
    }
  })

boxTest("what joins the container has its policy [/linux/memoryPolicy]", options, async (t, box) => {
  box.config.linux.memoryPolicy = { mode: "MPOL_BIND", nodes: "0" }
  await box.launch("/bin/sleep", "1000")
  const show = ["/bin/cut", "-d ", "-f2", "/proc/self/numa_maps"]
  const distinct = (text: string): string[] => [...new Set(text.trim().split("\n"))]
  t.same(distinct(expectSuccess(box.exec(show)).stdout), ["bind:0"])
  const file = `${box.folder}/process.json`
  writeFileSync(file, JSON.stringify({ ...box.config.process, args: show }))
  t.same(distinct(expectSuccess(box.call(["exec", "--process", file, box.id])).stdout), ["bind:0"], "exec --process")
})

boxTest("a node that is not there fails create by its name [/linux/memoryPolicy/nodes]", options, (t, box) => {
  box.config.linux.memoryPolicy = { mode: "MPOL_BIND", nodes: "700" }
  const result = box.tryCreate()
  t.not(result.code, 0)
  t.match(said(result), /memory policy MPOL_BIND of the NUMA nodes 700: invalid argument/)
  t.match(said(result), /cpuset/)
})

boxTest("what the kernel takes nowhere is told before anything is made [/linux/memoryPolicy]", { skipFor: since }, (t, box) => {
  const cases: [object, RegExp][] = [
    [{ mode: "MPOL_BIND" }, /nodes: is empty/],
    [{ mode: "MPOL_LOCAL", nodes: "0" }, /takes no nodes/],
    [{ mode: "MPOL_DEFAULT", nodes: "0" }, /takes no nodes/],
    [{ mode: "MPOL_BIND", nodes: "3-1" }, /ends before it begins/],
    [{ mode: "MPOL_BIND", nodes: "0-4000000000" }, /above 1023/],
    [{ mode: "MPOL_BIND", nodes: "a" }, /not a list of NUMA nodes/],
    [{ mode: "MPOL_BIND", nodes: "0", flags: ["MPOL_F_STATIC_NODES", "MPOL_F_RELATIVE_NODES"] }, /exclude each other/],
    [{ mode: "MPOL_INTERLEAVE", nodes: "0", flags: ["MPOL_F_NUMA_BALANCING"] }, /needs MPOL_BIND/],
    [{ mode: "MPOL_NONSENSE", nodes: "0" }, /\/linux\/memoryPolicy\/mode/],
    [{ mode: "MPOL_BIND", nodes: "0", flags: ["MPOL_F_NONSENSE"] }, /\/linux\/memoryPolicy\/flags/],
  ]
  for (const [policy, message] of cases) {
    box.config.linux.memoryPolicy = policy
    const result = box.tryCreate()
    t.not(result.code, 0)
    t.match(said(result), message, JSON.stringify(policy))
  }
})

t.end()
