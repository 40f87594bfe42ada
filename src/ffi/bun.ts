import type { Pointer } from "bun:ffi"
import type { Native, Signatures } from "./native.ts"
import { CODE_ADDRESS, DATA_ADDRESS, FUNCTIONS, RECORD_BYTES } from "../prelude/layout.ts"

/** Defined by the build for a binary with a prelude; a run from source has none. */
declare const RUNTS_PRELUDE: true | undefined

type Call = (...args: number[]) => number

/**
 * The native part of `bun:ffi`. Importing the module itself costs 0.5 ms, for wrappers that are not needed here. It is not
 * documented, so if a later bun has it no more, the module serves.
 */
const ffi: typeof import("bun:ffi") = (Bun as unknown as { FFI?: typeof import("bun:ffi") }).FFI ?? require("bun:ffi")

/** FFIType.int64_t: takes numbers, exact up to 2^53. */
const LONG = 7
const LONGS = [LONG, LONG, LONG, LONG, LONG, LONG, LONG] as const
/** FFIType.i64_fast: a result as a number where `int64_t` makes a BigInt. */
const FAST = 15
/** FFIType.int32_t and FFIType.ptr. */
const INT = 5
const POINTER = 12

let memory: Uint8Array | undefined

/** The prelude's record (prelude/layout.ts) as writable memory; undefined without a prelude. */
export function preludeRecord(): Uint8Array | undefined {
  if (typeof RUNTS_PRELUDE === "undefined") return undefined
  return (memory ??= new Uint8Array(ffi.toArrayBuffer(DATA_ADDRESS as Pointer, 0, RECORD_BYTES)))
}

/** The prelude's own functions: no library to load (0.1 ms), no second call for errno. */
function throughPrelude(): Pick<Native, "syscall" | "spawn"> {
  const symbols = ffi.linkSymbols({
    syscall: { ptr: (CODE_ADDRESS + FUNCTIONS.syscall) as Pointer, args: LONGS, returns: FAST },
    spawn: { ptr: (CODE_ADDRESS + FUNCTIONS.spawn) as Pointer, args: [LONG, LONG, LONG], returns: FAST },
  }).symbols
  return { syscall: symbols.syscall as unknown as Call, spawn: symbols.spawn as unknown as Call }
}

function throughLibc(): Pick<Native, "syscall" | "spawn"> {
  const libc = ffi.dlopen("libc.so.6", {
    syscall: { args: LONGS, returns: FAST },
    __errno_location: { args: [], returns: POINTER },
    posix_spawn: { args: [LONG, LONG, LONG, LONG, LONG, LONG], returns: INT },
  }).symbols
  const syscall = libc.syscall as unknown as Call
  /** Where this thread keeps errno; constant for the thread. */
  let errno = 0
  return {
    syscall(nr, a, b, c, d, e, f) {
      const result = syscall(nr, a, b, c, d, e, f)
      if (result !== -1) return result
      if (errno === 0) errno = libc.__errno_location() as unknown as number
      return -ffi.read.i32(errno as Pointer, 0)
    },
    spawn(path, argv, envp) {
      const pid = new Int32Array(2)
      const error = libc.posix_spawn(ffi.ptr(pid), path, 0, 0, argv, envp)
      return error === 0 ? (pid[0] as number) : -error
    },
  }
}

/** FFIType.uint32_t. */
const UINT = 6

/** A shared library's functions, see library.ts. @throws where it cannot be loaded, or lacks a function */
export function openLibrary(soname: string, functions: Signatures): Record<string, Call> {
  const wanted: Record<string, { args: number[]; returns: number }> = {}
  for (const name in functions) {
    const [args, returns] = functions[name] as Signatures[string]
    wanted[name] = { args: Array<number>(args).fill(LONG), returns: returns === "int" ? INT : returns === "uint" ? UINT : FAST }
  }
  const opened: unknown = ffi.dlopen(soname, wanted)
  // the native part returns errors where the module throws them
  if (opened instanceof Error) throw opened
  return (opened as { symbols: Record<string, Call> }).symbols
}

const calls = typeof RUNTS_PRELUDE === "undefined" ? throughLibc() : throughPrelude()

/** `bun:ffi` as a {@link Native}: the binary, and runs from source. */
export const native: Native = {
  syscall: calls.syscall,
  spawn: calls.spawn,
  address: ffi.ptr as (bytes: Uint8Array) => number,
  peek(address, length) {
    if (length === 0) return new Uint8Array(0)
    return new Uint8Array(ffi.toArrayBuffer(address as Pointer, 0, length).slice(0))
  },
}
