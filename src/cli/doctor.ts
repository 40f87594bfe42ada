import { examine } from "../host/abilities/judge.ts"
import type { Finding, Report } from "../host/abilities/judge.ts"
import { inspectHost } from "../lifecycle/inspect-host.ts"
import { version } from "../version.ts"
import { doctorText } from "./doctor-text.ts"
import { print, STDOUT } from "./output.ts"
import { styleFor, widthOf } from "./style.ts"
import type { Call } from "./table.ts"

/** `runts doctor`. @returns 0 where who calls can make containers, 1 where something essential is missing */
export function main({ globals, flags }: Call<"doctor">): number {
  const report = examine(inspectHost(globals))
  if (flags.format === "json") print(JSON.stringify(document(report), null, 2) + "\n")
  else print(doctorText(report, { style: styleFor(STDOUT), width: widthOf(STDOUT), all: flags.all }))
  return report.verdicts[report.caller.role]?.ready === true ? 0 : 1
}

/** What --format json prints: schemas/doctor.schema.json. */
export function document({ caller, machine, findings, verdicts }: Report): object {
  return { runts: version, machine, caller, ready: verdicts[caller.role]?.ready === true, verdicts, abilities: findings.map(row) }
}

function row({ id, ability, answer }: Finding): object {
  const { group, title, essential = [], minor, since, source } = ability
  const wrong = answer.state !== "present" && answer.state !== "unknown"
  return {
    id, group, title, state: answer.state, found: answer.found,
    importance: essential.length > 0 ? "essential" : minor === true ? "minor" : "usual",
    ...(wrong ? { lack: answer.lack ?? ability.lack, remedy: answer.remedy ?? ability.remedy } : {}),
    ...(since === undefined ? {} : { since }), source,
  }
}
