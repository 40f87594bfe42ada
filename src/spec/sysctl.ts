/** What of the container's namespaces decides which kernel parameters it may set; true: its own, not the runtime's. */
export interface SysctlScope {
  readonly ipc: boolean
  readonly network: boolean
  readonly uts: boolean
  readonly user: boolean
}

/** Files of /proc/sys/kernel that belong to the ipc namespace, ipc_namespaces(7); those of message queues are in fs/mqueue. */
const IPC_FILES: readonly string[] = [
  "msgmax", "msgmnb", "msgmni", "msg_next_id", "sem", "sem_next_id",
  "shmall", "shmmax", "shmmni", "shm_next_id", "shm_rmid_forced",
]

/**
 * The path below /proc/sys of a parameter, or undefined if the name would leave that folder. As sysctl(8) reads names: the first
 * separator, "." or "/", separates; the other one is part of names, so that net.ipv4.conf.eno2/100.mtu and
 * net/ipv4/conf/eno2.100/mtu are the same.
 */
export function sysctlPath(name: string): string | undefined {
  const dots = name.indexOf(".")
  const slashes = name.indexOf("/")
  const slashed = slashes !== -1 && (dots === -1 || slashes < dots)
  const path = slashed ? name : slashes === -1 ? name.replaceAll(".", "/") : swapped(name)
  return `/${path}/`.includes("//") || `/${path}/`.includes("/./") || `/${path}/`.includes("/../") ? undefined : path
}

function swapped(name: string): string {
  return Array.from(name, (char) => (char === "." ? "/" : char === "/" ? "." : char)).join("")
}

/**
 * Why the container may not set this parameter; undefined if it may. Most of /proc/sys belongs to the host: only what the
 * kernel keeps by namespace is allowed, and only for namespaces that are the container's own (config-linux.md, Sysctl).
 */
export function sysctlFault(name: string, scope: SysctlScope): string | undefined {
  const path = sysctlPath(name)
  if (path === undefined) return "is not a name below /proc/sys"
  const owned = (own: boolean, type: string) => (own ? undefined : `needs ${type} namespace of the container's own`)
  const kernelFile = path.startsWith("kernel/") ? path.slice("kernel/".length) : ""
  const isIpc = path.startsWith("fs/mqueue/") || IPC_FILES.includes(kernelFile)
  if (isIpc) return owned(scope.ipc, "an ipc")
  if (path.startsWith("net/")) return owned(scope.network, "a network")
  if (path.startsWith("user/")) return owned(scope.user, "a user")
  if (kernelFile === "domainname") return owned(scope.uts, "a uts")
  if (kernelFile === "hostname") return "is refused; set hostname instead"
  return "does not belong to a namespace, so it would change the host"
}
