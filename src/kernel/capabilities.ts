/** Capability names in the order of their numbers (man capabilities(7), linux/capability.h). */
export const CAPABILITIES = [
  "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID",
  "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN", "CAP_NET_RAW",
  "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT",
  "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD",
  "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL", "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG",
  "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
] as const

export type Capability = (typeof CAPABILITIES)[number]

/** A set of capabilities as the kernel's two 32-bit words. */
export interface CapabilityWords {
  low: number
  high: number
}

/** The words of a set of names; names that this kernel's table lacks are left out (spec: they MUST NOT fail, a warning is given elsewhere). */
export function capabilityWords(names: readonly string[] | undefined): CapabilityWords {
  const words = { low: 0, high: 0 }
  if (names === undefined) return words
  for (const name of names) {
    const number = (CAPABILITIES as readonly string[]).indexOf(name)
    if (number < 0) continue
    if (number < 32) words.low |= 1 << number
    else words.high |= 1 << (number - 32)
  }
  words.low >>>= 0
  words.high >>>= 0
  return words
}

/** The words of 16 hexadecimal digits, as /proc/PID/status has them. */
export function parseCapabilities(hexadecimal: string): CapabilityWords {
  return { high: parseInt(hexadecimal.slice(0, 8), 16), low: parseInt(hexadecimal.slice(8, 16), 16) }
}

/** What is in both sets. */
export function bothHave(a: CapabilityWords, b: CapabilityWords): CapabilityWords {
  return { low: (a.low & b.low) >>> 0, high: (a.high & b.high) >>> 0 }
}

/** Whether capability number `n` is in the words. */
export function hasCapability(words: CapabilityWords, n: number): boolean {
  return n < 32 ? ((words.low >>> n) & 1) === 1 : ((words.high >>> (n - 32)) & 1) === 1
}
