import type { Outcome } from "./document.ts"
import { CRUN } from "./judgements/crun.ts"
import { RUNC } from "./judgements/runc.ts"
import type { Point, Runtime } from "./outcome.ts"

/*
 * What tests that fail mean for runtimes other than runts. A test may ask for more than its clause, or fail for what the environment lacks, so nobody is
 * said to break a clause unless somebody has looked: at what the runtime does, and at what the clause says. Fairness counts more than the score.
 */

/** What was seen of some clauses whose tests do not all pass. */
export interface Judgement {
  readonly clauses: readonly string[]
  /** `breaks`: the runtime does otherwise. `holds`: the tests ask for more. `skipped`: it cannot be judged here. */
  readonly verdict: "breaks" | "holds" | "skipped"
  /** One sentence: what was seen, what the tests ask for, or what is missing. */
  readonly why: string
  /** With `holds` and `skipped`: how the titles begin of the tests that fail all the same. One more that fails is one that nobody has looked at. */
  readonly despite?: readonly string[]
  /** With `breaks`: although all tests pass, in some runs or in each; `why` says where it was seen. */
  readonly passing?: true
}

/** By the file's name: the version that was looked at, and what was seen. */
export const PEERS: Readonly<Record<string, { readonly version: string; readonly judgements: readonly Judgement[] }>> = {
  runc: { version: "runc 1.1.5", judgements: RUNC },
  crun: { version: "crun 1.8.1", judgements: CRUN },
}

export function isPeer(name: string): boolean {
  return Object.hasOwn(PEERS, name)
}

/** What somebody has said of a clause and this version of a peer. */
export function judgementOf(clause: string, { name, version }: Runtime): Judgement | undefined {
  const peer = PEERS[name]
  return peer !== undefined && version.startsWith(peer.version) ? peer.judgements.find(({ clauses }) => clauses.includes(clause)) : undefined
}

/** What is said of a peer and a clause, given what its tests found. */
export function judged(clause: string, measured: Outcome, failed: readonly Point[], runtime: Runtime): Outcome {
  const judgement = judgementOf(clause, runtime)
  const failures = failed.map(({ title, why }) => `${title}: ${why}`).join("; ")
  if (judgement === undefined) return measured.result === "fails" ? { result: "not judged", why: failures } : measured
  const { verdict, why, despite = [], passing = false } = judgement
  if (verdict === "breaks") {
    return failed.length > 0 || passing ? { result: "breaks", why } : { result: "not judged", why: `its tests pass, although it was seen that ${why}` }
  }
  const others = failed.filter(({ title }) => !despite.some((beginning) => title.startsWith(beginning)))
  if (others.length > 0) return { result: "not judged", why: others.map((point) => `${point.title}: ${point.why}`).join("; ") }
  if (verdict === "skipped") return { result: "skipped", why }
  return failed.length > 0 ? { result: "holds", why } : measured
}
