import { RuntsError } from "../../error.ts"
import { close } from "../file.ts"
import { connectUnixPath } from "../socket.ts"

/** Whether somebody listens on a socket; nothing is said. */
export function canConnect(path: string): boolean {
  try {
    close(connectUnixPath(path))
    return true
  } catch (error) {
    if (error instanceof RuntsError) return false
    throw error
  }
}
