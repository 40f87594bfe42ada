import { commit, version } from "../version.ts"

/** The newest runtime-spec that runts follows. */
export const SPEC_VERSION = "1.3.0"

/**
 * What `--version` prints. Engines take these three lines apart; one looks at every line that contains the word "version",
 * so it stands in the first only.
 */
export function versionText(): string {
  return `runts version ${version}\ncommit: ${commit}\nspec: ${SPEC_VERSION}`
}
