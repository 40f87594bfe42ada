import { isUnprivileged } from "../host/privilege.ts"
import { bundleFolder, readConfig } from "../lifecycle/bundle.ts"
import type { CgroupManager } from "../lifecycle/requests.ts"
import { locateJsonError } from "../spec/json-error.ts"
import { decodeJson } from "../spec/json.ts"
import { findPlaces, Lines } from "../spec/place.ts"
import type { Span } from "../spec/place.ts"
import { advise, tellUnitPath, unlessUnsound } from "./advice.ts"
import { checkConfig, CONFIG_FILE } from "./config.ts"
import { Findings, SEVERITIES } from "./finding.ts"
import type { Finding, Severity } from "./finding.ts"
import { checkPlan } from "./plan.ts"

export interface CheckRequest {
  /** The bundle's folder as it was given. */
  readonly bundle: string
  /** Only config.json is looked at: not the files it names, nor this host. */
  readonly configOnly: boolean
  /** Who is to make the container's cgroups: runts itself if nothing is said. */
  readonly cgroupManager?: CgroupManager
}

/** A finding with its place in the text. */
export interface PlacedFinding extends Finding {
  /** Where it is to be shown, offsets into the text; undefined where it is about no part of it. */
  readonly span?: Span
  /** From 1; columns in UTF-16 units. */
  readonly line?: number
  readonly column?: number
}

/** All that was found. */
export interface CheckReport {
  /** Absolute path where there is such a folder, else as it was given. */
  readonly bundle: string
  readonly scope: "config" | "host"
  /** False: config.json could not be read, so that nothing else was looked at. */
  readonly readable: boolean
  /** In the order of the text; what is about no part of it comes first. */
  readonly findings: readonly PlacedFinding[]
  /** config.json; "" where it could not be read. */
  readonly text: string
  readonly lines: Lines
}

/** Looks at a bundle without doing anything; throws nothing that is about the bundle. */
export async function check(request: CheckRequest): Promise<CheckReport> {
  const findings = new Findings()
  const scope = request.configOnly ? "config" : "host"
  const bundle = findings.attempt({ code: "bundle-missing", pointer: "" }, () => bundleFolder(request.bundle))
  const text = bundle === undefined ? undefined : findings.attempt({ code: "config-unreadable", pointer: "" }, () => decodeJson(readConfig(bundle), CONFIG_FILE))
  if (bundle === undefined || text === undefined) return report(request.bundle, scope, false, findings.list, "")
  const syntax = isJson(text) ? undefined : locateJsonError(text)
  if (syntax !== undefined || !isJson(text)) {
    const message = syntax === undefined ? "cannot be read as JSON: nested too deeply" : `not JSON: ${syntax.message}`
    findings.error(message, { code: "config-syntax", pointer: "", clause: "RFC 8259" })
    const found = report(bundle, scope, false, findings.list, text)
    return { ...found, findings: found.findings.map((finding) => (syntax === undefined ? finding : { ...finding, ...syntaxPlace(found.lines, text, syntax) })) }
  }
  const fit = request.configOnly || !isUnprivileged() ? undefined : (await import("../lifecycle/rootless.ts")).rootlessSpec
  const config = checkConfig(text, findings, fit)
  if (config !== undefined) {
    advise(config.spec, config.sound, findings)
    checkPlan(config.spec, config.sound, findings)
    const { cgroupManager = "cgroupfs" } = request
    if (cgroupManager === "systemd") {
      const { checkUnit } = await import("./systemd.ts")
      unlessUnsound(config.sound, () => checkUnit(config.spec, findings))
    } else if (cgroupManager === "cgroupfs") unlessUnsound(config.sound, () => tellUnitPath(config.spec, findings))
    if (!request.configOnly) await (await import("./host.ts")).checkHost({ ...config, bundle, findings, cgroupManager })
  }
  return report(bundle, scope, true, findings.list, text)
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function syntaxPlace(lines: Lines, text: string, { line, column }: { line: number; column: number }): Pick<PlacedFinding, "span" | "line" | "column"> {
  const start = lines.offset(line, column)
  return { span: { start, end: Math.min(text.length, start + 1) }, line, column }
}

/** Puts findings into the order of the text. */
function report(bundle: string, scope: CheckReport["scope"], readable: boolean, list: readonly Finding[], text: string): CheckReport {
  const lines = new Lines(text)
  if (!readable || list.length === 0) return { bundle, scope, readable, findings: list, text, lines }
  const places = findPlaces(text, list.map(({ pointer }) => pointer).filter((pointer) => pointer !== ""))
  const placed = list.map((finding): PlacedFinding => {
    const place = places.get(finding.pointer)
    if (place === undefined) return finding
    const span = finding.ofKey && place.exact ? (place.key ?? place.value) : spanToShow(text, place)
    return { ...finding, span, ...lines.position(span.start) }
  })
  const order = (a: PlacedFinding, b: PlacedFinding): number => (a.span?.start ?? -1) - (b.span?.start ?? -1) || rank(a) - rank(b)
  return { bundle, scope, readable, findings: placed.sort(order), text, lines }
}

function rank({ severity }: Finding): number {
  return SEVERITIES.indexOf(severity)
}

/** A value if it is short, else its key: an object of many lines is not to be underlined as a whole. */
function spanToShow(text: string, { value, key, exact }: { value: Span; key: Span | undefined; exact: boolean }): Span {
  const isGroup = text[value.start] === "{" || text[value.start] === "["
  if (exact && !isGroup) return value
  return key ?? { start: value.start, end: value.start + 1 }
}

/** How many findings there are of a severity. */
export function count({ findings }: CheckReport, severity: Severity): number {
  return findings.filter((finding) => finding.severity === severity).length
}
