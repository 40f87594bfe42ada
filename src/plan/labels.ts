import { AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_PATH, O_WRONLY, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_XDEV } from "../kernel/fs.ts"
import { SUPER_MAGIC } from "../kernel/mount.ts"
import type { Step } from "../program/program.ts"
import type { Planner } from "./planner.ts"
import { scratch } from "./targets.ts"

/** What AppArmor and SELinux are told of a process; undefined where there is nothing to tell. */
export interface ProcessLabels {
  /** AppArmor profile, entered at the next execve. */
  readonly apparmor: string | undefined
  /**
   * The profile is stacked on the runtime's own, so that both hold: with noNewPrivileges a process that is confined already, as
   * in a nested runtime, may only become more so (else execve fails with EPERM).
   */
  readonly stack: boolean
  /** SELinux context of the process from the next execve on, and of the keys it makes before. */
  readonly selinux: string | undefined
}

const ENODEV = 19

/**
 * Sets the labels that hold from the next execve on; a process that is made meanwhile has them too (apparmor_task_alloc,
 * selinux_cred_prepare). To be planned where the process is still the host's, before it joins or makes any namespace: no image has a
 * say in what is at /proc then, and no container sees a process that has the host's /proc open. Works without any privilege, also
 * when undumpable.
 *
 * Not through a procfs of its own (fsmount), as sysctls have: that one is refused where the /proc in sight is masked, and AppArmor
 * refuses a confined runtime to write to files of a mount that is attached nowhere. What a private one would give beside, that
 * nothing can be mounted over its files, RESOLVE_NO_XDEV gives too.
 */
export function planLabels(planner: Planner, labels: ProcessLabels | undefined): void {
  if (labels?.apparmor === undefined && labels?.selinux === undefined) return
  const { apparmor, stack, selinux } = labels
  const p = planner.program
  const fine = p.label("procfs")
  planner.at(apparmor === undefined ? "/process/selinuxLabel" : "/process/apparmorProfile")
  const proc = p.call("openat", AT_FDCWD, "/proc", O_PATH | O_CLOEXEC | O_DIRECTORY, 0).says("open the host's /proc")
  const statfs = scratch(planner, 120)
  p.call("fstatfs", proc, statfs).says("look at the file system of the host's /proc")
  p.test(statfs, 0xffffffff, "==", SUPER_MAGIC.PROC, fine)
  p.fail(ENODEV).says("set the labels of the process: the host's /proc is no procfs")
  p.here(fine)
  if (apparmor !== undefined) {
    const says = `apparmor failed to apply profile ${JSON.stringify(apparmor)}`
    // a folder of AppArmor's own since Linux 5.8
    write(planner, proc, "apparmor/exec", `${stack ? "stack" : "exec"} ${apparmor}`, says)
  }
  if (selinux !== undefined) {
    planner.at("/process/selinuxLabel")
    const quoted = JSON.stringify(selinux)
    write(planner, proc, "exec", selinux, `set the SELinux label of the process to ${quoted}`)
    // execve clears it
    write(planner, proc, "keycreate", selinux, `set the SELinux label of its keys to ${quoted}`)
  }
  p.call("close", proc)
  planner.at("")
}

/** The kernel takes an attribute in one write. */
function write(planner: Planner, procfs: Step, attribute: string, value: string, says: string): void {
  const p = planner.program
  const how = planner.openHow(O_WRONLY | O_CLOEXEC, RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS)
  const file = p.call("openat2", procfs, `thread-self/attr/${attribute}`, ...how).says(`${says}: open attr/${attribute}`)
  p.call("write", file, value, Buffer.byteLength(value)).says(says)
  p.call("close", file)
}
