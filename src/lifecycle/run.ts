import { sys } from "../ffi/index.ts"
import { close } from "../host/file.ts"
import { waitForeground } from "../host/foreground.ts"
import { catchSignals, type SignalPipe } from "../host/signals.ts"
import { setSubreaper } from "../host/process.ts"
import { NR } from "../kernel/syscalls.ts"
import { blameOom } from "./blame-oom.ts"
import { phase, tracing } from "../trace.ts"
import { cgroupOf } from "./container.ts"
import { abandon, checkConsole } from "./create.ts"
import { loadBundle } from "./bundle.ts"
import { createContainer, type Created } from "./creation.ts"
import { destroy, loadMembers } from "./destroy.ts"
import { writePidFile } from "./pid-file.ts"
import { foregroundTerminal, receiveTerminal } from "./foreground-terminal.ts"
import type { GlobalOptions, RunRequest } from "./requests.ts"
import type { NotifyRelay } from "./notify.ts"
import { notifyRelay, poststart, startWith } from "./start.ts"

/** `run`: create and start in one call. @returns the exit code: the container's in the foreground, 0 if it goes on detached */
export async function run(globals: GlobalOptions, request: RunRequest): Promise<number> {
  const bundle = await loadBundle(request.bundle)
  checkConsole(bundle, request, request.detach)
  const foreground = !request.detach
  const terminal = foreground && bundle.spec.process?.terminal === true ? foregroundTerminal() : undefined
  if (foreground && !request.noSubreaper) setSubreaper(true)
  const created = await createContainer(globals, request, bundle, {
    startSocket: false,
    ...(terminal === undefined ? {} : { console: terminal[1] }),
  })
  await loadMembers(created.state)
  let master: number | undefined
  let started = created.state
  let signals: SignalPipe | undefined
  let relay: NotifyRelay | undefined
  try {
    // in the foreground the unit ends with this process, which has the exit code and deletes the container
    relay = await notifyRelay(created.container, created.state, foreground ? sys(NR.getpid) : created.state.pid)
    if (terminal !== undefined) master = receiveTerminal(terminal)
    blameOom(cgroupOf(created.state), () => created.launch.go())
    // from here on what comes for runts is for the program: it waits in the pipe until the program runs
    if (foreground) signals = catchSignals()
    started = await startWith(created.container, created.state, created.launch.pidfd, (handOver) => created.launch.start(() => {
      const { launch: { pid, pidfd, firstFd, socket }, state } = created
      handOver?.({ state, status: "created", pid, pidfd, first: firstFd, socket })
    }))
    phase("write down that it runs")
    created.container.writeState(started)
    writePidFile(request.pidFile, started.pid)
  } catch (error) {
    abandon(created)
    throw error
  }
  close(created.launch.socket)
  try {
    poststart(created.container, started)
  } finally {
    if (created.container.fd < 0) created.launch.kill()
  }
  tracing()?.done()
  if (!foreground) {
    created.container.close()
    relay?.wait(created.launch.pidfd)
    return 0
  }
  return await attend(created, request, master, signals, relay)
}

/** Exit codes above it are 128 + the signal that ended the program. */
const SIGNALLED = 128

/** Waits for the container in the foreground, then deletes it unless it is to be kept. */
async function attend(
  created: Created, request: RunRequest, master: number | undefined, signals: SignalPipe | undefined, relay: NotifyRelay | undefined,
): Promise<number> {
  const { container, launch } = created
  container.unlock()
  const { pid, pidfd } = launch
  const code = waitForeground({
    pid,
    pidfd,
    signals,
    relay,
    ...(master === undefined ? {} : { terminal: { master, stdin: 0, stdout: 1 } }),
  })
  launch.pid = 0
  if (code > SIGNALLED) {
    const { blameEnd } = await import("./blame-end.ts")
    blameEnd({ pid, code, cgroup: cgroupOf(created.state), filtered: created.state.seccomp !== undefined })
  }
  if (request.keep) {
    container.close()
    return code
  }
  // another command may have deleted it meanwhile
  container.lock("exclusive")
  if (!container.isRemoved()) destroy(container, { ...created.state, status: "stopped", pid: 0 })
  else container.close()
  return code
}

