import { readFileSync } from "node:fs"
import t from "tap"
import { hostDocument } from "../../../scripts/host/document.ts"
import { ABILITIES } from "../../../src/host/abilities/table.ts"

t.test("docs/host.md is what the table of abilities makes", (t) => {
  const text = readFileSync(new URL("../../../docs/host.md", import.meta.url), "utf8")
  t.ok(text === hostDocument(), "current: else `npm run host`")
  for (const id of Object.keys(ABILITIES)) t.equal(text.split(`| \`${id}\` |`).length, 2, `${id} once`)
  t.end()
})

t.end()
