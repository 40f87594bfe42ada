import { FLAG_NEW_LISTENER, FLAG_TSYNC_ESRCH, SECCOMP_FLAGS } from "../kernel/seccomp.ts"
import { debug } from "../log.ts"
import type { Seccomp } from "../spec/types.gen.ts"

/** SECCOMP_FILTER_FLAG_ bits. Without a list a filter does not switch speculation off, as runc and crun have it. */
export function filterFlags(names: Seccomp["flags"], notifies: boolean): number {
  let flags = 0
  for (const name of names ?? ["SECCOMP_FILTER_FLAG_SPEC_ALLOW"] as const) {
    // about how notifications wait, of which there are none: the kernel would refuse it
    if (name === "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" && !notifies) debug(`seccomp: ${name} means nothing without SCMP_ACT_NOTIFY`)
    else flags |= SECCOMP_FLAGS[name]
  }
  if (!notifies) return flags
  return flags | FLAG_NEW_LISTENER | ((flags & SECCOMP_FLAGS.SECCOMP_FILTER_FLAG_TSYNC) === 0 ? 0 : FLAG_TSYNC_ESRCH)
}
