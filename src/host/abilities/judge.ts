import { sys } from "../../ffi/index.ts"
import { HOST_ARCHITECTURE, NR } from "../../kernel/syscalls.ts"
import type { Ability, Answer, Role } from "./ability.ts"
import type { Inspection } from "./inspection.ts"
import { ABILITIES } from "./table.ts"
import type { AbilityId } from "./table.ts"

/** One row with what the machine said. */
export interface Finding {
  readonly id: AbilityId
  readonly ability: Ability
  readonly answer: Answer
}

/** Whether somebody can make containers here. */
export interface Verdict {
  readonly ready: boolean
  /** What is essential and missing: why it is not ready. */
  readonly essential: readonly AbilityId[]
  /** What else is missing, or there in part only, and would be missed. */
  readonly costs: readonly AbilityId[]
}

/** What `doctor` has found out. */
export interface Report {
  readonly caller: { readonly uid: number; readonly role: Role; readonly userNamespace: boolean }
  readonly machine: { readonly kernel: string; readonly architecture: string; readonly distribution: string }
  readonly findings: readonly Finding[]
  /** Root of a machine is told of ordinary users too; they are not told of root. */
  readonly verdicts: Readonly<Partial<Record<Role, Verdict>>>
}

/** Asks for all that matters to the caller. */
export function examine(host: Inspection): Report {
  const role = host.role()
  host.beginTrials()
  const findings = (Object.keys(ABILITIES) as AbilityId[]).filter((id) => matters(ABILITIES[id], role))
    .map((id) => ({ id, ability: ABILITIES[id], answer: host.ask(id) }))
  const ordinary = judge(findings, "rootless")
  return {
    caller: { uid: sys(NR.geteuid), role, userNamespace: !host.inInitialUserNamespace() },
    machine: {
      kernel: host.text("/proc/sys/kernel/osrelease") ?? "", architecture: HOST_ARCHITECTURE === "x64" ? "x86_64" : "aarch64",
      distribution: /^PRETTY_NAME="?(.*?)"?$/m.exec(host.text("/etc/os-release") ?? "")?.[1] ?? "",
    },
    findings,
    verdicts: role === "rootless" ? { rootless: ordinary } : { root: judge(findings, "root"), rootless: ordinary },
  }
}

function matters({ roles, personal, group }: Ability, role: Role): boolean {
  if (role === "root") return personal !== true && (group === "rootless" || roles?.includes("root") !== false)
  return roles?.includes("rootless") !== false
}

/** Root's containers need nothing of the group that is about ordinary users. */
function judge(findings: readonly Finding[], role: Role): Verdict {
  const isEssential = ({ ability }: Finding): boolean => ability.essential?.includes(role) === true
  const essential = findings.filter((one) => isEssential(one) && one.answer.state === "missing").map(({ id }) => id)
  const costs = findings.filter((one) => isMissed(one) && !essential.includes(one.id) && isOf(one.ability, role)).map(({ id }) => id)
  return { ready: essential.length === 0, essential, costs }
}

function isOf({ group, roles }: Ability, role: Role): boolean {
  return role === "root" ? group !== "rootless" : roles?.includes("rootless") !== false
}

/** Missing or limited, and not of those that most do without. */
export function isMissed({ ability, answer }: Finding): boolean {
  return ability.minor !== true && (answer.state === "missing" || answer.state === "limited")
}
