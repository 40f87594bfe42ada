import { RuntsError } from "../error.ts"

/*
 * Values as D-Bus has them (D-Bus specification, "Type System"), and their text form, GVariant's, in which annotations give properties of a
 * systemd unit.
 */

/**
 * One value: y n q i u d b as a number or boolean, x t as a bigint, s o g as a string, an array or structure as an array of its parts, a
 * dictionary as an array of pairs, a variant as a {@link Typed}.
 */
export type Value = boolean | number | bigint | string | Typed | readonly Value[]

/** A value with its type. */
export interface Typed {
  /** Exactly one complete type. */
  readonly signature: string
  readonly value: Value
}

function fault(message: string): RuntsError {
  return new RuntsError(message, { code: "config-rule" })
}

/** What stands in a text, before it is known of which type it is. */
type Node =
  | { readonly kind: "number" | "string"; readonly text: string }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "array" | "tuple"; readonly items: readonly Node[] }
  | { readonly kind: "dictionary"; readonly pairs: readonly (readonly [Node, Node])[] }
  | { readonly kind: "variant"; readonly item: Node }
  | { readonly kind: "typed"; readonly signature: string; readonly item: Node }

/** Words that stand before a value and say its type. */
const TYPES: Readonly<Record<string, string>> = {
  boolean: "b", byte: "y", int16: "n", uint16: "q", int32: "i", uint32: "u", int64: "x", uint64: "t", double: "d",
  string: "s", objectpath: "o", signature: "g",
}

const RANGES: Readonly<Record<string, readonly [bigint, bigint]>> = {
  y: [0n, 0xffn], n: [-0x8000n, 0x7fffn], q: [0n, 0xffffn], i: [-(2n ** 31n), 2n ** 31n - 1n], u: [0n, 2n ** 32n - 1n],
  x: [-(2n ** 63n), 2n ** 63n - 1n], t: [0n, 2n ** 64n - 1n],
}

const TOKEN = /\s*(?:([()[\]{}<>,:])|('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(@[a-z(){}]+)|([-+]?(?:0[xX][0-9a-fA-F]+|[0-9.]+(?:[eE][-+]?[0-9]+)?))|([a-z][a-z0-9]*))/ys
/** Nobody means a deeper one, and a text of brackets must not exhaust the stack. */
const DEPTH_MAX = 32

/**
 * Reads a value in GVariant's text form (GVariant Text Format): `true`, `5` (int32), `uint64 5`, `'text'`, `['a', 'b']`, `[('/dev/sda',
 * uint64 100)]`, `@as []`.
 * @throws RuntsError that says what is wrong with the text
 */
export function parseVariant(text: string): Typed {
  const reader = new Reader(text)
  const node = reader.node(0)
  reader.end()
  return typed(node, undefined)
}

class Reader {
  private readonly tokens: string[] = []
  private at = 0

  constructor(text: string) {
    TOKEN.lastIndex = 0
    const end = text.trimEnd().length
    while (TOKEN.lastIndex < end) {
      const start = TOKEN.lastIndex
      const found = TOKEN.exec(text)
      if (found === null) throw fault(`it is not understood from ${JSON.stringify(text.slice(start, start + 20))} on`)
      this.tokens.push(found[0].trimStart())
    }
  }

  end(): void {
    const more = this.tokens[this.at]
    if (more !== undefined) throw fault(`${JSON.stringify(more)} follows where the value has ended`)
  }

  node(depth: number): Node {
    const token = this.take("a value")
    if (depth > DEPTH_MAX) throw fault("it is nested too deeply")
    const first = token[0] as string
    if (first === "'" || first === '"') return { kind: "string", text: unquoted(token) }
    if (token === "[") return { kind: "array", items: this.list("]", () => this.node(depth + 1)) }
    if (token === "(") return { kind: "tuple", items: this.list(")", () => this.node(depth + 1)) }
    if (token === "{") return { kind: "dictionary", pairs: this.list("}", () => this.pair(depth + 1)) }
    if (token === "<") {
      const item = this.node(depth + 1)
      this.expect(">")
      return { kind: "variant", item }
    }
    if (first === "@") return { kind: "typed", signature: checkedSignature(token.slice(1)), item: this.node(depth + 1) }
    if (token === "true" || token === "false") return { kind: "boolean", value: token === "true" }
    if (Object.hasOwn(TYPES, token)) return { kind: "typed", signature: TYPES[token] as string, item: this.node(depth + 1) }
    if (/^[-+0-9.]/.test(token)) return { kind: "number", text: token }
    throw fault(`${JSON.stringify(token)} is no value; a text stands in quotes`)
  }

  private pair(depth: number): readonly [Node, Node] {
    const key = this.node(depth)
    this.expect(":")
    return [key, this.node(depth)]
  }

  private list<T>(close: string, item: () => T): T[] {
    const items: T[] = []
    while (this.tokens[this.at] !== close) {
      items.push(item())
      if (this.tokens[this.at] === close) break
      this.expect(",")
    }
    this.at++
    return items
  }

  private take(what: string): string {
    const token = this.tokens[this.at++]
    if (token === undefined) throw fault(`it ends where ${what} should be`)
    return token
  }

  private expect(wanted: string): void {
    const token = this.take(JSON.stringify(wanted))
    if (token !== wanted) throw fault(`${JSON.stringify(token)} stands where ${JSON.stringify(wanted)} should be`)
  }
}

const ESCAPES: Readonly<Record<string, string>> = { a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" }

function unquoted(token: string): string {
  return token.slice(1, -1).replace(/\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)/gs, (_, escape: string) => {
    if (escape.length === 1) return ESCAPES[escape] ?? escape
    const point = parseInt(escape.slice(1), 16)
    if (point > 0x10ffff) throw fault(`\\${escape} is no character`)
    return String.fromCodePoint(point)
  })
}

/** The type that a node has by itself; undefined where it says nothing: an empty array. */
function natural(node: Node): string | undefined {
  switch (node.kind) {
    case "typed": return node.signature
    case "string": return "s"
    case "boolean": return "b"
    case "variant": return "v"
    case "number": return /^[-+]?0[xX]/.test(node.text) || !/[.eE]/.test(node.text) ? "i" : "d"
    case "tuple": {
      const parts = node.items.map(natural)
      return parts.includes(undefined) ? undefined : `(${parts.join("")})`
    }
    case "array": return listType(node.items)
    case "dictionary": {
      const [key, value] = [listType(node.pairs.map(([key]) => key)), listType(node.pairs.map(([, value]) => value))]
      return key === undefined || value === undefined ? undefined : `a{${key.slice(1)}${value.slice(1)}}`
    }
  }
}

/** What is said of one element holds for all; numbers alone are int32, or double if one is. */
function listType(items: readonly Node[]): string | undefined {
  const types = items.map((item) => item.kind === "number" ? undefined : natural(item))
  const said = types.find((type) => type !== undefined)
    ?? (items.some((item) => item.kind === "number" && natural(item) === "d") ? "d" : items.map(natural).find((type) => type !== undefined))
  return said === undefined ? undefined : "a" + said
}

function typed(node: Node, wanted: string | undefined): Typed {
  if (node.kind === "typed") {
    if (wanted !== undefined && wanted !== node.signature) throw mismatch(node.signature, wanted)
    return typed(node.item, node.signature)
  }
  const signature = wanted ?? natural(node)
  if (signature === undefined) throw fault("an empty array does not say its type: write it as `@as []`")
  return { signature, value: valueOf(node, signature) }
}

function valueOf(node: Node, signature: string): Value {
  if (node.kind === "typed") return typed(node, signature).value
  if (node.kind === "number") return numberOf(node.text, signature)
  const first = signature[0]
  if (node.kind === "string" && (first === "s" || first === "o" || first === "g")) {
    if (node.text.includes("\0")) throw fault("a text holds no NUL")
    return node.text
  }
  if (node.kind === "boolean" && signature === "b") return node.value
  if (node.kind === "variant" && signature === "v") return typed(node.item, undefined)
  if (node.kind === "array" && first === "a" && signature[1] !== "{") return node.items.map((item) => valueOf(item, signature.slice(1)))
  if (node.kind === "tuple" && first === "(") {
    const types = typesOf(signature.slice(1, -1))
    if (types.length !== node.items.length) throw fault(`${node.items.length} values stand where ${signature} has ${types.length}`)
    return node.items.map((item, index) => valueOf(item, types[index] as string))
  }
  if (node.kind === "dictionary" && signature.startsWith("a{")) {
    const [key, value] = typesOf(signature.slice(2, -1)) as [string, string]
    return node.pairs.map(([left, right]) => [valueOf(left, key), valueOf(right, value)])
  }
  throw mismatch(natural(node) ?? node.kind, signature)
}

function mismatch(found: string, wanted: string): RuntsError {
  return fault(`a value of type ${found} stands where one of type ${wanted} should be`)
}

function numberOf(text: string, signature: string): number | bigint {
  if (signature === "d") {
    const value = Number(text)
    if (Number.isNaN(value)) throw fault(`${text} is no number`)
    return value
  }
  const range = RANGES[signature]
  if (range === undefined) throw mismatch(natural({ kind: "number", text }) as string, signature)
  if (!/^[-+]?(0[xX][0-9a-fA-F]+|[0-9]+)$/.test(text)) throw fault(`${text} is no whole number`)
  const digits = text.replace(/^[-+]/, "")
  const value = (text.startsWith("-") ? -1n : 1n) * BigInt(digits)
  if (value < range[0] || value > range[1]) throw fault(`${text} is out of the range of type ${signature}: ${range[0]} to ${range[1]}`)
  return signature === "x" || signature === "t" ? value : Number(value)
}

/** One complete type: nothing else is a value's. */
function checkedSignature(signature: string): string {
  let complete = false
  try {
    complete = typesOf(signature).length === 1
  } catch {
    // said below
  }
  if (!complete) throw fault(`@${signature} is no type`)
  return signature
}

/** Where the complete type that begins at an index of a signature ends. @throws RuntsError */
export function typeEnd(signature: string, start: number): number {
  const first = signature[start]
  if (first === "a") return signature[start + 1] === "{" ? closed(signature, start + 1, "}") : typeEnd(signature, start + 1)
  if (first === "(") return closed(signature, start, ")")
  if (first === undefined || !"ybnqiuxtdsogv".includes(first)) throw fault(`${JSON.stringify(signature)} is no type of D-Bus`)
  return start + 1
}

function closed(signature: string, start: number, close: string): number {
  let at = start + 1
  while (signature[at] !== close) at = typeEnd(signature, at)
  return at + 1
}

/** The complete types of a signature, one by one. @throws RuntsError */
export function typesOf(signature: string): string[] {
  const types: string[] = []
  for (let at = 0; at < signature.length;) {
    const end = typeEnd(signature, at)
    types.push(signature.slice(at, end))
    at = end
  }
  return types
}
