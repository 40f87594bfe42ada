import { RuntsError, sysError } from "../error.ts"
import { sys } from "../ffi/index.ts"
import { close, listDir, tryReadLink } from "../host/file.ts"
import { POLLIN, pollOne, sleep } from "../host/poll.ts"
import { connectUnixPath, sendWithFd, trySend } from "../host/socket.ts"
import type { StoredState } from "../host/stored-state.ts"
import { AT_FDCWD } from "../kernel/fs.ts"
import { NR } from "../kernel/syscalls.ts"
import { OCI_VERSION } from "../spec/version.ts"
import { ociState } from "./oci-state.ts"
import type { ContainerStatus } from "./requests.ts"

/** What the kernel calls a listener's descriptor (kernel/seccomp.c, init_listener). */
const LISTENER_LINK = "anon_inode:seccomp notify"

/** How long a program may take from STARTED to its filter, in milliseconds. */
const LOAD_TIMEOUT_MS = 10_000
const LOAD_POLL_MS = 0.2

/** A program that has said STARTED and makes a listener next. */
export interface Notifying {
  /** The container's state; `pid` is its init's. */
  readonly state: StoredState
  readonly status: ContainerStatus
  /** Of the process that loads the filter. */
  readonly pid: number
  readonly pidfd: number
  /** The first descriptor that may be the listener; below are those that came from outside. */
  readonly first: number
  /** Where it says what fails, and waits for a byte. */
  readonly socket: number
}

/**
 * Takes the listener out of the process, sends it to the agent at listenerPath with the container process state
 * (config-linux.md, "The Container Process State"), and lets the process go on. Does nothing if that has something to say, which
 * is a failure, or has ended.
 * @throws RuntsError where the agent cannot be reached
 */
export function handListenerOver(notifying: Notifying): void {
  const { state, pidfd, socket } = notifying
  const listener = state.seccomp?.listener
  if (listener === undefined) return
  const number = awaitListener(notifying)
  if (number === undefined) return
  const fd = sys(NR.pidfd_getfd, pidfd, number, 0)
  if (fd < 0) {
    throw sysError(`take the seccomp listener of process ${notifying.pid}`, -fd, {
      code: "seccomp-failed", syscall: "pidfd_getfd",
    })
  }
  try {
    sendListener(listener.path, fd, Buffer.from(processState(notifying), "utf8"))
  } finally {
    close(fd)
  }
  // an agent may end the process as its first answer: then there is nobody to take it
  trySend(socket, new Uint8Array(1))
}

/** @returns the descriptor's number in the process; undefined where that has failed or ended */
function awaitListener({ pid, first, socket }: Notifying): number | undefined {
  const deadline = performance.now() + LOAD_TIMEOUT_MS
  for (;;) {
    const number = findListener(pid, first)
    if (number !== undefined) return number
    if (pollOne(socket, POLLIN, 0)) return undefined
    if (performance.now() > deadline) {
      throw new RuntsError(`process ${pid} has no seccomp listener after ${LOAD_TIMEOUT_MS / 1000} s`, { code: "seccomp-failed" })
    }
    sleep(LOAD_POLL_MS)
  }
}

function findListener(pid: number, first: number): number | undefined {
  const folder = `/proc/${pid}/fd`
  let names: string[]
  try {
    names = listDir(folder)
  } catch {
    // it has ended, which its socket tells too
    return undefined
  }
  const found = names.find((name) => Number(name) >= first && tryReadLink(AT_FDCWD, `${folder}/${name}`) === LISTENER_LINK)
  return found === undefined ? undefined : Number(found)
}

function processState({ state, status, pid }: Notifying): string {
  return JSON.stringify({
    ociVersion: OCI_VERSION,
    fds: ["seccompFd"],
    pid,
    metadata: state.seccomp?.listener?.metadata ?? "",
    state: ociState(state, status),
  })
}

/** One connection, one message (config-linux.md, listenerPath). */
function sendListener(path: string, fd: number, message: Uint8Array): void {
  try {
    const socket = connectUnixPath(path)
    try {
      sendWithFd(socket, fd, message)
    } finally {
      close(socket)
    }
  } catch (error) {
    if (!(error instanceof RuntsError)) throw error
    throw new RuntsError(`linux.seccomp.listenerPath: send the seccomp listener: ${error.message}`, {
      ...error.details, pointer: "/linux/seccomp/listenerPath", hint: "a seccomp agent must listen there when the container starts",
    })
  }
}
