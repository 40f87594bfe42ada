import { HOST_ARCHITECTURE } from "./syscalls.ts"

/*
 * Numbers of open(2), the *at calls, openat2(2), statx(2) and getdents64(2): include/uapi/asm-generic/fcntl.h,
 * linux/fcntl.h, linux/openat2.h, linux/stat.h. Four of the O_ flags differ on arm64 (arch/arm64/include/uapi/asm/fcntl.h).
 */

const arm64 = HOST_ARCHITECTURE === "arm64"

export const O_RDONLY = 0
export const O_WRONLY = 0o1
export const O_RDWR = 0o2
export const O_CREAT = 0o100
export const O_EXCL = 0o200
export const O_NOCTTY = 0o400
export const O_TRUNC = 0o1000
export const O_APPEND = 0o2000
export const O_NONBLOCK = 0o4000
export const O_DIRECT = arm64 ? 0o200000 : 0o40000
export const O_LARGEFILE = arm64 ? 0o400000 : 0o100000
export const O_DIRECTORY = arm64 ? 0o40000 : 0o200000
export const O_NOFOLLOW = arm64 ? 0o100000 : 0o400000
export const O_NOATIME = 0o1000000
export const O_CLOEXEC = 0o2000000
export const O_PATH = 0o10000000
export const O_TMPFILE = 0o20000000 | O_DIRECTORY

export const AT_FDCWD = -100
export const AT_SYMLINK_NOFOLLOW = 0x100
export const AT_EACCESS = 0x200
export const AT_REMOVEDIR = 0x200
export const AT_SYMLINK_FOLLOW = 0x400
export const AT_NO_AUTOMOUNT = 0x800
export const AT_EMPTY_PATH = 0x1000
export const AT_STATX_DONT_SYNC = 0x4000
export const AT_RECURSIVE = 0x8000

/** openat2(2): `resolve` of struct open_how. */
export const RESOLVE_NO_XDEV = 0x01
export const RESOLVE_NO_MAGICLINKS = 0x02
export const RESOLVE_NO_SYMLINKS = 0x04
export const RESOLVE_BENEATH = 0x08
export const RESOLVE_IN_ROOT = 0x10

/** File type in st_mode (inode(7)). */
export const S_IFMT = 0o170000
export const S_IFSOCK = 0o140000
export const S_IFLNK = 0o120000
export const S_IFREG = 0o100000
export const S_IFBLK = 0o060000
export const S_IFDIR = 0o040000
export const S_IFCHR = 0o020000
export const S_IFIFO = 0o010000

export const STATX_BASIC_STATS = 0x7ff
export const STATX_MNT_ID = 0x1000
/** Set in stx_attributes for the root of a mount. */
export const STATX_ATTR_MOUNT_ROOT = 0x2000

/** struct statx: offsets of the fields that are read. */
export const STATX = {
  size: 256,
  mask: 0, attributes: 8, nlink: 16, uid: 20, gid: 24, mode: 28, ino: 32, bytes: 40,
  rdevMajor: 128, rdevMinor: 132, devMajor: 136, devMinor: 140, mountId: 144,
} as const

/** f_flags of struct statfs (fstatfs(2)): its offset, and its bits. */
export const STATFS_FLAGS = 80
export const ST_RDONLY = 1
export const ST_NOEXEC = 8

/** struct linux_dirent64: offsets. */
export const DIRENT = { recordLength: 16, type: 18, name: 19 } as const
