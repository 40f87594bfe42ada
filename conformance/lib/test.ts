import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import t, { type Test } from "tap"
import { Box } from "./box.ts"
import { environment, type EnvironmentName, runtimeName, runtimePath, type RuntimeName, underUml, way } from "./environment.ts"
import { has, type Need } from "./need.ts"
import { judgeWords } from "./peer.ts"
import { type Difference, type DifferenceName, DIFFERENCES } from "./ways.ts"

export type { Need } from "./need.ts"

export interface TestOptions {
  /** Runtimes that are known to do otherwise, and what they do. RUNTS_KNOWN=1 runs the test all the same, to see what they do, but no attack. */
  skipFor?: Partial<Record<RuntimeName, string>>
  /**
   * Runtimes that fall for an attack, and how. Then the test is skipped; RUNTS_ATTACK=1 runs it all the same, to see what an attacker gets
   * (conformance/run).
   */
  falls?: Partial<Record<RuntimeName, string>>
  /** Runtimes with which it is never run, since it would do harm to the machine if they fell for it, and what. */
  harms?: Partial<Record<RuntimeName, string>>
  /** What the environment must have; the test is skipped, and says so, where it has not. */
  needs?: readonly Need[]
  /** The clause that judges what a peer leaves behind after an error, where the test's own is about the error alone. */
  leavesElsewhere?: string
  /** What it asks for that not everybody can have who makes containers: the test is skipped for them (conformance/lib/ways.ts). */
  differs?: readonly DifferenceName[]
  /** Environments in which the test says nothing, and why. */
  skipIn?: Partial<Record<EnvironmentName, string>>
}

/**
 * Some tests never end or leave their mark with one of the peers: the time limit of a test file is the suite's.
 * Here: one test with a box of its own, and a last check that the runtime left nothing behind.
 */
export function boxTest(title: string, options: TestOptions, body: (t: Test, box: Box) => void | Promise<void>): void
export function boxTest(title: string, body: (t: Test, box: Box) => void | Promise<void>): void
export function boxTest(
  title: string,
  second: TestOptions | ((t: Test, box: Box) => void | Promise<void>),
  third?: (t: Test, box: Box) => void | Promise<void>,
): void {
  const options = typeof second === "function" ? {} : second
  const body = typeof second === "function" ? second : (third as (t: Test, box: Box) => void | Promise<void>)
  const reason = dangerOf(title, options) ?? skipReason(title, options)
  t.test(title, reason === undefined ? {} : { skip: reason }, async (test) => {
    const box = new Box()
    try {
      await body(judgeWords(test), box)
    } finally {
      const left = await box.close()
      // what a peer leaves where an attack fails is no gain of the attacker's
      if (runtimeName !== "runts" && (title.startsWith("attack") || options.leavesElsewhere !== undefined)) test.comment(`left behind: ${JSON.stringify(left)}`)
      else test.same(left, [], "nothing is left behind")
    }
  })
}

let own: boolean | undefined
/** Whether it is runts that is tested, by what it says of itself: its file may have any name. */
function isOwn(): boolean {
  own ??= /^runts version /.test(execFileSync(runtimePath, ["--version"], { encoding: "utf8" }))
  return own
}

/** Whether / is a copy whose changes are lost (conformance/rigs/own-root). */
function hasOwnRoot(): boolean {
  return / \/run\/own-root \S+ .*- tmpfs own-root /m.test(readFileSync("/proc/self/mountinfo", "utf8"))
}

/** Who falls for an attack may harm the machine: others than runts are attacked where it is not the machine's root that they could remove. */
function dangerOf(title: string, { harms }: TestOptions): string | undefined {
  if ((!title.startsWith("attack") && harms === undefined) || isOwn()) return undefined
  const harm = harms === undefined ? undefined : Object.values(harms)[0]
  if (harm !== undefined) return `left out with ${runtimeName === "runts" ? "an unknown runtime" : runtimeName}: ${harm}`
  return hasOwnRoot() ? undefined : "others than runts are attacked in conformance/rigs/own-root only, as conformance/run does"
}

function skipReason(title: string, options: TestOptions): string | undefined {
  const deviation = options.skipFor?.[runtimeName]
  if (deviation !== undefined && (process.env.RUNTS_KNOWN !== "1" || title.startsWith("attack"))) return `${runtimeName} ${deviation}`
  const falls = options.falls?.[runtimeName]
  if (falls !== undefined && process.env.RUNTS_ATTACK !== "1") return `${runtimeName} ${falls}`
  const harms = options.harms?.[runtimeName]
  if (harms !== undefined) return `left out with ${runtimeName}: ${harms}`
  const silent = options.skipIn?.[environment] ?? (underUml ? options.skipIn?.uml : undefined)
  if (silent !== undefined) return `${environment}: ${silent}`
  const different = options.differs?.map((name) => DIFFERENCES[name] as Difference).find(({ ways }) => ways.includes(way))
  if (different !== undefined) return `${way}: ${different.why}`
  const missing = options.needs?.find((need) => !has(need))
  if (missing === undefined) return undefined
  return missing.startsWith("no ") ? `${environment} has ${missing.slice(3)}` : `${environment} has no ${missing}`
}

t.setTimeout(0)
