import t from "tap"
import { checkHostNamespaces, checkRules } from "../../../src/spec/rules.ts"
import type { HostNamespaces } from "../../../src/spec/rules.ts"
import { errorOf, load, minimal } from "./helpers.ts"
import type { Json } from "./helpers.ts"

/*
 * Members that are valid by themselves and not together, or not for the kernel: one fault, with its pointer, the rule in words and the
 * clause of the specification.
 */

type Change = (config: Json) => void
type Case = readonly [what: string, change: Change, pointer: string, rule: string, clause: string]

const CLAUSES = {
  namespaces: "config-linux.md, Namespaces", mappings: "config-linux.md, User namespace mappings", hostname: "config.md, Hostname",
  mounts: "config.md, Mounts", user: "config.md, POSIX-platform user", time: "config-linux.md, Offset for time namespace",
  sysctl: "config-linux.md, Sysctl", paths: "config-linux.md, Masked paths, Readonly paths", devices: "config-linux.md, Devices",
  network: "config-linux.md, Network devices", process: "config.md, POSIX process", scheduler: "config.md, Linux process",
  seccomp: "config-linux.md, Seccomp", policy: "config-linux.md, Memory policy", rdt: "config-linux.md, IntelRdt", hooks: "config.md, POSIX-platform hooks",
  resources: "config-linux.md, Control groups", personality: "config-linux.md, Personality",
} as const

/** A new user namespace with these mappings of both kinds. */
const mapped = (...mappings: readonly (readonly [containerID: number, hostID: number, size: number])[]): Change => (c) => {
  const list = mappings.map(([containerID, hostID, size]) => ({ containerID, hostID, size }))
  c.linux.namespaces.push({ type: "user" })
  Object.assign(c.linux, { uidMappings: list, gidMappings: [{ containerID: 0, hostID: 1000, size: 65536 }] })
}
const without = (type: string): Change => (c) => (c.linux.namespaces = c.linux.namespaces.filter((one: Json) => one.type !== type))
const joined = (type: string): Change => (c) => {
  without(type)(c)
  c.linux.namespaces.push({ type, path: `/proc/1/ns/${type}` })
}
const both = (...changes: readonly Change[]): Change => (c) => changes.forEach((change) => change(c))
const linux = (members: object): Change => (c) => Object.assign(c.linux, members)
const resources = (members: object): Change => linux({ resources: members })
const process = (members: object): Change => (c) => Object.assign(c.process, members)

const CASES: readonly Case[] = [
  ["a namespace twice", linux({ namespaces: [{ type: "mount" }, { type: "ipc" }, { type: "ipc", path: "/x" }] }),
    "/linux/namespaces/2", "repeats ipc of /linux/namespaces/1", CLAUSES.namespaces],
  ["a namespace by a relative path", (c) => c.linux.namespaces.push({ type: "pid", path: "ns" }),
    "/linux/namespaces/4/path", "\"ns\" is not an absolute path", CLAUSES.namespaces],
  ["mappings without a user namespace", linux({ uidMappings: [{ containerID: 0, hostID: 1, size: 1 }] }),
    "/linux/uidMappings", "needs a user namespace in /linux/namespaces", CLAUSES.mappings],
  ["a new user namespace without mappings of groups", both(mapped([0, 1000, 10]), linux({ gidMappings: [] })),
    "/linux/gidMappings", "is empty; a new user namespace needs ids to be mapped", CLAUSES.mappings],
  ["ids of the container mapped twice", mapped([0, 1000, 10], [9, 5000, 10]),
    "/linux/uidMappings/1/containerID", "overlaps the ids of /linux/uidMappings/0", CLAUSES.mappings],
  ["ids of the host mapped twice", mapped([0, 1000, 10], [10, 1009, 1]),
    "/linux/uidMappings/1/hostID", "overlaps the ids of /linux/uidMappings/0", CLAUSES.mappings],
  ["a mapping of nothing", mapped([0, 1000, 10], [10, 2000, 0]), "/linux/uidMappings/1/size", "0; a mapping has one id or more", CLAUSES.mappings],
  ["a mapping beyond the last id", mapped([0, 4294967290, 10]),
    "/linux/uidMappings/0/size", "10 ids from hostID 4294967290 on end above 4294967294", CLAUSES.mappings],
  ["too many mappings", mapped(...Array.from({ length: 341 }, (_, i) => [i, 2 * i, 1] as const)),
    "/linux/uidMappings", "has 341 mappings; the kernel takes 340", CLAUSES.mappings],
  ["mappings of a mount that overlap", (c) => (c.mounts = [{ destination: "/a", gidMappings: [{ containerID: 0, hostID: 1, size: 1 }],
    uidMappings: [{ containerID: 0, hostID: 1, size: 2 }, { containerID: 1, hostID: 9, size: 1 }] }]),
    "/mounts/0/uidMappings/1/containerID", "overlaps the ids of /mounts/0/uidMappings/0", CLAUSES.mounts],
  ["one kind of mappings of a mount", (c) => (c.mounts = [{ destination: "/a", gidMappings: [{ containerID: 0, hostID: 1, size: 1 }] }]),
    "/mounts/0", "has gidMappings but no uidMappings", CLAUSES.mounts],
  ["a user who is not mapped", both(mapped([0, 1000, 10]), process({ user: { uid: 10, gid: 0 } })),
    "/process/user/uid", "10 is not mapped by /linux/uidMappings", CLAUSES.user],
  ["a group that is not mapped", both(mapped([0, 1000, 10]), process({ user: { uid: 9, gid: 65536 } })),
    "/process/user/gid", "65536 is not mapped by /linux/gidMappings", CLAUSES.user],
  ["hostname without a uts namespace", both(without("uts"), (c) => (c.hostname = "h")),
    "/hostname", "\"h\" needs a uts namespace, or it would be the host's name", CLAUSES.hostname],
  ["domainname without a uts namespace", both(without("uts"), (c) => (c.domainname = "d")),
    "/domainname", "\"d\" needs a uts namespace, or it would be the host's name", CLAUSES.hostname],
  ["a hostname longer than the kernel's", (c) => (c.hostname = "\u00e9".repeat(33)),
    "/hostname", `"${"\u00e9".repeat(33)}" has 66 bytes; the kernel takes 64`, CLAUSES.hostname],
  ["offsets without a time namespace", linux({ timeOffsets: { boottime: { secs: 1 } } }),
    "/linux/timeOffsets", "needs a time namespace in /linux/namespaces", CLAUSES.time],
  ["offsets of a time namespace that is joined", both(joined("time"), linux({ timeOffsets: { boottime: { secs: 1 } } })),
    "/linux/timeOffsets", "cannot be set in a time namespace that is joined (\"/proc/1/ns/time\")", CLAUSES.time],
  ["an offset of a clock that has none", (c) => {
    c.linux.namespaces.push({ type: "time" })
    c.linux.timeOffsets = { realtime: { secs: 1 } }
  }, "/linux/timeOffsets/realtime", "is not a clock with an offset; expected monotonic or boottime", CLAUSES.time],
  ["a sysctl of the network without its namespace", both(without("network"), linux({ sysctl: { "net.ipv4.ip_forward": "1" } })),
    "/linux/sysctl/net.ipv4.ip_forward", "needs a network namespace of the container's own", CLAUSES.sysctl],
  ["a sysctl of ipc without its namespace", both(without("ipc"), linux({ sysctl: { "fs.mqueue.msg_max": "1" } })),
    "/linux/sysctl/fs.mqueue.msg_max", "needs an ipc namespace of the container's own", CLAUSES.sysctl],
  ["a sysctl of the host's", linux({ sysctl: { "kernel/core_pattern": "x" } }),
    "/linux/sysctl/kernel~1core_pattern", "does not belong to a namespace, so it would change the host", CLAUSES.sysctl],
  ["a hostname by sysctl", linux({ sysctl: { "kernel.hostname": "x" } }),
    "/linux/sysctl/kernel.hostname", "is refused; set hostname instead", CLAUSES.sysctl],
  ["masked paths without a mount namespace", both(without("mount"), linux({ maskedPaths: ["/a"] })),
    "/linux/maskedPaths", "needs a mount namespace in /linux/namespaces", CLAUSES.paths],
  ["a read-only path that is relative", linux({ readonlyPaths: ["/a", "b"] }),
    "/linux/readonlyPaths/1", "\"b\" is not an absolute path", CLAUSES.paths],
  ["a device without its number", linux({ devices: [{ type: "b", path: "/d", major: 1 }] }),
    "/linux/devices/0/minor", "missing; a device of type b has one", CLAUSES.devices],
  ["two network devices of one name", linux({ netDevices: { a: { name: "c" }, b: { name: "c" } } }),
    "/linux/netDevices/b", "would be the second device named \"c\"", CLAUSES.network],
  ["network devices without a network namespace", both(without("network"), linux({ netDevices: { a: {} } })),
    "/linux/netDevices", "needs a network namespace in /linux/namespaces", CLAUSES.network],
  ["a limit of resources twice", process({ rlimits: [{ type: "RLIMIT_AS", soft: 1, hard: 1 }, { type: "RLIMIT_AS", soft: 1, hard: 1 }] }),
    "/process/rlimits/1", "repeats RLIMIT_AS of /process/rlimits/0", `${CLAUSES.process}: rlimits`],
  ["a soft limit above the hard one", process({ rlimits: [{ type: "RLIMIT_AS", soft: 2, hard: 1 }] }),
    "/process/rlimits/0/soft", "2 is above the hard limit 1", `${CLAUSES.process}: rlimits`],
  ["a priority for a policy without", process({ scheduler: { policy: "SCHED_BATCH", priority: 1 } }),
    "/process/scheduler/priority", "1 needs the policy SCHED_FIFO or SCHED_RR, not SCHED_BATCH", `${CLAUSES.scheduler}: scheduler`],
  ["a notification for everything", linux({ seccomp: { defaultAction: "SCMP_ACT_NOTIFY", listenerPath: "/s" } }),
    "/linux/seccomp/defaultAction", "cannot be SCMP_ACT_NOTIFY: the runtime's own calls would wait", CLAUSES.seccomp],
  ["an errno for an action that returns none", linux({ seccomp: { defaultAction: "SCMP_ACT_KILL", defaultErrnoRet: 1 } }),
    "/linux/seccomp/defaultErrnoRet", "1 means nothing to SCMP_ACT_KILL", CLAUSES.seccomp],
  ["a notification without a listener",
    linux({ seccomp: { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["read"], action: "SCMP_ACT_NOTIFY" }] } }),
    "/linux/seccomp/listenerPath", "missing; SCMP_ACT_NOTIFY needs it", CLAUSES.seccomp],
  ["data for a listener that is not there", linux({ seccomp: { defaultAction: "SCMP_ACT_ALLOW", listenerMetadata: "x" } }),
    "/linux/seccomp/listenerMetadata", "cannot be without listenerPath", CLAUSES.seccomp],
  ["a policy of memory without its nodes", linux({ memoryPolicy: { mode: "MPOL_BIND" } }),
    "/linux/memoryPolicy/nodes", "is empty; MPOL_BIND needs nodes", CLAUSES.policy],
  ["a class of resctrl that is no folder", linux({ intelRdt: { closID: "a/b" } }), "/linux/intelRdt/closID", "\"a/b\" is not the name of a folder of resctrl",
    CLAUSES.rdt],
  ["a limit of memory and swap below that of memory", resources({ memory: { limit: 100_000, swap: 99_999 } }),
    "/linux/resources/memory/swap", "99999 is less than the limit of memory, 100000; swap counts memory and swap together", CLAUSES.resources],
  ["a limit of swap without one of memory", resources({ memory: { swap: 100_000 } }),
    "/linux/resources/memory/swap", "100000 limits memory and swap together, which needs a limit of memory", CLAUSES.resources],
  ["a burst above the quota", resources({ cpu: { quota: 1000, burst: 1001 } }),
    "/linux/resources/cpu/burst", "1001 is larger than the quota, 1000", CLAUSES.resources],
  ["a swappiness of more than all", resources({ memory: { swappiness: 101 } }),
    "/linux/resources/memory/swappiness", "101 is more than 100", CLAUSES.resources],
  ["a weight of a device that says nothing", resources({ blockIO: { weightDevice: [{ major: 8, minor: 0 }] } }),
    "/linux/resources/blockIO/weightDevice/0", "has neither weight nor leafWeight", CLAUSES.resources],
  ["a limit of RDMA that says nothing", resources({ rdma: { mlx5_0: {} } }),
    "/linux/resources/rdma/mlx5_0", "has neither hcaHandles nor hcaObjects", CLAUSES.resources],
  ["an access that is none", resources({ devices: [{ allow: true, access: "rx" }] }),
    "/linux/resources/devices/0/access", "\"rx\" has letters other than rwm", CLAUSES.resources],
  ["a file of another cgroup", resources({ unified: { "../memory.high": "1" } }),
    "/linux/resources/unified/..~1memory.high", "\"../memory.high\" is not the name of a file of the cgroup, as memory.high", CLAUSES.resources],
  ["a personality with flags", linux({ personality: { domain: "LINUX", flags: ["ADDR_NO_RANDOMIZE"] } }),
    "/linux/personality/flags", "is not empty; no flag is supported", CLAUSES.personality],
  ["a hook by a relative path", (c) => (c.hooks = { poststop: [{ path: "bin/x" }] }),
    "/hooks/poststop/0/path", "\"bin/x\" is not an absolute path", CLAUSES.hooks],
]

for (const [what, change, pointer, rule, clause] of CASES) {
  t.test(`${what}: ${pointer}`, (t) => {
    const config = minimal()
    change(config)
    const error = errorOf(() => checkRules(load(config)))
    t.equal(error.message, `config.json: ${pointer}: ${rule} (${clause})`)
    t.equal(error.details.pointer, pointer)
    t.end()
  })
}

t.test("what is joined and turns out to be the host's own", (t) => {
  const told = (change: Change, ...hosts: HostNamespaces): string => {
    const config = minimal()
    change(config)
    const spec = load(config)
    checkRules(spec)
    return errorOf(() => checkHostNamespaces(spec, hosts)).message
  }
  t.equal(told(both(joined("uts"), (c) => (c.hostname = "h")), "uts"),
    "config.json: /hostname: \"h\" would be the host's name: the uts namespace to join is the host's (config.md, Hostname)")
  for (const [type, name, article] of [["ipc", "kernel.shmmax", "an"], ["network", "net.core.somaxconn", "a"], ["uts", "kernel.domainname", "a"]] as const) {
    t.equal(told(both(joined(type), linux({ sysctl: { [name]: "1" } })), type),
      `config.json: /linux/sysctl/${name}: needs ${article} ${type} namespace of the container's own (config-linux.md, Sysctl)`)
  }
  const spec = load(minimal())
  t.doesNotThrow(() => checkHostNamespaces(spec, ["uts", "ipc", "network"]), "nothing is set")
  t.end()
})
