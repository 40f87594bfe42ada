import { native, openLibrary } from "#ffi"

/** What a C function returns: `int` 32 bits with a sign, `uint` without one, `address` up to 53 bits. */
export type Result = "int" | "uint" | "address"

/** C functions by name. Arguments are integers and addresses (of `native.address`), as the processor's registers take them. */
export type Functions<Names extends string> = Readonly<Record<Names, (...args: number[]) => number>>

/**
 * Loads a shared library by its name, as dlopen(3) finds it; it stays loaded.
 * @param functions each with the number of its arguments and its result; none of them variadic
 * @returns undefined where there is no such library, or it lacks one of the functions; `why` is told the reason
 */
export function library<Names extends string>(
  soname: string, functions: Readonly<Record<Names, readonly [args: number, returns: Result]>>, why?: (reason: string) => void,
): Functions<Names> | undefined {
  try {
    return openLibrary(soname, functions) as Functions<Names>
  } catch (error) {
    why?.(error instanceof Error ? error.message : String(error))
    return undefined
  }
}

/** A C string; the caller holds the buffer for as long as its address is used. */
export function cString(text: string): Uint8Array {
  return Buffer.from(text + "\0", "utf8")
}

const PAGE_BYTES = 4096
const CHUNK_BYTES = 256

/** The C string at an address. */
export function stringAt(address: number): string {
  const parts: Uint8Array[] = []
  for (let at = address; ;) {
    // no read beyond the page that holds what was read last: the next one need not be there
    const length = Math.min(CHUNK_BYTES, PAGE_BYTES - at % PAGE_BYTES)
    const chunk = native.peek(at, length)
    const end = chunk.indexOf(0)
    parts.push(end < 0 ? chunk : chunk.subarray(0, end))
    if (end >= 0) return Buffer.concat(parts).toString("utf8")
    at += length
  }
}
