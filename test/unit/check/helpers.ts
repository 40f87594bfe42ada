import { advise } from "../../../src/check/advice.ts"
import { checkConfig } from "../../../src/check/config.ts"
import { type Finding, Findings } from "../../../src/check/finding.ts"
import { checkPlan } from "../../../src/check/plan.ts"

/** What config.json alone is found to have. */
export function findingsOf(text: string): readonly Finding[] {
  const findings = new Findings()
  const config = checkConfig(text, findings)
  if (config !== undefined) {
    advise(config.spec, config.sound, findings)
    checkPlan(config.spec, config.sound, findings)
  }
  return findings.list
}

/** What reading it and the specification's rules find, without advice and plan. */
export function ownFindingsOf(text: string): readonly Finding[] {
  const findings = new Findings()
  checkConfig(text, findings)
  return findings.list
}

/** `severity code pointer` of each. */
export function told(findings: readonly Finding[]): string[] {
  return findings.map(({ severity, code, pointer }) => `${severity} ${code} ${pointer}`)
}
