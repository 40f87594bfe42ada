import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { readlinkSync } from "node:fs"
import t, { type Test } from "tap"
import { Box } from "../../conformance/lib/box.ts"
import { command, expectSuccess, type Result, said, until } from "../../conformance/lib/command.ts"
import { boxTest, type TestOptions } from "../../conformance/lib/test.ts"

/** Peers installed here are older than the field. */
const options: TestOptions = {
  skipFor: { runc: "1.1 knows no netDevices", crun: "1.8 knows no netDevices" },
  skipIn: { uml: "its kernel has neither veth nor macvlan" },
}

interface Address {
  local: string
  prefixlen: number
  scope: string
  label?: string
}
interface Device {
  ifname: string
  ifindex: number
  mtu: number
  address: string
  flags: string[]
  txqlen: number
  ifalias?: string
  altnames?: string[]
  master?: string
  linkinfo?: { info_kind: string }
  addr_info: Address[]
}

/** A network namespace in which the runtime is called, so that no device of the machine is ever touched. */
class Network {
  private readonly holder: ChildProcess

  private constructor(holder: ChildProcess) {
    this.holder = holder
  }

  static async make(): Promise<Network> {
    const holder = spawn("unshare", ["--net", "sleep", "1000"], { stdio: "ignore" })
    const network = new Network(holder)
    const own = readlinkSync("/proc/self/ns/net")
    await until("a network namespace", () => readlinkSync(network.path) !== own)
    network.ip("link set lo up")
    return network
  }

  get path(): string {
    return `/proc/${this.holder.pid}/ns/net`
  }

  /** For calls of the runtime: it runs in this namespace. */
  get inside(): { before: string } {
    return { before: `set -- nsenter --net=${this.path} "$@"` }
  }

  ip(line: string): string {
    return expectSuccess(command(["ip", ...line.split(" ")], this.inside)).stdout
  }

  devices(): Device[] {
    const devices = JSON.parse(this.ip("-j -d addr")) as Device[]
    return devices.filter(({ ifname }) => ifname !== "lo")
  }

  names(): string[] {
    return this.devices().map(({ ifname }) => ifname).sort()
  }

  device(name: string): Device {
    const found = this.devices().find(({ ifname }) => ifname === name)
    if (found === undefined) throw new Error(`no device ${name} among ${this.names().join()}`)
    return found
  }

  async close(): Promise<void> {
    this.holder.kill("SIGKILL")
    await once(this.holder, "exit")
  }
}

/** Devices of a process's network namespace, without lo. */
function devicesOf(pid: number): Device[] {
  const text = expectSuccess(command(["nsenter", `--net=/proc/${pid}/ns/net`, "ip", "-j", "-d", "addr"])).stdout
  return (JSON.parse(text) as Device[]).filter(({ ifname }) => ifname !== "lo")
}

function deviceOf(pid: number, name: string): Device {
  const found = devicesOf(pid).find(({ ifname }) => ifname === name)
  if (found === undefined) throw new Error(`no device ${name} among ${devicesOf(pid).map(({ ifname }) => ifname).join()}`)
  return found
}

/** A test with a box and a network namespace of its own. */
function netTest(title: string, body: (t: Test, box: Box, network: Network) => void | Promise<void>): void {
  boxTest(title, options, async (t, box) => {
    const network = await Network.make()
    try {
      await body(t, box, network)
    } finally {
      // whatever failed: the container must not outlive its network
      box.call(["delete", "--force", box.id])
      await network.close()
    }
  })
}

function launch(box: Box, network: Network): number {
  box.args("/bin/sleep", "1000").create([], network.inside)
  box.start(network.inside)
  return box.pid
}

/** The container joins a network namespace by its path. */
function join(box: Box, { path }: Network): void {
  const { namespaces } = box.config.linux
  box.config.linux.namespaces = namespaces.map((entry) => entry.type === "network" ? { type: "network", path } : entry)
}

const globals = (device: Device): string[] =>
  device.addr_info.filter(({ scope }) => scope === "global").map(({ local, prefixlen }) => `${local}/${prefixlen}`)

netTest("netDevices: a device moves with its attributes and is up [/linux/netDevices/*]", (t, box, network) => {
  network.ip("link add v0 type veth peer name v1")
  network.ip("link set v0 address 02:00:00:12:34:56 mtu 1400 txqueuelen 77 alias moving")
  const before = network.device("v0")
  box.config.linux.netDevices = { v0: {} }
  const pid = launch(box, network)
  t.same(network.names(), ["v1"])
  t.same(devicesOf(pid).map(({ ifname }) => ifname), ["v0"])
  const after = deviceOf(pid, "v0")
  for (const key of ["ifindex", "mtu", "address", "txqlen", "ifalias"] as const) t.same(after[key], before[key], key)
  t.equal(after.linkinfo?.info_kind, "veth")
  t.notOk(before.flags.includes("UP"))
  t.ok(after.flags.includes("UP"))
  t.match(expectSuccess(box.exec(["/bin/cat", "/sys/class/net/v0/mtu"])).stdout, /^1400\n/)
})

netTest("netDevices: it is renamed, and packets pass [/linux/netDevices/*/name]", (t, box, network) => {
  network.ip("link add v0 type veth peer name v1")
  network.ip("addr add 10.11.12.1/24 dev v0")
  network.ip("addr add 10.11.12.2/24 dev v1")
  network.ip("link set v1 up")
  box.config.linux.netDevices = { v0: { name: "container_eth0" } }
  const pid = launch(box, network)
  t.same(devicesOf(pid).map(({ ifname }) => ifname), ["container_eth0"])
  const route = expectSuccess(command(["nsenter", `--net=/proc/${pid}/ns/net`, "ip", "route"])).stdout
  t.match(route, /10\.11\.12\.0\/24 dev container_eth0/, "the address brings its route")
  // a refusal is an answer of the container's own stack
  const connect = 'import socket; s = socket.socket(); s.settimeout(5); print(s.connect_ex(("10.11.12.1", 7)))'
  t.equal(expectSuccess(command(["python3", "-c", connect], network.inside)).stdout, "111\n", "ECONNREFUSED")
})

netTest("netDevices: permanent global addresses are kept, others are not [/linux/netDevices/*]", (t, box, network) => {
  network.ip("link add v0 type veth peer name v1")
  network.ip("addr add 10.0.0.1/24 brd + dev v0 label v0:one")
  network.ip("addr add 10.0.0.2/24 dev v0 noprefixroute")
  network.ip("addr add 10.9.9.9 peer 10.9.9.10/32 dev v0")
  network.ip("addr add 10.0.1.1/24 dev v0 valid_lft 1000 preferred_lft 900")
  network.ip("addr add 10.0.2.1/24 dev v0 scope link")
  network.ip("addr add 2001:db8::1/64 dev v0 nodad")
  network.ip("addr add 2001:db8::2/64 dev v0 nodad preferred_lft 0")
  network.ip("addr add 2001:db8:1::1/64 dev v0 valid_lft 1000 preferred_lft 900")
  network.ip("link set v0 up")
  network.ip("link set v1 up")
  const before = network.device("v0")
  box.config.linux.netDevices = { v0: { name: "eth7" } }
  const after = deviceOf(launch(box, network), "eth7")
  t.same(globals(after).sort(), ["10.0.0.1/24", "10.0.0.2/24", "10.9.9.9/32", "2001:db8::1/64", "2001:db8::2/64"])
  const plain = (address: Address | undefined): object => ({ ...address, label: undefined })
  for (const local of ["10.0.0.1", "10.0.0.2", "10.9.9.9", "2001:db8::1", "2001:db8::2"]) {
    const one = ({ addr_info }: Device): Address | undefined => addr_info.find((address) => address.local === local)
    t.same(plain(one(after)), plain(one(before)), local)
  }
  t.equal(after.addr_info.find(({ local }) => local === "10.0.0.1")?.label, "eth7:one", "the label changes with the name")
  t.notOk(after.addr_info.some(({ local }) => ["10.0.1.1", "10.0.2.1", "2001:db8:1::1"].includes(local)))
})

netTest("netDevices: names from a template [/linux/netDevices/*/name]", (t, box, network) => {
  for (const n of [0, 1, 2]) network.ip(`link add v${n} type veth peer name w${n}`)
  const macs = ["v0", "v1", "v2"].map((name) => network.device(name).address).sort()
  box.config.linux.netDevices = { v0: { name: "net%d" }, v1: { name: "net%d" }, v2: { name: "net%d" } }
  const devices = devicesOf(launch(box, network))
  t.same(devices.map(({ ifname }) => ifname).sort(), ["net0", "net1", "net2"])
  t.same(devices.map(({ address }) => address).sort(), macs)
  t.ok(devices.every(({ flags }) => flags.includes("UP")))
})

netTest("netDevices: two devices exchange their names [/linux/netDevices/*/name]", (t, box, network) => {
  network.ip("link add v0 type veth peer name w0")
  network.ip("link add v1 type veth peer name w1")
  const macs = [network.device("v0").address, network.device("v1").address]
  box.config.linux.netDevices = { v0: { name: "v1" }, v1: { name: "v0" } }
  const pid = launch(box, network)
  t.same([deviceOf(pid, "v1").address, deviceOf(pid, "v0").address], macs)
})

netTest("netDevices: with a user namespace [/linux/netDevices/*]", (t, box, network) => {
  box.mapIds()
  network.ip("link add v0 type veth peer name v1")
  network.ip("addr add 10.0.0.1/24 dev v0")
  box.config.linux.netDevices = { v0: { name: "eth0" } }
  const pid = launch(box, network)
  t.same(globals(deviceOf(pid, "eth0")), ["10.0.0.1/24"])
  t.ok(deviceOf(pid, "eth0").flags.includes("UP"))
})

netTest("netDevices: into a network namespace that is joined; delete leaves the device there [/linux/netDevices/*]", async (t, box, network) => {
  const joined = await Network.make()
  try {
    network.ip("link add v0 type veth peer name v1")
    network.ip("addr add 10.0.0.1/24 dev v0")
    // the index of v0 is taken there
    joined.ip("link add there index " + String(network.device("v0").ifindex) + " type bridge")
    join(box, joined)
    box.config.linux.netDevices = { v0: { name: "eth0" } }
    box.script("ip link >/dev/null; exit 0")
    expectSuccess(box.run([], network.inside))
    t.same(joined.names(), ["eth0", "there"])
    t.same(globals(joined.device("eth0")), ["10.0.0.1/24"])
    t.same(network.names(), ["v1"])
  } finally {
    await joined.close()
  }
})

netTest("netDevices: sysctls of the device, and hooks, find it [/linux/netDevices/*]", (t, box, network) => {
  network.ip("link add v0 type veth peer name v1")
  box.config.linux.netDevices = { v0: { name: "eth0" } }
  box.config.linux.sysctl = { "net.ipv4.conf.eth0.forwarding": "1", "net.ipv6.conf.eth0.accept_ra": "0" }
  const seen = `${box.folder}/seen`
  const script = `pid=$(sed 's/.*"pid":\\([0-9]*\\).*/\\1/'); nsenter --net=/proc/$pid/ns/net ip -br link >${seen}`
  box.config.hooks = { createRuntime: [{ path: "/bin/sh", args: ["sh", "-c", script], env: [`PATH=${process.env.PATH}`] }] }
  box.script("cd /proc/sys/net; cat ipv4/conf/eth0/forwarding ipv6/conf/eth0/accept_ra")
  const out = expectSuccess(box.run([], network.inside))
  t.equal(out.stdout, "1\n0\n")
  t.match(expectSuccess(command(["cat", seen])).stdout, /^eth0@/m)
})

/** What must be as before a failed create, indices and all; without what the kernel settles or counts by itself. */
function whole(network: Network): object[] {
  // routes that come with an address, which the kernel makes in its own time
  const settled = (line: string): boolean => !line.includes("proto kernel") && !line.includes("multicast")
  const routes = ["-4", "-6"].map((family) => network.ip(`${family} route show table all`).split("\n").filter(settled).sort())
  return [...routes, ...network.devices().map(({ addr_info, linkinfo, ...device }) => ({
    ...device,
    operstate: undefined,
    kind: linkinfo?.info_kind,
    addresses: addr_info.filter(({ scope }) => scope === "global"),
  }))]
}

function fails(t: Test, result: Result, ...texts: RegExp[]): void {
  t.not(result.code, 0)
  for (const text of texts) t.match(said(result), text)
}

netTest("netDevices: one that is missing is an error, and none moves [/linux/netDevices/*]", (t, box, network) => {
  network.ip("link add v0 type veth peer name v1")
  const before = whole(network)
  box.config.linux.netDevices = { v0: {}, none: {} }
  fails(t, box.tryCreate([], network.inside), /there is no network device "none" in the runtime's network namespace/)
  t.same(whole(network), before)
})

netTest("netDevices: a name that is taken is an error, and none moves [/linux/netDevices/*/name]", async (t, box, network) => {
  network.ip("link add v0 type veth peer name v1")
  network.ip("link add v2 type veth peer name v3")
  const joined = await Network.make()
  try {
    joined.ip("link add eth0 type bridge")
    const before = whole(network)
    join(box, joined)
    box.config.linux.netDevices = { v2: {}, v0: { name: "eth0" } }
    fails(t, box.tryCreate([], network.inside), /"v0" cannot be named "eth0": the container has a network device of that name/)
    t.same(whole(network), before)
    t.same(joined.names(), ["eth0"])
  } finally {
    await joined.close()
  }
  box.config.linux.namespaces = new Box().config.linux.namespaces
  box.config.linux.netDevices = { v0: { name: "lo" } }
  fails(t, box.tryCreate([], network.inside), /the container has a network device of that name/)
})

netTest("netDevices: where the second cannot move the first comes back as it was [/linux/netDevices/*]", (t, box, network) => {
  network.ip("link add br0 type bridge")
  network.ip("link add v0 type veth peer name v1")
  network.ip("addr add 10.0.0.1/24 brd + dev v0 label v0:one")
  network.ip("addr add 2001:db8::1/64 dev v0 nodad")
  network.ip("link set v1 up")
  network.ip("link set v0 up master br0")
  network.ip("route add default via 10.0.0.254 metric 7")
  network.ip("route add 192.0.2.254/32 dev v0 scope link")
  network.ip("route add default via 192.0.2.254 metric 9")
  network.ip("route add 10.7.0.0/16 dev v0 src 10.0.0.1 table 77 mtu 1300")
  network.ip("-6 route add 2001:db8:7::/48 via 2001:db8::fe dev v0")
  const before = whole(network)
  for (const route of ["default via 10.0.0.254", "default via 192.0.2.254", "10.7.0.0/16 dev v0", "2001:db8:7::/48 via"]) {
    t.ok(before.flat().join("\n").includes(route), route)
  }
  box.config.linux.netDevices = { v0: { name: "eth0" }, lo: { name: "lo2" } }
  fails(t, box.tryCreate([], network.inside), /linux\.netDevices: "lo": move into the container as "lo2"/, /the kernel says: /)
  t.same(whole(network), before)
})

netTest("netDevices: one that has moved and cannot be named comes back [/linux/netDevices/*/name]", (t, box, network) => {
  network.ip("link add v0 type veth peer name v1")
  network.ip("addr add 10.0.0.1/24 dev v0")
  const before = whole(network)
  // the kernel numbers one %d; it finds out when the device is there
  box.config.linux.netDevices = { v0: { name: "x%d%d" } }
  fails(t, box.tryCreate([], network.inside), /"v0": move into the container as "x%d%d": invalid argument/)
  t.same(whole(network), before)
})

netTest("netDevices: an address that cannot be kept is an error, and the device comes back [/linux/netDevices/*]", async (t, box, network) => {
  network.ip("link add v0 type veth peer name v1")
  network.ip("addr add 10.0.0.1/24 dev v0")
  network.ip("addr add 2001:db8::1/64 dev v0 nodad")
  network.ip("link set v0 up")
  const before = whole(network)
  const joined = await Network.make()
  try {
    expectSuccess(command(["/bin/sh", "-c", "echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6"], joined.inside))
    join(box, joined)
    box.config.linux.netDevices = { v0: { name: "eth0" } }
    fails(t, box.tryCreate([], network.inside), /"v0": give it back its addresses: permission denied/)
    t.same(whole(network), before)
    t.same(joined.names(), [])
  } finally {
    await joined.close()
  }
})

netTest("netDevices: by an alternative name, which it keeps [/linux/netDevices/*]", (t, box, network) => {
  network.ip("link add v0 type veth peer name v1")
  network.ip("link property add dev v0 altname a-second-and-longer-name")
  network.ip("link property add dev v0 altname second")
  box.config.linux.netDevices = { second: {} }
  const found = devicesOf(launch(box, network)).map(({ ifname, altnames }) => [ifname, altnames?.sort()])
  t.same(found, [["v0", ["a-second-and-longer-name", "second"]]])
})

netTest("netDevices: where a later step fails they come back as they were [/linux/netDevices/*]", (t, box, network) => {
  network.ip("link add v0 type veth peer name v1")
  network.ip("addr add 10.0.0.1/24 dev v0")
  const before = whole(network)
  box.config.linux.netDevices = { v0: { name: "eth0" } }
  fails(t, box.args("/no/such/program").tryCreate([], network.inside), /no such file or directory/)
  t.same(whole(network), before)
  box.config.hooks = { createRuntime: [{ path: "/bin/false" }] }
  fails(t, box.args("/bin/true").tryCreate([], network.inside), /createRuntime/)
  t.same(whole(network), before)
})

netTest("netDevices: without a network namespace, or in the runtime's own, it is an error [/linux/netDevices]", (t, box, network) => {
  network.ip("link add v0 type veth peer name v1")
  const before = whole(network)
  const { namespaces } = box.config.linux
  box.config.linux.netDevices = { v0: { name: "eth0" } }
  box.config.linux.namespaces = namespaces.filter(({ type }) => type !== "network")
  fails(t, box.tryCreate([], network.inside), /needs a network namespace/)
  box.config.linux.namespaces.push({ type: "network", path: network.path })
  fails(t, box.tryCreate([], network.inside), /that of the runtime/)
  t.same(whole(network), before)
})

boxTest("netDevices: features tells of them [features]", options, (t, box) => {
  const { linux } = JSON.parse(expectSuccess(box.call(["features"])).stdout) as { linux: { netDevices?: { enabled: boolean } } }
  t.equal(linux.netDevices?.enabled, true)
})

t.end()
