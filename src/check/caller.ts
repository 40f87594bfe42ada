import { sys } from "../ffi/index.ts"
import { readText } from "../host/file.ts"
import { hasCapability, parseCapabilities } from "../kernel/capabilities.ts"
import { CAPABILITIES } from "../kernel/capabilities.ts"
import type { Capability } from "../kernel/capabilities.ts"
import { ERRNO, errnoText } from "../kernel/errno.ts"
import { AT_EACCESS, AT_FDCWD } from "../kernel/fs.ts"
import { NR } from "../kernel/syscalls.ts"

/** Who calls, and would call create. */
export class Caller {
  readonly W_OK = 2
  readonly X_OK = 1
  readonly R_OK = 4
  readonly uid = sys(NR.geteuid)
  private readonly effective = parseCapabilities(/^CapEff:\s*(\w+)$/m.exec(readText("/proc/self/status"))?.[1] ?? "0".repeat(16))

  has(capability: Capability): boolean {
    return hasCapability(this.effective, CAPABILITIES.indexOf(capability))
  }

  /** faccessat2(2) with effective ids. @param mode 0 for "is it there" @returns 0, or the errno */
  access(path: string, mode: number): number {
    return -sys(NR.faccessat2, AT_FDCWD, path, mode, AT_EACCESS)
  }

  /** An errno as the reason why this user may not do something. */
  why(errno: number): string {
    return errno === ERRNO.EACCES || errno === ERRNO.EPERM ? `user ${this.uid} may not (${errnoText(errno)})` : errnoText(errno)
  }
}
