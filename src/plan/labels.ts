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
 * Holds the host's /proc, by which `planLabels` writes later. To be planned where the process is still the host's: before it
 * joins or makes any namespace, so that no image has a say in what is at /proc.
 *
 * Not a procfs of its own (fsmount), as sysctls have: that one is refused where the /proc in sight is masked, and AppArmor refuses
 * a confined runtime to write to files of a mount that is attached nowhere. What a private one would give beside, that
 * nothing can be mounted over its files, RESOLVE_NO_XDEV gives too.
 * @returns the step whose result is the descriptor; undefined where there is nothing to write
 */
export function holdProcfs(planner: Planner, labels: ProcessLabels | undefined): Step | undefined {
  if (labels?.apparmor === undefined && labels?.selinux === undefined) return undefined
  const p = planner.program
  const fine = p.label("procfs")
  planner.at(labels.apparmor === undefined ? "/process/selinuxLabel" : "/process/apparmorProfile")
  const proc = p.call("openat", AT_FDCWD, "/proc", O_PATH | O_CLOEXEC | O_DIRECTORY, 0).says("hold the host's /proc")
  const statfs = scratch(planner, 120)
  p.call("fstatfs", proc, statfs).says("look at the file system of the host's /proc")
  p.test(statfs, 0xffffffff, "==", SUPER_MAGIC.PROC, fine)
  p.fail(ENODEV).says("set the labels of the process: the host's /proc is no procfs")
  p.here(fine)
  planner.at("")
  return proc
}

/**
 * Sets the labels that hold from the next execve on. thread-self is the process itself also from inside another pid namespace: a
 * procfs shows the processes below its own, and who looks is looked up there. Works without any privilege, also when undumpable.
 * @param procfs the result of `holdProcfs`, which is closed here
 */
export function planLabels(planner: Planner, procfs: Step | undefined, labels: ProcessLabels | undefined): void {
  if (procfs === undefined || labels === undefined) return
  const { apparmor, stack, selinux } = labels
  if (apparmor !== undefined) {
    planner.at("/process/apparmorProfile")
    const says = `apparmor failed to apply profile ${JSON.stringify(apparmor)}`
    // a folder of AppArmor's own since Linux 5.8
    write(planner, procfs, "apparmor/exec", `${stack ? "stack" : "exec"} ${apparmor}`, says)
  }
  if (selinux !== undefined) {
    planner.at("/process/selinuxLabel")
    const quoted = JSON.stringify(selinux)
    write(planner, procfs, "exec", selinux, `set the SELinux label of the process to ${quoted}`)
    // execve clears it
    write(planner, procfs, "keycreate", selinux, `set the SELinux label of its keys to ${quoted}`)
  }
  planner.program.call("close", procfs)
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
