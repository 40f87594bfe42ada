/** clone3(2), unshare(2), setns(2) flags. */
export const CLONE = {
  NEWTIME: 0x80, FILES: 0x400, NEWNS: 0x20000, PARENT: 0x8000, NEWCGROUP: 0x2000000, NEWUTS: 0x4000000, NEWIPC: 0x8000000,
  NEWUSER: 0x10000000, NEWPID: 0x20000000, NEWNET: 0x40000000, INTO_CGROUP: 0x200000000,
} as const

/** prctl(2) operations and arguments. */
export const PR = {
  SET_PDEATHSIG: 1, SET_DUMPABLE: 4, SET_KEEPCAPS: 8, SET_NAME: 15, CAPBSET_DROP: 24, SET_CHILD_SUBREAPER: 36, SET_NO_NEW_PRIVS: 38, GET_NO_NEW_PRIVS: 39,
  CAP_AMBIENT: 47, CAP_AMBIENT_RAISE: 2, CAP_AMBIENT_CLEAR_ALL: 4,
} as const

/** Namespace types of config.json with their clone flag and their file below /proc/PID/ns. */
export const NAMESPACES = {
  user: { flag: CLONE.NEWUSER, file: "user" },
  pid: { flag: CLONE.NEWPID, file: "pid" },
  network: { flag: CLONE.NEWNET, file: "net" },
  ipc: { flag: CLONE.NEWIPC, file: "ipc" },
  uts: { flag: CLONE.NEWUTS, file: "uts" },
  cgroup: { flag: CLONE.NEWCGROUP, file: "cgroup" },
  time: { flag: CLONE.NEWTIME, file: "time" },
  mount: { flag: CLONE.NEWNS, file: "mnt" },
} as const

export type NamespaceType = keyof typeof NAMESPACES

/** Execution domains (personality(2)) by the names of config.json. */
export const PERSONALITIES = { LINUX: 0, LINUX32: 8 } as const

/** setrlimit(2) resources by the names of config.json; the same on x86-64 and arm64. */
export const RLIMITS = {
  RLIMIT_CPU: 0, RLIMIT_FSIZE: 1, RLIMIT_DATA: 2, RLIMIT_STACK: 3, RLIMIT_CORE: 4, RLIMIT_RSS: 5, RLIMIT_NPROC: 6, RLIMIT_NOFILE: 7,
  RLIMIT_MEMLOCK: 8, RLIMIT_AS: 9, RLIMIT_LOCKS: 10, RLIMIT_SIGPENDING: 11, RLIMIT_MSGQUEUE: 12, RLIMIT_NICE: 13, RLIMIT_RTPRIO: 14,
  RLIMIT_RTTIME: 15,
} as const

/** keyctl(2) operations. */
export const KEYCTL = { JOIN_SESSION_KEYRING: 1, SETPERM: 5 } as const

/**
 * Permissions of a container's session keyring (keyctl_setperm(3)): what a new one has, all for its possessor and view, read and link for its
 * user, and search for the user, without which a process that joins the container finds no keyring of that name and makes another.
 */
export const SESSION_KEYRING_PERMISSIONS = 0x3f1b0000

/** _LINUX_CAPABILITY_VERSION_3: two 32-bit words a set. */
export const CAPABILITY_VERSION_3 = 0x20080522

/** ioctl(2) requests that programs and host use. */
export const IOCTL = {
  TIOCSCTTY: 0x540e, TIOCGPTPEER: 0x5441, TIOCSPTLCK: 0x40045431, TIOCSWINSZ: 0x5414, TIOCGWINSZ: 0x5413,
  SIOCGIFFLAGS: 0x8913, SIOCSIFFLAGS: 0x8914, NS_GET_OWNER_UID: 0xb704, NS_GET_NSTYPE: 0xb703,
} as const

export const MSG_NOSIGNAL = 0x4000
export const MSG_CMSG_CLOEXEC = 0x40000000
