import { RuntsError } from "../error.ts"
import { sys } from "../ffi/index.ts"
import { NR } from "../kernel/syscalls.ts"

const UTSNAME_FIELD = 65
/** The oldest kernel with all that every container needs: mount_setattr(2), clone3(2), openat2(2), close_range(2). */
export const OLDEST_KERNEL = [5, 14] as const

/** The kernel's release. @throws RuntsError where it is too old */
export function kernelVersion(): readonly [major: number, minor: number] {
  const uname = Buffer.alloc(6 * UTSNAME_FIELD)
  sys(NR.uname, uname)
  const [major, minor] = parseRelease(uname.toString("latin1", 2 * UTSNAME_FIELD, 3 * UTSNAME_FIELD))
  if (isTooOld(major, minor)) {
    throw new RuntsError(`Linux ${major}.${minor} is too old: runts needs ${OLDEST_KERNEL.join(".")} or later (mount_setattr, clone3, openat2, close_range)`, {
      code: "kernel-unsupported",
    })
  }
  return [major, minor]
}

/** The first two numbers of a release as uname(2) tells it, "6.1.0-18-amd64". */
export function parseRelease(release: string): readonly [major: number, minor: number] {
  return [parseInt(release, 10), parseInt(release.slice(release.indexOf(".") + 1), 10)]
}

export function isTooOld(major: number, minor: number): boolean {
  return major < OLDEST_KERNEL[0] || (major === OLDEST_KERNEL[0] && minor < OLDEST_KERNEL[1])
}
