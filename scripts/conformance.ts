/**
 * `npm run conformance`: writes docs/conformance.md and build/conformance.json and names the clauses that have no test.
 * `npm run conformance -- --check` writes nothing and fails where the document is old.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { specDocument } from "../conformance/spec/document.ts"
import { measureSpec } from "../conformance/spec/measure.ts"

const root = new URL("../", import.meta.url)
const path = new URL("docs/conformance.md", root)
const coverage = measureSpec(root)
const text = specDocument(coverage)

if (process.argv.includes("--check")) {
  if (readFileSync(path, "utf8") !== text) {
    console.error("docs/conformance.md is not what the tests say; run `npm run conformance`")
    process.exitCode = 1
  }
} else {
  writeFileSync(path, text)
  mkdirSync(new URL("build/", root), { recursive: true })
  const rows = coverage.clauses.map(({ clause, tests }) => ({ ...clause, tests: tests.map(({ file, line, title }) => ({ file, line, title })) }))
  writeFileSync(new URL("build/conformance.json", root), `${JSON.stringify(rows, null, 2)}\n`)
}

for (const place of coverage.missing) console.log(`no such test: ${place}`)
const open = coverage.clauses.filter(({ tests }) => tests.length === 0)
for (const { clause } of open) console.log(`no test: ${clause.id}: ${clause.text}`)
console.log(`${coverage.clauses.length} clauses, ${open.length} without a test`)
