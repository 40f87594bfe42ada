import type { CgroupRecord } from "../host/cgroup/manager.ts"
import { oomKills } from "../host/cgroup/oom.ts"
import { findSeccompKill } from "../host/seccomp/kills.ts"
import { SIGNALS } from "../kernel/signals.ts"
import { tell } from "../log.ts"

/** What is known of a container's process that has ended. */
export interface Ended {
  readonly pid: number
  /** 128 + n if signal n ended it. */
  readonly code: number
  readonly cgroup: CgroupRecord | undefined
  /** It had a seccomp filter. */
  readonly filtered: boolean
}

/** Tells why a container's program was killed, where the kernel knows: its exit code alone does not say it. */
export function blameEnd({ pid, code, cgroup, filtered }: Ended): void {
  if (code === 128 + SIGNALS.SYS && filtered) {
    const kill = findSeccompKill(pid)
    const what = kill === undefined ? "a system call (the kernel's log may name it: dmesg, type=1326)" : `the system call ${kill.call}`
    tell(`the container's program was killed by its seccomp filter for ${what}`, { code: "killed-by-seccomp", pointer: "/linux/seccomp" })
  }
  if (code === 128 + SIGNALS.KILL && cgroup !== undefined && oomKills(cgroup) > 0) {
    tell("the container's program was killed: it reached its memory limit", { code: "out-of-memory", pointer: "/linux/resources/memory/limit" })
  }
}
