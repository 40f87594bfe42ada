import { CAPABILITIES } from "./capabilities.ts"
import {
  AT_EACCESS, AT_EMPTY_PATH, AT_FDCWD, AT_NO_AUTOMOUNT, AT_RECURSIVE, AT_REMOVEDIR, AT_STATX_DONT_SYNC, AT_SYMLINK_FOLLOW,
    AT_SYMLINK_NOFOLLOW,
  O_APPEND, O_CLOEXEC, O_CREAT, O_DIRECT, O_DIRECTORY, O_EXCL, O_LARGEFILE, O_NOATIME, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_PATH,
    O_TMPFILE, O_TRUNC,
  S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK,
} from "./fs.ts"
import { MEMORY_POLICY_FLAGS, MEMORY_POLICY_MODES } from "./memory-policy.ts"
import {
  FSCONFIG, FSMOUNT_CLOEXEC, FSOPEN_CLOEXEC, FSPICK_CLOEXEC, FSPICK_EMPTY_PATH, MNT_DETACH, MOUNT_ATTR, MOVE_MOUNT_F_EMPTY_PATH,
  MOVE_MOUNT_T_EMPTY_PATH, MS, OPEN_TREE_CLOEXEC, OPEN_TREE_CLONE,
} from "./mount.ts"
import { CLONE, IOCTL, KEYCTL, MSG_CMSG_CLOEXEC, MSG_NOSIGNAL, PERSONALITIES, PR, RLIMITS } from "./process.ts"
import { IO_PRIORITY_CLASSES, IO_PRIORITY_CLASS_SHIFT, IO_PRIORITY_WHO_PROCESS_GROUP } from "./scheduling.ts"
import { FLAG_NEW_LISTENER, FLAG_TSYNC_ESRCH, SECCOMP_FLAGS, SECCOMP_SET_MODE_FILTER } from "./seccomp.ts"
import { signalName } from "./signals.ts"
import { AF_UNIX, MSG_CTRUNC, MSG_DONTWAIT, SOCK_CLOEXEC, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM } from "./socket.ts"

/*
 * Arguments of system calls by name, as strace(1) writes them; for explain and error reports, so loaded only by those.
 * What an argument points to is in structures.ts.
 */

type Value = number | bigint
/** An argument as text. @param args all of the call: some arguments mean what another one says */
type Decode = (value: Value, args: readonly unknown[]) => string | undefined
type Names = Readonly<Record<string, number>>

/**
 * Names of the bits that are set, joined by |; what is left as a hexadecimal number; "0" for none.
 * A name of several bits counts where all of them are set, so it has to come before its parts.
 */
export function flagNames(names: Names, prefix: string, value: Value): string {
  let left = BigInt.asUintN(64, BigInt(value))
  const found: string[] = []
  for (const name in names) {
    const bits = BigInt(names[name] as number)
    if (bits === 0n || (left & bits) !== bits) continue
    found.push(prefix + name)
    left &= ~bits
  }
  if (left !== 0n || found.length === 0) found.push(left === 0n ? "0" : `0x${left.toString(16)}`)
  return found.join("|")
}

/** The name of a number in a table; undefined where it has none. */
function nameOf(names: Names, prefix: string, value: Value): string | undefined {
  for (const name in names) if (names[name] === Number(value)) return prefix + name
  return undefined
}

const flags = (names: Names, prefix = ""): Decode => (value) => flagNames(names, prefix, value)
const constant = (names: Names, prefix = ""): Decode => (value) => nameOf(names, prefix, value)

const OPEN_FLAGS: Names = {
  O_TMPFILE, O_CREAT, O_EXCL, O_NOCTTY, O_TRUNC, O_APPEND, O_NONBLOCK, O_DIRECT, O_LARGEFILE, O_DIRECTORY, O_NOFOLLOW,
    O_NOATIME, O_CLOEXEC, O_PATH,
}
const ACCESS_MODES = ["O_RDONLY", "O_WRONLY", "O_RDWR"]

/** Flags of open(2); the access mode is a number in the low two bits, and means nothing beside O_PATH. */
export function openFlags(value: Value): string {
  const bits = Number(value)
  const rest = bits & ~3
  const mode = ACCESS_MODES[bits & 3] ?? "0x3"
  if (rest === 0) return mode
  const names = flagNames(OPEN_FLAGS, "", rest >>> 0)
  return (bits & O_PATH) !== 0 && (bits & 3) === 0 ? names : `${mode}|${names}`
}

/** close-on-exec alone has no access mode beside it: dup3(2). */
const dupFlags = flags({ O_CLOEXEC })
const AT: Names = { AT_SYMLINK_NOFOLLOW, AT_SYMLINK_FOLLOW, AT_NO_AUTOMOUNT, AT_EMPTY_PATH, AT_STATX_DONT_SYNC, AT_RECURSIVE }
const atFlags = flags(AT)
const directory: Decode = (value) => (Number(value) === AT_FDCWD ? "AT_FDCWD" : undefined)
const NULL: Decode = (value) => (Number(value) === 0 ? "NULL" : undefined)
const signal: Decode = (value) => signalName(Number(value))
const octal: Decode = (value) => octalText(Number(value))
const hexadecimal: Decode = (value) => `0x${BigInt(value).toString(16)}`
/** -1, which leaves an id as it is (chown(2)), also as the 32 bits that the kernel sees. */
const id: Decode = (value) => (Number(value) === 0xffffffff ? "-1" : undefined)

function octalText(value: number): string {
  return value === 0 ? "0" : `0${value.toString(8).padStart(3, "0")}`
}

const FILE_TYPES: Names = { S_IFSOCK, S_IFLNK, S_IFREG, S_IFBLK, S_IFDIR, S_IFCHR, S_IFIFO }

const fileMode: Decode = (value) => {
  const type = nameOf(FILE_TYPES, "", Number(value) & S_IFMT)
  const permissions = octalText(Number(value) & ~S_IFMT)
  return type === undefined ? permissions : `${type}|${permissions}`
}

/** A device number as mknodat(2) takes it: 12 bits of major number between the 20 of the minor one. */
const device: Decode = (value) => {
  const number = Number(value)
  return number === 0 ? "0" : `makedev(${(number & 0xfff00) >>> 8}, ${(number & 0xff) | ((number >>> 12) & 0xfff00)})`
}

/** Attributes of fsmount(2) and mount_setattr(2); the atime mode is a number in three bits, whose 0 is relatime. */
export function mountAttributes(value: Value): string {
  const { ATIME_MASK, RELATIME: _, NOATIME, STRICTATIME, ...others } = MOUNT_ATTR
  return flagNames({ _ATIME: ATIME_MASK, NOATIME, STRICTATIME, ...others }, "MOUNT_ATTR_", value)
}

const openTreeFlags: Decode = flags({ OPEN_TREE_CLONE, OPEN_TREE_CLOEXEC, ...AT })
const moveMountFlags = flags({ MOVE_MOUNT_F_EMPTY_PATH, MOVE_MOUNT_T_EMPTY_PATH })
/** unlinkat(2) and faccessat2(2) have the same bit for two flags. */
const unlinkFlags = flags({ AT_REMOVEDIR })
const accessFlags = flags({ AT_EACCESS, ...AT })
const ACCESS: Names = { R_OK: 4, W_OK: 2, X_OK: 1 }
const access: Decode = (value) => (Number(value) === 0 ? "F_OK" : flagNames(ACCESS, "", value))
/** linux/stat.h: what statx(2) is asked for. */
const STATX_MASK: Names = {
  STATX_BASIC_STATS: 0x7ff, STATX_TYPE: 1, STATX_MODE: 2, STATX_NLINK: 4, STATX_UID: 8, STATX_GID: 16, STATX_INO: 0x100,
    STATX_SIZE: 0x200, STATX_MNT_ID: 0x1000,
}
/** Flags of clone3(2), unshare(2), setns(2). */
export const cloneFlags = flags(CLONE, "CLONE_")
const SOCKET_DOMAINS: Names = { AF_UNIX, AF_INET: 2 }
const SOCKET_TYPES: Names = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET }
const messageFlags = flags({ MSG_NOSIGNAL, MSG_CMSG_CLOEXEC, MSG_CTRUNC, MSG_DONTWAIT })

const socketType: Decode = (value) => {
  const type = Number(value) & 0xf
  const rest = Number(value) & ~0xf
  const name = nameOf(SOCKET_TYPES, "", type) ?? String(type)
  return rest === 0 ? name : `${name}|${flagNames({ SOCK_CLOEXEC }, "", rest)}`
}

const { CAP_AMBIENT_RAISE, CAP_AMBIENT_CLEAR_ALL, ...PR_OPERATIONS } = PR
/** The name of a capability, as CAP_NET_ADMIN; of one that this table lacks its number. */
export const capability = (value: Value): string => CAPABILITIES[Number(value)] ?? String(value)

/** What prctl(2)'s arguments after the operation mean. */
function prctlArgument(index: number): Decode {
  return (value, args) => {
    const operation = args[0]
    if (operation === PR.SET_PDEATHSIG && index === 1) return signal(value, args)
    if (operation === PR.CAPBSET_DROP && index === 1) return capability(value)
    if (operation !== PR.CAP_AMBIENT) return undefined
    if (index === 1) return nameOf({ CAP_AMBIENT_RAISE, CAP_AMBIENT_CLEAR_ALL }, "PR_", value)
    return index === 2 && args[1] === CAP_AMBIENT_RAISE ? capability(value) : undefined
  }
}

/** The third argument of ioctl(2) is what the request says. */
const ioctlArgument: Decode = (value, args) => (args[1] === IOCTL.TIOCGPTPEER ? openFlags(value) : undefined)

/** fsconfig(2): key and value are addresses, which a command may do without. */
const fsconfigAddress: Decode = (value, args) => {
  const command = args[1] as number
  return command === FSCONFIG.SET_FLAG || command >= FSCONFIG.CMD_CREATE ? NULL(value, args) : undefined
}

/** keyctl_setperm(3): six rights each of possessor, user, group and others, a byte for each. */
export function keyPermissions(value: Value): string {
  const rights = { VIEW: 1, READ: 2, WRITE: 4, SEARCH: 8, LINK: 16, SETATTR: 32 }
  const names: Record<string, number> = {}
  for (const [who, shift] of [["POS", 24], ["USR", 16], ["GRP", 8], ["OTH", 0]] as const) {
    names[`${who}_ALL`] = 0x3f * 2 ** shift
    for (const [right, bit] of Object.entries(rights)) names[`${who}_${right}`] = bit * 2 ** shift
  }
  return flagNames(names, "KEY_", value)
}

const keyctlArgument = (index: number): Decode => (value, args) => {
  if (args[0] === KEYCTL.JOIN_SESSION_KEYRING && index === 1) return NULL(value, args)
  return args[0] === KEYCTL.SETPERM && index === 2 ? keyPermissions(value) : undefined
}

const ioPriority: Decode = (value) => {
  const level = Number(value) & ((1 << IO_PRIORITY_CLASS_SHIFT) - 1)
  return `IOPRIO_PRIO_VALUE(${nameOf(IO_PRIORITY_CLASSES, "", Number(value) >>> IO_PRIORITY_CLASS_SHIFT) ?? "0"}, ${level})`
}

const memoryPolicy: Decode = (value) => {
  const flagBits = Object.values(MEMORY_POLICY_FLAGS).reduce<number>((all, bit) => all | bit, 0)
  const mode = nameOf(MEMORY_POLICY_MODES, "", Number(value) & ~flagBits) ?? hexadecimal(Number(value) & ~flagBits, [])
  const rest = Number(value) & flagBits
  return rest === 0 ? mode : `${mode}|${flagNames(MEMORY_POLICY_FLAGS, "", rest)}`
}

const filterFlags: Decode = flags({
  ...SECCOMP_FLAGS, SECCOMP_FILTER_FLAG_NEW_LISTENER: FLAG_NEW_LISTENER, SECCOMP_FILTER_FLAG_TSYNC_ESRCH: FLAG_TSYNC_ESRCH,
})
const XATTR: Names = { XATTR_CREATE: 1, XATTR_REPLACE: 2 }
const CLOSE_RANGE: Names = { CLOSE_RANGE_UNSHARE: 2, CLOSE_RANGE_CLOEXEC: 4 }
const lastDescriptor: Decode = (value) => (Number(value) === 0xffffffff ? "~0U" : undefined)
const WAIT: Names = { WNOHANG: 1, __WALL: 0x40000000, __WNOTHREAD: 0x20000000 }

/** By system call: what each argument is; undefined: a number, or an address that structures.ts knows. */
const ARGUMENTS: Readonly<Record<string, readonly (Decode | undefined)[]>> = {
  openat: [directory, undefined, openFlags, octal],
  openat2: [directory],
  dup3: [undefined, undefined, dupFlags],
  close_range: [undefined, lastDescriptor, flags(CLOSE_RANGE)],
  fcntl: [undefined, constant({ F_GETFD: 1 })],
  open_tree: [directory, undefined, openTreeFlags],
  move_mount: [directory, undefined, directory, undefined, moveMountFlags],
  fsopen: [undefined, flags({ FSOPEN_CLOEXEC })],
  fspick: [directory, undefined, flags({ FSPICK_CLOEXEC, FSPICK_EMPTY_PATH })],
  fsconfig: [undefined, constant(FSCONFIG, "FSCONFIG_"), fsconfigAddress, fsconfigAddress],
  fsmount: [undefined, flags({ FSMOUNT_CLOEXEC }), mountAttributes],
  mount_setattr: [directory, undefined, atFlags],
  mount: [NULL, NULL, NULL, flags(MS, "MS_"), NULL],
  umount2: [undefined, flags({ MNT_DETACH })],
  mkdirat: [directory, undefined, octal],
  mknodat: [directory, undefined, fileMode, device],
  symlinkat: [undefined, directory],
  readlinkat: [directory],
  unlinkat: [directory, undefined, unlinkFlags],
  fchmodat: [directory, undefined, octal],
  fchownat: [directory, undefined, id, id, atFlags],
  fchown: [undefined, id, id],
  faccessat2: [directory, undefined, access, accessFlags],
  statx: [directory, undefined, atFlags, flags(STATX_MASK)],
  utimensat: [directory, NULL, undefined, atFlags],
  fsetxattr: [undefined, undefined, undefined, undefined, flags(XATTR)],
  umask: [octal],
  unshare: [cloneFlags],
  setns: [undefined, cloneFlags],
  wait4: [undefined, undefined, flags(WAIT), NULL],
  munmap: [hexadecimal, hexadecimal],
  socket: [constant(SOCKET_DOMAINS), socketType],
  accept4: [undefined, NULL, NULL, flags({ SOCK_CLOEXEC })],
  sendto: [undefined, undefined, undefined, messageFlags, NULL],
  recvfrom: [undefined, undefined, undefined, messageFlags, NULL, NULL],
  sendmsg: [undefined, undefined, messageFlags],
  ioctl: [undefined, constant(IOCTL), ioctlArgument],
  rt_sigaction: [signal, undefined, NULL],
  rt_sigprocmask: [constant({ SIG_BLOCK: 0, SIG_UNBLOCK: 1, SIG_SETMASK: 2 }), undefined, NULL],
  prctl: [constant(PR_OPERATIONS, "PR_"), prctlArgument(1), prctlArgument(2)],
  keyctl: [constant(KEYCTL, "KEYCTL_"), keyctlArgument(1), keyctlArgument(2)],
  seccomp: [constant({ SECCOMP_SET_MODE_FILTER }), filterFlags],
  prlimit64: [undefined, constant(RLIMITS), undefined, NULL],
  ioprio_set: [constant({ IOPRIO_WHO_PGRP: IO_PRIORITY_WHO_PROCESS_GROUP }), undefined, ioPriority],
  set_mempolicy: [memoryPolicy, NULL],
  personality: [constant(PERSONALITIES, "PER_")],
}

/**
 * Names an argument where its number means something: flags, constants, modes, descriptors with a name.
 * @param name the system call
 * @param index of the argument, from 0
 * @param args all arguments; numbers as numbers, of the rest only their places count
 * @returns `MS_RDONLY|MS_NOSUID`; undefined: the number says all
 */
export function decodeArgument(name: string, index: number, value: number | bigint,
  args: readonly unknown[]): string | undefined {
  return ARGUMENTS[name]?.[index]?.(value, args)
}
