import { RuntsError } from "../error.ts"
import type { CgroupRecord } from "../host/cgroup/manager.ts"
import { oomKills } from "../host/cgroup/oom.ts"
import { DiedEarly } from "./outcome.ts"

/**
 * Waits for the container's init in one of its phases. Where it dies without a word and the kernel has killed for want of memory in its
 * cgroup, that is what the error says, in runc's words.
 */
export function blameOom<T>(cgroup: CgroupRecord | undefined, wait: () => T): T {
  try {
    return wait()
  } catch (error) {
    if (!(error instanceof DiedEarly) || cgroup === undefined || oomKills(cgroup) === 0) throw error
    throw new RuntsError("container init was OOM-killed (memory limit too low?)", {
      code: "out-of-memory", pointer: "/linux/resources/memory/limit",
    })
  }
}

/** As {@link blameOom}, of a process that joins a container in which others may be killed at the same time. */
export function suspectOom<T>(cgroup: CgroupRecord | undefined, wait: () => T): T {
  const before = cgroup === undefined ? 0 : oomKills(cgroup)
  try {
    return wait()
  } catch (error) {
    if (!(error instanceof DiedEarly) || cgroup === undefined || oomKills(cgroup) <= before) throw error
    throw new RuntsError(`${error.message} (possibly OOM-killed)`, {
      code: "out-of-memory", hint: "see the container's memory limit",
    })
  }
}
