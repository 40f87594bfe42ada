import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import t from "tap"
import { expectSuccess, said } from "../../conformance/lib/command.ts"
import { boxTest, type TestOptions } from "../../conformance/lib/test.ts"

/** What resctrl does with what is asked of it: test/unit/host/intel-rdt.test.ts, on a fake tree. */
const mounted = / - resctrl /.test(readFileSync("/proc/self/mountinfo", "utf8"))
const options: TestOptions = { skipFor: { runc: "1.1 says it otherwise", crun: "1.8 says it otherwise" } }

if (!mounted) {
  for (const [pointer, rdt] of Object.entries({
    "/linux/intelRdt": {},
    "/linux/intelRdt/closID": { closID: "/" },
    "/linux/intelRdt/l3CacheSchema": { l3CacheSchema: "L3:0=f" },
    "/linux/intelRdt/memBwSchema": { memBwSchema: "MB:0=20" },
    "/linux/intelRdt/schemata/*": { schemata: ["L3:0=f"] },
    "/linux/intelRdt/enableMonitoring": { enableMonitoring: true },
  })) {
    boxTest(`intelRdt: without a mounted resctrl it is an error, and nothing is left [${pointer}]`, options, (t, box) => {
      box.config.linux.intelRdt = rdt
      const result = box.tryCreate()
      t.not(result.code, 0)
      t.match(said(result), /linux\.intelRdt: no resctrl file system is mounted/)
      t.match(said(result), /mount -t resctrl/)
      t.notOk(existsSync(`${box.root}/${box.id}`), "no state")
      t.same(box.cgroupFolders(), [], "no cgroup")
    })
  }
}

boxTest("intelRdt: update of a container without it is an error, and nothing else changes [update --l3-cache-schema] [update --mem-bw-schema]", options, async (t, box) => {
  await box.launch("/bin/sleep", "1000")
  for (const flag of ["--l3-cache-schema=L3:0=f", "--mem-bw-schema=MB:0=20"]) {
    const result = box.call(["update", flag, box.id])
    t.not(result.code, 0)
    t.match(said(result), /was made without linux\.intelRdt, so it has no class of service to update/)
  }
})

/**
 * No machine of these tests has resctrl, so `create` cannot make a class. What later commands do with one is seen on a fake tree
 * of files that the container's state is made to name.
 */
boxTest("intelRdt: exec joins the class, update changes it, events tells of it, delete removes it, on a fake tree [events --stats]", options, async (t, box) => {
  await box.launch("/bin/sleep", "1000")
  const root = `${box.folder}/resctrl`
  const group = `${root}/${box.id}`
  const monitoring = `${group}/mon_groups/${box.id}`
  mkdirSync(monitoring, { recursive: true })
  for (const file of [`${root}/schemata`, `${group}/schemata`]) writeFileSync(file, "    L3:0=7ff\n")
  for (const file of [`${group}/tasks`, `${monitoring}/tasks`]) writeFileSync(file, "")
  const stateFile = `${box.root}/${box.id}/state.json`
  const state = JSON.parse(readFileSync(stateFile, "utf8")) as object
  const intelRdt = { root, group, ownsGroup: true, makesGroup: true, monitoring }
  writeFileSync(stateFile, JSON.stringify({ ...state, intelRdt }))

  const pidFile = `${box.folder}/pid`
  expectSuccess(box.exec(["/bin/sleep", "1000"], ["--detach", "--pid-file", pidFile]))
  const pid = readFileSync(pidFile, "utf8")
  t.same([readFileSync(`${group}/tasks`, "utf8"), readFileSync(`${monitoring}/tasks`, "utf8")], [pid, pid])

  expectSuccess(box.call(["update", "--l3-cache-schema", "L3:0=000000ff", box.id]))
  t.equal(readFileSync(`${group}/schemata`, "utf8"), "L3:0=000000ff\n")
  t.not(box.call(["update", "--mem-bw-schema", "80", box.id]).code, 0)

  const stats = JSON.parse(expectSuccess(box.call(["events", "--stats", box.id])).stdout) as { data: { intel_rdt: object } }
  t.same(stats.data.intel_rdt, { l3_cache_schema_root: "L3:0=7ff", l3_cache_schema: "L3:0=000000ff" })

  // resctrl's folders go with their files
  rmSync(group, { recursive: true })
  mkdirSync(group)
  box.delete("--force")
  t.notOk(existsSync(group), "the class goes with the container")
  t.ok(existsSync(root))
})

boxTest("intelRdt: what enableMonitoring replaced is warned of [/linux/intelRdt/enableCMT] [/linux/intelRdt/enableMBM]", options, (t, box) => {
  box.config.linux.intelRdt = { enableCMT: true, enableMBM: true }
  box.write()
  const log = `${box.folder}/log`
  box.call(["--log", log, "create", "--bundle", box.bundle, box.id])
  for (const name of ["enableCMT", "enableMBM"]) {
    t.match(readFileSync(log, "utf8"), new RegExp(`level=warning.*linux\\.intelRdt\\.${name} has no effect: .*enableMonitoring`))
  }
})

boxTest("intelRdt: features tells of it, whatever the machine [features]", options, (t, box) => {
  const { linux } = JSON.parse(expectSuccess(box.call(["features"])).stdout) as { linux: { intelRdt?: object } }
  t.same(linux.intelRdt, { enabled: true, schemata: true, monitoring: true })
})

t.end()
