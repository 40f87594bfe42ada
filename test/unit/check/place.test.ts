import fc from "fast-check"
import t from "tap"
import { findPlaces, Lines, repeatedKeys } from "../../../src/spec/place.ts"
import { pointerKey } from "../../../src/spec/report.ts"
import { rounds } from "../property/configs.ts"

/** Every pointer of a value with what stands there. */
function pointers(value: unknown, at = ""): [string, unknown][] {
  const own: [string, unknown] = [at, value]
  if (typeof value !== "object" || value === null) return [own]
  return [own, ...Object.entries(value).flatMap(([key, member]) => pointers(member, `${at}/${pointerKey(key)}`))]
}

t.test("whatever a pointer leads to stands at the place that is told, however the text is written", (t) => {
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(undefined, 1, "\t"), (value, indent) => {
    const text = JSON.stringify(value, null, indent)
    const parsed: unknown = JSON.parse(text)
    const all = pointers(parsed)
    const places = findPlaces(text, all.map(([pointer]) => pointer))
    for (const [pointer, part] of all) {
      const place = places.get(pointer)
      t.ok(place?.exact === true && JSON.stringify(JSON.parse(text.slice(place.value.start, place.value.end))) === JSON.stringify(part) || fail(pointer, text))
      const name = pointer.slice(pointer.lastIndexOf("/") + 1)
      if (place?.key !== undefined && pointerKey(JSON.parse(text.slice(place.key.start, place.key.end)) as string) !== name) fail(pointer, text)
    }
  }), rounds(150))
  t.end()
})

function fail(pointer: string, text: string): never {
  throw new Error(`${pointer} in ${text}`)
}

t.test("of a repeated key the last place counts; what is missing has the place of what would hold it", (t) => {
  const text = '{\n  "a": {"b": [1, 2], "c": 3},\n  "s": "\\"}\\\\", "a": {"b": [4]}\n}'
  const slice = (pointer: string): string => {
    const place = findPlaces(text, ["/a/b/1", pointer]).get(pointer)
    return place === undefined ? "" : `${place.exact} ${text.slice(place.value.start, place.value.end)}`
  }
  t.equal(slice("/a/b/0"), "true 4")
  t.equal(slice("/a/b/1"), "false [4]")
  t.equal(slice("/a/c"), 'false {"b": [4]}')
  t.equal(slice("/s"), 'true "\\"}\\\\"')
  t.equal(slice("/x/y"), `false ${text}`)
  t.end()
})

t.test("keys that stand twice in one object are found, and no others", (t) => {
  const found = (text: string): string[] => repeatedKeys(text, JSON.parse(text)).map(({ pointer, keys }) => `${pointer} ${keys.length}`)
  t.same(found('{"a": 1, "b": {"a": 1}, "c": ["a", "a"], "d": "\\"a\\": 1"}'), [])
  t.same(found('{"a": 1, "b": {"x/y": 1, "x/y": 2, "x\\u002fy": 3}, "a": {"a": 1}}'), ["/b/x~1y 3", "/a 2"])
  t.same(found(`${"[".repeat(300)}${"]".repeat(300)}`), [])
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
    const text = JSON.stringify(value)
    return repeatedKeys(text, JSON.parse(text)).length === 0
  }), rounds(100))
  t.end()
})

t.test("lines count from 1, and end before their line break", (t) => {
  const lines = new Lines("ab\r\n\ncd")
  t.same(lines.position(0), { line: 1, column: 1 })
  t.same(lines.position(3), { line: 1, column: 4 })
  t.same(lines.position(4), { line: 2, column: 1 })
  t.same(lines.position(6), { line: 3, column: 2 })
  t.same([lines.line(1), lines.line(2), lines.line(3)], ["ab", "", "cd"])
  t.equal(lines.offset(3, 2), 6)
  t.end()
})
