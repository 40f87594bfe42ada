import { AT_EMPTY_PATH, AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_PATH } from "../kernel/fs.ts"
import { MNT_DETACH, MOUNT_ATTR, MS, MOVE_MOUNT_F_EMPTY_PATH, MOVE_MOUNT_T_EMPTY_PATH, OPEN_TREE_CLOEXEC, OPEN_TREE_CLONE } from "../kernel/mount.ts"
import type { Step } from "../program/program.ts"
import { described } from "./file-system.ts"
import { idmap } from "./launcher.ts"
import type { MountRequest } from "./mount-request.ts"
import { coveredFolder, type MountContext, newAttributes, propagate, takeOver, target } from "./mounts.ts"
import type { Planner } from "./planner.ts"
import { openInRoot, resultCell } from "./targets.ts"

const ATTRIBUTE_FLAGS: readonly (readonly [attribute: number, flag: number])[] = [
  [MOUNT_ATTR.RDONLY, MS.RDONLY], [MOUNT_ATTR.NOSUID, MS.NOSUID], [MOUNT_ATTR.NODEV, MS.NODEV], [MOUNT_ATTR.NOEXEC, MS.NOEXEC],
  [MOUNT_ATTR.NOATIME, MS.NOATIME], [MOUNT_ATTR.STRICTATIME, MS.STRICTATIME], [MOUNT_ATTR.NODIRATIME, MS.NODIRATIME],
  [MOUNT_ATTR.NOSYMFOLLOW, MS.NOSYMFOLLOW],
]

/** mount(2) on a folder named from the working directory. */
function mountAt(planner: Planner, request: MountRequest, attributes: number, folder: string, path: string): void {
  let flags = request.superFlags
  for (const [attribute, flag] of ATTRIBUTE_FLAGS) if ((attributes & attribute) !== 0) flags |= flag
  const source = request.mount.source
  const data = [...request.data, ...request.labels.map(({ name, value }) => `${name}="${value}"`)].join(",")
  const named = source === undefined || source === "" ? request.type : source
  planner.program.call("mount", named, folder, request.type, flags >>> 0, data === "" ? 0 : data).says(`mount ${described(request, path)}`)
}

/**
 * A detached mount of a file system that only mount(2) can make, by way of a folder that is there in the working directory, which must
 * be a private staging folder.
 */
export function detachedLegacy(planner: Planner, request: MountRequest, attributes: number, folder: string, path: string): Step {
  const p = planner.program
  mountAt(planner, request, attributes, folder, path)
  const mount = p.call("open_tree", AT_FDCWD, folder, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC).says(`stage ${request.type}: take it`)
  p.call("umount2", folder, MNT_DETACH).says(`stage ${request.type}: free its folder`)
  return mount
}

/** A mount that only mount(2) can express: long values, commas, iversion. The target is the working directory, so no path is walked. */
export function legacyMount(context: MountContext, request: MountRequest, path: string): void {
  const { planner } = context
  const p = planner.program
  const { attributes, late } = newAttributes(request, path)
  const mapping = context.facts.idmaps.get(request.index)
  const back = p.call("openat", AT_FDCWD, ".", O_PATH | O_CLOEXEC | O_DIRECTORY, 0).says("remember the working directory")
  const covered = coveredFolder(context, request, path)
  const place = covered?.place ?? target(context, request, path, true)
  p.call("fchdir", place).says(`work in /${path}`)
  mountAt(planner, request, attributes, ".", path)
  p.call("fchdir", back)
  if (request.propagation.length > 0 || covered !== undefined || late || path === "" || mapping !== undefined) {
    const where = path === "" ? "." : path
    const mount = openInRoot(planner, context.root, where, O_PATH | O_CLOEXEC | O_DIRECTORY).says(`open the mount at /${path}`)
    if (covered !== undefined) takeOver(planner, request, covered, mount, path)
    if (mapping !== undefined) remap(planner, request, mount, place, back, mapping, path)
    propagate(context, request, mount, path)
    if (path === "") p.store(resultCell(planner, context.root), mount, 8)
    if (late) context.lateReadonly.push({ mount, pointer: request.pointer, path })
    else if (path !== "") p.call("close", mount)
  }
  p.call("close", back)
  p.call("close", place)
}

/** Only a mount that is nowhere attached can be id-mapped: a clone takes the place of the one that mount(2) has attached. */
function remap(planner: Planner, request: MountRequest, mount: Step, place: Step, back: Step, userNamespace: number, path: string): void {
  const p = planner.program
  const clone = p.call("open_tree", mount, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH).says(`clone the mount at /${path}`)
  p.call("fchdir", mount)
  p.call("umount2", ".", MNT_DETACH).says(`take the mount at /${path} away`)
  p.call("fchdir", back)
  p.call("close", mount)
  idmap(planner, clone, { userNamespace, idmapRecursive: false, what: `/${path}`, type: request.type })
  p.call("move_mount", clone, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH).says(`attach it at /${path}`)
  p.store(resultCell(planner, mount), clone, 8)
}
