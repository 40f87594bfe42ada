import { CLAUSES } from "../../conformance/spec/rows.ts"
import { COMMANDS, GLOBAL_FLAGS } from "../../src/cli/table.ts"
import type { Command, Flag } from "../../src/cli/table.ts"
import { ANNOTATIONS } from "../../src/spec/annotations.ts"
import { covers, pointsTo, wordsCovered } from "./row.ts"
import type { Reference, Row, Section } from "./row.ts"
import { schemaRows } from "./schema-rows.ts"
import { readTests } from "./titles.ts"
import type { Test } from "./titles.ts"

/** A row with the tests that name it. */
export interface CoveredRow {
  readonly row: Row
  readonly tests: readonly Test[]
  /** Words of the row that no test names; a row without words has none. */
  readonly missingWords: readonly string[]
}

export interface Coverage {
  readonly rows: readonly CoveredRow[]
  /** Titles that name what is not there: `file:line: text`. */
  readonly unknown: readonly string[]
}

/** Whether a row has a test, and each of its words. */
export function isCovered({ tests, missingWords }: CoveredRow): boolean {
  return tests.length > 0 && missingWords.length === 0
}

/** Every row with its tests. @param root the checkout */
export function measureCoverage(root: URL): Coverage {
  const { properties, enumerations, inner } = schemaRows()
  const rows = [...properties, ...enumerations, ...annotationRows(), ...commandRows()]
  const tests = readTests(root)
  const covered = rows.map((row): CoveredRow => {
    if (row.words === undefined) return { row, tests: tests.filter(({ references }) => references.some((one) => covers(one, row))), missingWords: [] }
    const named = tests.map((test) => ({ test, words: test.references.flatMap((one) => wordsCovered(one, row)) }))
    const words = new Set(named.flatMap((one) => one.words))
    return {
      row, tests: named.filter((one) => one.words.length > 0).map((one) => one.test),
      missingWords: row.words.filter((word) => !words.has(word)),
    }
  })
  const known = (reference: Reference): boolean =>
    (reference.kind === "clause" && CLAUSES.some(({ id }) => id === reference.name)) ||
    rows.some((row) => covers(reference, row) || wordsCovered(reference, row).length > 0) ||
    (reference.kind === "pointer" && inner.some((pointer) => pointsTo(reference.pointer, pointer)))
  const unknown = tests.flatMap((test) => [
    ...test.unread.map((part) => `${test.file}:${test.line}: [${part}]`),
    ...test.references.filter((one) => one.perhaps !== true && !known(one)).map((one) => `${test.file}:${test.line}: [${nameOf(one)}]`),
  ])
  return { rows: covered, unknown }
}

function nameOf(reference: Reference): string {
  if (reference.kind === "annotation" || reference.kind === "clause") return `${reference.kind} ${reference.name}`
  if (reference.kind !== "pointer") return reference.name
  return `${reference.pointer}${reference.below ? "/**" : ""}${reference.word === undefined ? "" : `=${reference.word}`}`
}

function annotationRows(): Row[] {
  return Object.keys(ANNOTATIONS).map((name) => ({ kind: "annotation", name, section: { title: "with a meaning for runts" } }))
}

function commandRows(): Row[] {
  const flag = (command: string, section: Section) => (name: string): Row => ({ kind: "flag", name: `${command}--${name}`, section })
  const ofFlags = (command: string, flags: Readonly<Record<string, Flag>>, section: Section): Row[] =>
    Object.keys(flags).map(flag(command === "" ? "" : `${command} `, section))
  const rows = ofFlags("", GLOBAL_FLAGS, { title: "before the command" })
  for (const [name, command] of Object.entries(COMMANDS as Record<string, Command>)) {
    const section = { title: name }
    rows.push({ kind: "command", name, section }, ...ofFlags(name, command.flags, section))
  }
  return rows
}
