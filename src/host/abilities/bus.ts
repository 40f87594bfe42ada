import { ERRNO } from "../../kernel/errno.ts"
import { sleep } from "../poll.ts"
import { knock } from "../socket.ts"

/** How often a bus that does not accept is asked, and how long it is left alone between, in milliseconds. */
const TRIES = 10
const PAUSE_MS = 50

/** Whether somebody listens on a socket and accepts, before long; nothing is said. */
export function canConnect(path: string): boolean {
  for (let left = TRIES; ; left--) {
    const result = knock(path)
    if (result !== -ERRNO.EAGAIN || left === 1) return result === 0
    sleep(PAUSE_MS)
  }
}
