import { dlopen, linkSymbols, ptr, read, toArrayBuffer } from "bun:ffi"
import type { Pointer } from "bun:ffi"
import type { Native } from "./native.ts"
import { CODE_ADDRESS, DATA_ADDRESS, FUNCTIONS, RECORD_BYTES } from "../prelude/layout.ts"

/** Defined by the build for a binary with a prelude; a run from source has none. */
declare const RUNTS_PRELUDE: true | undefined

type Call = (...args: number[]) => number

/** FFIType.i64_fast: a result as a number where `i64` makes a BigInt. Arguments as `i64` are numbers exact up to 2^53. */
const FAST = 15
const LONGS = ["i64", "i64", "i64", "i64", "i64", "i64", "i64"] as const

let memory: Uint8Array | undefined

/** The prelude's record (prelude/layout.ts) as writable memory; undefined without a prelude. */
export function preludeRecord(): Uint8Array | undefined {
  if (typeof RUNTS_PRELUDE === "undefined") return undefined
  return (memory ??= new Uint8Array(toArrayBuffer(DATA_ADDRESS as Pointer, 0, RECORD_BYTES)))
}

/** The prelude's own functions: no library to load (0.1 ms), no second call for errno. */
function throughPrelude(): Pick<Native, "syscall" | "spawn"> {
  const symbols = linkSymbols({
    syscall: { ptr: (CODE_ADDRESS + FUNCTIONS.syscall) as Pointer, args: LONGS, returns: FAST },
    spawn: { ptr: (CODE_ADDRESS + FUNCTIONS.spawn) as Pointer, args: ["i64", "i64", "i64"], returns: FAST },
  }).symbols
  return { syscall: symbols.syscall as unknown as Call, spawn: symbols.spawn as unknown as Call }
}

function throughLibc(): Pick<Native, "syscall" | "spawn"> {
  const libc = dlopen("libc.so.6", {
    syscall: { args: LONGS, returns: FAST },
    __errno_location: { args: [], returns: "ptr" },
    posix_spawn: { args: ["i64", "i64", "i64", "i64", "i64", "i64"], returns: "i32" },
  }).symbols
  const syscall = libc.syscall as unknown as Call
  /** Where this thread keeps errno; constant for the thread. */
  let errno = 0
  return {
    syscall(nr, a, b, c, d, e, f) {
      const result = syscall(nr, a, b, c, d, e, f)
      if (result !== -1) return result
      if (errno === 0) errno = libc.__errno_location() as unknown as number
      return -read.i32(errno as Pointer, 0)
    },
    spawn(path, argv, envp) {
      const pid = new Int32Array(2)
      const error = libc.posix_spawn(ptr(pid), path, 0, 0, argv, envp)
      return error === 0 ? (pid[0] as number) : -error
    },
  }
}

const calls = typeof RUNTS_PRELUDE === "undefined" ? throughLibc() : throughPrelude()

/** `bun:ffi` as a {@link Native}: the binary, and runs from source. */
export const native: Native = {
  syscall: calls.syscall,
  spawn: calls.spawn,
  address: ptr as (bytes: Uint8Array) => number,
  peek(address, length) {
    if (length === 0) return new Uint8Array(0)
    return new Uint8Array(toArrayBuffer(address as Pointer, 0, length).slice(0))
  },
}
