import { RuntsError } from "../error.ts"
import { close } from "../host/file.ts"
import { recvFd, socketpair } from "../host/socket.ts"
import { callerTerminal, copyWindowSize } from "../host/terminal.ts"

/** Init sends its terminal while it is being created: later there is none. */
const TIMEOUT_MS = 10_000

/** The sockets over which a terminal's master comes to this process: ours, and the one that init gets. */
export function foregroundTerminal(): [ours: number, theirs: number] {
  if (callerTerminal() === undefined) {
    throw new RuntsError("provided file is not a console: the container's terminal needs one to be shown on", {
      code: "console-required",
      pointer: "/process/terminal", hint: "run it from a terminal, or detached with --console-socket, or set process.terminal to false",
    })
  }
  return socketpair()
}

/** Takes the master, with the size of the caller's terminal before the first program looks at it. */
export function receiveTerminal([ours]: readonly [ours: number, theirs: number]): number {
  const { fd } = recvFd(ours, TIMEOUT_MS)
  close(ours)
  copyWindowSize(fd)
  return fd
}
