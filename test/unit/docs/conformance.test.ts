import { readFileSync } from "node:fs"
import t from "tap"
import { specDocument } from "../../../conformance/spec/document.ts"
import { attackOutcome, attackTests } from "../../../conformance/spec/attacks.ts"
import { reportDocument, type RuntimeReport } from "../../../conformance/spec/report.ts"
import { outcomeOf, readPoints } from "../../../conformance/spec/outcome.ts"
import { measureSpec } from "../../../conformance/spec/measure.ts"

const root = new URL("../../../", import.meta.url)

t.test("docs/conformance.md is what the clauses and the tests' titles make", (t) => {
  const coverage = measureSpec(root)
  const ids = coverage.clauses.map(({ clause }) => clause.id)
  t.equal(new Set(ids).size, ids.length, "each id once")
  t.same(coverage.missing, [], "tests that rows name are there")
  const open = coverage.clauses.filter(({ tests }) => tests.length === 0)
  t.comment(`${open.length} of ${ids.length} clauses without a test: ${open.map(({ clause }) => clause.id).join(", ")}`)
  t.ok(readFileSync(new URL("docs/conformance.md", root), "utf8") === specDocument(coverage), "current: else `npm run conformance`")
  t.end()
})

t.test("specDocument(): a report has the outcome of each clause, and counts", (t) => {
  const { clauses, missing } = measureSpec(root)
  const [first, second] = clauses.map(({ clause }) => clause.id) as [string, string]
  const text = specDocument({ clauses: clauses.slice(0, 2), missing }, { runtime: "some", of: new Map([
    [first, { result: "holds", why: "" }], [second, { result: "fails", why: "that | test" }],
  ]) })
  t.match(text, "# Conformance of some to runtime-spec 1.3.0")
  t.match(text, "2 clauses: 1 hold, 1 fail, 0 broken, 0 known to differ, 0 not to be judged here, 0 not judged, 0 without a test here.")
  t.match(text, /^\| 1 \| MUST \| [^|]* \| \*\*fails\*\*: that \\\| test \|$/m)
  t.end()
})

t.test("outcomeOf(): a failure counts more than a pass; placeholders match anything; of a peer what fails is not judged until somebody has looked", (t) => {
  const points = readPoints([
    "ok 1 - one x \\# y [state] # time=1ms", "    not ok 1 - inner", "not ok 2 - two # time=3ms", "ok 3 - three # SKIP runc takes it", "ok 4 - four # SKIP no v2", "ok 5",
    "ok 6 - loop 1 [clause a.md/b-1]", "not ok 7 - loop 2 [clause a.md/b-10]",
  ].join("\n"))
  t.same(points.map(({ title, result }) => `${title}: ${result}`), ["one x # y [state]: passed", "two: failed", "three: skipped", "four: skipped",
    "loop 1 [clause a.md/b-1]: passed", "loop 2 [clause a.md/b-10]: failed"])
  const outcomeWith = (name: string, only: string | undefined, ...titles: string[]) => {
    const tests = titles.map((title) => ({ file: "f", line: 1, title, references: [], unread: [], places: [], differs: [] }))
    const clause = { id: "a.md/b-1", file: "a.md", section: "b", level: "MUST", text: "", tests: [] } as const
    const patterns = new Map(only === undefined ? [] : tests.map((test) => [test, only]))
    return outcomeOf({ clause, tests, only: patterns }, new Map([["f", points]]), { name, version: `${name} 1.1.5` })
  }
  const outcome = (...titles: string[]) => outcomeWith("runc", undefined, ...titles)
  t.same(outcome("one ${word} # y"), { result: "holds", why: "" })
  t.same(outcome("loop ${number}"), { result: "holds", why: "" })
  t.same(outcomeWith("runc", "loop [^2]", "loop ${number}"), { result: "holds", why: "" })
  t.match(outcomeWith("runc", "loop 2", "loop ${number}"), { result: "not judged", why: "loop 2 [clause a.md/b-10]: " })
  t.match(outcomeWith("runts", undefined, "one", "two", "three"), { result: "fails", why: "two" })
  t.match(outcome("one", "two"), { result: "not judged", why: "two: inner" })
  t.match(outcome("one", "three"), { result: "not judged", why: "three: runc takes it" })
  t.match(outcome("four"), { result: "skipped", why: "no v2" })
  t.match(outcome("five"), { result: "no test" })
  t.end()
})

t.test("readPoints(): a failed point tells what failed within, without what differs from run to run", (t) => {
  const [first, second] = readPoints([
    "    not ok 1 - /tmp/runts-test-aB3/c12-345/canary: changed", "        not ok 1 - c12-345 is there", "    not ok 2 - third", "not ok 1 - one", "ok 2 - two",
  ].join("\n"))
  t.same(first, { title: "one", result: "failed", why: "…/canary: changed; c12 is there (and 1 more)" })
  t.same(second, { title: "two", result: "passed", why: "" })
  t.end()
})

t.test("attackOutcome(): who survives all ways, who falls in some, what is left out, what cannot be tried", (t) => {
  const test = { file: "f", line: 1, title: "attack: ${what} over ${place}", references: [], unread: [], places: [], differs: [] }
  const of = (...lines: string[]) => attackOutcome(test, new Map([["f", readPoints(lines.join("\n"))]]), "runc")
  t.match(of("ok 1 - attack: a over b", "ok 2 - attack: c over d", "ok 3 - other"), { title: "… over …", result: "survives" })
  t.match(of("ok 1 - attack: a over b", "    not ok 1 - seen", "not ok 2 - attack: c over d"), { result: "falls", why: "1 of 2 ways: c, d: seen" })
  t.match(of("ok 1 - attack: a over b # SKIP left out with runc: it kills"), { result: "left out", why: "it kills" })
  t.match(of("ok 1 - attack: a over b # SKIP runc cannot"), { result: "otherwise", why: "runc cannot" })
  t.match(of("ok 1 - attack: a over b # SKIP native has no v2"), { result: "not here" })
  t.ok(attackTests(root).length > 30, "the attacks are found")
  t.end()
})

t.test("reportDocument(): figures of each runtime, the rows in which they differ with the reason, programs, attacks", (t) => {
  const [first, second] = measureSpec(root).clauses.map(({ clause }) => clause.id) as [string, string]
  const report = (runtime: string, fails: boolean): RuntimeReport => ({
    runtime, version: `${runtime} 1.2`, environment: "both", runs: [{ date: "2026-01-01", commit: "c0ffee" }], toolsVersion: "0.9",
    clauses: { [first]: { result: "holds", why: "" }, [second]: fails ? { result: "fails", why: "that | test" } : { result: "holds", why: "" } },
    attacks: [{ title: "an attack", result: fails ? "falls" : "survives", why: fails ? "seen" : "" }],
    tools: [{ name: "p", verdict: fails ? "explained" : "passed", why: fails ? "old" : "" }],
  })
  const text = reportDocument({ kernel: "6.1", runtimes: [report("a", false), report("b", true)] })
  t.match(text, /^\| clauses: fails \| 0 \| 1 \|$/m)
  t.match(text, /^\| when, on what \| 2026-01-01, commit c0ffee, Linux 6\.1 \|/m)
  t.match(text, /^\| attacks: falls \| 0 \| 1 \|$/m)
  t.match(text, new RegExp(`^\\| \\[${second}\\].* \\| holds \\| \\*\\*fails\\*\\*: that \\\\\\| test \\|$`, "m"))
  t.notMatch(text, `[${first}]`, "a row in which all agree is not there")
  t.match(text, "| an attack | survives | **falls**: seen |")
  t.match(text, "| p | passes | **fails**: old |")
  t.end()
})
