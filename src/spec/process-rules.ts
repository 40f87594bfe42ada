import { CAPABILITIES } from "../kernel/capabilities.ts"
import { warn } from "../log.ts"
import { shown } from "./report.ts"
import { CPU_MAX, DEADLINE_RUNTIME_MIN, REALTIME_PRIORITIES } from "../kernel/scheduling.ts"
import { numberListFault } from "./number-list.ts"
import { isAbsolute } from "./rule.ts"
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
  else if (args[0] === "") report(`${at}/args/0`, 'is empty; expected the name or path of a program (exec: "": executable file not found in $PATH)')
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
      const pointer = `${at}/capabilities/${set}/${i}`
      if (!known.has(name)) warn(`${pointer}: unknown capability ${shown(name)}; it is ignored`, { pointer, code: "config-no-effect" })
    }
  }
}

function schedulerFitsPolicy({ scheduler }: Process, at: string, report: Report): void {
  if (scheduler === undefined) return
  const { policy, priority = 0, runtime = 0, deadline = 0, period = 0, flags = [] } = scheduler
  const realtime = policy === "SCHED_FIFO" || policy === "SCHED_RR"
  // with it the parameters are those of the runtime's caller
  const keepsParameters = flags.includes("SCHED_FLAG_KEEP_PARAMS")
  const [lowest, highest] = REALTIME_PRIORITIES
  if (priority !== 0 && !realtime) report(`${at}/scheduler/priority`, `${priority} needs the policy SCHED_FIFO or SCHED_RR, not ${policy}`)
  if (realtime && !keepsParameters && (priority < lowest || priority > highest)) {
    report(`${at}/scheduler/priority`, `${priority} is not from ${lowest} to ${highest}, as ${policy} needs it`)
  }
  if (policy !== "SCHED_DEADLINE" && (runtime !== 0 || deadline !== 0 || period !== 0)) {
    report(`${at}/scheduler`, `runtime, deadline and period need the policy SCHED_DEADLINE, not ${policy}`)
  }
  if (policy === "SCHED_DEADLINE" && !keepsParameters) {
    const cycle = period === 0 ? deadline : period
    if (runtime < DEADLINE_RUNTIME_MIN) report(`${at}/scheduler/runtime`, `${runtime} ns is less than ${DEADLINE_RUNTIME_MIN}, the kernel's least`)
    if (runtime > deadline) report(`${at}/scheduler/deadline`, `${deadline} ns is shorter than the runtime of ${runtime} ns`)
    else if (deadline > cycle) report(`${at}/scheduler/period`, `${cycle} ns is shorter than the deadline of ${deadline} ns`)
  }
  if (flags.includes("SCHED_FLAG_UTIL_CLAMP_MIN") || flags.includes("SCHED_FLAG_UTIL_CLAMP_MAX")) {
    const pointer = `${at}/scheduler/flags`
    warn(`${pointer}: the specification has no values for SCHED_FLAG_UTIL_CLAMP_MIN and _MAX, so the kernel clamps to 0`, { pointer, code: "config-no-effect" })
  }
}

function affinityIsList({ execCPUAffinity }: Process, at: string, report: Report): void {
  if (execCPUAffinity === undefined) return
  for (const key of ["initial", "final"] as const) {
    const list = execCPUAffinity[key]
    if (list === undefined || list === "") continue
    const fault = numberListFault(list, "CPUs", CPU_MAX)
    if (fault !== undefined) report(`${at}/execCPUAffinity/${key}`, fault)
  }
}
