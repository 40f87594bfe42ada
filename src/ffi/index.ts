import { native, preludeRecord } from "#ffi"

export { native, preludeRecord }

/** An argument of a system call: an integer, a C string, or a buffer whose address is passed. */
export type SysArg = number | string | Uint8Array

/**
 * C strings of one system call live in this arena, which is filled anew at every call, so that a string costs no
 * allocation and no look-up of an address.
 */
const ARENA_BYTES = 32768
const arena = Buffer.allocUnsafeSlow(ARENA_BYTES)
const arenaAddress = native.address(arena)
let arenaUsed = 0

function lower(arg: SysArg | undefined): number {
  if (typeof arg === "number") return arg
  if (arg === undefined) return 0
  if (typeof arg !== "string") return native.address(arg)
  const start = arenaUsed
  if (arg.includes("\0")) return -1 // an address the kernel answers with EFAULT; callers check config strings earlier
  // 3 bytes at most for a UTF-16 unit; a longer string gets an arena of its own, kept alive by `long`
  if (arg.length * 3 + 1 > ARENA_BYTES - start) return lowerLong(arg)
  const end = start + arena.write(arg, start, "utf8")
  arena[end] = 0
  arenaUsed = end + 1
  return arenaAddress + start
}

const long: Uint8Array[] = []
function lowerLong(text: string): number {
  const bytes = Buffer.from(text + "\0", "utf8")
  long.push(bytes)
  if (long.length > 6) long.shift()
  return native.address(bytes)
}

/**
 * A system call with strings and buffers as arguments. Never throws.
 * @param nr the system call's number on this architecture (kernel/syscalls.ts)
 * @returns >= 0, or the negated errno
 */
export function sys(nr: number, a?: SysArg, b?: SysArg, c?: SysArg, d?: SysArg, e?: SysArg, f?: SysArg): number {
  arenaUsed = 0
  return native.syscall(nr, lower(a), lower(b), lower(c), lower(d), lower(e), lower(f))
}
