import type { Group, Remedy, State } from "../host/abilities/ability.ts"
import { GROUPS } from "../host/abilities/ability.ts"
import { isMissed } from "../host/abilities/judge.ts"
import type { Finding, Report, Verdict } from "../host/abilities/judge.ts"
import { fill } from "./fill.ts"
import type { Style } from "./style.ts"

/** How `doctor` is printed. */
export interface TextOptions {
  readonly style: Style
  /** Columns. */
  readonly width: number
  /** A line for each ability, and all that is missing at length. */
  readonly all: boolean
}

/** What the groups are called. */
export const HEADINGS: Readonly<Record<Group, string>> = {
  caller: "Who calls", kernel: "Kernel", namespaces: "Namespaces", mounts: "Mounts and file systems", cgroups: "Cgroups", security: "Security",
  limits: "Limits of the machine", tools: "Programs and services", rootless: "Ordinary users (rootless)",
}

const SIGNS: Readonly<Record<State, { readonly sign: string; readonly word: string; readonly colour: "green" | "yellow" | "red" | "dim" }>> = {
  present: { sign: "✓", word: "ok", colour: "green" },
  limited: { sign: "!", word: "limited", colour: "yellow" },
  missing: { sign: "✗", word: "missing", colour: "red" },
  unknown: { sign: "?", word: "unknown", colour: "dim" },
}
const WORD_COLUMNS = 8
const DETAIL_COLUMNS = 6

/** The report for people: what is there in one line, what is missing at length, and a last line that sums up. */
export function doctorText(report: Report, options: TextOptions): string {
  const { style, width } = options
  const { machine, caller } = report
  const who = caller.role === "root" ? "as root" : `as user ${caller.uid}${caller.userNamespace ? " of a user namespace" : ""}`
  const system = machine.distribution === "" ? "" : `, ${machine.distribution}`
  const lines = [...wrap(`Linux ${machine.kernel} on ${machine.architecture}${system}, ${who}`, width, "")]
  for (const group of GROUPS) {
    const findings = report.findings.filter(({ ability }) => ability.group === group)
    if (findings.length > 0) lines.push("", style.bold(HEADINGS[group]), ...groupLines(findings, report, options))
  }
  return [...lines, "", ...summary(report, options)].join("\n") + "\n"
}

function groupLines(findings: readonly Finding[], report: Report, options: TextOptions): string[] {
  if (options.all) return findings.flatMap((finding) => (isWrong(finding) ? atLength(finding, report, options) : oneLine(finding, options)))
  const there = findings.filter(({ answer }) => answer.state === "present")
  const minor = findings.filter((finding) => isWrong(finding) && !isMissed(finding))
  const asked = findings.filter(({ answer }) => answer.state === "unknown")
  return [
    ...together("present", there.map(({ ability }) => ability.title), options),
    ...findings.filter(isMissed).flatMap((finding) => atLength(finding, report, options)),
    ...together("unknown", asked.map(told), options),
    ...together("minor", minor.map(told), options),
  ]
}

function isWrong({ answer }: Finding): boolean {
  return answer.state === "missing" || answer.state === "limited"
}

/** Many of one kind in a paragraph. */
function together(kind: "present" | "unknown" | "minor", texts: readonly string[], { style, width }: TextOptions): string[] {
  if (texts.length === 0) return []
  // what most do without is no cause for alarm
  const { sign, word, colour } = kind === "minor" ? { sign: "-", word: "without", colour: "dim" as const } : SIGNS[kind]
  return paragraph(style[colour](sign), style[colour](word.padEnd(WORD_COLUMNS)), texts.join(kind === "present" ? ", " : "; "), width)
}

/** An ability and what was found of it. */
function told({ ability, answer }: Finding): string {
  return answer.found === "" ? ability.title : `${ability.title}: ${answer.found}`
}

function oneLine(finding: Finding, { style, width }: TextOptions): string[] {
  const { sign, word, colour } = SIGNS[finding.answer.state]
  return paragraph(style[colour](sign), style[colour](word.padEnd(WORD_COLUMNS)), told(finding), width)
}

function atLength(finding: Finding, report: Report, options: TextOptions): string[] {
  const { ability, answer } = finding
  const { style, width } = options
  const indent = " ".repeat(4 + WORD_COLUMNS + 1)
  const detail = (name: string, text: string): string[] => (
    wrap(text, width, indent + " ".repeat(DETAIL_COLUMNS + 1), indent + style.dim(name.padEnd(DETAIL_COLUMNS)) + " ")
  )
  const remedies = remedyLines(answer.remedy ?? ability.remedy, report)
  return [
    ...oneLine(finding, options),
    ...detail("costs", answer.lack ?? ability.lack),
    ...remedies.flatMap((text, index) => detail(index === 0 ? "get it" : "", text)),
    ...detail("see", `${ability.source} [${finding.id}]`),
  ]
}

const DISTRIBUTIONS = { debian: /debian|ubuntu|mint/i, fedora: /fedora|red hat|centos|alma|rocky/i, alpine: /alpine/i } as const
const NAMES = { debian: "Debian", fedora: "Fedora", alpine: "Alpine" } as const

/** Commands of this distribution only, where it is one of those that are known. */
function remedyLines(remedy: Remedy, { machine }: Report): string[] {
  const known = Object.keys(NAMES) as (keyof typeof NAMES)[]
  const own = known.filter((name) => DISTRIBUTIONS[name].test(machine.distribution))
  const lines = remedy.text === undefined ? [] : [remedy.text]
  for (const name of own.length > 0 ? own : known) {
    const command = remedy[name]
    if (command !== undefined) lines.push(`${NAMES[name]}: ${command}`)
  }
  if (remedy.kernel !== undefined) lines.push(`the kernel's configuration: ${remedy.kernel}`)
  return lines
}

function summary({ caller, verdicts }: Report, { style, width, all }: TextOptions): string[] {
  const own = verdicts[caller.role] as Verdict
  const ready = own.ready ? style.green(style.bold("Ready")) : style.red(style.bold("Not ready"))
  const whose = caller.role === "root" ? "containers of root" : "containers of this user"
  const others = caller.role === "root" ? `; of ordinary users: ${verdictText(verdicts.rootless as Verdict)}` : ""
  const more = all ? "" : "; --all tells more"
  return wrap(`${ready} for ${whose}: ${verdictText(own)}${others}${more}`, width, "")
}

function verdictText({ ready, essential, costs }: Verdict): string {
  if (!ready) return `${essential.join(", ")} ${essential.length === 1 ? "is" : "are"} missing`
  if (costs.length === 0) return "nothing is missing"
  return `${costs.length} ${costs.length === 1 ? "thing is" : "things are"} missing or limited (${costs.join(", ")})`
}

function paragraph(sign: string, word: string, text: string, width: number): string[] {
  return wrap(text, width, " ".repeat(4 + WORD_COLUMNS + 1), `  ${sign} ${word} `)
}

/** Lines of at most so many columns, broken at spaces; escape sequences take none. */
function wrap(text: string, width: number, indent: string, first = indent): string[] {
  return fill(text.split(" "), width - columns(indent), width - columns(first), columns).map((line, index) => (index === 0 ? first : indent) + line)
}

function columns(text: string): number {
  return [...text.replace(/\x1b\[\d+m/g, "")].length
}
