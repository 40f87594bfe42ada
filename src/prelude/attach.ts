import { RuntsError } from "../error.ts"
import { CODE_ADDRESS, DATA_ADDRESS, FUNCTIONS } from "./layout.ts"

/*
 * Makes an ELF executable begin with the prelude (build time). The executable's PT_NOTE header, which nothing reads at run
 * time, becomes a PT_LOAD for code appended to the file. It is the last in the table and the highest in memory, so that the
 * PT_LOAD headers stay in ascending order as the ELF specification demands.
 */

const PAGE_BYTES = 4096
const PT_LOAD = 1
const PT_NOTE = 4
const PF_WRITE = 2
const PF_READ_EXECUTE = 5
const ET_EXEC = 2

// Elf64_Ehdr and Elf64_Phdr: offsets of the fields used (elf(5))
const EHDR = { type: 16, entry: 24, phoff: 32, phentsize: 54, phnum: 56, bytes: 64 } as const
const PHDR = { type: 0, flags: 4, offset: 8, vaddr: 16, paddr: 24, filesz: 32, memsz: 40, align: 48, bytes: 56 } as const

/** What to write into the executable. */
export interface Attachment {
  /** Replaces the file's beginning. */
  readonly header: Uint8Array
  /** The prelude's code ... */
  readonly code: Uint8Array
  /** ... and where in the file it goes: its end, rounded up to a page. */
  readonly codeOffset: number
}

/**
 * @param start the file's first bytes, program headers included (4096 are enough)
 * @param fileBytes the file's size
 * @param emit makes the code from the address that it shall go on to, and the addresses of what is never written: [first, behind the last]
 * @throws RuntsError if the executable is not as expected: a fixed-address ELF with a PT_NOTE after the last PT_LOAD
 */
export function attachPrelude(start: Uint8Array, fileBytes: number, emit: (entry: number, engine: readonly [number, number]) => Uint8Array): Attachment {
  const header = start.slice()
  const view = new DataView(header.buffer)
  const word = (at: number): number => Number(view.getBigUint64(at, true))
  if (view.getUint32(0) !== 0x7f454c46) throw unexpected("it is no ELF file")
  if (view.getUint16(EHDR.type, true) !== ET_EXEC) throw unexpected("it is not linked to a fixed address")
  const table = word(EHDR.phoff)
  const count = view.getUint16(EHDR.phnum, true)
  if (view.getUint16(EHDR.phentsize, true) !== PHDR.bytes || table + count * PHDR.bytes > header.length) {
    throw unexpected("its program headers are not at the beginning")
  }
  let note = -1
  let first = Infinity
  let last = 0
  for (let i = 0; i < count; i++) {
    const at = table + i * PHDR.bytes
    const type = view.getUint32(at + PHDR.type, true)
    if (type === PT_NOTE) note = at
    if (type !== PT_LOAD) continue
    note = -1
    const end = word(at + PHDR.vaddr) + word(at + PHDR.memsz)
    if ((view.getUint32(at + PHDR.flags, true) & PF_WRITE) === 0) {
      first = Math.min(first, word(at + PHDR.vaddr))
      last = Math.max(last, end)
    }
    if (end > DATA_ADDRESS) throw unexpected(`it reaches up to address 0x${end.toString(16)}, where the prelude lies`)
  }
  if (note < 0) throw unexpected("it has no PT_NOTE after its last PT_LOAD")
  const code = emit(word(EHDR.entry), [first - (first % PAGE_BYTES), last])
  const codeOffset = Math.ceil(fileBytes / PAGE_BYTES) * PAGE_BYTES
  view.setUint32(note + PHDR.type, PT_LOAD, true)
  view.setUint32(note + PHDR.flags, PF_READ_EXECUTE, true)
  const set = (field: number, value: number): void => view.setBigUint64(note + field, BigInt(value), true)
  set(PHDR.offset, codeOffset)
  set(PHDR.vaddr, CODE_ADDRESS)
  set(PHDR.paddr, CODE_ADDRESS)
  set(PHDR.filesz, code.length)
  set(PHDR.memsz, code.length)
  set(PHDR.align, PAGE_BYTES)
  view.setBigUint64(EHDR.entry, BigInt(CODE_ADDRESS + FUNCTIONS.entry), true)
  return { header, code, codeOffset }
}

function unexpected(why: string): RuntsError {
  return new RuntsError(`cannot put the prelude into the executable: ${why}`, {
    code: "internal", hint: "has the version of bun changed?",
  })
}
