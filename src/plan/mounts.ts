import { RuntsError } from "../error.ts"
import { AT_EMPTY_PATH, AT_FDCWD, AT_RECURSIVE, O_CLOEXEC, O_DIRECTORY, O_PATH, O_RDONLY, S_IFDIR, S_IFMT, STATX } from "../kernel/fs.ts"
import {
  FSCONFIG, FSMOUNT_CLOEXEC, FSOPEN_CLOEXEC, FSPICK_CLOEXEC, FSPICK_EMPTY_PATH, MOUNT_ATTR, MOVE_MOUNT_F_EMPTY_PATH,
  MOVE_MOUNT_T_EMPTY_PATH, MS, OPEN_TREE_CLOEXEC, OPEN_TREE_CLONE,
} from "../kernel/mount.ts"
import { MSG_NOSIGNAL } from "../kernel/process.ts"
import type { Datum, Label, Step } from "../program/program.ts"
import type { CreateFacts } from "./facts.ts"
import { idmap } from "./launcher.ts"
import type { MountRequest, SecurityOption } from "./mount-request.ts"
import { MESSAGE, type Planner } from "./planner.ts"
import { IN_ROOT, mayMountBelowProc, openTarget, refuseProcfs, resultCell, scratch } from "./targets.ts"
import { cleanRelative } from "../path.ts"

/** What all mounts of one container share while they are planned. */
export interface MountContext {
  readonly planner: Planner
  readonly facts: CreateFacts
  /** Descriptor of the container's root. */
  readonly root: Step
  /** Bind sources that the launcher staged: index to the name below the working directory. */
  readonly staged: ReadonlyMap<number, string>
  /** A new or joined user namespace: mounts may be refused that are bound from the host instead. */
  readonly userNamespace: boolean
  /** linux.mountLabel. */
  readonly label: SecurityOption | undefined
  /** Mounts to be made read-only when everything below them is in place. */
  readonly lateReadonly: { readonly mount: Step; readonly pointer: string; readonly path: string }[]
}

/**
 * File systems without a backing store: read-only is a matter of the mount alone. Not sysfs: with a read-only superblock the kernel
 * refuses root of a user namespace a fresh, writable sysfs, as the one it sees is the measure (mount_too_revealing).
 */
const PSEUDO: ReadonlySet<string> = new Set(["proc", "tmpfs", "devpts", "mqueue", "cgroup", "cgroup2"])

/** What is bound from the host where the kernel refuses a fresh mount in the container's user namespace. */
const HOST_TWIN: Readonly<Record<string, string>> = { proc: "/proc", sysfs: "/sys", mqueue: "/dev/mqueue" }

const ATTRIBUTE_FLAGS: readonly (readonly [attribute: number, flag: number])[] = [
  [MOUNT_ATTR.RDONLY, MS.RDONLY], [MOUNT_ATTR.NOSUID, MS.NOSUID], [MOUNT_ATTR.NODEV, MS.NODEV], [MOUNT_ATTR.NOEXEC, MS.NOEXEC],
  [MOUNT_ATTR.NOATIME, MS.NOATIME], [MOUNT_ATTR.STRICTATIME, MS.STRICTATIME], [MOUNT_ATTR.NODIRATIME, MS.NODIRATIME],
  [MOUNT_ATTR.NOSYMFOLLOW, MS.NOSYMFOLLOW],
]

/** One mount of config.json, from source to its place. */
export function planMount(context: MountContext, request: MountRequest): void {
  const { planner } = context
  planner.at(request.pointer)
  const path = cleanRelative(request.mount.destination)
  refuseByName(context, request, path)
  if (request.remount) return remount(context, request, path)
  if (request.bind) return bind(context, request, path)
  if (request.legacy) return legacyMount(context, request, path)
  newMount(context, request, path)
}

/** Destinations that no config may name (ATTACKS B1). */
function refuseByName(context: MountContext, request: MountRequest, path: string): void {
  const where = `mounts[${request.index}] (${request.mount.destination})`
  const pointer = request.pointer + "/destination"
  if (path === "") throw new RuntsError(`${where}: a mount on / would hide the root filesystem`, { pointer })
  if (path === "proc") {
    const fromProc = request.bind && context.facts.sources.get(request.index)?.isProcfs === true
    if (request.type === "proc" || fromProc || request.remount) return
    throw new RuntsError(`${where}: only a procfs may be mounted on /proc`, { pointer })
  }
  if (path.startsWith("proc/") && !mayMountBelowProc(path) && !request.remount) {
    throw new RuntsError(`${where}: it cannot be mounted because it is inside /proc`, { pointer })
  }
}

/** Opens the target; the kind of folder or file follows the source. */
function target(context: MountContext, request: MountRequest, path: string, directory: boolean, whenMade?: (step: Step) => void): Step {
  const { planner } = context
  const inProc = path.startsWith("proc/")
  const opened = openTarget(planner, context.root, {
    path,
    directory,
    exists: context.facts.existing.has(request.index),
    noSymlinks: inProc || request.type === "proc" || request.type === "sysfs",
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

function propagate(context: MountContext, request: MountRequest, mount: Step, path: string): void {
  for (const { type, recursive } of request.propagation) {
    context.planner.setAttributes(mount, { propagation: type }, recursive ? AT_RECURSIVE : 0).says(`set the propagation of /${path}`)
  }
}

/**
 * Attributes of a bind: what options name is set or cleared, what they leave out stays as the source has it. The recursive ones come
 * last and hold for the mount itself too: `rro,rw` is read-only.
 */
function applyAttributes(context: MountContext, request: MountRequest, mount: Step, path: string): void {
  const { planner } = context
  if (request.set !== 0 || request.clear !== 0) {
    planner.setAttributes(mount, { set: request.set, clear: request.clear }).says(`set the attributes of /${path}`)
  }
  if (request.recursiveSet !== 0 || request.recursiveClear !== 0) {
    const change = { set: request.recursiveSet, clear: request.recursiveClear }
    planner.setAttributes(mount, change, AT_RECURSIVE).says(`set the attributes of /${path} and all mounts below`)
  }
}

function bind(context: MountContext, request: MountRequest, path: string): void {
  const { planner, facts } = context
  const p = planner.program
  const source = facts.sources.get(request.index)
  if (source === undefined) throw new Error(`no facts of the source of mount ${request.index}`)
  const staged = context.staged.get(request.index)
  const from = staged ?? absoluteSource(facts.bundle, request.mount.source ?? "")
  const flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (request.bindRecursive ? AT_RECURSIVE : 0)
  const tree = p.call("open_tree", AT_FDCWD, from, flags).says(`bind ${request.mount.source ?? ""} to /${path}: clone the tree`)
  if (staged === undefined) {
    const how = { userNamespace: facts.idmaps.get(request.index), idmapRecursive: request.idmap?.recursive === true, what: `/${path}` }
    idmap(planner, tree, how)
  }
  applyAttributes(context, request, tree, path)
  attach(context, request, tree, target(context, request, path, source.isDirectory), path)
}

/** A relative bind source is relative to the bundle (config.md, "Mounts"). */
export function absoluteSource(bundle: string, source: string): string {
  return source.startsWith("/") ? source : bundle + "/" + source
}

/** A new file system by the mount API: fsopen, fsconfig, fsmount. */
function newMount(context: MountContext, request: MountRequest, path: string): void {
  const { planner } = context
  const p = planner.program
  const { attributes, late } = newAttributes(request, path)
  const covered = coveredFolder(context, request, path)
  const mount = fileSystem(context, request, path, attributes)
  if (covered !== undefined) takeOver(planner, request, covered, mount, path)
  attach(context, request, mount, covered?.place ?? target(context, request, path, true), path)
  if (late) context.lateReadonly.push({ mount, pointer: request.pointer, path })
  else p.call("close", mount)
}

/** Attributes of a new mount; a tmpfs or /dev that is to be read-only becomes so when all below it is made (`late`). */
function newAttributes(request: MountRequest, path: string): { attributes: number; late: boolean } {
  const asked = request.set | request.recursiveSet
  const late = (request.type === "tmpfs" || path === "dev") && (asked & MOUNT_ATTR.RDONLY) !== 0
  return { attributes: late ? asked & ~MOUNT_ATTR.RDONLY : asked, late }
}

/** The folder that a tmpfs will cover, and a cell that is not zero if it was made for that. */
interface CoveredFolder {
  readonly place: Step
  readonly isNew: Datum
}

/** Opens the folder that a mount takes something over from, before it is covered; undefined where it takes nothing. */
function coveredFolder(context: MountContext, request: MountRequest, path: string): CoveredFolder | undefined {
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
function takeOver(planner: Planner, request: MountRequest, covered: CoveredFolder, mount: Step, path: string): void {
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
  p.jump(planner.serve({ kind: "copy", path, from: resultCell(planner, place), to: resultCell(planner, mount), resume }))
  p.here(resume)
}

/**
 * Makes a detached mount of a new file system.
 * @returns the step whose result is its descriptor
 */
export function fileSystem(context: MountContext, request: MountRequest, path: string, attributes: number, kernelType = request.type): Step {
  const { planner } = context
  const p = planner.program
  const type = kernelType
  const name = `${request.type} at /${path}`
  const error = p.buffer(8)
  const log = p.label("mount log")
  const twin = context.userNamespace ? HOST_TWIN[type] : undefined
  const fromHost = twin === undefined ? undefined : p.label("bind from the host")
  const guarded = (step: Step): Step => {
    if (fromHost !== undefined) step.on("EPERM", fromHost)
    return step.on("any", log)
  }
  const opened = p.call("fsopen", type, FSOPEN_CLOEXEC).says(`mount ${name}: open the file system type`)
  if (fromHost !== undefined) opened.on("EPERM", fromHost)
  const configure = (command: number, key: string | number, value: string | number, what: string): void => {
    const step = p.call("fsconfig", opened, command, key, value, 0).says(`mount ${name}: ${what}`)
    step.cell = error
    guarded(step)
  }
  const source = request.mount.source
  configure(FSCONFIG.SET_STRING, "source", source === undefined || source === "" ? request.type : source, "source")
  if ((attributes & MOUNT_ATTR.RDONLY) !== 0 && !PSEUDO.has(type)) configure(FSCONFIG.SET_FLAG, "ro", 0, "read-only")
  for (const word of request.superWords) configure(FSCONFIG.SET_FLAG, word, 0, word)
  for (const item of request.data) {
    const equals = item.indexOf("=")
    if (equals < 0) configure(FSCONFIG.SET_FLAG, item, 0, `option ${item}`)
    else configure(FSCONFIG.SET_STRING, item.slice(0, equals), item.slice(equals + 1), `option ${item}`)
  }
  configureLabels(planner, opened, request.labels, `mount ${name}`)
  configure(FSCONFIG.CMD_CREATE, 0, 0, "create")
  const mount = guarded(p.call("fsmount", opened, FSMOUNT_CLOEXEC, attributes).says(`mount ${name}`))
  const kept = resultCell(planner, mount)
  p.call("close", opened)
  if (type === "mqueue" && context.label !== undefined) labelRoot(planner, mount, context.label, name)
  const done = p.label("mount made")
  p.here(done)
  mountLog(planner, log, opened, error, mount, name)
  if (fromHost !== undefined && twin !== undefined) bindFromHost(planner, fromHost, twin, attributes, kept, done, name)
  return mount
}

/** SELinux options of a mount that is being made or changed; each fails by itself, as the kernel's mount log does not name them. */
export function configureLabels(planner: Planner, opened: Step, labels: readonly SecurityOption[], what: string): void {
  for (const { name, value } of labels) {
    const step = planner.program.call("fsconfig", opened, FSCONFIG.SET_STRING, name, value, 0)
    step.says(`${what}: SELinux label ${name}=${JSON.stringify(value)}`)
  }
}

/** Labels the root of a file system that takes no label when it is mounted. */
function labelRoot(planner: Planner, mount: Step, label: SecurityOption, name: string): void {
  const p = planner.program
  const root = p.call("openat", mount, ".", O_RDONLY | O_CLOEXEC | O_DIRECTORY, 0).says(`open the root of ${name}`)
  const set = p.call("fsetxattr", root, "security.selinux", label.value, Buffer.byteLength(label.value), 0)
  set.says(`give ${name} the SELinux label ${JSON.stringify(label.value)}`)
  p.call("close", root)
}

/** The block that a failing mount ends in: it fetches what the kernel wrote to the context's log, then reports the errno. */
function mountLog(planner: Planner, log: Label, opened: Step, error: Datum, mount: Step, name: string): void {
  const p = planner.program
  const pointer = p.pointer
  planner.later(() => {
    p.pointer = pointer
    p.here(log)
    const message = p.buffer(16 + 256)
    p.store(message, p.words([MESSAGE.LOG, 0]), 8)
    p.call("read", opened, message.at(16), 255).orContinue().says("read the kernel's mount log")
    p.call("sendto", planner.status, message, 16 + 256, MSG_NOSIGNAL, 0, 0).orContinue()
    const fsconfigFailed = p.label("fsconfig failed")
    p.test(error, 0x80000000, "!=", 0, fsconfigFailed)
    p.fail(mount).says(`mount ${name}`)
    p.here(fsconfigFailed)
    p.fail(p.load(error)).says(`mount ${name}`)
  })
}

/** Where a user namespace may not mount afresh, the host's own is bound, with the mounts below it as the kernel demands. */
function bindFromHost(planner: Planner, block: Label, twin: string, attributes: number, kept: Datum, done: Label, name: string): void {
  const p = planner.program
  const pointer = p.pointer
  planner.later(() => {
    p.pointer = pointer
    p.here(block)
    const tree = p.call("open_tree", AT_FDCWD, twin, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE).says(`mount ${name}: bind the host's ${twin}`)
    const set = attributes & ~MOUNT_ATTR.ATIME_MASK
    if (set !== 0) planner.setAttributes(tree, { set }, AT_RECURSIVE).says(`set the attributes of ${name}`)
    p.store(kept, tree, 8)
    p.jump(done)
  })
}

/** A mount that only mount(2) can express: long values, commas, iversion. The target is the working directory, so no path is walked. */
function legacyMount(context: MountContext, request: MountRequest, path: string): void {
  const { planner } = context
  const p = planner.program
  const { attributes, late } = newAttributes(request, path)
  let flags = request.superFlags
  for (const [attribute, flag] of ATTRIBUTE_FLAGS) if ((attributes & attribute) !== 0) flags |= flag
  const back = p.call("openat", AT_FDCWD, ".", O_PATH | O_CLOEXEC | O_DIRECTORY, 0).says("remember the working directory")
  const covered = coveredFolder(context, request, path)
  const place = covered?.place ?? target(context, request, path, true)
  p.call("fchdir", place).says(`work in /${path}`)
  const source = request.mount.source
  const data = [...request.data, ...request.labels.map(({ name, value }) => `${name}="${value}"`)].join(",")
  const named = source === undefined || source === "" ? request.type : source
  p.call("mount", named, ".", request.type, flags >>> 0, data === "" ? 0 : data).says(`mount ${request.type} at /${path}`)
  p.call("fchdir", back)
  p.call("close", back)
  if (request.propagation.length > 0 || covered !== undefined || late) {
    const mount = p.call("openat2", context.root, path, ...planner.openHow(O_PATH | O_CLOEXEC | O_DIRECTORY, IN_ROOT)).says(`open the mount at /${path}`)
    if (covered !== undefined) takeOver(planner, request, covered, mount, path)
    propagate(context, request, mount, path)
    if (late) context.lateReadonly.push({ mount, pointer: request.pointer, path })
    else p.call("close", mount)
  }
  p.call("close", place)
}

/** `remount`: changes the attributes, and for a file system its options, of what is mounted there already. */
function remount(context: MountContext, request: MountRequest, path: string): void {
  const { planner } = context
  const p = planner.program
  const place = p.call("openat2", context.root, path, ...planner.openHow(O_PATH | O_CLOEXEC, IN_ROOT)).says(`open the mount at /${path}`)
  // /dev stays writable until the devices are made
  const late = path === "dev" && ((request.set | request.recursiveSet) & MOUNT_ATTR.RDONLY) !== 0
  const writable = { ...request, set: request.set & ~MOUNT_ATTR.RDONLY, recursiveSet: request.recursiveSet & ~MOUNT_ATTR.RDONLY }
  applyAttributes(context, late ? writable : request, place, path)
  if (!request.bind && request.data.length + request.superWords.length + request.labels.length > 0) {
    const picked = p.call("fspick", place, "", FSPICK_CLOEXEC | FSPICK_EMPTY_PATH).says(`pick the file system at /${path}`)
    for (const word of request.superWords) p.call("fsconfig", picked, FSCONFIG.SET_FLAG, word, 0, 0).says(`remount /${path}: ${word}`)
    for (const item of request.data) {
      const equals = item.indexOf("=")
      if (equals < 0) p.call("fsconfig", picked, FSCONFIG.SET_FLAG, item, 0, 0).says(`remount /${path}: ${item}`)
      else p.call("fsconfig", picked, FSCONFIG.SET_STRING, item.slice(0, equals), item.slice(equals + 1), 0).says(`remount /${path}: ${item}`)
    }
    configureLabels(planner, picked, request.labels, `remount /${path}`)
    p.call("fsconfig", picked, FSCONFIG.CMD_RECONFIGURE, 0, 0, 0).says(`remount /${path}`)
    p.call("close", picked)
  }
  propagate(context, request, place, path)
  if (late) context.lateReadonly.push({ mount: place, pointer: request.pointer, path })
  else p.call("close", place)
}

/** Read-only comes last where things had to be made below a mount. */
export function applyLateReadonly(context: MountContext): void {
  for (const { mount, pointer, path } of context.lateReadonly) {
    context.planner.at(pointer).setAttributes(mount, { set: MOUNT_ATTR.RDONLY }).says(`make /${path} read-only`)
  }
}
