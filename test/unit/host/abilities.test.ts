import t from "tap"
import { GROUPS } from "../../../src/host/abilities/ability.ts"
import { inspectHost } from "../../../src/lifecycle/inspect-host.ts"
import { ABILITIES } from "../../../src/host/abilities/table.ts"
import type { AbilityId } from "../../../src/host/abilities/table.ts"

const ids = Object.keys(ABILITIES) as AbilityId[]

t.test("rows of abilities are written so that their sentences can be put together", (t) => {
  for (const id of ids) {
    const row = ABILITIES[id]
    t.match(id, /^[a-z0-9]+(-[a-z0-9]+)*$/, `${id}: stable, in one form`)
    t.ok(GROUPS.includes(row.group), `${id}: ${row.group}`)
    for (const text of [row.title, row.lack, row.source, ...Object.values(row.remedy)]) {
      t.match(text, /^\S.*[^.\s]$/, `${id}: a clause: ${text}`)
    }
    t.ok(Object.keys(row.remedy).length > 0, `${id}: something can be done`)
  }
  t.end()
})

t.test("every ability answers on this machine, and the second time the same", (t) => {
  const host = inspectHost({ root: undefined })
  for (const id of ids) {
    const answer = host.ask(id)
    t.match(answer.state, /^(present|limited|missing|unknown)$/, `${id}: ${answer.state} ${answer.found}`)
    t.ok(answer.state === "present" || answer.found !== "", `${id}: says why not`)
    t.equal(host.ask(id), answer, `${id}: asked once`)
  }
  t.end()
})

t.end()
