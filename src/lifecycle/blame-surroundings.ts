import { RuntsError } from "../error.ts"
import { ownCgroup, readMounted } from "../host/cgroup/layout.ts"
import type { CgroupRecord } from "../host/cgroup/manager.ts"
import { ownFolder } from "../host/cgroup/paths.ts"
import { readText } from "../host/file.ts"
import { ERRNO } from "../kernel/errno.ts"

/**
 * Makes the container's process. What is refused by what runts itself is in, a container of another runtime or a cgroup, is told so.
 */
export function blameSurroundings<T>(record: CgroupRecord, launch: () => T): T {
  try {
    return launch()
  } catch (error) {
    if (!(error instanceof RuntsError)) throw error
    const { syscall, errno, hint } = error.details
    if (syscall === "clone3" && errno === ERRNO.EACCES && record.paths[""] !== undefined) throw outside(error, record.paths[""])
    if (hint === undefined && (errno === ERRNO.ENOSYS || errno === ERRNO.EPERM) && isFiltered()) throw filtered(error)
    throw error
  }
}

/** Whether a seccomp filter is in force for this process (proc_pid_status(5)). */
function isFiltered(): boolean {
  return /^Seccomp:\t2$/m.test(readText("/proc/self/status"))
}

function filtered({ message, details }: RuntsError): RuntsError {
  const call = details.syscall === undefined ? "system calls" : details.syscall
  return new RuntsError(message, {
    ...details,
    hint: `runts itself runs under a seccomp filter, which may be what refuses ${call}: start the container it is in with clone3, unshare, setns, mount and ` +
      "their like allowed (docker run --security-opt seccomp=unconfined), or with CAP_SYS_ADMIN, for which engines allow them",
  })
}

/** clone3(2) says EACCES of the cgroup alone: the error names both and what would have to be the caller's (cgroup-v2.rst, "Delegation Containment"). */
function outside({ details }: RuntsError, target: string): RuntsError {
  const common = commonFolder(ownUnified(), target)
  return new RuntsError(`bring the container's process into cgroup ${JSON.stringify(target)}: permission denied`, {
    ...details, code: "cgroup-not-permitted", pointer: "/linux/cgroupsPath",
    hint: `who moves a process must be able to write ${common}/cgroup.procs, of the innermost cgroup that holds both this process and that cgroup: ` +
      "call runts from a cgroup of the same delegated part of the tree",
  })
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
