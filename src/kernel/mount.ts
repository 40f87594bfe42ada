/** mount(2) flags (linux/mount.h). */
export const MS = {
  RDONLY: 0x1, NOSUID: 0x2, NODEV: 0x4, NOEXEC: 0x8, SYNCHRONOUS: 0x10, REMOUNT: 0x20, MANDLOCK: 0x40, DIRSYNC: 0x80,
  NOSYMFOLLOW: 0x100, NOATIME: 0x400, NODIRATIME: 0x800, BIND: 0x1000, MOVE: 0x2000, REC: 0x4000, SILENT: 0x8000,
  UNBINDABLE: 0x20000, PRIVATE: 0x40000, SLAVE: 0x80000, SHARED: 0x100000, RELATIME: 0x200000, I_VERSION: 0x800000,
  STRICTATIME: 0x1000000, LAZYTIME: 0x2000000,
} as const

/** Attributes of a mount, as fsmount(2) and mount_setattr(2) take them. */
export const MOUNT_ATTR = {
  RDONLY: 0x1, NOSUID: 0x2, NODEV: 0x4, NOEXEC: 0x8, RELATIME: 0, ATIME_MASK: 0x70, NOATIME: 0x10, STRICTATIME: 0x20,
  NODIRATIME: 0x80, IDMAP: 0x100000, NOSYMFOLLOW: 0x200000,
} as const

export const OPEN_TREE_CLONE = 1
export const OPEN_TREE_CLOEXEC = 0x80000
export const FSOPEN_CLOEXEC = 1
export const FSMOUNT_CLOEXEC = 1
export const FSPICK_CLOEXEC = 1
export const FSPICK_EMPTY_PATH = 8
export const MOVE_MOUNT_F_EMPTY_PATH = 0x4
export const MOVE_MOUNT_T_EMPTY_PATH = 0x40
export const MNT_DETACH = 2

/** fsconfig(2) commands. */
export const FSCONFIG = { SET_FLAG: 0, SET_STRING: 1, SET_BINARY: 2, SET_PATH: 3, SET_PATH_EMPTY: 4, SET_FD: 5, CMD_CREATE: 6, CMD_RECONFIGURE: 7 } as const

/** fsconfig(2) takes strings of 255 bytes at most; longer ones need mount(2). */
export const FSCONFIG_STRING_MAX = 255

/** Mount options of SELinux (mount(8), "fscontext"). */
export const SELINUX_CONTEXTS: readonly string[] = ["context", "fscontext", "defcontext", "rootcontext"]

/** f_type of statfs(2). */
export const SUPER_MAGIC = { PROC: 0x9fa0, DEVPTS: 0x1cd1, SYSFS: 0x62656572, CGROUP2: 0x63677270, TMPFS: 0x01021994 } as const
