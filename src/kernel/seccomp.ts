/*
 * seccomp(2), linux/seccomp.h; and the names that config.json has for its parts (runtime-spec config-linux.md, "Seccomp").
 */

export const SECCOMP_SET_MODE_FILTER = 1

/** Flags of SECCOMP_SET_MODE_FILTER by their names in config.json. */
export const SECCOMP_FLAGS = {
  SECCOMP_FILTER_FLAG_TSYNC: 1,
  SECCOMP_FILTER_FLAG_LOG: 2,
  SECCOMP_FILTER_FLAG_SPEC_ALLOW: 4,
  SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: 32,
} as const

/** The call returns a descriptor on which SECCOMP_RET_USER_NOTIF is heard. */
export const FLAG_NEW_LISTENER = 8
/** A failure of TSYNC is an errno, so that the result can be a listener. */
export const FLAG_TSYNC_ESRCH = 16

/** What a filter returns, by the action's name in config.json; the low 16 bits are for a number. */
export const SECCOMP_ACTIONS = {
  SCMP_ACT_KILL: 0x00000000,
  SCMP_ACT_KILL_PROCESS: 0x80000000,
  SCMP_ACT_KILL_THREAD: 0x00000000,
  SCMP_ACT_TRAP: 0x00030000,
  SCMP_ACT_ERRNO: 0x00050000,
  SCMP_ACT_TRACE: 0x7ff00000,
  SCMP_ACT_ALLOW: 0x7fff0000,
  SCMP_ACT_LOG: 0x7ffc0000,
  SCMP_ACT_NOTIFY: 0x7fc00000,
} as const

export type ActionName = keyof typeof SECCOMP_ACTIONS

/** The errno of an action that has none of its own (config-linux.md, errnoRet): EPERM. */
const DEFAULT_ERRNO = 1

/** Whether an action returns a number to the caller or its tracer. */
export function takesErrno(action: ActionName): boolean {
  return action === "SCMP_ACT_ERRNO" || action === "SCMP_ACT_TRACE"
}

/** What a filter returns for an action. @param errno only of the actions that take one */
export function actionValue(action: ActionName, errno: number | undefined): number {
  return takesErrno(action) ? SECCOMP_ACTIONS[action] + ((errno ?? DEFAULT_ERRNO) & 0xffff) : SECCOMP_ACTIONS[action]
}

/** enum scmp_compare of seccomp_rule_add(3). */
export const SECCOMP_OPERATORS = {
  SCMP_CMP_NE: 1, SCMP_CMP_LT: 2, SCMP_CMP_LE: 3, SCMP_CMP_EQ: 4, SCMP_CMP_GE: 5, SCMP_CMP_GT: 6, SCMP_CMP_MASKED_EQ: 7,
} as const

/** The architectures of config.json; without the prefix and in lower case they are what libseccomp calls them. */
export const SECCOMP_ARCHITECTURES = [
  "SCMP_ARCH_X86", "SCMP_ARCH_X86_64", "SCMP_ARCH_X32", "SCMP_ARCH_ARM", "SCMP_ARCH_AARCH64", "SCMP_ARCH_LOONGARCH64", "SCMP_ARCH_M68K",
  "SCMP_ARCH_MIPS", "SCMP_ARCH_MIPS64", "SCMP_ARCH_MIPS64N32", "SCMP_ARCH_MIPSEL", "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32",
  "SCMP_ARCH_PPC", "SCMP_ARCH_PPC64", "SCMP_ARCH_PPC64LE", "SCMP_ARCH_S390", "SCMP_ARCH_S390X", "SCMP_ARCH_PARISC",
  "SCMP_ARCH_PARISC64", "SCMP_ARCH_RISCV64", "SCMP_ARCH_SH", "SCMP_ARCH_SHEB",
] as const

export type ArchitectureName = (typeof SECCOMP_ARCHITECTURES)[number]

/** libseccomp's name of an architecture, for seccomp_arch_resolve_name(3). */
export function libraryArchitecture(name: ArchitectureName): string {
  return name.slice("SCMP_ARCH_".length).toLowerCase()
}

/** The most instructions that seccomp(2) takes (BPF_MAXINSNS). */
export const BPF_INSTRUCTIONS_MAX = 4096
/** struct sock_filter. */
export const BPF_INSTRUCTION_BYTES = 8
