import t from "tap"
import { parseDuration } from "../../../src/cli/duration.ts"
import { exactJson } from "../../../src/cli/format.ts"
import { killsIn } from "../../../src/host/cgroup/oom.ts"
import {
  parseBlkio, parseCount, parseCounts, parseFlatKeyed, parseInterfaces, parseIoStat, parseList, parsePressure, parseUsageAll,
  UINT64_MAX,
} from "../../../src/host/cgroup/stats-text.ts"

t.test("parseCount: one number of any size, or max", async (t) => {
  t.equal(parseCount("9223372036854771712\n"), 9223372036854771712n)
  t.equal(parseCount("max\n"), UINT64_MAX)
  t.equal(parseCount("-1\n"), -1n)
  for (const text of [undefined, "", "\n", "12 13", "0x10", "1.5"]) t.equal(parseCount(text), undefined, String(text))
})

t.test("parseFlatKeyed: a key and a number a line", async (t) => {
  t.same(parseFlatKeyed("cache 1\nrss 18446744073709551615\n"), { cache: 1n, rss: 18446744073709551615n })
  t.same(parseFlatKeyed("nr_periods 5\n\nbroken\nvalue none\n"), { nr_periods: 5n })
  t.same(parseFlatKeyed(undefined), {})
})

t.test("parseCounts and parseUsageAll: a number a processor", async (t) => {
  t.same(parseCounts("11 22 33 \n"), [11n, 22n, 33n])
  t.same(parseUsageAll("cpu user system\n0 5 6\n1 7 8\n"), { user: [5n, 7n], kernel: [6n, 8n] })
  t.same(parseUsageAll(undefined), { user: [], kernel: [] })
})

t.test("parseList: ranges of processors", async (t) => {
  t.same(parseList("0-2,7\n"), [0, 1, 2, 7])
  t.same(parseList("3"), [3])
  for (const text of [undefined, "", "\n", "a-b", "5-2"]) t.same(parseList(text), [], String(text))
})

t.test("parseBlkio: with and without kinds of operations, and no sum", async (t) => {
  t.same(parseBlkio("8:0 Read 10\n8:0 Total 10\nTotal 10\n"), [
    { major: 8n, minor: 0n, op: "Read", value: 10n }, { major: 8n, minor: 0n, op: "Total", value: 10n },
  ])
  t.same(parseBlkio("253:16 6792\n"), [{ major: 253n, minor: 16n, op: "", value: 6792n }])
  t.same(parseBlkio(""), [])
})

t.test("parseIoStat: in the tables of v1; what these have no place for is left out", async (t) => {
  const { bytes, operations } = parseIoStat("8:16 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6 cost.usage=7\n7:0 \n")
  const device = { major: 8n, minor: 16n }
  t.same(bytes, [{ ...device, op: "Read", value: 1n }, { ...device, op: "Write", value: 2n }, { ...device, op: "Discard", value: 5n }])
  t.same(operations, [{ ...device, op: "Read", value: 3n }, { ...device, op: "Write", value: 4n }, { ...device, op: "Discard", value: 6n }])
})

t.test("parsePressure: some and full; older kernels have no full line for the processor", async (t) => {
  const some = { avg10: 1.5, avg60: 0.22, avg300: 0, total: 12345n }
  const none = { avg10: 0, avg60: 0, avg300: 0, total: 0n }
  t.same(parsePressure("some avg10=1.50 avg60=0.22 avg300=0.00 total=12345\n"), { some, full: none })
  t.same(parsePressure("some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=1.50 avg60=0.22 avg300=0.00 total=12345\n"), { some: none, full: some })
  t.equal(parsePressure(undefined), undefined)
  t.equal(parsePressure(""), undefined)
})

t.test("parseInterfaces: each but the loopback device", async (t) => {
  const header = "Inter-|   Receive |  Transmit\n face |bytes packets errs drop fifo frame compressed multicast|bytes ...\n"
  const text = `${header}    lo: 9 9 0 0 0 0 0 0 9 9 0 0 0 0 0 0\n  eth0: 1 2 3 4 0 0 0 0 5 6 7 8 0 0 0 0\n`
  t.same(parseInterfaces(text), [
    { Name: "eth0", RxBytes: 1n, RxPackets: 2n, RxErrors: 3n, RxDropped: 4n, TxBytes: 5n, TxPackets: 6n, TxErrors: 7n, TxDropped: 8n },
  ])
  t.same(parseInterfaces(undefined), [])
})

t.test("killsIn: memory.events of v2 and memory.oom_control of v1", async (t) => {
  t.equal(killsIn("low 0\nhigh 0\nmax 31\noom 2\noom_kill 12\noom_group_kill 1"), 12)
  t.equal(killsIn("oom_kill_disable 0\nunder_oom 0\noom_kill 3\n"), 3)
  t.equal(killsIn("oom_kill_disable 0\nunder_oom 0\n"), 0, "before Linux 4.13")
  t.equal(killsIn(undefined), 0)
})

t.test("parseDuration: Go's durations in milliseconds", async (t) => {
  for (const [text, milliseconds] of [
    ["5s", 5000], ["500ms", 500], ["1m30s", 90_000], ["1.5h", 5_400_000], ["2h45m", 9_900_000], ["0", 0], ["+1s", 1000], ["-1s", -1000],
    ["250us", 0.25], ["250\u00b5s", 0.25], [".5s", 500], ["1.s", 1000],
  ] as const) t.equal(parseDuration(text, "interval"), milliseconds, text)
  t.equal(parseDuration("100ns", "interval").toFixed(6), "0.000100")
  for (const text of ["", "5", "s", "1x", "1s ", " 1s", "1s,2s", "--1s", "1e3s", "."]) {
    t.throws(() => parseDuration(text, "interval"), { message: /for flag --interval: not a duration/ }, JSON.stringify(text))
  }
})

t.test("exactJson: as JSON.stringify, with whole numbers of any size", async (t) => {
  const value = { a: [1, "x\n\"", null, true, { b: 1.5 }], c: {}, d: undefined, "k\"": [] }
  t.equal(exactJson(value), JSON.stringify(value))
  t.equal(exactJson({ limit: 18446744073709551615n, list: [0n] }), '{"limit":18446744073709551615,"list":[0]}')
})
