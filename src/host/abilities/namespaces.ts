import { namespaceOf } from "../procfs.ts"
import type { NamespaceType } from "../../kernel/process.ts"
import type { Abilities, Ability, Answer } from "./ability.ts"
import { missing, present } from "./ability.ts"
import type { Inspection } from "./inspection.ts"

/** Namespaces of config.json: linux.namespaces. */
export const NAMESPACES = {
  "namespace-user": namespace("user", "user", "ids of containers cannot be mapped to others of the machine", "CONFIG_USER_NS"),
} as const satisfies Abilities

/** A type of namespace: the kernel has it, and user.max_..._namespaces lets some be made. */
function namespace(type: NamespaceType, limit: string, lack: string, option: string): Ability {
  return {
    group: "namespaces",
    title: `${type} namespaces`,
    lack,
    remedy: { kernel: option },
    source: `${type}_namespaces(7)`,
    probe: (host) => probeNamespace(host, type, limit),
  }
}

function probeNamespace(host: Inspection, type: NamespaceType, limit: string): Answer {
  if (namespaceOf("self", type) === undefined) return missing("the kernel has none")
  const path = `/proc/sys/user/max_${limit}_namespaces`
  const most = host.number(path)
  if (most !== 0) return present(most === undefined ? "" : `at most ${most}`)
  return missing(`${path} is 0`, { remedy: { text: `sysctl -w user.max_${limit}_namespaces=10000` } })
}
