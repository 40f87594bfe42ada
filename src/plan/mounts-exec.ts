import { RuntsError } from "../error.ts"
import { AT_EMPTY_PATH, AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_PATH, RESOLVE_NO_SYMLINKS, STATX, STATX_ATTR_MOUNT_ROOT } from "../kernel/fs.ts"
import { MNT_DETACH, MS } from "../kernel/mount.ts"
import { CLONE } from "../kernel/process.ts"
import type { Label, Step } from "../program/program.ts"
import { copySymlink } from "./copy-symlink.ts"
import { becomeRoot, cleanProcess, stageTrees, undumpable } from "./launcher.ts"
import { detachedLegacy } from "./legacy-mount.ts"
import { type MountRequest, type SecurityOption, unusedData } from "./mount-request.ts"
import {
  applyLateReadonly, checkDestination, copiesSymlink, type MakeContext, type MountContext, type MountFacts, newAttributes, placeMount, prepareMount,
  type PreparedMount,
} from "./mounts.ts"
import { Planner } from "./planner.ts"
import { cleanRelative } from "../path.ts"
import { settleChannels, statusDescriptor } from "./process.ts"
import { stagedMounts } from "./staged-mounts.ts"
import { IN_ROOT, openInRoot, resultCell, scratch } from "./targets.ts"

/** What a program that changes the mounts of a running container must know. */
export interface MountsExecFacts extends MountFacts {
  /** A SOCK_SEQPACKET socket to the runtime. */
  readonly status: number
  /** pidfd of the container's init. */
  readonly pidfd: number
  /** Clone flags of the namespaces that differ from the runtime's own. */
  readonly namespaceFlags: number
  /** A folder of the runtime's that a private tmpfs may cover, in a mount namespace of the program's own. */
  readonly staging: string
  /** linux.mountLabel. */
  readonly label: SecurityOption | undefined
  /** The runtime has no rights over its own user namespace (HostFacts): all that is done with mounts is done in the container's. */
  readonly unprivileged?: true
  /** The container's mounts are private (rootfsPropagation): none of the host's later ones may appear below these. */
  readonly isPrivate: boolean
}

/** wait4(2): children that end without a signal, too. */
const WALL = 0x40000000
const F_GETFD = 1
/** More than the descriptors that a program has open at one time, beside inherited and held ones. */
const WORKING_DESCRIPTORS = 32
/** How many mounts may be added at once: each is held by a descriptor, of which a process usually may have 1024. */
export const MOUNTS_AT_ONCE_MAX = 512

/** Mounts held by descriptors whose numbers are known beforehand, so that /proc/self/fd names them. */
class Held {
  readonly numbers: number[] = []
  private readonly planner: Planner
  private next: number
  constructor(planner: Planner, inherited: readonly number[]) {
    this.planner = planner
    this.next = Math.max(planner.status, ...inherited) + 1 + WORKING_DESCRIPTORS
  }
  /** Moves a descriptor. @returns the step with the new one */
  hold(fd: Step): Step {
    const p = this.planner.program
    const number = this.next++
    this.numbers.push(number)
    const held = p.call("dup3", fd, number, O_CLOEXEC).says("hold the mount under a known number")
    p.call("close", fd)
    return held
  }
}

/**
 * The program of `mounts add`: makes the mounts outside of the container, then goes into its mount namespace, where a child puts them in
 * their places. If the child fails, or is killed, its parent takes away what was attached, each by its descriptor. Neither is ever in the
 * container's pid namespace or cgroup.
 */
export function planMountsAdd(mounts: readonly MountRequest[], facts: MountsExecFacts): Planner {
  for (const request of mounts) refuseAtRuntime(request)
  const planner = new Planner(statusDescriptor(0))
  planner.warnings.push(...unusedData(mounts))
  const p = planner.program
  settleChannels(planner, 0, { status: facts.status, start: undefined })
  cleanProcess(planner)
  undumpable(planner)
  p.call("umask", 0).says("make files with exactly the modes asked for")
  const held = new Held(planner, [facts.status, facts.pidfd, ...facts.idmaps.values()])
  const userNamespace = (facts.namespaceFlags & CLONE.NEWUSER) !== 0
  const staged = new Map<number, string>()
  const making: MakeContext = { planner, facts, staged, userNamespace, label: facts.label }
  const made = makeProcfs(making, facts, mounts, held)
  const descriptors = holdDescriptors(planner)
  if (facts.unprivileged === true) joinUser(planner, facts.pidfd)
  stageTrees(planner, facts.staging, userNamespace ? stagedMounts(planner, facts, mounts, staged, facts.label) : [])
  for (const request of mounts) {
    if (isLegacy(request, staged)) p.call("mkdirat", AT_FDCWD, legacyFolder(request), 0o755).says("stage a folder for what takes mount(2)")
  }
  joinForMaking(planner, facts, userNamespace)
  for (const request of mounts) {
    if (made.has(request.index) || copiesSymlink(facts, request)) continue
    const prepared = isLegacy(request, staged) ? legacyPrepared(planner, request) : prepareMount(making, request)
    made.set(request.index, { ...prepared, mount: held.hold(prepared.mount) })
  }
  planner.at("")
  const root = joinMounts(planner, facts.pidfd)
  planner.rootCell = resultCell(planner, root)
  superviseChild(planner, descriptors, held.numbers)
  const context: MountContext = { ...making, root, lateReadonly: [] }
  for (const request of mounts) {
    planner.at(request.pointer)
    const path = checkDestination(context, request)
    const prepared = made.get(request.index)
    if (prepared === undefined) copySymlink(context, request, path)
    else placeMount(context, prepared)
  }
  applyLateReadonly(context)
  planner.at("")
  p.call("exit_group", 0)
  planner.placeBlocks()
  return planner
}

/** @returns the step with the root of the container's mount namespace, which no chroot(2) of a process in it has moved */
function joinMounts(planner: Planner, pidfd: number): Step {
  const p = planner.program
  p.call("setns", pidfd, CLONE.NEWNS).says("join the container's mount namespace")
  undumpable(planner)
  return p.call("openat", AT_FDCWD, "/", O_PATH | O_CLOEXEC | O_DIRECTORY, 0).says("open the container's root")
}

/** What only a container that is being created can have. */
function refuseAtRuntime(request: MountRequest): void {
  const where = `mounts[${request.index}] (${request.mount.destination})`
  const { pointer } = request
  if (request.remount) {
    throw new RuntsError(`${where}: remount adds no mount`, {
      code: "mount-option", pointer: `${pointer}/options`, hint: "remove the mount, and add it with other options",
    })
  }
  if (request.type === "cgroup" || request.type === "cgroup2") {
    throw new RuntsError(`${where}: a mount of type ${request.type} cannot be added to a container that is there`, {
      code: "config-unsupported",
      pointer: `${pointer}/type`, hint: "name it in config.json, or bind the folder",
    })
  }
  if (cleanRelative(request.mount.destination) === "") {
    throw new RuntsError(`${where}: the root of a container that is there cannot be covered`, {
      code: "config-unsupported", pointer: `${pointer}/destination`,
    })
  }
}

/** This process's descriptors by number, as the host's procfs shows them. */
function holdDescriptors(planner: Planner): Step {
  return planner.program.call("openat", AT_FDCWD, "/proc/self/fd", O_PATH | O_CLOEXEC | O_DIRECTORY, 0).says("hold /proc/self/fd")
}

/**
 * A procfs shows the pid namespace of its maker: so that is a process in there, which shares this one's descriptors and ends when it has
 * made it. The container sees it meanwhile, and where its root has CAP_SYS_PTRACE, reaches its root folder and all that it has open: so it is
 * in the container's mount namespace too, and comes first, when nothing of the host is open yet. With a user namespace nobody in there has
 * rights over it; and the kernel measures a new procfs by those in sight, which are masked there.
 */
function makeProcfs(making: MakeContext, facts: MountsExecFacts, mounts: readonly MountRequest[], held: Held): Map<number, PreparedMount> {
  const { planner } = making
  const p = planner.program
  const made = new Map<number, PreparedMount>()
  const asked = mounts.filter((request) => request.type === "proc" && !request.bind)
  if (asked.length === 0 || (facts.namespaceFlags & CLONE.NEWPID) === 0) return made
  planner.at((asked[0] as MountRequest).pointer)
  const parent = p.label("parent of the maker of procfs")
  const ready = forkSharing(planner, parent, "make the process that goes to the container")
  p.here(parent)
  if (facts.unprivileged === true) {
    joinUser(planner, facts.pidfd)
    p.call("unshare", CLONE.NEWNS).says("a copy of the host's mounts that belongs to the user namespace")
  }
  const flags = CLONE.NEWPID | (making.userNamespace ? 0 : facts.namespaceFlags & CLONE.NEWNS)
  p.call("setns", facts.pidfd, flags).says("join the container's mount namespace, and name its pid namespace for a child")
  const maker = p.label("maker of procfs")
  const ended = forkSharing(planner, maker, "make the process that makes a procfs")
  p.here(maker)
  const numbers: number[] = []
  const prepared = asked.map((request) => {
    const result = prepareMount({ ...making, userNamespace: false }, request)
    held.hold(result.mount)
    numbers.push(held.numbers.at(-1) as number)
    return result
  })
  p.call("exit_group", 0)
  p.here(ended)
  p.call("exit_group", 0)
  p.here(ready)
  for (const [index, result] of prepared.entries()) {
    // the maker's memory was its own: here the descriptor is known by its number
    const mount = p.call("fcntl", numbers[index] as number, F_GETFD, 0).says("the procfs is there")
    p.store(resultCell(planner, mount), p.words([numbers[index] as number]), 8)
    made.set(result.request.index, { ...result, mount })
  }
  planner.at("")
  return made
}

/**
 * A child that shares this process's descriptors and is waited for; if it has not ended well, neither does this.
 * @param child where it goes on
 * @returns where this process goes on then
 */
function forkSharing(planner: Planner, child: Label, what: string): Label {
  const p = planner.program
  const ended = p.label("child has ended")
  const wait = p.label("wait for the child")
  const status = p.buffer(8)
  const pid = p.call("clone3", p.words([CLONE.FILES, 0, 0, 0, 0, 0, 0, 0]), 64).says(what)
  p.test(pid, -1, "==", 0, child)
  p.here(wait)
  p.call("wait4", pid, status, WALL, 0).on("EINTR", wait).says("wait for it")
  p.test(status, 0xffffffff, "==", 0, ended)
  p.call("exit_group", 1)
  return ended
}

/** An ordinary user's first step to any mount: the owner of a user namespace has all rights in it, as soon as he has joined it. */
function joinUser(planner: Planner, pidfd: number): void {
  planner.program.call("setns", pidfd, CLONE.NEWUSER).says("join the container's user namespace")
  undumpable(planner)
}

/** Namespaces that decide what a new file system shows, and whose flags on staged mounts nobody in the container can clear. */
function joinForMaking(planner: Planner, facts: MountsExecFacts, userNamespace: boolean): void {
  const p = planner.program
  planner.at("")
  const flags = facts.namespaceFlags & ((facts.unprivileged === true ? 0 : CLONE.NEWUSER) | CLONE.NEWIPC | CLONE.NEWNET)
  if (flags !== 0) p.call("setns", facts.pidfd, flags).says("join the container's user, ipc and network namespaces")
  if (userNamespace) {
    undumpable(planner)
    becomeRoot(planner)
    undumpable(planner)
    p.call("unshare", CLONE.NEWNS).says("a copy of the mounts that belongs to the user namespace, with all flags locked")
  }
  if (facts.isPrivate) p.call("mount", 0, "/", 0, MS.REC | MS.PRIVATE, 0).says("make all mounts private, as the container's are")
}

function isLegacy(request: MountRequest, staged: ReadonlyMap<number, string>): boolean {
  return request.legacy && !request.bind && !staged.has(request.index)
}

function legacyFolder(request: MountRequest): string {
  return `m${request.index}.made`
}

/** A mount that takes mount(2), made in the staging folder. */
function legacyPrepared(planner: Planner, request: MountRequest): PreparedMount {
  planner.at(request.pointer)
  const path = cleanRelative(request.mount.destination)
  const { attributes, late } = newAttributes(request, path)
  return { request, path, mount: detachedLegacy(planner, request, attributes, legacyFolder(request), path), late }
}

/** The child goes on with the steps to come; the parent waits for it, and if it has not ended well, undoes what it has attached. */
function superviseChild(planner: Planner, descriptors: Step, held: readonly number[]): void {
  const p = planner.program
  const child = p.label("child")
  const wait = p.label("wait")
  const undo = p.label("undo")
  const status = p.buffer(8)
  // struct clone_args without flags: as fork(2), with no signal at its end
  const pid = p.call("clone3", p.words([0, 0, 0, 0, 0, 0, 0, 0]), 64).says("make the process that attaches the mounts")
  p.test(pid, -1, "==", 0, child)
  p.here(wait)
  p.call("wait4", pid, status, WALL, 0).on("EINTR", wait).says("wait for it")
  p.test(status, 0xffffffff, "!=", 0, undo)
  p.call("exit_group", 0)
  p.here(undo)
  p.call("fchdir", descriptors).says("work in /proc/self/fd")
  for (const number of held.toReversed()) {
    p.call("umount2", String(number), MNT_DETACH).orContinue().says("take a mount away again (EINVAL: it was not attached)")
  }
  p.call("exit_group", 1)
  p.here(child)
}

/**
 * The program of `mounts remove`: all destinations are opened and looked at before the first is unmounted. No symbolic link is followed:
 * one that the container puts in the way could lead to a mount that masks something.
 * @param paths below the root
 */
export function planMountsRemove(
  paths: readonly { readonly path: string; readonly pointer: string }[], facts: Pick<MountsExecFacts, "status" | "pidfd" | "unprivileged">,
): Planner {
  const planner = new Planner(statusDescriptor(0))
  const p = planner.program
  settleChannels(planner, 0, { status: facts.status, start: undefined })
  cleanProcess(planner)
  undumpable(planner)
  const descriptors = holdDescriptors(planner)
  const held = new Held(planner, [facts.status, facts.pidfd])
  if (facts.unprivileged === true) joinUser(planner, facts.pidfd)
  const root = joinMounts(planner, facts.pidfd)
  for (const { path, pointer } of paths) {
    planner.at(pointer)
    const mount = openInRoot(planner, root, path, O_PATH | O_CLOEXEC, IN_ROOT | RESOLVE_NO_SYMLINKS).says(`unmount /${path}`)
    const statx = scratch(planner, STATX.size)
    p.call("statx", mount, "", AT_EMPTY_PATH, 0x1, statx).says(`look at /${path}`)
    const isMount = p.label("is a mount")
    p.test(statx.at(STATX.attributes), STATX_ATTR_MOUNT_ROOT, "!=", 0, isMount)
    p.fail(22).says(`unmount /${path}: nothing is mounted there`)
    p.here(isMount)
    held.hold(mount)
  }
  p.call("fchdir", descriptors).says("work in /proc/self/fd")
  // what lies below another goes first: with that it would be gone already (EINVAL); its path is the longer one
  const order = [...paths.entries()].sort(([, a], [, b]) => b.path.length - a.path.length)
  for (const [index, { path, pointer }] of order) {
    planner.at(pointer)
    p.call("umount2", String(held.numbers[index]), MNT_DETACH).says(`unmount /${path}`)
  }
  p.call("exit_group", 0)
  planner.placeBlocks()
  return planner
}
