import { AT_EMPTY_PATH, AT_FDCWD, AT_RECURSIVE, O_CLOEXEC, O_DIRECTORY, O_PATH, O_WRONLY, S_IFDIR, S_IFMT, STATX } from "../kernel/fs.ts"
import {
  FSCONFIG, FSMOUNT_CLOEXEC, FSOPEN_CLOEXEC, MOUNT_ATTR, MOVE_MOUNT_F_EMPTY_PATH, MOVE_MOUNT_T_EMPTY_PATH, OPEN_TREE_CLOEXEC, OPEN_TREE_CLONE,
} from "../kernel/mount.ts"
import type { Datum, Label, Step } from "../program/program.ts"
import { sysctlPath } from "../spec/sysctl.ts"
import { configureLabels } from "./file-system.ts"
import type { MountContext } from "./mounts.ts"
import { openInRoot, scratch } from "./targets.ts"
import { cleanRelative } from "../path.ts"

const ATTACH = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH
/** open_tree(2) takes detached trees from this kernel on; before it each masked folder gets a tmpfs of its own. */
const CLONES_DETACHED = [6, 15] as const

/** linux.maskedPaths: files are covered by /dev/null, folders by an empty read-only tmpfs; what is not there is skipped. */
export function planMaskedPaths(context: MountContext, paths: readonly string[]): void {
  const { planner, facts } = context
  const p = planner.program
  if (paths.length === 0) return
  planner.at("/linux/maskedPaths")
  const [major, minor] = facts.kernel
  const shared = major > CLONES_DETACHED[0] || (major === CLONES_DETACHED[0] && minor >= CLONES_DETACHED[1])
  const empty = shared ? emptyFolder(context) : undefined
  const statx = scratch(planner, STATX.size)
  const seen = new Set<string>()
  for (let i = 0; i < paths.length; i++) {
    const path = cleanRelative(paths[i] as string)
    if (seen.has(path) || path === "") continue
    seen.add(path)
    planner.at(`/linux/maskedPaths/${i}`)
    const next = p.label("next masked path")
    const place = openIfThere(context, path, next)
    p.call("statx", place, "", AT_EMPTY_PATH, 0x1, statx).says(`is /${path} a folder`)
    const folder = p.label("mask folder")
    const attach = p.label("attach mask")
    p.test(statx.at(STATX.mode), S_IFMT, "==", S_IFDIR, folder)
    const mask = nullClone(context)
    p.here(attach)
    p.call("move_mount", mask, "", place, "", ATTACH).says(`mask /${path}`)
    p.call("close", mask)
    p.call("close", place)
    p.here(next)
    maskFolder(context, folder, attach, empty, mask)
  }
  if (empty !== undefined) p.call("close", empty)
}

/** Opens a path inside the root; what is missing is skipped. */
function openIfThere(context: MountContext, path: string, missing: Label): Step {
  const { planner } = context
  const place = openInRoot(planner, context.root, path, O_PATH | O_CLOEXEC)
  return place.on("ENOENT", missing).on("ENOTDIR", missing).says(`open /${path}`)
}

/** A detached clone of the host's /dev/null, taken in this process's own mount namespace, where no image can have put another one. */
function nullClone(context: MountContext): Step {
  const { planner } = context
  const p = planner.program
  const statx = scratch(planner, STATX.size)
  const wrong = p.label("not /dev/null")
  const right = p.label("/dev/null")
  const clone = p.call("open_tree", AT_FDCWD, "/dev/null", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC).says("clone /dev/null")
  p.call("statx", clone, "", AT_EMPTY_PATH, 0x1, statx).says("is it the null device")
  p.test(statx.at(STATX.rdevMajor), 0xffffffff, "!=", 1, wrong)
  p.test(statx.at(STATX.rdevMinor), 0xffffffff, "==", 3, right)
  p.here(wrong)
  p.fail(19).says("mask a file: the host's /dev/null is not the null device")
  p.here(right)
  return clone
}

/** An empty, read-only tmpfs, detached. One inode: its root. */
function emptyFolder(context: MountContext): Step {
  const p = context.planner.program
  const opened = p.call("fsopen", "tmpfs", FSOPEN_CLOEXEC).says("empty folder for masks: open the file system type")
  p.call("fsconfig", opened, FSCONFIG.SET_STRING, "nr_inodes", "1", 0).says("empty folder for masks: one inode")
  p.call("fsconfig", opened, FSCONFIG.SET_STRING, "size", "0", 0).orContinue().says("empty folder for masks: no room for files")
  configureLabels(context.planner, opened, context.label === undefined ? [] : [context.label], "empty folder for masks")
  p.call("fsconfig", opened, FSCONFIG.CMD_CREATE, 0, 0, 0).says("empty folder for masks: create")
  const attributes = MOUNT_ATTR.RDONLY | MOUNT_ATTR.NOSUID | MOUNT_ATTR.NODEV | MOUNT_ATTR.NOEXEC
  const mount = p.call("fsmount", opened, FSMOUNT_CLOEXEC, attributes).says("empty folder for masks: mount")
  p.call("close", opened)
  return mount
}

function maskFolder(context: MountContext, folder: Label, attach: Label, empty: Step | undefined, mask: Step): void {
  const { planner } = context
  const p = planner.program
  const pointer = p.pointer
  const kept = mask.cell as Datum
  planner.later(() => {
    p.pointer = pointer
    p.here(folder)
    const clone =
      empty === undefined
        ? emptyFolder(context)
        : p.call("open_tree", empty, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH).says("clone the empty folder")
    p.store(kept, clone, 8)
    p.jump(attach)
  })
}

/** linux.readonlyPaths: bound onto themselves, read-only with all that is mounted below; what is not there is skipped. */
export function planReadonlyPaths(context: MountContext, paths: readonly string[]): void {
  const { planner } = context
  const p = planner.program
  for (let i = 0; i < paths.length; i++) {
    const path = cleanRelative(paths[i] as string)
    planner.at(`/linux/readonlyPaths/${i}`)
    const next = p.label("next read-only path")
    const place = openIfThere(context, path === "" ? "." : path, next)
    const flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_EMPTY_PATH
    const tree = p.call("open_tree", place, "", flags).says(`clone /${path}`)
    planner.setAttributes(tree, { set: MOUNT_ATTR.RDONLY }, AT_RECURSIVE).says(`make /${path} read-only`)
    p.call("move_mount", tree, "", place, "", ATTACH).says(`cover /${path} with it`)
    p.call("close", tree)
    p.call("close", place)
    p.here(next)
  }
}

/** linux.sysctl, through a procfs of our own that is never attached: no image and no other mount can stand in its way. */
export function planSysctl(context: MountContext, sysctl: Readonly<Record<string, string>>): void {
  const { planner } = context
  const p = planner.program
  const names = Object.keys(sysctl)
  if (names.length === 0) return
  planner.at("/linux/sysctl")
  const host = p.label("host's procfs")
  const ready = p.label("procfs ready")
  const opened = p.call("fsopen", "proc", FSOPEN_CLOEXEC).on("EPERM", host).says("a private procfs: open the file system type")
  p.call("fsconfig", opened, FSCONFIG.CMD_CREATE, 0, 0, 0).on("EPERM", host).says("a private procfs: create")
  const proc = p.call("fsmount", opened, FSMOUNT_CLOEXEC, 0).on("EPERM", host).says("a private procfs: mount")
  const kept = (proc.cell ??= p.buffer(8))
  p.here(ready)
  planner.later(() => {
    p.pointer = "/linux/sysctl"
    p.here(host)
    const own = p.call("openat", AT_FDCWD, "/proc", O_PATH | O_CLOEXEC | O_DIRECTORY, 0).says("use the host's /proc, as no procfs may be mounted here")
    p.store(kept, own, 8)
    p.jump(ready)
  })
  for (const name of names) {
    planner.at(`/linux/sysctl/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`)
    const value = sysctl[name] as string
    const path = sysctlPath(name)
    if (path === undefined) throw new Error(`the sysctl ${name} passed the rules without a path`)
    const fd = p.call("openat", proc, "sys/" + path, O_WRONLY | O_CLOEXEC, 0).says(`open the sysctl ${name}`)
    p.call("write", fd, value, Buffer.byteLength(value)).says(`set the sysctl ${name} to ${JSON.stringify(value)}`)
    p.call("close", fd)
  }
  p.call("close", proc)
}
