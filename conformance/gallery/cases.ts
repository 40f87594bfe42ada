import { CONFIG } from "./config.ts"
import type { Chapter } from "./failure.ts"
import { HOOKS } from "./hooks.ts"
import { LIFE } from "./life.ts"
import { LIMITS } from "./limits.ts"
import { MOUNTS } from "./mounts.ts"
import { PRIVILEGES } from "./privileges.ts"
import { PROGRAM } from "./program.ts"

/** The gallery, in the order in which a beginner meets its failures. */
export const CHAPTERS: readonly Chapter[] = [CONFIG, PROGRAM, MOUNTS, PRIVILEGES, LIMITS, HOOKS, LIFE]

export const FAILURES = CHAPTERS.flatMap(({ failures }) => failures)
