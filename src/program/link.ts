/** What an emitter returns: the bytes of one instruction, a place with a name, or an instruction that needs a place's address. */
export type Item = readonly number[] | Mark | Reference

/** A named place between instructions. */
export interface Mark {
  readonly mark: string
}

/** An instruction whose bytes depend on how far away a mark is. */
export interface Reference {
  readonly to: string
  readonly size: number
  /** @param distance bytes from the first byte of this instruction to the mark */
  encode(distance: number): readonly number[]
}

/** Names the place before the next instruction. */
export function mark(name: string): Mark {
  return { mark: name }
}

/** Machine code and where its marks are, in bytes from its start. */
export interface Code {
  readonly bytes: Uint8Array
  readonly marks: ReadonlyMap<string, number>
}

/**
 * Joins instructions and fills in distances.
 * @throws Error that names a mark that is missing or placed twice
 */
export function link(items: readonly Item[]): Code {
  const marks = new Map<string, number>()
  let size = 0
  for (const item of items) {
    if ("mark" in item) {
      if (marks.has(item.mark)) throw new Error(`the mark "${item.mark}" is placed twice`)
      marks.set(item.mark, size)
    } else size += "to" in item ? item.size : item.length
  }
  const bytes = new Uint8Array(size)
  let at = 0
  for (const item of items) {
    if ("mark" in item) continue
    const encoded = "to" in item ? resolve(item, marks, at) : item
    bytes.set(encoded, at)
    at += encoded.length
  }
  return { bytes, marks }
}

function resolve(reference: Reference, marks: Map<string, number>, at: number): readonly number[] {
  const target = marks.get(reference.to)
  if (target === undefined) throw new Error(`the mark "${reference.to}" is not placed`)
  const encoded = reference.encode(target - at)
  if (encoded.length !== reference.size) throw new Error(`the reference to "${reference.to}" changed its size`)
  return encoded
}

/** The low `count` bytes of an integer, least significant first (two's complement). */
export function littleEndian(value: number | bigint, count: number): number[] {
  const bytes: number[] = []
  let rest = BigInt(value)
  for (let i = 0; i < count; i++) {
    bytes.push(Number(rest & 0xffn))
    rest >>= 8n
  }
  return bytes
}

/** Throws unless `value` is an integer from `low` to `high`. */
export function within(value: number, low: number, high: number, what: string): number {
  if (Number.isInteger(value) && value >= low && value <= high) return value
  throw new Error(`${what} is ${value}, which does not fit ${low} to ${high}`)
}
