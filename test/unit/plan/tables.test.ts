import t from "tap"
import { CAPABILITIES, capabilityWords, hasCapability } from "../../../src/kernel/capabilities.ts"
import { mountOption, mountOptionNames, propagationFlags } from "../../../src/kernel/mount-options.ts"
import { MOUNT_ATTR, MS } from "../../../src/kernel/mount.ts"
import { planCreate } from "../../../src/plan/create.ts"
import { planExec } from "../../../src/plan/exec.ts"
import { DEFAULT_DEVICES, deviceNodes, deviceNumber } from "../../../src/plan/devices.ts"
import { absoluteRanges, idmapOption } from "../../../src/plan/idmap-option.ts"
import { mountRequest } from "../../../src/plan/mount-request.ts"
import { absoluteSource } from "../../../src/plan/mounts.ts"
import { sysctlPath } from "../../../src/spec/sysctl.ts"
import { mayMountBelowProc } from "../../../src/plan/targets.ts"
import type { Process } from "../../../src/spec/types.gen.ts"
import { calls, changed, execFacts, factsFor, fullSpec, stepsOf } from "./helpers.ts"
import { cleanRelative } from "../../../src/path.ts"

const { RDONLY, NOSUID, NODEV, NOEXEC, NOATIME, STRICTATIME, NODIRATIME, NOSYMFOLLOW, ATIME_MASK } = MOUNT_ATTR

t.test("mountOption(): every word of the specification's list (config.md, Linux mount options) [/mounts/*/options=*]", (t) => {
  const attributes: Readonly<Record<string, [set: number, clear: number]>> = {
    ro: [RDONLY, 0], rw: [0, RDONLY], nosuid: [NOSUID, 0], suid: [0, NOSUID], nodev: [NODEV, 0], dev: [0, NODEV],
    noexec: [NOEXEC, 0],
    exec: [0, NOEXEC], noatime: [NOATIME, ATIME_MASK], atime: [0, NOATIME], strictatime: [STRICTATIME, ATIME_MASK],
    nostrictatime: [0, STRICTATIME], relatime: [0, ATIME_MASK], norelatime: [0, 0], nodiratime: [NODIRATIME, 0],
    diratime: [0, NODIRATIME],
    nosymfollow: [NOSYMFOLLOW, 0], symfollow: [0, NOSYMFOLLOW],
  }
  for (const [word, [set, clear]] of Object.entries(attributes)) {
    t.same(mountOption(word), { kind: "attr", set, clear, recursive: false }, word)
    t.same(mountOption("r" + word), { kind: "attr", set, clear, recursive: true }, "r" + word)
  }
  const types = { private: MS.PRIVATE, shared: MS.SHARED, slave: MS.SLAVE, unbindable: MS.UNBINDABLE }
  for (const [word, type] of Object.entries(types)) {
    t.same(mountOption(word), { kind: "propagation", type, recursive: false }, word)
    t.same(mountOption("r" + word), { kind: "propagation", type, recursive: true }, "r" + word)
    t.equal(propagationFlags(word), type, word)
    t.equal(propagationFlags("r" + word), type | MS.REC, "r" + word)
  }
  const flags = { sync: MS.SYNCHRONOUS, dirsync: MS.DIRSYNC, mand: MS.MANDLOCK, lazytime: MS.LAZYTIME, iversion: MS.I_VERSION,
    silent: MS.SILENT }
  for (const [word, flag] of Object.entries(flags)) t.match(mountOption(word), { kind: "super", flag, on: true }, word)
  const off = { async: MS.SYNCHRONOUS, nomand: MS.MANDLOCK, nolazytime: MS.LAZYTIME, noiversion: MS.I_VERSION, loud: MS.SILENT }
  for (const [word, flag] of Object.entries(off)) t.match(mountOption(word), { kind: "super", flag, on: false }, word)
  t.same(["bind", "rbind", "idmap", "ridmap", "defaults", "remount", "tmpcopyup"].map(mountOption), [
    { kind: "bind", recursive: false }, { kind: "bind", recursive: true }, { kind: "idmap", recursive: false },
    { kind: "idmap", recursive: true },
    { kind: "none" }, { kind: "remount" }, { kind: "tmpcopyup" },
  ])
  const known = mountOptionNames()
  t.equal(new Set(known).size, known.length, "no name twice")
  t.ok(known.every((word) => mountOption(word) !== undefined))
  for (const word of ["", "r", "rr", "rro2", "RO", "mode=755", "constructor", "rtoString", "__proto__", "rdefaults",
    "rlazytime"]) t.equal(mountOption(word), undefined, word)
  for (const word of ["", "ro", "bind", "hasOwnProperty"]) t.equal(propagationFlags(word), undefined, word)
  t.end()
})

t.test("mountRequest(): the last of words that contradict each other wins", (t) => {
  const rows: [words: string, set: number, clear: number][] = [
    ["ro", RDONLY, 0], ["ro,rw", 0, RDONLY], ["rw,ro", RDONLY, 0], ["nosuid,suid", 0, NOSUID], ["suid,nosuid", NOSUID, 0],
    ["noexec,exec,noexec", NOEXEC, 0], ["nodev,ro,dev", RDONLY, NODEV], ["nosymfollow,symfollow", 0, NOSYMFOLLOW],
    ["noatime", NOATIME, ATIME_MASK], ["noatime,relatime", 0, ATIME_MASK], ["relatime,noatime", NOATIME, ATIME_MASK],
    ["noatime,strictatime", STRICTATIME, ATIME_MASK], ["noatime,atime", 0, ATIME_MASK], ["noatime,nostrictatime", NOATIME,
      ATIME_MASK],
    ["noatime,norelatime", NOATIME, ATIME_MASK], ["strictatime,nostrictatime", 0, ATIME_MASK], ["strictatime,atime", STRICTATIME,
      ATIME_MASK],
    ["nodiratime,noatime", NODIRATIME | NOATIME, ATIME_MASK], ["norelatime", 0, 0], ["defaults", 0, 0],
  ]
  for (const [words, set, clear] of rows) {
    t.match(mountRequest({ destination: "/m", options: words.split(",") }, 0), { set, clear, recursiveSet: 0, recursiveClear: 0 },
      words)
    const recursive = words.split(",").filter((word) => word !== "defaults").map((word) => "r" + word)
    t.match(mountRequest({ destination: "/m", options: recursive }, 0),
      { set: 0, clear: 0, recursiveSet: set, recursiveClear: clear }, recursive.join())
  }
  t.end()
})

t.test("mountRequest(): never asks the kernel for what it refuses: clearing a part of the atime modes", (t) => {
  for (const word of mountOptionNames()) {
    const { set, clear, recursiveSet, recursiveClear } = mountRequest({ destination: "/m", options: [word] }, 0)
    for (const [on, off] of [[set, clear], [recursiveSet, recursiveClear]] as const) {
      t.ok((off & ATIME_MASK) === 0 || (off & ATIME_MASK) === ATIME_MASK, word)
      t.ok((on & ATIME_MASK) === 0 || (off & ATIME_MASK) === ATIME_MASK, word)
      t.equal(on & off & ~ATIME_MASK, 0, word)
    }
  }
  t.end()
})

t.test("idmapOption(): crun's mappings, relative ones by the container's own", (t) => {
  t.equal(idmapOption("idmap", 0, "/m"), undefined)
  t.same(idmapOption("ridmap=uids=0-1-10#10-11-10;gids=@0-100-10", 0, "/m"), {
    recursive: true,
    uids: [{ containerID: 0, hostID: 1, size: 10, relative: false }, { containerID: 10, hostID: 11, size: 10, relative: false }],
    gids: [{ containerID: 0, hostID: 100, size: 10, relative: true }],
  })
  for (const word of ["idmap=", "idmap=uids=1-2", "idmap=uids=1-2-0", "idmap=uids=1-2-3;x", "idmap=uids=a-2-3", "idmap=uids=1-4294967295-2"]) {
    t.throws(() => idmapOption(word, 0, "/m"), { message: /^mounts\[0\]/ }, word)
  }
  // the example of crun(1): 3 is id 4 on the host, as the container's id 1 is 2 there
  const container = [{ containerID: 0, hostID: 0, size: 1 }, { containerID: 1, hostID: 2, size: 1000 }]
  t.same(absoluteRanges([{ containerID: 1, hostID: 3, size: 10, relative: true }], container), [{ containerID: 1, hostID: 4, size: 10 }])
  t.same(absoluteRanges([{ containerID: 5, hostID: 0, size: 3, relative: true }], container),
    [{ containerID: 5, hostID: 0, size: 1 }, { containerID: 6, hostID: 2, size: 2 }], "cut where the container's mappings end")
  t.equal(absoluteRanges([{ containerID: 0, hostID: 1000, size: 2, relative: true }], container), undefined)
  t.end()
})

t.test("mountRequest(): kinds of mounts", (t) => {
  const request = (type: string | undefined, ...options: string[]) => mountRequest({ destination: "/m", source: "/s", options,
    ...(type === undefined ? {} : { type }) }, 3)
  t.match(request("bind"), { bind: true, bindRecursive: false, type: "", pointer: "/mounts/3" })
  t.match(request("none", "rbind"), { bind: true, bindRecursive: true, type: "" })
  t.match(request("tmpfs", "rbind", "bind"), { bind: true, bindRecursive: true })
  t.match(request(undefined), { bind: false, type: "none" })
  t.match(request("tmpfs", "size=1m", "noswap"), { bind: false, type: "tmpfs", data: ["size=1m", "noswap"], legacy: false })
  t.match(request("bind", "idmap").idmap, { recursive: false })
  t.match(request("bind", "ridmap").idmap, { recursive: true })
  t.match(mountRequest({ destination: "/m", type: "bind", uidMappings: [{ containerID: 0, hostID: 1, size: 1 }] }, 0).idmap,
    { recursive: false })
  t.match(request("ext4", "sync", "async", "lazytime"), { superFlags: MS.LAZYTIME, superWords: ["sync", "async", "lazytime"] })
  t.same(request("tmpfs", "shared", "rslave").propagation.map(({ type, recursive }) => [type, recursive]),
    [[MS.SHARED, false], [MS.SLAVE, true]])
  for (const [what, options] of [["long", ["lowerdir=" + "x".repeat(256)]], ["comma", ["a=1,b=2"]],
    ["iversion", ["iversion"]]] as const) {
    t.equal(request("overlay", ...options).legacy, true, `${what}: takes mount(2)`)
  }
  t.equal(request("overlay", "lowerdir=" + "x".repeat(246)).legacy, false, "255 bytes are no reason")
  t.match(request("ext4", "rsync", "rnomand"), { superFlags: MS.SYNCHRONOUS, superWords: ["sync", "nomand"] })
  t.match(request("bind", "src-nofollow", "dest-nofollow"), { sourceNoFollow: true, destinationNoFollow: true, copySymlink: false })
  t.throws(() => request("bind", "copy-symlink", "src-nofollow"), { message: /excludes src-nofollow/ })
  t.throws(() => request("proc", "idmap"), { message: /type proc cannot be id-mapped/ })
  t.throws(() => request("tmpfs", "idmap", "remount"), { message: /idmap excludes remount/ })
  t.throws(() => request("bind", "reead-only"), { message: /a bind mount takes no data, but has "reead-only"/ })
  t.match(request("bind", "mode=1", "ro"), { data: [], unused: ["mode=1"], set: MOUNT_ATTR.RDONLY })
  t.match(request("tmpfs", "mode=1"), { data: ["mode=1"], unused: [] })
  t.same(request("bind", "", "ro").data, [], "an empty option is none: Buildah's volumes have one")
  t.end()
})

t.test("cleanRelative(): a path as the container's root sees it; .. never leaves it", (t) => {
  for (const [path, below] of [
    ["/", ""], ["", ""], ["//a/./b/../c/", "a/c"], ["a", "a"], ["/../../etc", "etc"], ["/a/../..", ""], ["/proc/../proc", "proc"],
    ["/a b/\u00e9", "a b/\u00e9"], ["/...", "..."], ["/a/..b", "a/..b"],
  ] as const) t.equal(cleanRelative(path), below, JSON.stringify(path))
  t.end()
})

t.test("absoluteSource(): relative bind sources begin at the bundle", (t) => {
  t.same([absoluteSource("/b", "/s"), absoluteSource("/b", "s/t")], ["/s", "/b/s/t"])
  t.end()
})

t.test("sysctlPath(): dots and slashes as sysctl(8)", (t) => {
  for (const [name, path] of [
    ["net.ipv4.ip_forward", "net/ipv4/ip_forward"], ["net/ipv4/conf/eth0.1/x", "net/ipv4/conf/eth0.1/x"],
    ["net.ipv4.conf.eth0/1.x", "net/ipv4/conf/eth0.1/x"], ["plain", "plain"],
  ] as const) t.equal(sysctlPath(name), path, name)
  t.end()
})

t.test("deviceNumber(): as mknod(2) takes it (sys/sysmacros.h, makedev)", (t) => {
  for (const [major, minor, number] of [[1, 3, 0x103], [5, 0, 0x500], [8, 255, 0x8ff], [8, 256, 0x100800],
    [4095, 0xfffff, 0xffffffff], [259, 0x11170, 0x11110370]] as const) {
    t.equal(deviceNumber(major, minor), number, `${major}:${minor}`)
  }
  t.end()
})

t.test(
  "deviceNodes(): the configured ones, then the default ones they do not replace [/linux/devices/*/type=c|p|u, /linux/devices/*/fileMode]",
  (t) => {
  const nodes = deviceNodes([
    { path: "/dev/./null", type: "c", major: 9, minor: 9 }, { path: "/opt/f", type: "p", fileMode: 0o100640, uid: 3,
      gid: 4 }, { path: "/dev/u", type: "u", major: 1, minor: 1 },
  ], true)
  t.equal(nodes.length, 3 + DEFAULT_DEVICES.length - 1)
  t.same(nodes.slice(0, 3).map(({ type, major, mode, uid, pointer }) => [type, major, mode, uid, pointer]), [
    ["c", 9, 0o666, 0, "/linux/devices/0"], ["p", 0, 0o640, 3, "/linux/devices/1"], ["c", 1, 0o666, 0, "/linux/devices/2"],
  ])
  t.same(deviceNodes(undefined, false), [])
  t.same(DEFAULT_DEVICES.map(([path]) => path).sort(), ["/dev/full", "/dev/null", "/dev/random", "/dev/tty", "/dev/urandom",
    "/dev/zero"])
  t.throws(() => deviceNodes([{ path: "/dev/x", type: "c", major: 4096, minor: 0 }], true),
    { message: /major number 4096 is above 4095/ }, "mknod(2) would make 0:0 of it")
  t.throws(() => deviceNodes([{ path: "/dev/x", type: "b", major: 1, minor: 0x100000 }], true), { message: /minor number/ })
  t.end()
})

t.test("capabilityWords(): two words; names that nobody knows are left out [/process/capabilities/bounding=*]", (t) => {
  t.same(capabilityWords(undefined), { low: 0, high: 0 })
  t.same(capabilityWords(["CAP_CHOWN", "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_CHECKPOINT_RESTORE", "CAP_NEW"]),
    { low: 0x80000001, high: 0x101 })
  const all = capabilityWords(CAPABILITIES)
  t.same(all, { low: 0xffffffff, high: 0x1ff })
  t.ok(CAPABILITIES.every((_, n) => hasCapability(all, n)) && !hasCapability(all, CAPABILITIES.length))
  t.end()
})

t.test("destinations that no config may name", (t) => {
  const plan = (mount: { destination: string; type?: string; source?: string; options?: string[] }, isProcfs = false) => () => {
    const spec = changed(fullSpec(), { mounts: [mount] as never })
    return planCreate(spec, factsFor(spec, { sources: new Map([[0, { isDirectory: true, isProcfs }]]) }))
  }
  for (const destination of ["/proc", "/proc/", "/x/../proc", "proc", "/proc/self", "/proc/self/attr", "/proc/sys/kernel",
    "/proc/cpuinfo/x"]) {
    t.throws(plan({ destination, type: "tmpfs" }), { message: /proc/ }, `tmpfs on ${destination}`)
    t.throws(plan({ destination, type: "bind", source: "/s" }), { message: /proc/ }, `bind on ${destination}`)
  }
  t.throws(plan({ destination: "/m" }), { message: /it has no type/ })
  t.doesNotThrow(plan({ destination: "/proc", type: "proc" }))
  t.doesNotThrow(plan({ destination: "/proc", type: "bind", source: "/proc", options: ["rbind"] }, true),
    "the host's procfs is one")
  for (const path of ["cpuinfo", "meminfo", "stat", "uptime", "loadavg", "swaps", "diskstats", "slabinfo",
    "sys/kernel/ns_last_pid", "sys/crypto/fips_enabled"]) {
    t.ok(mayMountBelowProc(`proc/${path}`))
    t.doesNotThrow(plan({ destination: `/proc/${path}`, type: "bind", source: "/lxcfs" }), path)
  }
  t.end()
})

t.test("the id -1 is refused: setresuid(2) would leave the process root", (t) => {
  for (const key of ["uid", "gid"] as const) {
    const process = { ...fullSpec().process, user: { uid: 1, gid: 1, [key]: 0xffffffff } } as Process
    t.throws(() => stepsOf(changed(fullSpec(), { process })), { message: new RegExp(`process.user.${key}: 4294967295`) })
    t.throws(() => planExec(process, execFacts()), { message: new RegExp(`process.user.${key}`) })
  }
  const denied = stepsOf(fullSpec())[calls(stepsOf(fullSpec()), "setgroups")[0] as number]
  t.same(denied?.branches, [{ errno: "EPERM", to: "continue" }], "a user namespace may deny setgroups")
  t.end()
})
