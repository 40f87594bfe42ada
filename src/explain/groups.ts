import type { Line } from "./model.ts"
import type { Summary } from "./summary.ts"

/** Lines that one part of config.json asked for. */
export interface Group {
  readonly title: string
  /** Of the part of config.json; "" for what runts does by itself. */
  readonly pointer: string
  readonly lines: readonly Line[]
}

const TITLES: Readonly<Record<string, string>> = {
  "/linux/namespaces": "The namespaces", "/linux/timeOffsets": "Clocks", "/linux/netDevices": "Network devices",
    "/hostname": "Host name",
  "/domainname": "Domain name", "/linux/uidMappings": "User ids", "/linux/gidMappings": "Group ids",
    "/process/user": "User and groups",
  "/linux/cgroupsPath": "The cgroups", "/linux/resources/memory": "Memory", "/linux/resources/cpu": "Processor time",
  "/linux/resources/pids": "Number of processes", "/linux/resources/blockIO": "Block devices",
    "/linux/resources/unified": "Files of cgroup v2",
  "/linux/resources/hugepageLimits": "Huge pages", "/linux/resources/network": "Network", "/linux/resources/rdma": "RDMA",
  "/linux/resources/devices": "Which devices it may use", "/root/path": "The root filesystem", "/root/readonly": "Read-only root",
  "/linux/rootfsPropagation": "Propagation of mounts", "/linux/devices": "Device nodes and links",
    "/linux/maskedPaths": "Hidden paths",
  "/linux/readonlyPaths": "Read-only paths", "/linux/sysctl": "Kernel settings", "/linux/seccomp": "Filter of system calls",
  "/process/capabilities": "Capabilities", "/process/noNewPrivileges": "No new privileges", "/process/args": "The program",
  "/process/cwd": "Working directory", "/process/rlimits": "Resource limits", "/process/terminal": "Terminal",
    "/process/consoleSize": "Size of the terminal",
  "/process/oomScoreAdj": "Score for the out-of-memory killer", "/process/apparmorProfile": "AppArmor profile",
    "/process/selinuxLabel": "SELinux label",
  "/process/scheduler": "Scheduler", "/process/ioPriority": "I/O priority", "/linux/personality": "Execution domain",
    "/linux/memoryPolicy": "NUMA memory policy",
  "/linux/intelRdt": "Intel RDT", "/hooks": "Waiting for hooks",
}

/** How many parts of a pointer name a thing of its own; what is below them belongs to it. */
function depthOf(pointer: string): number {
  return pointer.startsWith("/linux/resources/") || pointer.startsWith("/hooks/") ? 3 : 2
}

/** `/mounts/3/options` is part of `/mounts/3`. */
function groupPointer(pointer: string): string {
  if (/^\/(hostname|domainname)$/.test(pointer)) return pointer
  const whole = pointer.split("/").slice(0, depthOf(pointer) + 1).join("/")
  return pointer.startsWith("/process/user/umask") ? "/process/user/umask" : whole
}

/** The lines by the part of config.json that asked for them, in the order of the first of each. */
export function groupsOf(lines: readonly Line[], summary: Summary): Group[] {
  const byPointer = new Map<string, Line[]>()
  for (const line of lines) {
    const pointer = groupPointer(line.pointer)
    const known = byPointer.get(pointer)
    if (known === undefined) byPointer.set(pointer, [line])
    else known.push(line)
  }
  return [...byPointer].map(([pointer, lines]) => ({ pointer, lines, title: titleOf(pointer, lines, summary) }))
}

function titleOf(pointer: string, lines: readonly Line[], { mounts }: Summary): string {
  const mount = mounts.find((mount) => mount.pointer === pointer)
  if (mount !== undefined) return `${mount.destination}: ${mount.type === "bind" ? `the host's ${mount.source}` : mount.type}`
  const told = TITLES[pointer]
  if (told !== undefined) return told
  if (pointer === "") return "By runts itself"
  const sentence = (lines.find(({ plumbing }) => plumbing !== true) ?? lines[0])?.sentence ?? pointer
  return sentence.charAt(0).toUpperCase() + sentence.slice(1)
}
