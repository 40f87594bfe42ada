import t from "tap"
import { decodeJson, parseJson } from "../../../src/spec/json.ts"
import { locateJsonError } from "../../../src/spec/json-error.ts"
import { errorOf } from "./helpers.ts"

const COMMA = "the comma before it is one too many"
const QUOTE = "expected a double quote or an escape"
const messageOf = (text: string) => errorOf(() => parseJson(text, "f.json")).message

t.test("parseJson: tells line, column, what was found and what was expected", (t) => {
  const cases: [string, string][] = [
    ["", "f.json:1:1: not JSON: the file ends here; expected a value"],
    ["{", "f.json:1:2: not JSON: the file ends here; expected a key in double quotes or \"}\""],
    ["{\n  \"a\": 1,\n}", "f.json:3:1: not JSON: found \"}\"; expected a key in double quotes; " + COMMA],
    ["[1,\n2,]", "f.json:2:3: not JSON: found \"]\"; expected a value; " + COMMA],
    ["{\"a\" 1}", "f.json:1:6: not JSON: found \"1\"; expected \":\""],
    ["{\"a\": 1 \"b\": 2}", "f.json:1:9: not JSON: found \"\\\"\"; expected \",\" or \"}\""],
    ["[1 2]", "f.json:1:4: not JSON: found \"2\"; expected \",\" or \"]\""],
    ["{'a': 1}", "f.json:1:2: not JSON: found \"'\"; expected a key in double quotes or \"}\""],
    ["{a: 1}", "f.json:1:2: not JSON: found \"a\"; expected a key in double quotes or \"}\""],
    ["{\"a\": True}", "f.json:1:7: not JSON: found \"True\"; expected a value"],
    ["{\"a\": undefined}", "f.json:1:7: not JSON: found \"undefined\"; expected a value"],
    ["// x\n{}", "f.json:1:1: not JSON: found \"/\"; expected a value; JSON has no comments"],
    ["{} {}", "f.json:1:4: not JSON: found \"{\"; expected the end of the file"],
    ["{}\u0000", "f.json:1:3: not JSON: found \"\\u0000\"; expected the end of the file"],
    ["[01]", "f.json:1:2: not JSON: found \"01\", which is not a number as JSON writes it"],
    ["[0x10]", "f.json:1:2: not JSON: found \"0x10\", which is not a number as JSON writes it"],
    ["[1.]", "f.json:1:2: not JSON: found \"1.\", which is not a number as JSON writes it"],
    ["[\"a\nb\"]", "f.json:1:4: not JSON: found a line break inside a string; " + QUOTE],
    ["[\"\t\"]", "f.json:1:3: not JSON: found the control character U+0009 inside a string; " + QUOTE],
    ["[\"\\x\"]", "f.json:1:3: not JSON: found the unknown escape \"\\\\x\" in a string"],
    ["[\"\\u12g4\"]", "f.json:1:3: not JSON: found the unknown escape \"\\\\u12g4\" in a string"],
    ["[\"abc", "f.json:1:6: not JSON: the file ends inside a string; expected a double quote"],
    ["{\"ä\": \"😀\", x}", "f.json:1:13: not JSON: found \"x\"; expected a key in double quotes"],
  ]
  for (const [text, message] of cases) t.equal(messageOf(text), message)
  t.end()
})

t.test("locateJsonError: finds nothing where JSON.parse finds nothing, and something where it does", (t) => {
  const valid = "{\"a\": [1, -2.5e+3, true, false, null, \"\\u00e4\\n\\\"\", {}, [], [[]], {\"b\": {\"c\": 0}}], \"d\": \"\"}"
  t.equal(locateJsonError(valid), undefined)
  let checked = 0
  for (let i = 0; i < valid.length; i++) {
    for (const text of [valid.slice(0, i), valid.slice(0, i) + valid.slice(i + 1), `${valid.slice(0, i)},${valid.slice(i)}`]) {
      let parses = true
      try {
        JSON.parse(text)
      } catch {
        parses = false
      }
      if (parses !== (locateJsonError(text) === undefined)) t.fail(`${parses ? "valid" : "not JSON"}: ${text}`)
      checked++
    }
  }
  t.equal(checked, valid.length * 3)
  t.end()
})

t.test("decodeJson: a byte order mark is refused", (t) => {
  const decode = (bytes: number[]) => errorOf(() => decodeJson(new Uint8Array(bytes), "f.json")).message
  t.equal(decode([0xef, 0xbb, 0xbf, 0x7b, 0x7d]), "f.json:1:1: begins with a byte order mark; JSON is UTF-8 without one")
  t.equal(decode([0xff, 0xfe, 0x7b, 0x00]), "f.json:1:1: begins with the byte order mark of UTF-16; JSON is UTF-8")
  t.equal(decode([0xfe, 0xff, 0x00, 0x7b]), "f.json:1:1: begins with the byte order mark of UTF-16; JSON is UTF-8")
  t.end()
})

t.test("decodeJson: bytes that are not UTF-8 are told by line and column", (t) => {
  const encoder = new TextEncoder()
  const head = "{\n  \"ä😀\": \"".repeat(50)
  for (const bad of [[0xff], [0xc3, 0x28], [0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80]]) {
    const bytes = new Uint8Array([...encoder.encode(head), ...bad, ...encoder.encode("\"}".repeat(30))])
    const byte = (bad[0] as number).toString(16)
    t.equal(errorOf(() => decodeJson(bytes, "f.json")).message, `f.json:51:11: found the byte 0x${byte}, which is not UTF-8`)
  }
  const cut = new Uint8Array([0x22, 0xf0, 0x9f])
  t.equal(errorOf(() => decodeJson(cut, "f.json")).message, "f.json:1:2: found the byte 0xf0, which is not UTF-8")
  t.equal(decodeJson(encoder.encode("\"\ufffdä😀\""), "f.json"), "\"\ufffdä😀\"")
  const view = new Uint8Array(encoder.encode("xx{}yy").buffer, 2, 2)
  t.equal(decodeJson(view, "f.json"), "{}", "a view is read as such")
  t.end()
})
