/** A section of the specification. */
export interface Clause {
  /** File and heading: "config.md, Mounts". */
  readonly title: string
  readonly link: string
}

const SPEC = "https://github.com/opencontainers/runtime-spec/blob/v1.3.0"

function section(file: string, title: string): Clause {
  return { title: `${file}, ${title}`, link: `${SPEC}/${file}#${title.toLowerCase().replaceAll(/[^\w -]/g, "").replaceAll(" ", "-")}` }
}

/** Clauses of the specification by the pointers that they are about; the longest prefix counts. */
const CLAUSES: readonly (readonly [prefix: string, clause: Clause])[] = [
  ["/ociVersion", section("config.md", "Specification version")],
  ["/root", section("config.md", "Root")],
  ["/mounts", section("config.md", "Mounts")],
  ["/process", section("config.md", "Process")],
  ["/process/rlimits", section("config.md", "POSIX process")],
  ["/process/args", section("config.md", "POSIX process")],
  ["/process/env", section("config.md", "POSIX process")],
  ["/process/capabilities", section("config.md", "Linux Process")],
  ["/process/noNewPrivileges", section("config.md", "Linux Process")],
  ["/process/apparmorProfile", section("config.md", "Linux Process")],
  ["/process/selinuxLabel", section("config.md", "Linux Process")],
  ["/process/oomScoreAdj", section("config.md", "Linux Process")],
  ["/process/scheduler", section("config.md", "Linux Process")],
  ["/process/ioPriority", section("config.md", "Linux Process")],
  ["/process/execCPUAffinity", section("config.md", "Linux Process")],
  ["/process/user", section("config.md", "POSIX-platform User")],
  ["/hostname", section("config.md", "Hostname")],
  ["/domainname", section("config.md", "Domainname")],
  ["/hooks", section("config.md", "POSIX-platform Hooks")],
  ["/annotations", section("config.md", "Annotations")],
  ["/linux/namespaces", section("config-linux.md", "Namespaces")],
  ["/linux/uidMappings", section("config-linux.md", "User namespace mappings")],
  ["/linux/gidMappings", section("config-linux.md", "User namespace mappings")],
  ["/linux/timeOffsets", section("config-linux.md", "Offset for Time Namespace")],
  ["/linux/devices", section("config-linux.md", "Devices")],
  ["/linux/netDevices", section("config-linux.md", "Network Devices")],
  ["/linux/cgroupsPath", section("config-linux.md", "Cgroups Path")],
  ["/linux/resources/devices", section("config-linux.md", "Allowed Device list")],
  ["/linux/resources/memory", section("config-linux.md", "Memory")],
  ["/linux/resources/cpu", section("config-linux.md", "CPU")],
  ["/linux/resources/blockIO", section("config-linux.md", "Block IO")],
  ["/linux/resources/hugepageLimits", section("config-linux.md", "Huge page limits")],
  ["/linux/resources/network", section("config-linux.md", "Network")],
  ["/linux/resources/pids", section("config-linux.md", "PIDs")],
  ["/linux/resources/rdma", section("config-linux.md", "RDMA")],
  ["/linux/resources/unified", section("config-linux.md", "Unified")],
  ["/linux/intelRdt", section("config-linux.md", "IntelRdt")],
  ["/linux/memoryPolicy", section("config-linux.md", "Memory policy")],
  ["/linux/sysctl", section("config-linux.md", "Sysctl")],
  ["/linux/seccomp", section("config-linux.md", "Seccomp")],
  ["/linux/rootfsPropagation", section("config-linux.md", "Rootfs Mount Propagation")],
  ["/linux/maskedPaths", section("config-linux.md", "Masked Paths")],
  ["/linux/readonlyPaths", section("config-linux.md", "Readonly Paths")],
  ["/linux/mountLabel", section("config-linux.md", "Mount Label")],
  ["/linux/personality", section("config-linux.md", "Personality")],
]

/** The clause that a pointer of config.json is from; undefined for what the specification has no section for. */
export function clauseOf(pointer: string): Clause | undefined {
  let best: readonly [string, Clause] | undefined
  for (const clause of CLAUSES) {
    const isPrefix = pointer === clause[0] || pointer.startsWith(`${clause[0]}/`)
    if (isPrefix && clause[0].length > (best?.[0].length ?? 0)) best = clause
  }
  return best?.[1]
}
