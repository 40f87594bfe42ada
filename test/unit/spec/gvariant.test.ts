import t from "tap"
import { parseVariant, typesOf } from "../../../src/spec/gvariant.ts"
import { systemdProperties } from "../../../src/spec/systemd-annotations.ts"

/*
 * Values in GVariant's text form (GVariant Text Format, GLib), as annotations give properties of a systemd unit.
 */

const VALUES: readonly (readonly [text: string, signature: string, value: unknown])[] = [
  ["true", "b", true],
  [" false ", "b", false],
  ["5", "i", 5],
  ["-0x10", "i", -16],
  ["2.5", "d", 2.5],
  ["1e3", "d", 1000],
  ["byte 255", "y", 255],
  ["int16 -32768", "n", -32768],
  ["uint16 65535", "q", 65535],
  ["uint32 4294967295", "u", 4294967295],
  ["int64 -9223372036854775808", "x", -(2n ** 63n)],
  ["uint64 18446744073709551615", "t", 2n ** 64n - 1n],
  ["'it\\'s \\u00e9\\n\\x'", "s", "it's é\nx"],
  ['"a\\"b"', "s", 'a"b'],
  ["objectpath '/a/b'", "o", "/a/b"],
  ["['a.service', 'b.service']", "as", ["a.service", "b.service"]],
  ["[1, 2.5]", "ad", [1, 2.5]],
  ["[uint32 1, 2]", "au", [1, 2]],
  ["[1, uint32 2]", "au", [1, 2]],
  ["@as []", "as", []],
  ["@ay [1, 2]", "ay", [1, 2]],
  ["[[1], []]", "aai", [[1], []]],
  ["[('/dev/sda', uint64 100)]", "a(st)", [["/dev/sda", 100n]]],
  ["{'a': <5>, 'b': <'c'>}", "a{sv}", [["a", { signature: "i", value: 5 }], ["b", { signature: "s", value: "c" }]]],
  ["<@as []>", "v", { signature: "as", value: [] }],
]
for (const [text, signature, value] of VALUES) {
  t.test(`${text} is ${signature} [annotation org.systemd.property.]`, async (t) => t.same(parseVariant(text), { signature, value }))
}

const FAULTS: readonly (readonly [text: string, message: RegExp])[] = [
  ["", /ends where a value should be/],
  ["text", /"text" is no value; a text stands in quotes/],
  ["true false", /"false" follows/],
  ["[1, ", /ends where a value should be/],
  ["[1 2]", /"2" stands where "," should be/],
  ["'open", /is not understood/],
  ["[]", /does not say its type/],
  ["['a', 5]", /type i stands where one of type s/],
  ["byte 256", /out of the range/],
  ["uint64 -1", /out of the range/],
  ["uint32 1.5", /no whole number/],
  ["5.5.5", /no number/],
  ["@x 'a'", /type s stands where one of type x/],
  ["@a 5", /@a is no type/],
  ["@(ii) (1, 2, 3)", /3 values stand where/],
  ["@as uint32 5", /type u stands where one of type as/],
  ["'a\\u0000'", /no NUL/],
  ["[".repeat(1000), /nested too deeply/],
]
for (const [text, message] of FAULTS) t.throws(() => parseVariant(text), { message }, text.slice(0, 20))

t.same(typesOf("ssa(sv)a(sa(sv))a{s(iv)}"), ["s", "s", "a(sv)", "a(sa(sv))", "a{s(iv)}"])
for (const bad of ["a", "(", "(i", "z", "a{"]) t.throws(() => typesOf(bad), bad)

t.test("any text is a value or a clear error", async (t) => {
  // a generator of its own, so that a failure can be repeated
  let seed = 7
  const random = (below: number): number => (seed = (seed * 1103515245 + 12345) % 2 ** 31) % below
  const words = ["[", "]", "(", ")", "<", ">", "{", "}", ":", ",", "'a'", "5", "-1", "uint64", "@as", "true", "@a{sv}", "byte", "1.5", " ", "\\", "'"]
  for (let round = 0; round < 5000; round++) {
    const text = Array.from({ length: random(9) }, () => words[random(words.length)]).join(" ")
    try {
      parseVariant(text)
    } catch (error) {
      if ((error as Error).constructor.name !== "RuntsError") t.fail(`${text}: ${String(error)}`)
    }
  }
})

t.test("annotations: prefix, seconds, order [annotation org.systemd.property.]", async (t) => {
  t.same(systemdProperties({
    annotations: {
      "org.systemd.property.TimeoutStopSec": "uint64 5", "other": "x", "org.systemd.property.RuntimeMaxSec": "1.5", "org.systemd.property.CollectMode": "'inactive'",
    },
  }), [
    { name: "TimeoutStopUSec", signature: "t", value: 5_000_000n },
    { name: "RuntimeMaxUSec", signature: "t", value: 1_500_000n },
    { name: "CollectMode", signature: "s", value: "inactive" },
  ])
  t.same(systemdProperties({}), [])
  const fault = (name: string, value: string): (() => unknown) => () => systemdProperties({ annotations: { [`org.systemd.property.${name}`]: value } })
  t.throws(fault("TimeoutStopSec", "-5"), { message: /=-5 value parse error: a value of type i is no number of seconds/ })
  t.throws(fault("TimeoutStopSec", "int64 -5"), { message: /no number of seconds/ })
  t.throws(fault("Slice.x", "'a'"), { message: /name incorrect/, details: { pointer: "/annotations/org.systemd.property.Slice.x" } })
  t.throws(fault("", "5"), { message: /name incorrect/ })
})
