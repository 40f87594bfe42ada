import { RuntsError } from "../error.ts"
import type { ProcessLabels } from "../plan/labels.ts"
import type { Process } from "../spec/types.gen.ts"

/** The kernel takes at most a page of an attribute and drops the rest unsaid (fs/proc/base.c, proc_pid_attr_write). */
const LABEL_BYTES_MAX = 4000

/**
 * The labels of a process, which this kernel must have the module for: a process is never less confined than was asked for.
 * @param mountLabel linux.mountLabel, where mounts are to be made
 * @returns undefined where nothing is to be set
 * @throws RuntsError where the module is off
 */
export async function processLabels(process: Process, mountLabel = ""): Promise<ProcessLabels | undefined> {
  const apparmor = process.apparmorProfile ?? ""
  const selinux = process.selinuxLabel ?? ""
  if (apparmor === "" && selinux === "" && mountLabel === "") return undefined
  const { ownApparmorProfile, selinuxEnabled } = await import("../host/lsm.ts")
  const own = apparmor === "" ? undefined : ownApparmorProfile()
  // without AppArmor every process is unconfined
  if (apparmor !== "" && apparmor !== "unconfined" && own === undefined) throw apparmorOff(apparmor)
  if ((selinux !== "" || mountLabel !== "") && !selinuxEnabled()) throw selinuxOff(selinux, mountLabel)
  checkLength(apparmor, "/process/apparmorProfile")
  checkLength(selinux, "/process/selinuxLabel")
  return {
    apparmor: own === undefined ? undefined : apparmor,
    stack: own !== undefined && own !== "unconfined" && process.noNewPrivileges === true,
    selinux: selinux === "" ? undefined : selinux,
  }
}

function apparmorOff(profile: string): RuntsError {
  return new RuntsError(`apparmor failed to apply profile ${JSON.stringify(profile)}: AppArmor is not enabled on this host`, {
    code: "apparmor-failed",
    pointer: "/process/apparmorProfile",
    hint: "leave the profile out, or boot a kernel that has AppArmor with apparmor=1 security=apparmor",
  })
}

function selinuxOff(label: string, mountLabel: string): RuntsError {
  const what = label !== "" ? `selinux label ${JSON.stringify(label)}` : `mount label ${JSON.stringify(mountLabel)}`
  return new RuntsError(`${what} is specified, but SELinux is disabled on this host, or has no policy`, {
    code: "selinux-failed",
    pointer: label !== "" ? "/process/selinuxLabel" : "/linux/mountLabel",
    hint: "leave the label out, or boot a kernel that has SELinux with security=selinux selinux=1",
  })
}

function checkLength(label: string, pointer: string): void {
  const bytes = Buffer.byteLength(label)
  if (bytes <= LABEL_BYTES_MAX) return
  const name = pointer.slice(1).replace("/", ".")
  throw new RuntsError(`${name} has ${bytes} bytes; ${LABEL_BYTES_MAX} are the most`, { code: "config-rule", pointer })
}
