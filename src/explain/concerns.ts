import type { Step } from "../program/program.ts"

/*
 * What each step of a plan is about, for who looks at it: by the config.json pointer that asked for it, and where none did by its system call.
 */

/** The parts of an explanation, in the order in which they are shown. */
export const CONCERNS = {
  preparation: { title: "Preparation",
    about: "what runts does first: check the config, claim the name, open what the container's process inherits" },
  namespaces: { title: "Namespaces", about: "what the container sees as its own: process ids, network, host name, mounts ..." },
  identity: { title: "Identity", about: "who the process is: user, groups, and how ids are mapped" },
  cgroups: { title: "Cgroups", about: "what it may use: memory, processor time, number of processes, devices" },
  rootfs: { title: "Root filesystem", about: "the folder that becomes its /" },
  mounts: { title: "Mounts", about: "file systems and folders of the host that it finds below /" },
  devices: { title: "Devices", about: "what is in its /dev" },
  isolation: { title: "Isolation", about: "what is hidden, read-only, or out of its reach" },
  privileges: { title: "Privileges", about: "what root's powers it keeps, and which system calls it may make" },
  process: { title: "Process", about: "the program itself: arguments, environment, terminal, limits, and its start" },
  hooks: { title: "Hooks", about: "programs of the host that are run at fixed points of a container's life" },
} as const

export type Concern = keyof typeof CONCERNS

/** By prefix of the pointer; the longest that fits counts. */
const BY_POINTER: readonly (readonly [prefix: string, concern: Concern])[] = [
  ["/linux/namespaces", "namespaces"], ["/linux/timeOffsets", "namespaces"], ["/linux/netDevices", "namespaces"], ["/hostname",
    "namespaces"],
  ["/domainname", "namespaces"], ["/linux/uidMappings", "identity"], ["/linux/gidMappings", "identity"], ["/process/user",
    "identity"],
  ["/process/user/umask", "process"], ["/linux/cgroupsPath", "cgroups"], ["/linux/resources", "cgroups"], ["/linux/intelRdt",
    "cgroups"],
  ["/root", "rootfs"], ["/root/readonly", "isolation"], ["/linux/rootfsPropagation", "rootfs"], ["/mounts",
    "mounts"], ["/linux/mountLabel", "mounts"],
  ["/linux/devices", "devices"], ["/linux/maskedPaths", "isolation"], ["/linux/readonlyPaths", "isolation"], ["/linux/sysctl",
    "isolation"],
  ["/process/apparmorProfile", "isolation"], ["/process/selinuxLabel", "isolation"], ["/linux/seccomp", "privileges"],
  ["/process/capabilities", "privileges"], ["/process/noNewPrivileges", "privileges"], ["/hooks", "hooks"], ["/process",
    "process"],
  ["/linux/personality", "process"], ["/linux/memoryPolicy", "process"],
]

/** By system call, where no pointer says it. */
const BY_CALL: Readonly<Record<string, Concern>> = {
  clone3: "namespaces", unshare: "namespaces", setns: "namespaces", setgroups: "identity",
  mount: "rootfs", umount2: "rootfs", open_tree: "rootfs", move_mount: "rootfs", fsopen: "rootfs", fsconfig: "rootfs",
    fsmount: "rootfs",
  pivot_root: "rootfs", chroot: "rootfs", fchdir: "rootfs", chdir: "rootfs", capset: "privileges", keyctl: "isolation",
    close_range: "isolation",
}
const PR_SET_DUMPABLE = 4

/** What the config.json pointer is about; undefined where it says nothing. */
export function concernOfPointer(pointer: string): Concern | undefined {
  let found: Concern | undefined
  let length = 0
  for (const [prefix, concern] of BY_POINTER) {
    if (prefix.length > length && pointer.startsWith(prefix)) [found, length] = [concern, prefix.length]
  }
  return found
}

/** @param before of the step before, which a test or a copy belongs to */
export function concernOf(step: Step, before: Concern): Concern {
  const { name, args, pointer, kind } = step
  if (name === "prctl" && args[0] === PR_SET_DUMPABLE) return "isolation"
  if (name === "setresuid" || name === "setresgid") return "identity"
  const found = concernOfPointer(pointer)
  if (found !== undefined) return found
  if (kind !== "call" || name === "close") return before
  return BY_CALL[name as string] ?? "process"
}

/** A place in runtime-spec 1.3.0. */
export interface Clause {
  /** As docs/conformance.md names it: `config-linux.md, Namespaces`. */
  readonly title: string
  readonly address: string
}

const SPECIFICATION = "https://github.com/opencontainers/runtime-spec/blob/v1.3.0/"

/** By prefix of the pointer: file and heading, as in conformance/spec/rows. */
const CLAUSES: readonly (readonly [prefix: string, file: string, heading: string])[] = [
  ["/ociVersion", "config.md", "Specification version"], ["/root", "config.md", "Root"], ["/mounts", "config.md", "Mounts"],
  ["/process", "config.md", "Process"], ["/process/user", "config.md", "POSIX-platform User"],
  ["/process/capabilities", "config.md", "Linux Process"], ["/process/noNewPrivileges", "config.md", "Linux Process"],
  ["/process/apparmorProfile", "config.md", "Linux Process"], ["/process/selinuxLabel", "config.md", "Linux Process"],
  ["/process/oomScoreAdj", "config.md", "Linux Process"], ["/process/scheduler", "config.md", "Linux Process"],
  ["/process/ioPriority", "config.md", "Linux Process"], ["/process/execCPUAffinity", "config.md", "Linux Process"],
  ["/process/rlimits", "config.md", "POSIX process"], ["/hostname", "config.md", "Hostname"], ["/domainname", "config.md",
    "Domainname"],
  ["/hooks", "config.md", "POSIX-platform Hooks"], ["/annotations", "config.md", "Annotations"],
  ["/linux/namespaces", "config-linux.md", "Namespaces"], ["/linux/uidMappings", "config-linux.md", "User namespace mappings"],
  ["/linux/gidMappings", "config-linux.md", "User namespace mappings"], ["/linux/timeOffsets", "config-linux.md",
    "Offset for Time Namespace"],
  ["/linux/devices", "config-linux.md", "Devices"], ["/linux/netDevices", "config-linux.md", "Network Devices"],
  ["/linux/cgroupsPath", "config-linux.md", "Cgroups Path"], ["/linux/resources", "config-linux.md", "Control groups"],
  ["/linux/resources/devices", "config-linux.md", "Allowed Device list"], ["/linux/resources/memory", "config-linux.md",
    "Memory"],
  ["/linux/resources/cpu", "config-linux.md", "CPU"], ["/linux/resources/blockIO", "config-linux.md", "Block IO"],
  ["/linux/resources/hugepageLimits", "config-linux.md", "Huge page limits"], ["/linux/resources/network", "config-linux.md",
    "Network"],
  ["/linux/resources/pids", "config-linux.md", "PIDs"], ["/linux/resources/rdma", "config-linux.md", "RDMA"],
  ["/linux/resources/unified", "config-linux.md", "Unified"], ["/linux/intelRdt", "config-linux.md", "IntelRdt"],
  ["/linux/sysctl", "config-linux.md", "Sysctl"], ["/linux/seccomp", "config-linux.md", "Seccomp"],
  ["/linux/rootfsPropagation", "config-linux.md", "Rootfs Mount Propagation"], ["/linux/maskedPaths", "config-linux.md",
    "Masked Paths"],
  ["/linux/readonlyPaths", "config-linux.md", "Readonly Paths"], ["/linux/mountLabel", "config-linux.md", "Mount Label"],
  ["/linux/personality", "config-linux.md", "Personality"], ["/linux/memoryPolicy", "config-linux.md", "Memory policy"],
]

/** The clause of the specification that a pointer is under; undefined where the runtime asks for a step itself. */
export function clauseOf(pointer: string): Clause | undefined {
  let found: Clause | undefined
  let length = 0
  for (const [prefix, file, heading] of CLAUSES) {
    if (prefix.length <= length || !(pointer === prefix || pointer.startsWith(prefix + "/"))) continue
    length = prefix.length
    found = { title: `${file}, ${heading}`, address: `${SPECIFICATION}${file}#${heading.toLowerCase().replaceAll(" ", "-")}` }
  }
  return found
}
