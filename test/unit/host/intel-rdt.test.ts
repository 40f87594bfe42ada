import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import t from "tap"
import { RuntsError } from "../../../src/error.ts"
import {
  findResctrl, foreseeRdt, joinRdt, makeGroup, makeMonitoringGroup, parseSchemata, readStats, removeRdt, undoRdt, writeSchemata,
} from "../../../src/host/intel-rdt.ts"
import { parseMountInfo } from "../../../src/host/procfs.ts"
import type { StoredState } from "../../../src/host/stored-state.ts"
import { loadRdt, rdtOf, updateRdt } from "../../../src/lifecycle/intel-rdt.ts"
import { setLogSink } from "../../../src/log.ts"
import { temporaryFolder } from "./helpers.ts"

/*
 * No machine of these tests has resctrl: the functions work on a fake tree of real files, laid out as
 * Documentation/filesystems/resctrl.rst shows it. What the kernel does by itself (filling a new folder) the test does in its place.
 */

const SCHEMATA = "    MB:0=100;1= 70\n    L3:0=7ff;1=01f\n"

/** The files of a class of service, as the kernel makes them with the folder. */
function fill(group: string, schemata = SCHEMATA): void {
  mkdirSync(`${group}/mon_groups`, { recursive: true })
  writeFileSync(`${group}/tasks`, "")
  writeFileSync(`${group}/schemata`, schemata)
}

function fakeTree(): string {
  const root = temporaryFolder()
  fill(root)
  mkdirSync(`${root}/info/L3`, { recursive: true })
  mkdirSync(`${root}/info/MB`)
  writeFileSync(`${root}/info/last_cmd_status`, "ok\n")
  return root
}

function errorOf(call: () => unknown): RuntsError {
  try {
    call()
  } catch (error) {
    if (error instanceof RuntsError) return error
  }
  throw new Error("no RuntsError was thrown")
}

const content = (path: string): string => readFileSync(path, "utf8")

t.test("findResctrl() takes the mount of type resctrl, and names what is missing", (t) => {
  const line = "36 25 0:32 / /sys/fs/resctrl rw,nosuid shared:9 - resctrl resctrl rw\n"
  t.equal(findResctrl(parseMountInfo("25 1 0:2 / /sys rw - sysfs sysfs rw\n" + line)), "/sys/fs/resctrl")
  const error = errorOf(() => findResctrl(parseMountInfo("25 1 0:2 / /sys rw - sysfs sysfs rw\n")))
  t.equal(error.message, "linux.intelRdt: no resctrl file system is mounted")
  t.equal(error.details.pointer, "/linux/intelRdt")
  t.end()
})

t.test("fake tree: without closID the class has the container's id, and goes with it [/linux/intelRdt/schemata/*]", (t) => {
  const root = fakeTree()
  const rdt = { schemata: ["L3:0=f", "MB:0=20"] }
  const record = foreseeRdt(root, rdt, "c1")
  t.same(record, { root, group: `${root}/c1`, ownsGroup: true, makesGroup: true, monitoring: undefined })
  t.notOk(existsSync(record.group), "nothing is made by foreseeing")
  makeGroup(record)
  t.ok(existsSync(record.group))
  fill(record.group)
  writeSchemata(record, rdt)
  t.match(content(`${record.group}/schemata`), /^L3:0=f\nMB:0=20\n/)
  joinRdt(record, 4711)
  t.equal(content(`${record.group}/tasks`), "4711")
  t.equal(content(`${root}/schemata`), SCHEMATA, "the default class is as it was")
  // resctrl's folders go with their files
  rmSync(record.group, { recursive: true })
  mkdirSync(record.group)
  removeRdt(record)
  t.notOk(existsSync(record.group))
  t.end()
})

t.test("fake tree: a folder of the container's id that was there before stays", (t) => {
  const root = fakeTree()
  fill(`${root}/c1`)
  const record = foreseeRdt(root, {}, "c1")
  t.match(record, { group: `${root}/c1`, ownsGroup: false, makesGroup: false })
  makeGroup(record)
  removeRdt(record)
  undoRdt(record)
  t.ok(existsSync(`${root}/c1/schemata`))
  t.end()
})

t.test("fake tree: closID with a schema makes the class, which stays [/linux/intelRdt/closID]", (t) => {
  const root = fakeTree()
  const rdt = { closID: "gold", l3CacheSchema: "L3:0=f" }
  const record = foreseeRdt(root, rdt, "c1")
  t.match(record, { group: `${root}/gold`, ownsGroup: false, makesGroup: true })
  makeGroup(record)
  removeRdt(record)
  t.ok(existsSync(`${root}/gold`), "it is not the container's")
  undoRdt(record)
  t.notOk(existsSync(`${root}/gold`), "but a failed create leaves nothing")
  t.end()
})

t.test("fake tree: what a failed create made for a closID stays where others are in it already", (t) => {
  const root = fakeTree()
  const record = foreseeRdt(root, { closID: "gold", l3CacheSchema: "L3:0=f" }, "c1")
  makeGroup(record)
  fill(record.group)
  writeFileSync(`${record.group}/tasks`, "99\n")
  undoRdt(record)
  t.ok(existsSync(record.group))
  t.end()
})

t.test("fake tree: closID without a schema takes a class that is there, and no other [/linux/intelRdt/closID]", (t) => {
  const root = fakeTree()
  const error = errorOf(() => foreseeRdt(root, { closID: "gold" }, "c1"))
  t.match(error.message, /there is no class of service "gold"/)
  t.equal(error.details.pointer, "/linux/intelRdt/closID")
  fill(`${root}/gold`)
  const record = foreseeRdt(root, { closID: "gold" }, "c1")
  makeGroup(record)
  writeSchemata(record, {})
  t.equal(content(`${root}/gold/schemata`), SCHEMATA, "no schema: nothing is written")
  removeRdt(record)
  t.ok(existsSync(`${root}/gold`))
  t.end()
})

t.test("fake tree: closID / is the default class [/linux/intelRdt/closID]", (t) => {
  const root = fakeTree()
  const record = foreseeRdt(root, { closID: "/", enableMonitoring: true }, "c1")
  t.same(record, { root, group: root, ownsGroup: false, makesGroup: false, monitoring: `${root}/mon_groups/c1` })
  joinRdt({ ...record, monitoring: undefined }, 12)
  t.equal(content(`${root}/tasks`), "12")
  t.end()
})

t.test("fake tree: a closID that is there must match l3CacheSchema and memBwSchema [/linux/intelRdt/l3CacheSchema] [/linux/intelRdt/memBwSchema]", (t) => {
  const root = fakeTree()
  fill(`${root}/gold`)
  for (const l3CacheSchema of ["L3:0=7ff;1=1f", "L3:1=01F", " L3: 0 = 7ff ", "L3:0=7ff\nMB:0=100"]) {
    t.equal(foreseeRdt(root, { closID: "gold", l3CacheSchema }, "c1").group, `${root}/gold`, l3CacheSchema)
  }
  t.ok(foreseeRdt(root, { closID: "gold", memBwSchema: "MB:0=100;1=70" }, "c1"))
  for (const l3CacheSchema of ["L3:0=7fe", "L3:2=7ff", "L2:0=7ff"]) {
    const error = errorOf(() => foreseeRdt(root, { closID: "gold", l3CacheSchema }, "c1"))
    t.match(error.message, /class of service .*gold" has .*, but l3CacheSchema is/)
    t.equal(error.details.pointer, "/linux/intelRdt/l3CacheSchema")
  }
  const hexadecimal = errorOf(() => foreseeRdt(root, { closID: "gold", memBwSchema: "MB:0=64" }, "c1"))
  t.equal(hexadecimal.details.pointer, "/linux/intelRdt/memBwSchema", "100 is decimal")
  t.ok(foreseeRdt(root, { closID: "gold", schemata: ["L3:0=1"] }, "c1"), "schemata is written, not compared")
  t.end()
})

t.test("fake tree: l3CacheSchema, then memBwSchema, then schemata, each in one write [/linux/intelRdt/l3CacheSchema]", (t) => {
  const root = fakeTree()
  const record = foreseeRdt(root, { closID: "/" }, "c1")
  // a real file keeps what a shorter, later write does not cover: so the order can be read from it
  writeFileSync(`${root}/schemata`, "")
  writeSchemata(record, { l3CacheSchema: "L3:0=ffffffffffff", memBwSchema: "MB:0=20", schemata: ["L2:0"] })
  t.equal(content(`${root}/schemata`), "L2:0\n20\nfffffffff\n")
  t.end()
})

t.test("fake tree: a folder of resctrl's own is no class, as a container's id either", (t) => {
  const root = fakeTree()
  t.match(errorOf(() => foreseeRdt(root, {}, "info")).message, /info" is a folder of resctrl's own/)
  t.end()
})

t.test("fake tree: a monitoring group of the container's own [/linux/intelRdt/enableMonitoring]", (t) => {
  const root = fakeTree()
  fill(`${root}/gold`)
  const record = foreseeRdt(root, { closID: "gold", enableMonitoring: true }, "c1")
  makeMonitoringGroup(record)
  const group = `${root}/gold/mon_groups/c1`
  t.ok(existsSync(group))
  writeFileSync(`${group}/tasks`, "")
  joinRdt(record, 4711)
  t.same([content(`${root}/gold/tasks`), content(`${group}/tasks`)], ["4711", "4711"])
  rmSync(`${group}/tasks`)
  removeRdt(record)
  t.same(readdirSync(`${root}/gold/mon_groups`), [])
  t.ok(existsSync(`${root}/gold`))
  const error = errorOf(() => {
    makeMonitoringGroup(record)
    writeFileSync(`${root}/info/last_cmd_status`, "Out of RMIDs\n")
    makeMonitoringGroup(record)
  })
  t.match(error.message, /make the monitoring group .*c1" \(the kernel says: Out of RMIDs\): file exists/)
  t.equal(error.details.pointer, "/linux/intelRdt/enableMonitoring")
  t.end()
})

t.test("fake tree: what cannot be written names file, value and the kernel's words; what cannot be removed is warned of", (t) => {
  const root = fakeTree()
  const record = foreseeRdt(root, { closID: "gone", schemata: ["L3:0=f"] }, "c1")
  writeFileSync(`${root}/info/last_cmd_status`, "Domain 9 not found\n")
  const error = errorOf(() => writeSchemata(record, { schemata: ["L3:9=f"] }))
  t.match(error.message, /^linux\.intelRdt: write "L3:9=f" to ".*\/gone\/schemata" \(the kernel says: Domain 9 not found\): no such file or directory$/)
  t.equal(error.details.pointer, "/linux/intelRdt/schemata")
  const warnings: string[] = []
  setLogSink({ write: (_, message) => warnings.push(message) })
  mkdirSync(`${root}/c1/full`, { recursive: true })
  removeRdt({ root, group: `${root}/c1`, ownsGroup: true, makesGroup: true, monitoring: undefined })
  t.match(warnings, [/^remove ".*\/c1" \(the kernel says: Domain 9 not found\): directory not empty$/])
  removeRdt({ root, group: `${root}/never`, ownsGroup: true, makesGroup: true, monitoring: undefined })
  t.equal(warnings.length, 1, "what is gone is gone")
  setLogSink({ write() {} })
  t.end()
})

t.test("fake tree: update writes to the class of the container, which must have one [update --l3-cache-schema] [update --mem-bw-schema]", async (t) => {
  const root = fakeTree()
  fill(`${root}/gold`, "")
  const state = { id: "c1", intelRdt: foreseeRdt(root, { closID: "gold" }, "c1") } as unknown as StoredState
  await loadRdt(rdtOf(state))
  updateRdt(state, { l3CacheSchema: "L3:0=ffff", memBwSchema: "MB:0=20" })
  t.equal(content(`${root}/gold/schemata`), "MB:0=20\nf\n", "the second write lies over the first")
  t.throws(() => updateRdt(state, { memBwSchema: "L3:0=f" }), /is not one line as MB:/)
  t.throws(() => updateRdt({ id: "c2" } as unknown as StoredState, { memBwSchema: "MB:0=1" }), /was made without linux\.intelRdt/)
  t.end()
})

t.test("parseSchemata() compares numbers, not digits", (t) => {
  const found = [...parseSchemata("  L3CODE:0=00f;1=F0\nMB:0=  20\nSMBA:1=2048\n\n")]
  t.same(found, [["L3CODE:0", "f"], ["L3CODE:1", "f0"], ["MB:0", "14"], ["SMBA:1", "800"]])
  t.end()
})

t.test("fake tree: figures in the shape of events [events --stats]", (t) => {
  const root = fakeTree()
  fill(`${root}/gold`, "    L3:0=00f\n    MB:0= 20\n")
  const info = {
    "L3/cbm_mask": "7ff", "L3/min_cbm_bits": "1", "L3/num_closids": "16",
    "MB/bandwidth_gran": "10", "MB/delay_linear": "1", "MB/min_bandwidth": "10", "MB/num_closids": "8",
  }
  for (const [name, value] of Object.entries(info)) writeFileSync(`${root}/info/${name}`, value + "\n")
  const record = foreseeRdt(root, { closID: "gold", enableMonitoring: true }, "c1")
  for (const [domain, total, occupancy] of [["mon_L3_00", "1000", "4096"], ["mon_L3_01", "2000", "Unavailable"]] as const) {
    const folder = `${record.monitoring}/mon_data/${domain}`
    mkdirSync(folder, { recursive: true })
    writeFileSync(`${folder}/mbm_total_bytes`, total + "\n")
    writeFileSync(`${folder}/mbm_local_bytes`, "7\n")
    writeFileSync(`${folder}/llc_occupancy`, occupancy + "\n")
  }
  t.same(readStats(record), {
    l3_cache_info: { cbm_mask: "7ff", min_cbm_bits: 1, num_closids: 16 },
    mem_bw_info: { bandwidth_gran: 10, delay_linear: 1, min_bandwidth: 10, num_closids: 8 },
    l3_cache_schema_root: "L3:0=7ff;1=01f",
    mem_bw_schema_root: "MB:0=100;1= 70",
    l3_cache_schema: "L3:0=00f",
    mem_bw_schema: "MB:0= 20",
    mbm_stats: [{ mbm_total_bytes: 1000, mbm_local_bytes: 7 }, { mbm_total_bytes: 2000, mbm_local_bytes: 7 }],
    cmt_stats: [{ llc_occupancy: 4096 }],
  })
  rmSync(`${root}/info`, { recursive: true })
  const names = Object.keys(readStats({ ...record, monitoring: undefined })).sort()
  t.same(names, ["l3_cache_schema", "l3_cache_schema_root", "mem_bw_schema", "mem_bw_schema_root"])
  t.end()
})
