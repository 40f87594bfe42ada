import { pointerKey } from "./report.ts"

/*
 * Where the values of a JSON text stand, which JSON.parse does not tell. For texts that it has taken: nothing is checked here.
 */

/** Offsets into a text, in UTF-16 units. */
export interface Span {
  readonly start: number
  /** Behind the last unit. */
  readonly end: number
}

/** Where a JSON pointer leads. */
export interface Place {
  readonly value: Span
  /** The member's name with its quotes; undefined for an array's item and for the whole text. */
  readonly key: Span | undefined
  /** False where nothing stands there: then this is the innermost object or array that would hold it. */
  readonly exact: boolean
}

/** The pointers that are looked for, as a tree. */
interface Wanted {
  readonly children: Map<string, Wanted>
  found: { readonly value: Span; readonly key: Span | undefined } | undefined
}

/** Finds the places of values by their pointers, all in one pass; of a repeated key the last counts, as with JSON.parse. */
export function findPlaces(text: string, pointers: Iterable<string>): Map<string, Place> {
  const root: Wanted = { children: new Map(), found: undefined }
  const all = [...pointers]
  for (const pointer of all) {
    let node = root
    for (const part of parts(pointer)) {
      let child = node.children.get(part)
      if (child === undefined) node.children.set(part, (child = { children: new Map(), found: undefined }))
      node = child
    }
  }
  visit(text, skipSpace(text, 0), undefined, root)
  const places = new Map<string, Place>()
  for (const pointer of all) {
    let node: Wanted | undefined = root
    let last = root
    for (const part of parts(pointer)) {
      node = node?.children.get(part)
      if (node?.found === undefined) break
      last = node
    }
    if (last.found !== undefined) places.set(pointer, { ...last.found, exact: last === node })
  }
  return places
}

function parts(pointer: string): string[] {
  return pointer.split("/").slice(1).map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
}

/** Notes the value that begins here, and what is wanted below it. @returns the offset behind it */
function visit(text: string, start: number, key: Span | undefined, wanted: Wanted): number {
  let end: number
  if (wanted.children.size === 0) end = skipValue(text, start)
  else {
    for (const child of wanted.children.values()) forget(child)
    end = walk(text, start, (name, keySpan, at) => {
      const child = wanted.children.get(name)
      return child === undefined ? skipValue(text, at) : visit(text, at, keySpan, child)
    })
  }
  wanted.found = { value: { start, end }, key }
  return end
}

function forget(wanted: Wanted): void {
  wanted.found = undefined
  for (const child of wanted.children.values()) forget(child)
}

/**
 * Goes through the members of an object or the items of an array.
 * @param each takes name (or index), the name's span and the offset of the value; returns the offset behind the value
 * @returns the offset behind the value
 */
function walk(text: string, start: number, each: (name: string, key: Span | undefined, at: number) => number): number {
  const open = text[start]
  if (open !== "{" && open !== "[") return skipValue(text, start)
  let at = skipSpace(text, start + 1)
  for (let index = 0; text[at] !== "}" && text[at] !== "]" && at < text.length; index++) {
    if (open === "[") at = each(String(index), undefined, at)
    else {
      const end = skipString(text, at)
      const key = { start: at, end }
      // over the colon
      at = each(JSON.parse(text.slice(at, end)) as string, key, skipSpace(text, skipSpace(text, end) + 1))
    }
    at = skipSpace(text, at)
    if (text[at] === ",") at = skipSpace(text, at + 1)
  }
  return at + 1
}

function skipSpace(text: string, at: number): number {
  for (;;) {
    const unit = text.charCodeAt(at)
    if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) return at
    at++
  }
}

/** @param at of the opening quote @returns the offset behind the closing one */
function skipString(text: string, at: number): number {
  for (let quote = text.indexOf('"', at + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let first = quote
    while (text.charCodeAt(first - 1) === 0x5c) first--
    if ((quote - first) % 2 === 0) return quote + 1
  }
  return text.length
}

/** Any depth: brackets are counted. */
function skipValue(text: string, start: number): number {
  let depth = 0
  let at = start
  while (at < text.length) {
    const unit = text.charCodeAt(at)
    if (unit === 0x22) at = skipString(text, at)
    else if (unit === 0x7b || unit === 0x5b) {
      depth++
      at++
      continue
    } else if (unit === 0x7d || unit === 0x5d) {
      if (depth === 0) return at
      depth--
      at++
    } else if (depth > 0) {
      at++
      continue
    } else {
      at = endOfScalar(text, at)
    }
    if (depth === 0) return at
  }
  return at
}

function endOfScalar(text: string, at: number): number {
  while (at < text.length && !",]} \t\r\n".includes(text[at] as string)) at++
  return at
}

/** A key that an object has more than once. */
export interface RepeatedKey {
  readonly pointer: string
  /** All of them, in the order of the text; the last counts. */
  readonly keys: readonly Span[]
}

/**
 * Keys that stand twice in one object, which JSON leaves open (RFC 8259, section 4) and JSON.parse takes unsaid. Most texts have
 * none, and that is quickly seen: they have as many keys as the parsed value.
 * @param value the text, parsed
 */
export function repeatedKeys(text: string, value: unknown): RepeatedKey[] {
  let keys = 0
  for (const token of text.match(/"(?:[^"\\]|\\.)*"\s*:?/g) ?? []) if (token.endsWith(":")) keys++
  return keys === countMembers(value) ? [] : findRepeated(text, "", skipSpace(text, 0), []).found
}

function countMembers(value: unknown): number {
  let count = 0
  const left: unknown[] = [value]
  while (left.length > 0) {
    const next = left.pop()
    if (typeof next !== "object" || next === null) continue
    const members = Object.values(next)
    if (!Array.isArray(next)) count += members.length
    for (const member of members) if (typeof member === "object") left.push(member)
  }
  return count
}

/** Deeper ones are an attack, and refused elsewhere. */
const DEPTH_MAX = 200

function findRepeated(text: string, pointer: string, start: number, found: RepeatedKey[], depth = 0): { found: RepeatedKey[]; end: number } {
  const keys = new Map<string, Span[]>()
  const end = depth > DEPTH_MAX ? skipValue(text, start) : walk(text, start, (name, key, at) => {
    if (key !== undefined) keys.set(name, [...(keys.get(name) ?? []), key])
    return findRepeated(text, `${pointer}/${pointerKey(name)}`, at, found, depth + 1).end
  })
  for (const [name, spans] of keys) if (spans.length > 1) found.push({ pointer: `${pointer}/${pointerKey(name)}`, keys: spans })
  return { found, end }
}

/** Lines of a text, for places in it. */
export class Lines {
  private readonly text: string
  private readonly starts: number[] = [0]

  constructor(text: string) {
    this.text = text
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) this.starts.push(at + 1)
  }

  /** Line and column of an offset, both from 1; columns in UTF-16 units. */
  position(offset: number): { readonly line: number; readonly column: number } {
    let [low, high] = [0, this.starts.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.starts[middle] as number) <= offset) low = middle
      else high = middle - 1
    }
    return { line: low + 1, column: offset - (this.starts[low] as number) + 1 }
  }

  /** The offset of a position. */
  offset(line: number, column: number): number {
    return (this.starts[line - 1] ?? 0) + column - 1
  }

  /** A line without its end. */
  line(number: number): string {
    const end = this.starts[number]
    return this.text.slice(this.starts[number - 1], end === undefined ? undefined : end - 1).replace(/\r$/, "")
  }
}
