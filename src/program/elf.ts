import type { Architecture } from "../kernel/syscalls.ts"
import { EXECUTOR_OFFSET, TABLE_ADDRESS, TABLE_OFFSET, TEXT_ADDRESS, ZERO_ADDRESS } from "./layout.ts"

/** e_machine: EM_X86_64, EM_AARCH64. */
const MACHINE = { x64: 62, arm64: 183 } as const
const PT_LOAD = 1
const PT_GNU_STACK = 0x6474e551
const PF_X = 1
const PF_W = 2
const PF_R = 4
const SEGMENT_ALIGNMENT = 0x10000

/**
 * Writes the ELF header (64 bytes) and four program headers (56 bytes each) of a static ET_EXEC: elf(5). No sections, no
 * interpreter.
 * @param words the file as 32-bit words; numbers here need no more, so the upper halves stay zero
 * @param tableSize bytes of the rows' segment, which reaches to the end of the file
 * @param zeroSize bytes of zeroed memory
 */
export function writeElfHeaders(words: Int32Array, architecture: Architecture, tableSize: number, zeroSize: number): void {
  words[0] = 0x464c457f // "\x7fELF"
  words[1] = 0x00010102 // ELFCLASS64, ELFDATA2LSB, EV_CURRENT, ELFOSABI_SYSV
  words[4] = (MACHINE[architecture] << 16) | 2 // e_machine, e_type: ET_EXEC
  words[5] = 1 // e_version
  words[6] = TEXT_ADDRESS + EXECUTOR_OFFSET // e_entry
  words[8] = 64 // e_phoff
  words[13] = (56 << 16) | 64 // e_phentsize, e_ehsize
  words[14] = (64 << 16) | 4 // e_shentsize, e_phnum
  writeProgramHeader(words, 16, PT_LOAD, PF_R | PF_X, 0, TEXT_ADDRESS, TABLE_OFFSET, TABLE_OFFSET)
  writeProgramHeader(words, 30, PT_LOAD, PF_R | PF_W, TABLE_OFFSET, TABLE_ADDRESS, tableSize, tableSize)
  writeProgramHeader(words, 44, PT_LOAD, PF_R | PF_W, 0, ZERO_ADDRESS, 0, zeroSize)
  writeProgramHeader(words, 58, PT_GNU_STACK, PF_R | PF_W, 0, 0, 0, 0)
}

function writeProgramHeader(
  words: Int32Array, at: number, type: number, flags: number, offset: number, address: number, fileSize: number, memorySize: number,
): void {
  words[at] = type
  words[at + 1] = flags
  words[at + 2] = offset
  words[at + 4] = address // p_vaddr
  words[at + 6] = address // p_paddr
  words[at + 8] = fileSize
  words[at + 10] = memorySize
  words[at + 12] = SEGMENT_ALIGNMENT
}
