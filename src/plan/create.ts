import { RuntsError } from "../error.ts"
import { namespaceIsNew } from "../spec/namespace.ts"
import type { Namespace, Spec } from "../spec/types.gen.ts"
import { ERRNO } from "../kernel/errno.ts"
import { AT_FDCWD, AT_RECURSIVE, O_CLOEXEC, O_DIRECTORY, O_PATH, O_WRONLY } from "../kernel/fs.ts"
import { MNT_DETACH, MOUNT_ATTR, MOVE_MOUNT_F_EMPTY_PATH, MS, OPEN_TREE_CLOEXEC, OPEN_TREE_CLONE } from "../kernel/mount.ts"
import { propagationFlags } from "../kernel/mount-options.ts"
import { CLONE, IOCTL, NAMESPACES, PR, type NamespaceType } from "../kernel/process.ts"
import type { Step } from "../program/program.ts"
import { planCgroupMount } from "./cgroup-mounts.ts"
import { planConsole } from "./console.ts"
import { planCredentials } from "./credentials.ts"
import { deviceNodes, planDeviceLinks, planDevices } from "./devices.ts"
import type { CreateFacts } from "./facts.ts"
import {
  becomeRoot, cleanProcess, cloneInto, dumpable, joinCgroups, joinNamespaces, stageTrees, undumpable, type StagedTree,
} from "./launcher.ts"
import { planLabels } from "./labels.ts"
import { mountLabel, mountRequest, type MountRequest, type SecurityOption, unusedData } from "./mount-request.ts"
import { applyLateReadonly, planMount, type MountContext } from "./mounts.ts"
import { planMaskedPaths, planReadonlyPaths, planSysctl } from "./paths.ts"
import { MESSAGE, Planner } from "./planner.ts"
import {
  awaitStart, becomeProgram, checkCwd, closeHostDescriptors, enterCwd, findProgram, planKeyring, planLimits, planStdio, planUmask, settleChannels,
  statusDescriptor,
} from "./process.ts"
import { planExecutionSettings, planOomScore, planScheduling, resetAffinity } from "./scheduling.ts"
import { stagedMounts } from "./staged-mounts.ts"
import { openTarget } from "./targets.ts"
import { cleanRelative } from "../path.ts"

/** Name of the staged rootfs below the staging folder. */
const STAGED_ROOT = "root"

/** What the phases of one plan share. */
interface Creation {
  readonly planner: Planner
  readonly spec: Spec
  readonly facts: CreateFacts
  readonly namespaces: ReadonlyMap<NamespaceType, Namespace>
  readonly mounts: readonly MountRequest[]
  /** linux.mountLabel. */
  readonly label: SecurityOption | undefined
  /** The container's ids are not the host's: what only the host may attach is staged by the launcher. */
  readonly userNamespace: boolean
  readonly newUserNamespace: boolean
  /** The launcher stages trees in a mount namespace of its own. */
  readonly stages: boolean
  /** Index of a mount to its staged name. */
  readonly staged: Map<number, string>
}

/**
 * The program of a container: first the launcher (joins, stages, clones), then the container's init up to the execve of the user's
 * program. Pure: the same spec and facts give the same program.
 */
export function planCreate(spec: Spec, facts: CreateFacts): Planner {
  const planner = new Planner(statusDescriptor(facts.preservedFds))
  const namespaces = new Map<NamespaceType, Namespace>()
  for (const namespace of spec.linux?.namespaces ?? []) namespaces.set(namespace.type as NamespaceType, namespace)
  const label = mountLabel(spec)
  const creation: Creation = {
    planner,
    spec,
    facts,
    namespaces,
    mounts: (spec.mounts ?? []).map((mount, index) => mountRequest(mount, index, label)),
    label,
    userNamespace: namespaces.has("user"),
    newUserNamespace: isNew(namespaces.get("user")),
    // the launcher of an ordinary user may not: what that one reaches init reaches too, as the same user
    stages: namespaces.has("user") && isNew(namespaces.get("mount")) && facts.unprivileged !== true,
    staged: new Map(),
  }
  planner.warnings.push(...unusedData(creation.mounts))
  const start = settleChannels(planner, facts.preservedFds, facts.channel)
  planLauncher(creation)
  planInit(creation, start)
  planner.placeBlocks()
  return planner
}

function isNew(namespace: Namespace | undefined): boolean {
  return namespace !== undefined && namespaceIsNew(namespace)
}

/** Where config.json names a namespace. */
function namespacePointer(spec: Spec, type: string): string {
  return `/linux/namespaces/${spec.linux?.namespaces?.findIndex((namespace) => namespace.type === type) ?? 0}`
}

function planLauncher(creation: Creation): void {
  const { planner, spec, facts, namespaces } = creation
  cleanProcess(planner)
  if (facts.unprivileged === true) planOomScore(planner, spec.process)
  planLabels(planner, facts.labels)
  const joins = Object.keys(facts.namespaces).length > 0
  if (joins) undumpable(planner)
  if (isNew(namespaces.get("time")) && !creation.newUserNamespace) planTime(creation)
  if (creation.stages) stageTrees(planner, facts.staging, stagedTrees(creation))
  if (joins) joinNamespaces(planner, facts.namespaces, (type) => namespacePointer(spec, type))
  let flags = 0
  for (const [type, namespace] of namespaces) {
    // the time namespace takes its offsets before anyone is in it (planTime). v1: the cgroup is joined first.
    if (!isNew(namespace) || type === "time") continue
    if (type === "cgroup" && lateCgroupNamespace(facts)) continue
    flags += NAMESPACES[type].flag
  }
  planner.at("/linux/namespaces")
  cloneInto(planner, flags, facts.cgroup)
}

/** On v1 the process joins its cgroups by writing, so its cgroup namespace can only be made after that. */
function lateCgroupNamespace(facts: CreateFacts): boolean {
  return facts.cgroup.intoCgroup === undefined || facts.cgroup.procs.length > 0
}

function stagedTrees(creation: Creation): StagedTree[] {
  const { planner, facts, mounts, staged } = creation
  const trees: StagedTree[] = [
    {
      name: STAGED_ROOT, source: facts.rootfs, recursive: true, isDirectory: true, userNamespace: undefined, idmapRecursive: false,
      pointer: "/root/path", what: "the root filesystem",
    },
  ]
  trees.push(...stagedMounts(planner, facts, mounts, staged, creation.label))
  return trees
}

function planInit(creation: Creation, start: number): void {
  const { planner, facts } = creation
  const p = planner.program
  planOwnNamespaces(creation)
  planner.at("")
  p.call("setsid").says("lead a session of its own")
  if (staysDumpable(creation)) dumpable(planner)
  else undumpable(planner)
  p.call("umask", 0).says("make files with exactly the modes asked for")
  resetAffinity(planner)
  // in a user namespace nobody has the host's CAP_SYS_NICE: the runtime does it from outside, unless it has no more rights itself
  if (creation.spec.process !== undefined && (!creation.userNamespace || facts.unprivileged === true)) planScheduling(planner, creation.spec.process)
  planExecutionSettings(planner, creation.spec.linux ?? {})
  planNetwork(creation)
  awaitDevices(creation)
  planNames(creation)
  const context = planRootAndMounts(creation)
  if (facts.waitsForHooks) {
    planner.at("/hooks")
    planner.tell(MESSAGE.HOOKS).says("let the runtime run the hooks of creation")
    planner.awaitGo()
  }
  planProtection(creation, context)
  planPivot(creation, context.root)
  planProcess(creation, start)
}

/** In a user namespace of its own init has nobody beside it; its owner must be able to look at it, and hooks at its namespaces. */
function staysDumpable({ facts, newUserNamespace }: Creation): boolean {
  return facts.unprivileged === true && newUserNamespace
}

/** Namespaces that init itself completes: its ids, its cgroup, its clock. */
function planOwnNamespaces(creation: Creation): void {
  const { planner, spec, facts, namespaces } = creation
  const p = planner.program
  if (creation.newUserNamespace) {
    planner.at(namespacePointer(spec, "user"))
    planner.tell(MESSAGE.MAPS).says("ask the runtime for the id mappings")
    planner.awaitGo()
  }
  if (creation.userNamespace) becomeRoot(planner)
  joinCgroups(planner, facts.cgroup)
  if (isNew(namespaces.get("cgroup")) && lateCgroupNamespace(facts)) {
    planner.at(namespacePointer(spec, "cgroup"))
    p.call("unshare", CLONE.NEWCGROUP).says("a cgroup namespace rooted at its cgroup")
  }
  if (isNew(namespaces.get("time")) && creation.newUserNamespace) planOwnTime(creation)
}

/** The first Linux whose execve enters a time namespace that was unshared before (time_namespaces(7)). */
const EXECVE_ENTERS_TIME = [6, 1] as const

/** With a new user namespace init makes the time namespace itself, so that it belongs to that. */
function planOwnTime(creation: Creation): void {
  const { planner, spec, facts } = creation
  const [major, minor] = facts.kernel
  if (major < EXECVE_ENTERS_TIME[0] || (major === EXECVE_ENTERS_TIME[0] && minor < EXECVE_ENTERS_TIME[1])) {
    throw new RuntsError(`linux.namespaces: a new time namespace in a new user namespace takes Linux ${EXECVE_ENTERS_TIME.join(".")} or later`, {
      code: "kernel-unsupported",
      pointer: namespacePointer(spec, "time"), hint: "leave out one of the two",
    })
  }
  planner.at(namespacePointer(spec, "time"))
  // becoming root of the namespace has made the process undumpable, and its files in /proc the host's root's; nobody else is in here
  planner.program.call("prctl", PR.SET_DUMPABLE, 1, 0, 0, 0).says("own the files of this process in /proc")
  planTime(creation)
  undumpable(planner)
}

/** A time namespace for children (or, from Linux 6.1, execve), with its offsets, which can be written only before anyone is in it. */
function planTime(creation: Creation): void {
  const { planner, spec } = creation
  const p = planner.program
  planner.at(namespacePointer(spec, "time"))
  p.call("unshare", CLONE.NEWTIME).says("a time namespace for what comes next")
  const offsets = Object.entries(spec.linux?.timeOffsets ?? {})
  if (offsets.length === 0) return
  planner.at("/linux/timeOffsets")
  const file = p.call("openat", AT_FDCWD, "/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC, 0).says("open the clocks' offsets")
  for (const [clock, offset] of offsets) {
    const line = `${clock} ${offset?.secs ?? 0} ${offset?.nanosecs ?? 0}\n`
    planner.at(`/linux/timeOffsets/${clock}`)
    p.call("write", file, line, line.length).says(`set the offset of the ${clock} clock`)
  }
  p.call("close", file)
}

/** A new network namespace has its loopback device down (netdevice(7)). */
function planNetwork(creation: Creation): void {
  const { planner, spec, namespaces } = creation
  if (!isNew(namespaces.get("network"))) return
  const p = planner.program
  planner.at(namespacePointer(spec, "network"))
  const AF_INET = 2
  const SOCK_DGRAM = 2
  const IFF_UP = 1
  // struct ifreq: 16 bytes of name, then the flags
  const request = new Uint8Array(40)
  request.set(Buffer.from("lo"))
  new DataView(request.buffer).setUint16(16, IFF_UP, true)
  const socket = p.call("socket", AF_INET, SOCK_DGRAM | O_CLOEXEC, 0).says("a socket to configure the network")
  const up = p.call("ioctl", socket, IOCTL.SIOCSIFFLAGS, request).says("bring the loopback device up")
  planner.hint(up, { [ERRNO.EPERM]: "runts lacks CAP_NET_ADMIN, as in a container: give it that, add a user namespace, or leave out the network namespace" })
  p.call("close", socket)
}

/** Network devices of the host are there before anything is set that is theirs (net.ipv4.conf.eth0.*), and before hooks run. */
function awaitDevices({ planner, spec }: Creation): void {
  if (Object.keys(spec.linux?.netDevices ?? {}).length === 0) return
  planner.at("/linux/netDevices")
  planner.tell(MESSAGE.DEVICES).says("let the runtime move network devices in")
  planner.awaitGo()
}

function planNames(creation: Creation): void {
  const { planner, spec } = creation
  const { hostname, domainname } = spec
  if (hostname !== undefined && hostname !== "") {
    planner.at("/hostname").program.call("sethostname", hostname, Buffer.byteLength(hostname)).says(`set the host name to ${hostname}`)
  }
  if (domainname !== undefined && domainname !== "") {
    planner.at("/domainname").program.call("setdomainname", domainname, Buffer.byteLength(domainname)).says(`set the domain name to ${domainname}`)
  }
}

/** Everything below the root: the tree itself, mounts, devices. */
function planRootAndMounts(creation: Creation): MountContext {
  const { planner, spec, facts, mounts, namespaces } = creation
  const p = planner.program
  const root = planRoot(creation)
  const { staged, userNamespace, label } = creation
  const context: MountContext = {
    planner, facts, root, staged, userNamespace: userNamespace || facts.nested === true, ownPids: isNew(creation.namespaces.get("pid")), label, lateReadonly: [],
  }
  let ownDev = true
  for (const request of mounts) {
    if (request.type === "cgroup" || request.type === "cgroup2") planCgroupMount(context, request, isNew(namespaces.get("cgroup")))
    else planMount(context, request)
    if (request.bind && !request.remount && cleanRelative(request.mount.destination) === "dev") ownDev = false
  }
  planDevices(context, deviceNodes(spec.linux?.devices, ownDev))
  if (ownDev) planDeviceLinks(context)
  const process = spec.process
  if (process?.terminal === true && facts.channel.console !== undefined) {
    const size = process.consoleSize
    planConsole(planner, { root, socket: facts.channel.console, uid: process.user.uid, size, bindConsole: true })
  }
  p.pointer = ""
  return context
}

/** Cuts or shares propagation, and makes the rootfs a mount of its own. @returns the step with its descriptor */
function planRoot(creation: Creation): Step {
  const { planner, spec, facts } = creation
  const p = planner.program
  if (!creation.namespaces.has("mount")) return planSharedRoot(creation)
  const word = spec.linux?.rootfsPropagation
  const asked = (word === undefined || word === "" ? undefined : propagationFlags(word)) ?? (MS.REC | MS.SLAVE)
  // What is to be cloned and bound must not be unbindable yet; the container's root becomes so in the end
  const flags = (asked & MS.UNBINDABLE) === 0 ? asked : (asked & MS.REC) | MS.PRIVATE
  planner.at(word === undefined || word === "" ? "" : "/linux/rootfsPropagation")
  p.call("mount", 0, "/", 0, flags, 0).says(`set the propagation of all mounts to ${word ?? "rslave"}`)
  if (facts.rootfsParent !== undefined) {
    p.call("mount", 0, facts.rootfsParent, 0, MS.PRIVATE, 0).says(`make ${facts.rootfsParent}, which holds the rootfs, private`)
  }
  planner.at("/root/path")
  const from = creation.stages ? STAGED_ROOT : facts.rootfs
  const flagsOfClone = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE
  const root = p.call("open_tree", AT_FDCWD, from, flagsOfClone).says(`clone the root filesystem ${facts.rootfs}`)
  p.call("move_mount", root, "", AT_FDCWD, from, MOVE_MOUNT_F_EMPTY_PATH).says("make it a mount of its own")
  planner.rootCell = root.cell
  return root
}

/**
 * The root of a container that shares the runtime's mount namespace: a mount over its folder, which takes all others of the container's
 * with it when it goes, and from which none reaches other namespaces.
 */
function planSharedRoot({ planner, facts }: Creation): Step {
  const p = planner.program
  planner.at("/root/path")
  const root = p.call("open_tree", AT_FDCWD, facts.rootfs, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE).says(`clone the root filesystem ${facts.rootfs}`)
  p.call("move_mount", root, "", AT_FDCWD, facts.rootfs, MOVE_MOUNT_F_EMPTY_PATH).says("make it a mount of its own")
  planner.setAttributes(root, { propagation: MS.PRIVATE }, AT_RECURSIVE).says("keep its mounts from other namespaces")
  planner.rootCell = root.cell
  return root
}

/** What takes things away: sysctl, read-only and masked paths, read-only mounts, the read-only root. */
function planProtection(creation: Creation, context: MountContext): void {
  const { planner, spec } = creation
  planSysctl(context, spec.linux?.sysctl ?? {})
  if (spec.root?.readonly === true) makeCwd(creation, context.root)
  planReadonlyPaths(context, spec.linux?.readonlyPaths ?? [])
  planMaskedPaths(context, spec.linux?.maskedPaths ?? [])
  applyLateReadonly(context)
  if (spec.root?.readonly === true) {
    planner.at("/root/readonly").setAttributes(context.root, { set: MOUNT_ATTR.RDONLY }).says("make the root filesystem read-only")
  }
}

/** The working directory, if it is missing, is made while that is still possible. */
function makeCwd(creation: Creation, root: Step): void {
  const { planner, spec } = creation
  const p = planner.program
  const path = cleanRelative(spec.process?.cwd ?? "/")
  if (path === "") return
  planner.at("/process/cwd")
  const next = p.label("working directory made")
  // whatever else is wrong with it is told when the process changes to it
  const opened = openTarget(planner, root, { path, directory: true, exists: false }).on("any", next)
  p.call("close", opened)
  p.here(next)
}

/** Makes the container's root the root of the mount namespace, and lets go of the host's. */
function planPivot(creation: Creation, root: Step): void {
  const { planner, spec, facts } = creation
  const p = planner.program
  planner.at("/root/path")
  p.call("fchdir", root).says("change to the new root")
  if (!creation.namespaces.has("mount")) p.call("chroot", ".").says("make it the root of this process")
  else if (facts.noPivot) {
    // hidden below the new root they would still let a user namespace mount procfs and sysfs afresh, without the masks
    for (const path of ["/proc", "/sys"]) p.call("umount2", path, MNT_DETACH).orContinue().says(`let go of the host's ${path}`)
    p.call("move_mount", root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH).says("move it over the old root")
    p.call("chroot", ".").says("make it the root of this process")
  } else {
    const old = p.call("openat", AT_FDCWD, "/", O_PATH | O_CLOEXEC | O_DIRECTORY, 0).says("hold the old root")
    p.call("pivot_root", ".", ".").says("make it the root of the mount namespace, the old one on top")
    // by name "." would still be the new root below
    p.call("fchdir", old).says("change to the old root")
    p.call("mount", 0, ".", 0, MS.REC | MS.SLAVE, 0).says("let no unmount reach the host")
    p.call("umount2", ".", MNT_DETACH).says("let go of the host's tree")
    p.call("close", old)
  }
  p.call("chdir", "/").says("change to the root")
  p.call("close", root)
  const word = spec.linux?.rootfsPropagation
  const flags = word === undefined ? undefined : propagationFlags(word)
  if (flags === undefined || (flags & (MS.SHARED | MS.UNBINDABLE)) === 0) return
  planner.at("/linux/rootfsPropagation")
  p.call("mount", 0, "/", 0, flags, 0).says(`set the propagation of the root to ${word}`)
}

/** The process itself: its descriptors, folder, identity, program; then the wait for `start`. */
function planProcess(creation: Creation, start: number): void {
  const { planner, spec, facts } = creation
  const process = spec.process
  if (process === undefined) throw new Error("a container without a process cannot be planned")
  const args = process.args ?? []
  closeHostDescriptors(planner, facts.preservedFds)
  if (!facts.noNewKeyring) planKeyring(planner, facts.id, false)
  if (process.terminal !== true) planStdio(planner, facts.stdio, process.user.uid)
  const entered = enterCwd(planner, process.cwd, true)
  planLimits(planner, facts.limits)
  planCredentials(planner, process, facts)
  planUmask(planner, process)
  checkCwd(planner, process.cwd, entered)
  const path = findProgram(planner, args, facts.env)
  planner.at("")
  planner.tell(MESSAGE.READY).says("report that the container is created")
  // the runtime writes the state down before init may outlive it
  planner.awaitGo()
  if (facts.channel.start !== undefined) {
    const connection = awaitStart(planner, start)
    becomeProgram(planner, process, facts, path, connection)
  } else {
    planner.awaitGo()
    becomeProgram(planner, process, facts, path, planner.status)
  }
}

