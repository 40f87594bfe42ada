import { readFileSync } from "node:fs"
import { type Difference, DIFFERENCES, OF_NOBODY, type Way } from "../../conformance/lib/ways.ts"
import { groupBy } from "./document.ts"
import { readTests } from "./titles.ts"
import type { Test } from "./titles.ts"

const WAYS: readonly { readonly way: Way; readonly column: string }[] = [
  { way: "rootless", column: "user" }, { way: "delegated", column: "user, delegated" }, { way: "systemd", column: "systemd" },
]

const HEAD = `# Ordinary users and systemd: what differs

Made by \`npm run ways\` from conformance/lib/ways.ts and the options of the tests; a test compares.

The integration tests are written for root and cgroups that runts makes itself. They run again in other ways of making containers, and what
is not in the table is the same there: the container sees the same mounts, devices, limits and privileges, commands print and return the
same, attacks get nothing, nothing is left behind.

- **user**: an ordinary user, no root anywhere, on cgroup v1 or where nobody has given him a cgroup. He has ranges of ids in /etc/subuid and
  /etc/subgid. \`./scripts/test --suite rootless\`, on the machine as it is.
- **user, delegated**: the same on cgroup v2 below a cgroup that is his, as systemd delegates it to \`user@UID.service\`: what would be left out. No suite
  runs the integration tests again there; \`./scripts/test --suite systemd-user\` has tests of its own.
- **systemd**: root, \`--systemd-cgroup\` and \`slice:prefix:name\`, with systemd as the first process, on cgroup v2.
  \`./scripts/test --suite again-systemd\`, on a kernel of its own.

An ordinary user's container always has a user namespace: its root is he himself outside, its other ids are those that /etc/subuid gives him.
That the tests know, and it is no row of the table.
`

/** The text of docs/ways.md. @throws Error where a test or the table names what is not there */
export function waysDocument(root: URL): string {
  const tests = readTests(root).filter(({ file }) => file.startsWith("test/integration/"))
  for (const test of tests) {
    for (const name of test.differs) if (!Object.hasOwn(DIFFERENCES, name)) throw new Error(`${test.file}:${test.line}: no difference ${JSON.stringify(name)}`)
  }
  const byFile = groupBy(tests, ({ file }) => nameOf(file))
  for (const file of OF_NOBODY) if (!byFile.has(file)) throw new Error(`OF_NOBODY: no test file ${file}`)
  const rows = Object.entries<Difference>(DIFFERENCES).map(([name, difference]) => row(root, name, difference, byFile))
  return [
    HEAD,
    `| without | ${WAYS.map(({ column }) => column).join(" | ")} | why | tests that are left out |\n|---|${WAYS.map(() => "---|").join("")}---|---|\n${rows.join("\n")}`,
    "",
    `Left out as they say nothing of who makes containers: ${[...OF_NOBODY].sort().join(", ")}. What looks at the machine with its caller's eyes`
      + " (`check`, `doctor`, `explain`) has tests of its own as an ordinary user.",
  ].join("\n") + "\n"
}

function row(root: URL, name: string, { ways, why, files = [] }: Difference, byFile: ReadonlyMap<string, readonly Test[]>): string {
  const cells = files.map((file) => `${file}: all`)
  for (const file of files) if (!byFile.has(file)) throw new Error(`difference ${JSON.stringify(name)}: no test file ${file}`)
  for (const [file, tests] of byFile) {
    if (files.includes(file)) continue
    const own = tests.filter(({ differs }) => differs.includes(name))
    if (own.length > 0) cells.push(`${file}: ${own.map(({ title }) => cell(title)).join("; ")}`)
    else if (inTables(root, file, name)) cells.push(`${file}: rows of its tables`)
  }
  if (cells.length === 0) throw new Error(`difference ${JSON.stringify(name)}: no test names it`)
  const marks = WAYS.map(({ way }) => (ways.includes(way) ? "x" : " "))
  return `| ${cell(name)} | ${marks.join(" | ")} | ${cell(why)} | ${cells.join("<br>")} |`
}

/** Whether a table of tests names a difference: there the options of a test are a variable. */
function inTables(root: URL, file: string, name: string): boolean {
  return readFileSync(new URL(`test/integration/${file}.test.ts`, root), "utf8").includes(`, ${JSON.stringify(name)}]`)
}

function nameOf(file: string): string {
  return file.replace(/^.*\//, "").replace(/\.test\.ts$/, "")
}

function cell(text: string): string {
  return text.replaceAll(/\$\{[^}]*\}/g, "…").replaceAll("\\", "\\\\").replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll("*", "\\*").replaceAll("_", "\\_")
}
