import type { CheckedConfig } from "./config.ts"
import type { Findings } from "./finding.ts"

/** What is looked at on this host. */
export interface HostCheck extends CheckedConfig {
  /** Absolute, resolved path. */
  readonly bundle: string
  readonly findings: Findings
}

export async function checkHost(_check: HostCheck): Promise<void> {}
