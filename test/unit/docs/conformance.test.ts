import { readFileSync } from "node:fs"
import t from "tap"
import { specDocument } from "../../../conformance/spec/document.ts"
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
  t.match(text, "2 clauses: 1 hold, 1 fail, 0 known to differ, 0 skipped, 0 without a test here.")
  t.match(text, /^\| 1 \| MUST \| [^|]* \| \*\*fails\*\*: that \\\| test \|$/m)
  t.end()
})

t.test("outcomeOf(): a failure counts more than a known difference, that more than a pass; placeholders match anything", (t) => {
  const points = readPoints([
    "ok 1 - one x \\# y [state] # time=1ms", "    not ok 1 - inner", "not ok 2 - two # time=3ms", "ok 3 - three # SKIP runc takes it", "ok 4 - four # SKIP no v2", "ok 5",
    "ok 6 - loop 1 [clause a.md/b-1]", "not ok 7 - loop 2 [clause a.md/b-10]",
  ].join("\n"))
  t.same(points.map(({ title, result }) => `${title}: ${result}`), ["one x # y [state]: passed", "two: failed", "three: skipped", "four: skipped",
    "loop 1 [clause a.md/b-1]: passed", "loop 2 [clause a.md/b-10]: failed"])
  const outcome = (...titles: string[]) => {
    const tests = titles.map((title) => ({ file: "f", line: 1, title, references: [], unread: [], places: [] }))
    return outcomeOf("a.md/b-1", tests, new Map([["f", points]]), "runc")
  }
  t.same(outcome("one ${word} # y"), { result: "holds", why: "" })
  t.same(outcome("loop ${number}"), { result: "holds", why: "" })
  t.match(outcome("one", "two", "three"), { result: "fails", why: "two" })
  t.match(outcome("one", "three"), { result: "differs", why: "runc takes it" })
  t.match(outcome("four"), { result: "skipped", why: "no v2" })
  t.match(outcome("five"), { result: "no test" })
  t.end()
})
