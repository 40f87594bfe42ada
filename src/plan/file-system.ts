import { ERRNO } from "../kernel/errno.ts"
import { AT_FDCWD, AT_RECURSIVE, O_CLOEXEC, O_DIRECTORY, O_RDONLY } from "../kernel/fs.ts"
import { FSCONFIG, FSMOUNT_CLOEXEC, FSOPEN_CLOEXEC, MOUNT_ATTR, OPEN_TREE_CLOEXEC, OPEN_TREE_CLONE } from "../kernel/mount.ts"
import { MSG_NOSIGNAL } from "../kernel/process.ts"
import type { Datum, Label, Step } from "../program/program.ts"
import type { MountRequest, SecurityOption } from "./mount-request.ts"
import type { MountContext } from "./mounts.ts"
import { type Hints, MESSAGE, type Planner } from "./planner.ts"
import { resultCell } from "./targets.ts"

/**
 * File systems without a backing store: read-only is a matter of the mount alone. Not sysfs: with a read-only superblock the kernel
 * refuses root of a user namespace a fresh, writable sysfs, as the one it sees is the measure (mount_too_revealing).
 */
const PSEUDO: ReadonlySet<string> = new Set(["proc", "tmpfs", "devpts", "mqueue", "cgroup", "cgroup2"])

/** What is bound from the host where the kernel refuses a fresh mount in the container's user namespace. */
const HOST_TWIN: ReadonlyMap<string, string> = new Map([["proc", "/proc"], ["sysfs", "/sys"], ["mqueue", "/dev/mqueue"]])

/** user_namespaces(7): of file systems only those marked FS_USERNS_MOUNT, and none of the host's disks. */
const RIGHTS_HINTS: Hints = {
  [ERRNO.EPERM]: "in a user namespace only some types can be mounted (proc, sysfs, tmpfs, devpts, mqueue, overlay, fuse), no disk: mount it before, and bind it",
}

/** What making a file system needs of the container: a launcher that stages one has no root yet. */
export type FileSystemContext = Pick<MountContext, "planner" | "userNamespace" | "ownPids" | "label">

/** Where neither can be had: a fresh one for the kernel, nor the host's as it shows other processes (KERNEL: mount_too_revealing). */
const COVERED: Hints = {
  [ERRNO.EPERM]: "the /proc that runts sees is partly covered, as engines do in containers, and then the kernel gives root of a user namespace no other: " +
    "start the outer container with all of it (docker run --security-opt systempaths=unconfined, podman run --security-opt unmask=ALL), or leave out " +
    "the pid namespace, so that the outer one's /proc is bound",
}

/**
 * Makes a detached mount of a new file system.
 * @returns the step whose result is its descriptor
 */
export function fileSystem(context: FileSystemContext, request: MountRequest, path: string, attributes: number, kernelType = request.type): Step {
  const { planner } = context
  const p = planner.program
  const type = kernelType
  const name = described(request, path)
  const error = p.buffer(8)
  const log = p.label("mount log")
  const twin = context.userNamespace && !(type === "proc" && context.ownPids === true) ? HOST_TWIN.get(type) : undefined
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
    if (typeof value === "string" && value.startsWith("/")) {
      // of a path that is missing the kernel's log says nothing: the error must name the option
      const missing = p.label("path option failed")
      mountLog(planner, missing, opened, error, step, `${name}: ${what}`)
      step.on("any", missing)
    } else guarded(step)
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
  configureLabels(planner, opened, request.labels, `mount ${request.type} at /${path}`)
  configure(FSCONFIG.CMD_CREATE, 0, 0, "create")
  const mount = guarded(p.call("fsmount", opened, FSMOUNT_CLOEXEC, attributes).says(`mount ${name}`))
  const kept = resultCell(planner, mount)
  p.call("close", opened)
  if (type === "mqueue" && context.label !== undefined) labelRoot(planner, mount, context.label, name)
  const done = p.label("mount made")
  p.here(done)
  mountLog(planner, log, opened, error, mount, name, type === "proc" ? COVERED : context.userNamespace ? RIGHTS_HINTS : undefined)
  if (fromHost !== undefined && twin !== undefined) bindFromHost(planner, fromHost, twin, attributes, kept, done, name)
  return mount
}

/** A new mount in errors, which name its labels: the kernel's mount log says nothing of those. */
export function described({ type, labels }: MountRequest, path: string): string {
  return `${type} at /${path}${labels.map(({ name, value }) => ` with ${name}=${JSON.stringify(value)}`).join("")}`
}

/** SELinux options of a mount that is being made or changed. */
export function configureLabels(planner: Planner, opened: Step, labels: readonly SecurityOption[], what: string): void {
  for (const { name, value } of labels) {
    const step = planner.program.call("fsconfig", opened, FSCONFIG.SET_STRING, name, value, 0)
    step.says(`${what}: ${name}=${JSON.stringify(value)}`)
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

/**
 * The block that a failing mount ends in: it fetches what the kernel wrote to the context's log, then reports the errno.
 * @param error result of the last fsconfig(2) @param mount the step after them; its result counts where those went well
 */
export function mountLog(planner: Planner, log: Label, opened: Step, error: Datum, mount: Step, name: string, hints: Hints = {}): void {
  const p = planner.program
  const pointer = p.pointer
  planner.later(() => {
    p.pointer = pointer
    p.here(log)
    const message = p.buffer(16 + 256)
    p.store(message, p.words([MESSAGE.LOG, 0]), 8)
    p.call("read", opened, message.at(16), 255).orContinue().says("read the kernel's mount log")
    p.call("sendto", planner.status, message, 16 + 256, MSG_NOSIGNAL, 0, 0).orContinue().says("send the kernel's mount log to the runtime")
    const fsconfigFailed = p.label("fsconfig failed")
    p.test(error, 0x80000000, "!=", 0, fsconfigFailed)
    planner.hint(p.fail(mount).says(`mount ${name}`), hints)
    p.here(fsconfigFailed)
    planner.hint(p.fail(p.load(error)).says(`mount ${name}`), hints)
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

