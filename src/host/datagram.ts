import { sys } from "../ffi/index.ts"
import { RuntsError, sysError } from "../error.ts"
import { ERRNO } from "../kernel/errno.ts"
import { AF_UNIX, MSG_DONTWAIT, SOCK_CLOEXEC, SOCK_DGRAM, socketAddress } from "../kernel/socket.ts"
import { NR } from "../kernel/syscalls.ts"
import { close, tryUnlinkAt } from "./file.ts"
import { addressAt } from "./socket.ts"

function datagramSocket(): number {
  const fd = sys(NR.socket, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)
  if (fd < 0) throw sysError("make a datagram socket", -fd, { syscall: "socket" })
  return fd
}

/** Binds a datagram socket to a name in a folder, in place of one that was left there, and lets everybody send to it. */
export function bindDatagram(dirFd: number, name: string): number {
  tryUnlinkAt(dirFd, name, 0)
  const address = addressAt(dirFd, name)
  const fd = datagramSocket()
  let syscall = "bind"
  let result = sys(NR.bind, fd, address, address.length)
  if (result === 0) {
    syscall = "fchmodat"
    result = sys(NR.fchmodat, dirFd, name, 0o777)
  }
  if (result === 0) return fd
  close(fd)
  throw sysError(`bind the socket ${JSON.stringify(name)}`, -result, { code: "socket-failed", syscall })
}

/** A datagram socket that sends to a path, or to an abstract name written with @ (unix(7)). */
export function connectDatagram(name: string): number {
  const address = socketAddress(name)
  if (address === undefined) {
    throw new RuntsError(`socket name ${JSON.stringify(name)} is too long: a socket's address holds 107 bytes`, {
      code: "socket-failed",
    })
  }
  // an abstract name begins with a NUL byte and has none at its end
  const abstract = name.startsWith("@")
  if (abstract) address[2] = 0
  const fd = datagramSocket()
  const result = sys(NR.connect, fd, address, abstract ? address.length - 1 : address.length)
  if (result === 0) return fd
  close(fd)
  throw sysError(`connect to socket ${JSON.stringify(name)}`, -result, { code: "socket-failed", syscall: "connect" })
}

/** The next datagram, cut to the buffer; undefined if there is none now. */
export function takeDatagram(socket: number, buffer: Buffer): Buffer | undefined {
  for (;;) {
    const n = sys(NR.recvfrom, socket, buffer, buffer.length, MSG_DONTWAIT, 0, 0)
    if (n >= 0) return buffer.subarray(0, n)
    if (n === -ERRNO.EAGAIN) return undefined
    if (n !== -ERRNO.EINTR) throw sysError("receive a datagram", -n, { syscall: "recvfrom" })
  }
}
