import { RuntsError } from "../error.ts"
import { sys } from "../ffi/index.ts"
import { CAPABILITIES } from "../kernel/capabilities.ts"
import { ERRNO } from "../kernel/errno.ts"
import { AT_FDCWD } from "../kernel/fs.ts"
import { NAMESPACES } from "../kernel/process.ts"
import type { NamespaceType } from "../kernel/process.ts"
import { NR } from "../kernel/syscalls.ts"
import { readLayout } from "./cgroup/layout.ts"
import { tryReadText } from "./file.ts"
import { findResctrl } from "./intel-rdt.ts"
import { ownApparmorProfile, selinuxEnabled } from "./lsm.ts"
import { namespaceOf } from "./procfs.ts"
import { seccompVersion } from "./seccomp/library.ts"

/** What this machine can give containers, as far as it can be asked without changing it; lists are sorted. */
export interface Machine {
  /** As uname(2) says: "6.1.0-18-amd64". */
  readonly kernel: string
  /** Namespace types of config.json that the kernel has. */
  readonly namespaces: readonly string[]
  /** Name of the last capability; its number where this table ends before. */
  readonly lastCapability: string
  readonly cgroup: "v1" | "v2" | "hybrid" | "none"
  /** Controllers that containers can be given limits of. */
  readonly controllers: readonly string[]
  /** Security modules in their order; undefined where securityfs is not mounted. */
  readonly securityModules: readonly string[] | undefined
  /** The modules that config.json speaks of, where they are on. */
  readonly labels: readonly ("apparmor" | "selinux")[]
  /** Version of the library that makes filters; undefined where it cannot be loaded. */
  readonly libseccomp: string | undefined
  /** Where resctrl is mounted. */
  readonly resctrl: string | undefined
  /** Actions the kernel's seccomp filters take (seccomp(2)); empty where it has none. */
  readonly seccompActions: readonly string[]
  /** mount_setattr(2): recursive attributes and id-mapped mounts. */
  readonly mountAttributes: boolean
  /** File systems that can be mounted now; a module may bring more. */
  readonly filesystems: readonly string[]
}

/** Reads some ten small files, and makes one call that is meant to fail. */
export function probeMachine(): Machine {
  const cgroup = cgroups()
  return {
    kernel: line("/proc/sys/kernel/osrelease") ?? "",
    namespaces: (Object.keys(NAMESPACES) as NamespaceType[]).filter((type) => namespaceOf("self", type) !== undefined).sort(),
    lastCapability: lastCapability(),
    cgroup: cgroup.mode,
    controllers: cgroup.controllers,
    securityModules: line("/sys/kernel/security/lsm")?.split(","),
    labels: [...(ownApparmorProfile() === undefined ? [] : ["apparmor"] as const), ...(selinuxEnabled() ? ["selinux"] as const : [])],
    libseccomp: unlessMissing(seccompVersion),
    resctrl: unlessMissing(findResctrl),
    seccompActions: words(line("/proc/sys/kernel/seccomp/actions_avail")).sort(),
    mountAttributes: tryMountSetattr() !== -ERRNO.ENOSYS,
    filesystems: fileSystems(),
  }
}

/** Asks for mount_setattr(2) by a call that cannot succeed: an empty path, and no structure. @returns a negated errno */
export function tryMountSetattr(): number {
  return sys(NR.mount_setattr, AT_FDCWD, "", 0, 0, 0)
}

/** What `read` tells; undefined where it says that there is none. */
function unlessMissing(read: () => string): string | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof RuntsError) return undefined
    throw error
  }
}

function line(path: string): string | undefined {
  return tryReadText(path)?.trim()
}

function words(text: string | undefined): string[] {
  return (text ?? "").split(/\s+/).filter((word) => word !== "")
}

function lastCapability(): string {
  const number = line("/proc/sys/kernel/cap_last_cap") ?? ""
  return CAPABILITIES[Number(number)] ?? number
}

function cgroups(): { mode: Machine["cgroup"]; controllers: string[] } {
  if (tryReadText("/proc/self/mountinfo") === undefined) return { mode: "none", controllers: [] }
  const { mode, controllers, unified } = readLayout()
  if (controllers.length === 0) return { mode: "none", controllers: [] }
  const ofV2 = unified === undefined ? [] : words(line(`${unified}/cgroup.controllers`))
  const ofV1 = controllers.flatMap(({ name }) => name.split(",")).filter((name) => name !== "" && !name.startsWith("name="))
  return { mode, controllers: [...new Set([...ofV1, ...ofV2])].sort() }
}

/** File systems that can be mounted now: lines `nodev<TAB>NAME` or `<TAB>NAME` (proc_filesystems(5)). */
export function fileSystems(): string[] {
  return words((tryReadText("/proc/filesystems") ?? "").replaceAll(/^nodev/gm, "")).sort()
}
