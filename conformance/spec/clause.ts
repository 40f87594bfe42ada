/** How strongly the specification asks (RFC 2119). */
export type Level = "MUST" | "MUST NOT" | "REQUIRED" | "SHOULD" | "SHOULD NOT"

/**
 * A clause of runtime-spec 1.3.0 that a runtime can break, in our words. Tests name it as `[clause runtime.md/state-1]` at the end of
 * their title; `tests` names those that were there before, as `file: beginning of the title`.
 */
export interface Clause {
  readonly id: string
  readonly file: string
  readonly section: string
  readonly level: Level
  readonly text: string
  readonly tests: readonly string[]
  /** Where runts does otherwise, and why. */
  readonly deviates?: string
}

/** A clause as the tables write it: number within its section, level, text, tests. */
export type Line = readonly [level: Level, text: string, tests?: readonly string[], deviates?: string]

/** Between a reference to a loop of tests and the pattern of those titles that are about the clause. */
export const OF = " ~ "

/** References of which only the tests count whose title has this, a regular expression: a loop may go through what is several clauses' matter. */
export function of(pattern: string, ...references: readonly string[]): string[] {
  return references.map((reference) => reference + OF + pattern)
}

/** The clauses of a file: sections by title with their lines. Numbers count from 1 and are to stay: add at a section's end. */
export function clauses(file: string, sections: Readonly<Record<string, readonly Line[]>>): Clause[] {
  return Object.entries(sections).flatMap(([section, lines]) => lines.map(([level, text, tests = [], deviates], index) => ({
    id: `${file}/${slug(section)}-${index + 1}`, file, section, level, text, tests, ...(deviates === undefined ? {} : { deviates }),
  })))
}

/** As GitHub makes anchors. */
export function slug(section: string): string {
  return section.toLowerCase().replaceAll(/[^\w -]/g, "").replaceAll(" ", "-")
}
