import type { Style } from "./style.ts"
import { count, type CheckReport, type PlacedFinding } from "../check/check.ts"
import { CONFIG_FILE } from "../check/config.ts"
import type { Severity } from "../check/finding.ts"

const TAB = "  "
/** Between the number of a line and the line. */
const BAR = " | "

/** The report for people, as compilers write theirs: `config.json:14:12: error: what`, the line, what to do. */
export function textReport(report: CheckReport, style: Style, width: number): string {
  const parts = report.findings.map((finding) => describe(report, finding, style, width))
  return [...parts, summary(report, style)].join("\n")
}

const COLOURS = { error: "red", warning: "yellow", notice: "cyan" } as const satisfies Record<Severity, keyof Style>

function describe({ lines, bundle }: CheckReport, finding: PlacedFinding, style: Style, width: number): string {
  const { severity, code, message, line, column, clause, remedy } = finding
  const place = line === undefined ? `${bundle}/${CONFIG_FILE}`.replace(/^.*\/(?=[^/]*$)/, "") : `${CONFIG_FILE}:${line}:${column}`
  const paint = style[COLOURS[severity]]
  let text = `${style.bold(`${place}:`)} ${style.bold(paint(`${severity}:`))} ${style.bold(safe(message))} ${style.dim(`[${code}]`)}\n`
  const indent = " ".repeat(Math.max(3, String(line ?? "").length + 2))
  if (line !== undefined && column !== undefined && finding.span !== undefined) {
    const window = cut(lines.line(line), column - 1, finding.span.end - finding.span.start, width - indent.length - BAR.length)
    const number = String(line).padStart(indent.length - 1)
    text += `${style.blue(`${number}${BAR.trimEnd()}`)} ${window.text}\n`
    text += `${indent.slice(1)}${style.blue(BAR.trimEnd())} ${" ".repeat(window.before)}${paint("^".repeat(window.length))}\n`
  }
  if (clause !== undefined) text += `${indent}${style.blue("=")} see: ${clause}\n`
  if (remedy !== undefined) text += `${indent}${style.blue("=")} try: ${safe(remedy)}\n`
  return text
}

/** What of a config could move a terminal's cursor is shown as JSON writes it. */
function safe(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`)
}

/** The part of a line around what is to be underlined: a file without line breaks is one long line. */
function cut(line: string, start: number, length: number, width: number): { text: string; before: number; length: number } {
  const shorter = line.length - line.trimStart().length
  // deep indentation says nothing here
  const from = Math.max(Math.min(shorter, start), start - Math.floor(width / 2))
  const before = expand(line.slice(from, start))
  const marked = expand(line.slice(start, start + length)) || " "
  const after = expand(line.slice(start + length))
  const head = from > shorter ? "... " : ""
  const room = width - head.length - before.length - marked.length
  const tail = room >= after.length ? after : room > 4 ? `${after.slice(0, room - 4)} ...` : ""
  const shownMark = marked.slice(0, Math.max(1, width - head.length - before.length))
  return { text: head + before + shownMark + (shownMark === marked ? tail : ""), before: head.length + before.length, length: shownMark.length }
}

function expand(text: string): string {
  return safe(text.replaceAll("\t", TAB))
}

function summary(report: CheckReport, style: Style): string {
  if (!report.readable) return `${style.red("config.json could not be read")}: nothing else was looked at\n`
  const counts = (["error", "warning", "notice"] as const).map((severity) => [severity, count(report, severity)] as const)
  const told = counts.filter(([, number]) => number > 0).map(([severity, number]) => style[COLOURS[severity]](`${number} ${severity}${number === 1 ? "" : "s"}`))
  const [errors, warnings] = counts.map(([, number]) => number)
  const verdict = errors === 0 && warnings === 0 ? `nothing wrong: it can ${report.scope === "host" ? "run here" : "be run, by config.json alone"}`
    : errors === 0 ? `it can ${report.scope === "host" ? "run here" : "be run, by config.json alone"}` : "it cannot run"
  const coloured = errors === 0 ? style.green(verdict) : verdict
  return told.length === 0 ? `${coloured}\n` : `${told.join(", ")}; ${coloured}\n`
}
