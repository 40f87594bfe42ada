import { codeOfErrno } from "../error.ts"
import type { ErrorCode } from "../error-codes.ts"
import { ERRNO } from "../kernel/errno.ts"

/** What a code is found from. */
export interface FailedStep {
  /** The system call; undefined where the step is none. */
  readonly name?: string | undefined
  /** The config.json pointer that asked for it, or "". */
  readonly pointer: string
}

/** By the beginning of the pointer, the longer before the shorter. */
const CODES: readonly (readonly [prefix: string, code: ErrorCode])[] = [
  ["/process/cwd", "working-directory"],
  ["/process/user", "user-failed"],
  ["/process/capabilities", "capability-failed"],
  ["/process/apparmorProfile", "apparmor-failed"],
  ["/process/selinuxLabel", "selinux-failed"],
  ["/process/rlimits", "limit-failed"],
  ["/process/scheduler", "limit-failed"],
  ["/process/ioPriority", "limit-failed"],
  ["/process/execCPUAffinity", "limit-failed"],
  ["/process/noNewPrivileges", "isolation-failed"],
  ["/linux/seccomp", "seccomp-failed"],
  ["/linux/sysctl", "sysctl-failed"],
  ["/linux/devices", "device-failed"],
  ["/linux/maskedPaths", "isolation-failed"],
  ["/linux/readonlyPaths", "isolation-failed"],
  ["/linux/namespaces", "namespace-failed"],
  ["/linux/timeOffsets", "namespace-failed"],
  ["/linux/memoryPolicy", "limit-failed"],
  ["/hostname", "namespace-failed"],
  ["/domainname", "namespace-failed"],
  ["/linux/rootfsPropagation", "mount-failed"],
  ["/root", "mount-failed"],
  ["/mounts", "mount-failed"],
]

/**
 * The code of a step of a container's program that failed.
 * @param errno positive
 * @param log what the kernel said of a mount, or ""
 */
export function codeOfStep({ name, pointer }: FailedStep, errno: number, log: string): ErrorCode {
  if (errno === ERRNO.ENOSYS) return "kernel-unsupported"
  if (errno === ERRNO.ENOMEM || errno === ERRNO.ENOSPC) return "resources-exhausted"
  if (pointer.startsWith("/linux/cgroupsPath")) {
    return errno === ERRNO.EPERM || errno === ERRNO.EACCES ? "cgroup-not-permitted" : "cgroup-failed"
  }
  const found = CODES.find(([prefix]) => pointer.startsWith(prefix))?.[1] ?? codeOfErrno(errno)
  return found === "mount-failed" ? codeOfMount(name, errno, log) : found
}

/** System calls that look for a mount's place. */
const TARGET_CALLS = ["openat2", "mkdirat", "mknodat", "symlinkat", "move_mount"]

function codeOfMount(name: string | undefined, errno: number, log: string): ErrorCode {
  if (name === "fsopen" && errno === ERRNO.ENODEV) return "mount-type"
  if (name === "mount" && errno === ERRNO.ENODEV) return "mount-type"
  if (name === "open_tree" && (errno === ERRNO.ENOENT || errno === ERRNO.ENOTDIR)) return "mount-source-missing"
  if (errno === ERRNO.EPERM || errno === ERRNO.EACCES) return "mount-not-permitted"
  if (name !== undefined && TARGET_CALLS.includes(name)) return "mount-target"
  // the kernel's log of a file system that is being made is of its options, as far as it is an EINVAL
  if (errno === ERRNO.EINVAL && log !== "") return "mount-option"
  return "mount-failed"
}
