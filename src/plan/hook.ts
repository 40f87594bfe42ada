import { MSG_DONTWAIT } from "../kernel/socket.ts"
import { CLONE, PR, RLIMITS } from "../kernel/process.ts"
import type { Process } from "../spec/types.gen.ts"
import { planCredentials } from "./credentials.ts"
import type { CgroupJoinFacts, HostFacts, LimitFacts } from "./facts.ts"
import { becomeRoot, cleanProcess, cloneInto, enterRoot, joinCgroups, undumpable } from "./launcher.ts"
import { planLabels, type ProcessLabels } from "./labels.ts"
import { MESSAGE, Planner } from "./planner.ts"
import { planKeyring, planLimits } from "./process.ts"
import { planOomScore } from "./scheduling.ts"
import { planSeccomp } from "./seccomp.ts"

/** A hook and what its process is given. Descriptor numbers are those that the program inherits, all above 2. */
export interface HookRequest {
  /** Absolute path of the executable. */
  readonly path: string
  /** argv, argv[0] included; not empty. */
  readonly args: readonly string[]
  readonly env: readonly string[]
  readonly cwd: string | undefined
  /** Becomes standard input. */
  readonly stdin: number
  /** Becomes standard output. */
  readonly stdout: number
  /** Becomes standard error; may be the same. */
  readonly stderr: number
  /** A SOCK_SEQPACKET socket; takes the pid of the hook where that is not the program's own, and failures. */
  readonly status: number
  /** RLIMIT_NOFILE of the caller; Infinity for RLIM_INFINITY. */
  readonly nofile: { readonly soft: number; readonly hard: number }
  /** Namespaces to join before: those of the process behind `pidfd` that `flags` (CLONE_NEW...) name. */
  readonly namespaces: { readonly pidfd: number; readonly flags: number } | undefined
  /** For a hook that the image brings: it is given what the container's process has and no more. */
  readonly confinement?: HookConfinement | undefined
  /** config.json pointer, as /hooks/prestart/0. */
  readonly pointer: string
}

/** What holds a process of the container beside its namespaces. */
export interface HookConfinement {
  readonly process: Process
  readonly facts: HostFacts
  readonly cgroup: CgroupJoinFacts
  readonly labels: ProcessLabels | undefined
  /** The container's root, where it has no mount namespace of its own. */
  readonly root: number | undefined
  /** The container, whose session keyring it joins; undefined: it keeps the runtime's (--no-new-keyring). */
  readonly keyring: string | undefined
  /** Resource limits that it sets itself, which it cannot in a user namespace. */
  readonly limits: readonly LimitFacts[]
}

const CLOSE_RANGE_CLOEXEC = 4
const SIGKILL = 9
const FD_MAX = 0xffffffff
const RLIM_INFINITY = 0xffffffffffffffffn

/**
 * The program that becomes a hook: joins the container's namespaces if asked, leads a session of its own (so that all of it can be
 * killed), has the caller's limits or those of who confines it, default signals and nothing open but 0, 1 and 2. The last step is execve.
 */
export function planHook(request: HookRequest): Planner {
  const planner = new Planner(request.status).at(request.pointer)
  const p = planner.program
  const { namespaces, confinement } = request
  // before: it could not open its own file any more
  if (confinement?.facts.unprivileged === true) planOomScore(planner, confinement.process)
  if (namespaces !== undefined) undumpable(planner)
  cleanProcess(planner)
  planLabels(planner, confinement?.labels)
  planner.at(request.pointer)
  if (namespaces !== undefined) enterNamespaces(planner, namespaces, confinement?.cgroup)
  p.call("setsid").says("lead a session")
  if (confinement !== undefined) enterRoot(planner, confinement.root)
  if (request.cwd !== undefined) p.call("chdir", request.cwd).says(`change to ${request.cwd}`)
  if (confinement === undefined) {
    const limit = (value: number): number | bigint => (value === Infinity ? RLIM_INFINITY : value)
    const nofile = p.words([limit(request.nofile.soft), limit(request.nofile.hard)])
    p.call("prlimit64", 0, RLIMITS.RLIMIT_NOFILE, nofile, 0).says("restore the caller's limit of open files")
  }
  if (confinement?.keyring !== undefined) planKeyring(planner, confinement.keyring, true)
  planner.at(request.pointer)
  p.call("dup3", request.stdin, 0, 0).says("standard input")
  p.call("dup3", request.stdout, 1, 0).says("standard output")
  p.call("dup3", request.stderr, 2, 0).says("standard error")
  p.call("close_range", 3, FD_MAX, CLOSE_RANGE_CLOEXEC).says("close all other descriptors at execve")
  if (confinement !== undefined) {
    planLimits(planner, confinement.limits)
    planCredentials(planner, confinement.process, confinement.facts)
  }
  // a change of user would clear it
  planner.at(request.pointer)
  p.call("prctl", PR.SET_PDEATHSIG, SIGKILL, 0, 0, 0).says("end with the runtime")
  // a runtime that died before that sends no signal, but has closed its end: 0 bytes then, EAGAIN while it lives
  const alive = p.label("the runtime lives")
  p.call("recvfrom", request.status, p.buffer(8), 1, MSG_DONTWAIT, 0, 0).on("EAGAIN", alive).orContinue().says("is the runtime there")
  p.call("exit_group", 1)
  p.here(alive)
  if (confinement?.facts.seccomp !== undefined) {
    planner.tell(MESSAGE.STARTED).says("report that the hook starts")
    planSeccomp(planner, confinement.process, confinement.facts, request.status)
    planner.at(request.pointer)
  }
  p.call("execve", request.path, p.stringArray(request.args), p.stringArray(request.env)).says(`execute ${request.path}`)
  planner.placeBlocks()
  return planner
}

type Namespaces = NonNullable<HookRequest["namespaces"]>

function enterNamespaces(planner: Planner, { pidfd, flags }: Namespaces, cgroup: CgroupJoinFacts | undefined): void {
  planner.program.call("setns", pidfd, flags).says("join the container's namespaces")
  undumpable(planner)
  // a pid namespace is entered by children only (pid_namespaces(7)), and a v2 cgroup best so: while it still is the host's user's to enter
  if ((flags & CLONE.NEWPID) !== 0 || cgroup !== undefined) cloneInto(planner, 0, cgroup ?? { intoCgroup: undefined, procs: [] })
  if (cgroup !== undefined) joinCgroups(planner, cgroup)
  if ((flags & CLONE.NEWUSER) !== 0) {
    becomeRoot(planner)
    undumpable(planner)
  }
  // what is set from outside is set before anything of the image is executed
  if (cgroup !== undefined) planner.awaitGo()
}
