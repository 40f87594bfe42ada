import type { Clause } from "./clause.ts"
import { CONFIG } from "./rows/config.ts"
import { CONFIG_LINUX } from "./rows/config-linux.ts"
import { FEATURES } from "./rows/features.ts"
import { RUNTIME } from "./rows/runtime.ts"

/** Every clause of runtime-spec 1.3.0 that a runtime for Linux can break. What asks something of a config's author alone is left out. */
export const CLAUSES: readonly Clause[] = [...RUNTIME, ...CONFIG, ...CONFIG_LINUX, ...FEATURES]
