import { readTests, type Test } from "../../scripts/coverage/titles.ts"
import { type Clause, OF } from "./clause.ts"
import { CLAUSES } from "./rows.ts"

/** A clause with the tests that cover it. */
export interface CoveredClause {
  readonly clause: Clause
  readonly tests: readonly Test[]
  /** Of a loop's tests, what the title of those has that are about the clause. */
  readonly only: ReadonlyMap<Test, string>
}

export interface SpecCoverage {
  readonly clauses: readonly CoveredClause[]
  /** References of the tables to tests that are not there: `id: reference`. */
  readonly missing: readonly string[]
}

/** Every clause with the tests whose titles name it, or that its row names. @param root the checkout */
export function measureSpec(root: URL): SpecCoverage {
  const tests = readTests(root)
  const missing: string[] = []
  const clauses = CLAUSES.map((clause): CoveredClause => {
    const named = tests.filter(({ references }) => references.some((one) => one.kind === "clause" && one.name === clause.id))
    const only = new Map<Test, string>()
    const listed = clause.tests.flatMap((line) => {
      const [reference, pattern] = line.split(OF) as [string, string?]
      const found = tests.filter((test) => refersTo(reference, test))
      if (found.length === 0) missing.push(`${clause.id}: ${reference}`)
      if (pattern !== undefined) for (const test of found) only.set(test, pattern)
      return found
    })
    return { clause, tests: [...new Set([...named, ...listed])], only }
  })
  return { clauses, missing }
}

/** `file: beginning of the title`; the file without its folder, or unit/FOLDER/FILE. */
function refersTo(reference: string, test: Test): boolean {
  const colon = reference.indexOf(": ")
  return shortName(test.file) === reference.slice(0, colon) && test.title.startsWith(reference.slice(colon + 2))
}

/** test/integration/mounts.test.ts is mounts, test/unit/host/x.test.ts is unit/host/x. */
export function shortName(file: string): string {
  return file.replace(/^test\/(integration\/)?/, "").replace(/\.test\.ts$/, "")
}
