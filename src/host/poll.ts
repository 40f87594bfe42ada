import { sys } from "../ffi/index.ts"
import { sysError } from "../error.ts"
import { NR } from "../kernel/syscalls.ts"
import { ERRNO } from "../kernel/errno.ts"

export const POLLIN = 0x1
/** A control file of cgroupfs was changed by the kernel. */
export const POLLPRI = 0x2
export const POLLOUT = 0x4
export const POLLERR = 0x8
export const POLLHUP = 0x10

/** A descriptor and what is waited for; `ready` takes what happened (POLLERR and POLLHUP come unasked). */
export interface Interest {
  readonly fd: number
  readonly events: number
  ready: number
}

const POLLFD_BYTES = 8

/**
 * Waits until one of the descriptors is ready (ppoll(2)); EINTR is retried with the time that is left.
 * @param timeoutMs milliseconds; negative: no limit; 0: only looks
 * @returns how many are ready; 0 after the time has passed
 */
export function poll(interests: readonly Interest[], timeoutMs: number): number {
  const fds = Buffer.alloc(interests.length * POLLFD_BYTES + 16)
  for (let i = 0; i < interests.length; i++) {
    const interest = interests[i] as Interest
    fds.writeInt32LE(interest.fd, i * POLLFD_BYTES)
    fds.writeInt16LE(interest.events, i * POLLFD_BYTES + 4)
  }
  const time = fds.subarray(interests.length * POLLFD_BYTES)
  const deadline = timeoutMs < 0 ? 0 : performance.now() + timeoutMs
  let left = timeoutMs
  for (;;) {
    if (timeoutMs >= 0) {
      time.writeUInt32LE(Math.floor(left / 1000), 0)
      time.writeUInt32LE(Math.floor((left % 1000) * 1e6), 8)
    }
    const count = sys(NR.ppoll, fds, interests.length, timeoutMs < 0 ? 0 : time, 0, 0)
    if (count >= 0) {
      for (let i = 0; i < interests.length; i++) (interests[i] as Interest).ready = fds.readInt16LE(i * POLLFD_BYTES + 6)
      return count
    }
    if (count !== -ERRNO.EINTR) throw sysError("wait for processes and messages", -count, { syscall: "ppoll" })
    if (timeoutMs >= 0) left = Math.max(0, deadline - performance.now())
  }
}

/** Waits for one descriptor. @returns false after `timeoutMs` milliseconds (negative: no limit) */
export function pollOne(fd: number, events: number, timeoutMs: number): boolean {
  return poll([{ fd, events, ready: 0 }], timeoutMs) > 0
}

/** Does nothing for a while. */
export function sleep(timeoutMs: number): void {
  poll([], timeoutMs)
}
