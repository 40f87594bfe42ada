import { commit, version } from "../version.ts"
import { OCI_VERSION } from "../spec/version.ts"

/**
 * What `--version` prints. Engines take these three lines apart; one looks at every line that contains the word "version",
 * so it stands in the first only.
 */
export function versionText(): string {
  return `runts version ${version}\ncommit: ${commit}\nspec: ${OCI_VERSION}`
}
