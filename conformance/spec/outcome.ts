import type { Test } from "../../scripts/coverage/titles.ts"
import type { Outcome } from "./document.ts"
import type { CoveredClause } from "./measure.ts"
import { isPeer, judged } from "./peers.ts"

/** A top-level test point of a TAP stream. */
export interface Point {
  readonly title: string
  readonly result: "passed" | "failed" | "skipped"
  /** Why it is skipped; what failed within it, as the assertions say. */
  readonly why: string
}

const SHOWN_MAX = 2
const SHOWN_CHARS_MAX = 160

/** The top-level points of what node-tap writes. A failed one tells what failed within, without paths of this run. */
export function readPoints(text: string): Point[] {
  let inner: string[] = []
  return text.split("\n").flatMap((line): Point[] => {
    const within = /^ +not ok \d+ - (.*?)(?: # time=.*)?$/.exec(line)
    if (within !== null) inner.push(shortened(within[1] as string))
    const match = /^(not )?ok \d+ - (.*?)(?: # (SKIP|TODO|time=)\s*(.*))?$/.exec(line)
    if (match === null) return []
    const [, not, title, mark, reason = ""] = match
    const result = mark === "SKIP" ? "skipped" : not === undefined ? "passed" : "failed"
    const more = inner.length > SHOWN_MAX ? ` (and ${inner.length - SHOWN_MAX} more)` : ""
    const why = result === "skipped" ? reason : result === "failed" ? inner.slice(0, SHOWN_MAX).join("; ") + more : ""
    inner = []
    return [{ title: (title as string).replaceAll("\\#", "#"), result, why }]
  })
}

/** An assertion's name without what differs from run to run. */
function shortened(name: string): string {
  const plain = name.replaceAll("\\#", "#").replaceAll(/\/\S*runts-test-\w+(\/c\d+-\d+)?/g, "…").replaceAll(/\b(c\d+)-\d+\b/g, "$1").replaceAll(/\s+/g, " ")
  return plain.length > SHOWN_CHARS_MAX ? `${plain.slice(0, SHOWN_CHARS_MAX)}…` : plain
}

/** The points of a test, whose title may have placeholders. */
export function pointsOf(test: Test, points: readonly Point[]): Point[] {
  const pattern = titlePattern(test.title)
  return points.filter(({ title }) => pattern.test(title))
}

/** A runtime as reports know it: the name of its file, and its version as `runc 1.1.5+ds1`. */
export interface Runtime {
  readonly name: string
  readonly version: string
}

/**
 * What the tests of a clause say of a runtime. Of a peer, a test that fails says so only with the judgement of who has read it (peers.ts).
 * @param points of each file that was run
 */
export function outcomeOf({ clause, tests, only }: CoveredClause, points: ReadonlyMap<string, readonly Point[]>, runtime: Runtime): Outcome {
  const found = tests.flatMap((test) => {
    const matching = pointsOf(test, points.get(test.file) ?? [])
    const pattern = only.get(test)
    if (pattern !== undefined) return matching.filter(({ title }) => new RegExp(pattern).test(title))
    // of the tests of a loop, those that name the clause
    if (test.references.some((one) => one.kind === "clause" && one.perhaps === true)) return matching.filter(({ title }) => namesClause(title, clause.id))
    return test.title.includes("${") ? matching.filter(({ title }) => !title.includes("[clause ") || namesClause(title, clause.id)) : matching
  })
  const failed = found.filter(({ result, why }) => result === "failed" || (result === "skipped" && why.startsWith(`${runtime.name} `)))
  const measured = measure(tests, found, failed)
  return isPeer(runtime.name) ? judged(clause.id, measured, failed, runtime) : measured
}

function measure(tests: readonly Test[], found: readonly Point[], failed: readonly Point[]): Outcome {
  if (failed.length > 0) return { result: "fails", why: failed.map(({ title, why }) => (why === "" ? title : `${title}: ${why}`)).join("; ") }
  if (found.some(({ result }) => result === "passed")) return { result: "holds", why: "" }
  if (found.length > 0) return { result: "skipped", why: found[0]?.why ?? "" }
  return { result: "no test", why: tests.length === 0 ? "no test" : "its tests are of other files, suites or units" }
}

function namesClause(title: string, clause: string): boolean {
  return [...title.matchAll(/clause ([\w./-]+)/g)].some(([, id]) => id === clause)
}

/** A title as it is written in the source, with anything in the place of placeholders. */
function titlePattern(title: string): RegExp {
  const parts = title.split(/\$\{[^}]*\}/).map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&"))
  return new RegExp(`^${parts.join(".*")}`)
}
