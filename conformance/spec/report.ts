import type { AttackOutcome } from "./attacks.ts"
import { CLAUSES } from "./rows.ts"
import type { Outcome } from "./document.ts"

/** One program of opencontainers/runtime-tools. `explained`: it fails for the reason given. */
export interface ToolOutcome {
  readonly name: string
  readonly verdict: "passed" | "explained" | "wrong"
  readonly why: string
}

/** A run: its day, and the commit of this checkout. */
export interface Run {
  readonly date: string
  readonly commit: string
}

/** What was found of one runtime. */
export interface RuntimeReport {
  readonly runtime: string
  /** What `--version` prints first. */
  readonly version: string
  readonly environment: string
  readonly runs: readonly Run[]
  readonly clauses: Readonly<Record<string, Outcome>>
  readonly attacks: readonly AttackOutcome[]
  readonly toolsVersion: string
  readonly tools: readonly ToolOutcome[]
}

export interface Report {
  readonly kernel: string
  readonly runtimes: readonly RuntimeReport[]
}

const SPEC = "https://github.com/opencontainers/runtime-spec/blob/v1.3.0"

const HEAD = `# Runtimes beside each other

Made by \`conformance/run --runtime dist/runts --runtime runc --runtime crun --report docs/conformance-report\` from what the runs found (the same as
data: [conformance-report.json](conformance-report.json)). The clauses are those of [conformance.md](conformance.md), of runtime-spec 1.3.0. runc and crun are
those of Debian 12, which are older than that: both follow 1.0.2, and newer versions of both do more. The words of an error are compared for runts alone; of the
others it counts that they refuse. Where a test fails with runc or crun, somebody has looked at what it does and at what the clause says
(conformance/spec/judgements/).

*Holds*: each test of the clause that can be run here passes, or what fails asks for more than the clause, as the row says. *Breaks*: it does otherwise, as the row
says. *Otherwise*: runts does otherwise, and why. *Not here*: it cannot be judged here, for what is missing. *Elsewhere*: the clause is shown by tests that drive no
binary, or by other suites (User Mode Linux, SELinux, AppArmor, engines). *Not judged*: nobody has looked at a test that fails.`

const ENVIRONMENTS: Readonly<Record<string, string>> = {
  both: "this machine (hybrid cgroups), and what needs cgroup2 in a view of cgroup2 alone", native: "this machine", "pure-v2": "a view of cgroup2 alone",
}

/** The Markdown of a report. */
export function reportDocument({ kernel, runtimes }: Report): string {
  return `${[
    HEAD, figures(kernel, runtimes), "## Where they differ", ...clauseRows(runtimes), "## The validation programs of opencontainers/runtime-tools", tools(runtimes),
    "## Attacks", attacks(runtimes),
  ].join("\n\n")}\n`
}

const RESULTS = {
  holds: "holds", fails: "fails", breaks: "breaks", differs: "otherwise", skipped: "not here", "not judged": "not judged", "no test": "elsewhere",
} as const

function figures(kernel: string, runtimes: readonly RuntimeReport[]): string {
  const clauses = (result: Outcome["result"]) => ({ clauses: all }: RuntimeReport) => String(Object.values(all).filter((one) => one.result === result).length)
  const programs = (verdict: ToolOutcome["verdict"]) => ({ tools: all }: RuntimeReport) => String(all.filter((one) => one.verdict === verdict).length)
  const attacked = (result: AttackOutcome["result"]) => ({ attacks: all }: RuntimeReport) => String(all.filter((one) => one.result === result).length)
  return table(["", ...runtimes.map(({ version }) => version)], [
    ["where", ...runtimes.map(({ environment }) => ENVIRONMENTS[environment] ?? environment)],
    ["when, on what", ...runtimes.map(({ runs }) => `${runs.map(({ date, commit }) => `${date}, commit ${commit}`).join("; ")}, Linux ${kernel}`)],
    ...(Object.keys(RESULTS) as Outcome["result"][]).map((result) => [`clauses: ${RESULTS[result]}`, ...runtimes.map(clauses(result))]),
    ["attacks: survives", ...runtimes.map(attacked("survives"))],
    ["attacks: falls", ...runtimes.map(attacked("falls"))],
    ["attacks: left out, otherwise, not here", ...runtimes.map((one) => [attacked("left out")(one), attacked("otherwise")(one), attacked("not here")(one)].join(", "))],
    ["runtime-tools: passes", ...runtimes.map(programs("passed"))],
    ["runtime-tools: fails, explained", ...runtimes.map(programs("explained"))],
    ["runtime-tools: fails", ...runtimes.map(programs("wrong"))],
  ])
}

/** Whether there is more to say of it than the word. */
function told({ result, why }: Outcome): boolean {
  return ["fails", "breaks", "differs", "not judged"].includes(result) || (result === "holds" && why !== "")
}

function clauseRows(runtimes: readonly RuntimeReport[]): string[] {
  const result = (one: RuntimeReport, id: string): Outcome => one.clauses[id] ?? { result: "no test", why: "" }
  const differing = CLAUSES.filter(({ id }) => new Set(runtimes.map((one) => result(one, id).result)).size > 1 || runtimes.some((one) => told(result(one, id))))
  const cellOf = (one: Outcome): string => {
    const word = one.result === "holds" || one.result === "skipped" ? RESULTS[one.result] : `**${RESULTS[one.result]}**`
    return one.why === "" || one.result === "no test" ? word : `${word}: ${cell(one.why)}`
  }
  const rows = differing.map(({ id, file, section, level, text }) => {
    const anchor = id.slice(id.indexOf("/") + 1, id.lastIndexOf("-"))
    return [`[${id}](${SPEC}/${file}#${anchor} "${section}")`, `${level}: ${cell(text)}`, ...runtimes.map((one) => cellOf(result(one, id)))]
  })
  const same = (wanted: Outcome["result"]) => CLAUSES.filter(({ id }) => runtimes.every((one) => result(one, id).result === wanted)).map(({ id }) => id)
  const [hold, skipped, elsewhere] = [same("holds"), same("skipped"), same("no test")]
  return [
    `${hold.length} of ${CLAUSES.length} clauses hold for all. The others:`, table(["clause", "", ...runtimes.map(({ runtime }) => runtime)], rows),
    `Not here with any: ${skipped.length === 0 ? "none" : skipped.join(", ")}.`, `Elsewhere with any: ${elsewhere.length === 0 ? "none" : elsewhere.join(", ")}.`,
  ]
}

function tools(runtimes: readonly RuntimeReport[]): string {
  const names = [...new Set(runtimes.flatMap(({ tools }) => tools.map(({ name }) => name)))].sort()
  const of = (one: RuntimeReport, name: string): ToolOutcome | undefined => one.tools.find((tool) => tool.name === name)
  const told = names.filter((name) => runtimes.some((one) => (of(one, name)?.verdict ?? "passed") !== "passed"))
  const words = (tool: ToolOutcome | undefined): string => (tool === undefined ? "not run" : tool.verdict === "passed" ? "passes" : `**fails**${tool.verdict === "explained" ? "" : ", unexplained"}: ${cell(tool.why)}`)
  const version = [...new Set(runtimes.map(({ toolsVersion }) => toolsVersion))].join(", ")
  return [
    `Version ${version}; ${names.length} programs, of which ${names.length - told.length} pass with all. The others, with the reason:`,
    table(["program", ...runtimes.map(({ runtime }) => runtime)], told.map((name) => [name, ...runtimes.map((one) => words(of(one, name)))])),
  ].join("\n\n")
}

function attacks(runtimes: readonly RuntimeReport[]): string {
  const titles = [...new Set(runtimes.flatMap(({ attacks }) => attacks.map(({ title }) => title)))]
  const words = (attack: AttackOutcome | undefined): string => {
    if (attack === undefined) return "not run"
    if (attack.result === "survives") return "survives"
    return `**${attack.result}**: ${cell(attack.why)}`
  }
  const rows = titles.map((title) => [cell(title), ...runtimes.map(({ attacks }) => words(attacks.find((one) => one.title === title)))])
  return [
    `Each is a real attempt against the binary, with a canary on the host that must not change (test/integration/attacks*.test.ts). Where a runtime falls, the row says `
      + `what was seen: what should have been refused or stayed as it was. A denial of service (it hangs, it crashes) counts.`,
    table(["attack", ...runtimes.map(({ runtime }) => runtime)], rows),
  ].join("\n\n")
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n")
}

function cell(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll("*", "\\*").replaceAll("_", "\\_").replaceAll("\n", " ")
}
