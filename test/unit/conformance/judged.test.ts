import { readFileSync } from "node:fs"
import t from "tap"
import type { Report } from "../../../conformance/spec/report.ts"
import { CLAUSES } from "../../../conformance/spec/rows.ts"
import { judgementOf, judged, PEERS } from "../../../conformance/spec/peers.ts"

/* What is said of other runtimes: never more than somebody has looked at. */

t.test("every judgement is about a clause that there is, once, and says what was seen", (t) => {
  const ids = new Set(CLAUSES.map(({ id }) => id))
  for (const [name, { judgements }] of Object.entries(PEERS)) {
    const seen = judgements.flatMap(({ clauses }) => clauses)
    t.same(seen.filter((id) => !ids.has(id)), [], `${name}: clauses that are none`)
    t.same(seen.filter((id, index) => seen.indexOf(id) !== index), [], `${name}: judged twice`)
    for (const { verdict, why, despite = [] } of judgements) {
      t.match(why, /^\S.{15,}[^.\s]$/, "a sentence without its full stop")
      t.notMatch(why, /\n/)
      if (verdict === "breaks") t.same(despite, [], `${why}: what else fails is of no account`)
      if (verdict === "holds") t.ok(despite.length > 0, `${why}: names the tests that fail`)
    }
  }
  t.end()
})

t.test("a judgement holds for the version that was looked at, and for the failures that were", (t) => {
  const failed = (title: string) => ({ title, result: "failed", why: "seen" }) as const
  const fails = { result: "fails", why: "" } as const
  for (const [name, { version, judgements }] of Object.entries(PEERS)) {
    const broken = judgements.find(({ verdict, passing }) => verdict === "breaks" && passing !== true)
    const held = judgements.find(({ verdict }) => verdict === "holds")
    if (broken === undefined || held === undefined) {
      t.fail(`${name} has no judgement of both kinds`)
      continue
    }
    const runtime = { name, version: `${version}+ds1` }
    const [bad, good] = [broken.clauses[0] as string, held.clauses[0] as string]
    t.equal(judgementOf(bad, runtime), broken)
    t.same(judged(bad, fails, [failed("any")], runtime), { result: "breaks", why: broken.why })
    t.match(judged(bad, { result: "holds", why: "" }, [], runtime), { result: "not judged", why: /its tests pass/ })
    t.match(judged(bad, fails, [failed("any")], { name, version: `${name} 99.0` }), { result: "not judged", why: "any: seen" })
    t.same(judged(good, fails, [failed(`${held.despite?.[0]} and more`)], runtime), { result: "holds", why: held.why })
    t.match(judged(good, fails, [failed("another")], runtime), { result: "not judged", why: "another: seen" })
    t.match(judged("none.md/none-1", fails, [failed("another")], runtime), { result: "not judged" })
    t.same(judged("none.md/none-1", { result: "holds", why: "" }, [], runtime), { result: "holds", why: "" })
    const unseen = judgements.find(({ passing }) => passing === true)
    t.same(judged(unseen?.clauses[0] as string, { result: "holds", why: "" }, [], runtime), { result: "breaks", why: unseen?.why })
  }
  t.end()
})

t.test("the report on record leaves nothing unjudged: no clause, no program", (t) => {
  const { runtimes } = JSON.parse(readFileSync(new URL("../../../docs/conformance-report.json", import.meta.url), "utf8")) as Report
  t.same(runtimes.map(({ runtime }) => runtime), ["runts", "runc", "crun"])
  for (const { runtime, clauses, tools } of runtimes) {
    t.same(Object.entries(clauses).filter(([, { result }]) => result === "not judged" || result === "fails").map(([id]) => id), [], runtime)
    t.same(tools.filter(({ verdict }) => verdict === "wrong").map(({ name }) => name), [], `${runtime}: programs`)
    t.ok(tools.length > 50, `${runtime}: ${tools.length} programs were run`)
    for (const [id, { result, why }] of Object.entries(clauses)) if (result === "breaks" || result === "skipped") t.not(why, "", `${runtime}: ${id}`)
  }
  t.end()
})
