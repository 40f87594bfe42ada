import { bothHave, CAPABILITIES, capabilityWords, hasCapability, type CapabilityWords } from "../kernel/capabilities.ts"
import type { Process } from "../spec/types.gen.ts"
import type { HostFacts } from "./facts.ts"

/** The five sets of a process (capabilities(7)). */
export interface CapabilitySets {
  readonly bounding: CapabilityWords
  readonly permitted: CapabilityWords
  readonly effective: CapabilityWords
  readonly inheritable: CapabilityWords
  readonly ambient: CapabilityWords
}

/** Why a capability of the bounding or permitted set is not granted. */
export const NOT_TO_GIVE = "the kernel does not know them, or runts itself does not have them"

/**
 * What of the asked for the kernel will grant: capset(2) and prctl(2) refuse a whole set for one capability too many, while a runtime
 * SHOULD NOT fail for one that cannot be granted (config.md, "Linux Process"). Without a capabilities object a process has none.
 * @param warnings takes a sentence for each set that lacks some; each capability is named once
 */
export function grantedCapabilities(
  asked: Process["capabilities"], { grantable, lastCapability }: Pick<HostFacts, "grantable" | "lastCapability">, warnings: string[],
): CapabilitySets {
  const told = new Set<string>()
  const grant = (set: keyof CapabilitySets, limit: CapabilityWords, why: string): CapabilityWords => {
    const wanted = capabilityWords(asked?.[set])
    const granted = bothHave(wanted, limit)
    if (granted.low === wanted.low && granted.high === wanted.high) return granted
    const missing = CAPABILITIES.filter((name, n) => hasCapability(wanted, n) && !hasCapability(granted, n) && !told.has(name))
    if (missing.length === 0) return granted
    for (const name of missing) told.add(name)
    warnings.push(`process.capabilities.${set}: ${missing.join(", ")} cannot be granted: ${why}`)
    return granted
  }
  const known = firstCapabilities(lastCapability + 1)
  const bounding = grant("bounding", grantable === undefined ? known : bothHave(known, grantable.bounding), NOT_TO_GIVE)
  const permitted = grant("permitted", grantable === undefined ? known : bothHave(known, grantable.permitted), NOT_TO_GIVE)
  const effective = grant("effective", permitted, "what is effective must be permitted")
  const inheritable = grant("inheritable", bounding, "what is inheritable must be in the bounding set")
  const ambient = grant("ambient", bothHave(permitted, inheritable), "what is ambient must be permitted and inheritable")
  return { bounding, permitted, effective, inheritable, ambient }
}

function firstCapabilities(count: number): CapabilityWords {
  return { low: count >= 32 ? 0xffffffff : 2 ** count - 1, high: count > 32 ? 2 ** (count - 32) - 1 : 0 }
}
