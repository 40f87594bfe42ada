import { RuntsError } from "../error.ts"
import { ownCgroup, readMounted } from "../host/cgroup/layout.ts"
import type { CgroupRecord } from "../host/cgroup/manager.ts"
import { ownFolder } from "../host/cgroup/paths.ts"
import { ERRNO } from "../kernel/errno.ts"

/**
 * Makes the container's process. Where the kernel refuses it the cgroup, which clone3(2) says with EACCES alone, the error names both
 * cgroups and what would have to be the caller's (cgroup-v2.rst, "Delegation Containment").
 */
export function blameCgroup<T>(record: CgroupRecord, launch: () => T): T {
  try {
    return launch()
  } catch (error) {
    const target = record.paths[""]
    if (!(error instanceof RuntsError) || error.details.syscall !== "clone3" || error.details.errno !== ERRNO.EACCES || target === undefined) throw error
    const common = commonFolder(ownUnified(), target)
    throw new RuntsError(`bring the container's process into cgroup ${JSON.stringify(target)}: permission denied`, {
      ...error.details, code: "cgroup-not-permitted", pointer: "/linux/cgroupsPath",
      hint: `who moves a process must be able to write ${common}/cgroup.procs, of the innermost cgroup that holds both this process and that cgroup: ` +
        "call runts from a cgroup of the same delegated part of the tree",
    })
  }
}

/** The folder of the cgroup that this process is in. */
function ownUnified(): string {
  const own = ownCgroup()
  const unified = readMounted().controllers.find(({ name }) => name === "")
  return unified === undefined ? "" : `${unified.mount}/${ownFolder(unified, own[""] ?? "/")}`
}

/** The longest path that both begin with, by whole names. */
function commonFolder(a: string, b: string): string {
  const [ours, theirs] = [a.split("/"), b.split("/")]
  let count = 0
  while (count < ours.length && ours[count] === theirs[count]) count++
  return ours.slice(0, count).join("/")
}
