import { namespaceOf } from "../procfs.ts"
import { NAMESPACES as TYPES } from "../../kernel/process.ts"
import type { NamespaceType } from "../../kernel/process.ts"
import type { Abilities, Ability, Answer, Role } from "./ability.ts"
import { missing, present } from "./ability.ts"
import { errorOf } from "./inspection.ts"
import type { Inspection } from "./inspection.ts"

const BOTH = ["root", "rootless"] as const

/** Namespaces of config.json: linux.namespaces. */
export const NAMESPACES = {
  "namespace-mount": namespace("mount", "CONFIG_NAMESPACES", "containers cannot have a root filesystem and mounts of their own", BOTH),
  "namespace-pid": namespace("pid", "CONFIG_PID_NS", "containers see and may signal the machine's processes", BOTH),
  "namespace-network": namespace("network", "CONFIG_NET_NS", "containers share the machine's network devices, addresses and ports"),
  "namespace-ipc": namespace("ipc", "CONFIG_IPC_NS", "containers share the machine's System V IPC and POSIX message queues"),
  "namespace-uts": namespace("uts", "CONFIG_UTS_NS", "containers cannot have a host name of their own"),
  "namespace-cgroup": namespace("cgroup", "CONFIG_CGROUPS", "containers see where their cgroups are on the machine"),
  "namespace-user": namespace("user", "CONFIG_USER_NS", "root of a container is root of the machine: ids cannot be mapped", ["rootless"]),
  "namespace-time": { ...namespace("time", "CONFIG_TIME_NS", "containers cannot have offsets of the clocks (linux.timeOffsets)"), minor: true },
} as const satisfies Abilities

/** A type of namespace: the kernel has it, user.max_..._namespaces lets some be made, and one is made, in a process that ends. */
function namespace(type: NamespaceType, option: string, lack: string, essential: readonly Role[] = []): Ability {
  return {
    group: "namespaces", title: `${type} namespaces`, essential, lack, remedy: { kernel: option }, source: `${type}_namespaces(7)`,
    probe: (host) => probeNamespace(host, type),
  }
}

function probeNamespace(host: Inspection, type: NamespaceType): Answer {
  const { file } = TYPES[type]
  if (namespaceOf("self", type) === undefined) return missing(`/proc/self/ns/${file} does not exist`)
  const limit = `max_${file}_namespaces`
  const most = host.number(`/proc/sys/user/${limit}`)
  if (most === 0) return missing(`user.${limit} is 0`, { remedy: { text: `sysctl -w user.${limit}=10000` } })
  const found = most === undefined ? "" : `at most ${most}`
  const result = host.trial("own")?.[type]
  if (result === undefined || result >= 0) return present(found)
  return missing(`unshare: ${errorOf(result)}`, { remedy: { text: remedyOf(host, errorOf(result), limit) } })
}

function remedyOf(host: Inspection, error: string, limit: string): string {
  if (error === "ENOSPC") return `raise user.${limit}, here or in the user namespace that this one is in; at most 32 may be nested`
  if (!host.hasCapability("CAP_SYS_ADMIN") && host.role() === "root") return "call runts with CAP_SYS_ADMIN"
  return "allow unshare and clone in the seccomp profile of the container that this runs in, or see the rows on user namespaces"
}
