/*
 * AF_UNIX sockets as the kernel sees them: numbers of linux/net.h, linux/socket.h and layouts of unix(7), cmsg(3), recvmsg(2).
 * Little-endian, 64-bit: the same on x86-64 and arm64.
 */

export const AF_UNIX = 1
export const SOCK_STREAM = 1
export const SOCK_DGRAM = 2
export const SOCK_SEQPACKET = 5
export const SOCK_CLOEXEC = 0o2000000
export const SOL_SOCKET = 1
export const SCM_RIGHTS = 1
export const MSG_CTRUNC = 0x8
export const MSG_DONTWAIT = 0x40

/** Bytes of sun_path, the final NUL included. */
export const SUN_PATH_BYTES = 108

/**
 * struct sockaddr_un of a path.
 * @returns undefined where the path with its NUL does not fit into sun_path
 */
export function socketAddress(path: string): Uint8Array | undefined {
  const bytes = Buffer.byteLength(path)
  if (bytes >= SUN_PATH_BYTES) return undefined
  const address = Buffer.alloc(2 + bytes + 1)
  address[0] = AF_UNIX
  address.write(path, 2)
  return address
}

/**
 * Offsets in one buffer that holds a whole message: struct msghdr, one struct iovec, control data for descriptors, payload.
 * The control data has room for one struct cmsghdr (16 bytes) and two descriptors: CMSG_SPACE(4) is padded to 8.
 */
const IOVEC = 56
const CONTROL = 72
const CONTROL_BYTES = 24
const CMSG_HEADER_BYTES = 16
const PAYLOAD = CONTROL + CONTROL_BYTES

/** Writes an integer of up to 53 bits as 8 bytes. */
function word(buffer: Buffer, offset: number, value: number): void {
  buffer.writeUInt32LE(value % 0x100000000, offset)
  buffer.writeUInt32LE(Math.floor(value / 0x100000000), offset + 4)
}

/** A buffer for a message with up to `payloadBytes` bytes; `encodeMessage` fills in its addresses. */
export function messageBuffer(payloadBytes: number): Buffer {
  return Buffer.alloc(PAYLOAD + payloadBytes)
}

/** The payload's part of a message buffer. */
export function messagePayload(message: Buffer): Buffer {
  return message.subarray(PAYLOAD)
}

/** Makes `message`, which lies at `address`, a struct msghdr for sendmsg(2) or recvmsg(2) with room for descriptors. */
export function encodeMessage(message: Buffer, address: number): void {
  word(message, 16, address + IOVEC)
  word(message, 24, 1)
  word(message, 32, address + CONTROL)
  word(message, 40, CONTROL_BYTES)
  word(message, IOVEC, address + PAYLOAD)
  word(message, IOVEC + 8, message.length - PAYLOAD)
}

/** Makes the control data one SCM_RIGHTS with one descriptor. */
export function encodeRights(message: Buffer, fd: number): void {
  word(message, CONTROL, CMSG_HEADER_BYTES + 4)
  message.writeInt32LE(SOL_SOCKET, CONTROL + 8)
  message.writeInt32LE(SCM_RIGHTS, CONTROL + 12)
  message.writeInt32LE(fd, CONTROL + CMSG_HEADER_BYTES)
}

/** What recvmsg(2) stored: the descriptors, and whether the kernel had to drop some for lack of room. */
export function decodeRights(message: Buffer): { readonly fds: number[]; readonly truncated: boolean } {
  const fds: number[] = []
  const truncated = (message.readInt32LE(48) & MSG_CTRUNC) !== 0
  const used = message.readUInt32LE(40)
  const isRights = message.readInt32LE(CONTROL + 8) === SOL_SOCKET && message.readInt32LE(CONTROL + 12) === SCM_RIGHTS
  if (used >= CMSG_HEADER_BYTES && isRights) {
    const end = CONTROL + Math.min(message.readUInt32LE(CONTROL), CONTROL_BYTES)
    for (let at = CONTROL + CMSG_HEADER_BYTES; at + 4 <= end; at += 4) fds.push(message.readInt32LE(at))
  }
  return { fds, truncated }
}
