import { sys } from "../../ffi/index.ts"
import { ERRNO } from "../../kernel/errno.ts"
import {
  FLAG_NEW_LISTENER, SECCOMP_ACTIONS, SECCOMP_ARCHITECTURES, SECCOMP_FLAGS, SECCOMP_OPERATORS, SECCOMP_SET_MODE_FILTER,
} from "../../kernel/seccomp.ts"
import { NR } from "../../kernel/syscalls.ts"
import type { FeaturesSeccomp } from "../../spec/types.gen.ts"

/** What this runtime knows of seccomp, and which flags this kernel takes (runtime-spec features-linux.md, "Seccomp"). */
export function seccompFeatures(): Required<FeaturesSeccomp> {
  return {
    enabled: true,
    actions: Object.keys(SECCOMP_ACTIONS).sort(),
    operators: Object.keys(SECCOMP_OPERATORS).sort(),
    archs: [...SECCOMP_ARCHITECTURES].sort(),
    knownFlags: Object.keys(SECCOMP_FLAGS).sort(),
    supportedFlags: (Object.keys(SECCOMP_FLAGS) as (keyof typeof SECCOMP_FLAGS)[]).filter(flagIsSupported).sort(),
  }
}

/** Whether the kernel takes a flag. It looks at flags before it looks at the filter, which here is none. */
export function flagIsSupported(name: keyof typeof SECCOMP_FLAGS): boolean {
  // about the listener, and refused where none is made
  const beside = name === "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" ? FLAG_NEW_LISTENER : 0
  return sys(NR.seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FLAGS[name] | beside, 0) === -ERRNO.EFAULT
}
