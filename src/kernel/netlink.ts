/*
 * rtnetlink messages as bytes (netlink(7), rtnetlink(7); numbers of linux/netlink.h, linux/rtnetlink.h, linux/if_link.h and
 * linux/if_addr.h). Pure: building and reading them touches nothing. Little-endian: x86-64 and arm64.
 */

export const AF_NETLINK = 16
export const AF_UNSPEC = 0
export const AF_INET = 2
export const AF_INET6 = 10
export const NETLINK_ROUTE = 0
export const SOL_NETLINK = 270

/** Options of a netlink socket, setsockopt(2) at SOL_NETLINK. */
export const NETLINK_OPTION = {
  /** Answers to failed requests do not repeat the request. */
  CAP_ACK: 10,
  /** They say in words what is wrong. */
  EXT_ACK: 11,
  /** Requests for dumps are read strictly: their filters are obeyed. */
  GET_STRICT_CHK: 12,
} as const

/** Types of messages. */
export const NLMSG = {
  ERROR: 2, DONE: 3, NEWLINK: 16, GETLINK: 18, NEWADDR: 20, GETADDR: 22, NEWROUTE: 24, GETROUTE: 26,
} as const

/** Flags of struct nlmsghdr. */
export const NLM_F = { REQUEST: 0x1, ACK: 0x4, DUMP: 0x300, EXCL: 0x200, CREATE: 0x400, CAPPED: 0x100, ACK_TLVS: 0x200 } as const

/** Attributes of a link. */
export const IFLA = { ADDRESS: 1, IFNAME: 3, MTU: 4, MASTER: 10, NET_NS_FD: 28, NEW_IFINDEX: 49 } as const

/** Attributes of an address. */
export const IFA = { ADDRESS: 1, LOCAL: 2, LABEL: 3, BROADCAST: 4, CACHEINFO: 6, FLAGS: 8, RT_PRIORITY: 9, PROTO: 11 } as const

/** Attributes of a route. */
export const RTA = { OIF: 4, CACHEINFO: 12 } as const

/** rtm_protocol of routes that the kernel makes and learns by itself: redirects, addresses, router advertisements. */
const OWN_PROTOCOLS = [1, 2, 9]
/** RTNH_F_PERVASIVE and RTNH_F_ONLINK of rtm_flags: the others tell of the route's fate. */
const ROUTE_FLAGS = 0x2 | 0x4

/** Flags of an address. */
export const IFA_F = { SECONDARY: 0x1, DADFAILED: 0x8, DEPRECATED: 0x20, TENTATIVE: 0x40, PERMANENT: 0x80 } as const

/** rtm_scope and ifa_scope of what is valid everywhere: "global". */
export const RT_SCOPE_UNIVERSE = 0
export const IFF_UP = 1

/** IFNAMSIZ less the final NUL: the longest name of a device, in bytes. */
export const INTERFACE_NAME_BYTES_MAX = 15

const HEADER_BYTES = 16
const ATTRIBUTE_BYTES = 4
/** struct ifinfomsg and struct ifaddrmsg. */
const LINK_BYTES = 16
const ADDRESS_BYTES = 8
/** struct rtmsg, and where its rtm_protocol and rtm_flags are. */
const ROUTE_BYTES = 12
const ROUTE_PROTOCOL = 5
const ROUTE_FLAGS_AT = 8
/** Of nla_type: the rest are flags (NLA_F_NESTED, NLA_F_NET_BYTEORDER). */
const ATTRIBUTE_TYPE_MASK = 0x3fff
const NLMSGERR_ATTR_MSG = 1

/** An attribute: its type and its content; a string gets a final NUL, a number is 4 bytes. */
export type Attribute = readonly [type: number, value: Uint8Array | string | number]

/** A message as it came. */
export interface NetlinkMessage {
  readonly type: number
  readonly flags: number
  readonly sequence: number
  /** What follows struct nlmsghdr. */
  readonly payload: Buffer
}

/** A network device, of what struct ifinfomsg and its attributes tell. */
export interface Link {
  readonly index: number
  /** IFF_UP and others. */
  readonly flags: number
  readonly name: string
  /** Index of the bridge or bond it is part of; undefined where it is part of none. */
  readonly master: number | undefined
}

/** An address of a device, with all that is needed to set it again. */
export interface Address {
  /** AF_INET or AF_INET6. */
  readonly family: number
  readonly prefixLength: number
  readonly scope: number
  /** Index of the device. */
  readonly index: number
  /** All 32 bits of them. */
  readonly flags: number
  readonly attributes: ReadonlyMap<number, Buffer>
}

/** A route over a device. */
export interface Route {
  readonly family: number
  /** struct rtmsg. */
  readonly fixed: Buffer
  readonly attributes: ReadonlyMap<number, Buffer>
}

function align(bytes: number): number {
  return (bytes + 3) & ~3
}

function attributeBytes(value: Attribute[1]): Buffer {
  if (typeof value === "string") return Buffer.from(value + "\0", "utf8")
  if (typeof value === "number") {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32LE(value)
    return bytes
  }
  return Buffer.from(value)
}

/** One request: struct nlmsghdr, the fixed part of its family, attributes; all of them padded to 4 bytes. */
export function encodeRequest(
  type: number, flags: number, sequence: number, fixed: Uint8Array, attributes: readonly Attribute[],
): Buffer {
  const values = attributes.map(([, value]) => attributeBytes(value))
  const length = values.reduce((sum, value) => sum + align(ATTRIBUTE_BYTES + value.length), HEADER_BYTES + align(fixed.length))
  const message = Buffer.alloc(length)
  message.writeUInt32LE(length, 0)
  message.writeUInt16LE(type, 4)
  message.writeUInt16LE(flags | NLM_F.REQUEST, 6)
  message.writeUInt32LE(sequence, 8)
  message.set(fixed, HEADER_BYTES)
  let at = HEADER_BYTES + align(fixed.length)
  for (const [i, value] of values.entries()) {
    message.writeUInt16LE(ATTRIBUTE_BYTES + value.length, at)
    message.writeUInt16LE((attributes[i] as Attribute)[0], at + 2)
    message.set(value, at + ATTRIBUTE_BYTES)
    at += align(ATTRIBUTE_BYTES + value.length)
  }
  return message
}

/** struct ifinfomsg. @param change which of the flags are to be set */
export function linkHeader(index: number, flags = 0, change = 0): Uint8Array {
  const header = Buffer.alloc(LINK_BYTES)
  header.writeInt32LE(index, 4)
  header.writeUInt32LE(flags, 8)
  header.writeUInt32LE(change, 12)
  return header
}

/** struct ifaddrmsg. */
export function addressHeader(address: Omit<Address, "attributes">): Uint8Array {
  const header = Buffer.alloc(ADDRESS_BYTES)
  header[0] = address.family
  header[1] = address.prefixLength
  header[2] = address.flags & 0xff
  header[3] = address.scope
  header.writeUInt32LE(address.index, 4)
  return header
}

/** The messages of one datagram. @throws Error where its lengths contradict each other: the kernel sends no such thing */
export function decodeMessages(datagram: Buffer): NetlinkMessage[] {
  const messages: NetlinkMessage[] = []
  for (let at = 0; at + HEADER_BYTES <= datagram.length;) {
    const length = datagram.readUInt32LE(at)
    if (length < HEADER_BYTES || at + length > datagram.length) {
      throw new Error(`netlink: a message of ${length} bytes at ${at} of ${datagram.length}`)
    }
    messages.push({
      type: datagram.readUInt16LE(at + 4),
      flags: datagram.readUInt16LE(at + 6),
      sequence: datagram.readUInt32LE(at + 8),
      payload: datagram.subarray(at + HEADER_BYTES, at + length),
    })
    at += align(length)
  }
  return messages
}

/** Attributes by type; of several with one type the last. */
export function decodeAttributes(bytes: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>()
  for (let at = 0; at + ATTRIBUTE_BYTES <= bytes.length;) {
    const length = bytes.readUInt16LE(at)
    if (length < ATTRIBUTE_BYTES || at + length > bytes.length) {
      throw new Error(`netlink: an attribute of ${length} bytes at ${at} of ${bytes.length}`)
    }
    found.set(bytes.readUInt16LE(at + 2) & ATTRIBUTE_TYPE_MASK, bytes.subarray(at + ATTRIBUTE_BYTES, at + length))
    at += align(length)
  }
  return found
}

/** A C string. */
function text(bytes: Buffer | undefined): string {
  if (bytes === undefined) return ""
  const end = bytes.indexOf(0)
  return bytes.toString("utf8", 0, end < 0 ? bytes.length : end)
}

/** What NLMSG_ERROR holds: the errno, positive (0: all is well), and the kernel's words or "". */
export function decodeError(message: NetlinkMessage): { readonly errno: number; readonly says: string } {
  const { payload, flags } = message
  const errno = -payload.readInt32LE(0)
  if ((flags & NLM_F.ACK_TLVS) === 0) return { errno, says: "" }
  // struct nlmsgerr repeats the request's header, and unless it is capped the whole request
  const repeated = (flags & NLM_F.CAPPED) === 0 && errno !== 0 ? align(payload.readUInt32LE(4)) : HEADER_BYTES
  return { errno, says: text(decodeAttributes(payload.subarray(4 + repeated)).get(NLMSGERR_ATTR_MSG)) }
}

export function decodeLink(payload: Buffer): Link {
  const attributes = decodeAttributes(payload.subarray(LINK_BYTES))
  return {
    index: payload.readInt32LE(4),
    flags: payload.readUInt32LE(8),
    name: text(attributes.get(IFLA.IFNAME)),
    master: attributes.get(IFLA.MASTER)?.readUInt32LE(0),
  }
}

export function decodeAddress(payload: Buffer): Address {
  const attributes = decodeAttributes(payload.subarray(ADDRESS_BYTES))
  return {
    family: payload.readUInt8(0),
    prefixLength: payload.readUInt8(1),
    scope: payload.readUInt8(3),
    index: payload.readUInt32LE(4),
    flags: attributes.get(IFA.FLAGS)?.readUInt32LE(0) ?? payload.readUInt8(2),
    attributes,
  }
}

/** Attributes of an address that a device keeps; others tell of its fate (IFA_MULTICAST, IFA_TARGET_NETNSID). */
const KEPT = [IFA.ADDRESS, IFA.LOCAL, IFA.BROADCAST, IFA.CACHEINFO, IFA.RT_PRIORITY, IFA.PROTO] as const
/** Flags that the kernel finds out anew. */
const PASSING_FLAGS = IFA_F.SECONDARY | IFA_F.DADFAILED | IFA_F.DEPRECATED | IFA_F.TENTATIVE | IFA_F.PERMANENT

/**
 * The request that gives a device an address it had.
 * @param label names the address in place of the device (IPv4 alone, "eth0:1"); undefined: none
 */
export function encodeAddress(address: Address, index: number, sequence: number, label: string | undefined): Buffer {
  const flags = address.flags & ~PASSING_FLAGS
  const attributes: Attribute[] = []
  for (const type of KEPT) {
    const value = address.attributes.get(type)
    if (value !== undefined) attributes.push([type, value])
  }
  if (label !== undefined) attributes.push([IFA.LABEL, label])
  attributes.push([IFA.FLAGS, flags])
  const header = addressHeader({ ...address, index, flags })
  return encodeRequest(NLMSG.NEWADDR, NLM_F.ACK | NLM_F.CREATE | NLM_F.EXCL, sequence, header, attributes)
}

/** An IPv4 address's label; undefined for none. */
export function labelOf(address: Address): string | undefined {
  const bytes = address.attributes.get(IFA.LABEL)
  return bytes === undefined ? undefined : text(bytes)
}

/** struct rtmsg of a request for all routes of a family. */
export function routeHeader(family: number): Uint8Array {
  return new Uint8Array([family, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
}

/** @returns undefined for a route that the kernel makes again by itself */
export function decodeRoute(payload: Buffer): Route | undefined {
  if (OWN_PROTOCOLS.includes(payload.readUInt8(ROUTE_PROTOCOL))) return undefined
  const attributes = decodeAttributes(payload.subarray(ROUTE_BYTES))
  return { family: payload.readUInt8(0), fixed: payload.subarray(0, ROUTE_BYTES), attributes }
}

/** The request that makes a route again, over the device of an index. */
export function encodeRoute({ fixed, attributes }: Route, index: number, sequence: number): Buffer {
  const header = Buffer.from(fixed)
  header.writeUInt32LE(header.readUInt32LE(ROUTE_FLAGS_AT) & ROUTE_FLAGS, ROUTE_FLAGS_AT)
  const kept: Attribute[] = [[RTA.OIF, index]]
  for (const [type, value] of attributes) if (type !== RTA.OIF && type !== RTA.CACHEINFO) kept.push([type, value])
  return encodeRequest(NLMSG.NEWROUTE, NLM_F.ACK | NLM_F.CREATE | NLM_F.EXCL, sequence, header, kept)
}
