import { RuntsError } from "../error.ts"
import { close } from "../host/file.ts"
import { connectUnixPath, sendFd } from "../host/socket.ts"
import { annotation } from "../spec/annotations.ts"
import type { Spec } from "../spec/types.gen.ts"

/** runc's words, sent beside the descriptor: it is a container's init, or a process that joins one. */
export type PidfdOf = "standard" | "setns"

/**
 * Connects to the sockets that are to receive init's pidfd: --pidfd-socket, and crun's annotation. Before there is a process, so that a
 * socket that nobody listens on fails the operation early.
 */
export function connectInitReceivers(spec: Spec, socket: string | undefined): number[] {
  const connections = socket === undefined ? [] : [connectUnixPath(socket)]
  const annotated = annotation(spec, "run.oci.pidfd_receiver")
  if (annotated === undefined) return connections
  try {
    return [...connections, connectUnixPath(annotated)]
  } catch (error) {
    connections.forEach(close)
    if (!(error instanceof RuntsError)) throw error
    throw new RuntsError(error.message, { ...error.details, pointer: "/annotations/run.oci.pidfd_receiver" })
  }
}

/** Sends each one message with one SCM_RIGHTS, as to a console socket, and hangs up: no answer is awaited. */
export function sendPidfd(connections: readonly number[], pidfd: number, of: PidfdOf): void {
  for (const connection of connections) {
    sendFd(connection, pidfd, Buffer.from(of))
    close(connection)
  }
}
