import type { Test } from "../../scripts/coverage/titles.ts"
import type { Outcome } from "./document.ts"
import { notJudged } from "./peers.ts"

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

/**
 * What the tests of a clause say of a runtime: a failure counts more than a known difference, that more than what is not judged, that more than a pass.
 * @param points of each file that was run @param runtime its name, with which the reason of a known difference begins
 */
export function outcomeOf(clause: string, tests: readonly Test[], points: ReadonlyMap<string, readonly Point[]>, runtime: string): Outcome {
  const found = tests.flatMap((test) => {
    const matching = pointsOf(test, points.get(test.file) ?? [])
    // of the tests of a loop, those that name the clause
    return test.title.includes("${") ? matching.filter(({ title }) => !title.includes("[clause ") || namesClause(title, clause)) : matching
  })
  const open = found.map((point) => notJudged(point, runtime)).find((why) => why !== undefined)
  const judged = found.filter((point) => notJudged(point, runtime) === undefined)
  const failed = judged.filter(({ result }) => result === "failed")
  if (failed.length > 0) return { result: "fails", why: failed.map(({ title, why }) => (why === "" ? title : `${title}: ${why}`)).join("; ") }
  const differs = judged.find(({ result, why }) => result === "skipped" && why.startsWith(`${runtime} `))
  if (differs !== undefined) return { result: "differs", why: differs.why }
  if (open !== undefined) return { result: "not judged", why: open }
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
