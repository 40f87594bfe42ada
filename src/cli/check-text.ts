import { frame, indentOf, note, safe, wrap } from "./frame.ts"
import type { Style } from "./style.ts"
import { count, type CheckReport, type PlacedFinding } from "../check/check.ts"
import { CONFIG_FILE } from "../check/config.ts"
import type { Severity } from "../check/finding.ts"

/**
 * The report for people, as compilers write theirs: `config.json:14:12: error: what`, the line, what to do.
 * @param wraps sentences keep within the width, too
 * @param file config.json as the caller would name it, so that an editor finds the line
 */
export function textReport(report: CheckReport, style: Style, width: number, wraps = false, file: string = CONFIG_FILE): string {
  const parts = report.findings.map((finding) => describe(report, finding, file, style, width, wraps ? width : Infinity))
  return [...parts, summary(report, style)].join("\n")
}

const COLOURS = { error: "red", warning: "yellow", notice: "cyan" } as const satisfies Record<Severity, keyof Style>

/** Before what goes on of a sentence. */
const CONTINUED = "    "

function describe({ lines, bundle }: CheckReport, finding: PlacedFinding, file: string, style: Style, width: number, room: number): string {
  const { severity, code, message, line, column, clause, remedy } = finding
  const place = line === undefined ? `${bundle}/${CONFIG_FILE}`.replace(/^.*\/(?=[^/]*$)/, "") : `${file}:${line}:${column}`
  const paint = style[COLOURS[severity]]
  const tag = `[${code}]`
  const parts = wrap(`${safe(message)} ${tag}`, room - CONTINUED.length, room - place.length - severity.length - 4)
  const said = parts.map((part) => (part.endsWith(tag) ? style.bold(part.slice(0, -tag.length).trimEnd()) + (part === tag ? "" : " ") + style.dim(tag) : style.bold(part)))
  let text = `${style.bold(`${place}:`)} ${style.bold(paint(`${severity}:`))} ${said.join(`\n${CONTINUED}`)}\n`
  const indent = indentOf(line)
  if (line !== undefined && column !== undefined && finding.span !== undefined) {
    text += frame(lines.line(line), { line, column, length: finding.span.end - finding.span.start }, paint, style, width)
  }
  if (clause !== undefined) text += note(indent, "see", clause, style, room)
  if (remedy !== undefined) text += note(indent, "try", remedy, style, room)
  return text
}

function summary(report: CheckReport, style: Style): string {
  if (!report.readable) return `${style.red("config.json could not be read")}: nothing else was looked at\n`
  const counts = (["error", "warning", "notice"] as const).map((severity) => [severity, count(report, severity)] as const)
  const told = counts.filter(([, number]) => number > 0).map(([severity, number]) => style[COLOURS[severity]](`${number} ${severity}${number === 1 ? "" : "s"}`))
  const [errors, warnings] = counts.map(([, number]) => number)
  const can = `it can ${report.scope === "host" ? "run here" : "be run, by config.json alone"}`
  const part = report.findings.some(({ code }) => code === "not-checked") ? ", as far as could be seen" : ""
  const verdict = errors !== 0 ? "it cannot run" : warnings === 0 ? `nothing wrong: ${can}${part}` : can + part
  const coloured = errors === 0 ? style.green(verdict) : verdict
  return told.length === 0 ? `${coloured}\n` : `${told.join(", ")}; ${coloured}\n`
}
