import t from "tap"
import { contradiction, type Operation, type Verb } from "../../../conformance/lib/state-machine.ts"

/* What judges interleavings must itself tell right from wrong. */

/** Operations of one caller, each "verb: answer", from one whole number to the next. */
const caller = (first: number, ...words: string[]): Operation[] =>
  words.map((word, i) => {
    const [verb, answer] = word.split(": ") as [Verb, string]
    return { verb, answer, from: first + i, to: first + i + 0.9 }
  })

const right: readonly (readonly [what: string, histories: Operation[][]])[] = [
  ["one caller, a whole life", [caller(0, "state: none", "create: ok", "state: created", "start: ok", "exec: ok", "pause: ok", "state: paused", "resume: ok", "state: running",
    "kill: ok", "state: running", "state: stopped", "delete: ok", "delete: none")]],
  ["two that create at once, one of them does", [caller(0, "create: ok"), caller(0.5, "create: exists", "state: created")]],
  ["a state asked for while it is being created", [caller(0, "create: ok"), caller(0.1, "state: creating")]],
  ["deleted by force while it is being created", [caller(0, "create: deleted"), caller(0.1, "delete --force: ok", "state: none")]],
]

const wrong: readonly (readonly [what: string, histories: Operation[][]])[] = [
  ["a container that nobody made", [caller(0, "state: created")]],
  ["two that both create it", [caller(0, "create: ok"), caller(0.5, "create: ok")]],
  ["gone although nobody deleted it", [caller(0, "create: ok", "state: none")]],
  ["running although nobody started it", [caller(0, "create: ok"), caller(0.5, "state: running")]],
  ["started twice", [caller(0, "create: ok", "start: ok", "start: ok")]],
  ["still created after it was started", [caller(0, "create: ok", "start: ok"), caller(3, "state: created")]],
  ["stopped although nobody killed it", [caller(0, "create: ok", "start: ok", "state: stopped")]],
  ["running again after it had stopped", [caller(0, "create: ok", "start: ok", "kill: ok", "state: stopped", "state: running")]],
  ["a paused one that runs a process", [caller(0, "create: ok", "start: ok", "pause: ok", "exec: ok")]],
  ["a running one deleted without force", [caller(0, "create: ok", "start: ok", "delete: ok")]],
  ["there after it was deleted", [caller(0, "create: ok", "delete: ok"), caller(3, "state: stopped")]],
]

t.test("contradiction(): histories that can have been", (t) => {
  for (const [what, histories] of right) t.equal(contradiction(histories), undefined, what)
  t.end()
})

t.test("contradiction(): histories that cannot", (t) => {
  for (const [what, histories] of wrong) t.match(contradiction(histories), /no order explains/, what)
  t.end()
})
