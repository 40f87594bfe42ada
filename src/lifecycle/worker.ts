import { close } from "../host/file.ts"
import { isAlive, pidfdOpen, pidfdSendSignal, processStartTime, waitPidfd } from "../host/process.ts"
import { sys } from "../ffi/index.ts"
import type { StoredState } from "../host/stored-state.ts"
import { NR } from "../kernel/syscalls.ts"

/**
 * The runts process that holds a container's lock for as long as hooks, or a seccomp agent, take. In state.json, so that `delete --force` can end one that
 * hangs, and so that a container whose creator was killed is known as such.
 */
export interface Worker {
  /** Host pid. */
  readonly pid: number
  /** Clock ticks after boot: with the pid it names the process. */
  readonly startTime: string
}

const SIGKILL = 9
/** A killed process ends when its current system call lets it, in milliseconds. */
const END_TIMEOUT_MS = 10_000

/** This process. */
export function thisWorker(): Worker {
  const pid = sys(NR.getpid)
  return { pid, startTime: processStartTime(pid) ?? "" }
}

/** Who works on the container by its state; undefined where nobody does. */
function workerOf(state: StoredState): Worker | undefined {
  const worker = state.worker as Partial<Worker> | undefined
  if (typeof worker?.pid !== "number" || worker.pid <= 1 || typeof worker.startTime !== "string") return undefined
  return worker as Worker
}

/** Whether the state names a worker that has ended without finishing. False where it names none. */
export function workerIsGone(state: StoredState): boolean {
  const worker = workerOf(state)
  return worker !== undefined && !isAlive(worker.pid, worker.startTime)
}

/** Kills the process that works on the container, if it still is that very one; its hook dies with it. */
export function endWorker(state: StoredState): void {
  const worker = workerOf(state)
  if (worker === undefined || worker.pid === sys(NR.getpid)) return
  const pidfd = pidfdOpen(worker.pid)
  if (pidfd === undefined) return
  try {
    // looked at while the descriptor is held: the pid cannot pass to another process between the look and the signal
    if (!isAlive(worker.pid, worker.startTime)) return
    pidfdSendSignal(pidfd, SIGKILL)
    waitPidfd(pidfd, END_TIMEOUT_MS)
  } finally {
    close(pidfd)
  }
}
