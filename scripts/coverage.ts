/**
 * `npm run coverage`: writes docs/coverage.md and names what has no test. `npm run coverage -- --check` writes nothing and fails
 * where the document is old.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { isCovered, measureCoverage } from "./coverage/coverage.ts"
import { coverageDocument } from "./coverage/document.ts"

const root = new URL("../", import.meta.url)
const path = new URL("docs/coverage.md", root)
const coverage = measureCoverage(root)
const text = coverageDocument(coverage)

if (process.argv.includes("--check")) {
  if (readFileSync(path, "utf8") !== text) {
    console.error("docs/coverage.md is not what the tests say; run `npm run coverage`")
    process.exitCode = 1
  }
} else writeFileSync(path, text)

for (const { row, tests, missingWords } of coverage.rows.filter((covered) => !isCovered(covered))) {
  console.log(`no test: ${row.name}${tests.length === 0 ? "" : `: ${missingWords.join(", ")}`}`)
}
for (const place of coverage.unknown) console.log(`no such thing: ${place}`)
const open = coverage.rows.filter((covered) => !isCovered(covered)).length
console.log(`${coverage.rows.length} rows, ${open} without a test`)
