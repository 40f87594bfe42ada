/** The processors runts runs on, by Node's names. */
export type Architecture = "x64" | "arm64"

/** The processor this process runs on. */
export const HOST_ARCHITECTURE: Architecture = process.arch === "arm64" ? "arm64" : "x64"

/**
 * The system calls' numbers on the processor this process runs on, as `NR.openat`. A module, so that the bundler turns
 * each into a constant and drops those nobody names: an object of this size costs 0.1 ms at every start.
 */
export * as NR from "./nr.ts"

/**
 * Rows of name, number on x86-64 (asm/unistd_64.h), number on arm64 (asm-generic/unistd.h; `newfstatat` is `fstatat` there);
 * -1: the architecture does not have it. `nr.ts` is generated from these rows. One flat list, as an engine reads that from
 * the binary at once, while an object is built property by property.
 */
const ROWS = [
  // files and descriptors
  "read", 0, 63,  "write", 1, 64,  "close", 3, 57,  "open", 2, -1,  "openat", 257, 56,  "openat2", 437, 437,
  "pread64", 17, 67,  "pwrite64", 18, 68,  "lseek", 8, 62,  "readv", 19, 65,  "writev", 20, 66,  "dup", 32, 23,
  "dup2", 33, -1,  "dup3", 292, 24,  "fcntl", 72, 25,  "flock", 73, 32,  "ioctl", 16, 29,  "pipe2", 293, 59,
  "ftruncate", 77, 46,  "truncate", 76, 45,  "fallocate", 285, 47,  "copy_file_range", 326, 285,  "sendfile", 40, 71,
  "splice", 275, 76,  "fsync", 74, 82,  "fdatasync", 75, 83,  "close_range", 436, 436,  "memfd_create", 319, 279,
  // names and metadata
  "mkdirat", 258, 34,  "mknodat", 259, 33,  "unlinkat", 263, 35,  "symlinkat", 266, 36,  "linkat", 265, 37,
  "renameat2", 316, 276,  "readlinkat", 267, 78,  "fchmod", 91, 52,  "fchmodat", 268, 53,  "fchown", 93, 55,
  "fchownat", 260, 54,  "statx", 332, 291,  "fstat", 5, 80,  "newfstatat", 262, 79,  "statfs", 137, 43,
  "fstatfs", 138, 44,  "faccessat", 269, 48,  "faccessat2", 439, 439,  "getdents64", 217, 61,  "utimensat", 280, 88,
  "umask", 95, 166,  "getcwd", 79, 17,  "chdir", 80, 49,  "fchdir", 81, 50,  "chroot", 161, 51,
  // extended attributes
  "setxattr", 188, 5,  "lsetxattr", 189, 6,  "fsetxattr", 190, 7,  "getxattr", 191, 8,  "lgetxattr", 192, 9,
  "fgetxattr", 193, 10,  "listxattr", 194, 11,  "llistxattr", 195, 12,  "flistxattr", 196, 13,  "removexattr", 197, 14,
  "lremovexattr", 198, 15,  "fremovexattr", 199, 16,
  // mounts
  "mount", 165, 40,  "umount2", 166, 39,  "pivot_root", 155, 41,  "open_tree", 428, 428,  "move_mount", 429, 429,
  "fsopen", 430, 430,  "fsconfig", 431, 431,  "fsmount", 432, 432,  "fspick", 433, 433,  "mount_setattr", 442, 442,
  // waiting
  "poll", 7, -1,  "ppoll", 271, 73,  "pselect6", 270, 72,  "epoll_create1", 291, 20,  "epoll_ctl", 233, 21,
  "epoll_pwait", 281, 22,  "eventfd2", 290, 19,  "signalfd4", 289, 74,  "timerfd_create", 283, 85,
  "timerfd_settime", 286, 86,  "timerfd_gettime", 287, 87,  "inotify_init1", 294, 26,  "inotify_add_watch", 254, 27,
  "inotify_rm_watch", 255, 28,  "nanosleep", 35, 101,  "clock_nanosleep", 230, 115,  "clock_gettime", 228, 113,
  "gettimeofday", 96, 169,  "futex", 202, 98,
  // sockets
  "socket", 41, 198,  "socketpair", 53, 199,  "bind", 49, 200,  "listen", 50, 201,  "accept", 43, 202,
  "accept4", 288, 242,  "connect", 42, 203,  "getsockname", 51, 204,  "sendto", 44, 206,  "recvfrom", 45, 207,
  "sendmsg", 46, 211,  "recvmsg", 47, 212,  "shutdown", 48, 210,  "setsockopt", 54, 208,  "getsockopt", 55, 209,
  // processes
  "clone", 56, 220,  "clone3", 435, 435,  "execve", 59, 221,  "execveat", 322, 281,  "exit", 60, 93,
  "exit_group", 231, 94,  "wait4", 61, 260,  "waitid", 247, 95,  "getpid", 39, 172,  "getppid", 110, 173,
  "gettid", 186, 178,  "getpgid", 121, 155,  "setpgid", 109, 154,  "getsid", 124, 156,  "setsid", 112, 157,
  "pidfd_open", 434, 434,  "pidfd_send_signal", 424, 424,  "pidfd_getfd", 438, 438,  "kill", 62, 129,  "tkill", 200, 130,
  "tgkill", 234, 131,  "ptrace", 101, 117,
  // namespaces
  "unshare", 272, 97,  "setns", 308, 268,  "sethostname", 170, 161,  "setdomainname", 171, 162,
  // signals
  "rt_sigaction", 13, 134,  "rt_sigprocmask", 14, 135,  "rt_sigtimedwait", 128, 137,  "rt_sigpending", 127, 136,
  "rt_sigsuspend", 130, 133,  "sigaltstack", 131, 132,
  // identity and privileges
  "getuid", 102, 174,  "geteuid", 107, 175,  "getgid", 104, 176,  "getegid", 108, 177,  "setuid", 105, 146,
  "setgid", 106, 144,  "getresuid", 118, 148,  "setresuid", 117, 147,  "getresgid", 120, 150,  "setresgid", 119, 149,
  "getgroups", 115, 158,  "setgroups", 116, 159,  "setfsuid", 122, 151,  "setfsgid", 123, 152,  "capget", 125, 90,
  "capset", 126, 91,  "prctl", 157, 167,  "seccomp", 317, 277,  "bpf", 321, 280,  "keyctl", 250, 219,
  "add_key", 248, 217,  "landlock_create_ruleset", 444, 444,
  // limits and scheduling
  "prlimit64", 302, 261,  "getrlimit", 97, 163,  "setrlimit", 160, 164,  "getrusage", 98, 165,  "getpriority", 140, 141,
  "setpriority", 141, 140,  "ioprio_get", 252, 31,  "ioprio_set", 251, 30,  "sched_yield", 24, 124,
  "sched_setattr", 314, 274,  "sched_getattr", 315, 275,  "sched_setscheduler", 144, 119,
  "sched_getscheduler", 145, 120,  "sched_setaffinity", 203, 122,  "sched_getaffinity", 204, 123,
  "sched_get_priority_max", 146, 125,  "sched_get_priority_min", 147, 126,  "set_mempolicy", 238, 237,
  "get_mempolicy", 239, 236,  "personality", 135, 92,
  // memory
  "mmap", 9, 222,  "munmap", 11, 215,  "mprotect", 10, 226,  "madvise", 28, 233,  "mincore", 27, 232,
  // machine
  "uname", 63, 160,  "sysinfo", 99, 179,  "getrandom", 318, 278,
] as const

/** A system call's name in the kernel's headers. */
export type SyscallName = Extract<(typeof ROWS)[number], string>

const numbers: { x64?: Map<SyscallName, number>; arm64?: Map<SyscallName, number> } = {}

/** The system calls' numbers on an architecture; those it lacks are missing. For programs; calls of this process use `NR`. */
export function syscallNumbers(architecture: Architecture): ReadonlyMap<SyscallName, number> {
  const known = numbers[architecture]
  if (known !== undefined) return known
  const map = (numbers[architecture] = new Map<SyscallName, number>())
  const column = architecture === "x64" ? 1 : 2
  for (let i = 0; i < ROWS.length; i += 3) {
    const number = ROWS[i + column] as number
    if (number >= 0) map.set(ROWS[i] as SyscallName, number)
  }
  return map
}

/** The whole table, `openat: [257, 56]`; -1: the architecture does not have it. For tools and tests: slow. */
export function syscalls(): Record<SyscallName, readonly [x64: number, arm64: number]> {
  const table = {} as Record<SyscallName, readonly [number, number]>
  for (let i = 0; i < ROWS.length; i += 3) table[ROWS[i] as SyscallName] = [ROWS[i + 1] as number, ROWS[i + 2] as number]
  return table
}
