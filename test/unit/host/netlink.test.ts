import { spawn } from "node:child_process"
import { once } from "node:events"
import { readlinkSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import t from "tap"
import { sys } from "../../../src/ffi/index.ts"
import { close, open } from "../../../src/host/file.ts"
import { netlinkError, ownNetwork, RouteSocket } from "../../../src/host/netlink.ts"
import { ERRNO } from "../../../src/kernel/errno.ts"
import { O_RDONLY } from "../../../src/kernel/fs.ts"
import { encodeRequest, IFF_UP, IFLA, NLMSG } from "../../../src/kernel/netlink.ts"
import { NR } from "../../../src/kernel/syscalls.ts"
import { messageOf, openDescriptors } from "./helpers.ts"

const before = openDescriptors()
const OWN = "/proc/thread-self/ns/net"

t.test("RouteSocket speaks to another network namespace while its user stays here", async (t) => {
  const holder = spawn("unshare", ["--net", "sleep", "1000"], { stdio: "ignore" })
  t.teardown(async () => {
    holder.kill("SIGKILL")
    await once(holder, "exit")
  })
  const own = readlinkSync(OWN)
  const path = `/proc/${holder.pid}/ns/net`
  for (let tries = 0; readlinkSync(path) === own && tries < 500; tries++) await sleep(10)
  const namespace = open(path, O_RDONLY)
  const there = new RouteSocket(namespace)
  t.equal(readlinkSync(OWN), own, "back in the own namespace")
  t.same(there.links().map(({ name, index }) => [name, index]).filter(([name]) => name === "lo"), [["lo", 1]])
  t.equal(there.linkByName("lo")?.index, 1)
  t.equal(there.linkByIndex(1)?.name, "lo")
  t.equal(there.linkByName("none"), undefined)
  t.equal(there.linkByIndex(12345), undefined)
  t.same(there.addresses(1), [], "lo is down and has none")
  t.same(there.setLink(1, [], IFF_UP, IFF_UP), { errno: 0, says: "" })
  t.same(there.addresses(1).map(({ family, prefixLength }) => [family, prefixLength]).sort(), [[10, 128], [2, 8]].sort())
  const here = ownNetwork()
  const refusedMove = there.setLink(1, [[IFLA.NET_NS_FD, here]])
  close(here)
  t.equal(refusedMove.errno, ERRNO.EINVAL, "lo never moves")
  t.match(netlinkError("move lo", refusedMove).message, /^move lo: invalid argument \(the kernel says: .+\)$/)
  const refused = there.setLink(12345, [], IFF_UP, IFF_UP)
  t.equal(refused.errno, ERRNO.ENODEV)
  there.close()
  close(namespace)
})

t.test("nobody but the kernel can send to a RouteSocket", (t) => {
  const [mine, other] = [new RouteSocket(), new RouteSocket()]
  t.ok(mine.linkByName("lo"), "it has spoken to the kernel, which gave it a port")
  // struct sockaddr_nl: family and padding, then the port
  const address = Buffer.alloc(12)
  t.equal(sys(NR.getsockname, mine.fd, address, new Uint8Array([12, 0, 0, 0])), 0)
  t.not(address.readUInt32LE(4), 0)
  const forged = encodeRequest(NLMSG.DONE, 0, 1, new Uint8Array(4), [])
  t.equal(sys(NR.sendto, other.fd, forged, forged.length, 0, address, 12), -ERRNO.ECONNREFUSED)
  t.ok(mine.linkByName("lo"), "it still hears the kernel")
  mine.close()
  other.close()
  t.same(openDescriptors(), before)
  t.end()
})

t.test("what is no network namespace is refused, and this thread stays where it is", (t) => {
  const own = readlinkSync(OWN)
  const other = open("/proc/self/ns/uts", O_RDONLY)
  t.match(messageOf(() => new RouteSocket(other)), /enter the container's network namespace: invalid argument/)
  close(other)
  t.equal(readlinkSync(OWN), own)
  const network = ownNetwork()
  close(network)
  t.same(openDescriptors(), before)
  t.end()
})
