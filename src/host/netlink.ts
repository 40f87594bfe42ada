import { RuntsError, sysError } from "../error.ts"
import { sys } from "../ffi/index.ts"
import { ERRNO, errnoText } from "../kernel/errno.ts"
import { AT_EMPTY_PATH, O_RDONLY } from "../kernel/fs.ts"
import {
  AF_INET, AF_INET6, AF_NETLINK, AF_UNSPEC, IFLA, NETLINK_OPTION, NETLINK_ROUTE, NLM_F, NLMSG, RTA, SOL_NETLINK, addressHeader,
  decodeAddress, decodeError, decodeLink, decodeMessages, decodeRoute, encodeAddress, encodeRequest, encodeRoute, linkHeader,
  routeHeader, type Address, type Attribute, type Link, type NetlinkMessage, type Route,
} from "../kernel/netlink.ts"
import { CLONE } from "../kernel/process.ts"
import { SOCK_CLOEXEC } from "../kernel/socket.ts"
import { NR } from "../kernel/syscalls.ts"
import { close, open, stat, tryStat } from "./file.ts"

const SOCK_RAW = 3
/** The kernel fills no larger datagram (netlink_recvmsg: 32 kB for dumps, a page for others). */
const DATAGRAM_BYTES = 65536

/** The network namespace of this thread: that of /proc/self is the main thread's. */
const OWN_NAMESPACE = "/proc/thread-self/ns/net"

/** This thread's network namespace, for setns(2) and IFLA_NET_NS_FD. @returns a close-on-exec descriptor */
export function ownNetwork(): number {
  return open(OWN_NAMESPACE, O_RDONLY)
}

/** A failed request. @param what with its operands, as `move "eth0"` */
export function netlinkError(what: string, answer: Answer): RuntsError {
  const said = answer.says === "" ? "" : ` (the kernel says: ${answer.says})`
  return new RuntsError(`${what}: ${errnoText(answer.errno)}${said}`, {
    code: "net-device-failed", errno: answer.errno, syscall: "sendto",
  })
}

/** What the kernel answered to a request: errno 0 for success, and its words where it has any. */
export interface Answer {
  readonly errno: number
  readonly says: string
}

/**
 * A route socket (rtnetlink(7)). It speaks to the network namespace in which it was made, wherever its user goes; every request
 * waits for its answer.
 */
export class RouteSocket {
  readonly fd: number
  private sequence = 0
  private readonly buffer = Buffer.allocUnsafeSlow(DATAGRAM_BYTES)

  /** @param namespace descriptor of the network namespace; undefined: this thread's own */
  constructor(namespace?: number) {
    this.fd = namespace === undefined ? routeSocket() : routeSocketIn(namespace)
    toKernelOnly(this.fd)
    // before Linux 4.20 some are missing; without them errors only say less, and dumps more
    const on = new Uint8Array([1, 0, 0, 0])
    for (const option of Object.values(NETLINK_OPTION)) sys(NR.setsockopt, this.fd, SOL_NETLINK, option, on, on.length)
  }

  close(): void {
    close(this.fd)
  }

  /** The device of a name, an alternative one included; undefined where there is none. */
  linkByName(name: string): Link | undefined {
    return this.link(0, [[IFLA.IFNAME, name]], JSON.stringify(name))
  }

  /** The device of an index; undefined where there is none. */
  linkByIndex(index: number): Link | undefined {
    return this.link(index, [], `number ${index}`)
  }

  /** All devices. */
  links(): Link[] {
    const found = this.dump(NLMSG.GETLINK, NLMSG.NEWLINK, linkHeader(0), "list network devices")
    return found.map(({ payload }) => decodeLink(payload))
  }

  /** All addresses of a device, IPv4 and IPv6. */
  addresses(index: number): Address[] {
    const header = addressHeader({ family: AF_UNSPEC, prefixLength: 0, scope: 0, index, flags: 0 })
    const found = this.dump(NLMSG.GETADDR, NLMSG.NEWADDR, header, "list addresses")
    return found.map(({ payload }) => decodeAddress(payload)).filter((address) => address.index === index)
  }

  /** All routes over a device, IPv4 and IPv6, but those that the kernel makes by itself. */
  routes(index: number): Route[] {
    const found: Route[] = []
    for (const family of [AF_INET, AF_INET6]) {
      const messages = this.dump(NLMSG.GETROUTE, NLMSG.NEWROUTE, routeHeader(family), "list routes", [[RTA.OIF, index]])
      for (const { payload } of messages) {
        const route = decodeRoute(payload)
        if (route?.family === family && route.attributes.get(RTA.OIF)?.readUInt32LE(0) === index) found.push(route)
      }
    }
    return found
  }

  /** Changes a device (RTM_NEWLINK of one that is there). @param change which flags are set to `flags` */
  setLink(index: number, attributes: readonly Attribute[], flags = 0, change = 0): Answer {
    return this.ask(encodeRequest(NLMSG.NEWLINK, NLM_F.ACK, ++this.sequence, linkHeader(index, flags, change), attributes))
  }

  /** Gives a device an address (see encodeAddress). */
  addAddress(address: Address, index: number, label: string | undefined): Answer {
    return this.ask(encodeAddress(address, index, ++this.sequence, label))
  }

  /** Makes a route over a device (see encodeRoute). */
  addRoute(route: Route, index: number): Answer {
    return this.ask(encodeRoute(route, index, ++this.sequence))
  }

  private link(index: number, attributes: readonly Attribute[], what: string): Link | undefined {
    const sequence = ++this.sequence
    this.send(encodeRequest(NLMSG.GETLINK, 0, sequence, linkHeader(index), attributes))
    for (const message of this.receive(sequence)) {
      if (message.type === NLMSG.NEWLINK) return decodeLink(message.payload)
      if (message.type !== NLMSG.ERROR) continue
      const answer = decodeError(message)
      if (answer.errno === ERRNO.ENODEV) return undefined
      throw netlinkError(`look for network device ${what}`, answer)
    }
    throw new Error("netlink: an answer without a message")
  }

  private dump(
    type: number, wanted: number, header: Uint8Array, what: string, filter: readonly Attribute[] = [],
  ): NetlinkMessage[] {
    const sequence = ++this.sequence
    this.send(encodeRequest(type, NLM_F.DUMP, sequence, header, filter))
    const found: NetlinkMessage[] = []
    for (;;) {
      for (const message of this.receive(sequence)) {
        if (message.type === NLMSG.DONE) return found
        if (message.type === NLMSG.ERROR) throw netlinkError(what, decodeError(message))
        // the buffer is used again for the next datagram
        if (message.type === wanted) found.push({ ...message, payload: Buffer.from(message.payload) })
      }
    }
  }

  private ask(request: Buffer): Answer {
    this.send(request)
    for (;;) for (const message of this.receive(this.sequence)) if (message.type === NLMSG.ERROR) return decodeError(message)
  }

  private send(request: Buffer): void {
    let n: number
    do n = sys(NR.sendto, this.fd, request, request.length, 0, 0, 0)
    while (n === -ERRNO.EINTR)
    if (n < 0) throw sysError("send a netlink request", -n, { syscall: "sendto" })
  }

  /** The messages of the next datagram that answer a request. */
  private receive(sequence: number): NetlinkMessage[] {
    let n: number
    do n = sys(NR.recvfrom, this.fd, this.buffer, this.buffer.length, 0, 0, 0)
    while (n === -ERRNO.EINTR)
    if (n < 0) throw sysError("receive a netlink answer", -n, { syscall: "recvfrom" })
    return decodeMessages(this.buffer.subarray(0, n)).filter((message) => message.sequence === sequence)
  }
}

/** struct sockaddr_nl of the kernel: its port is 0. */
const KERNEL = new Uint8Array([AF_NETLINK, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])

/** Whoever has CAP_NET_ADMIN in the network namespace could answer in the kernel's place; to a connected socket nobody else may send. */
function toKernelOnly(fd: number): void {
  const connected = sys(NR.connect, fd, KERNEL, KERNEL.length)
  if (connected === 0) return
  close(fd)
  throw sysError("connect a netlink socket to the kernel", -connected, { syscall: "connect" })
}

function routeSocket(): number {
  const fd = sys(NR.socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)
  if (fd < 0) throw sysError("make a netlink socket", -fd, { syscall: "socket" })
  return fd
}

/**
 * A socket of another network namespace: this thread goes there for one system call. setns(2) moves the calling thread alone, and
 * nothing of the engine runs on it meanwhile.
 */
function routeSocketIn(namespace: number): number {
  const own = ownNetwork()
  try {
    // what would forbid the way back is found out while there is no way to go
    const allowed = sys(NR.setns, own, CLONE.NEWNET)
    if (allowed < 0) throw sysError("enter a network namespace", -allowed, { syscall: "setns" })
    const entered = sys(NR.setns, namespace, CLONE.NEWNET)
    if (entered < 0) throw sysError("enter the container's network namespace", -entered, { syscall: "setns" })
    const fd = sys(NR.socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)
    const left = sys(NR.setns, own, CLONE.NEWNET)
    if (left < 0 || !isBack(own)) strayed()
    if (fd < 0) throw sysError("make a netlink socket in the container's network namespace", -fd, { syscall: "socket" })
    return fd
  } finally {
    close(own)
  }
}

/** Whether this thread is in the namespace that it came from. */
function isBack(own: number): boolean {
  const there = tryStat(OWN_NAMESPACE)
  const wanted = stat({ dirfd: own, path: "", flags: AT_EMPTY_PATH, name: "the own network namespace" })
  return there !== undefined && there.ino === wanted.ino && there.dev === wanted.dev
}

/** Whatever else this process did would happen in the container's network namespace: it ends on the spot. */
function strayed(): never {
  const text = Buffer.from("runts: cannot leave the container's network namespace any more; giving up\n")
  sys(NR.write, 2, text, text.length)
  sys(NR.exit_group, 1)
  throw new Error("exit_group returned")
}
