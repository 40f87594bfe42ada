import { warn } from "../log.ts"
import { pointerKey, shown } from "./report.ts"
import { mappingsFitUserNamespace } from "./mapping-rules.ts"
import { namespaceIsNew, namespaceOf } from "./namespace.ts"
import { memoryPolicyIsTakenByKernel, personalityIsSupported } from "./policy-rules.ts"
import { resourcesAreWellFormed } from "./resource-rules.ts"
import { isAbsolute, isBandwidthLine, isInterfaceName } from "./rule.ts"
import type { Report } from "./rule.ts"
import type { HostNamespaces, SpecRule } from "./rules.ts"
import { seccompIsConsistent } from "./seccomp-rules.ts"
import { sysctlFault } from "./sysctl.ts"
import type { SysctlScope } from "./sysctl.ts"
import type { Namespace, Spec } from "./types.gen.ts"

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
  { clause: "config-linux.md, Sysctl", check: (spec, report) => sysctlsAreNamespaced(spec, report, []) },
  { clause: "config-linux.md, Seccomp", check: seccompIsConsistent },
  { clause: "config-linux.md, Personality", check: personalityIsSupported },
  { clause: "config-linux.md, Masked paths, Readonly paths", check: hiddenPathsHaveMountNamespace },
]

function namespacesAreSingle({ linux }: Spec, report: Report): void {
  const namespaces = linux?.namespaces
  if (namespaces === undefined) return
  for (let i = 0; i < namespaces.length; i++) {
    const namespace = namespaces[i] as Namespace
    const { type, path } = namespace
    const first = namespaceOf(linux, type) as Namespace
    if (first !== namespace) report(`/linux/namespaces/${i}`, `repeats ${type} of /linux/namespaces/${namespaces.indexOf(first)}`)
    if (!namespaceIsNew(namespace) && !isAbsolute(path as string)) {
      report(`/linux/namespaces/${i}/path`, `${shown(path)} is not an absolute path`)
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
  else if (!namespaceIsNew(time)) report("/linux/timeOffsets", `cannot be set in a time namespace that is joined (${shown(time.path)})`)
}

function devicesAreWhole({ linux }: Spec, report: Report): void {
  const devices = linux?.devices
  if (devices === undefined) return
  // A set, as privileged containers have hundreds of devices
  const paths = new Set<string>()
  for (let i = 0; i < devices.length; i++) {
    const { type, path, major, minor } = devices[i] as (typeof devices)[number]
    if (!isAbsolute(path)) report(`/linux/devices/${i}/path`, `${shown(path)} is not an absolute path`)
    if (paths.has(path)) {
      const pointer = `/linux/devices/${i}/path`
      warn(`${pointer}: ${shown(path)} is there twice`, { pointer, code: "config-repeated" })
    }
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

/** @param hosts namespaces that are joined and the runtime's own: their parameters are the host's */
export function sysctlsAreNamespaced({ linux }: Spec, report: Report, hosts: HostNamespaces): void {
  const sysctls = linux?.sysctl
  if (sysctls === undefined) return
  const owns = (type: Namespace["type"]): boolean => namespaceOf(linux, type) !== undefined && !hosts.includes(type)
  const scope: SysctlScope = { ipc: owns("ipc"), network: owns("network"), uts: owns("uts"), user: owns("user") }
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
