/*
 * What kernel and people take a file for by its first bytes: binfmt_script, binfmt_elf (elf(5)), and the formats of other systems.
 */

/** The bytes that are needed at most of a file's head: the kernel reads as many (BINPRM_BUF_SIZE), ELF's program headers may lie further. */
export const HEAD_BYTES = 4096

/** What a file is that execve(2) is given. */
export type ExecutableFormat =
  | { readonly kind: "empty" | "text" | "windows" | "macos" | "unknown" }
  /** `windows`: its first line ends as on Windows, so that the interpreter's name (or its argument) ends with a carriage return. */
  | { readonly kind: "script"; readonly interpreter: string; readonly windows: boolean }
  | { readonly kind: "elf"; readonly machine: number; readonly bits: 32 | 64; readonly littleEndian: boolean; readonly interpreter: Slice | undefined }

/** A piece of a file. */
export interface Slice {
  readonly offset: number
  readonly length: number
}

/** e_machine of elf(5), as uname -m calls the processor. */
export const MACHINES: Readonly<Record<number, string>> = {
  2: "sparc", 3: "i386", 4: "m68k", 8: "mips", 15: "parisc", 20: "powerpc", 21: "ppc64", 22: "s390x", 40: "arm", 43: "sparc64", 50: "ia64",
  62: "x86_64", 183: "aarch64", 243: "riscv", 247: "bpf", 258: "loongarch",
}

const PT_INTERP = 3
const PHDR_BYTES = { 32: 32, 64: 56 } as const
const SLICE_MAX = 4096

/** @param head the file's first {@link HEAD_BYTES}, or all of it */
export function executableFormat(head: Buffer): ExecutableFormat {
  if (head.length === 0) return { kind: "empty" }
  if (head.toString("latin1", 0, 2) === "#!") return script(head)
  if (head.length >= 52 && head.readUInt32BE(0) === 0x7f454c46) return elf(head)
  const magic = head.length < 4 ? 0 : head.readUInt32BE(0)
  if (head.toString("latin1", 0, 2) === "MZ") return { kind: "windows" }
  // Mach-O of 32 and 64 bits, either end first, and a file of several
  if ([0xfeedface, 0xfeedfacf, 0xcefaedfe, 0xcffaedfe, 0xcafebabe].includes(magic)) return { kind: "macos" }
  return { kind: head.includes(0) ? "unknown" : "text" }
}

function script(head: Buffer): ExecutableFormat {
  const end = head.indexOf(0x0a)
  const line = head.toString("utf8", 2, end < 0 ? head.length : end)
  const windows = line.endsWith("\r")
  const [interpreter = ""] = line.replace(/\r$/, "").trim().split(/[ \t]/)
  return { kind: "script", interpreter, windows }
}

function elf(head: Buffer): ExecutableFormat {
  const bits = head[4] === 1 ? 32 : 64
  const littleEndian = head[5] !== 2
  const u16 = (at: number): number => (littleEndian ? head.readUInt16LE(at) : head.readUInt16BE(at))
  const u32 = (at: number): number => (littleEndian ? head.readUInt32LE(at) : head.readUInt32BE(at))
  const word = (at: number): number => {
    if (bits === 32) return u32(at)
    return Number(littleEndian ? head.readBigUInt64LE(at) : head.readBigUInt64BE(at))
  }
  const common = { kind: "elf", machine: u16(18), bits, littleEndian } as const
  const headers = word(bits === 32 ? 28 : 32)
  const count = u16(bits === 32 ? 44 : 56)
  for (let i = 0; i < count; i++) {
    const at = headers + i * PHDR_BYTES[bits]
    if (at + PHDR_BYTES[bits] > head.length) break
    if (u32(at) !== PT_INTERP) continue
    const interpreter = { offset: word(at + (bits === 32 ? 4 : 8)), length: word(at + (bits === 32 ? 16 : 32)) }
    if (interpreter.length > 0 && interpreter.length <= SLICE_MAX) return { ...common, interpreter }
  }
  return { ...common, interpreter: undefined }
}
