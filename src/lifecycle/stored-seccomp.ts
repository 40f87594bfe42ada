import type { StoredSeccomp } from "../host/stored-state.ts"
import type { SeccompFacts } from "../plan/facts.ts"

/*
 * What a container's state keeps of its filter, for `start`, `exec` and hooks. Small, as all of them load it; what makes filters and what
 * hands listeners over comes only where it is needed.
 */

/** The filter as plans take it. @param filter reads its program; called only if there is one */
export function seccompFacts(stored: StoredSeccomp | undefined, filter: () => Uint8Array): SeccompFacts | undefined {
  if (stored === undefined) return undefined
  return { filter: filter(), flags: stored.flags, listener: stored.listener !== undefined }
}

export type HandOver = typeof import("./seccomp-listener.ts").handListenerOver

/** What hands the listener over; undefined where the filter makes none. */
export async function loadHandOver(stored: StoredSeccomp | undefined): Promise<HandOver | undefined> {
  if (stored?.listener === undefined) return undefined
  return (await import("./seccomp-listener.ts")).handListenerOver
}
