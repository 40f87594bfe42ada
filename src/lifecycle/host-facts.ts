import { RuntsError } from "../error.ts"
import { sys } from "../ffi/index.ts"
import { readText } from "../host/file.ts"
import { HOST_ARCHITECTURE, NR } from "../kernel/syscalls.ts"
import { parseCapabilities } from "../kernel/capabilities.ts"
import type { GrantableCapabilities, HostFacts } from "../plan/facts.ts"
import { annotationIsOn } from "../spec/annotations.ts"
import type { Spec } from "../spec/types.gen.ts"

const UTSNAME_FIELD = 65
/** The oldest kernel with all that every container needs: mount_setattr(2), clone3(2), openat2(2), close_range(2). */
const OLDEST_KERNEL = [5, 14] as const

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
  }
}

/** The kernel's release. @throws RuntsError where it is too old */
export function kernelVersion(): readonly [major: number, minor: number] {
  const uname = Buffer.alloc(6 * UTSNAME_FIELD)
  sys(NR.uname, uname)
  const release = uname.toString("latin1", 2 * UTSNAME_FIELD, 3 * UTSNAME_FIELD)
  const major = parseInt(release, 10)
  const minor = parseInt(release.slice(release.indexOf(".") + 1), 10)
  if (major < OLDEST_KERNEL[0] || (major === OLDEST_KERNEL[0] && minor < OLDEST_KERNEL[1])) {
    throw new RuntsError(`Linux ${major}.${minor} is too old: runts needs ${OLDEST_KERNEL.join(".")} or later (mount_setattr, clone3, openat2, close_range)`)
  }
  return [major, minor]
}

function ownCapabilities(): GrantableCapabilities {
  const status = readText("/proc/self/status")
  const set = (name: string): string => status.substr(status.indexOf(name) + name.length, 16)
  return { permitted: parseCapabilities(set("CapPrm:\t")), bounding: parseCapabilities(set("CapBnd:\t")) }
}
