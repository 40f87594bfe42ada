import { RuntsError } from "../error.ts"
import type { Process } from "../spec/types.gen.ts"
import { CAPABILITIES, hasCapability, type CapabilityWords } from "../kernel/capabilities.ts"
import { CAPABILITY_VERSION_3, PR } from "../kernel/process.ts"
import { grantedCapabilities, type CapabilitySets } from "./capability-sets.ts"
import type { HostFacts } from "./facts.ts"
import { dumpable, undumpable } from "./launcher.ts"
import type { Planner } from "./planner.ts"

/** setresuid(2) and setresgid(2) take it as "leave as it is", which here is root. */
const NO_ID = 0xffffffff

/**
 * Identity and privileges of the process. The order is the kernel's: the bounding set needs CAP_SETPCAP, groups and ids need
 * CAP_SETGID and CAP_SETUID, KEEPCAPS carries the permitted set over the change of uid, and the last capset leaves what was asked for.
 * @throws RuntsError for the id -1, which no process can have
 */
export function planCredentials(planner: Planner, process: Process, facts: HostFacts): void {
  const p = planner.program
  const { bounding, effective, permitted, inheritable, ambient } = grantedCapabilities(process.capabilities, facts, planner.warnings)
  planner.at("/process/noNewPrivileges")
  if (process.noNewPrivileges === true) p.call("prctl", PR.SET_NO_NEW_PRIVS, 1, 0, 0, 0).says("no new privileges by execve")
  planner.at("/process/capabilities/bounding")
  for (let n = 0; n <= facts.lastCapability; n++) {
    if (!hasCapability(bounding, n)) p.call("prctl", PR.CAPBSET_DROP, n, 0, 0, 0).says(`drop ${CAPABILITIES[n] ?? `capability ${n}`} from the bounding set`)
  }
  planIdentity(planner, process, facts)
  planner.at("/process/capabilities")
  if (holdsAdmin({ effective, permitted }, process, facts)) {
    const [heldEffective, heldPermitted] = [withAdmin(effective), withAdmin(permitted)]
    const capset = p.call("capset", header(planner), sets(planner, heldEffective, heldPermitted, inheritable))
    capset.says("set the effective, permitted and inheritable sets, and keep CAP_SYS_ADMIN until the seccomp filter is loaded")
  } else setAll(planner, effective, permitted, inheritable)
  // ambient wants each capability permitted and inheritable; raising needs no privilege
  planner.at("/process/capabilities/ambient")
  p.call("prctl", PR.CAP_AMBIENT, PR.CAP_AMBIENT_CLEAR_ALL, 0, 0, 0).says("clear the ambient set")
  for (let n = 0; n <= facts.lastCapability; n++) {
    if (!hasCapability(ambient, n)) continue
    const raise = p.call("prctl", PR.CAP_AMBIENT, PR.CAP_AMBIENT_RAISE, n, 0, 0)
    // securebits(7) may forbid it
    raise.on("EPERM", "continue").says(`raise ${CAPABILITIES[n] ?? `capability ${n}`} in the ambient set`)
  }
  planner.at("")
}

const CAP_SYS_ADMIN = CAPABILITIES.indexOf("CAP_SYS_ADMIN")

/** Whether the process needs CAP_SYS_ADMIN longer than it has it: without no_new_privs seccomp(2) wants that. */
function holdsAdmin({ effective, permitted }: Pick<CapabilitySets, "effective" | "permitted">, process: Process, facts: HostFacts): boolean {
  if (facts.seccomp === undefined || process.noNewPrivileges === true) return false
  if (facts.grantable !== undefined && !hasCapability(facts.grantable.permitted, CAP_SYS_ADMIN)) return false
  return !hasCapability(effective, CAP_SYS_ADMIN) || !hasCapability(permitted, CAP_SYS_ADMIN)
}

function withAdmin({ low, high }: CapabilityWords): CapabilityWords {
  return { low: (low | 1 << CAP_SYS_ADMIN) >>> 0, high }
}

function setAll(planner: Planner, effective: CapabilityWords, permitted: CapabilityWords, inheritable: CapabilityWords): void {
  const capset = planner.program.call("capset", header(planner), sets(planner, effective, permitted, inheritable))
  capset.says("set the effective, permitted and inheritable sets")
}

/** After the filter is loaded: gives up what was held for it. The ambient set loses with the permitted one (capabilities(7)). */
export function settleCapabilities(planner: Planner, process: Process, facts: HostFacts): void {
  const { effective, permitted, inheritable } = grantedCapabilities(process.capabilities, facts, [])
  if (!holdsAdmin({ effective, permitted }, process, facts)) return
  planner.at("/process/capabilities")
  setAll(planner, effective, permitted, inheritable)
}

function planIdentity(planner: Planner, process: Process, { keepGroups, deniesGroups, traceable }: HostFacts): void {
  const p = planner.program
  const { uid, gid } = process.user
  const groups = process.user.additionalGids ?? []
  if (uid === NO_ID) {
    throw new RuntsError("process.user.uid: 4294967295 is -1 to the kernel, which is no user", {
      code: "config-rule", pointer: "/process/user/uid",
    })
  }
  if (gid === NO_ID) {
    throw new RuntsError("process.user.gid: 4294967295 is -1 to the kernel, which is no group", {
      code: "config-rule", pointer: "/process/user/gid",
    })
  }
  planner.at("/process/user/additionalGids")
  p.call("prctl", PR.SET_KEEPCAPS, 1, 0, 0, 0).says("keep capabilities over the change of user")
  if (deniesGroups === true && !keepGroups) {
    if (groups.length > 0) {
      throw new RuntsError("process.user.additionalGids: cannot set any additional groups in a rootless container with one group id: the kernel denies setgroups(2)", {
        code: "id-map-failed", pointer: "/process/user/additionalGids",
        hint: "leave them out, map ranges of /etc/subgid with newgidmap, or keep the caller's with the annotation run.oci.keep_original_groups=1",
      })
    }
  } else if (!keepGroups) {
    const list = p.bytes(new Uint8Array(new Uint32Array(groups).buffer))
    const set = p.call("setgroups", groups.length, list).says(groups.length === 0 ? "drop all additional groups" : `set the additional groups ${groups.join(", ")}`)
    // a user namespace whose setgroups is denied keeps the groups it came with; runc leaves the additional ones out there, too
    set.on("EPERM", "continue")
  } else if (groups.length > 0) {
    planner.warnings.push("process.user.additionalGids is left out: the annotation run.oci.keep_original_groups keeps the caller's groups")
  }
  planner.at("/process/user/gid")
  p.call("setresgid", gid, gid, gid).says(`become group ${gid}`)
  planner.at("/process/user/uid")
  p.call("setresuid", uid, uid, uid).says(`become user ${uid}`)
  if (traceable === true) dumpable(planner)
  else undumpable(planner)
  p.call("prctl", PR.SET_KEEPCAPS, 0, 0, 0, 0).says("stop keeping capabilities")
}

function header(planner: Planner) {
  return planner.program.bytes(new Uint8Array(new Uint32Array([CAPABILITY_VERSION_3, 0]).buffer))
}

/** struct __user_cap_data_struct[2]: effective, permitted, inheritable of the low word, then of the high one. */
function sets(planner: Planner, effective: CapabilityWords, permitted: CapabilityWords, inheritable: CapabilityWords) {
  const words = [effective.low, permitted.low, inheritable.low, effective.high, permitted.high, inheritable.high]
  return planner.program.bytes(new Uint8Array(new Uint32Array(words).buffer))
}

