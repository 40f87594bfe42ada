import { sys } from "../../ffi/index.ts"
import type { SysArg } from "../../ffi/index.ts"
import { ERRNO, errnoName } from "../../kernel/errno.ts"
import { HOST_ARCHITECTURE, syscallNumbers } from "../../kernel/syscalls.ts"
import type { SyscallName } from "../../kernel/syscalls.ts"
import type { Answer } from "./ability.ts"
import { missing, present } from "./ability.ts"

/**
 * Whether a system call is there, by a call that cannot succeed.
 * @param refusals errors that say no beside ENOSYS: a filter of the container that runts runs in may answer EPERM, where the kernel
 * itself would find fault with the arguments
 */
export function asks(name: SyscallName, args: readonly SysArg[], refusals: readonly number[] = [ERRNO.EPERM]): Answer {
  const result = sys(syscallNumbers(HOST_ARCHITECTURE).get(name) as number, ...args)
  if (result === -ERRNO.ENOSYS) return missing("ENOSYS")
  return refusals.includes(-result) ? missing(`refused with ${errnoName(-result)}`) : present()
}
