import type { Test } from "../../scripts/coverage/titles.ts"
import { slug } from "./clause.ts"
import { type CoveredClause, shortName, type SpecCoverage } from "./measure.ts"

const SPEC = "https://github.com/opencontainers/runtime-spec/blob/v1.3.0"

const HEAD = `# What the specification demands

Every MUST, MUST NOT, REQUIRED, SHOULD and SHOULD NOT of runtime-spec 1.3.0 that a runtime for Linux can break, in our words, with the tests that show
it. Made by \`npm run conformance\` from conformance/spec/rows/ and the titles of the tests; a test compares. A test names its clauses at
the end of its title: \`[clause runtime.md/delete-1]\`. \`conformance/run --runtime PATH\` runs them against any runtime and prints the
same table with the outcome.
`

/**
 * The outcome of a clause for one runtime. `fails`: a test of it does. `differs`: runts does otherwise, as its row says. `breaks`: a peer does otherwise, as
 * `why` says, which somebody has looked at. `holds` with `why`: tests of it ask for more. `skipped`: it cannot be judged here. `not judged`: nobody has
 * looked at why a peer's tests fail.
 */
export interface Outcome {
  readonly result: "holds" | "fails" | "breaks" | "differs" | "skipped" | "not judged" | "no test"
  readonly why: string
}

/** The outcomes of a runtime's clauses, by id. */
export interface Outcomes {
  readonly runtime: string
  readonly of: ReadonlyMap<string, Outcome>
}

/** The text of docs/conformance.md, or, with outcomes, of a report. */
export function specDocument({ clauses }: SpecCoverage, outcomes?: Outcomes): string {
  const open = clauses.filter(({ tests }) => tests.length === 0)
  const deviations = clauses.filter(({ clause }) => clause.deviates !== undefined)
  const parts = [outcomes === undefined ? HEAD : `# Conformance of ${outcomes.runtime} to runtime-spec 1.3.0\n`]
  if (outcomes === undefined) parts.push(`${clauses.length} clauses, ${open.length === 0 ? "each with a test" : `${open.length} without a test`}.`)
  else parts.push(counts(clauses, outcomes.of))
  if (open.length > 0) parts.push(`No test: ${open.map(({ clause }) => clause.id).join(", ")}.`)
  if (outcomes === undefined) {
    parts.push("## Where runts does otherwise", deviations.map(({ clause }) => `- ${clause.id}: ${clause.deviates as string}`).join("\n"))
  }
  let file = ""
  for (const section of sections(clauses)) {
    const { clause } = section[0] as CoveredClause
    if (clause.file !== file) parts.push(`## ${clause.file}`)
    file = clause.file
    parts.push(`### [${clause.section}](${SPEC}/${file}#${slug(clause.section)})`)
    const last = outcomes === undefined ? "tests" : "outcome"
    parts.push([`| | | clause | ${last} |`, "|---|---|---|---|", ...section.map((one) => line(one, outcomes?.of))].join("\n"))
  }
  return `${parts.join("\n\n")}\n`
}

function counts(clauses: readonly CoveredClause[], of: ReadonlyMap<string, Outcome>): string {
  const number = (result: Outcome["result"]) => clauses.filter(({ clause }) => of.get(clause.id)?.result === result).length
  const words = {
    holds: "hold", fails: "fail", breaks: "broken", differs: "known to differ", skipped: "not to be judged here", "not judged": "not judged", "no test": "without a test here",
  } as const
  const each = (Object.keys(words) as Outcome["result"][]).map((result) => `${number(result)} ${words[result]}`)
  return `${clauses.length} clauses: ${each.join(", ")}.`
}

function sections(clauses: readonly CoveredClause[]): CoveredClause[][] {
  const found: CoveredClause[][] = []
  for (const one of clauses) {
    const last = found.at(-1)
    if (last !== undefined && last[0]?.clause.file === one.clause.file && last[0].clause.section === one.clause.section) last.push(one)
    else found.push([one])
  }
  return found
}

function line({ clause, tests }: CoveredClause, of?: ReadonlyMap<string, Outcome>): string {
  const number = clause.id.slice(clause.id.lastIndexOf("-") + 1)
  const { result, why } = of?.get(clause.id) ?? { result: "no test", why: "" }
  const outcome = `${result === "holds" ? result : `**${result}**`}${why === "" ? "" : `: ${cell(why)}`}`
  const last = of === undefined ? testsOf(tests) : outcome
  const note = clause.deviates === undefined || of !== undefined ? "" : " (see above)"
  return `| ${number} | ${clause.level} | ${cell(clause.text)}${note} | ${last} |`
}

function testsOf(tests: readonly Test[]): string {
  if (tests.length === 0) return "**no test**"
  return tests.map(({ file, title }) => `${shortName(file)}: ${cell(title.replaceAll(/\$\{[^}]*\}/g, "…"))}`).join("<br>")
}

function cell(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll("*", "\\*").replaceAll("_", "\\_")
}
