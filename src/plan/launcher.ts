import type { Step } from "../program/program.ts"
import type { NamespaceType } from "../kernel/process.ts"
import { CLONE, MSG_NOSIGNAL, NAMESPACES, PR } from "../kernel/process.ts"
import { AT_FDCWD, AT_RECURSIVE, AT_SYMLINK_NOFOLLOW } from "../kernel/fs.ts"
import {
  FSCONFIG, FSMOUNT_CLOEXEC, FSOPEN_CLOEXEC, MOUNT_ATTR, MOVE_MOUNT_F_EMPTY_PATH, MS, OPEN_TREE_CLOEXEC, OPEN_TREE_CLONE,
} from "../kernel/mount.ts"
import type { CgroupJoinFacts } from "./facts.ts"
import { ERRNO } from "../kernel/errno.ts"
import { type Hints, MESSAGE, type Planner } from "./planner.ts"

/** struct kernel_sigaction is 32 bytes on x86-64 and arm64; all zero is SIG_DFL without flags. */
const SIGACTION_BYTES = 32
const SIGNALS = 64
const SIG_SETMASK = 2

/** Gives the process default signal dispositions, an empty mask and a name: nothing of the caller's or the engine's comes through. */
export function cleanProcess(planner: Planner): void {
  const p = planner.program
  const signal = p.buffer(8)
  const action = p.buffer(SIGACTION_BYTES)
  const next = p.label("next signal")
  p.here(next)
  p.increment(signal, 1).says("for each signal")
  p.call("rt_sigaction", p.load(signal), action, 0, 8).orContinue().says("default disposition (SIGKILL and SIGSTOP refuse)")
  p.test(signal, -1, "<", SIGNALS, next)
  p.call("rt_sigprocmask", SIG_SETMASK, p.buffer(8), 0, 8).says("unblock all signals")
  p.call("prctl", PR.SET_NAME, "runts:init", 0, 0, 0).says("name the process")
}

/** A process that joins others' namespaces must not be ptraced or have its descriptors taken by who lives there (prctl(2), PR_SET_DUMPABLE). */
export function undumpable(planner: Planner): void {
  planner.program.call("prctl", PR.SET_DUMPABLE, 0, 0, 0, 0).says("keep other processes from tracing this one")
}

/** Takes {@link undumpable} back, also where a change of user was the reason (fs.suid_dumpable): the owner of its user namespace may look at it. */
export function dumpable(planner: Planner): void {
  planner.program.call("prctl", PR.SET_DUMPABLE, 1, 0, 0, 0).says("let the user who makes the container look at this process")
}

/**
 * Joins namespaces by descriptor. What the host's user namespace owns must be joined before the user namespace, what that one owns
 * only after it: each is tried before (EPERM: later) and the rest after it; the mount namespace last in each pass, as it changes paths.
 */
export function joinNamespaces(planner: Planner, namespaces: Readonly<Partial<Record<NamespaceType, number>>>, pointerOf: (type: NamespaceType) => string): void {
  const p = planner.program
  const others = (Object.keys(NAMESPACES) as NamespaceType[]).filter((type) => type !== "user" && namespaces[type] !== undefined)
  const user = namespaces.user
  const first = new Map<NamespaceType, Step>()
  for (const type of others) {
    planner.at(pointerOf(type))
    const step = p.call("setns", namespaces[type] as number, NAMESPACES[type].flag).says(`join the ${type} namespace`)
    if (user === undefined) continue
    first.set(type, step.on("EPERM", "continue"))
  }
  if (user === undefined) return
  planner.at(pointerOf("user"))
  p.call("setns", user, CLONE.NEWUSER).says("join the user namespace")
  undumpable(planner)
  for (const type of others) {
    planner.at(pointerOf(type))
    const joined = p.label("joined")
    p.test(first.get(type) as Step, -1, "==", 0, joined)
    p.call("setns", namespaces[type] as number, NAMESPACES[type].flag).says(`join the ${type} namespace, owned by the user namespace`)
    p.here(joined)
  }
}

/** One tree that the launcher attaches where the container's ids can reach it. */
export interface StagedTree extends Idmapping {
  /** Name below the staging folder. */
  readonly name: string
  /** The path of the host that it shows, or how a new file system is made (when the staging folder is the working directory). */
  readonly source: string | (() => Step)
  readonly recursive: boolean
  readonly isDirectory: boolean
  /** The source itself, also where it is a symbolic link. */
  readonly noFollow?: boolean
  /** What is done to the clone of a path while only the host's root can see it: attributes that it has now are locked in the container. */
  readonly prepare?: (clone: Step) => void
  readonly pointer: string
}

/**
 * Attaches trees on a private tmpfs while this process is still the host's root, and makes it the working directory: a clone with a
 * new user and mount namespace then starts in its own copy of that folder, with all flags of the trees locked, and reaches
 * them by relative names although the ids of the container could not walk to their sources.
 */
export function stageTrees(planner: Planner, folder: string, trees: readonly StagedTree[]): void {
  const p = planner.program
  planner.at("")
  p.call("unshare", CLONE.NEWNS).says("a mount namespace of the launcher's own")
  p.call("mount", 0, "/", 0, MS.REC | MS.SLAVE, 0).says("let no mount of it reach the host")
  // before the staging folder is there: a clone of the host's / must not show it
  const clones = trees.map((tree) => {
    if (typeof tree.source !== "string") return undefined
    planner.at(tree.pointer)
    const flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (tree.recursive ? AT_RECURSIVE : 0) | (tree.noFollow === true ? AT_SYMLINK_NOFOLLOW : 0)
    const clone = p.call("open_tree", AT_FDCWD, tree.source, flags).says(`clone ${tree.what} from ${tree.source}`)
    idmap(planner, clone, tree)
    tree.prepare?.(clone)
    return clone
  })
  planner.at("")
  const context = p.call("fsopen", "tmpfs", FSOPEN_CLOEXEC).says("staging folder for what only the host may attach")
  p.call("fsconfig", context, FSCONFIG.SET_STRING, "mode", "0755", 0).says("staging folder: mode 0755")
  p.call("fsconfig", context, FSCONFIG.CMD_CREATE, 0, 0, 0).says("staging folder: create")
  const mount = p.call("fsmount", context, FSMOUNT_CLOEXEC, 0).says("staging folder: mount")
  p.call("move_mount", mount, "", AT_FDCWD, folder, MOVE_MOUNT_F_EMPTY_PATH).says(`attach the staging folder at ${folder}`)
  p.call("fchdir", mount).says("work in the staging folder")
  for (const [index, tree] of trees.entries()) {
    planner.at(tree.pointer)
    if (tree.isDirectory) p.call("mkdirat", AT_FDCWD, tree.name, 0o755).says(`stage ${tree.what}: folder`)
    else p.call("mknodat", AT_FDCWD, tree.name, 0o100644, 0).says(`stage ${tree.what}: file`)
    const clone = clones[index] ?? (tree.source as () => Step)()
    if (typeof tree.source !== "string") idmap(planner, clone, tree)
    p.call("move_mount", clone, "", AT_FDCWD, tree.name, MOVE_MOUNT_F_EMPTY_PATH).says(`attach ${tree.what}`)
    p.call("close", clone)
  }
  p.call("close", context)
  p.call("close", mount)
  planner.at("")
}

/** How a tree is id-mapped. */
export interface Idmapping {
  /** Descriptor of a user namespace with the mappings; undefined: it is not. */
  readonly userNamespace: number | undefined
  /** With all mounts below it. */
  readonly idmapRecursive: boolean
  readonly what: string
  /** The file system type, where it is known. */
  readonly type?: string
}

/** Gives a detached tree the id mappings of a user namespace (mount_setattr(2), MOUNT_ATTR_IDMAP). */
export function idmap(planner: Planner, tree: Step, how: Idmapping): void {
  if (how.userNamespace === undefined) return
  const p = planner.program
  const pointer = p.pointer
  const refused = p.label("not id-mapped")
  const change = { set: MOUNT_ATTR.IDMAP, userNamespace: how.userNamespace }
  const step = planner.setAttributes(tree, change, how.idmapRecursive ? AT_RECURSIVE : 0).on("EINVAL", refused).says(`map the ids of ${how.what}`)
  // EINVAL says nothing; what it means here is that this type has no FS_ALLOW_IDMAP
  planner.later(() => {
    p.pointer = pointer
    p.here(refused)
    const type = how.type === undefined ? "the file system that it shows" : `the file system type ${how.type}`
    p.fail(EOPNOTSUPP).says(`${step.text}: this kernel has no id-mapped mounts of ${type}`)
  })
}

const EOPNOTSUPP = 95

/** What an errno of clone3(2) has to do with the cgroup that it is to make the process in (cgroup-v2.rst). */
const INTO_CGROUP_HINTS: Hints = {
  [ERRNO.EBUSY]: "its cgroup hands controllers on to cgroups below it, and then takes no processes itself",
  [ERRNO.EOPNOTSUPP]: "its cgroup, or one above, is threaded",
}

/**
 * The clone: one child in all new namespaces and its cgroup, a child of the runtime (so of the nearest subreaper later), whose own
 * wait status is the container's. The launcher reports its pid and ends.
 * @returns with the child's steps to follow
 */
export function cloneInto(planner: Planner, flags: number, cgroup: CgroupJoinFacts): void {
  const p = planner.program
  const child = p.label("child")
  const into = cgroup.intoCgroup
  const all = flags + CLONE.PARENT + (into === undefined ? 0 : CLONE.INTO_CGROUP)
  // struct clone_args: flags pidfd child_tid parent_tid exit_signal stack stack_size tls set_tid set_tid_size cgroup.
  // CLONE_PARENT demands exit_signal 0 and takes over that of the launcher.
  const args = p.words([all, 0, 0, 0, 0, 0, 0, 0, 0, 0, into ?? 0])
  const pid = p.call("clone3", args, 88).says(flags === 0 ? "make the process" : "make the container's process in its new namespaces")
  if (into !== undefined) planner.hint(pid, INTO_CGROUP_HINTS)
  p.test(pid, -1, "==", 0, child)
  const message = p.words([MESSAGE.PID, 0])
  p.store(message.at(8), pid, 8)
  p.call("sendto", planner.status, message, 16, MSG_NOSIGNAL, 0, 0).says("report its pid")
  p.call("exit_group", 0).says("end: the container's process goes on alone")
  p.here(child)
}

/**
 * v1: the process writes itself into each hierarchy, back to back (only the first write pays the kernel's grace period). With the systemd
 * driver it waits until systemd has made its unit.
 */
export function joinCgroups(planner: Planner, cgroup: CgroupJoinFacts): void {
  planner.at("/linux/cgroupsPath")
  if (cgroup.waits === true) {
    planner.tell(MESSAGE.CGROUP).says("ask the runtime for a unit of systemd")
    planner.awaitGo()
  }
  for (const { controller, fd } of cgroup.procs) planner.program.call("write", fd, "0", 1).says(`join the ${controller} cgroup`)
}

/** Takes the root identity of the user namespace, so that what it makes has owners there. */
export function becomeRoot(planner: Planner): void {
  const p = planner.program
  p.call("setresgid", 0, 0, 0).says("become group 0 of the user namespace")
  p.call("setresuid", 0, 0, 0).says("become user 0 of the user namespace")
}


/** The container's root for a process that joins it. @param root it, where that is not the root of a mount namespace that was joined */
export function enterRoot(planner: Planner, root: number | undefined): void {
  const p = planner.program
  if (root !== undefined) {
    p.call("fchdir", root).says("change to the container's root")
    p.call("chroot", ".").says("make it the root of this process")
  }
  p.call("chdir", "/").says("change to the root")
}
