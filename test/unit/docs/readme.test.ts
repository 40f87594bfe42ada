import { existsSync, readFileSync } from "node:fs"
import t from "tap"
import { figuresOf, figuresText, readWhole, withFigures } from "../../../scripts/whole-run.mjs"
import { COMMANDS } from "../../../src/cli/table.ts"

const root = new URL("../../../", import.meta.url)
const readme = readFileSync(new URL("README.md", root), "utf8")

t.test("README's command table is the command table", (t) => {
  const section = readme.slice(readme.indexOf("## Commands"), readme.indexOf("## Beneath an engine"))
  const rows = [...section.matchAll(/^\| `([a-z]+)` \| (.*) \|$/gm)].map(([, name, summary]) => [name, summary])
  t.same(rows, Object.entries(COMMANDS).map(([name, command]) => [name, command.summary]))
  t.end()
})

t.test("documents name files that are there", (t) => {
  for (const name of ["README.md", "docs/architecture.md"]) {
    const text = readFileSync(new URL(name, root), "utf8")
    const named = [...text.matchAll(/\b(?:src|docs|scripts|conformance|schemas|test)\/[\w./-]*\w/g)].map(([path]) => path)
    t.ok(named.length > 5, `${name} names files`)
    for (const path of new Set(named)) t.ok(existsSync(new URL(path, root)), `${name}: ${path}`)
  }
  t.end()
})

t.test("README's figures are those of docs/whole-run.json", (t) => {
  t.ok(withFigures(readme, readWhole()) === readme, "current: else `npm run figures`")
  t.throws(() => withFigures("no marks", {}), /has no/)
  t.end()
})

t.test("a whole run's figures: summed over files and suites, with the dates, commits and failures", (t) => {
  t.same(figuresOf("# figure calls of state: 3\n    # figure calls of state: 4\nok 1 - # figure x: 1\n"), { "calls of state": 7 })
  const sums = { seconds: 1800, passed: 1000, failed: 0, skipped: 2, figures: { "calls of state": 7 } }
  const run = { date: "2026-01-02 03:04", kernel: "6.1", machine: "2 cores", ...sums, files: { "load.test.ts": { commit: "abc", ...sums } } }
  const failed = { failed: 1, figures: { "calls of state": 1000 } }
  const text = figuresText({ load: run, faults: { ...run, ...failed, date: "2026-01-03 00:00", files: { "faults.test.ts": { commit: "def", ...sums, ...failed } } } })
  t.match(text, "(2026-01-02 to 2026-01-03, abc, def; 2 cores; Linux 6.1; 1.0 hours of test files; suites load, faults): **2,000 passed, 1 failed**, 4 skipped.")
  t.match(text, "| calls of state | 1,007 |")
  t.match(text, "Failed: 1 of faults.")
  t.end()
})
