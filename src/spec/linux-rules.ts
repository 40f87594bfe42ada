import { warn } from "../log.ts"
import { pointerKey, shown } from "./report.ts"
import { memoryPolicyIsTakenByKernel, personalityIsSupported } from "./policy-rules.ts"
import { resourcesAreWellFormed } from "./resource-rules.ts"
import { isAbsolute, isBandwidthLine, isInterfaceName } from "./rule.ts"
import type { Report } from "./rule.ts"
import type { RuleFacts, SpecRule } from "./rules.ts"
import { seccompIsConsistent } from "./seccomp-rules.ts"
import { sysctlFault } from "./sysctl.ts"
import type { SysctlScope } from "./sysctl.ts"
import type { Linux, Namespace, Spec } from "./types.gen.ts"

/** Rules of `linux` beyond types and ranges, in the order of config-linux.md. */
export const LINUX_RULES: readonly SpecRule[] = [
  { clause: "config-linux.md, Namespaces", check: namespacesAreSingle },
  { clause: "config-linux.md, User namespace mappings", check: mappingsFitUserNamespace },
  { clause: "config-linux.md, Offset for time namespace", check: offsetsFitTimeNamespace },
  { clause: "config-linux.md, Devices", check: devicesAreWhole },
  { clause: "config-linux.md, Network devices", check: netDevicesHaveNamespace },
  { clause: "config-linux.md, Control groups", check: resourcesAreConsistent },
  { clause: "config-linux.md, IntelRdt", check: rdtIsWellFormed },
  { clause: "config-linux.md, Memory policy", check: memoryPolicyIsTakenByKernel },
  { clause: "config-linux.md, Sysctl", check: sysctlsAreNamespaced },
  { clause: "config-linux.md, Seccomp", check: seccompIsConsistent },
  { clause: "config-linux.md, Personality", check: personalityIsSupported },
  { clause: "config-linux.md, Masked paths, Readonly paths", check: hiddenPathsHaveMountNamespace },
]

/** The namespace of a type, if the container has its own or joins one. Loops, as find() is compiled at its first use. */
export function namespaceOf(linux: Linux | undefined, type: Namespace["type"]): Namespace | undefined {
  const namespaces = linux?.namespaces
  if (namespaces === undefined) return undefined
  for (let i = 0; i < namespaces.length; i++) if (namespaces[i]?.type === type) return namespaces[i]
  return undefined
}

/** A namespace's path; Go's encoder may write "" for none. */
function isJoined(namespace: Namespace): boolean {
  return namespace.path !== undefined && namespace.path !== ""
}

function namespacesAreSingle({ linux }: Spec, report: Report): void {
  const namespaces = linux?.namespaces
  if (namespaces === undefined) return
  for (let i = 0; i < namespaces.length; i++) {
    const namespace = namespaces[i] as Namespace
    const { type, path } = namespace
    const first = namespaceOf(linux, type) as Namespace
    if (first !== namespace) report(`/linux/namespaces/${i}`, `repeats ${type} of /linux/namespaces/${namespaces.indexOf(first)}`)
    if (isJoined(namespace) && !isAbsolute(path as string)) {
      report(`/linux/namespaces/${i}/path`, `${shown(path)} is not an absolute path`)
    }
  }
}

function mappingsFitUserNamespace({ linux }: Spec, report: Report): void {
  if (linux === undefined) return
  const user = namespaceOf(linux, "user")
  for (const key of ["uidMappings", "gidMappings"] as const) {
    const count = linux[key]?.length ?? 0
    if (user === undefined && count > 0) report(`/linux/${key}`, "needs a user namespace in /linux/namespaces")
    if (user !== undefined && !isJoined(user) && count === 0) {
      report(`/linux/${key}`, "is empty; a new user namespace needs ids to be mapped")
    }
  }
}

function offsetsFitTimeNamespace({ linux }: Spec, report: Report): void {
  const offsets = linux?.timeOffsets
  if (linux === undefined || offsets === undefined) return
  for (const clock in offsets) {
    if (clock === "monotonic" || clock === "boottime") continue
    report(`/linux/timeOffsets/${pointerKey(clock)}`, "is not a clock with an offset; expected monotonic or boottime")
  }
  const time = namespaceOf(linux, "time")
  if (time === undefined) report("/linux/timeOffsets", "needs a time namespace in /linux/namespaces")
  else if (isJoined(time)) report("/linux/timeOffsets", `cannot be set in a time namespace that is joined (${shown(time.path)})`)
}

function devicesAreWhole({ linux }: Spec, report: Report): void {
  const devices = linux?.devices
  if (devices === undefined) return
  // A set, as privileged containers have hundreds of devices
  const paths = new Set<string>()
  for (let i = 0; i < devices.length; i++) {
    const { type, path, major, minor } = devices[i] as (typeof devices)[number]
    if (!isAbsolute(path)) report(`/linux/devices/${i}/path`, `${shown(path)} is not an absolute path`)
    if (paths.has(path)) warn(`/linux/devices/${i}/path: ${shown(path)} is there twice`)
    paths.add(path)
    if (type === "p") continue
    if (major === undefined || major < 0) report(`/linux/devices/${i}/major`, `${shown(major)}; a device of type ${type} has one`)
    if (minor === undefined || minor < 0) report(`/linux/devices/${i}/minor`, `${shown(minor)}; a device of type ${type} has one`)
  }
}

function netDevicesHaveNamespace({ linux }: Spec, report: Report): void {
  const devices = linux?.netDevices
  if (linux === undefined || devices === undefined) return
  const names = new Set<string>()
  let count = 0
  for (const host in devices) {
    count++
    const at = `/linux/netDevices/${pointerKey(host)}`
    const name = devices[host]?.name
    if (!isInterfaceName(host)) report(at, `${shown(host)} is not a name of a network device`)
    const inside = name === undefined || name === "" ? host : name
    if (inside !== host && !isInterfaceName(inside)) report(`${at}/name`, `${shown(name)} is not a name of a network device`)
    // The kernel numbers names with %d
    if (names.has(inside) && !inside.includes("%d")) report(at, `would be the second device named ${shown(inside)}`)
    names.add(inside)
  }
  if (count > 0 && namespaceOf(linux, "network") === undefined) {
    report("/linux/netDevices", "needs a network namespace in /linux/namespaces")
  }
}

function resourcesAreConsistent({ linux }: Spec, report: Report): void {
  if (linux?.resources !== undefined) resourcesAreWellFormed(linux.resources, "/linux/resources", "config", report)
}

/** Folders of resctrl that are no classes of service (Documentation/filesystems/resctrl.rst). */
const RESCTRL_FOLDERS = ["info", "mon_groups", "mon_data"]

function rdtIsWellFormed({ linux }: Spec, report: Report): void {
  const rdt = linux?.intelRdt
  if (rdt === undefined) return
  const at = "/linux/intelRdt"
  const { closID, memBwSchema, schemata } = rdt
  // "/" is the default class
  if (closID !== undefined && closID !== "/" && (closID === "." || closID === ".." || /[/\n]/.test(closID) || RESCTRL_FOLDERS.includes(closID))) {
    report(`${at}/closID`, `${shown(closID)} is not the name of a folder of resctrl`)
  }
  if (memBwSchema !== undefined && memBwSchema !== "" && !isBandwidthLine(memBwSchema)) {
    report(`${at}/memBwSchema`, `${shown(memBwSchema)} is not one line as MB:0=20;1=70`)
  }
  for (let i = 0; i < (schemata?.length ?? 0); i++) {
    const line = schemata?.[i] as string
    if (line.includes("\n")) report(`${at}/schemata/${i}`, `${shown(line)} is more than one line`)
  }
}

function sysctlsAreNamespaced({ linux }: Spec, report: Report, facts: RuleFacts): void {
  const sysctls = linux?.sysctl
  if (sysctls === undefined) return
  const scope: SysctlScope = {
    ipc: namespaceOf(linux, "ipc") !== undefined,
    network: namespaceOf(linux, "network") !== undefined && facts.hostNetwork !== true,
    uts: namespaceOf(linux, "uts") !== undefined,
    user: namespaceOf(linux, "user") !== undefined,
  }
  for (const name in sysctls) {
    const fault = sysctlFault(name, scope)
    if (fault !== undefined) report(`/linux/sysctl/${pointerKey(name)}`, fault)
  }
}

function hiddenPathsHaveMountNamespace({ linux }: Spec, report: Report): void {
  if (linux === undefined) return
  for (const key of ["maskedPaths", "readonlyPaths"] as const) {
    const paths = linux[key]
    if (paths === undefined || paths.length === 0) continue
    if (namespaceOf(linux, "mount") === undefined) report(`/linux/${key}`, "needs a mount namespace in /linux/namespaces")
    for (let i = 0; i < paths.length; i++) {
      if (!isAbsolute(paths[i] as string)) report(`/linux/${key}/${i}`, `${shown(paths[i])} is not an absolute path`)
    }
  }
}
