import { LINUX_RULES, namespaceOf } from "./linux-rules.ts"
import { warn } from "../log.ts"
import { PROCESS_RULES } from "./process-rules.ts"
import { shown, throwFaults } from "./report.ts"
import type { Fault } from "./report.ts"
import { isAbsolute } from "./rule.ts"
import type { Report } from "./rule.ts"
import type { Hook, IdMapping, Process, Spec } from "./types.gen.ts"

/** What rules must know of the machine. */
export interface RuleFacts {
  /** Whether the network namespace that the container joins by path is the runtime's own: then net.* belongs to the host. */
  readonly hostNetwork?: boolean
}

/** A rule of config.json: the clause of the specification and its check. */
export interface SpecRule {
  readonly clause: string
  check(spec: Spec, report: Report, facts: RuleFacts): void
}

/** Rules of the common part beyond types and ranges, in the order of config.md. */
const COMMON_RULES: readonly SpecRule[] = [
  { clause: "config.md, Root", check: rootIsNamed },
  { clause: "config.md, Mounts", check: mountsAreWhole },
  { clause: "config.md, Hostname", check: namesHaveUtsNamespace },
  { clause: "config.md, POSIX-platform hooks", check: hooksAreAbsolute },
  { clause: "config.md, Annotations", check: annotationsHaveNames },
]

/**
 * Checks what members of a valid config mean together, as `create` needs it.
 * @param where the file as messages name it
 * @throws RuntsError that lists all broken rules, each with its JSON pointer and the specification's clause
 */
export function checkRules(spec: Spec, where = "config.json", facts: RuleFacts = {}): void {
  const faults: Fault[] = []
  collectRuleFaults(spec, facts, faults, (check) => check())
  if (faults.length > 0) throwFaults(where, faults)
}

/**
 * The rules that a config breaks which has wrong types too, so that all its faults are told at once. A rule that trips over a
 * wrong type says nothing.
 */
export function rulesBrokenBeside(spec: Spec, wrongTypes: readonly Fault[]): Fault[] {
  const faults: Fault[] = []
  collectRuleFaults(spec, {}, faults, (check) => {
    const before = faults.length
    try {
      check()
    } catch {
      faults.length = before
    }
  })
  return faults.filter(({ pointer }) => !wrongTypes.some((known) => pointer === known.pointer || pointer.startsWith(known.pointer + "/")))
}

function collectRuleFaults(spec: Spec, facts: RuleFacts, faults: Fault[], run: (check: () => void) => void): void {
  let clause = ""
  const report: Report = (pointer, text) => void faults.push({ pointer, text: `${text} (${clause})` })
  for (const rules of [COMMON_RULES, LINUX_RULES]) {
    for (const rule of rules) {
      clause = rule.clause
      run(() => rule.check(spec, report, facts))
    }
  }
  // The specification lets a bundle have no process until it is started; like runc, `create` needs it
  if (spec.process === undefined) faults.push({ pointer: "/process", text: "missing; create needs it (config.md, Process)" })
  else collectProcessFaults(spec.process, "/process", faults, run)
}

/**
 * Checks a process object that joins a container.
 * @param where the file, or what stands for it, as messages name it
 * @throws RuntsError that lists all broken rules
 */
export function checkProcess(process: Process, where: string): void {
  const faults: Fault[] = []
  collectProcessFaults(process, "", faults, (check) => check())
  if (faults.length > 0) throwFaults(where, faults)
}

function collectProcessFaults(process: Process, at: string, faults: Fault[], run: (check: () => void) => void): void {
  let clause = ""
  const report: Report = (pointer, text) => void faults.push({ pointer, text: `${text} (${clause})` })
  for (const rule of PROCESS_RULES) {
    clause = rule.clause
    run(() => rule.check(process, at, report))
  }
}

function rootIsNamed({ root }: Spec, report: Report): void {
  if (root === undefined) report("/root", "missing; Linux needs it")
  else if (root.path === "") report("/root/path", "is empty; expected the folder of the root file system")
}

function mountsAreWhole({ mounts }: Spec, report: Report): void {
  if (mounts === undefined) return
  for (let i = 0; i < mounts.length; i++) {
    const { destination, uidMappings, gidMappings } = mounts[i] as (typeof mounts)[number]
    if (destination === "") report(`/mounts/${i}/destination`, "is empty; expected a path in the container")
    else if (!isAbsolute(destination)) {
      const taken = `it is taken as ${shown(`/${destination}`)}`
      warn(`/mounts/${i}/destination: ${shown(destination)} is not absolute, which is deprecated; ${taken}`)
    }
    if (uidMappings === undefined && gidMappings === undefined) continue
    if (isEmpty(uidMappings) !== isEmpty(gidMappings)) {
      report(`/mounts/${i}`, `has ${isEmpty(uidMappings) ? "gidMappings but no uidMappings" : "uidMappings but no gidMappings"}`)
    }
  }
}

function isEmpty(mappings: readonly IdMapping[] | undefined): boolean {
  return mappings === undefined || mappings.length === 0
}

function namesHaveUtsNamespace(spec: Spec, report: Report): void {
  for (const key of ["hostname", "domainname"] as const) {
    if ((spec[key] ?? "") === "" || namespaceOf(spec.linux, "uts") !== undefined) continue
    report(`/${key}`, `${shown(spec[key])} needs a uts namespace, or it would be the host's name`)
  }
}

function hooksAreAbsolute({ hooks }: Spec, report: Report): void {
  if (hooks === undefined) return
  for (const point in hooks) {
    const list = hooks[point as keyof typeof hooks] as readonly Hook[]
    for (let i = 0; i < list.length; i++) {
      const { path } = list[i] as Hook
      if (!isAbsolute(path)) report(`/hooks/${point}/${i}/path`, `${shown(path)} is not an absolute path`)
    }
  }
}

function annotationsHaveNames({ annotations }: Spec, report: Report): void {
  if (annotations !== undefined && Object.hasOwn(annotations, "")) report("/annotations/", "has no name; names must not be empty")
}
