/** Where a text stops being JSON. Line and column count from 1, columns in UTF-16 units. */
export interface JsonFault {
  readonly line: number
  readonly column: number
  /** `found X; expected Y` */
  readonly message: string
}

/** What may stand at a place of a JSON text. */
const EXPECTED = {
  value: "a value",
  firstItem: "a value or \"]\"",
  firstKey: "a key in double quotes or \"}\"",
  key: "a key in double quotes",
  colon: "\":\"",
  nextItem: "\",\" or \"]\"",
  nextKey: "\",\" or \"}\"",
  end: "the end of the file",
} as const
type Place = keyof typeof EXPECTED

/** The bracket that may stand at a place. */
const CLOSING: { readonly [place in Place]?: string } = { firstItem: "]", nextItem: "]", firstKey: "}", nextKey: "}" }

class JsonError extends Error {
  readonly offset: number
  constructor(offset: number, message: string) {
    super(message)
    this.offset = offset
  }
}

/** The first place where `text` is not JSON (RFC 8259), or undefined if it is. Takes any depth: it keeps its own stack. */
export function locateJsonError(text: string): JsonFault | undefined {
  try {
    scan(text)
    return undefined
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    return at(text, error.offset, error.message)
  }
}

function at(text: string, offset: number, message: string): JsonFault {
  const before = text.slice(0, offset)
  const lineStart = before.lastIndexOf("\n") + 1
  return { line: before.split("\n").length, column: offset - lineStart + 1, message }
}

function scan(text: string): void {
  const open: ("{" | "[")[] = []
  let place: Place = "value"
  let i = 0
  for (;;) {
    while (i < text.length && " \t\n\r".includes(text[i] as string)) i++
    const char = text[i]
    if (place === "end" && char === undefined) return
    if (char === undefined) throw new JsonError(i, `the file ends here; expected ${EXPECTED[place]}`)
    const closes: string | undefined = CLOSING[place]
    if (char === closes) {
      open.pop()
      i++
      place = after(open)
    } else if (place === "value" || place === "firstItem") {
      if (char === "{" || char === "[") {
        open.push(char)
        i++
        place = char === "{" ? "firstKey" : "firstItem"
      } else {
        i = char === "\"" ? skipString(text, i) : skipWord(text, i, place)
        place = after(open)
      }
    } else if ((place === "key" || place === "firstKey") && char === "\"") {
      i = skipString(text, i)
      place = "colon"
    } else if (place === "colon" && char === ":") {
      i++
      place = "value"
    } else if (char === "," && (place === "nextItem" || place === "nextKey")) {
      i++
      place = place === "nextItem" ? "value" : "key"
    } else throw unexpected(text, i, place)
  }
}

function after(open: readonly string[]): Place {
  const last = open[open.length - 1]
  return last === undefined ? "end" : last === "[" ? "nextItem" : "nextKey"
}

function unexpected(text: string, offset: number, place: Place): JsonError {
  const word = /^[\w$.+-]{1,30}/.exec(text.slice(offset, offset + 30))
  const char = String.fromCodePoint(text.codePointAt(offset) as number)
  const found = JSON.stringify(word === null ? char : word[0])
  const comma = (char === "}" || char === "]") && (place === "key" || place === "value")
  const comment = char === "/" && "/*".includes(text[offset + 1] ?? "-")
  const note = comma ? "; the comma before it is one too many" : comment ? "; JSON has no comments" : ""
  return new JsonError(offset, `found ${found}; expected ${EXPECTED[place]}${note}`)
}

/** The offset after a number or one of the three words. */
function skipWord(text: string, start: number, place: Place): number {
  const token = /[^\s,:\]}"[{]*/y
  token.lastIndex = start
  const word = token.exec(text)?.[0] ?? ""
  if (word === "true" || word === "false" || word === "null") return start + word.length
  if (!/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(word)) {
    if (!/^-?[\d.]/.test(word)) throw unexpected(text, start, place)
    throw new JsonError(start, `found ${JSON.stringify(word.slice(0, 40))}, which is not a number as JSON writes it`)
  }
  return start + word.length
}

/** The offset after the string that begins at `start`. */
function skipString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 0x22) return i + 1
    if (code === 0x5c) {
      const escape = text.slice(i, i + 6)
      if (!/^\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/.test(escape)) {
        const found = JSON.stringify(escape.slice(0, escape[1] === "u" ? 6 : 2))
        throw new JsonError(i, `found the unknown escape ${found} in a string`)
      }
      i++
    } else if (code < 0x20) {
      const what = code === 0x0a || code === 0x0d ? "a line break" : `the control character U+00${hexByte(code)}`
      throw new JsonError(i, `found ${what} inside a string; expected a double quote or an escape`)
    }
  }
  throw new JsonError(text.length, "the file ends inside a string; expected a double quote")
}

/** The first place where `bytes`, which are not UTF-8 or begin with a byte order mark, are not as JSON is. */
export function locateBadUtf8(bytes: Uint8Array): JsonFault {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    return { line: 1, column: 1, message: "begins with a byte order mark; JSON is UTF-8 without one" }
  }
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return { line: 1, column: 1, message: "begins with the byte order mark of UTF-16; JSON is UTF-8" }
  }
  const decoder = new TextDecoder("utf-8", { fatal: true })
  // Halving: `good` bytes decode (but for a character that is cut, 3 bytes at most), `bad` bytes do not
  let good = 0
  let bad = bytes.length
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    if (isUtf8Prefix(decoder, bytes, middle)) good = middle
    else bad = middle
  }
  while (good > 0 && !isUtf8(decoder, bytes, good)) good--
  const text = decoder.decode(bytes.subarray(0, good))
  return at(text, text.length, `found the byte 0x${hexByte(bytes[good] as number)}, which is not UTF-8`)
}

function isUtf8(decoder: TextDecoder, bytes: Uint8Array, length: number): boolean {
  try {
    decoder.decode(bytes.subarray(0, length))
    return true
  } catch {
    return false
  }
}

function isUtf8Prefix(decoder: TextDecoder, bytes: Uint8Array, length: number): boolean {
  for (let cut = 0; cut < 4 && cut <= length; cut++) if (isUtf8(decoder, bytes, length - cut)) return true
  return false
}

function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, "0")
}
