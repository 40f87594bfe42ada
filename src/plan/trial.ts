import { AT_EMPTY_PATH, AT_FDCWD } from "../kernel/fs.ts"
import { FSCONFIG, FSMOUNT_CLOEXEC, FSOPEN_CLOEXEC } from "../kernel/mount.ts"
import { CLONE, MSG_NOSIGNAL, NAMESPACES, PR } from "../kernel/process.ts"
import type { NamespaceType } from "../kernel/process.ts"
import type { Datum, Step } from "../program/program.ts"
import { cleanProcess } from "./launcher.ts"
import { Planner } from "./planner.ts"
import { settleChannels, statusDescriptor } from "./process.ts"

/*
 * What only a process can find out that goes ahead and does it: whether this user may make namespaces, and what may be mounted in them. The
 * process ends right after; nothing that it makes is attached anywhere, so nothing stays.
 */

/** File systems that containers are made of; `overlay` is only begun. */
export const TRIED_FILE_SYSTEMS = ["proc", "sysfs", "tmpfs", "devpts", "mqueue", "overlay"] as const
export type TriedFileSystem = (typeof TRIED_FILE_SYSTEMS)[number]

const F_SETFD = 2
const SIGCHLD = 17
const SIGKILL = 9
/** struct clone_args up to tls (CLONE_ARGS_SIZE_VER0). */
const CLONE_ARGS_BYTES = 64
/** As many as can come together. */
const ATTEMPTS_MAX = 24
const TRIED_NAMESPACES: readonly Exclude<NamespaceType, "user">[] = ["mount", "pid", "network", "ipc", "uts", "cgroup", "time"]

export interface TrialRequest {
  /** The socket that takes the results. */
  readonly status: number
  /** Whether a user namespace comes first, which all that follows belongs to. */
  readonly userNamespace: boolean
  /** Ids without any rights that are taken on before; undefined: the caller's own stay. */
  readonly ordinaryId: number | undefined
  /** Those that the kernel knows already: others would have modules loaded for them. */
  readonly fileSystems: readonly TriedFileSystem[]
  /** A descriptor of the program `planTimeTrial`, which tells what execve did; undefined: not asked. */
  readonly timeProgram: number | undefined
}

export type Attempt = "identity" | "user" | Exclude<NamespaceType, "user"> | TriedFileSystem

export interface TrialPlan {
  readonly planner: Planner
  /** What the words of the message stand for, in their order: 0 or more, or a negated errno. */
  readonly attempts: readonly Attempt[]
}

/** Descriptors that it needs must be 8 or higher: the lower ones are rearranged. */
export function planTrial(request: TrialRequest): TrialPlan {
  const planner = new Planner(statusDescriptor(0))
  const p = planner.program
  settleChannels(planner, 0, { status: request.status, start: undefined })
  cleanProcess(planner)
  const attempts: Attempt[] = []
  const results = p.buffer(8 * ATTEMPTS_MAX)
  const attempt = (name: Attempt, steps: readonly Step[]): void => {
    keepFirstFailure(planner, steps, results, 8 * attempts.length)
    attempts.push(name)
  }
  const { ordinaryId: id } = request
  if (id !== undefined) {
    attempt("identity", [p.call("setgroups", 0, 0), p.call("setresgid", id, id, id), p.call("setresuid", id, id, id)])
  }
  if (request.userNamespace) attempt("user", [p.call("unshare", CLONE.NEWUSER)])
  for (const type of TRIED_NAMESPACES) attempt(type, [p.call("unshare", NAMESPACES[type].flag)])
  goOnInChild(planner, request.timeProgram)
  for (const name of request.fileSystems) attempt(name, mountOf(planner, name))
  p.call("sendto", planner.status, results, 8 * attempts.length, MSG_NOSIGNAL, 0, 0).says("tell what came of it")
  p.call("exit_group", 0)
  planner.placeBlocks()
  return { planner, attempts }
}

/**
 * A process is in the pid namespace only if it is born into it, and only then may it mount its procfs. Its parent waits for it, then
 * goes on as `timeProgram`: being born enters a time namespace too, execve may or may not.
 */
function goOnInChild(planner: Planner, timeProgram: number | undefined): void {
  const p = planner.program
  const inChild = p.label("in the child")
  const child = p.call("clone3", planner.words(0, 0, 0, 0, SIGCHLD, 0, 0, 0), CLONE_ARGS_BYTES)
  child.on("any", inChild).says("a process in the new pid namespace; where there can be none, go on here")
  p.test(child, -1, "==", 0, inChild)
  p.call("wait4", -1, 0, 0, 0).orContinue()
  if (timeProgram !== undefined) {
    p.call("fcntl", planner.status, F_SETFD, 0)
    p.call("execveat", timeProgram, "", p.stringArray(["runts:trial"]), p.stringArray([]), AT_EMPTY_PATH).orContinue()
  }
  p.call("exit_group", 0)
  p.here(inChild)
  p.call("prctl", PR.SET_PDEATHSIG, SIGKILL, 0, 0, 0).says("end with the parent, which the runtime kills where this one hangs")
}

/** A new file system that is attached nowhere and goes with its descriptors. An overlay wants layers, and says so only to who may mount it. */
function mountOf(planner: Planner, name: TriedFileSystem): Step[] {
  const p = planner.program
  const context = p.call("fsopen", name, FSOPEN_CLOEXEC)
  const create = p.call("fsconfig", context, FSCONFIG.CMD_CREATE, 0, 0, 0)
  return name === "overlay" ? [context, create] : [context, create, p.call("fsmount", context, FSMOUNT_CLOEXEC, 0)]
}

/** Whatever fails, what follows is tried as well; the result is that of the first to fail, else the last one's. */
function keepFirstFailure(planner: Planner, steps: readonly Step[], results: Datum, offset: number): void {
  const p = planner.program
  for (const step of steps) step.orContinue().says("try it")
  const last = steps.at(-1)
  for (const step of [...steps].reverse()) {
    const fine = p.label("no failure")
    if (step !== last) p.test(step, -1, "<", FIRST_ERROR, fine)
    p.store(results.at(offset), step, 8)
    p.here(fine)
  }
}

/** As an unsigned number: -4095, the lowest result that is an error. */
const FIRST_ERROR = 2n ** 64n - 4095n

const LINK_BYTES = 64

/** Sends the names of its time namespace and of its children's, 64 bytes each: the same where execve enters what was unshared. */
export function planTimeTrial(): Planner {
  const planner = new Planner(statusDescriptor(0))
  const p = planner.program
  const names = p.buffer(2 * LINK_BYTES)
  p.call("readlinkat", AT_FDCWD, "/proc/self/ns/time", names, LINK_BYTES)
  p.call("readlinkat", AT_FDCWD, "/proc/self/ns/time_for_children", names.at(LINK_BYTES), LINK_BYTES)
  p.call("sendto", planner.status, names, 2 * LINK_BYTES, MSG_NOSIGNAL, 0, 0).says("tell whether they are the same")
  p.call("exit_group", 0)
  planner.placeBlocks()
  return planner
}
