/**
 * The one interface between TypeScript and the machine. Two backends implement it: `bun.ts` (bun:ffi, the
 * binary) and `node.ts` (ffi-napi and ref-napi, tests in-process). Both pass the same tests.
 */
export interface Native {
  /**
   * A raw system call (man syscall(2)). Arguments are integers up to 2^53 or negative ones; addresses come from `address`.
   * @returns the result as the kernel returns it: >= 0, or the negated errno
   */
  syscall(nr: number, a: number, b: number, c: number, d: number, e: number, f: number): number
  /** The address of the first byte of `bytes`. Valid while the caller holds `bytes`; the buffer must not be resized. */
  address(bytes: Uint8Array): number
  /** A copy of `length` bytes of this process's memory at `address`. */
  peek(address: number, length: number): Uint8Array
  /**
   * posix_spawn(3) without file actions and attributes: every descriptor that is not close-on-exec passes to the child.
   * @param path address of a C string
   * @param argv address of a NULL-terminated array of C string addresses
   * @param envp the same for the environment
   * @returns the pid, or the negated errno (execve's errors included)
   */
  spawn(path: number, argv: number, envp: number): number
}

/** C functions of a library with the number of their arguments and what they return (library.ts). */
export type Signatures = Readonly<Record<string, readonly [args: number, returns: "int" | "uint" | "address"]>>
