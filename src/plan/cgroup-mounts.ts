import { AT_FDCWD, AT_RECURSIVE, O_CLOEXEC, O_DIRECTORY, O_PATH, RESOLVE_NO_SYMLINKS } from "../kernel/fs.ts"
import {
  FSCONFIG, FSMOUNT_CLOEXEC, FSOPEN_CLOEXEC, MOUNT_ATTR, MOVE_MOUNT_F_EMPTY_PATH, MOVE_MOUNT_T_EMPTY_PATH, OPEN_TREE_CLOEXEC, OPEN_TREE_CLONE,
} from "../kernel/mount.ts"
import type { Step } from "../program/program.ts"
import { type CgroupMountFacts, SYSTEMD_HIERARCHY } from "./facts.ts"
import type { MountRequest } from "./mount-request.ts"
import { fileSystem, mountLog } from "./file-system.ts"
import { type MountContext, propagate } from "./mounts.ts"
import { IN_ROOT, openTarget, refuseProcfs, resultCell } from "./targets.ts"
import { cleanRelative } from "../path.ts"

/** Where cgroup2 is mounted when it is all there is (host/cgroup/layout.ts). */
const HOST_ROOT = "/sys/fs/cgroup"
/** Of v1 mounts whatever the options say: nothing in them is a program or a device. */
const ALWAYS = MOUNT_ATTR.NOSUID | MOUNT_ATTR.NODEV | MOUNT_ATTR.NOEXEC
const ATTACH = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH

/**
 * A mount of type `cgroup`: what the host's cgroup version has. v2: cgroup2 in a cgroup namespace of its own, else a bind of the host's;
 * where the kernel refuses, a bind of the container's own folder. v1: a tmpfs with a folder a hierarchy, and links for controllers that share one.
 */
export function planCgroupMount(context: MountContext, request: MountRequest, newNamespace: boolean): void {
  const facts = context.facts.cgroupMounts
  if (facts === undefined) throw new Error("a cgroup mount without facts of the host's cgroups")
  context.planner.at(request.pointer)
  const own = facts.foreign === true ? asReadonly(context, request) : request
  if (facts.systemdAt !== undefined && cleanRelative(facts.systemdAt) === cleanRelative(request.mount.destination)) {
    return hierarchies(context, own, { ...facts, hierarchies: facts.hierarchies.filter(({ name }) => name === SYSTEMD_HIERARCHY) }, newNamespace)
  }
  if (facts.mode === "v2" || request.type === "cgroup2") return unified(context, own, facts, newNamespace)
  hierarchies(context, own, facts, newNamespace)
}

/** What a container without a cgroup of its own sees is the cgroup of whoever made it, whose limits are not the container's to change. */
function asReadonly({ planner }: MountContext, request: MountRequest): MountRequest {
  if (((request.set | request.recursiveSet) & MOUNT_ATTR.RDONLY) === 0) {
    planner.warnings.push(`mounts[${request.index}]: ${request.mount.destination} is read-only, as the container has no cgroup of its own`)
  }
  return { ...request, set: request.set | MOUNT_ATTR.RDONLY }
}

function place(context: MountContext, request: MountRequest): { step: Step; path: string } {
  const path = cleanRelative(request.mount.destination)
  const exists = context.facts.existing.has(request.index)
  const step = openTarget(context.planner, context.root, { path, directory: true, exists })
  refuseProcfs(context.planner, step, path)
  return { step, path }
}

function unified(context: MountContext, request: MountRequest, facts: CgroupMountFacts, newNamespace: boolean): void {
  const { planner } = context
  const p = planner.program
  const { step: target, path } = place(context, request)
  const attributes = request.set | request.recursiveSet
  // In the runtime's own cgroup namespace a fresh mount shows what the host's mount shows, but making one resets the hierarchy's
  // mount options for all the machine, and waits some 10 ms for the kernel to settle that (KERNEL: apply_cgroup_root_flags).
  if (facts.mode === "v2" && !newNamespace && request.data.length === 0) {
    const tree = bindUnified(context, HOST_ROOT, path, attributes)
    attachUnified(context, request, tree, target, path)
    return
  }
  const opened = p.call("fsopen", "cgroup2", FSOPEN_CLOEXEC).says(`mount cgroup2 at /${path}: open the file system type`)
  const bind = p.label("bind the cgroup")
  const done = p.label("cgroup mounted")
  opened.on("EPERM", bind).on("EBUSY", bind)
  const source = request.mount.source
  p.call("fsconfig", opened, FSCONFIG.SET_STRING, "source", source === undefined || source === "" ? "cgroup" : source, 0).says("cgroup2: source")
  const refused = p.label("mount log")
  const error = request.data.length > 0 ? p.buffer(8) : undefined
  for (const item of request.data) {
    const step = p.call("fsconfig", opened, FSCONFIG.SET_FLAG, item, 0, 0).on("any", refused).says(`cgroup2: option ${item}`)
    step.cell = error
  }
  p.call("fsconfig", opened, FSCONFIG.CMD_CREATE, 0, 0, 0).on("EPERM", bind).on("EBUSY", bind).says(`mount cgroup2 at /${path}: create`)
  const mount = p.call("fsmount", opened, FSMOUNT_CLOEXEC, attributes).on("EPERM", bind).on("EBUSY", bind).says(`mount cgroup2 at /${path}`)
  if (error !== undefined) mountLog(planner, refused, opened, error, mount, `cgroup2 at /${path}`)
  p.call("close", opened)
  const kept = resultCell(planner, mount)
  p.here(done)
  attachUnified(context, request, mount, target, path)
  const pointer = p.pointer
  planner.later(() => {
    p.pointer = pointer
    p.here(bind)
    const from = newNamespace && facts.unified !== undefined ? facts.unified : HOST_ROOT
    p.store(kept, bindUnified(context, from, path, attributes), 8)
    p.jump(done)
  })
}

/** A detached clone of a folder of the host's cgroup2 mount. */
function bindUnified({ planner }: MountContext, from: string, path: string, attributes: number): Step {
  const flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE
  const tree = planner.program.call("open_tree", AT_FDCWD, from, flags).says(`bind ${from} to /${path}`)
  planner.setAttributes(tree, { set: attributes & ~MOUNT_ATTR.ATIME_MASK }, AT_RECURSIVE).says(`set the attributes of /${path}`)
  return tree
}

function attachUnified(context: MountContext, request: MountRequest, mount: Step, target: Step, path: string): void {
  const p = context.planner.program
  p.call("move_mount", mount, "", target, "", ATTACH).says(`attach it at /${path}`)
  p.call("close", target)
  propagate(context, request, mount, path)
  p.call("close", mount)
}

function hierarchies(context: MountContext, request: MountRequest, facts: CgroupMountFacts, newNamespace: boolean): void {
  const { planner } = context
  const p = planner.program
  const { step: target, path } = place(context, request)
  const attributes = ((request.set | request.recursiveSet) & ~MOUNT_ATTR.RDONLY) | ALWAYS
  const readonly = ((request.set | request.recursiveSet) & MOUNT_ATTR.RDONLY) !== 0
  const labels = context.label === undefined ? [] : [context.label]
  const folder = { ...request, labels, type: "tmpfs", data: ["mode=755"], superWords: [], mount: { ...request.mount, source: "tmpfs" } }
  const mount = fileSystem(context, folder, path, attributes)
  p.call("move_mount", mount, "", target, "", ATTACH).says(`attach it at /${path}`)
  p.call("close", target)
  for (const { name, mount: host, folder: own } of facts.hierarchies) {
    const below = host.slice(host.lastIndexOf("/") + 1)
    p.call("mkdirat", mount, below, 0o755).says(`cgroup ${name}: folder`)
    const from = newNamespace ? freshHierarchy(context, name, request) : boundHierarchy(context, name, own, request)
    const how = planner.openHow(O_PATH | O_CLOEXEC | O_DIRECTORY, IN_ROOT | RESOLVE_NO_SYMLINKS)
    const at = p.call("openat2", mount, below, ...how).says(`cgroup ${name}: open its place`)
    p.call("move_mount", from, "", at, "", ATTACH).says(`cgroup ${name}: attach at /${path}/${below}`)
    p.call("close", at)
    p.call("close", from)
    for (const controller of name.split(",")) {
      if (name.startsWith("name=") || controller === below) continue
      p.call("symlinkat", below, mount, controller).on("EEXIST", "continue").says(`cgroup ${controller}: link to ${below}`)
    }
  }
  propagate(context, request, mount, path)
  if (readonly) context.lateReadonly.push({ mount, pointer: request.pointer, path })
}

/** Inside its own cgroup namespace the container sees its cgroup as the root of a fresh mount. */
function freshHierarchy(context: MountContext, name: string, request: MountRequest): Step {
  const p = context.planner.program
  const opened = p.call("fsopen", "cgroup", FSOPEN_CLOEXEC).says(`cgroup ${name}: open the file system type`)
  p.call("fsconfig", opened, FSCONFIG.SET_STRING, "source", "cgroup", 0).says(`cgroup ${name}: source`)
  if (name.startsWith("name=")) {
    p.call("fsconfig", opened, FSCONFIG.SET_FLAG, "none", 0, 0).says(`cgroup ${name}: no controller`)
    p.call("fsconfig", opened, FSCONFIG.SET_STRING, "name", name.slice(5), 0).says(`cgroup ${name}: name`)
  } else {
    for (const controller of name.split(",")) p.call("fsconfig", opened, FSCONFIG.SET_FLAG, controller, 0, 0).says(`cgroup ${name}: ${controller}`)
  }
  p.call("fsconfig", opened, FSCONFIG.CMD_CREATE, 0, 0, 0).says(`cgroup ${name}: create`)
  const mount = p.call("fsmount", opened, FSMOUNT_CLOEXEC, request.set | request.recursiveSet | ALWAYS).says(`cgroup ${name}: mount`)
  p.call("close", opened)
  return mount
}

function boundHierarchy(context: MountContext, name: string, own: string, request: MountRequest): Step {
  const { planner } = context
  const tree = planner.program.call("open_tree", AT_FDCWD, own, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE).says(`cgroup ${name}: bind ${own}`)
  const set = ((request.set | request.recursiveSet) & ~MOUNT_ATTR.ATIME_MASK) | ALWAYS
  planner.setAttributes(tree, { set }, AT_RECURSIVE).says(`cgroup ${name}: set its attributes`)
  return tree
}
