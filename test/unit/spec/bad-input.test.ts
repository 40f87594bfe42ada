import t from "tap"
import { RuntsError } from "../../../src/error.ts"
import { loadSpec } from "../../../src/spec/load.ts"
import { checkRules } from "../../../src/spec/rules.ts"
import { bytesOf, warningsOf } from "./helpers.ts"
import type { Json } from "./helpers.ts"
import { places, resolve, sample, schema } from "./schema-places.ts"
import type { Place } from "./schema-places.ts"

/*
 * Every pointer of the schema with every kind of wrong value: an error of ours that names the pointer and what was expected, and never
 * an error of the engine.
 */

const full = { ...sample(schema, true), ociVersion: "1.3.0" }
const all = [...places(full, "", schema)]

/** One value of each JSON type, and what messages call the type. */
const VALUES: readonly (readonly [type: string, value: Json])[] = [
  ["string", "?"], ["boolean", true], ["integer", 7], ["number", 7.5], ["array", []], ["object", {}],
]
const EXPECTED: Readonly<Record<string, string>> = {
  string: "expected a string", boolean: "expected true or false", integer: "expected an integer", array: "expected an array", object: "expected an object",
}

/** The message of the error that reading `text` ends in. Any other end fails the test: a value that is taken, an error of the engine. */
function refusal(text: string): string {
  try {
    checkRules(loadSpec(bytesOf(text), "config.json"))
  } catch (error) {
    if (error instanceof RuntsError) return error.message
    throw error
  }
  return "taken"
}

/** The clause that the message has for a pointer. */
function clauseAt(message: string, pointer: string): string | undefined {
  for (const line of message.split("\n")) {
    const text = line.replace("config.json: ", "").trim()
    if (text.startsWith(`${pointer}: `)) return text.slice(pointer.length + 2)
  }
  return undefined
}

/** Puts a number into the text as it is written: JSON.stringify would round it. */
function written(place: Place, digits: string): string {
  return JSON.stringify(place.replaced("@@")).replace('"@@"', digits)
}

t.test("every member with a value of every other JSON type: the pointer, and the type that was expected", (t) => {
  let count = 0
  for (const place of all) {
    const node = resolve(place.node)
    const type: string = node.enum === undefined ? node.type : "string"
    for (const [other, value] of VALUES) {
      if (other === type) continue
      const clause = clauseAt(refusal(JSON.stringify(place.replaced(value))), place.pointer)
      const expected = node.enum === undefined ? EXPECTED[type] as string : "is unknown; "
      if (clause?.includes(expected) !== true) t.fail(`${place.pointer} = ${JSON.stringify(value)}: ${clause}`)
      count++
    }
  }
  t.ok(count > 1200, `${count} values`)
  t.end()
})

t.test("every member that is null: absent, or missing where it is required; in an array it is of a wrong type", (t) => {
  let missing = 0
  for (const place of all) {
    const message = refusal(JSON.stringify(place.replaced(null)))
    const parent = place.pointer.slice(0, place.pointer.lastIndexOf("/"))
    const [, key] = place.pointer.match(/\/([^/]*)$/) as unknown as [string, string]
    const owner = parent === "" ? schema : resolve(all.find(({ pointer }) => pointer === parent)?.node)
    const clause = clauseAt(message, place.pointer)
    if (owner.type === "array") t.match(clause, /^null; expected|^null is unknown/, place.pointer)
    else if (owner.required?.includes(key) === true) {
      t.equal(clause, "missing; it is required", place.pointer)
      missing++
    } else if (clause !== undefined && !/needs it|is empty|missing/.test(clause)) t.fail(`${place.pointer}: ${clause}`)
  }
  t.ok(missing > 30, `${missing} required members`)
  t.end()
})

t.test("every number below and above its range, as a fraction, and too large for a double", (t) => {
  let count = 0
  for (const place of all) {
    const node = resolve(place.node)
    if (node.type !== "integer") continue
    const minimum = BigInt(node.minimum)
    // The maxima of 64 bits are read from JSON as the power of two above them
    const maximum = node.maximum >= 2 ** 63 ? BigInt(node.maximum) - 1n : BigInt(node.maximum)
    const step = (limit: bigint): bigint => (limit > 2n ** 53n || limit < -(2n ** 53n) ? 4096n : 1n)
    for (const [digits, expected] of [
      [String(minimum - step(minimum)), `expected at least ${minimum}`],
      [String(maximum + step(maximum)), `expected at most ${maximum}`],
      ["0.5", "expected an integer"],
      ["-1e-3", "expected an integer"],
      ["-1e30", `expected at least ${minimum}`],
      ["1e30", `expected at most ${maximum}`],
      ["123456789012345678901234567890", `expected at most ${maximum}`],
      ["-9223372036854779904", `expected at least ${minimum}`],
    ] as const) {
      const clause = clauseAt(refusal(written(place, digits)), place.pointer)
      if (clause?.includes(expected) !== true) t.fail(`${place.pointer} = ${digits}: ${clause}`)
      count++
    }
    if (node.maximum < 2 ** 53) {
      const clause = clauseAt(refusal(written(place, "9007199254740993")), place.pointer)
      if (clause?.includes("is too large") !== true) t.fail(`${place.pointer} = 2^53 + 1: ${clause}`)
    }
    // JSON has no infinity; what it reads as one is an integer nowhere
    const infinite = clauseAt(refusal(written(place, "1e400")), place.pointer)
    if (infinite === undefined) t.fail(`${place.pointer} = 1e400 is taken`)
  }
  t.ok(count > 500, `${count} numbers`)
  t.end()
})

t.test("every enumeration with words that are not in it: the words, or the one that was meant", (t) => {
  let count = 0
  for (const place of all) {
    const node = resolve(place.node)
    if (node.enum === undefined) continue
    const word: string = node.enum.find((value: string) => value.length > 1) ?? node.enum[0]
    const words = ["nonsense", word === word.toLowerCase() ? word.toUpperCase() : word.toLowerCase(), `${word} `, `${word}X`]
    for (const wrong of words.filter((one) => !node.enum.includes(one))) {
      const clause = clauseAt(refusal(JSON.stringify(place.replaced(wrong))), place.pointer)
      if (!/ is unknown; (expected |did you mean )/.test(clause ?? "")) t.fail(`${place.pointer} = ${wrong}: ${clause}`)
      count++
    }
    if (!node.enum.includes("")) t.match(clauseAt(refusal(JSON.stringify(place.replaced(""))), place.pointer), /is unknown/, `${place.pointer} = ""`)
  }
  t.ok(count > 60, `${count} words`)
  t.end()
})

t.test("every string with a NUL byte in it", (t) => {
  for (const place of all) {
    // A version that is none is told before all else
    if (resolve(place.node).type !== "string" || place.pointer === "/ociVersion") continue
    const clause = clauseAt(refusal(JSON.stringify(place.replaced("a\0b"))), place.pointer)
    if (clause?.includes("holds a NUL byte") !== true) t.fail(`${place.pointer}: ${clause}`)
  }
  t.pass("all of them")
  t.end()
})

t.test("every member misspelt: a warning that names the one that was meant", (t) => {
  let count = 0
  for (const place of all) {
    const parent = place.pointer.slice(0, place.pointer.lastIndexOf("/"))
    const key = place.pointer.slice(parent.length + 1)
    const owner = parent === "" ? schema : resolve(all.find(({ pointer }) => pointer === parent)?.node)
    if (owner.properties === undefined) continue
    const config = place.replaced(undefined)
    const at = parent.split("/").slice(1).reduce((node, part) => node[part], config)
    at[`${key}x`] = "any"
    const warnings = warningsOf(() => refusal(JSON.stringify(config)))
    const warning = warnings.find((one) => one.includes(`${place.pointer}x: unknown key; `))
    if (warning?.endsWith(`did you mean ${key}?`) !== true) t.fail(`${place.pointer}x: ${warning}`)
    count++
  }
  t.ok(count > 200, `${count} keys`)
  t.end()
})
