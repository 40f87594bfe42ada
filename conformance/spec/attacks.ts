import { readTests, type Test } from "../../scripts/coverage/titles.ts"
import { type Point, pointsOf } from "./outcome.ts"

/**
 * What an attack came to with one runtime. `left out`: it would harm the machine. `otherwise`: the runtime is known to do otherwise, so that the attack
 * cannot be tried as it is. `not here`: it needs what this machine has not.
 */
export interface AttackOutcome {
  readonly title: string
  readonly result: "survives" | "falls" | "left out" | "otherwise" | "not here"
  readonly why: string
}

/** The tests of test/integration/attacks*.test.ts that are attacks; the others show that an attack on something unprotected succeeds. */
export function attackTests(root: URL): Test[] {
  return readTests(root).filter(({ file, title }) => /\/attacks[\w-]*\.test\.ts$/.test(file) && title.startsWith("attack"))
}

/** A test of a loop is one attack in several ways: it survives who survives all. */
export function attackOutcome(test: Test, points: ReadonlyMap<string, readonly Point[]>, runtime: string): AttackOutcome {
  const found = pointsOf(test, points.get(test.file) ?? [])
  const title = wordsOf(test.title)
  const failed = found.filter(({ result }) => result === "failed")
  const passed = found.filter(({ result }) => result === "passed")
  // where even what is unprotected survives, the attack cannot be made here
  if (failed.length > 0 && failed.every(({ why }) => why.startsWith("control: "))) return { title, result: "not here", why: failed[0]?.why ?? "" }
  if (failed.length > 0) {
    const ways = found.length > 1 ? `${failed.length} of ${found.length} ways: ` : ""
    const detail = (point: Point): string => (found.length > 1 ? `${varying(test.title, point.title)}: ${point.why}` : point.why)
    return { title, result: "falls", why: ways + failed.slice(0, 3).map(detail).join("; ") }
  }
  if (passed.length > 0) return { title, result: "survives", why: "" }
  const why = found[0]?.why ?? "was not run"
  const leftOut = /^left out with \S+: (.*)$/.exec(why)?.[1]
  if (leftOut !== undefined) return { title, result: "left out", why: leftOut }
  return { title, result: why.startsWith(`${runtime} `) ? "otherwise" : "not here", why }
}

/** The title without "attack", with an ellipsis for each placeholder. */
function wordsOf(title: string): string {
  return title.replace(/^attack:? /, "").replaceAll(/\$\{(?:[^{}]|\{[^}]*\})*\}/g, "…")
}

/** What stands in a title for the placeholders of its template. */
function varying(template: string, title: string): string {
  const parts = template.split(/\$\{(?:[^{}]|\{[^}]*\})*\}/).map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&"))
  const match = new RegExp(`^${parts.join("(.*)")}`).exec(title)
  return match === null ? title : match.slice(1).join(", ")
}
