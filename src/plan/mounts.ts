import { RuntsError } from "../error.ts"
import { ERRNO } from "../kernel/errno.ts"
import { AT_EMPTY_PATH, AT_FDCWD, AT_RECURSIVE, AT_SYMLINK_NOFOLLOW, S_IFDIR, S_IFMT, STATX } from "../kernel/fs.ts"
import { MOUNT_ATTR, MOVE_MOUNT_F_EMPTY_PATH, MOVE_MOUNT_T_EMPTY_PATH, OPEN_TREE_CLOEXEC, OPEN_TREE_CLONE } from "../kernel/mount.ts"
import type { Datum, Step } from "../program/program.ts"
import { copySymlink } from "./copy-symlink.ts"
import type { CreateFacts } from "./facts.ts"
import { fileSystem } from "./file-system.ts"
import { idmap } from "./launcher.ts"
import { legacyMount } from "./legacy-mount.ts"
import type { MountRequest, SecurityOption } from "./mount-request.ts"
import type { Hints, Planner } from "./planner.ts"
import { remount } from "./remount.ts"
import { mayMountBelowProc, openTarget, refuseProcfs, resultCell, scratch } from "./targets.ts"
import { cleanRelative } from "../path.ts"

/** What mounts must know of the machine. */
export type MountFacts = Pick<CreateFacts, "kernel" | "bundle" | "sources" | "existing" | "idmaps" | "cgroupMounts">

const ATIME = MOUNT_ATTR.ATIME_MASK

/** What all mounts of one container share while they are planned. */
export interface MountContext {
  readonly planner: Planner
  readonly facts: MountFacts
  /** Descriptor of the container's root. */
  readonly root: Step
  /** Trees that the launcher staged: index to the name below the working directory. */
  readonly staged: ReadonlyMap<number, string>
  /** A new or joined user namespace: mounts may be refused that are bound from the host instead. */
  readonly userNamespace: boolean
  /** The container has a pid namespace of its own: the procfs of another one shows other processes. */
  readonly ownPids?: boolean
  /** linux.mountLabel. */
  readonly label: SecurityOption | undefined
  /** Mounts to be made read-only when everything below them is in place. */
  readonly lateReadonly: { readonly mount: Step; readonly pointer: string; readonly path: string }[]
}

/** What making a mount needs to know; its place is no part of it. */
export type MakeContext = Omit<MountContext, "root" | "lateReadonly">

/** A mount that is made and not yet in its place: it has its options, but nobody can see it. */
export interface PreparedMount {
  readonly request: MountRequest
  /** Below the root; "": the root itself. */
  readonly path: string
  /** The step with its descriptor. */
  readonly mount: Step
  /** It is to become read-only when all below it is made. */
  readonly late: boolean
}

/** One mount of config.json, from source to its place. */
export function planMount(context: MountContext, request: MountRequest): void {
  context.planner.at(request.pointer)
  const path = checkDestination(context, request)
  if (request.remount) return remount(context, request, path)
  if (copiesSymlink(context.facts, request)) return copySymlink(context, request, path)
  if (request.legacy && !request.bind && !context.staged.has(request.index)) return legacyMount(context, request, path)
  placeMount(context, prepareMount(context, request))
}

/** Whether a mount is no more than a symbolic link, made as the source is one. */
export function copiesSymlink(facts: MountFacts, request: MountRequest): boolean {
  return request.copySymlink && request.bind && facts.sources.get(request.index)?.link !== undefined
}

/** Makes a mount; what it shows is looked up where this process is, its place is not yet. */
export function prepareMount(context: MakeContext, request: MountRequest): PreparedMount {
  const path = cleanRelative(request.mount.destination)
  context.planner.at(request.pointer)
  if (request.bind) return { request, path, mount: boundTree(context, request, path), late: false }
  const { attributes, late } = newAttributes(request, path)
  const name = context.staged.get(request.index)
  if (name === undefined) return { request, path, mount: fileSystem(context, request, path, attributes), late }
  const { planner } = context
  const flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC
  const mount = planner.program.call("open_tree", AT_FDCWD, name, flags).says(`mount ${request.type} at /${path}: clone it`)
  if (attributes !== 0) planner.setAttributes(mount, { set: attributes, clear: request.clear & MOUNT_ATTR.ATIME_MASK })
    .says(`set the attributes of /${path}`)
  return { request, path, mount, late }
}

/** Puts a mount in its place, with what it takes over from the folder that it covers. */
export function placeMount(context: MountContext, { request, path, mount, late }: PreparedMount): void {
  const { planner } = context
  const p = planner.program
  planner.at(request.pointer)
  const covered = request.bind ? undefined : coveredFolder(context, request, path)
  if (covered !== undefined) takeOver(planner, request, covered, mount, path)
  if (!request.bind && !context.staged.has(request.index)) {
    // only now: in an id-mapped mount whoever has no id in it, as root mostly, can make and change nothing
    idmap(planner, mount, { userNamespace: context.facts.idmaps.get(request.index), idmapRecursive: false, what: `/${path}`, type: request.type })
  }
  const isDirectory = !request.bind || context.facts.sources.get(request.index)?.isDirectory === true
  attach(context, request, mount, covered?.place ?? target(context, request, path, isDirectory), path)
  // what comes later lies in what is the root from here on
  if (path === "") p.store(resultCell(planner, context.root), mount, 8)
  if (late) context.lateReadonly.push({ mount, pointer: request.pointer, path })
  else if (path !== "") p.call("close", mount)
}

/** The destination below the root. @throws RuntsError for one that no config may name */
export function checkDestination(context: { readonly facts: Pick<MountFacts, "sources"> }, request: MountRequest): string {
  const path = cleanRelative(request.mount.destination)
  const where = `mounts[${request.index}] (${request.mount.destination})`
  const pointer = request.pointer + "/destination"
  if (request.type === "none" && !request.remount) {
    throw new RuntsError(`${where}: it has no type, and no option that makes it a bind mount`, {
      code: "config-rule",
      pointer: `${request.pointer}/type`, hint: 'name a file system, as "tmpfs", or add the option "bind" or "rbind"',
    })
  }
  if (path === "proc") {
    const fromProc = request.bind && context.facts.sources.get(request.index)?.isProcfs === true
    if (request.type === "proc" || fromProc || request.remount) return path
    throw new RuntsError(`${where}: only a procfs may be mounted on /proc`, { code: "config-rule", pointer })
  }
  if (path.startsWith("proc/") && !mayMountBelowProc(path) && !request.remount) {
    throw new RuntsError(`${where}: it cannot be mounted because it is inside /proc`, { code: "config-rule", pointer })
  }
  return path
}

/** Opens the target; the kind of folder or file follows the source. */
export function target(context: MountContext, request: MountRequest, path: string, directory: boolean, whenMade?: (step: Step) => void): Step {
  const { planner } = context
  const inProc = path.startsWith("proc/")
  const opened = openTarget(planner, context.root, {
    path,
    directory,
    exists: context.facts.existing.has(request.index),
    noSymlinks: inProc || request.type === "proc" || request.type === "sysfs",
    noFollow: request.destinationNoFollow,
    ...(whenMade === undefined ? {} : { whenMade }),
  })
  if (!inProc && path !== "proc") refuseProcfs(planner, opened, path)
  return opened
}

/** Puts a detached mount in its place and gives it its propagation. */
function attach(context: MountContext, request: MountRequest, mount: Step, place: Step, path: string): void {
  const { planner } = context
  const p = planner.program
  const flags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH
  const attached = p.call("move_mount", mount, "", place, "", flags).says(`attach it at /${path}`)
  if (request.bind && context.facts.sources.get(request.index)?.isDirectory === false) explainFolder(planner, attached, place, path)
  p.call("close", place)
  propagate(context, request, mount, path)
}

/** move_mount(2) of a file onto a folder is EINVAL, which says nothing: mount(2) has ENOTDIR for it. */
function explainFolder(planner: Planner, attached: Step, place: Step, path: string): void {
  const p = planner.program
  const pointer = p.pointer
  const block = p.label("not attached")
  attached.on("EINVAL", block)
  planner.later(() => {
    p.pointer = pointer
    p.here(block)
    const statx = scratch(planner, STATX.size)
    const folder = p.label("target is a folder")
    p.call("statx", place, "", AT_EMPTY_PATH, 0x1, statx).says(`look at /${path}`)
    p.test(statx.at(STATX.mode), S_IFMT, "==", S_IFDIR, folder)
    p.fail(22).says(`attach it at /${path}`)
    p.here(folder)
    p.fail(20).says(`mount a file on /${path}, which is a directory`)
  })
}

export function propagate(context: MountContext, request: MountRequest, mount: Step, path: string): void {
  for (const { type, recursive } of request.propagation) {
    context.planner.setAttributes(mount, { propagation: type }, recursive ? AT_RECURSIVE : 0).says(`set the propagation of /${path}`)
  }
}

/**
 * Attributes of a bind: what options name is set or cleared, what they leave out stays as the source has it. The recursive ones come
 * last and hold for the mount itself too: `rro,rw` is read-only.
 */
export function applyAttributes(planner: Planner, request: AttributeWords, mount: Step, path: string): void {
  if (request.set !== 0 || request.clear !== 0) {
    planner.setAttributes(mount, { set: request.set, clear: request.clear }).says(`set the attributes of /${path}`)
  }
  if (request.recursiveSet !== 0 || request.recursiveClear !== 0) {
    const change = { set: request.recursiveSet, clear: request.recursiveClear }
    planner.setAttributes(mount, change, AT_RECURSIVE).says(`set the attributes of /${path} and all mounts below`)
  }
}

/** The part of a mount's request that says which attributes it is to have. */
type AttributeWords = Pick<MountRequest, "set" | "clear" | "recursiveSet" | "recursiveClear">

/**
 * What a staged bind is given before it gets into the container's user namespace, which locks it: nobody in there can take it back
 * (mount_namespaces(7)). An atime mode can be changed only here.
 */
export function lockedAttributes({ set, clear, recursiveSet, recursiveClear }: AttributeWords): AttributeWords {
  return {
    set: set & ~(recursiveClear & ~ATIME), clear: clear & ATIME, recursiveSet, recursiveClear: recursiveClear & ATIME,
  }
}

/** What is left to do inside: what is to be cleared is refused there where the host's mount has it. */
function unlockedAttributes({ clear, recursiveSet, recursiveClear }: AttributeWords): AttributeWords {
  return { set: 0, clear: clear & ~ATIME & ~recursiveSet, recursiveSet: 0, recursiveClear: recursiveClear & ~ATIME }
}

/** In a user namespace mounts below may not be left out: what they cover would be seen (mount_namespaces(7)). */
const SUBMOUNTS_HINTS: Hints = {
  [ERRNO.EINVAL]: "if file systems are mounted below it, a user namespace can bind it only with them: use the option rbind",
}

/** A detached clone of a bind's source, with its attributes. */
function boundTree(context: MakeContext, request: MountRequest, path: string): Step {
  const { planner, facts } = context
  if (!facts.sources.has(request.index)) throw new Error(`no facts of the source of mount ${request.index}`)
  const staged = context.staged.get(request.index)
  const from = staged ?? absoluteSource(facts.bundle, request.mount.source ?? "")
  const flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (request.bindRecursive ? AT_RECURSIVE : 0) | (request.sourceNoFollow ? AT_SYMLINK_NOFOLLOW : 0)
  const tree = planner.program.call("open_tree", AT_FDCWD, from, flags).says(`bind ${request.mount.source ?? ""} to /${path}: clone the tree`)
  if (staged === undefined) {
    if (context.userNamespace && !request.bindRecursive) planner.hint(tree, SUBMOUNTS_HINTS)
    const how = { userNamespace: facts.idmaps.get(request.index), idmapRecursive: request.idmap?.recursive === true, what: `/${path}` }
    idmap(planner, tree, how)
  }
  applyAttributes(planner, staged === undefined ? request : unlockedAttributes(request), tree, path)
  return tree
}

/** A relative bind source is relative to the bundle (config.md, "Mounts"). */
export function absoluteSource(bundle: string, source: string): string {
  return source.startsWith("/") ? source : bundle + "/" + source
}

/** Attributes of a new mount; a tmpfs or /dev that is to be read-only becomes so when all below it is made (`late`). */
export function newAttributes(request: MountRequest, path: string): { attributes: number; late: boolean } {
  const asked = request.set | request.recursiveSet
  const late = (request.type === "tmpfs" || path === "dev") && (asked & MOUNT_ATTR.RDONLY) !== 0
  return { attributes: late ? asked & ~MOUNT_ATTR.RDONLY : asked, late }
}

/** The folder that a tmpfs will cover, and a cell that is not zero if it was made for that. */
export interface CoveredFolder {
  readonly place: Step
  readonly isNew: Datum
}

/** Opens the folder that a mount takes something over from, before it is covered; undefined where it takes nothing. */
export function coveredFolder(context: MountContext, request: MountRequest, path: string): CoveredFolder | undefined {
  if (request.type !== "tmpfs" || (hasMode(request) && !request.tmpcopyup)) return undefined
  const { planner } = context
  const isNew = planner.program.buffer(8)
  const place = target(context, request, path, true, (step) => void planner.program.store(isNew, resultCell(planner, step), 8))
  return { place, isNew }
}

function hasMode(request: MountRequest): boolean {
  return request.data.some((item) => item.startsWith("mode=") || item.includes(",mode="))
}

/** What a tmpfs takes over from the folder it covers: the mode if it was given none, the content with tmpcopyup. */
export function takeOver(planner: Planner, request: MountRequest, covered: CoveredFolder, mount: Step, path: string): void {
  if (!hasMode(request)) inheritMode(planner, covered.place, mount, covered.isNew, path)
  if (request.tmpcopyup) copyUp(planner, covered.place, mount, path)
}

/** A tmpfs without a mode takes that of the folder it covers, unless that was made for it. */
function inheritMode(planner: Planner, place: Step, mount: Step, isNew: Datum, path: string): void {
  const p = planner.program
  const skip = p.label("mode kept")
  p.test(isNew, -1, "!=", 0, skip)
  const statx = scratch(planner, STATX.size)
  p.call("statx", place, "", AT_EMPTY_PATH, 0x2, statx).says(`look at the mode of /${path}`)
  // fchmodat takes the low 16 bits of its argument as the mode, which is how the kernel's umode_t is passed
  p.call("fchmodat", mount, ".", p.load(statx.at(STATX.mode))).says(`give the tmpfs the mode of /${path}`)
  p.here(skip)
}

function copyUp(planner: Planner, place: Step, mount: Step, path: string): void {
  const p = planner.program
  const resume = p.label("copied up")
  p.jump(planner.serve({
    kind: "copy", pointer: p.pointer, path, from: resultCell(planner, place), to: resultCell(planner, mount), resume,
  }))
  p.here(resume)
}

/** Read-only comes last where things had to be made below a mount. */
export function applyLateReadonly(context: MountContext): void {
  for (const { mount, pointer, path } of context.lateReadonly) {
    context.planner.at(pointer).setAttributes(mount, { set: MOUNT_ATTR.RDONLY }).says(`make /${path} read-only`)
  }
}
