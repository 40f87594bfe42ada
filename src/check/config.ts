import type { ErrorCode } from "../error-codes.ts"
import { RuntsError } from "../error.ts"
import { setLogSink } from "../log.ts"
import { parseJson } from "../spec/json.ts"
import { loadSpec } from "../spec/load.ts"
import { repeatedKeys } from "../spec/place.ts"
import { FaultsError } from "../spec/report.ts"
import { checkRules } from "../spec/rules.ts"
import type { Spec } from "../spec/types.gen.ts"
import { isKnownVersion, OCI_VERSION } from "../spec/version.ts"
import type { Findings } from "./finding.ts"

/** The file as messages name it. */
export const CONFIG_FILE = "config.json"

/** A config as far as it can be understood. */
export interface CheckedConfig {
  readonly spec: Spec
  /** Types and ranges are as the schema has them: where not, whoever reads on may trip over anything. */
  readonly sound: boolean
}

/** Larger texts are not looked through for repeated keys. */
const REPEATED_UNITS_MAX = 4 * 1024 * 1024

/**
 * Reads a config.json as create does, and takes all its faults and warnings down.
 * @param text JSON, which is parsed once more here
 * @param fit makes it the config that this caller can have, or throws a RuntsError
 * @returns undefined where it is no object
 */
export function checkConfig(text: string, findings: Findings, fit: (spec: Spec) => Spec = (spec) => spec): CheckedConfig | undefined {
  if (text.length <= REPEATED_UNITS_MAX) tellRepeatedKeys(text, findings)
  const warnings = setLogSink({
    write(level, message, details) {
      if (level !== "warning") return
      const { pointer = "", code = "config-no-effect" } = details ?? {}
      const ofKey = code === "config-unknown-key" ? { ofKey: true as const } : {}
      findings.warning(message.replace(`${CONFIG_FILE}: `, ""), { pointer, code, ...ofKey })
    },
  })
  try {
    return read(text, findings, fit)
  } finally {
    setLogSink(warnings)
  }
}

function read(text: string, findings: Findings, fit: (spec: Spec) => Spec): CheckedConfig | undefined {
  const config = load(knownVersion(text, findings), findings)
  if (config?.sound !== true) return config
  const spec = findings.attempt({ code: "config-rule", pointer: "" }, () => fit(config.spec)) ?? config.spec
  try {
    checkRules(spec, CONFIG_FILE)
  } catch (error) {
    takeFaults(error, findings)
  }
  return { ...config, spec }
}

function load(text: string, findings: Findings): CheckedConfig | undefined {
  try {
    return { spec: loadSpec(Buffer.from(text, "utf8"), CONFIG_FILE), sound: true }
  } catch (error) {
    const value = takeFaults(error, findings)
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { spec: value as Spec, sound: false } : undefined
  }
}

/** The other faults of a file count whatever its version is; create only tells that of the version. */
function knownVersion(text: string, findings: Findings): string {
  const value = parseJson(text, CONFIG_FILE) as { ociVersion?: unknown } | null
  const version = value?.ociVersion
  if (typeof version !== "string" || isKnownVersion(version)) return text
  try {
    loadSpec(Buffer.from(JSON.stringify({ ociVersion: version }), "utf8"), CONFIG_FILE)
  } catch (error) {
    takeFaults(error, findings)
  }
  return JSON.stringify({ ...value, ociVersion: OCI_VERSION })
}

/** @returns what could be read all the same */
function takeFaults(error: unknown, findings: Findings): unknown {
  if (!(error instanceof RuntsError)) throw error
  if (!(error instanceof FaultsError)) {
    const code: ErrorCode = error.details.pointer === "/ociVersion" ? "config-unknown-version" : "config-schema"
    findings.error(error.message.replace(`${CONFIG_FILE}: `, ""), { code: error.details.code ?? code, pointer: error.details.pointer ?? "" })
    return undefined
  }
  for (const { pointer, text, code, clause } of error.faults) {
    findings.error(`${pointer === "" ? "the file" : pointer}: ${text}`, { code, pointer, ...(clause === undefined ? {} : { clause }) })
  }
  return error.value
}

function tellRepeatedKeys(text: string, findings: Findings): void {
  for (const { pointer, keys } of repeatedKeys(text, parseJson(text, CONFIG_FILE))) {
    findings.warning(`${pointer}: the key is there ${keys.length} times; only the last counts`, {
      code: "config-repeated", pointer, ofKey: true, clause: "RFC 8259, section 4", remedy: "leave out the others: other runtimes may merge them",
    })
  }
}
