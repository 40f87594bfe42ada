import { openLibrary } from "#ffi"

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
