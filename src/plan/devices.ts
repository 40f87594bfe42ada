import { RuntsError } from "../error.ts"
import type { Device } from "../spec/types.gen.ts"
import { AT_EMPTY_PATH, AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_PATH, RESOLVE_IN_ROOT, RESOLVE_NO_SYMLINKS, S_IFBLK, S_IFCHR, S_IFIFO, S_IFMT, STATX } from "../kernel/fs.ts"
import { MOVE_MOUNT_F_EMPTY_PATH, MOVE_MOUNT_T_EMPTY_PATH, OPEN_TREE_CLOEXEC, OPEN_TREE_CLONE } from "../kernel/mount.ts"
import type { Step } from "../program/program.ts"
import type { MountContext } from "./mounts.ts"
import { openInRoot, openTarget, scratch } from "./targets.ts"
import { cleanRelative } from "../path.ts"

/** A device node to make. */
export interface DeviceNode {
  readonly path: string
  readonly type: "c" | "b" | "p"
  readonly major: number
  readonly minor: number
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly pointer: string
}

/** The devices every container has (config-linux.md, "Default Devices"). */
export const DEFAULT_DEVICES: readonly (readonly [path: string, major: number, minor: number])[] = [
  ["/dev/null", 1, 3], ["/dev/zero", 1, 5], ["/dev/full", 1, 7], ["/dev/random", 1, 8], ["/dev/urandom", 1, 9], ["/dev/tty", 5, 0],
]

/** Links below /dev (runtime-linux.md, "Dev symbolic links"). */
export const DEVICE_LINKS: readonly (readonly [name: string, target: string])[] = [
  ["fd", "/proc/self/fd"], ["stdin", "/proc/self/fd/0"], ["stdout", "/proc/self/fd/1"], ["stderr", "/proc/self/fd/2"],
]

/** Bits of a device number's parts in the kernel (linux/kdev_t.h). */
const MAJOR_MAX = 0xfff
const MINOR_MAX = 0xfffff

/** mknod(2) cuts larger numbers off, which would make another device. */
function checkNumber({ path, major, minor }: Device, pointer: string): void {
  if ((major ?? 0) > MAJOR_MAX) {
    throw new RuntsError(`linux.devices (${path}): the major number ${major} is above ${MAJOR_MAX}`, {
      code: "config-rule", pointer: pointer + "/major",
    })
  }
  if ((minor ?? 0) > MINOR_MAX) {
    throw new RuntsError(`linux.devices (${path}): the minor number ${minor} is above ${MINOR_MAX}`, {
      code: "config-rule", pointer: pointer + "/minor",
    })
  }
}

/**
 * The configured devices and the default ones that they do not replace.
 * @throws RuntsError for a number that no device has
 */
export function deviceNodes(devices: readonly Device[] | undefined, withDefaults: boolean): DeviceNode[] {
  devices?.forEach((device, index) => checkNumber(device, `/linux/devices/${index}`))
  const nodes: DeviceNode[] = (devices ?? []).map((device, index) => ({
    path: device.path,
    type: device.type === "u" ? "c" : (device.type as "c" | "b" | "p"),
    major: device.major ?? 0,
    minor: device.minor ?? 0,
    mode: (device.fileMode ?? 0o666) & 0o7777,
    uid: device.uid ?? 0,
    gid: device.gid ?? 0,
    pointer: `/linux/devices/${index}`,
  }))
  if (!withDefaults) return nodes
  const named = new Set(nodes.map((node) => cleanRelative(node.path)))
  for (const [path, major, minor] of DEFAULT_DEVICES) {
    if (named.has(path.slice(1))) continue
    nodes.push({ path, type: "c", major, minor, mode: 0o666, uid: 0, gid: 0, pointer: "/linux/devices" })
  }
  return nodes
}

const TYPE_BITS = { c: S_IFCHR, b: S_IFBLK, p: S_IFIFO } as const

/** dev_t as mknod(2) takes it (major and minor split around bit 8 and 20). */
export function deviceNumber(major: number, minor: number): number {
  return (minor & 0xff) + ((major & 0xfff) << 8) + (minor >>> 8) * 0x100000 + Math.floor(major / 4096) * 2 ** 44
}

/** Device nodes, made by descriptor of their folder; where the kernel forbids mknod (user namespaces) the host's node is bound. */
export function planDevices(context: MountContext, nodes: readonly DeviceNode[]): void {
  const { planner } = context
  const p = planner.program
  let parentPath: string | undefined
  let parent: Step | undefined
  for (const node of nodes) {
    planner.at(node.pointer)
    const path = cleanRelative(node.path)
    const slash = path.lastIndexOf("/")
    const folder = slash < 0 ? "" : path.slice(0, slash)
    if (folder !== parentPath || parent === undefined) {
      if (parent !== undefined) p.call("close", parent)
      parent = openTarget(planner, context.root, { path: folder, directory: true, exists: false })
      parentPath = folder
    }
    if (context.userNamespace && node.type !== "p") bindDevice(context, node, parent, path.slice(slash + 1))
    else makeDevice(context, node, parent, path.slice(slash + 1))
  }
  if (parent !== undefined) p.call("close", parent)
}

function makeDevice(context: MountContext, node: DeviceNode, parent: Step, name: string): void {
  const { planner } = context
  const p = planner.program
  const there = p.label("device there")
  const done = p.label("device made")
  const bind = p.label("bind device")
  const mode = TYPE_BITS[node.type] | node.mode
  const number = node.type === "p" ? 0 : deviceNumber(node.major, node.minor)
  const made = p.call("mknodat", parent, name, mode, number).on("EEXIST", there).says(`make ${node.path} (${node.type} ${node.major}:${node.minor})`)
  if (node.type !== "p") made.on("EPERM", bind)
  if (node.uid !== 0 || node.gid !== 0) p.call("fchownat", parent, name, node.uid, node.gid, 0x100).says(`give ${node.path} its owner`)
  p.here(done)
  const pointer = p.pointer
  planner.later(() => {
    p.pointer = pointer
    p.here(there)
    // what stands there must be this device: never use, and never replace, what the image brought
    const opened = p.call("openat2", parent, name, ...planner.openHow(O_PATH | O_CLOEXEC, RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS)).says(`open ${node.path}, which exists`)
    verify(context, opened, node)
    p.call("close", opened)
    p.jump(done)
    if (node.type === "p") return
    p.here(bind)
    bindDevice(context, node, parent, name)
    p.jump(done)
  })
}

/** Fails unless the descriptor is the device. */
function verify(context: MountContext, opened: Step, node: DeviceNode): void {
  const p = context.planner.program
  const statx = scratch(context.planner, STATX.size)
  const wrong = p.label("wrong device")
  const right = p.label("right device")
  p.call("statx", opened, "", AT_EMPTY_PATH, 0x3, statx).says(`look at ${node.path}`)
  p.test(statx.at(STATX.mode), S_IFMT, "!=", TYPE_BITS[node.type], wrong)
  if (node.type !== "p") {
    p.test(statx.at(STATX.rdevMajor), 0xffffffff, "!=", node.major, wrong)
    p.test(statx.at(STATX.rdevMinor), 0xffffffff, "!=", node.minor, wrong)
  }
  p.jump(right)
  p.here(wrong)
  p.fail(17).says(`make ${node.path}: something else is there`)
  p.here(right)
}

/** Binds the host's node of that path, cloned in this process's own mount namespace and checked. */
function bindDevice(context: MountContext, node: DeviceNode, parent: Step, name: string): void {
  const { planner } = context
  const p = planner.program
  const tree = p.call("open_tree", AT_FDCWD, node.path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC).says(`clone the host's ${node.path}`)
  verify(context, tree, node)
  p.call("mknodat", parent, name, 0o100666, 0).on("EEXIST", "continue").says(`make a file to bind ${node.path} on`)
  const place = p.call("openat2", parent, name, ...planner.openHow(O_PATH | O_CLOEXEC, RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS)).says(`open ${node.path}`)
  p.call("move_mount", tree, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH).says(`bind ${node.path}`)
  p.call("close", place)
  p.call("close", tree)
}

/** The links of /dev and ptmx. Existing links are kept; ptmx is replaced, as the one of an image could be a device of the host. */
export function planDeviceLinks(context: MountContext): void {
  const { planner } = context
  const p = planner.program
  planner.at("/linux/devices")
  const dev = openInRoot(planner, context.root, "dev", O_PATH | O_CLOEXEC | O_DIRECTORY).says("open /dev")
  for (const [name, target] of DEVICE_LINKS) {
    p.call("symlinkat", target, dev, name).on("EEXIST", "continue").says(`link /dev/${name} to ${target}`)
  }
  const noCore = p.label("no /proc/kcore")
  p.call("faccessat2", AT_FDCWD, "/proc/kcore", 0, 0).on("any", noCore).says("is there a /proc/kcore")
  p.call("symlinkat", "/proc/kcore", dev, "core").on("EEXIST", "continue").says("link /dev/core to /proc/kcore")
  p.here(noCore)
  p.call("unlinkat", dev, "ptmx", 0).on("ENOENT", "continue").says("remove /dev/ptmx")
  p.call("symlinkat", "pts/ptmx", dev, "ptmx").says("link /dev/ptmx to pts/ptmx")
  p.call("close", dev)
}
