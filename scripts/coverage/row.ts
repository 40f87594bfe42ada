/** A part of the document: a clause of the specification, or a command. */
export interface Section {
  readonly title: string
  /** Where the clause is; absent where it is runts' own. */
  readonly link?: string
}

/**
 * One thing that must have a test.
 * - property: a JSON pointer of config.json
 * - words: the same, for all the words that it takes
 * - command: a command of the command line
 * - flag: `create --bundle`, or `--root` for a flag before the command
 * - annotation: a key of annotations
 */
export interface Row {
  readonly kind: "property" | "words" | "command" | "flag" | "annotation"
  readonly name: string
  readonly section: Section
  readonly words?: readonly string[]
}

/** A part of a test's title in square brackets, understood. */
export type Reference = (
  /** `word`: words that the property takes with `|` between them, "*" for all. `below`: all properties below, written `/**`. */
  | { readonly kind: "pointer"; readonly pointer: string; readonly below: boolean; readonly word?: string }
  | { readonly kind: "command" | "flag" | "annotation" | "clause"; readonly name: string }
) & {
  /** Made of a placeholder in the title: it means nothing where there is no such row. */
  readonly perhaps?: true
}

/** Whether a test whose title holds this reference covers the row. */
export function covers(reference: Reference, row: Row): boolean {
  if (reference.kind !== "pointer") return reference.kind === row.kind && reference.name === row.name
  if (row.kind === "property") return reference.below ? isBelow(row.name, reference.pointer) : pointsTo(reference.pointer, row.name)
  return false
}

/** The words of a row that a reference tells of. */
export function wordsCovered(reference: Reference, row: Row): readonly string[] {
  if (row.words === undefined || reference.kind !== "pointer" || reference.word === undefined) return []
  if (!pointsTo(reference.pointer, row.name)) return []
  const named = reference.word.split("|")
  return reference.word === "*" ? row.words : row.words.filter((word) => named.includes(word))
}

/** Whether a pointer of a title is the row's; an item of an array, or a member of a map, stands for the whole. */
export function pointsTo(pointer: string, row: string): boolean {
  return agree(pointer, row) || (pointer.endsWith("/*") && agree(pointer.slice(0, -2), row))
}

function isBelow(row: string, pointer: string): boolean {
  const depth = pointer.split("/").length
  const parts = row.split("/")
  return parts.length > depth && agree(pointer, parts.slice(0, depth).join("/"))
}

/** `*` of either side stands for any name. */
function agree(a: string, b: string): boolean {
  const [left, right] = [a.split("/"), b.split("/")]
  return left.length === right.length && left.every((part, i) => part === right[i] || part === "*" || right[i] === "*")
}
