import type { Abilities, Ability } from "./ability.ts"
import { CGROUPS } from "./cgroups.ts"
import { MOUNTS } from "./mounts.ts"
import { NAMESPACES } from "./namespaces.ts"
import { ROOTLESS } from "./rootless.ts"
import { SECURITY } from "./security.ts"

const TABLE = { ...NAMESPACES, ...MOUNTS, ...CGROUPS, ...SECURITY, ...ROOTLESS } as const satisfies Abilities

export type AbilityId = keyof typeof TABLE

/** Every ability by its id. */
export const ABILITIES: Readonly<Record<AbilityId, Ability>> = TABLE
