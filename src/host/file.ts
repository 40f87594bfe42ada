import { sys, type SysArg } from "../ffi/index.ts"
import { sysError } from "../error.ts"
import { NR } from "../kernel/syscalls.ts"
import { ERRNO } from "../kernel/errno.ts"
import {
  AT_FDCWD, AT_REMOVEDIR, DIRENT, O_CLOEXEC, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_PATH, O_RDONLY, O_WRONLY,
  S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFSOCK, STATX, STATX_BASIC_STATS, STATX_MNT_ID,
} from "../kernel/fs.ts"

/*
 * Files by raw system calls. A function whose name starts with `try` answers an error with a negated errno or undefined,
 * as its docstring says; every other one throws `RuntsError` naming the operation and the path. EINTR is retried.
 */

/** What {@link stat} tells of a file. */
export interface FileStatus {
  readonly type: "file" | "dir" | "symlink" | "char" | "block" | "fifo" | "socket"
  /** Permission bits with set-id and sticky, 0 to 0o7777. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Device of the file system as major * 2^20 + minor, unique on the machine. */
  readonly dev: number
  /** Inode number; exact below 2^53. */
  readonly ino: number
  readonly rdevMajor: number
  readonly rdevMinor: number
  /** Bytes. */
  readonly size: number
  readonly nlink: number
  /** As in /proc/self/mountinfo; undefined before Linux 5.8. */
  readonly mountId: number | undefined
}

/** A file as the *at system calls name it: path relative to a folder descriptor, with AT_ flags. */
export interface FileAt {
  readonly dirfd: number
  readonly path: string
  readonly flags?: number
  /** What errors call it, where the path is empty. */
  readonly name?: string
}

const quote = JSON.stringify

/** Opens a file; O_CLOEXEC is always added. */
export function open(path: string, flags: number, mode = 0): number {
  return openAt(AT_FDCWD, path, flags, mode)
}

/** As {@link open}, relative to a folder descriptor. */
export function openAt(dirfd: number, path: string, flags: number, mode = 0): number {
  const fd = tryOpenAt(dirfd, path, flags, mode)
  if (fd < 0) throw sysError("open " + quote(path), -fd, { syscall: "openat" })
  return fd
}

/** @returns a descriptor, or the negated errno */
export function tryOpenAt(dirfd: number, path: string, flags: number, mode = 0): number {
  return retried(NR.openat, dirfd, path, flags | O_CLOEXEC, mode)
}

/** Closes a descriptor. Linux frees it whatever close(2) answers, so errors are of no use. */
export function close(fd: number): void {
  sys(NR.close, fd)
}

const SCRATCH_BYTES = 65536
/** Read buffer of the calls below, made when first needed; its content is copied out or decoded before they return. */
let scratch: Buffer | undefined

/** Reads to the end into the scratch buffer, or a larger one. `path` is for the error message. */
function readWhole(fd: number, path: string | undefined): Buffer {
  let buffer = (scratch ??= Buffer.allocUnsafeSlow(SCRATCH_BYTES))
  let used = 0
  for (;;) {
    const n = retried(NR.read, fd, used === 0 ? buffer : buffer.subarray(used), buffer.length - used)
    if (n === 0) return buffer.subarray(0, used)
    if (n < 0) throw sysError("read " + named(path, fd), -n, { syscall: "read" })
    used += n
    if (used === buffer.length) {
      const larger = Buffer.allocUnsafeSlow(buffer.length * 4)
      larger.set(buffer)
      buffer = larger
    }
  }
}

/** For errors: paths are quoted, words ("standard input") are not. */
function named(name: string | undefined, fd: number): string {
  if (name === undefined) return "descriptor " + fd
  return name.includes(" ") && !name.includes("/") ? name : quote(name)
}

/** Everything from the descriptor's position to its end; for files of unknown size, procfs and pipes included. `name` is for errors. */
export function readAll(fd: number, name?: string): Uint8Array {
  return new Uint8Array(readWhole(fd, name))
}

/** A file's bytes. */
export function readFile(path: string): Uint8Array {
  const fd = open(path, O_RDONLY)
  try {
    return new Uint8Array(readWhole(fd, path))
  } finally {
    close(fd)
  }
}

/** A file's content as UTF-8. */
export function readText(path: string): string {
  return readTextAt(AT_FDCWD, path)
}

/** As {@link readText}, relative to a folder descriptor. */
export function readTextAt(dirfd: number, path: string): string {
  const fd = openAt(dirfd, path, O_RDONLY)
  try {
    return readWhole(fd, path).toString("utf8")
  } finally {
    close(fd)
  }
}

/** A file's content as UTF-8; undefined if there is none (ENOENT, ENOTDIR, ESRCH, ENODEV, when opening or reading). */
export function tryReadText(path: string): string | undefined {
  return tryReadTextAt(AT_FDCWD, path)
}

/** As {@link tryReadText}, relative to a folder descriptor. */
export function tryReadTextAt(dirfd: number, path: string): string | undefined {
  const fd = tryOpenAt(dirfd, path, O_RDONLY)
  if (fd < 0) {
    if (isAbsence(-fd)) return undefined
    throw sysError("open " + quote(path), -fd, { syscall: "openat" })
  }
  try {
    return readWhole(fd, path).toString("utf8")
  } catch (error) {
    const errno = (error as { details?: { errno?: number } }).details?.errno
    if (errno !== undefined && isAbsence(errno)) return undefined
    throw error
  } finally {
    close(fd)
  }
}

/** A process that ends makes its procfs files answer ESRCH, a cgroup that goes makes its own answer ENODEV. */
function isAbsence(errno: number): boolean {
  return errno === ERRNO.ENOENT || errno === ERRNO.ENOTDIR || errno === ERRNO.ESRCH || errno === ERRNO.ENODEV
}

/** Writes everything, in as many write(2) calls as it takes. `name` is for errors. */
export function writeAll(fd: number, data: Uint8Array | string, name?: string): void {
  let rest = typeof data === "string" ? Buffer.from(data, "utf8") : data
  while (rest.length > 0) {
    const n = retried(NR.write, fd, rest, rest.length)
    if (n < 0) throw sysError("write to " + named(name, fd), -n, { syscall: "write" })
    rest = rest.subarray(n)
  }
}

/**
 * Writes a file by one write(2), as control files of procfs and cgroupfs demand.
 * @param flags more than O_WRONLY needs no naming unless the file may be made (O_CREAT) or emptied (O_TRUNC)
 */
export function writeFile(path: string, data: Uint8Array | string, flags = 0, mode = 0): void {
  const error = tryWriteFileAt(AT_FDCWD, path, data, flags, mode)
  if (error < 0) throw sysError("write " + quotedValue(data) + " to " + quote(path), -error, { syscall: "write" })
}

/** As {@link writeFile}, relative to a folder descriptor. @returns 0, or the negated errno of opening or writing */
export function tryWriteFileAt(dirfd: number, path: string, data: Uint8Array | string, flags = 0, mode = 0): number {
  const bytes = typeof data === "string" ? Buffer.from(data, "utf8") : data
  const fd = tryOpenAt(dirfd, path, flags | O_WRONLY, mode)
  if (fd < 0) return fd
  const n = retried(NR.write, fd, bytes, bytes.length)
  close(fd)
  if (n < 0) return n
  return n === bytes.length ? 0 : -ERRNO.EIO
}

/** The written value for an error message: short text as it is, else its size. */
function quotedValue(data: Uint8Array | string): string {
  return typeof data === "string" && data.length <= 100 ? quote(data) : data.length + " bytes"
}

/**
 * Writes a file so that others see the old content or the new one, never a part: temporary name in the same folder,
 * rename(2). A failure removes the temporary file. Not synced to the disk: what is written so tells of running processes, which
 * a power failure ends anyway.
 * @param mode permission bits, less the umask
 */
export function writeFileAtomically(dirfd: number, name: string, data: Uint8Array | string, mode: number): void {
  const temporary = "." + name + "." + sys(NR.getpid)
  const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW
  let fd = tryOpenAt(dirfd, temporary, flags, mode)
  if (fd === -ERRNO.EEXIST) {
    // left by a killed process that had our pid
    tryUnlinkAt(dirfd, temporary)
    fd = tryOpenAt(dirfd, temporary, flags, mode)
  }
  if (fd < 0) throw sysError("create " + quote(temporary), -fd, { syscall: "openat" })
  try {
    writeAll(fd, data, temporary)
    check(retried(NR.renameat2, dirfd, temporary, dirfd, name, 0), "rename " + quote(temporary) + " to " + quote(name), "renameat2")
  } catch (error) {
    tryUnlinkAt(dirfd, temporary)
    throw error
  } finally {
    close(fd)
  }
}

/** A system call, again where a signal or a network file system has interrupted it. */
function retried(nr: number, a: SysArg, b: SysArg, c?: SysArg, d?: SysArg, e?: SysArg): number {
  for (;;) {
    const result = sys(nr, a, b, c, d, e)
    if (result !== -ERRNO.EINTR) return result
  }
}

function check(result: number, what: string, syscall: string): void {
  if (result < 0) throw sysError(what, -result, { syscall })
}

/** Makes a folder; its parent must exist, itself not. */
export function mkdir(path: string, mode: number): void {
  check(retried(NR.mkdirat, AT_FDCWD, path, mode), "create folder " + quote(path), "mkdirat")
}

/** Makes a folder and its missing parents; does nothing if it exists. */
export function mkdirAll(path: string, mode: number): void {
  const result = retried(NR.mkdirat, AT_FDCWD, path, mode)
  if (result === 0) return
  let error = -result
  if (error === ERRNO.ENOENT) {
    const slash = trimSlashes(path).lastIndexOf("/")
    if (slash > 0) {
      mkdirAll(path.slice(0, slash), mode)
      error = -retried(NR.mkdirat, AT_FDCWD, path, mode)
      if (error === 0) return
    }
  }
  // a name that is taken is well if it is a folder; other errors (EROFS, EACCES) come before EEXIST on some file systems
  if (tryStat(path)?.type === "dir") return
  if (error === ERRNO.EEXIST) error = ERRNO.ENOTDIR
  throw sysError("create folder " + quote(path), error, { syscall: "mkdirat" })
}

function trimSlashes(path: string): string {
  let end = path.length
  while (end > 1 && path.charCodeAt(end - 1) === 47) end--
  return path.slice(0, end)
}

/** @param flags AT_REMOVEDIR for a folder. @returns 0, or the negated errno */
export function tryUnlinkAt(dirfd: number, path: string, flags = 0): number {
  return retried(NR.unlinkat, dirfd, path, flags)
}

/** Removes an empty folder (or a cgroup). */
export function removeDir(path: string): void {
  check(tryUnlinkAt(AT_FDCWD, path, AT_REMOVEDIR), "remove folder " + quote(path), "unlinkat")
}

/** Removes a folder with all that is in it, or a file; symbolic links are not followed. Does nothing if it does not exist. */
export function removeTree(path: string): void {
  removeTreeAt(AT_FDCWD, path, path)
}

/** As {@link removeTree}, for a name in a folder; `path` is for messages. */
export function removeTreeAt(dirfd: number, name: string, path: string): void {
  const result = tryUnlinkAt(dirfd, name)
  if (result === 0 || result === -ERRNO.ENOENT) return
  // unlink(2) of a folder: EISDIR on Linux, EPERM in POSIX and on some file systems
  if (result !== -ERRNO.EISDIR && result !== -ERRNO.EPERM) check(result, "remove " + quote(path), "unlinkat")
  const fd = tryOpenAt(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
  if (fd === -ERRNO.ENOENT) return
  if (fd < 0) throw sysError("remove " + quote(path), fd === -ERRNO.ENOTDIR ? -result : -fd, { syscall: "unlinkat" })
  try {
    for (const child of listDir(fd, path)) removeTreeAt(fd, child, path + "/" + child)
  } finally {
    close(fd)
  }
  const removed = tryUnlinkAt(dirfd, name, AT_REMOVEDIR)
  if (removed !== -ERRNO.ENOENT) check(removed, "remove folder " + quote(path), "unlinkat")
}

/**
 * Names in a folder without `.` and `..`, in the order of the file system.
 * @param from a path, or a descriptor opened with O_DIRECTORY, read from its position on
 * @param path of the descriptor, for errors
 */
export function listDir(from: number | string, path?: string): string[] {
  if (typeof from === "string") {
    const fd = open(from, O_RDONLY | O_DIRECTORY)
    try {
      return entries(fd, from)
    } finally {
      close(fd)
    }
  }
  return entries(from, path)
}

function entries(fd: number, path: string | undefined): string[] {
  const buffer = (scratch ??= Buffer.allocUnsafeSlow(SCRATCH_BYTES))
  const names: string[] = []
  for (;;) {
    const length = retried(NR.getdents64, fd, buffer, SCRATCH_BYTES)
    if (length === 0) return names
    if (length < 0) throw sysError("read folder " + named(path, fd), -length, { syscall: "getdents64" })
    for (let at = 0; at < length; at += buffer.readUInt16LE(at + DIRENT.recordLength)) {
      const start = at + DIRENT.name
      const name = buffer.toString("utf8", start, buffer.indexOf(0, start))
      if (name !== "." && name !== "..") names.push(name)
    }
  }
}

function statName(file: string | FileAt): string {
  if (typeof file === "string") return quote(file)
  if (file.name !== undefined) return file.name
  return file.path === "" ? `descriptor ${file.dirfd}` : quote(file.path)
}

/** What kind of file this is; symbolic links are followed unless `flags` holds AT_SYMLINK_NOFOLLOW. */
export function stat(file: string | FileAt): FileStatus {
  const result = statx(file)
  if (result < 0) throw sysError("stat " + statName(file), -result, { syscall: "statx" })
  return fileStatus()
}

/** As {@link stat}; undefined if there is no such file (ENOENT, ENOTDIR). */
export function tryStat(file: string | FileAt): FileStatus | undefined {
  const result = statx(file)
  if (result === 0) return fileStatus()
  if (result === -ERRNO.ENOENT || result === -ERRNO.ENOTDIR) return undefined
  throw sysError("stat " + statName(file), -result, { syscall: "statx" })
}

let statBuffer: Buffer | undefined

function statx(file: string | FileAt): number {
  statBuffer ??= Buffer.allocUnsafeSlow(STATX.size)
  const mask = STATX_BASIC_STATS | STATX_MNT_ID
  if (typeof file === "string") return retried(NR.statx, AT_FDCWD, file, 0, mask, statBuffer)
  return retried(NR.statx, file.dirfd, file.path, file.flags ?? 0, mask, statBuffer)
}

function fileStatus(): FileStatus {
  const buffer = statBuffer as Buffer
  const mode = buffer.readUInt16LE(STATX.mode)
  return {
    type: fileType(mode & S_IFMT),
    mode: mode & 0o7777,
    uid: buffer.readUInt32LE(STATX.uid),
    gid: buffer.readUInt32LE(STATX.gid),
    dev: buffer.readUInt32LE(STATX.devMajor) * 0x100000 + buffer.readUInt32LE(STATX.devMinor),
    ino: readU64(buffer, STATX.ino),
    rdevMajor: buffer.readUInt32LE(STATX.rdevMajor),
    rdevMinor: buffer.readUInt32LE(STATX.rdevMinor),
    size: readU64(buffer, STATX.bytes),
    nlink: buffer.readUInt32LE(STATX.nlink),
    mountId: (buffer.readUInt32LE(STATX.mask) & STATX_MNT_ID) === 0 ? undefined : readU64(buffer, STATX.mountId),
  }
}

function readU64(buffer: Buffer, offset: number): number {
  return buffer.readUInt32LE(offset + 4) * 0x100000000 + buffer.readUInt32LE(offset)
}

function fileType(format: number): FileStatus["type"] {
  switch (format) {
    case S_IFDIR: return "dir"
    case S_IFLNK: return "symlink"
    case S_IFCHR: return "char"
    case S_IFBLK: return "block"
    case S_IFIFO: return "fifo"
    case S_IFSOCK: return "socket"
    default: return "file"
  }
}

/** Linux has no longer path in one piece (PATH_MAX); links of procfs are cut there too. */
const PATH_BYTES = 4096

/** The target of a symbolic link. */
export function readLink(dirfd: number, path: string): string {
  const result = tryReadLink(dirfd, path)
  if (typeof result === "number") throw sysError("read link " + quote(path), -result, { syscall: "readlinkat" })
  return result
}

/** @returns the target of a symbolic link, or the negated errno (-EINVAL: not a link) */
export function tryReadLink(dirfd: number, path: string): string | number {
  const buffer = (scratch ??= Buffer.allocUnsafeSlow(SCRATCH_BYTES))
  const length = retried(NR.readlinkat, dirfd, path, buffer, PATH_BYTES)
  return length < 0 ? length : buffer.toString("utf8", 0, length)
}

/** The path without symbolic links; the file must exist. */
export function realPath(path: string): string {
  const fd = open(path, O_PATH)
  try {
    return readLink(AT_FDCWD, "/proc/self/fd/" + fd)
  } finally {
    close(fd)
  }
}

/**
 * A path made absolute and free of `.`, `..`, double and final slashes, by its text alone (as `filepath.Abs` in Go, so that
 * paths in state and errors read as with other runtimes). An empty path is the working folder.
 */
export function absolutePath(path: string, cwd: string): string {
  const parts: string[] = []
  const whole = path.startsWith("/") ? path : cwd + "/" + path
  for (const part of whole.split("/")) {
    if (part === "" || part === ".") continue
    if (part === "..") parts.pop()
    else parts.push(part)
  }
  return "/" + parts.join("/")
}

/** The working folder's path; throws ENOENT if it was removed or lies outside the root. */
export function getcwd(): string {
  const buffer = (scratch ??= Buffer.allocUnsafeSlow(SCRATCH_BYTES))
  const length = sys(NR.getcwd, buffer, PATH_BYTES)
  if (length < 0) throw sysError("find the working folder", -length, { syscall: "getcwd" })
  const path = buffer.toString("utf8", 0, length - 1)
  // `(unreachable)/...`: a folder outside this process's root (man getcwd(3))
  if (!path.startsWith("/")) throw sysError("find the working folder", ERRNO.ENOENT, { syscall: "getcwd" })
  return path
}
