import { RuntsError } from "../error.ts"
import { close } from "../host/file.ts"
import { send, tryConnectUnix } from "../host/socket.ts"
import type { ContainerDir } from "../host/store.ts"
import type { StoredState } from "../host/stored-state.ts"
import { ERRNO, errnoText } from "../kernel/errno.ts"
import type { Process, Spec } from "../spec/types.gen.ts"
import { phase, tracing } from "../trace.ts"
import { cgroupOf, openInit, openWithState, statusOf } from "./container.ts"
import { destroy, killAndWait, loadMembers } from "./destroy.ts"
import { seeExecutable } from "./executable.ts"
import { loadHookRunner, runPoststartHooks, runStartContainerHooks } from "./hooks.ts"
import { blameOom } from "./blame-oom.ts"
import { processLabels } from "./labels.ts"
import type { NotifyRelay } from "./notify.ts"
import { notifySocket } from "./notify-socket.ts"
import { awaitStarted, DiedEarly, lastStepFailure, START_SOCKET } from "./outcome.ts"
import { loadRdt, rdtOf } from "./intel-rdt.ts"
import type { GlobalOptions } from "./requests.ts"
import { loadHandOver, seccompFacts, type HandOver } from "./stored-seccomp.ts"
import { thisWorker } from "./worker.ts"

const START_BYTE = 0x53

/** Why a container that is not `created` cannot be started, in the words that runc's users know. */
function refusal(status: string): RuntsError {
  if (status === "stopped") return new RuntsError("cannot start a container that has stopped", { code: "container-wrong-status" })
  if (status === "running") return new RuntsError("cannot start an already running container", { code: "container-wrong-status" })
  return new RuntsError(`cannot start a container in the ${status} state`, { code: "container-wrong-status" })
}

/** `start`: the user's program runs when it returns (runtime-spec runtime.md, "Lifecycle", steps 6 to 9). */
export async function start(globals: GlobalOptions, id: string): Promise<void> {
  phase("open the container and lock it")
  const { container, state } = openWithState(globals, id, "exclusive")
  tracing()?.container(container)
  const status = statusOf(state)
  if (status !== "created") {
    container.close()
    throw refusal(status)
  }
  await loadHookRunner(state.hooks)
  await loadRdt(rdtOf(state))
  await loadMembers(state)
  const pidfd = openInit(state)
  const relay = await notifyRelay(container, state, state.pid)
  const started = await startWith(container, state, pidfd, (handOver) => letGo(container, state, pidfd, handOver))
  phase("write down that it runs")
  container.writeState(started)
  poststart(container, started)
  tracing()?.done()
  container.close()
  // without the lock: the container may be killed and deleted meanwhile
  relay?.wait(pidfd)
  close(pidfd)
}

/**
 * What passes the container's READY=1 on, where its creator and this process have a NOTIFY_SOCKET.
 * @param mainPid who the service manager is to watch from then on
 */
export async function notifyRelay(container: ContainerDir, state: StoredState, mainPid: number): Promise<NotifyRelay | undefined> {
  const host = notifySocket()
  if (state.notify !== true || host === undefined) return undefined
  const { NotifyRelay } = await import("./notify.ts")
  return new NotifyRelay(container, host, mainPid)
}

/**
 * Runs startContainer hooks, then `go`. A hook that fails ends the container, which is destroyed.
 * @param go is given what to call when the last steps begin, where they make a seccomp listener
 */
export async function startWith(
  container: ContainerDir, state: StoredState, pidfd: number, go: (handOver: HandOver | undefined) => void,
): Promise<StoredState> {
  const handOver = await loadHandOver(state.seccomp)
  try {
    const hooked = (state.hooks?.startContainer?.length ?? 0) > 0
    // a hook or a seccomp agent may take for ever: `delete --force` then knows whom to end
    if (hooked || handOver !== undefined) container.writeState({ ...state, worker: thisWorker() })
    if (hooked) {
      const process = (await configOf(container)).process as Process
      const seccomp = seccompFacts(state.seccomp, () => container.readFilter())
      runStartContainerHooks(state, pidfd, { process, labels: await processLabels(process), seccomp, handOver })
    }
  } catch (error) {
    killAndWait(state)
    destroy(container, state)
    throw error
  }
  try {
    blameOom(cgroupOf(state), () => go(handOver))
  } catch (error) {
    throw await seeExecutable(error, async () => {
      const { mounts = [], process } = await configOf(container)
      return { root: state.rootfs, bundle: state.bundle, mounts, process: process as Process }
    })
  }
  return { ...state, status: "running" }
}

/** The config.json of `create`, which has refused one without a process. */
async function configOf(container: ContainerDir): Promise<Spec> {
  const bytes = container.readConfigBytes()
  const { loadSpec } = await import("../spec/load.ts")
  return loadSpec(bytes, "config.json")
}

/** poststart hooks; one that fails stops the container, which is destroyed (spec 1.3.0: "continue the lifecycle at step 12"). */
export function poststart(container: ContainerDir, state: StoredState): void {
  if ((state.hooks?.poststart?.length ?? 0) === 0) return
  try {
    container.writeState({ ...state, worker: thisWorker() })
    runPoststartHooks(state)
    container.writeState(state)
  } catch (error) {
    killAndWait(state)
    destroy(container, state)
    throw error
  }
}

/** Connects to the waiting init, tells it to go, and hears whether the user's program runs. */
function letGo(container: ContainerDir, state: StoredState, pidfd: number, handOver: HandOver | undefined): void {
  phase("tell the container's init to go on, and wait until the user's program runs")
  const connection = tryConnectUnix(container.fd, START_SOCKET)
  if (connection < 0) {
    throw new RuntsError(`the container's init does not wait for start any more: ${errnoText(-connection)}`, {
      code: "container-not-running", errno: -connection, syscall: "connect",
    })
  }
  try {
    send(connection, "the container's init", new Uint8Array([START_BYTE]))
    awaitStarted(connection, {
      who: "the container's init",
      exitStatus: () => undefined,
      failure: (index, value) => lastStepFailure(state.seccomp?.last, index, value),
      started: () => {
        try {
          handOver?.({ state, status: "created", pid: state.pid, pidfd, first: state.seccomp?.firstFd ?? 0, socket: connection })
        } catch (error) {
          // it waits for the listener's receipt and must not go on without
          killAndWait(state)
          throw error
        }
      },
    })
  } catch (error) {
    const errno = error instanceof RuntsError ? error.details.errno : undefined
    if (errno !== ERRNO.EPIPE && errno !== ERRNO.ECONNRESET) throw error
    throw new DiedEarly("the container's init ended before it could be started", { code: "init-died" })
  } finally {
    close(connection)
  }
}
