import { isCovered } from "./coverage.ts"
import type { Coverage, CoveredRow } from "./coverage.ts"
import type { Place, Test } from "./titles.ts"

const PLACES: readonly Place[] = ["v1", "v2", "uml", "unit"]
const WORDS_SHOWN_MAX = 12

const HEAD = `# What is tested

Made by \`npm run coverage\` from the schema of config.json, the table of commands, the table of annotations and the titles of the
tests; a test compares. A test says what it covers in square brackets at the end of its title: \`[/linux/resources/cpu/shares]\`
(array indices and map keys are \`*\`), \`[/linux/resources/cpu/**]\` for all below, \`[/mounts/*/options=ro|rro]\` for words
that a member takes and \`=*\` for all of them, \`[update --cpu-quota]\`, \`[annotation NAME]\`.

Columns: **v1** the binary on a machine with cgroup v1 controllers, **v2** where /sys/fs/cgroup is cgroup2 alone, **uml** on a kernel of
its own with all v2 controllers (or with AppArmor or SELinux, for what needs them), **unit** without a container. Members of other
platforms (\`solaris\`, \`windows\`, \`vm\`, \`zos\`, \`freebsd\`, \`process.commandLine\`, \`process.user.username\`) are left
out: a Linux runtime passes them over.
`

/** The text of docs/coverage.md. */
export function coverageDocument({ rows }: Coverage): string {
  const open = rows.filter((row) => !isCovered(row)).length
  const parts = [HEAD, `${rows.length} rows, ${open === 0 ? "each with a test" : `${open} of them without a test`}.`]
  const chapter = (title: string, kinds: readonly CoveredRow["row"]["kind"][]) => {
    const own = rows.filter(({ row }) => kinds.includes(row.kind))
    if (own.length > 0) parts.push(`## ${title}`, ...sections(own))
  }
  chapter("config.json", ["property"])
  chapter("Words of config.json", ["words"])
  chapter("Annotations", ["annotation"])
  chapter("Command line", ["command", "flag"])
  return parts.join("\n\n") + "\n"
}

function sections(rows: readonly CoveredRow[]): string[] {
  const bySection = groupBy(rows, ({ row }) => row.section.title)
  return [...bySection].map(([title, own]) => {
    const link = own[0]?.row.section.link
    const heading = link === undefined ? title : `[${title}](${link})`
    return [`### ${heading}`, "", `| what | ${PLACES.join(" | ")} | tests |`, `|---|${PLACES.map(() => "---|").join("")}---|`, ...own.map(line)].join("\n")
  })
}

function line(covered: CoveredRow): string {
  const { row, tests, missingWords } = covered
  const marks = PLACES.map((place) => (tests.some((test) => test.places.includes(place)) ? "x" : " "))
  const words = row.words === undefined ? "" : ` ${row.words.length} words`
  const shown = missingWords.slice(0, WORDS_SHOWN_MAX).join(", ") + (missingWords.length > WORDS_SHOWN_MAX ? " ..." : "")
  const missing = tests.length === 0 ? "**no test**" : missingWords.length > 0 ? `**no test of** ${shown}` : ""
  return `| \`${row.name}\`${words} | ${marks.join(" | ")} | ${[...(missing === "" ? [] : [missing]), ...titles(tests)].join("<br>")} |`
}

/** `file: title; title`, a line each file. */
function titles(tests: readonly Test[]): string[] {
  return [...groupBy(tests, ({ file }) => file)].map(([file, own]) => {
    const name = file.replace(/^test\/(integration\/)?/, "").replace(/\.test\.ts$/, "")
    return `${name}: ${own.map(({ title }) => cell(title.replaceAll(/\$\{[^}]*\}/g, "…"))).join("; ")}`
  })
}

function cell(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll("*", "\\*").replaceAll("_", "\\_")
}

export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group === undefined) groups.set(keyOf(item), [item])
    else group.push(item)
  }
  return groups
}
