import { RuntsError } from "../error.ts"
import { Inspection } from "../host/abilities/inspection.ts"
import { ABILITIES, type AbilityId } from "../host/abilities/table.ts"
import { sys } from "../ffi/index.ts"
import { close, tryOpenAt } from "../host/file.ts"
import { kernelVersion } from "../host/kernel-release.ts"
import { isOwnNamespace, openNamespace } from "../host/procfs.ts"
import { ERRNO } from "../kernel/errno.ts"
import { AT_FDCWD, O_NONBLOCK, O_RDONLY } from "../kernel/fs.ts"
import { IOCTL, type NamespaceType } from "../kernel/process.ts"
import { NR } from "../kernel/syscalls.ts"
import type { CgroupManager } from "../lifecycle/requests.ts"
import { namespaceIsNew, namespaceOf } from "../spec/namespace.ts"
import { FaultsError, pointerKey } from "../spec/report.ts"
import { checkHostNamespaces } from "../spec/rules.ts"
import { sysctlPath } from "../spec/sysctl.ts"
import { Caller } from "./caller.ts"
import { checkCgroup, tellMissingNumbers } from "./cgroups.ts"
import type { CheckedConfig } from "./config.ts"
import { checkFiles } from "./files.ts"
import type { Findings } from "./finding.ts"
import { checkIdMaps } from "./id-maps.ts"
import { checkPrivileges } from "./privileges.ts"
import { checkSeccomp } from "./seccomp.ts"

/** A config, and the host that it is to run on. */
export interface Host extends CheckedConfig {
  /** Absolute, resolved path. */
  readonly bundle: string
  readonly findings: Findings
  readonly caller: Caller
  readonly inspection: Inspection
  readonly cgroupManager: CgroupManager
}

/** What this host cannot give, and what is missing on it. Nothing is done or changed: no process is started. */
export async function checkHost(given: Omit<Host, "caller" | "inspection">): Promise<void> {
  const host: Host = { ...given, caller: new Caller(), inspection: new Inspection({ stateRoot: "", environment: () => undefined, trials: NO_TRIALS }) }
  const parts: ((host: Host) => void | Promise<void>)[] = [
    checkKernel, checkRights, checkIdMaps, checkNamespaces, checkFileSystems, checkFiles, checkNetDevices, checkSysctls, checkMemoryPolicy, checkPrivileges, checkCgroup,
    checkSeccomp,
  ]
  for (const part of parts) {
    try {
      await part(host)
    } catch (error) {
      // what trips over a wrong type: the schema has told of it
      if (host.sound && !(error instanceof RuntsError)) throw error
      if (error instanceof RuntsError) host.findings.notice(`a part could not be looked at: ${error.message}`, {
        code: "not-checked", pointer: error.details.pointer ?? "",
      })
    }
  }
}

/** Processes that find out more are not for a look that is to be quick. */
const NO_TRIALS = {
  attempt(): never {
    throw new RuntsError("no process is started for this", { code: "not-checked" })
  },
  mappedNamespace(): never {
    throw new RuntsError("no process is started for this", { code: "not-checked" })
  },
}

/** Tells that an ability is missing that the config needs. */
export function needs({ inspection, findings }: Pick<Host, "inspection" | "findings">, id: AbilityId, pointer: string): void {
  const { state, found, remedy: nearer } = inspection.ask(id)
  if (state !== "missing") return
  const { title, remedy } = ABILITIES[id]
  const { text, debian, kernel } = nearer ?? remedy
  const build = kernel === undefined ? undefined : `a kernel with ${kernel}`
  const todo = text ?? debian ?? build
  findings.error(`this host has no ${title}${found === "" ? "" : ` (${found})`}`, {
    code: "kernel-unsupported", pointer, ...(todo === undefined ? {} : { remedy: todo }),
  })
}

function checkKernel({ findings, spec, inspection }: Host): void {
  const version = findings.attempt({ code: "kernel-unsupported", pointer: "" }, kernelVersion)
  needs({ findings, inspection }, "mount-setattr", "")
  const time = namespaceOf(spec.linux, "time")
  const user = namespaceOf(spec.linux, "user")
  if (version === undefined || time === undefined || user === undefined || !namespaceIsNew(time) || !namespaceIsNew(user)) return
  if (version[0] > 6 || (version[0] === 6 && version[1] >= 1)) return
  findings.error("a new time namespace in a new user namespace takes Linux 6.1 or later", {
    code: "kernel-unsupported", pointer: `/linux/namespaces/${spec.linux?.namespaces?.indexOf(time)}`, remedy: "leave out one of the two",
  })
}

/** Whose rights over its own user namespace are none, joins one only that is his. What it takes to make one was told with the config. */
function checkRights({ spec, caller, findings }: Host): void {
  const user = namespaceOf(spec.linux, "user")
  if (user === undefined || namespaceIsNew(user) || caller.has("CAP_SYS_ADMIN")) return
  const pointer = `/linux/namespaces/${spec.linux?.namespaces?.indexOf(user)}/path`
  const owner = ownerOf(user.path as string)
  if (owner === undefined || owner === caller.uid) return
  findings.error(`user ${caller.uid} may not join the user namespace ${JSON.stringify(user.path)}: it is user ${owner}'s`, {
    code: "permission-denied", pointer, remedy: "call runts as that user or as root",
  })
}

/** The user who made a user namespace (ioctl_ns(2)); undefined where it cannot be opened, which is told elsewhere. */
function ownerOf(path: string): number | undefined {
  const fd = tryOpenAt(AT_FDCWD, path, O_RDONLY | O_NONBLOCK)
  if (fd < 0) return undefined
  const uid = Buffer.alloc(4)
  const result = sys(NR.ioctl, fd, IOCTL.NS_GET_OWNER_UID, uid)
  close(fd)
  return result < 0 ? undefined : uid.readUInt32LE(0)
}

function checkNamespaces({ spec, findings, inspection }: Host): void {
  const hosts: NamespaceType[] = []
  spec.linux?.namespaces?.forEach((namespace, index) => {
    const type = namespace.type as NamespaceType
    const pointer = `/linux/namespaces/${index}`
    if (namespaceIsNew(namespace)) needs({ findings, inspection }, `namespace-${type}`, pointer)
    else if (joins(namespace.path as string, type, `${pointer}/path`, findings)) hosts.push(type)
  })
  if (hosts.length === 0) return
  try {
    checkHostNamespaces(spec, hosts)
  } catch (error) {
    if (!(error instanceof FaultsError)) throw error
    for (const { pointer, text, code, clause } of error.faults) findings.error(`${pointer}: ${text}`, { pointer, code, ...(clause && { clause }) })
  }
}

/** @returns whether it is the runtime's own namespace */
function joins(path: string, type: NamespaceType, pointer: string, findings: Findings): boolean {
  try {
    const fd = openNamespace(path, type)
    const own = isOwnNamespace(fd, type)
    close(fd)
    return own
  } catch (error) {
    if (!(error instanceof RuntsError)) throw error
    if (error.details.errno === ERRNO.EACCES || error.details.errno === ERRNO.EPERM) {
      findings.notice(`${pointer}: this user may not look at ${JSON.stringify(path)}`, { code: "not-checked", pointer })
    } else findings.take(error, { code: "namespace-invalid", pointer })
    return false
  }
}

/** Of types that the kernel has no code for now; root's mounts may make it load a module. */
function checkFileSystems({ spec, findings, inspection, caller }: Host): void {
  const known = inspection.fileSystems()
  if (known.size <= 1) return
  const modules = caller.access("/proc/modules", 0) === 0
  spec.mounts?.forEach(({ type = "", options, destination }, index) => {
    const bind = options?.some((option) => option === "bind" || option === "rbind" || option === "remount") === true
    // shown as cgroup or cgroup2, whichever the host has
    if (bind || type === "" || type === "bind" || type === "none" || type === "cgroup" || known.has(type)) return
    const [kernelType] = type.split(".")
    if (kernelType !== undefined && known.has(kernelType)) return
    const pointer = `/mounts/${index}/type`
    const what = `mounts[${index}] (${destination}): the kernel has no file system ${JSON.stringify(type)} now`
    const details = { code: "mount-type", pointer, remedy: `\`cat /proc/filesystems\` lists those it has; modprobe ${type} may bring it` } as const
    if (modules) findings.warning(what, details)
    else findings.error(what, { ...details, remedy: "`cat /proc/filesystems` lists those it has, and this kernel loads no modules" })
  })
}

function checkNetDevices({ spec, findings, caller }: Host): void {
  for (const name in spec.linux?.netDevices ?? {}) {
    const pointer = `/linux/netDevices/${pointerKey(name)}`
    if (name === "" || name.includes("/") || caller.access("/sys/class/net", 0) !== 0 || caller.access(`/sys/class/net/${name}`, 0) === 0) continue
    // it may be an alternative name, which sysfs does not show
    findings.warning(`linux.netDevices: there is no network device ${JSON.stringify(name)} in this network namespace`, {
      code: "net-device-failed", pointer, remedy: "`ip link` lists them",
    })
  }
}

/** Parameters that this kernel does not have; those of a network namespace may come with its devices. */
function checkSysctls({ spec, findings, caller }: Host): void {
  for (const name in spec.linux?.sysctl ?? {}) {
    const path = sysctlPath(name)
    const pointer = `/linux/sysctl/${pointerKey(name)}`
    if (path === undefined || caller.access(`/proc/sys/${path}`, 0) === 0) continue
    const message = `${pointer}: there is no /proc/sys/${path} here`
    const details = { code: "sysctl-failed", pointer, remedy: "check its spelling, or load the module that brings it" } as const
    if (path.startsWith("net/")) findings.warning(message, details)
    else findings.error(message, details)
  }
}

function checkMemoryPolicy(host: Host): void {
  const policy = host.spec.linux?.memoryPolicy
  if (policy === undefined) return
  needs(host, "memory-policy", "/linux/memoryPolicy")
  tellMissingNumbers("/linux/memoryPolicy/nodes", policy.nodes, "/sys/devices/system/node/online", "memory nodes", host.findings)
}
