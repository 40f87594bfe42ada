import { existsSync, readFileSync } from "node:fs"
import t from "tap"
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
