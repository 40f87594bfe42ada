import { NODE_MAX } from "../kernel/memory-policy.ts"
import { numberListFault } from "./number-list.ts"
import type { Report } from "./rule.ts"
import type { Spec } from "./types.gen.ts"

/** What set_mempolicy(2) answers with EINVAL on every machine, told by name. */
export function memoryPolicyIsTakenByKernel({ linux }: Spec, report: Report): void {
  const policy = linux?.memoryPolicy
  if (policy === undefined) return
  const { mode, nodes = "", flags = [] } = policy
  const at = "/linux/memoryPolicy"
  const fault = nodes === "" ? undefined : numberListFault(nodes, "NUMA nodes", NODE_MAX)
  if (fault !== undefined) report(`${at}/nodes`, fault)
  const takesNone = mode === "MPOL_DEFAULT" || mode === "MPOL_LOCAL"
  if (takesNone && nodes !== "") report(`${at}/nodes`, `${mode} takes no nodes`)
  if (!takesNone && mode !== "MPOL_PREFERRED" && nodes === "") report(`${at}/nodes`, `is empty; ${mode} needs nodes`)
  const fixed = flags.includes("MPOL_F_STATIC_NODES")
  const relative = flags.includes("MPOL_F_RELATIVE_NODES")
  if (fixed && relative) report(`${at}/flags`, "MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each other")
  if ((fixed || relative) && nodes === "" && mode !== "MPOL_DEFAULT") {
    report(`${at}/flags`, "MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES need nodes")
  }
  if (flags.includes("MPOL_F_NUMA_BALANCING") && mode !== "MPOL_BIND" && mode !== "MPOL_PREFERRED_MANY") {
    report(`${at}/flags`, `MPOL_F_NUMA_BALANCING needs MPOL_BIND or MPOL_PREFERRED_MANY, not ${mode}`)
  }
}

/** "Currently no flag values are supported", and unsupported values MUST be errors (config.md, "Valid values"). */
export function personalityIsSupported({ linux }: Spec, report: Report): void {
  if ((linux?.personality?.flags?.length ?? 0) > 0) report("/linux/personality/flags", "is not empty; no flag is supported")
}
