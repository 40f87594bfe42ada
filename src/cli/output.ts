import { sys } from "../ffi/index.ts"
import { sysError } from "../error.ts"
import { ERRNO } from "../kernel/errno.ts"
import { NR } from "../kernel/syscalls.ts"

export const STDOUT = 1
export const STDERR = 2

const POLLOUT = 4

/**
 * Writes all of a text, by raw write(2): the engine's own streams take 15 ms to set up. Waits where the descriptor is
 * non-blocking and full.
 * @returns 0, or the negated errno; a reader that went away (EPIPE) is no error
 */
export function write(fd: number, text: string): number {
  let rest: Uint8Array = Buffer.from(text, "utf8")
  while (rest.length > 0) {
    const n = sys(NR.write, fd, rest, rest.length)
    if (n >= 0) rest = rest.subarray(n)
    else if (n === -ERRNO.EAGAIN) waitWritable(fd)
    else if (n === -ERRNO.EPIPE) return 0
    else if (n !== -ERRNO.EINTR) return n
  }
  return 0
}

function waitWritable(fd: number): void {
  // struct pollfd {int fd; short events; short revents}
  const poll = Buffer.alloc(8)
  poll.writeInt32LE(fd, 0)
  poll.writeInt16LE(POLLOUT, 4)
  sys(NR.ppoll, poll, 1, 0, 0, 0)
}

/** Writes to stdout; throws where the text cannot be written (a full disk). */
export function print(text: string): void {
  const result = write(STDOUT, text)
  if (result < 0) throw sysError("write to stdout", -result, { syscall: "write" })
}

/** Ends the process at once, without the engine's tear-down. */
export function exit(code: number): never {
  sys(NR.exit_group, code)
  throw new Error("exit_group returned")
}
