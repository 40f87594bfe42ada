import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { pathToFileURL } from "node:url"
import t, { type Test } from "tap"
import { isCovered, measureCoverage } from "../../../scripts/coverage/coverage.ts"
import { coverageDocument } from "../../../scripts/coverage/document.ts"
import { readTitle } from "../../../scripts/coverage/titles.ts"

const root = new URL("../../../", import.meta.url)

t.test("docs/coverage.md is what the schema, the tables and the tests' titles make", (t) => {
  const coverage = measureCoverage(root)
  t.ok(coverage.rows.length > 250, `${coverage.rows.length} rows`)
  const open = coverage.rows.filter((row) => !isCovered(row))
  t.same(open.map(({ row, missingWords }) => [row.name, ...missingWords].join(" ")), [], "every row has a test")
  t.same(coverage.unknown, [], "no title names what is not there")
  t.ok(readFileSync(new URL("docs/coverage.md", root), "utf8") === coverageDocument(coverage), "current: else `npm run coverage`")
  t.end()
})

t.test("readTitle(): pointers, words, commands with flags, annotations", (t) => {
  t.same(readTitle("a claim [/linux/resources/cpu/**] [/mounts/*/options=ro|rro, /root/path]"), {
    title: "a claim", unread: [], references: [
      { kind: "pointer", pointer: "/linux/resources/cpu", below: true },
      { kind: "pointer", pointer: "/mounts/*/options", below: false, word: "ro|rro" },
      { kind: "pointer", pointer: "/root/path", below: false },
    ],
  })
  t.same(readTitle("a [exec --user, --cwd, run, --root]").references.map((one) => "name" in one && `${one.kind} ${one.name}`),
    ["flag exec --user", "flag exec --cwd", "command run"])
  t.same(readTitle("a [exec --user, run, --root]").unread, ["--root"], "run has no --root")
  t.same(readTitle("a [--root]").references, [{ kind: "flag", name: "--root" }])
  t.same(readTitle("a [annotation run.oci.x]").references, [{ kind: "annotation", name: "run.oci.x" }])
  t.same(readTitle("a list [1, 2]"), { title: "a list [1, 2]", references: [], unread: [] }, "brackets of the sentence")
  t.end()
})

/** A checkout with one test file; `TEST` stands for the call, or these would count as tests of runts. */
function checkoutWith(t: Test, text: string): URL {
  const folder = mkdtempSync(`${tmpdir()}/runts-coverage-`)
  t.teardown(() => rmSync(folder, { recursive: true }))
  mkdirSync(`${folder}/test/integration`, { recursive: true })
  mkdirSync(`${folder}/scripts`)
  writeFileSync(`${folder}/scripts/run-tests.mjs`, 'const UML_SHARE = ["one"]\n')
  writeFileSync(`${folder}/test/integration/one.test.ts`, text.replaceAll("TEST", "boxTest"))
  return pathToFileURL(`${folder}/`)
}

t.test("measureCoverage(): a row is covered by what names it, and by nothing else", (t) => {
  const { rows, unknown } = measureCoverage(checkoutWith(t, [
    'TEST("one [/linux/resources/cpu/**, /process/user/uid]", { needs: ["controllers"] }, () => {})',
    'TEST("two [/hooks/*/*/timeout, /linux/sysctl/*, /linux/rootfsPropagation=shared|slave]",\n  (t) => {})',
    'TEST(`three ${1} [create --pid-file, /nothing, /linux/resources/memory]`, { needs: ["hybrid"] }, (t) => {})',
    'const CASES = [\n  { pointer: "pids/limit", files: { "pids/pids.max": "1" } },\n]',
    'for (const { pointer } of CASES) {\n  TEST(`four ${pointer} [/linux/resources/${pointer}]`, (t) => {})\n}',
  ].join("\n")))
  const row = (kind: string, name: string) => rows.find((one) => one.row.kind === kind && one.row.name === name)
  t.same(row("property", "/linux/resources/cpu/idle")?.tests.map(({ title, places }) => [title, places]), [["one", ["uml"]]])
  t.same(row("property", "/hooks/poststop/*/timeout")?.tests.map(({ places }) => places), [["v1", "v2", "uml"]])
  t.same(row("flag", "create --pid-file")?.tests.map(({ places }) => places), [["v1"]])
  t.equal(row("property", "/linux/sysctl")?.tests.length, 1)
  t.same(row("property", "/linux/resources/pids/limit")?.tests.map(({ title }) => title), ["four ${pointer}"], "a word of the loop's table")
  t.equal(row("property", "/linux/resources/memory/limit")?.tests.length, 0, "a pointer does not speak for what is below it")
  t.equal(row("command", "create")?.tests.length, 0, "nor a flag for its command")
  t.same(row("words", "/linux/rootfsPropagation")?.missingWords, ["rshared", "rslave", "private", "rprivate", "unbindable", "runbindable"])
  t.same(unknown, ["test/integration/one.test.ts:4: [/nothing]"])
  const text = coverageDocument({ rows, unknown })
  t.match(text, "| `/process/user/gid` |   |   |   |   | **no test** |")
  t.match(text, "| `/process/user/uid` |   |   | x |   | one: one |")
  t.end()
})
