import { native, sys } from "../ffi/index.ts"
import { RuntsError, sysError } from "../error.ts"
import { ERRNO } from "../kernel/errno.ts"
import { AT_FDCWD, O_DIRECTORY, O_NONBLOCK, O_PATH } from "../kernel/fs.ts"
import { MSG_CMSG_CLOEXEC, MSG_NOSIGNAL } from "../kernel/process.ts"
import {
  AF_UNIX, SOCK_CLOEXEC, SOCK_SEQPACKET, SOCK_STREAM, decodeRights, encodeMessage, encodeRights, messageBuffer, messagePayload,
  socketAddress,
} from "../kernel/socket.ts"
import { NR } from "../kernel/syscalls.ts"
import { close, openAt } from "./file.ts"
import { POLLIN, pollOne } from "./poll.ts"

const quote = JSON.stringify

/** Two connected sockets that keep message borders (SOCK_SEQPACKET), both close-on-exec. */
export function socketpair(): [number, number] {
  const pair = Buffer.alloc(8)
  const result = sys(NR.socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)
  if (result < 0) throw sysError("make a socket pair", -result, { syscall: "socketpair" })
  return [pair.readInt32LE(0), pair.readInt32LE(4)]
}

/** A pipe, both ends close-on-exec. */
export function pipe(): { readonly read: number; readonly write: number } {
  const pair = Buffer.alloc(8)
  const result = sys(NR.pipe2, pair, SOCK_CLOEXEC)
  if (result < 0) throw sysError("make a pipe", -result, { syscall: "pipe2" })
  return { read: pair.readInt32LE(0), write: pair.readInt32LE(4) }
}

function streamSocket(flags = 0): number {
  const fd = sys(NR.socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0)
  if (fd < 0) throw sysError("make a socket", -fd, { syscall: "socket" })
  return fd
}

/** A name below a folder descriptor, so that the length of the folder's path does not count against sun_path (unix(7)). */
export function addressAt(dirFd: number, name: string): Uint8Array {
  const address = socketAddress(`/proc/self/fd/${dirFd}/${name}`)
  if (address === undefined) {
    throw new RuntsError(`socket name ${quote(name)} is too long: a socket's address holds 107 bytes`, { code: "socket-failed" })
  }
  return address
}

/** Binds a stream socket to a new name in a folder and listens with a backlog of one. @returns its descriptor */
export function listenUnix(dirFd: number, name: string): number {
  const address = addressAt(dirFd, name)
  const fd = streamSocket()
  let syscall = "bind"
  let result = sys(NR.bind, fd, address, address.length)
  if (result === 0) {
    syscall = "listen"
    result = sys(NR.listen, fd, 1)
  }
  if (result < 0) {
    close(fd)
    throw sysError(`listen on socket ${quote(name)}`, -result, { code: "socket-failed", syscall })
  }
  return fd
}

/** The next connection of a listening socket, close-on-exec. */
export function acceptUnix(listener: number): number {
  for (;;) {
    const fd = sys(NR.accept4, listener, 0, 0, SOCK_CLOEXEC)
    if (fd >= 0) return fd
    if (fd !== -ERRNO.EINTR) throw sysError("accept a connection", -fd, { code: "socket-failed", syscall: "accept4" })
  }
}

/** Connects to a name in a folder. @returns a descriptor, or the negated errno (-ECONNREFUSED: nobody listens) */
export function tryConnectUnix(dirFd: number, name: string): number {
  return connect(addressAt(dirFd, name))
}

/** As {@link tryConnectUnix}, but throws. */
export function connectUnix(dirFd: number, name: string): number {
  const fd = tryConnectUnix(dirFd, name)
  if (fd < 0) throw sysError(`connect to socket ${quote(name)}`, -fd, { code: "socket-failed", syscall: "connect" })
  return fd
}

/** Connects to a stream socket by its path, however long that is. */
export function connectUnixPath(path: string): number {
  const address = socketAddress(path)
  const fd = address === undefined ? connectLongPath(path) : connect(address)
  if (fd >= 0) return fd
  const nobody = fd === -ERRNO.ENOENT || fd === -ERRNO.ECONNREFUSED
  const hint = nobody ? { hint: "whoever is to receive it must listen there before runts is called" } : {}
  throw sysError(`connect to socket ${quote(path)}`, -fd, { code: "socket-failed", syscall: "connect", ...hint })
}

function connectLongPath(path: string): number {
  const slash = path.lastIndexOf("/")
  const dirFd = openAt(AT_FDCWD, slash < 0 ? "." : path.slice(0, slash) || "/", O_PATH | O_DIRECTORY)
  try {
    return tryConnectUnix(dirFd, path.slice(slash + 1))
  } finally {
    close(dirFd)
  }
}

/** Whether somebody listens on a path. @returns 0, or the negated errno: -EAGAIN where those who listen do not accept; nobody is waited for */
export function knock(path: string): number {
  const address = socketAddress(path)
  const fd = address === undefined ? -ERRNO.ENAMETOOLONG : connect(address, O_NONBLOCK)
  if (fd >= 0) close(fd)
  return Math.min(fd, 0)
}

/** @param flags of the socket, as O_NONBLOCK: then -EAGAIN where those who listen do not accept */
function connect(address: Uint8Array, flags = 0): number {
  const fd = streamSocket(flags)
  for (;;) {
    const result = sys(NR.connect, fd, address, address.length)
    if (result === 0) return fd
    if (result === -ERRNO.EINTR) continue
    close(fd)
    return result
  }
}

/** Sends bytes, one message on a SOCK_SEQPACKET. @returns how many went out, or the negated errno; never raises SIGPIPE */
export function trySend(socket: number, bytes: Uint8Array): number {
  for (;;) {
    const n = sys(NR.sendto, socket, bytes, bytes.length, MSG_NOSIGNAL, 0, 0)
    if (n !== -ERRNO.EINTR) return n
  }
}

/** As {@link trySend}, but throws. @param who the other end is, for errors */
export function send(socket: number, who: string, bytes: Uint8Array): number {
  const n = trySend(socket, bytes)
  if (n < 0) throw sysError("send to " + who, -n, { code: "socket-failed", syscall: "sendto" })
  return n
}

/** Receives into a buffer. @returns bytes, 0 at the end of file, or the negated errno */
export function tryRecv(socket: number, buffer: Uint8Array): number {
  for (;;) {
    const n = sys(NR.recvfrom, socket, buffer, buffer.length, 0, 0, 0)
    if (n !== -ERRNO.EINTR) return n
  }
}

/**
 * Receives into a buffer.
 * @param who the other end is, for errors
 * @param timeoutMs milliseconds; negative: no limit
 * @returns bytes; 0 at the end of file, also where the other end was closed with bytes unread
 */
export function recv(socket: number, who: string, buffer: Uint8Array, timeoutMs = -1): number {
  awaitInput(socket, who, timeoutMs)
  let n = tryRecv(socket, buffer)
  // the other end went and left something unread, which is said once and first: then comes what it has sent before
  if (n === -ERRNO.ECONNRESET) n = tryRecv(socket, buffer)
  if (n < 0) throw sysError("receive from " + who, -n, { code: "socket-failed", syscall: "recvfrom" })
  return n
}

function awaitInput(socket: number, who: string, timeoutMs: number): void {
  if (timeoutMs < 0 || pollOne(socket, POLLIN, timeoutMs)) return
  throw sysError(`receive from ${who} within ${timeoutMs} ms`, ERRNO.ETIMEDOUT, { code: "socket-failed" })
}

/** Bytes of payload that receivers of a console socket accept, and what runts takes with a descriptor itself. */
const RIGHTS_PAYLOAD_MAX = 4095

/** Sends one message with exactly one SCM_RIGHTS that holds exactly one descriptor. @param payload 1 to 4095 bytes */
export function sendFd(socket: number, fd: number, payload: Uint8Array): void {
  if (payload.length < 1 || payload.length > RIGHTS_PAYLOAD_MAX) throw new Error(`sendFd: payload of ${payload.length} bytes`)
  sendMessage(socket, fd, payload)
}

/** Sends bytes of any number over a stream socket, a descriptor with the first of them. */
export function sendWithFd(socket: number, fd: number, payload: Uint8Array): void {
  let rest = payload.subarray(sendMessage(socket, fd, payload))
  while (rest.length > 0) rest = rest.subarray(send(socket, "who takes descriptors", rest))
}

/** @returns how many bytes went out */
function sendMessage(socket: number, fd: number, payload: Uint8Array): number {
  const message = messageBuffer(payload.length)
  messagePayload(message).set(payload)
  encodeMessage(message, native.address(message))
  encodeRights(message, fd)
  let n: number
  do n = sys(NR.sendmsg, socket, message, MSG_NOSIGNAL)
  while (n === -ERRNO.EINTR)
  if (n < 0) throw sysError("send a descriptor over a socket", -n, { code: "socket-failed", syscall: "sendmsg" })
  return n
}

/**
 * Receives one message with one descriptor, which is close-on-exec.
 * @param timeoutMs milliseconds; negative: no limit
 * @throws RuntsError at the end of file, or where the message holds no descriptor or more than one (all are closed then)
 */
export function recvFd(socket: number, timeoutMs = -1): { readonly fd: number; readonly payload: Uint8Array } {
  awaitInput(socket, "a socket", timeoutMs)
  const message = messageBuffer(RIGHTS_PAYLOAD_MAX)
  encodeMessage(message, native.address(message))
  let n: number
  do n = sys(NR.recvmsg, socket, message, MSG_CMSG_CLOEXEC)
  while (n === -ERRNO.EINTR)
  if (n < 0) throw sysError("receive a descriptor from a socket", -n, { code: "socket-failed", syscall: "recvmsg" })
  const { fds, truncated } = decodeRights(message)
  if (fds.length === 1 && !truncated) return { fd: fds[0] as number, payload: messagePayload(message).subarray(0, n) }
  for (const fd of fds) close(fd)
  if (n === 0) throw new RuntsError("receive a descriptor from a socket: the other end was closed", { code: "socket-failed" })
  const count = truncated ? "too many" : fds.length
  throw new RuntsError(`receive a descriptor from a socket: the message holds ${count} of them, not one`, {
    code: "socket-failed",
  })
}
