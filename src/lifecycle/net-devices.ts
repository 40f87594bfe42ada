import { RuntsError } from "../error.ts"
import { close, open } from "../host/file.ts"
import { netlinkError, ownNetwork, RouteSocket, type Answer } from "../host/netlink.ts"
import { isOwnNamespace } from "../host/procfs.ts"
import { ERRNO } from "../kernel/errno.ts"
import { O_RDONLY } from "../kernel/fs.ts"
import {
  IFA_F, IFF_UP, IFLA, INTERFACE_NAME_BYTES_MAX, labelOf, RT_SCOPE_UNIVERSE, type Address, type Attribute, type Link,
  type Route,
} from "../kernel/netlink.ts"
import { warn } from "../log.ts"
import { pointerKey } from "../spec/report.ts"
import type { NetDevice } from "../spec/types.gen.ts"

const quote = JSON.stringify

/** A device of the host on its way into the container. */
interface Moving {
  /** Its name on the host. */
  readonly host: string
  /** The name asked for; may be a template that ends in %d. */
  readonly inside: string
  readonly pointer: string
  /** As it was on the host. */
  readonly link: Link
  readonly addresses: readonly Address[]
  readonly routes: readonly Route[]
  /** Its index in the container. */
  index: number
}

/** The two ends of the way, open as long as something may have to go back. */
interface Way {
  readonly host: RouteSocket
  readonly hostNamespace: number
  readonly container: RouteSocket
  readonly containerNamespace: number
}

/**
 * linux.netDevices of one container (runtime-spec config-linux.md, "Network Devices"): moved in, renamed, with their permanent
 * global addresses, and up. They are not taken out again when the container is deleted; the namespace's owner decides (same,
 * "Namespace Lifecycle and Container Termination"). Only what fails to be created gives them back.
 */
export class NetDevices {
  private readonly devices: Readonly<Record<string, NetDevice>>
  private way: Way | undefined
  private readonly moved: Moving[] = []

  constructor(devices: Readonly<Record<string, NetDevice>>) {
    this.devices = devices
  }

  /**
   * Moves all devices into the network namespace of a process. Nothing moves before it is known that each is there and its name is
   * free.
   * @throws RuntsError with the pointer of the device; `restore` is to be called then
   */
  move(pid: number): void {
    const way = (this.way = openWay(pid))
    const moving = Object.entries(this.devices).map(([host, { name }]) => findDevice(way, host, name))
    for (const device of moving) {
      this.moved.push(device)
      moveIn(way, device)
      setUp(way, device)
    }
  }

  /** Takes everything back that was moved, under its name. Never throws: what stays behind is warned of. */
  restore(): void {
    const { way } = this
    if (way === undefined) return
    for (const device of this.moved.splice(0).reverse()) {
      try {
        takeBack(way, device)
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error)
        warn(`network device ${quote(device.host)} could not be moved back: ${why}`)
      }
    }
    this.keep()
  }

  /** Leaves the devices where they are: the container is made. */
  keep(): void {
    const { way } = this
    if (way === undefined) return
    this.way = undefined
    way.host.close()
    way.container.close()
    close(way.hostNamespace)
    close(way.containerNamespace)
  }
}

function openWay(pid: number): Way {
  const containerNamespace = open(`/proc/${pid}/ns/net`, O_RDONLY)
  const opened: (() => void)[] = [() => close(containerNamespace)]
  try {
    if (isOwnNamespace(containerNamespace, "network")) {
      throw new RuntsError("linux.netDevices: the container's network namespace is that of the runtime, where the devices are", {
        code: "net-device-failed",
        pointer: "/linux/netDevices", hint: "give the container a network namespace of its own, or leave netDevices out",
      })
    }
    const hostNamespace = ownNetwork()
    opened.push(() => close(hostNamespace))
    const container = new RouteSocket(containerNamespace)
    opened.push(() => container.close())
    return { host: new RouteSocket(), hostNamespace, container, containerNamespace }
  } catch (error) {
    for (const undo of opened) undo()
    throw error
  }
}

/** A template is numbered by the kernel. */
function isTemplate(name: string): boolean {
  return name.includes("%d")
}

/** @param wanted name in the container; Go's encoder may write "" for none */
function findDevice({ host, container }: Way, name: string, wanted: string | undefined): Moving {
  const pointer = `/linux/netDevices/${pointerKey(name)}`
  const link = host.linkByName(name)
  if (link === undefined) {
    throw new RuntsError(`linux.netDevices: there is no network device ${quote(name)} in the runtime's network namespace`, {
      code: "net-device-failed",
      pointer, errno: ERRNO.ENODEV, hint: "`ip link` lists them",
    })
  }
  // linux.netDevices may name it by an alternative name, which it keeps beside its own
  const inside = wanted === undefined || wanted === "" ? link.name : wanted
  // the name of a template is free by definition
  if (!isTemplate(inside) && container.linkByName(inside) !== undefined) {
    const clash = `${quote(name)} cannot be named ${quote(inside)}: the container has a network device of that name`
    throw new RuntsError(`linux.netDevices: ${clash}`, {
      code: "net-device-failed",
      pointer, errno: ERRNO.EEXIST, hint: 'give it another name, or a template as "eth%d"',
    })
  }
  return { host: name, inside, pointer, link, addresses: host.addresses(link.index), routes: host.routes(link.index), index: 0 }
}

function moveIn(way: Way, device: Moving): void {
  const { link, inside } = device
  const moved = moveTo({
    from: way.host, to: way.container, namespace: way.containerNamespace, index: link.index, wanted: link.index, name: inside,
  })
  device.index = moved.index
  expect(moved.answer, device, `move into the container as ${quote(inside)}`)
  const found = way.container.linkByIndex(device.index)
  if (found === undefined) {
    throw new RuntsError(`linux.netDevices: ${quote(device.host)} is gone from the container again`, {
      code: "net-device-failed", pointer: device.pointer,
    })
  }
  for (const address of device.addresses) {
    if ((address.flags & IFA_F.PERMANENT) === 0 || address.scope !== RT_SCOPE_UNIVERSE) continue
    const label = relabel(labelOf(address), link.name, found.name)
    expect(way.container.addAddress(address, device.index, label), device, "give it back its addresses")
  }
}

function setUp({ container }: Way, device: Moving): void {
  expect(container.setLink(device.index, [], IFF_UP, IFF_UP), device, "set it up in the container")
}

function expect(answer: Answer, { host, pointer }: Moving, what: string): void {
  if (answer.errno === 0) return
  const { message, details } = netlinkError(`linux.netDevices: ${quote(host)}: ${what}`, answer)
  const hint = "moving network devices takes CAP_NET_ADMIN over both network namespaces"
  throw new RuntsError(message, { ...details, ...(answer.errno === ERRNO.EPERM ? { hint } : {}), pointer })
}

/** A label begins with the device's name (ip-address(8)); it changes with it, and is given up where it grows too long. */
function relabel(label: string | undefined, from: string, to: string): string | undefined {
  if (label === undefined) return undefined
  const renamed = label === from || label.startsWith(`${from}:`) ? to + label.slice(from.length) : label
  return Buffer.byteLength(renamed) > INTERFACE_NAME_BYTES_MAX ? to : renamed
}

/** One move: where from and to, the device's index here, the one it is to have there, its name there. */
interface Move {
  readonly from: RouteSocket
  readonly to: RouteSocket
  readonly namespace: number
  readonly index: number
  readonly wanted: number
  readonly name: string
}

/** How often an index may be taken by somebody else in the moment between looking and moving. */
const INDEX_TRIES = 8

/**
 * Moves and renames a device in one request. Its index there is chosen here, so that it is found again whatever name the kernel
 * gives it.
 * @returns its index there, 0 if it is still here, and the kernel's answer: a device may have moved although it could not be
 * renamed
 */
function moveTo({ from, to, namespace, index, wanted, name }: Move): { readonly index: number; readonly answer: Answer } {
  let next = wanted
  for (let tries = 0; ; tries++) {
    const taken = to.links().map((link) => link.index)
    if (taken.includes(next)) next = Math.max(...taken) + 1
    const answer = from.setLink(index, [[IFLA.NET_NS_FD, namespace], [IFLA.NEW_IFINDEX, next], [IFLA.IFNAME, name]])
    if (answer.errno === 0) return { index: next, answer }
    const left = from.linkByIndex(index) === undefined
    // gone without having come: somebody else moved or removed it
    if (left) return { index: to.linkByIndex(next) === undefined ? 0 : next, answer }
    if (answer.errno !== ERRNO.EBUSY || tries === INDEX_TRIES) return { index: 0, answer }
  }
}

/** Back to the host: its name, index, addresses, master, up or down, and the routes over it. */
function takeBack({ host, container, hostNamespace }: Way, { index, link, addresses, routes }: Moving): void {
  if (index === 0) return
  const moved = moveTo({ from: container, to: host, namespace: hostNamespace, index, wanted: link.index, name: link.name })
  if (moved.index === 0) throw netlinkError(`move it back as ${quote(link.name)}`, moved.answer)
  const failed: Answer[] = [moved.answer]
  for (const address of addresses) failed.push(host.addAddress(address, moved.index, labelOf(address)))
  const master: Attribute[] = link.master === undefined ? [] : [[IFLA.MASTER, link.master]]
  failed.push(host.setLink(moved.index, master, link.flags & IFF_UP, IFF_UP))
  failed.push(...addRoutes(host, moved.index, routes))
  // link-local addresses come by themselves
  const first = failed.find(({ errno }) => errno !== 0 && errno !== ERRNO.EEXIST)
  if (first !== undefined) throw netlinkError("give it back what it had", first)
}

/**
 * Makes routes in an order that works: a gateway may be reached by a route that is listed after it.
 * @returns what failed at last
 */
function addRoutes(host: RouteSocket, index: number, routes: readonly Route[]): Answer[] {
  let rest = routes
  for (;;) {
    const answers = rest.map((route) => ({ route, answer: host.addRoute(route, index) }))
    const failed = answers.filter(({ answer }) => answer.errno !== 0 && answer.errno !== ERRNO.EEXIST)
    if (failed.length === 0 || failed.length === rest.length) return failed.map(({ answer }) => answer)
    rest = failed.map(({ route }) => route)
  }
}
