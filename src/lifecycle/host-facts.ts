import { readText } from "../host/file.ts"
import { inUserNamespace } from "../host/user-namespace.ts"
import { kernelVersion } from "../host/kernel-release.ts"
import { isUnprivileged } from "../host/privilege.ts"
import { HOST_ARCHITECTURE } from "../kernel/syscalls.ts"
import { parseCapabilities } from "../kernel/capabilities.ts"
import type { GrantableCapabilities, HostFacts } from "../plan/facts.ts"
import { annotationIsOn } from "../spec/annotations.ts"
import type { Spec } from "../spec/types.gen.ts"

/**
 * Facts of the machine that hold for all containers.
 * @param userNamespace the process is in a user namespace that is not the runtime's
 */
export function hostFacts(container: Pick<Spec, "annotations">, userNamespace: boolean): HostFacts {
  return {
    architecture: HOST_ARCHITECTURE,
    kernel: kernelVersion(),
    lastCapability: parseInt(readText("/proc/sys/kernel/cap_last_cap"), 10),
    grantable: userNamespace ? undefined : ownCapabilities(),
    keepGroups: annotationIsOn(container, "run.oci.keep_original_groups"),
    ...(userNamespace && isUnprivileged() ? { unprivileged: true } : {}),
    ...(!userNamespace && inUserNamespace() ? { nested: true } : {}),
  }
}

function ownCapabilities(): GrantableCapabilities {
  const status = readText("/proc/self/status")
  const set = (name: string): string => status.substr(status.indexOf(name) + name.length, 16)
  return { permitted: parseCapabilities(set("CapPrm:\t")), bounding: parseCapabilities(set("CapBnd:\t")) }
}
