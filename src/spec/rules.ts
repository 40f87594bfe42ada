import { annotationsCanBeObeyed } from "./annotation-rules.ts"
import { warn } from "../log.ts"
import { LINUX_RULES, sysctlsAreNamespaced } from "./linux-rules.ts"
import { mountMappingsAreWhole, processIdsAreMapped } from "./mapping-rules.ts"
import { namespaceOf } from "./namespace.ts"
import { PROCESS_RULES } from "./process-rules.ts"
import { shown, throwFaults } from "./report.ts"
import type { Fault } from "./report.ts"
import { isAbsolute } from "./rule.ts"
import type { Report } from "./rule.ts"
import type { Hook, Mount, Namespace, Process, Spec } from "./types.gen.ts"

/** Types of namespaces that the container joins by path and that turn out to be the runtime's own. */
export type HostNamespaces = readonly Namespace["type"][]

/** A rule of config.json: the clause of the specification and its check. */
export interface SpecRule {
  readonly clause: string
  check(spec: Spec, report: Report): void
}

const NAMES = ["hostname", "domainname"] as const
/** __NEW_UTS_LEN of linux/utsname.h; sethostname(2). */
const NAME_BYTES_MAX = 64

/** Rules of the common part beyond types and ranges, in the order of config.md. */
const COMMON_RULES: readonly SpecRule[] = [
  { clause: "config.md, Root", check: rootIsNamed },
  { clause: "config.md, Mounts", check: mountsAreWhole },
  { clause: "config.md, Mounts", check: mountMappingsAreWhole },
  { clause: "config.md, POSIX-platform user", check: processIdsAreMapped },
  { clause: "config.md, Hostname", check: namesFitUtsNamespace },
  { clause: "config.md, POSIX-platform hooks", check: hooksAreAbsolute },
  { clause: "config.md, Annotations", check: annotationsHaveNames },
  { clause: "crun(1), Extensions to OCI", check: annotationsCanBeObeyed },
]

/**
 * Checks what members of a valid config mean together, as `create` needs it.
 * @param where the file as messages name it
 * @throws RuntsError that lists all broken rules, each with its JSON pointer and the specification's clause
 */
export function checkRules(spec: Spec, where = "config.json"): void {
  const faults: Fault[] = []
  collectRuleFaults(spec, faults, (check) => check())
  if (faults.length > 0) throwFaults(where, faults, spec)
}

/**
 * Checks that nothing would be set in a namespace of the host's, which only shows once the namespaces to join are open.
 * @throws RuntsError that lists all broken rules
 */
export function checkHostNamespaces(spec: Spec, hosts: HostNamespaces, where = "config.json"): void {
  const faults: Fault[] = []
  if (hosts.includes("uts")) hostIsNotRenamed(spec, reportTo(faults, () => "config.md, Hostname"))
  sysctlsAreNamespaced(spec, reportTo(faults, () => "config-linux.md, Sysctl"), hosts)
  if (faults.length > 0) throwFaults(where, faults)
}

/**
 * The rules that a config breaks which has wrong types too, so that all its faults are told at once. A rule that trips over a
 * wrong type says nothing.
 */
export function rulesBrokenBeside(spec: Spec, wrongTypes: readonly Fault[]): Fault[] {
  const faults: Fault[] = []
  collectRuleFaults(spec, faults, (check) => {
    const before = faults.length
    try {
      check()
    } catch {
      faults.length = before
    }
  })
  return faults.filter(({ pointer }) => !wrongTypes.some((known) => pointer === known.pointer || pointer.startsWith(known.pointer + "/")))
}

function collectRuleFaults(spec: Spec, faults: Fault[], run: (check: () => void) => void): void {
  let clause = ""
  const report = reportTo(faults, () => clause)
  for (const rules of [COMMON_RULES, LINUX_RULES]) {
    for (const rule of rules) {
      clause = rule.clause
      run(() => rule.check(spec, report))
    }
  }
  // The specification lets a bundle have no process until it is started; like runc, `create` needs it
  if (spec.process === undefined) faults.push({ pointer: "/process", text: "missing; create needs it", code: "config-rule", clause: "config.md, Process" })
  else collectProcessFaults(spec.process, "/process", faults, run)
}

/** What takes broken rules of a clause of the specification. */
function reportTo(faults: Fault[], clause: () => string): Report {
  return (pointer, text) => void faults.push({ pointer, text, code: "config-rule", clause: clause() })
}

/**
 * Checks mounts that are added to a container.
 * @param where the file as messages name it
 * @throws RuntsError that lists all broken rules
 */
export function checkMounts(mounts: readonly Mount[], where: string): void {
  const faults: Fault[] = []
  mountsAreWhole({ mounts } as Spec, reportTo(faults, () => "config.md, Mounts"))
  if (faults.length > 0) throwFaults(where, faults)
}

/**
 * Checks a process object that joins a container.
 * @param where the file, or what stands for it, as messages name it
 * @throws RuntsError that lists all broken rules
 */
export function checkProcess(process: Process, where: string): void {
  const faults: Fault[] = []
  collectProcessFaults(process, "", faults, (check) => check())
  if (faults.length > 0) throwFaults(where, faults, process)
}

function collectProcessFaults(process: Process, at: string, faults: Fault[], run: (check: () => void) => void): void {
  let clause = ""
  const report = reportTo(faults, () => clause)
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
    const { destination } = mounts[i] as (typeof mounts)[number]
    if (destination === "") report(`/mounts/${i}/destination`, "is empty; expected a path in the container")
    else if (!isAbsolute(destination)) {
      const taken = `it is taken as ${shown(`/${destination}`)}`
      const pointer = `/mounts/${i}/destination`
      warn(`${pointer}: ${shown(destination)} is not absolute, which is deprecated; ${taken}`, { pointer, code: "config-deprecated" })
    }
  }
}

function namesFitUtsNamespace(spec: Spec, report: Report): void {
  for (const key of NAMES) {
    const name = spec[key] ?? ""
    if (name === "") continue
    if (namespaceOf(spec.linux, "uts") === undefined) report(`/${key}`, `${shown(name)} needs a uts namespace, or it would be the host's name`)
    const bytes = Buffer.byteLength(name)
    if (bytes > NAME_BYTES_MAX) report(`/${key}`, `${shown(name)} has ${bytes} bytes; the kernel takes ${NAME_BYTES_MAX}`)
  }
}

function hostIsNotRenamed(spec: Spec, report: Report): void {
  for (const key of NAMES) {
    if ((spec[key] ?? "") !== "") report(`/${key}`, `${shown(spec[key])} would be the host's name: the uts namespace to join is the host's`)
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
