import { RuntsError } from "../error.ts"
import { readLayout } from "../host/cgroup/layout.ts"
import { cgroupPaths } from "../host/cgroup/paths.ts"
import type { CgroupRecord } from "../host/cgroup/record.ts"
import { standardDescriptors } from "../host/fds.ts"
import { close, open, readFile } from "../host/file.ts"
import type { StoredSettings, StoredState } from "../host/stored-state.ts"
import { O_DIRECTORY, O_PATH } from "../kernel/fs.ts"
import { isUnprivileged } from "../host/privilege.ts"
import { CLONE, NAMESPACES, type NamespaceType } from "../kernel/process.ts"
import { loadBundle } from "../lifecycle/bundle.ts"
import { cgroupOf, openWithState, statusOf } from "../lifecycle/container.ts"
import { processEnvironment } from "../lifecycle/environment.ts"
import { execProcess } from "../lifecycle/exec-process.ts"
import { rootfsPath } from "../lifecycle/facts.ts"
import { differingNamespaces } from "../lifecycle/hooks.ts"
import { divideLimits } from "../lifecycle/limits.ts"
import type { GlobalOptions } from "../lifecycle/requests.ts"
import { seccompFacts } from "../lifecycle/stored-seccomp.ts"
import { planExec } from "../plan/exec.ts"
import type { ExecFacts, SeccompFacts } from "../plan/facts.ts"
import { loadSpec } from "../spec/load.ts"
import type { Process, Spec } from "../spec/types.gen.ts"
import { Descriptors, foreseeHost, foreseeJoin, foreseeLabels, foreseeSeccomp, isRoot, Notes } from "./foresee.ts"
import type { Explained } from "./explain.ts"
import { planDecoder, programLines, type Explanation, type Line } from "./model.ts"
import { limitsFromOutside, runtimeLine } from "./runtime.ts"
import { summaryOf } from "./summary.ts"

/** What `explain exec` is asked for. */
export interface ExecQuestion {
  /** The container; "" to go by a bundle. */
  readonly id: string
  /** Its folder, where there is no container. */
  readonly bundle: string
  readonly args: readonly string[]
  /** --process */
  readonly process: string | undefined
}

/** The container that the process would come into. */
interface Target {
  readonly id: string
  readonly spec: Spec
  readonly bundle: string
  readonly rootfs: string
  readonly settings: StoredSettings
  readonly record: CgroupRecord | undefined
  /** Clone flags of the namespaces that it has of its own. */
  readonly flags: number
  /** Where its root can be looked into; undefined: nowhere. */
  readonly root: string | undefined
  readonly seccomp: SeccompFacts | undefined
  readonly noNewKeyring: boolean
}

/** What `exec` would do. Nothing is made or changed. */
export async function explainExec(globals: GlobalOptions, question: ExecQuestion): Promise<Explained> {
  const notes = new Notes()
  const target = question.id === "" ? await bundleTarget(question, notes) : containerTarget(globals, question.id, notes)
  const rootless = isUnprivileged() && (target.flags & CLONE.NEWUSER) !== 0
  if (!isRoot() && !rootless) notes.assume("runts is run by root, with all capabilities")
  const process = processOf(question, target)
  const descriptors = new Descriptors(0, false)
  const facts = await foreseeExec(target, process, descriptors, notes)
  const planner = planExec(process, facts)
  for (const warning of planner.warnings) notes.warn(warning)
  const lines = interleave(programLines(planner, planDecoder(descriptors.names), "process"), question, process, target, facts)
  const explanation: Explanation = { subject: "exec", id: question.id, bundle: target.bundle, lines, notes: notes.list }
  const spec: Spec = { ...target.spec, process }
  return { explanation, summary: summaryOf({ spec, facts: { ...facts, rootfs: target.rootfs }, record: target.record },
    facts.namespaceFlags) }
}

function containerTarget(globals: GlobalOptions, id: string, notes: Notes): Target {
  const { container, state } = openWithState(globals, id, "none")
  try {
    const status = statusOf(state)
    const alive = status !== "stopped" && status !== "creating"
    if (!alive) notes.problem(`cannot exec in a ${status} container`)
    if (status === "paused") notes.problem("cannot exec in a paused container (use --ignore-paused to override)")
    const spec = loadSpec(container.readConfigBytes(), "config.json")
    return {
      id, spec, bundle: state.bundle, rootfs: state.rootfs, settings: state.settings ?? {}, record: cgroupOf(state),
      flags: alive ? notes.try(() => differingNamespaces(state.pid), flagsOf(spec)) : flagsOf(spec),
      root: alive ? `/proc/${state.pid}/root` : state.rootfs,
      seccomp: seccompFacts(state.seccomp, () => container.readFilter()),
      noNewKeyring: (state as StoredState & { noNewKeyring?: boolean }).noNewKeyring === true,
    }
  } finally {
    container.close()
  }
}

async function bundleTarget(question: ExecQuestion, notes: Notes): Promise<Target> {
  const { bundle, spec } = await loadBundle(question.bundle, (error) => notes.unfit(error))
  const found = notes.try(() => rootfsPath(spec, bundle), undefined, "/root/path")
  const { apparmorProfile, selinuxLabel } = spec.process ?? {}
  const { personality, memoryPolicy } = spec.linux ?? {}
  return {
    id: "ID", spec, bundle, rootfs: found ?? spec.root?.path ?? "", flags: flagsOf(spec), root: found, noNewKeyring: false,
    settings: {
      ...(apparmorProfile ? { apparmorProfile } : {}), ...(selinuxLabel ? { selinuxLabel } : {}),
      ...(personality === undefined ? {} : { personality }), ...(memoryPolicy === undefined ? {} : { memoryPolicy }),
    },
    record: cgroupPaths(readLayout(), spec.linux?.cgroupsPath, "ID"),
    seccomp: await foreseeSeccomp(spec, notes),
  }
}

/** Of a container that cannot be looked at: all namespaces that its config names are its own. */
function flagsOf(spec: Spec): number {
  return (spec.linux?.namespaces ?? []).reduce((sum, { type }) => sum + NAMESPACES[type as NamespaceType].flag, 0)
}

function processOf(question: ExecQuestion, target: Target): Process {
  const file = question.process === undefined ? undefined : readFile(question.process)
  if (file === undefined && question.args.length === 0) {
    throw new RuntsError("explain exec: no command given",
      { code: "usage", hint: "put it behind --, or name a JSON file with --process" })
  }
  const request = {
    id: target.id, process: question.process, args: question.args, cwd: undefined, env: [], tty: false, user: undefined,
      additionalGids: [],
    consoleSocket: undefined, pidFile: undefined, pidfdSocket: undefined, detach: false, processLabel: undefined,
      apparmor: undefined,
    noNewPrivs: false, capabilities: [], preserveFds: 0, cgroup: [], ignorePaused: false, trace: undefined,
  }
  return execProcess(request, file, () => new TextEncoder().encode(JSON.stringify(target.spec)), target.settings)
}

async function foreseeExec(target: Target, process: Process, descriptors: Descriptors, notes: Notes): Promise<ExecFacts> {
  const { spec, flags, root } = target
  const joinsUser = (flags & CLONE.NEWUSER) !== 0
  const rootFd = root === undefined ? -1 : notes.try(() => open(root, O_PATH | O_DIRECTORY), -1)
  try {
    return {
      ...foreseeHost(spec, joinsUser),
      seccomp: target.seccomp,
      id: target.id,
      settings: target.settings,
      noNewKeyring: target.noNewKeyring,
      channel: {
        status: descriptors.keep("status socket"), start: undefined,
        console: process.terminal === true ? descriptors.keep("console socket") : undefined,
      },
      cgroup: target.record === undefined ? { intoCgroup: undefined, procs: [] } : foreseeJoin(target.record, descriptors),
      pidfd: descriptors.keep("pidfd of init"),
      namespaceFlags: flags,
      joinsUser,
      root: (flags & CLONE.NEWNS) === 0 ? descriptors.keep("the container's root") : undefined,
      stdio: process.terminal === true ? [] : standardDescriptors(),
      preservedFds: 0,
      limits: divideLimits(process, joinsUser).own,
      env: processEnvironment(process.env ?? [], process.user.uid, rootFd, []),
      labels: await foreseeLabels(process, undefined, notes),
    }
  } finally {
    if (rootFd >= 0) close(rootFd)
  }
}

/** What runts does around the program of an exec, as in lifecycle/exec.ts. */
function interleave(program: readonly Line[], question: ExecQuestion, process: Process, target: Target,
  facts: ExecFacts): Line[] {
  const from = question.process === undefined ? "take its settings from the container's config.json" : `read the process from ${question.process}`
  const lines = [
    runtimeLine("preparation", "look at the container's state: its process must run",
      `openat(AT_FDCWD, ".../${target.id}/state.json", O_RDONLY|O_CLOEXEC)`),
    runtimeLine("preparation", from,
      `openat(AT_FDCWD, ${JSON.stringify(question.process ?? `.../${target.id}/config.json`)}, O_RDONLY|O_CLOEXEC)`),
    runtimeLine("preparation", "hold the container's process, whatever becomes of its number", "pidfd_open(PID, 0)"),
    runtimeLine("preparation", "a pair of sockets for the talk with the new process",
      "socketpair(AF_UNIX, SOCK_SEQPACKET|SOCK_CLOEXEC, 0)"),
    ...(target.record === undefined ? [] : Object.values(target.record.paths).map((path) =>
      runtimeLine("cgroups", "open the container's cgroup", `openat2(<${path}>, ..., O_CLOEXEC)`, "/linux/cgroupsPath"))),
    runtimeLine("preparation", "compile all this to a program, in a file in memory that nobody can change any more",
      `memfd_create("runts", MFD_CLOEXEC|MFD_ALLOW_SEALING); write(...); fcntl(F_ADD_SEALS, ...)`),
    runtimeLine("preparation", "start it: the launcher", "vfork(); execve(</memfd:runts>, ...)"),
  ]
  for (const line of program) {
    lines.push(line)
    if (line.condition !== undefined || !line.call.startsWith("sendto(")) continue
    if (line.call.includes("{kind=PID")) lines.push(...limitsFromOutside(process, facts.joinsUser, facts.unprivileged === true))
    if (line.call.includes("{kind=READY")) lines.push(runtimeLine("process", "let it go on to its program",
      `sendto(<status socket>, "\\0", 1, MSG_NOSIGNAL, NULL, 0)`))
  }
  return lines
}
