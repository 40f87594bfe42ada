import t from "tap"
import { RuntsError } from "../../../src/error.ts"
import { parseSubIds } from "../../../src/host/subids.ts"

const parse = (text: string) => parseSubIds(text, "/etc/subuid", ["1000", "ann"]).map(({ first, count }) => [first, count])

t.test("ranges of a user by name and by number, in the order of the file; those of others are passed over", async (t) => {
  t.same(parse(""), [])
  t.same(parse("bob:100000:65536\n"), [])
  t.same(parse("# ann:1:1\nann:300000:10\n\nbob:100000:65536\n1000:200000:20\nann:1:0\n"), [[300000, 10], [200000, 20]])
  t.same(parse("anna:100000:5\n10000:5:5\n"), [], "a name is not the beginning of another")
  t.same(parse("bob:nonsense\nann:7:7"), [[7, 7]], "what is wrong with others' lines is not this user's concern")
  t.same(parse("ann:4294967294:1\n"), [[4294967294, 1]], "the last id that there is")
})

t.test("faults name the file and the line", async (t) => {
  const cases: readonly (readonly [text: string, words: RegExp])[] = [
    ["bob:1:1\nann:1\n", /^\/etc\/subuid, line 2: "ann:1" is not owner:first:count$/],
    ["ann:1:2:3\n", /line 1: .* is not owner:first:count/],
    ["ann:-1:2\n", /is not owner:first:count/],
    ["ann: 1:2\n", /is not owner:first:count/],
    ["ann:0x10:2\n", /is not owner:first:count/],
    ["ann:99999999999:2\n", /is not owner:first:count/],
    ["ann:4294967294:2\n", /line 1: 2 ids from 4294967294 on end above 4294967294/],
    ["ann:100:10\nbob:105:1\n1000:109:5\n", /the ids of line 3 overlap those of line 1/],
  ]
  for (const [text, words] of cases) {
    try {
      parse(text)
      t.fail(JSON.stringify(text))
    } catch (error) {
      t.ok(error instanceof RuntsError)
      t.match((error as RuntsError).message, words)
      t.equal((error as RuntsError).details.code, "id-map-failed")
    }
  }
})

t.end()
