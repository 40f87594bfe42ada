import { RuntsError, sysError } from "../error.ts"
import { recv, trySend } from "../host/socket.ts"
import { ERRNO } from "../kernel/errno.ts"
import {
  AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW, DIRENT, O_CLOEXEC, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_PATH, O_RDONLY, O_WRONLY,
  RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG, STATX,
} from "../kernel/fs.ts"
import type { SyscallName } from "../kernel/syscalls.ts"
import { deviceNumber } from "../plan/devices.ts"
import { MESSAGE, type Planner, type ServeRequest } from "../plan/planner.ts"
import { failWith, resumeAt, servedCall, storeAndResume, type ServedArg } from "../program/answer.ts"
import type { Label } from "../program/program.ts"
import { diedEarly, MESSAGE_BYTES, stepFailure } from "./outcome.ts"

/** Who does it, in errors. */
const WHO = "the container's init"
/** Symlinks followed in one path before it counts as a loop (path_resolution(7)). */
const MAX_SYMLINKS = 40
/** Tries before a rename race is given up. */
const MAX_RACES = 128
const NO_LINKS = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS

/**
 * Does for a container's init, inside its namespaces, what takes walking: each system call is sent to it as rows, run there, and its
 * result comes back (`plan/planner.ts`, serve).
 */
class Server {
  private readonly socket: number
  private readonly planner: Planner
  private readonly base: number
  private readonly loop: number

  constructor(socket: number, planner: Planner) {
    this.socket = socket
    this.planner = planner
    const loop = planner.serveLoopLabel
    if (planner.serveBuffer === undefined || loop === undefined) throw new Error("the program has no serve loop")
    this.base = planner.serveBuffer.address
    this.loop = loop.index
  }

  /** A system call in the container. @returns >= 0 or the negated errno; byte arguments are changed in place */
  call(name: SyscallName, ...args: ServedArg[]): number {
    for (;;) {
      const result = this.once(name, args)
      // close(2) has freed the descriptor all the same
      if (result !== -ERRNO.EINTR || name === "close") return result
    }
  }

  private once(name: SyscallName, args: readonly ServedArg[]): number {
    const call = servedCall(this.base, this.loop, this.planner.status, name, args)
    this.send(call.message)
    const reply = Buffer.alloc(call.message.length)
    const received = recv(this.socket, WHO, reply)
    if (received !== reply.length) throw this.ended(reply.subarray(0, received))
    args.forEach((arg, index) => {
      const offset = call.offsets[index]
      if (arg instanceof Uint8Array && offset !== undefined) arg.set(reply.subarray(offset, offset + arg.length))
    })
    return Number(reply.readBigInt64LE(call.result))
  }

  /** As `call`; throws where it fails. */
  must(what: string, name: SyscallName, ...args: ServedArg[]): number {
    const result = this.call(name, ...args)
    if (result < 0) throw sysError(what, -result, { syscall: name })
    return result
  }

  resume(label: Label): void {
    this.send(resumeAt(label.index))
  }

  storeAndResume(address: number, value: number, label: Label): void {
    this.send(storeAndResume(this.base, address, value, label.index))
  }

  /** Ends init, which may have ended by itself. */
  fail(errno: number): void {
    trySend(this.socket, failWith(errno))
  }

  private send(bytes: Uint8Array): void {
    const sent = trySend(this.socket, bytes)
    if (sent === -ERRNO.EPIPE || sent === -ERRNO.ECONNRESET) throw this.ended(Buffer.alloc(0))
    if (sent < 0) throw sysError("send to " + WHO, -sent, { code: "socket-failed", syscall: "sendto" })
  }

  /** Init has gone in the middle of a request: with a report of the step that failed, or without. @param message the last that came of it */
  private ended(last: Buffer): RuntsError {
    const buffer = Buffer.alloc(MESSAGE_BYTES)
    for (let message = last; ; message = buffer.subarray(0, recv(this.socket, WHO, buffer))) {
      if (message.length === MESSAGE_BYTES && message.readUInt32LE(0) === MESSAGE.FAILED) {
        return stepFailure(this.planner, message.readUInt32LE(4), Number(message.readBigInt64LE(8)), "")
      }
      if (message.length === 0 && message !== last) return diedEarly(WHO, undefined)
    }
  }
}

/**
 * Answers one serve request.
 * @throws RuntsError if it cannot be done; init has been told to end then
 */
export function serve(socket: number, planner: Planner, request: ServeRequest): void {
  const server = new Server(socket, planner)
  try {
    switch (request.kind) {
      case "target": {
        const { fd, made } = walk(server, { cell: rootCell(planner) }, request)
        server.storeAndResume(request.result.address, fd, made ? request.made : request.resume)
        return
      }
      case "cwd": {
        const { fd } = walk(server, AT_FDCWD, { path: request.path, directory: true, noSymlinks: false, noFollow: false })
        server.must(`change to ${request.path}`, "fchdir", fd)
        server.call("close", fd)
        server.resume(request.resume)
        return
      }
      case "copy":
        copyTree(server, { cell: request.from.address }, { cell: request.to.address }, `/${request.path}`)
        server.resume(request.resume)
        return
    }
  } catch (error) {
    server.fail(error instanceof RuntsError ? (error.details.errno ?? ERRNO.EIO) : ERRNO.EIO)
    throw located(error, request)
  }
}

const CODES = { target: "mount-target", cwd: "working-directory", copy: "mount-failed" } as const

/** An error of a system call in the container, with who asked for it. */
function located(error: unknown, { kind, pointer }: ServeRequest): unknown {
  if (!(error instanceof RuntsError) || error.details.errno === undefined) return error
  return new RuntsError(error.message, { ...error.details, code: CODES[kind], ...(pointer === "" ? {} : { pointer }) })
}

function rootCell(planner: Planner): number {
  const cell = planner.rootCell
  if (cell === undefined) throw new Error("the program keeps no descriptor of the root")
  return cell.address
}

function how(flags: number, resolve: number): Uint8Array {
  const bytes = Buffer.alloc(24)
  bytes.writeBigUInt64LE(BigInt(flags >>> 0), 0)
  bytes.writeBigUInt64LE(BigInt(resolve), 16)
  return bytes
}

/** Opens a path below the root without following any symlink; rename races are tried again. */
function openBelow(server: Server, root: ServedArg, parts: readonly string[], flags: number): number {
  const path = parts.length === 0 ? "." : parts.join("/")
  for (let tries = 0; ; tries++) {
    const fd = server.call("openat2", root, path, how(flags | O_CLOEXEC, NO_LINKS), 24)
    if (fd !== -ERRNO.EAGAIN || tries >= MAX_RACES) return fd
  }
}

/** A path to resolve; see ServeRequest. */
interface Walk {
  readonly path: string
  readonly directory: boolean
  readonly noSymlinks: boolean
  readonly noFollow: boolean
}

/**
 * Resolves a path below the root part by part, symlinks included, and makes what is missing: folders, and at the end a file if that is
 * what is wanted. No part is ever followed by the kernel, so nothing is made outside of the root.
 * @returns a descriptor (in the container) of the end, and whether the end had to be made
 */
function walk(server: Server, root: ServedArg, { path, directory, noSymlinks, noFollow }: Walk): { fd: number; made: boolean } {
  let rest = path.split("/").filter((part) => part !== "" && part !== ".")
  let done: string[] = []
  let links = 0
  let races = 0
  let made = false
  while (rest.length > 0) {
    const part = rest[0] as string
    if (part === "..") {
      done.pop()
      rest = rest.slice(1)
      continue
    }
    const here = [...done, part]
    const where = `make ${path.startsWith("/") ? path : `/${path}`}: /${here.join("/")}`
    const fd = openBelow(server, root, here, O_PATH | O_NOFOLLOW)
    if (fd === -ERRNO.ENOENT) {
      if (races++ > MAX_RACES) throw sysError(where, ERRNO.EAGAIN)
      made = make(server, root, done, part, directory || rest.length > 1, where) && rest.length === 1
      continue
    }
    if (fd < 0) throw sysError(where, -fd, { syscall: "openat2" })
    const statx = Buffer.alloc(STATX.size)
    server.must(where, "statx", fd, "", AT_EMPTY_PATH, 0x1, statx)
    const isLink = (statx.readUInt16LE(STATX.mode) & S_IFMT) === S_IFLNK
    if (isLink && !(noFollow && rest.length === 1)) {
      if (noSymlinks || links++ >= MAX_SYMLINKS) throw sysError(where, ERRNO.ELOOP)
      const target = readLink(server, fd, where)
      rest = [...target.split("/").filter((item) => item !== "" && item !== "."), ...rest.slice(1)]
      if (target.startsWith("/")) done = []
    } else {
      done = here
      rest = rest.slice(1)
    }
    server.call("close", fd)
  }
  const end = openBelow(server, root, done, O_PATH | (directory ? O_DIRECTORY : 0) | (noFollow ? O_NOFOLLOW : 0))
  if (end < 0) throw sysError(`open /${path}`, -end, { syscall: "openat2" })
  return { fd: end, made }
}

/** @returns false if somebody else was faster */
function make(server: Server, root: ServedArg, folder: readonly string[], name: string, directory: boolean, where: string): boolean {
  const parent = openBelow(server, root, folder, O_PATH | O_DIRECTORY)
  if (parent < 0) throw sysError(where, -parent, { syscall: "openat2" })
  const made = directory ? server.call("mkdirat", parent, name, 0o755) : server.call("mknodat", parent, name, S_IFREG | 0o644, 0)
  server.call("close", parent)
  if (made < 0 && made !== -ERRNO.EEXIST) throw sysError(where, -made, { syscall: directory ? "mkdirat" : "mknodat" })
  return made === 0
}

function readLink(server: Server, fd: ServedArg, where: string): string {
  return readLinkBytes(server, fd, where, "").toString("utf8")
}

function readLinkBytes(server: Server, fd: ServedArg, where: string, name: ServedArg): Buffer {
  const buffer = Buffer.alloc(4096)
  const length = server.must(where, "readlinkat", fd, name, buffer, buffer.length)
  return buffer.subarray(0, length)
}

function copyTree(server: Server, from: ServedArg, to: ServedArg, where: string): void {
  copyFolder({ server, top: to, linked: new Map() }, from, to, Buffer.alloc(0), where)
}

/** What `copyFolder` knows of the whole copy. */
interface Copy {
  readonly server: Server
  /** The new mount. */
  readonly top: ServedArg
  /** Files with several names: device and inode, to the first copy's path below `top`. */
  readonly linked: Map<string, Buffer>
}

const SLASH = Buffer.from("/")

/** A name as system calls take it: bytes, as names need not be UTF-8. */
function terminated(name: Uint8Array): Buffer {
  return Buffer.concat([name, Buffer.alloc(1)])
}

/**
 * tmpcopyup: what the covered folder holds, with owners, modes, times, extended attributes and hard links, copied into the new mount.
 * @param below the folder's path below the mount, with a slash at its end; empty for the mount itself
 */
function copyFolder(copy: Copy, from: ServedArg, to: ServedArg, below: Buffer, where: string): void {
  const { server } = copy
  const reader = server.must(`copy ${where}`, "openat", from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
  const entries: Buffer[] = []
  const buffer = Buffer.alloc(32768)
  for (;;) {
    const length = server.must(`read the folder ${where}`, "getdents64", reader, buffer, buffer.length)
    if (length === 0) break
    for (let at = 0; at < length; at += buffer.readUInt16LE(at + DIRENT.recordLength)) {
      const start = at + DIRENT.name
      const name = Buffer.from(buffer.subarray(start, buffer.indexOf(0, start)))
      const text = name.toString("latin1")
      if (text !== "." && text !== "..") entries.push(name)
    }
  }
  for (const name of entries) copyEntry(copy, reader, to, name, below, `${where}/${name.toString("utf8")}`)
  const statx = Buffer.alloc(STATX.size)
  server.must(`look at ${where}`, "statx", reader, "", AT_EMPTY_PATH, 0x7ff, statx)
  server.must(`give ${where} its owner`, "fchownat", to, ".", statx.readUInt32LE(STATX.uid), statx.readUInt32LE(STATX.gid), 0)
  const writer = server.must(`copy ${where}`, "openat", to, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
  copyAttributes(server, reader, writer, where)
  copyTimes(server, writer, statx)
  server.call("close", writer)
  server.call("close", reader)
}

function copyEntry(copy: Copy, from: number, to: ServedArg, name: Buffer, below: Buffer, where: string): void {
  const { server } = copy
  const named = terminated(name)
  const statx = Buffer.alloc(STATX.size)
  server.must(`look at ${where}`, "statx", from, named, AT_SYMLINK_NOFOLLOW, 0x7ff, statx)
  const mode = statx.readUInt16LE(STATX.mode)
  const type = mode & S_IFMT
  const path = Buffer.concat([below, name])
  if (type !== S_IFDIR && statx.readUInt32LE(STATX.nlink) > 1) {
    const key = `${statx.readUInt32LE(STATX.devMajor)}:${statx.readUInt32LE(STATX.devMinor)}:${statx.readBigUInt64LE(STATX.ino)}`
    const first = copy.linked.get(key)
    if (first !== undefined) {
      server.must(`copy ${where}`, "linkat", copy.top, terminated(first), to, named, 0)
      return
    }
    copy.linked.set(key, path)
  }
  if (type === S_IFDIR) {
    server.must(`copy ${where}`, "mkdirat", to, named, 0o700)
    const source = server.must(`copy ${where}`, "openat", from, named, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0)
    const target = server.must(`copy ${where}`, "openat", to, named, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0)
    copyFolder(copy, source, target, Buffer.concat([path, SLASH]), where)
    server.call("close", source)
    server.call("close", target)
  } else if (type === S_IFREG) copyFile(server, from, to, named, where, statx)
  else if (type === S_IFLNK) server.must(`copy ${where}`, "symlinkat", terminated(readLinkBytes(server, from, where, named)), to, named)
  else {
    const major = statx.readUInt32LE(STATX.rdevMajor)
    const minor = statx.readUInt32LE(STATX.rdevMinor)
    server.must(`copy ${where}`, "mknodat", to, named, mode, deviceNumber(major, minor))
  }
  const [uid, gid] = [statx.readUInt32LE(STATX.uid), statx.readUInt32LE(STATX.gid)]
  // the times of a file do not change with its owner and mode
  if (type !== S_IFDIR) server.must(`give ${where} its owner`, "fchownat", to, named, uid, gid, AT_SYMLINK_NOFOLLOW)
  // after the owner: chown clears the set-id bits
  if (type !== S_IFLNK) server.must(`give ${where} its mode`, "fchmodat", to, named, mode & 0o7777)
}

function copyFile(server: Server, from: number, to: ServedArg, name: Buffer, where: string, statx: Buffer): void {
  // not to wait for ever if a FIFO has taken its place
  const source = server.must(`copy ${where}`, "openat", from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0)
  const target = server.must(`copy ${where}`, "openat", to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
  for (;;) {
    const copied = server.must(`copy ${where}`, "sendfile", target, source, 0, 0x7ffff000)
    if (copied === 0) break
  }
  copyAttributes(server, source, target, where)
  copyTimes(server, target, statx)
  server.call("close", source)
  server.call("close", target)
}

/** Access and modification time, of an open file. */
function copyTimes(server: Server, target: number, statx: Buffer): void {
  const times = Buffer.alloc(32)
  statx.copy(times, 0, 64, 76)
  statx.copy(times, 16, 112, 124)
  // a null path means the descriptor itself (futimens(3))
  server.call("utimensat", target, 0, times, 0)
}

function copyAttributes(server: Server, source: number, target: number, where: string): void {
  const names = Buffer.alloc(8192)
  const length = server.call("flistxattr", source, names, names.length)
  if (length <= 0) return
  for (const name of names.toString("utf8", 0, length).split("\0")) {
    if (name === "") continue
    const value = Buffer.alloc(32768)
    const size = server.must(`read ${name} of ${where}`, "fgetxattr", source, name, value, value.length)
    // a tmpfs refuses what it has no place for (user.* before Linux 6.6)
    server.call("fsetxattr", target, name, value.subarray(0, size), size, 0)
  }
}
