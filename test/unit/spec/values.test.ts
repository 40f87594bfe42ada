import t from "tap"
import { integerText, isUnlimited } from "../../../src/spec/numbers.ts"
import { nearestName, pointerKey, shown, valueAt } from "../../../src/spec/report.ts"
import { cleanRelative } from "../../../src/path.ts"

t.test("isUnlimited: negative, or within a page of the largest int64", (t) => {
  for (const limit of [-1, 9223372036854771712, 2 ** 63, 2 ** 64, 2n ** 64n - 1n, -1n]) t.ok(isUnlimited(limit), String(limit))
  for (const limit of [0, 1, 2 ** 53, 2 ** 62, 5n]) t.notOk(isUnlimited(limit), String(limit))
  t.end()
})

t.test("integerText: all digits, never past the kernel's range", (t) => {
  t.equal(integerText(-1), "-1")
  t.equal(integerText(67108864), "67108864")
  t.equal(integerText(9223372036854771712), "9223372036854771712")
  t.equal(integerText(2 ** 63), "9223372036854775807")
  t.equal(integerText(2 ** 64, "uint64"), "18446744073709551615")
  t.equal(integerText(2n ** 64n - 1n, "uint64"), "18446744073709551615")
  t.equal(integerText(1e21), "9223372036854775807")
  t.equal(integerText(-(2 ** 63)), "-9223372036854775808")
  t.end()
})

t.test("cleanRelative: never climbs above the folder", (t) => {
  for (const [path, clean] of [
    ["/a/b", "a/b"], ["a//b/./c/", "a/b/c"], ["../../etc", "etc"], ["/a/../../b", "b"], ["", ""], ["/", ""],
    ["..", ""], ["a/..b", "a/..b"],
    ["system.slice:runc:id", "system.slice:runc:id"],
  ] as const) t.equal(cleanRelative(path), clean, path)
  t.end()
})

t.test("nearestName: case first, then few edits, else nothing", (t) => {
  const names = ["rootfsPropagation", "readonlyPaths", "maskedPaths", "closID", "uid", "gid"]
  for (const [name, meant] of [
    ["rootPropagation", "rootfsPropagation"], ["ROOTFSPROPAGATION", "rootfsPropagation"], ["closId", "closID"],
    ["maskedPath", "maskedPaths"],
    ["readOnlyPaths", "readonlyPaths"], ["uid", "uid"], ["x", undefined], ["somethingElse", undefined], ["", undefined],
  ] as const) t.equal(nearestName(name, names), meant, name)
  t.end()
})

t.test("shown, pointerKey, valueAt: values and pointers as messages have them", (t) => {
  t.equal(shown(undefined), "missing")
  t.equal(shown([1]), "an array")
  t.equal(shown({}), "an object")
  t.equal(shown(null), "null")
  t.equal(shown(5n), "5")
  t.equal(shown("x".repeat(100)).length, 63)
  t.equal(pointerKey("a/b~c"), "a~1b~0c")
  t.equal(valueAt({ "a/b~": [{ c: 7 }] }, "/a~1b~0/0/c"), 7)
  t.equal(valueAt({ a: 1 }, "/a/b"), undefined)
  t.same(valueAt({ a: 1 }, ""), { a: 1 })
  t.end()
})
