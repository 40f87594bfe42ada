import { sys } from "../ffi/index.ts"
import { CAPABILITIES, hasCapability, type Capability, type CapabilityWords } from "../kernel/capabilities.ts"
import { CAPABILITY_VERSION_3 } from "../kernel/process.ts"
import { NR } from "../kernel/syscalls.ts"
import { inUserNamespace } from "./user-namespace.ts"

let effective: CapabilityWords | undefined

/** Whether this process has a capability in its own user namespace, in effect (capget(2)). */
export function hasOwnCapability(capability: Capability): boolean {
  effective ??= readEffective()
  return hasCapability(effective, CAPABILITIES.indexOf(capability))
}

/** struct __user_cap_data_struct[2]: effective, permitted, inheritable of the low word, then of the high one. */
function readEffective(): CapabilityWords {
  const header = new Uint32Array([CAPABILITY_VERSION_3, 0])
  const sets = new Uint32Array(6)
  sys(NR.capget, new Uint8Array(header.buffer), new Uint8Array(sets.buffer))
  return { low: sets[0] as number, high: sets[3] as number }
}

/**
 * Whether this process has no rights over the user namespace that it is in: then it makes containers in user namespaces of their own only,
 * in which the kernel gives it all rights. Root of the machine has them, and root of a user namespace that somebody made before
 * (`unshare --map-root-user`, rootless Podman).
 */
export function isUnprivileged(): boolean {
  return !hasOwnCapability("CAP_SYS_ADMIN")
}

/** Whether the caller is who may make cgroups where they can be made: root, neither of a user namespace nor of a container without rights. */
export function isHostRoot(): boolean {
  return !isUnprivileged() && !inUserNamespace()
}

/**
 * Whether a container is rootless, which means that cgroups are done without where permission is missing and nothing is asked for in
 * them: as --rootless says, else for all callers but root of the machine, as runc decides.
 */
export function isRootless(flag: "true" | "false" | "auto"): boolean {
  return flag === "true" || (flag === "auto" && !isHostRoot())
}
