import { createRequire } from "node:module"
import type { Native, Signatures } from "./native.ts"

interface Callable {
  (...args: unknown[]): number | string
}
interface FfiNapi {
  Library(name: string | null, functions: Record<string, [string, string[]]>): unknown
  errno(): number
}
interface RefNapi {
  address(buffer: Uint8Array): number
  readPointer(source: Buffer, offset: number, length: number): Buffer
}

// CommonJS packages with native parts, which an ES module import would not find under every loader
const require = createRequire(import.meta.url)
const ffi = require("ffi-napi") as FfiNapi
const ref = require("ref-napi") as RefNapi

const long = "int64"
const libc = ffi.Library(null, {
  syscall: [long, [long, long, long, long, long, long, long]],
  posix_spawn: ["int", [long, long, long, long, long, long]],
}) as { syscall: Callable; posix_spawn: Callable }

/** A process without a prelude (see bun.ts). */
export function preludeRecord(): Uint8Array | undefined {
  return undefined
}

/** A shared library's functions, see library.ts. @throws where it cannot be loaded, or lacks a function */
export function openLibrary(soname: string, functions: Signatures): Record<string, (...args: number[]) => number> {
  const wanted: Record<string, [string, string[]]> = {}
  for (const name in functions) {
    const [args, returns] = functions[name] as Signatures[string]
    wanted[name] = [returns === "int" ? "int32" : returns === "uint" ? "uint32" : long, Array<string>(args).fill(long)]
  }
  const symbols = ffi.Library(soname, wanted) as Record<string, Callable>
  const calls: Record<string, (...args: number[]) => number> = {}
  // an int64 beyond 2^53 comes as a string
  for (const name in symbols) calls[name] = (...args) => Number((symbols[name] as Callable)(...args))
  return calls
}

/** ffi-napi and ref-napi as a {@link Native}: Node, for tests in-process, debuggers and coverage. */
export const native: Native = {
  syscall(nr, a, b, c, d, e, f) {
    // an int64 beyond 2^53 comes as a string
    const result = Number(libc.syscall(nr, a, b, c, d, e, f))
    return result === -1 ? -ffi.errno() : result
  },
  address(bytes) {
    return ref.address(bytes)
  },
  peek(address, length) {
    if (length === 0) return new Uint8Array(0)
    // ref makes a pointer only from 8 bytes of memory
    const cell = Buffer.alloc(8)
    cell.writeBigUInt64LE(BigInt(address))
    return new Uint8Array(ref.readPointer(cell, 0, length))
  },
  spawn(path, argv, envp) {
    const pid = Buffer.alloc(8)
    const error = Number(libc.posix_spawn(ref.address(pid), path, 0, 0, argv, envp))
    return error === 0 ? pid.readInt32LE(0) : -error
  },
}
