import { RuntsError, sysError } from "../error.ts"
import { recv, send } from "../host/socket.ts"
import { ERRNO } from "../kernel/errno.ts"
import {
  AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW, DIRENT, O_CLOEXEC, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_PATH, O_RDONLY, O_WRONLY,
  RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG, STATX,
} from "../kernel/fs.ts"
import type { SyscallName } from "../kernel/syscalls.ts"
import { deviceNumber } from "../plan/devices.ts"
import type { Planner, ServeRequest } from "../plan/planner.ts"
import { failWith, resumeAt, servedCall, storeAndResume, type ServedArg } from "../program/answer.ts"
import type { Label } from "../program/program.ts"

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
    const call = servedCall(this.base, this.loop, this.planner.status, name, args)
    send(this.socket, call.message)
    const reply = Buffer.alloc(call.message.length)
    const received = recv(this.socket, reply)
    if (received !== reply.length) throw new RuntsError("the container's init ended while it was being set up")
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
    send(this.socket, resumeAt(label.index))
  }

  storeAndResume(address: number, value: number, label: Label): void {
    send(this.socket, storeAndResume(this.base, address, value, label.index))
  }

  fail(errno: number): void {
    send(this.socket, failWith(errno))
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
        const { fd, made } = walk(server, { cell: rootCell(planner) }, request.path, request.directory, request.noSymlinks)
        server.storeAndResume(request.result.address, fd, made ? request.made : request.resume)
        return
      }
      case "cwd": {
        const { fd } = walk(server, AT_FDCWD, request.path, true, false)
        server.must(`change to ${request.path}`, "fchdir", fd)
        server.call("close", fd)
        server.resume(request.resume)
        return
      }
      case "copy":
        copyFolder(server, { cell: request.from.address }, { cell: request.to.address }, `/${request.path}`)
        server.resume(request.resume)
        return
    }
  } catch (error) {
    server.fail(error instanceof RuntsError ? (error.details.errno ?? ERRNO.EIO) : ERRNO.EIO)
    throw error
  }
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

/**
 * Resolves a path below the root part by part, symlinks included, and makes what is missing: folders, and at the end a file if that is
 * what is wanted. No part is ever followed by the kernel, so nothing is made outside of the root.
 * @returns a descriptor (in the container) of the end, and whether the end had to be made
 */
function walk(server: Server, root: ServedArg, path: string, directory: boolean, noSymlinks: boolean): { fd: number; made: boolean } {
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
    if (isLink) {
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
  const end = openBelow(server, root, done, O_PATH | (directory ? O_DIRECTORY : 0))
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

function readLink(server: Server, fd: ServedArg, where: string, name = ""): string {
  const buffer = Buffer.alloc(4096)
  const length = server.must(where, "readlinkat", fd, name, buffer, buffer.length)
  return buffer.toString("utf8", 0, length)
}

/** tmpcopyup: what the covered folder holds, with owners, modes, times and extended attributes, copied into the new mount. */
function copyFolder(server: Server, from: ServedArg, to: ServedArg, where: string): void {
  const reader = server.must(`copy ${where}`, "openat", from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
  const entries: string[] = []
  const buffer = Buffer.alloc(32768)
  for (;;) {
    const length = server.must(`read the folder ${where}`, "getdents64", reader, buffer, buffer.length)
    if (length === 0) break
    for (let at = 0; at < length; at += buffer.readUInt16LE(at + DIRENT.recordLength)) {
      const end = buffer.indexOf(0, at + DIRENT.name)
      const name = buffer.toString("utf8", at + DIRENT.name, end)
      if (name !== "." && name !== "..") entries.push(name)
    }
  }
  for (const name of entries) copyEntry(server, reader, to, name, `${where}/${name}`)
  const statx = Buffer.alloc(STATX.size)
  server.must(`look at ${where}`, "statx", reader, "", AT_EMPTY_PATH, 0x7ff, statx)
  server.must(`give ${where} its owner`, "fchownat", to, ".", statx.readUInt32LE(STATX.uid), statx.readUInt32LE(STATX.gid), 0)
  server.call("close", reader)
}

function copyEntry(server: Server, from: number, to: ServedArg, name: string, where: string): void {
  const statx = Buffer.alloc(STATX.size)
  server.must(`look at ${where}`, "statx", from, name, AT_SYMLINK_NOFOLLOW, 0x7ff, statx)
  const mode = statx.readUInt16LE(STATX.mode)
  const type = mode & S_IFMT
  if (type === S_IFDIR) {
    server.must(`copy ${where}`, "mkdirat", to, name, 0o700)
    const source = server.must(`copy ${where}`, "openat", from, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0)
    const target = server.must(`copy ${where}`, "openat", to, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0)
    copyFolder(server, source, target, where)
    server.call("close", source)
    server.call("close", target)
  } else if (type === S_IFREG) copyFile(server, from, to, name, where, statx)
  else if (type === S_IFLNK) server.must(`copy ${where}`, "symlinkat", readLink(server, from, where, name), to, name)
  else {
    const major = statx.readUInt32LE(STATX.rdevMajor)
    const minor = statx.readUInt32LE(STATX.rdevMinor)
    server.must(`copy ${where}`, "mknodat", to, name, mode, deviceNumber(major, minor))
  }
  const [uid, gid] = [statx.readUInt32LE(STATX.uid), statx.readUInt32LE(STATX.gid)]
  server.must(`give ${where} its owner`, "fchownat", to, name, uid, gid, AT_SYMLINK_NOFOLLOW)
  // after the owner: chown clears the set-id bits
  if (type !== S_IFLNK) server.must(`give ${where} its mode`, "fchmodat", to, name, mode & 0o7777)
}

function copyFile(server: Server, from: number, to: ServedArg, name: string, where: string, statx: Buffer): void {
  // not to wait for ever if a FIFO has taken its place
  const source = server.must(`copy ${where}`, "openat", from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0)
  const target = server.must(`copy ${where}`, "openat", to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
  for (;;) {
    const copied = server.must(`copy ${where}`, "sendfile", target, source, 0, 0x7ffff000)
    if (copied === 0) break
  }
  copyAttributes(server, source, target, where)
  const times = Buffer.alloc(32)
  statx.copy(times, 0, 64, 76)
  statx.copy(times, 16, 112, 124)
  server.call("utimensat", target, "", times, AT_EMPTY_PATH)
  server.call("close", source)
  server.call("close", target)
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

