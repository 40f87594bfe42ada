import { CAPABILITIES } from "../kernel/capabilities.ts"
import { warn } from "../log.ts"
import { shown } from "./report.ts"
import { isAbsolute, isNumberList } from "./rule.ts"
import type { Report } from "./rule.ts"
import type { Process } from "./types.gen.ts"

/** A rule of a process object: the clause of the specification and its check. `at` is the pointer to the process. */
export interface ProcessRule {
  readonly clause: string
  check(process: Process, at: string, report: Report): void
}

/** Rules of `process` beyond types and ranges, in the order of config.md. */
export const PROCESS_RULES: readonly ProcessRule[] = [
  { clause: "config.md, Process", check: cwdIsAbsolute },
  { clause: "config.md, POSIX process: args", check: argsNameAProgram },
  { clause: "config.md, POSIX process: rlimits", check: rlimitsAreSingle },
  { clause: "config.md, Linux process: capabilities", check: capabilitiesAreKnown },
  { clause: "config.md, Linux process: scheduler", check: schedulerFitsPolicy },
  { clause: "config.md, Linux process: execCPUAffinity", check: affinityIsList },
]

function cwdIsAbsolute(process: Process, at: string, report: Report): void {
  if (!isAbsolute(process.cwd)) report(`${at}/cwd`, `${shown(process.cwd)} is not an absolute path`)
}

function argsNameAProgram({ args }: Process, at: string, report: Report): void {
  if (args === undefined || args.length === 0) report(`${at}/args`, "is empty; expected the program and its arguments")
  else if (args[0] === "") report(`${at}/args/0`, "is empty; expected the name or path of a program")
}

function rlimitsAreSingle({ rlimits }: Process, at: string, report: Report): void {
  if (rlimits === undefined) return
  for (let i = 0; i < rlimits.length; i++) {
    const { type, soft, hard } = rlimits[i] as (typeof rlimits)[number]
    for (let first = 0; first < i; first++) {
      if (rlimits[first]?.type === type) report(`${at}/rlimits/${i}`, `repeats ${type} of ${at}/rlimits/${first}`)
    }
    if (soft > hard) report(`${at}/rlimits/${i}/soft`, `${soft} is above the hard limit ${hard}`)
  }
}

/** Names a kernel may know and this table does not must not fail a container: warnings only. */
function capabilitiesAreKnown({ capabilities }: Process, at: string): void {
  if (capabilities === undefined) return
  // Engines write the same names into most sets
  const known = new Set<string>(CAPABILITIES)
  for (const set in capabilities) {
    const names = capabilities[set as keyof typeof capabilities] as readonly string[]
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string
      if (!known.has(name)) warn(`${at}/capabilities/${set}/${i}: unknown capability ${shown(name)}; it is ignored`)
    }
  }
}

function schedulerFitsPolicy({ scheduler }: Process, at: string, report: Report): void {
  if (scheduler === undefined) return
  const { policy, priority, runtime, deadline, period } = scheduler
  if (priority !== undefined && priority !== 0 && policy !== "SCHED_FIFO" && policy !== "SCHED_RR") {
    report(`${at}/scheduler/priority`, `${priority} needs the policy SCHED_FIFO or SCHED_RR, not ${policy}`)
  }
  if (policy !== "SCHED_DEADLINE" && ((runtime ?? 0) !== 0 || (deadline ?? 0) !== 0 || (period ?? 0) !== 0)) {
    report(`${at}/scheduler`, `runtime, deadline and period need the policy SCHED_DEADLINE, not ${policy}`)
  }
}

function affinityIsList({ execCPUAffinity }: Process, at: string, report: Report): void {
  if (execCPUAffinity === undefined) return
  for (const key of ["initial", "final"] as const) {
    const list = execCPUAffinity[key]
    if (list === undefined || list === "" || isNumberList(list)) continue
    report(`${at}/execCPUAffinity/${key}`, `${shown(list)} is not a list of CPUs as 0-3,7`)
  }
}
