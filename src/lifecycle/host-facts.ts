import { RuntsError } from "../error.ts"
import { sys } from "../ffi/index.ts"
import { readText } from "../host/file.ts"
import { HOST_ARCHITECTURE, NR } from "../kernel/syscalls.ts"
import type { HostFacts } from "../plan/facts.ts"

const UTSNAME_FIELD = 65
/** The oldest kernel with all that every container needs: mount_setattr(2), clone3(2), openat2(2), close_range(2). */
const OLDEST_KERNEL = [5, 14] as const

/** Facts of the machine that hold for all containers. */
export function hostFacts(): HostFacts {
  const uname = Buffer.alloc(6 * UTSNAME_FIELD)
  sys(NR.uname, uname)
  const release = uname.toString("latin1", 2 * UTSNAME_FIELD, 3 * UTSNAME_FIELD)
  const major = parseInt(release, 10)
  const minor = parseInt(release.slice(release.indexOf(".") + 1), 10)
  if (major < OLDEST_KERNEL[0] || (major === OLDEST_KERNEL[0] && minor < OLDEST_KERNEL[1])) {
    throw new RuntsError(`Linux ${major}.${minor} is too old: runts needs ${OLDEST_KERNEL.join(".")} or later (mount_setattr, clone3, openat2, close_range)`)
  }
  return { architecture: HOST_ARCHITECTURE, kernel: [major, minor], lastCapability: parseInt(readText("/proc/sys/kernel/cap_last_cap"), 10) }
}
