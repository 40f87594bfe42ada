import { readFileSync } from "node:fs"
import t from "tap"
import { specDocument } from "../../../conformance/spec/document.ts"
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
  const text = specDocument({ clauses: clauses.slice(0, 2), missing }, { runtime: "some", of: new Map([[first, "holds"], [second, "fails"]]) })
  t.match(text, "# Conformance of some to runtime-spec 1.3.0")
  t.match(text, "2 clauses: 1 holds, 1 fails, 0 skipped, 0 no test.")
  t.match(text, /^\| 1 \| MUST \| [^|]* \| fails \|$/m)
  t.end()
})
