declare const RUNTS_VERSION: string | undefined
declare const RUNTS_COMMIT: string | undefined

/** The release; the build writes it in, from source it is unknown. */
export const version: string = typeof RUNTS_VERSION === "string" ? RUNTS_VERSION : "0.1.0"
/** The source's commit. */
export const commit: string = typeof RUNTS_COMMIT === "string" ? RUNTS_COMMIT : "unknown"
/** The newest runtime-spec that runts follows. */
export const SPEC_VERSION = "1.3.0"

/**
 * What `--version` prints. Engines take these three lines apart; one looks at every line that contains the word "version",
 * so it stands in the first only.
 */
export function versionText(): string {
  return `runts version ${version}\ncommit: ${commit}\nspec: ${SPEC_VERSION}`
}
