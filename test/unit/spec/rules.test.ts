import t from "tap"
import { checkHostNamespaces, checkProcess, checkRules } from "../../../src/spec/rules.ts"
import { errorOf, load, minimal, warningsOf } from "./helpers.ts"
import type { Json } from "./helpers.ts"

/** A valid config with changes. */
function config(change: (config: Json) => void): Json {
  const json = minimal()
  change(json)
  return load(json)
}

/** The lines of the error of a check, without file name and clause; none if the config is good. */
function faults(change: (config: Json) => void, check: (spec: Json) => void = (spec) => checkRules(spec)): string[] {
  const spec = config(change)
  try {
    check(spec)
    return []
  } catch {
    const lines = errorOf(() => check(spec)).message.split("\n")
    const single = [lines[0]?.replace("config.json: ", "") as string]
    const texts = lines.length === 1 ? single : lines.slice(1).map((line) => line.trim())
    return texts.map((line) => line.replace(/ \(config[^()]*\)$/, ""))
  }
}

t.test("checkRules: a good config passes without a warning", (t) => {
  t.same(faults(() => {}), [])
  t.same(warningsOf(() => checkRules(config(() => {}))), [])
  t.end()
})

t.test("checkRules: tells all broken rules with pointer and clause", (t) => {
  const error = errorOf(() => checkRules(config((c) => {
    c.process.cwd = "tmp"
    c.root.path = ""
    c.linux.maskedPaths = ["x"]
  }), "/b/config.json"))
  t.equal(error.message, [
    "/b/config.json: 3 faults",
    "  /root/path: is empty; expected the folder of the root file system (config.md, Root)",
    "  /linux/maskedPaths/0: \"x\" is not an absolute path (config-linux.md, Masked paths, Readonly paths)",
    "  /process/cwd: \"tmp\" is not an absolute path (config.md, Process)",
  ].join("\n"))
  t.equal(error.details.pointer, "/root/path")
  t.end()
})

t.test("checkRules: root and process must be there", (t) => {
  t.same(faults((c) => delete c.root), ["/root: missing; Linux needs it"])
  t.same(faults((c) => delete c.process), ["/process: missing; create needs it"])
  t.end()
})

t.test("checkRules: process.args name a program", (t) => {
  t.same(faults((c) => delete c.process.args), ["/process/args: is empty; expected the program and its arguments"])
  t.same(faults((c) => (c.process.args = [])), ["/process/args: is empty; expected the program and its arguments"])
  t.same(faults((c) => (c.process.args = [""])), [
    '/process/args/0: is empty; expected the name or path of a program (exec: "": executable file not found in $PATH)',
  ])
  t.same(faults((c) => (c.process.args = ["a", ""])), [])
  t.end()
})

t.test("checkRules: process.rlimits have each type once, soft below hard", (t) => {
  const rlimit = (type: string, soft: number, hard: number) => ({ type, soft, hard })
  t.same(faults((c) => (c.process.rlimits = [rlimit("RLIMIT_CPU", 1, 2), rlimit("RLIMIT_AS", 1, 1)])), [])
  t.same(
    faults((c) => (c.process.rlimits = [rlimit("RLIMIT_CPU", 1, 2), rlimit("RLIMIT_AS", 1, 1), rlimit("RLIMIT_CPU", 1, 2)])),
    ["/process/rlimits/2: repeats RLIMIT_CPU of /process/rlimits/0"],
  )
  t.same(faults((c) => (c.process.rlimits = [rlimit("RLIMIT_AS", 2, 1)])),
    ["/process/rlimits/0/soft: 2 is above the hard limit 1"])
  t.end()
})

t.test("checkRules: unknown capabilities are warned of only", (t) => {
  const change = (c: Json) => (c.process.capabilities = { bounding: ["CAP_KILL", "CAP_FLY"], effective: ["CAP_CHOWN"] })
  t.same(faults(change), [])
  t.same(warningsOf(() => checkRules(config(change))),
    ["/process/capabilities/bounding/1: unknown capability \"CAP_FLY\"; it is ignored"])
  t.end()
})

t.test("checkRules: process.scheduler fits its policy", (t) => {
  t.same(faults((c) => (c.process.scheduler = { policy: "SCHED_FIFO", priority: 10 })), [])
  t.same(faults((c) => (c.process.scheduler = { policy: "SCHED_OTHER", priority: 0, nice: 5, period: 0 })), [])
  t.same(faults((c) => (c.process.scheduler = { policy: "SCHED_DEADLINE", runtime: 1024, deadline: 2048, period: 4096 })), [])
  t.same(faults((c) => (c.process.scheduler = { policy: "SCHED_DEADLINE", runtime: 2000, deadline: 2000 })), [])
  for (const priority of [0, -1, 100]) {
    t.same(faults((c) => (c.process.scheduler = { policy: "SCHED_FIFO", priority })),
      [`/process/scheduler/priority: ${priority} is not from 1 to 99, as SCHED_FIFO needs it`])
  }
  t.same(faults((c) => (c.process.scheduler = { policy: "SCHED_FIFO", flags: ["SCHED_FLAG_KEEP_PARAMS"] })), [])
  t.same(faults((c) => (c.process.scheduler = { policy: "SCHED_DEADLINE" })),
    ["/process/scheduler/runtime: 0 ns is less than 1024, the kernel's least"])
  t.same(faults((c) => (c.process.scheduler = { policy: "SCHED_DEADLINE", runtime: 3000, deadline: 2000, period: 2000 })),
    ["/process/scheduler/deadline: 2000 ns is shorter than the runtime of 3000 ns"])
  t.same(faults((c) => (c.process.scheduler = { policy: "SCHED_DEADLINE", runtime: 2000, deadline: 3000, period: 2500 })),
    ["/process/scheduler/period: 2500 ns is shorter than the deadline of 3000 ns"])
  t.same(faults((c) => (c.process.scheduler = { policy: "SCHED_IDLE", priority: 1 })),
    ["/process/scheduler/priority: 1 needs the policy SCHED_FIFO or SCHED_RR, not SCHED_IDLE"])
  t.same(faults((c) => (c.process.scheduler = { policy: "SCHED_RR", priority: 1, deadline: 1 })),
    ["/process/scheduler: runtime, deadline and period need the policy SCHED_DEADLINE, not SCHED_RR"])
  t.end()
})

t.test("checkRules: CPU and node lists are written as the kernel writes them", (t) => {
  for (const list of ["", "0", "0-3", "0-3,7", " 1 , 2-4 "]) {
    t.same(faults((c) => (c.process.execCPUAffinity = { initial: list })), [], list)
    t.same(faults((c) => (c.linux.memoryPolicy = { mode: "MPOL_PREFERRED", nodes: list })), [], list)
  }
  for (const list of ["a", "1-", "-1", "1,,2", "1;2", "0x1"]) {
    t.same(faults((c) => (c.process.execCPUAffinity = { final: list })),
      [`/process/execCPUAffinity/final: "${list}" is not a list of CPUs as 0-3,7`])
    t.same(faults((c) => (c.linux.memoryPolicy = { mode: "MPOL_BIND", nodes: list })),
      [`/linux/memoryPolicy/nodes: "${list}" is not a list of NUMA nodes as 0-3,7`])
  }
  t.same(faults((c) => (c.linux.memoryPolicy = { mode: "MPOL_BIND", nodes: "0", flags: ["MPOL_F_STATIC_NODES", "MPOL_F_RELATIVE_NODES"] })),
    ["/linux/memoryPolicy/flags: MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each other"])
  t.same(faults((c) => (c.process.execCPUAffinity = { initial: "3-1", final: "70000" })), [
    '/process/execCPUAffinity/initial: "3-1" has a range that ends before it begins: 3-1',
    '/process/execCPUAffinity/final: "70000": 70000 is above 65535, the most that Linux can number',
  ])
  t.same(faults((c) => (c.linux.personality = { domain: "LINUX32", flags: ["X"] })), ["/linux/personality/flags: is not empty; no flag is supported"])
  t.end()
})

t.test("checkProcess: applies the rules of process with pointers into the process file", (t) => {
  const error = errorOf(() => checkProcess({ cwd: "", args: [], user: { uid: 0, gid: 0 } }, "p.json"))
  t.match(error.message, "p.json: 2 faults\n  /cwd: \"\" is not an absolute path")
  t.match(error.message, "\n  /args: is empty")
  checkProcess({ cwd: "/", args: ["x"], user: { uid: 0, gid: 0 } }, "p.json")
  t.end()
})

t.test("checkRules: mounts have destinations, relative ones with a warning, and both mappings or none", (t) => {
  t.same(faults((c) => (c.mounts = [{ destination: "" }])), ["/mounts/0/destination: is empty; expected a path in the container"])
  const relative = (c: Json) => (c.mounts = [{ destination: "a/b", type: "tmpfs" }])
  t.same(faults(relative), [])
  t.same(warningsOf(() => checkRules(config(relative))),
    ["/mounts/0/destination: \"a/b\" is not absolute, which is deprecated; it is taken as \"/a/b\""])
  const map = [{ containerID: 0, hostID: 1000, size: 1 }]
  t.same(faults((c) => (c.mounts = [{ destination: "/a", uidMappings: map, gidMappings: map }])), [])
  t.same(faults((c) => (c.mounts = [{ destination: "/a", uidMappings: [], gidMappings: [] }])), [])
  t.same(faults((c) => (c.mounts = [{ destination: "/a", uidMappings: map }])), ["/mounts/0: has uidMappings but no gidMappings"])
  t.same(faults((c) => (c.mounts = [{ destination: "/a", uidMappings: [], gidMappings: map }])),
    ["/mounts/0: has gidMappings but no uidMappings"])
  t.end()
})

t.test("checkRules: hostname and domainname need a uts namespace", (t) => {
  t.same(faults((c) => Object.assign(c, { hostname: "h", domainname: "d" })), [])
  t.same(faults((c) => {
    Object.assign(c, { hostname: "h", domainname: "d" })
    c.linux.namespaces = [{ type: "mount" }]
  }), [
    "/hostname: \"h\" needs a uts namespace, or it would be the host's name",
    "/domainname: \"d\" needs a uts namespace, or it would be the host's name",
  ])
  t.same(faults((c) => {
    c.hostname = "h"
    c.linux.namespaces = [{ type: "uts", path: "/proc/1/ns/uts" }]
  }), [], "joined")
  t.same(faults((c) => Object.assign(c, { hostname: "", linux: {} })), [], "empty is unset")
  t.end()
})

t.test("checkRules: hooks have absolute paths", (t) => {
  t.same(faults((c) => (c.hooks = { prestart: [{ path: "/a" }], poststop: [{ path: "/a" }, { path: "b" }] })),
    ["/hooks/poststop/1/path: \"b\" is not an absolute path"])
  t.throws(() => config((c) => (c.hooks = { poststart: [{ path: "/a", timeout: 0 }] })), { message: /timeout: 0 is too small/ })
  t.end()
})

t.test("checkRules: annotations have names", (t) => {
  t.same(faults((c) => (c.annotations = { "": "x", "a/b": "" })), ["/annotations/: has no name; names must not be empty"])
  t.end()
})

t.test("checkRules: namespaces are there once, with absolute paths", (t) => {
  t.same(faults((c) => c.linux.namespaces.push({ type: "pid" }, { type: "uts", path: "/x" })),
    ["/linux/namespaces/5: repeats uts of /linux/namespaces/1"])
  t.same(faults((c) => c.linux.namespaces.push({ type: "pid", path: "ns" }, { type: "cgroup", path: "" })),
    ["/linux/namespaces/4/path: \"ns\" is not an absolute path"])
  t.end()
})

t.test("checkRules: id mappings and user namespace go together", (t) => {
  const map = [{ containerID: 0, hostID: 1000, size: 1 }]
  t.same(faults((c) => Object.assign(c.linux, { uidMappings: map, gidMappings: [] })),
    ["/linux/uidMappings: needs a user namespace in /linux/namespaces"])
  t.same(faults((c) => c.linux.namespaces.push({ type: "user" })), [
    "/linux/uidMappings: is empty; a new user namespace needs ids to be mapped",
    "/linux/gidMappings: is empty; a new user namespace needs ids to be mapped",
  ])
  t.same(faults((c) => {
    Object.assign(c.linux, { uidMappings: map, gidMappings: map })
    c.linux.namespaces.push({ type: "user" })
  }), [])
  t.same(faults((c) => c.linux.namespaces.push({ type: "user", path: "/proc/1/ns/user" })), [], "joined")
  t.same(faults((c) => {
    Object.assign(c.linux, { uidMappings: map, gidMappings: map })
    c.linux.namespaces.push({ type: "user", path: "/proc/1/ns/user" })
  }), [], "joined, with mappings: compared with the namespace's own later")
  t.end()
})

t.test("checkRules: timeOffsets need a time namespace without path, and clocks that have offsets", (t) => {
  const offsets = { monotonic: { secs: 5 }, boottime: { secs: -5, nanosecs: 1 } }
  t.same(faults((c) => (c.linux.timeOffsets = offsets)), ["/linux/timeOffsets: needs a time namespace in /linux/namespaces"])
  const withTime = (path?: string) => (c: Json) => {
    c.linux.timeOffsets = offsets
    c.linux.namespaces.push({ type: "time", ...(path === undefined ? {} : { path }) })
  }
  t.same(faults(withTime()), [])
  t.same(faults(withTime("")), [])
  t.same(faults(withTime("/t")), ["/linux/timeOffsets: cannot be set in a time namespace that is joined (\"/t\")"])
  t.same(faults((c) => {
    withTime()(c)
    c.linux.timeOffsets = { realtime: {} }
  }), ["/linux/timeOffsets/realtime: is not a clock with an offset; expected monotonic or boottime"])
  t.end()
})

t.test("checkRules: devices have absolute paths and numbers", (t) => {
  const device = (more: object) => (c: Json) => (c.linux.devices = [{ type: "c", path: "/dev/x", major: 1, minor: 3, ...more }])
  t.same(faults(device({})), [])
  t.same(faults(device({ path: "x" })), ["/linux/devices/0/path: \"x\" is not an absolute path"])
  t.same(faults(device({ type: "b", minor: -1 })), ["/linux/devices/0/minor: -1; a device of type b has one"])
  t.same(faults((c) => (c.linux.devices = [{ type: "u", path: "/x", minor: 1 }])),
    ["/linux/devices/0/major: missing; a device of type u has one"])
  t.same(faults((c) => (c.linux.devices = [{ type: "p", path: "/x" }])), [])
  const twice = (c: Json) => (c.linux.devices = [{ type: "p", path: "/x" }, { type: "p", path: "/x" }])
  t.same(faults(twice), [])
  t.same(warningsOf(() => checkRules(config(twice))), ["/linux/devices/1/path: \"/x\" is there twice"])
  t.end()
})

t.test("checkRules: netDevices need a network namespace and good names", (t) => {
  t.same(faults((c) => (c.linux.netDevices = { eth0: {}, eth1: { name: "ctr_%d" }, eth2: { name: "ctr_%d" } })), [])
  t.same(faults((c) => {
    c.linux.netDevices = { eth0: {} }
    c.linux.namespaces = [{ type: "mount" }]
  }), ["/linux/netDevices: needs a network namespace in /linux/namespaces"])
  t.same(faults((c) => (c.linux.netDevices = { eth0: {}, eth1: { name: "eth0" } })),
    ["/linux/netDevices/eth1: would be the second device named \"eth0\""])
  for (const name of ["a/b", "..", "a b", "a:1", "sixteen-bytes-xx"]) {
    t.same(faults((c) => (c.linux.netDevices = { eth0: { name } })),
      [`/linux/netDevices/eth0/name: ${JSON.stringify(name)} is not a name of a network device`])
  }
  t.same(faults((c) => (c.linux.netDevices = { "a/b": {} })),
    ["/linux/netDevices/a~1b: \"a/b\" is not a name of a network device"])
  t.end()
})

t.test("checkRules: resources name files of the cgroup only", (t) => {
  const resources = (value: object) => (c: Json) => (c.linux.resources = value)
  t.same(faults(resources({ devices: [{ allow: true, access: "rw" }, { allow: false, access: "rx" }] })),
    ["/linux/resources/devices/1/access: \"rx\" has letters other than rwm"])
  t.same(faults(resources({ hugepageLimits: [{ pageSize: "2MB", limit: 1 }, { pageSize: "../x", limit: 1 }] })),
    ["/linux/resources/hugepageLimits/1/pageSize: \"../x\" is not a size as 2MB"])
  t.same(faults(resources({ unified: { "memory.high": "1", "../cgroup.procs": "0" } })),
    ["/linux/resources/unified/..~1cgroup.procs: \"../cgroup.procs\" is not the name of a file of the cgroup, as memory.high"])
  t.end()
})

t.test("checkRules: intelRdt names one class, and its lines are lines", (t) => {
  const schemata = ["L3:0=ff", "L2:0=f;1=f"]
  t.same(faults((c) => (c.linux.intelRdt = { closID: "gold", memBwSchema: "MB:0=20", l3CacheSchema: "L3:0=f", schemata })), [])
  t.same(faults((c) => (c.linux.intelRdt = { closID: "/" })), [], "the default class")
  t.same(faults((c) => (c.linux.intelRdt = { closID: "", memBwSchema: "", schemata: [] })), [], "Go's empty values")
  for (const closID of [".", "..", "a/b", "/a", "a\nb", "info", "mon_groups", "mon_data"]) {
    t.same(faults((c) => (c.linux.intelRdt = { closID })),
      [`/linux/intelRdt/closID: ${JSON.stringify(closID)} is not the name of a folder of resctrl`])
  }
  for (const memBwSchema of ["L3:0=f", "MB:0=20\nL3:0=f"]) {
    t.same(faults((c) => (c.linux.intelRdt = { memBwSchema })),
      [`/linux/intelRdt/memBwSchema: ${JSON.stringify(memBwSchema)} is not one line as MB:0=20;1=70`])
  }
  t.same(faults((c) => (c.linux.intelRdt = { schemata: ["L3:0=f", "a\nb"] })), ["/linux/intelRdt/schemata/1: \"a\\nb\" is more than one line"])
  t.end()
})

t.test("checkRules: net sysctls are refused in the host's network namespace, joined or not", (t) => {
  const change = (c: Json) => (c.linux.sysctl = { "net.ipv4.ip_forward": "1" })
  t.same(faults(change), [])
  t.same(faults(change, (spec) => checkHostNamespaces(spec, ["network"])),
    ["/linux/sysctl/net.ipv4.ip_forward: needs a network namespace of the container's own"])
  t.same(faults((c) => {
    change(c)
    c.linux.namespaces = [{ type: "mount" }]
  }), ["/linux/sysctl/net.ipv4.ip_forward: needs a network namespace of the container's own"])
  t.same(faults((c) => (c.linux.sysctl = { "vm/swappiness": "1" })),
    ["/linux/sysctl/vm~1swappiness: does not belong to a namespace, so it would change the host"])
  t.end()
})

t.test("checkRules: maskedPaths and readonlyPaths need a mount namespace", (t) => {
  t.same(faults((c) => {
    Object.assign(c.linux, { maskedPaths: ["/a"], readonlyPaths: ["/b"], namespaces: [{ type: "pid" }] })
  }), [
    "/linux/maskedPaths: needs a mount namespace in /linux/namespaces",
    "/linux/readonlyPaths: needs a mount namespace in /linux/namespaces",
  ])
  t.same(faults((c) => Object.assign(c.linux, { maskedPaths: [], namespaces: [] })), [])
  t.end()
})

t.test("checkRules: seccomp members belong to their actions", (t) => {
  const seccomp = (value: object) => (c: Json) => (c.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", ...value })
  const rule = (action: string, more: object = {}) => ({ names: ["read"], action, ...more })
  t.same(faults(seccomp({ syscalls: [rule("SCMP_ACT_ERRNO", { errnoRet: 1 }), rule("SCMP_ACT_TRACE", { errnoRet: 0 })] })), [])
  t.same(faults(seccomp({ syscalls: [rule("SCMP_ACT_KILL", { errnoRet: 1 })] })),
    ["/linux/seccomp/syscalls/0/errnoRet: 1 means nothing to SCMP_ACT_KILL"])
  t.same(faults(seccomp({ defaultErrnoRet: 1 })), ["/linux/seccomp/defaultErrnoRet: 1 means nothing to SCMP_ACT_ALLOW"])
  t.same(faults(seccomp({ listenerPath: "/s", listenerMetadata: "m", syscalls: [rule("SCMP_ACT_NOTIFY")] })), [])
  t.same(faults(seccomp({ syscalls: [rule("SCMP_ACT_NOTIFY")] })),
    ["/linux/seccomp/listenerPath: missing; SCMP_ACT_NOTIFY needs it"])
  t.same(faults(seccomp({ listenerMetadata: "m" })), ["/linux/seccomp/listenerMetadata: cannot be without listenerPath"])
  t.same(faults(seccomp({ listenerPath: "/s", syscalls: [{ names: ["open", "write"], action: "SCMP_ACT_NOTIFY" }] })),
    ["/linux/seccomp/syscalls/0/names: SCMP_ACT_NOTIFY cannot be for write: the runtime needs it"])
  t.same(faults(seccomp({ listenerPath: "/s", defaultAction: "SCMP_ACT_NOTIFY" })),
    ["/linux/seccomp/defaultAction: cannot be SCMP_ACT_NOTIFY: the runtime's own calls would wait"])
  t.end()
})
