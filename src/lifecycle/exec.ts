import { RuntsError, sysError } from "../error.ts"
import { ownCgroup, readMounted } from "../host/cgroup/layout.ts"
import { entryRecord, type CgroupRecord } from "../host/cgroup/manager.ts"
import { standardDescriptors } from "../host/fds.ts"
import { close, readFile, readText, tryOpenAt } from "../host/file.ts"
import { waitForeground } from "../host/foreground.ts"
import { catchSignals, type SignalPipe } from "../host/signals.ts"
import { connectUnixPath } from "../host/socket.ts"
import type { StoredState } from "../host/stored-state.ts"
import { ERRNO } from "../kernel/errno.ts"
import { AT_FDCWD, O_DIRECTORY, O_PATH } from "../kernel/fs.ts"
import { CLONE } from "../kernel/process.ts"
import { planExec } from "../plan/exec.ts"
import { UNIT_JOIN, type ExecFacts, type SeccompFacts } from "../plan/facts.ts"
import type { Process } from "../spec/types.gen.ts"
import { phase, tracing } from "../trace.ts"
import { suspectOom } from "./blame-oom.ts"
import { cgroupOf, initIsAlive, needCgroup, openInit, openWithState, statusOf } from "./container.ts"
import { divideLimits, scheduleFromOutside } from "./limits.ts"
import { processEnvironment } from "./environment.ts"
import { seeExecutable } from "./executable.ts"
import { execProcess } from "./exec-process.ts"
import { hostFacts } from "./host-facts.ts"
import { differingNamespaces } from "./hooks.ts"
import { processLabels } from "./labels.ts"
import { foregroundTerminal, receiveTerminal } from "./foreground-terminal.ts"
import { duplicate, Inherited } from "./inherited.ts"
import { joinRdt, loadRdt, rdtOf } from "./intel-rdt.ts"
import { Launch, loadServe, statusSocket } from "./launch.ts"
import { writePidFile } from "./pid-file.ts"
import type { ContainerStatus, ExecRequest, GlobalOptions } from "./requests.ts"
import { loadHandOver, seccompFacts } from "./stored-seccomp.ts"
import { systemdDriver } from "./systemd.ts"

/** `exec`: one more process in a running or created container. @returns the exit code: the process's in the foreground, else 0 */
export async function exec(globals: GlobalOptions, request: ExecRequest): Promise<number> {
  phase("open the container")
  const { container, state } = openWithState(globals, request.id, "none")
  let process: Process
  let seccomp: SeccompFacts | undefined
  let status: ContainerStatus
  try {
    status = statusOf(state)
    if (status === "paused" && !request.ignorePaused) {
      throw new RuntsError("cannot exec in a paused container (use --ignore-paused to override)", {
        code: "container-wrong-status",
      })
    }
    if (status === "stopped" || status === "creating") {
      throw new RuntsError(`cannot exec in a ${status} container`, { code: "container-not-running" })
    }
    const file = request.process === undefined ? undefined : readFile(request.process)
    try {
      process = execProcess(request, file, () => container.readConfigBytes(), state.settings)
      seccomp = seccompFacts(state.seccomp, () => container.readFilter())
    } catch (error) {
      // a `delete` at the same time takes its files away before the state that was read
      throw endedMeanwhile(error, state)
    }
  } finally {
    container.close()
  }
  checkConsole(process, request)
  const terminal = process.terminal === true && !request.detach ? foregroundTerminal() : undefined
  const handOver = await loadHandOver(state.seccomp)
  const pidfds = request.pidfdSocket === undefined ? undefined : await import("./pidfd-socket.ts")
  const receiver = request.pidfdSocket === undefined ? undefined : connectUnixPath(request.pidfdSocket)
  const pidfd = openInit(state)
  const see = () => ({ root: `/proc/${state.pid}/root`, bundle: state.bundle, mounts: [], process })
  const launch = await launchExec(request, process, { state, seccomp }, pidfd, terminal?.[1]).catch(async (error: unknown) => {
    throw await seeExecutable(endedMeanwhile(error, state), see)
  })
  close(pidfd)
  let master: number | undefined
  let signals: SignalPipe | undefined
  try {
    if (receiver !== undefined) pidfds?.sendPidfd([receiver], launch.pidfd, "setns")
    if (terminal !== undefined) master = receiveTerminal(terminal)
    const { pid } = launch
    // from here on what comes for runts is for the process: it waits in the pipe until the process runs
    if (!request.detach) signals = catchSignals()
    suspectOom(cgroupOf(state), () => launch.start(handOver && (() => {
      const { pid, pidfd, firstFd, socket } = launch
      handOver({ state, status, pid, pidfd, first: firstFd, socket })
    })))
    writePidFile(request.pidFile, pid)
  } catch (error) {
    launch.kill()
    throw await seeExecutable(error, see)
  }
  close(launch.socket)
  tracing()?.done()
  if (request.detach) return 0
  return waitForeground({
    pid: launch.pid,
    pidfd: launch.pidfd,
    signals,
    ...(master === undefined ? {} : { terminal: { master, stdin: 0, stdout: 1 } }),
  })
}

/** The container's init has ended: what its end breaks first says little. */
class InitEnded extends RuntsError {
  constructor() {
    super("cannot exec in a stopped container: its init ended meanwhile", { code: "container-not-running" })
  }
}

/** @returns the error itself where init goes on: one that is ending has a state still, but no namespaces */
function endedMeanwhile(error: unknown, state: StoredState): unknown {
  if (!initIsAlive(state)) return new InitEnded()
  const { errno, syscall } = error instanceof RuntsError ? error.details : {}
  return errno === ERRNO.ESRCH && syscall === "setns" ? new InitEnded() : error
}

/** The container's root. @throws InitEnded where init has let go of it already */
function openRoot(pid: number): number {
  const path = `/proc/${pid}/root`
  const fd = tryOpenAt(AT_FDCWD, path, O_PATH | O_DIRECTORY)
  if (fd >= 0) return fd
  if (fd === -ERRNO.ENOENT) throw new InitEnded()
  throw sysError(`open ${JSON.stringify(path)}`, -fd, { syscall: "openat" })
}

function checkConsole(process: Process, request: ExecRequest): void {
  if (process.terminal === true && request.detach && request.consoleSocket === undefined) {
    throw new RuntsError("cannot allocate tty if runts will detach without setting console socket", {
      code: "console-required", hint: "give --console-socket",
    })
  }
  if (request.consoleSocket !== undefined && !(process.terminal === true && request.detach)) {
    throw new RuntsError("cannot use console socket if runts will not detach or allocate tty", {
      code: "console-required", hint: "leave --console-socket out",
    })
  }
}

/** The container's cgroups, or those below them that --cgroup names. */
function joinedCgroups(record: CgroupRecord, wanted: readonly string[]): CgroupRecord {
  if (wanted.length === 0) return entryRecord(record)
  const paths: Record<string, string> = { ...record.paths }
  for (const item of wanted) {
    const colon = item.indexOf(":")
    const below = colon < 0 ? item : item.slice(colon + 1)
    const parts = below.split("/").filter((part) => part !== "" && part !== ".")
    if (parts.includes("..")) {
      throw new RuntsError(`--cgroup ${JSON.stringify(item)}: it must stay below the container's cgroup`, { code: "usage" })
    }
    const keys = colon < 0 ? Object.keys(paths) : Object.keys(paths).filter((key) => item.slice(0, colon).split(",").some((name) => key.split(",").includes(name)))
    if (keys.length === 0) {
      throw new RuntsError(`--cgroup ${JSON.stringify(item)}: the container has no cgroup with such a controller`, {
        code: "cgroup-controller-missing",
      })
    }
    for (const key of keys) paths[key] = [record.paths[key], ...parts].join("/")
  }
  return { ...record, paths }
}

/** The cgroups init is in now: where it moved, its first one may take no processes any more (v2, "no internal processes"). */
function currentCgroups(record: CgroupRecord, pid: number): CgroupRecord {
  const current = ownCgroup(pid)
  const paths: Record<string, string> = {}
  for (const { name, mount, root } of readMounted().controllers) {
    const path = current[name]
    if (path === undefined || record.mounts[name] !== mount) continue
    // where a part of the host's tree is mounted, /proc/PID/cgroup still shows whole paths, unless a cgroup namespace cuts them too
    const below = root !== "/" && (path === root || path.startsWith(root + "/")) ? path.slice(root.length) : path
    paths[name] = mount + below
  }
  return { ...record, paths }
}

/** What a process meets that joins a container of an ordinary user. */
function rootlessFacts({ pid }: StoredState, seccomp: SeccompFacts | undefined): Pick<ExecFacts, "traceable" | "deniesGroups"> {
  return {
    ...(readText(`/proc/${pid}/setgroups`).trim() === "deny" ? { deniesGroups: true } : {}),
    // the runtime takes the listener out of it
    ...(seccomp?.listener === true ? { traceable: true } : {}),
  }
}

/** The container that the process comes into. */
interface Joined {
  readonly state: StoredState
  readonly seccomp: SeccompFacts | undefined
}

async function launchExec(
  request: ExecRequest, process: Process, joined: Joined, pidfd: number, terminal: number | undefined,
): Promise<Launch> {
  const { state } = joined
  const record = cgroupOf(state)
  const cgroups = record === undefined && request.cgroup.length === 0 ? undefined
    : joinedCgroups(needCgroup(state, "below which --cgroup could name one"), request.cgroup)
  let console = terminal
  if (process.terminal === true) console ??= connectUnixPath(request.consoleSocket as string)
  // nothing is sent on the console's connection before the cgroup is joined: the next try goes on with it, as its listener takes only one
  const launch = (into: CgroupRecord | undefined, by: JoinBy): Promise<Launch> => launchOnce(request, process, joined, pidfd, console, into, by)
  const byFile = (): Promise<Launch> => launch(cgroups, "file").catch((error: unknown) => {
    if (record?.systemd?.user !== true || refusal(error, "write") !== ERRNO.EACCES) throw error
    return launch(request.cgroup.length > 0 ? cgroups : currentCgroups(record, state.pid), "systemd")
  })
  try {
    return await launch(cgroups, "clone").catch((error: unknown) => {
      const errno = refusal(error, "clone3")
      if (errno === ERRNO.EACCES) return byFile()
      if (errno !== ERRNO.EBUSY || record === undefined || request.cgroup.length > 0) throw error
      return launch(currentCgroups(record, state.pid), "clone")
    })
  } finally {
    if (console !== undefined) close(console)
  }
}

/**
 * How the process comes into the container's cgroup: born there; by writing to it with the runtime's rights, as who has joined the
 * container's user namespace may not enter a cgroup that was given to its user; or by asking the user's systemd, as from a login's cgroup
 * the user may not leave.
 */
type JoinBy = "clone" | "file" | "systemd"

function refusal(error: unknown, syscall: string): number | undefined {
  return error instanceof RuntsError && error.details.syscall === syscall ? error.details.errno : undefined
}

async function launchOnce(
  request: ExecRequest, process: Process, { state, seccomp }: Joined, pidfd: number, terminal: number | undefined, cgroups: CgroupRecord | undefined,
  by: JoinBy,
): Promise<Launch> {
  phase("open what the program is to inherit, and look at what it will meet")
  const labels = await processLabels(process)
  const inherited = new Inherited(request.preserveFds)
  const { ours, theirs } = statusSocket(inherited.least)
  try {
    const driver = by === "systemd" ? await systemdDriver() : undefined
    const cgroup = driver === undefined ? inherited.join(cgroups, true, by === "file") : UNIT_JOIN
    const console = terminal === undefined ? undefined : inherited.keep(duplicate(terminal))
    const flags = differingNamespaces(state.pid)
    const joinsUser = (flags & CLONE.NEWUSER) !== 0
    const limits = divideLimits(process, joinsUser)
    const host = hostFacts(state, joinsUser)
    const rootFd = openRoot(state.pid)
    const initFd = inherited.keep(duplicate(pidfd))
    let facts: ExecFacts
    try {
      facts = {
        ...host,
        ...(host.unprivileged === true ? rootlessFacts(state, seccomp) : {}),
        seccomp,
        id: request.id,
        settings: state.settings ?? {},
        noNewKeyring: state.noNewKeyring === true,
        channel: { status: theirs, start: undefined, console },
        cgroup,
        pidfd: initFd,
        namespaceFlags: flags,
        joinsUser,
        root: (flags & CLONE.NEWNS) === 0 ? inherited.keep(duplicate(rootFd)) : undefined,
        stdio: process.terminal === true ? [] : standardDescriptors(),
        preservedFds: inherited.preserved.length,
        limits: limits.own,
        env: processEnvironment(process.env ?? [], process.user.uid, rootFd, inherited.environment),
        labels,
      }
    } finally {
      close(rootFd)
    }
    phase("plan: make system calls of the config")
    const planner = planExec(process, facts)
    await loadServe(planner)
    const rdt = rdtOf(state)
    await loadRdt(rdt)
    const launch = new Launch(planner, ours, "the process")
    suspectOom(cgroups, () => launch.run(theirs, [theirs, ...inherited.all], {
      pid: (pid) => {
        // a child of this process has its class of service, not that of the container's init
        joinRdt(rdt, pid)
        limits.fromOutside(pid)
      },
      cgroup: (pid) => driver?.attachToUnit(cgroupOf(state) as CgroupRecord, cgroups as CgroupRecord, pid),
    }))
    if (joinsUser && host.unprivileged !== true) {
      await scheduleFromOutside(launch.pid, process).catch((error: unknown) => {
        launch.kill()
        throw error
      })
    }
    return launch
  } catch (error) {
    close(ours)
    throw error
  } finally {
    inherited.close()
  }
}
