import { ANNOTATIONS } from "../spec/annotations.ts"
import { namespaceIsNew, namespaceOf } from "../spec/namespace.ts"
import { isUnlimited } from "../spec/numbers.ts"
import { nearestName, pointerKey, shown } from "../spec/report.ts"
import type { Spec } from "../spec/types.gen.ts"
import { grantedCapabilities, NOT_TO_GIVE } from "../plan/capability-sets.ts"
import type { Findings } from "./finding.ts"
import { newerMembers } from "./versions.ts"

/*
 * What is allowed and hardly meant, or good to know, by config.json alone. Each function is one piece of advice.
 */

type Advice = (spec: Spec, findings: Findings) => void

/** All of it, in the order of config.json. */
export const ADVICE: readonly Advice[] = [
  versionIsLow, platformIsOther, consoleSizeWithoutTerminal, environmentIsOdd, programNeedsPath, userNameMeansNothing, capabilitiesAreLost,
  rootIsMighty, prestartIsDeprecated, annotationIsMisspelled, namespacesAreShared, idsAreTheHosts, mountsSpread, memoryHasNoEffect,
  cpuPeriodAlone, monitoringIsDeprecated, seccompHasNoEffect,
]

function versionIsLow(spec: Spec, findings: Findings): void {
  for (const { pointer, version } of newerMembers(spec)) {
    findings.notice(`${pointer}: came with runtime-spec ${version}, and ociVersion is ${spec.ociVersion}`, {
      code: "config-version-low", pointer, clause: "config.md, Specification version", remedy: `set ociVersion to ${version} or later: other runtimes may ignore it`,
    })
  }
}

function platformIsOther(spec: Spec, findings: Findings): void {
  for (const platform of ["solaris", "windows", "vm", "zos", "freebsd"]) {
    if (!Object.hasOwn(spec, platform)) continue
    findings.warning(`/${platform}: is for another platform; containers of Linux ignore it`, {
      code: "config-no-effect", pointer: `/${platform}`, clause: "config.md, Platform-specific configuration", remedy: "leave it out",
    })
  }
}

function consoleSizeWithoutTerminal({ process }: Spec, findings: Findings): void {
  if (process?.consoleSize === undefined || process.terminal === true) return
  findings.warning("/process/consoleSize: is ignored without process.terminal", {
    code: "config-no-effect", pointer: "/process/consoleSize", remedy: "set process.terminal to true, or leave it out",
  })
}

function environmentIsOdd({ process }: Spec, findings: Findings): void {
  const first = new Map<string, number>()
  process?.env?.forEach((item, index) => {
    const pointer = `/process/env/${index}`
    const equals = item.indexOf("=")
    if (equals < 1) {
      findings.warning(`${pointer}: ${shown(item)} is not NAME=VALUE`, {
        code: "config-no-effect", pointer, remedy: "programs will not find it: write it as NAME=VALUE",
      })
      return
    }
    const name = item.slice(0, equals)
    const known = first.get(name)
    if (known === undefined) first.set(name, index)
    else if (process.env?.[known] !== item) {
      findings.warning(`${pointer}: ${name} is set by /process/env/${known} already; this one counts`, {
        code: "config-repeated", pointer, remedy: "leave out one of the two",
      })
    }
  })
}

function programNeedsPath({ process }: Spec, findings: Findings): void {
  const name = process?.args?.[0] ?? ""
  if (name === "" || name.includes("/")) return
  const path = process?.env?.findLast((item) => item.startsWith("PATH="))
  if (path !== undefined && path !== "PATH=") return
  const what = path === undefined ? "process.env has no PATH" : "PATH in process.env is empty"
  findings.error(`exec: ${JSON.stringify(name)}: executable file not found in $PATH: ${what}`, {
    code: "executable-not-found", pointer: "/process/args/0", remedy: 'give the program with its path, or set PATH in process.env, as "PATH=/usr/local/bin:/usr/bin:/bin"',
  })
}

function userNameMeansNothing({ process }: Spec, findings: Findings): void {
  if ((process?.user?.username ?? "") === "") return
  findings.warning("/process/user/username: is for Windows; on Linux uid and gid count", {
    code: "config-no-effect", pointer: "/process/user/username", remedy: "set process.user.uid and gid",
  })
}

/** By the sets alone: what this kernel and this caller cannot grant is for `host.ts`. */
function capabilitiesAreLost({ process }: Spec, findings: Findings): void {
  const warnings: string[] = []
  grantedCapabilities(process?.capabilities, { grantable: undefined, lastCapability: 63 }, warnings)
  tellLostCapabilities(warnings, findings)
}

/** @param warnings sentences of grantedCapabilities */
export function tellLostCapabilities(warnings: readonly string[], findings: Findings): void {
  for (const warning of warnings) {
    const pointer = `/${warning.slice(0, warning.indexOf(":")).replaceAll(".", "/")}`
    const remedy = warning.endsWith(NOT_TO_GIVE)
      ? "leave them out, or call runts as a user who has them: root usually has all"
      : "leave them out of this set, or put them into the sets it depends on"
    findings.warning(warning, { code: "config-no-effect", pointer, remedy })
  }
}

/** Whether root of the container is root of the host. */
function rootIsRoot({ process, linux }: Spec): boolean {
  return process?.user?.uid === 0 && namespaceOf(linux, "user") === undefined
}

function rootIsMighty(spec: Spec, findings: Findings): void {
  const { process, linux } = spec
  const mighty = (["bounding", "permitted", "effective"] as const).some((set) => process?.capabilities?.[set]?.includes("CAP_SYS_ADMIN") === true)
  if (!rootIsRoot(spec) || !mighty || linux?.seccomp !== undefined) return
  findings.notice("the process is root of the host with CAP_SYS_ADMIN, and no seccomp filter holds it: it can leave the container", {
    code: "config-weak", pointer: "/process/capabilities", remedy: "leave CAP_SYS_ADMIN out, or add a user namespace, or linux.seccomp, if it is not meant so",
  })
}

function prestartIsDeprecated({ hooks }: Spec, findings: Findings): void {
  if ((hooks?.prestart?.length ?? 0) === 0) return
  findings.notice("/hooks/prestart: is deprecated", {
    code: "config-deprecated", pointer: "/hooks/prestart", clause: "config.md, Prestart", remedy: "use createRuntime, createContainer or startContainer",
  })
}

/** Names that runts (and crun) know are the only ones that are likely to have been meant. */
function annotationIsMisspelled({ annotations }: Spec, findings: Findings): void {
  for (const key in annotations) {
    if (!key.startsWith("run.oci.") || Object.hasOwn(ANNOTATIONS, key)) continue
    const meant = nearestName(key, Object.keys(ANNOTATIONS))
    const pointer = `/annotations/${pointerKey(key)}`
    const what = meant === undefined ? "is no annotation that means something to runts" : `is unknown; did you mean ${meant}?`
    findings[meant === undefined ? "notice" : "warning"](`${pointer}: ${what}`, {
      code: "config-no-effect", pointer, ofKey: true,
    })
  }
}

function namespacesAreShared({ linux, process }: Spec, findings: Findings): void {
  const costs = [
    ["mount", "its mounts are made in the host's tree of files, where all see them"],
    ["pid", "it sees the host's processes, and can end those of its user"],
  ] as const
  if (process === undefined) return
  for (const [type, cost] of costs) {
    if (namespaceOf(linux, type) !== undefined) continue
    findings.notice(`the container has no ${type} namespace of its own: ${cost}`, {
      code: "config-weak", pointer: "/linux/namespaces", remedy: `add {"type": "${type}"}, if it is not meant so`,
    })
  }
}

function idsAreTheHosts({ linux }: Spec, findings: Findings): void {
  const user = namespaceOf(linux, "user")
  if (user === undefined || !namespaceIsNew(user)) return
  linux?.uidMappings?.forEach(({ hostID, size }, index) => {
    if (hostID !== 0 || size === 0) return
    const pointer = `/linux/uidMappings/${index}/hostID`
    findings.notice(`${pointer}: the host's root is among the container's users, so that the user namespace guards little`, {
      code: "config-weak", pointer, remedy: "map ids that nobody else has, as those of /etc/subuid",
    })
  })
}

function mountsSpread({ linux, mounts }: Spec, findings: Findings): void {
  const word = linux?.rootfsPropagation ?? ""
  if (word === "shared" || word === "rshared") {
    findings.notice(`/linux/rootfsPropagation: with ${word} what the container mounts may come to the host, and what the host mounts to the container`, {
      code: "config-weak", pointer: "/linux/rootfsPropagation", remedy: 'use "rslave" or "rprivate", if it is not meant so',
    })
  }
  mounts?.forEach(({ source, options, type }, index) => {
    const bind = type === "bind" || options?.some((option) => option === "bind" || option === "rbind") === true
    if (!bind || source !== "/" || options?.includes("ro") === true) return
    findings.notice(`mounts[${index}]: the host's whole tree of files is in the container, and can be written to`, {
      code: "config-weak", pointer: `/mounts/${index}/source`, remedy: 'add the option "ro", or bind what is needed only',
    })
  })
}

function memoryHasNoEffect({ linux }: Spec, findings: Findings): void {
  const { limit = 0, reservation = 0, kernel = 0 } = linux?.resources?.memory ?? {}
  const at = "/linux/resources/memory"
  if (reservation > 0 && limit > 0 && !isUnlimited(limit) && reservation > limit) {
    findings.warning(`${at}/reservation: ${reservation} is more than the limit, ${limit}, so that it reserves nothing`, {
      code: "config-no-effect", pointer: `${at}/reservation`,
    })
  }
  if (kernel !== 0) {
    findings.warning(`${at}/kernel: is deprecated, and no kernel has such a limit any more`, {
      code: "config-deprecated", pointer: `${at}/kernel`, remedy: "leave it out: memory.limit counts the kernel's memory too",
    })
  }
}

function cpuPeriodAlone({ linux }: Spec, findings: Findings): void {
  const { quota = 0, period = 0, burst = 0 } = linux?.resources?.cpu ?? {}
  const at = "/linux/resources/cpu"
  if (quota > 0) return
  if (period !== 0) findings.notice(`${at}/period: limits nothing without a quota`, {
    code: "config-no-effect", pointer: `${at}/period`, remedy: "set cpu.quota, or leave it out",
  })
  if (burst !== 0) findings.notice(`${at}/burst: is of no use without a quota`, {
    code: "config-no-effect", pointer: `${at}/burst`, remedy: "set cpu.quota, or leave it out",
  })
}

function monitoringIsDeprecated({ linux }: Spec, findings: Findings): void {
  for (const name of ["enableCMT", "enableMBM"] as const) {
    if ((linux?.intelRdt as Record<string, unknown> | undefined)?.[name] !== true) continue
    findings.warning(`/linux/intelRdt/${name}: has no effect: since runtime-spec 1.3.0 enableMonitoring stands for it`, {
      code: "config-deprecated", pointer: `/linux/intelRdt/${name}`, remedy: "set enableMonitoring",
    })
  }
}

function seccompHasNoEffect({ linux }: Spec, findings: Findings): void {
  const seccomp = linux?.seccomp
  seccomp?.syscalls?.forEach(({ action, errnoRet, args }, index) => {
    const pointer = `/linux/seccomp/syscalls/${index}`
    if (action === seccomp.defaultAction && errnoRet === seccomp.defaultErrnoRet) {
      findings.notice(`${pointer}: does what defaultAction does anyway (${action})`, {
        code: "config-no-effect", pointer: `${pointer}/action`,
      })
    }
    const indexes = (args ?? []).map((arg) => arg.index)
    if (new Set(indexes).size === indexes.length) return
    findings.notice(`${pointer}: has two conditions for one argument, so that any of its conditions is enough, not all`, {
      code: "config-weak", pointer: `${pointer}/args`, remedy: "make a rule of each, or one condition for each argument",
    })
  })
}

/** A path that engines write for the systemd driver is a folder's name without it. */
export function tellUnitPath({ linux }: Spec, findings: Findings): void {
  const path = linux?.cgroupsPath
  if (path === undefined || !/^([^/:]+\.slice)?:[^/:]*:[^/:]+$/.test(path)) return
  findings.warning(`/linux/cgroupsPath: ${shown(path)} is slice:prefix:name of the systemd cgroup driver; without that it is a folder of this name`, {
    code: "config-no-effect", pointer: "/linux/cgroupsPath", remedy: "give --systemd-cgroup, or a path as /runts/web",
  })
}

/** Gives all advice. @param sound false: the config has faults of types, which the advice may trip over */
export function advise(spec: Spec, sound: boolean, findings: Findings): void {
  for (const advice of ADVICE) unlessUnsound(sound, () => advice(spec, findings))
}

/** Runs what may trip over a wrong type, of which the schema has told already. */
export function unlessUnsound(sound: boolean, work: () => void): void {
  try {
    work()
  } catch (error) {
    if (sound) throw error
  }
}

