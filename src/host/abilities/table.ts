import type { Abilities, Ability } from "./ability.ts"
import { CALLER } from "./caller.ts"
import { CGROUPS } from "./cgroups.ts"
import { KERNEL } from "./kernel.ts"
import { LIMITS } from "./limits.ts"
import { MOUNTS } from "./mounts.ts"
import { NAMESPACES } from "./namespaces.ts"
import { ROOTLESS } from "./rootless.ts"
import { SECURITY } from "./security.ts"
import { TOOLS } from "./tools.ts"

const TABLE = {
  ...CALLER, ...KERNEL, ...NAMESPACES, ...MOUNTS, ...CGROUPS, ...SECURITY, ...LIMITS, ...TOOLS, ...ROOTLESS,
} as const satisfies Abilities

export type AbilityId = keyof typeof TABLE

/** Every ability by its id, in the order in which they are told. */
export const ABILITIES: Readonly<Record<AbilityId, Ability>> = TABLE
