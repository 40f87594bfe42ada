import type { Architecture } from "../kernel/syscalls.ts"
import { writeElfHeaders } from "./elf.ts"
import { EXECUTORS } from "./executor-bytes.ts"
import {
  EXECUTOR_OFFSET, HEAD_SIZE, REPORT_FAILED, ROWS_ADDRESS, ROW_SIZE, TABLE_ADDRESS, TABLE_OFFSET, ZERO_ADDRESS,
} from "./layout.ts"
import { type Datum, Pointer, type Program } from "./program.ts"
import { encodeRows, placed, writeWord } from "./rows.ts"

/** An executable file. */
export interface Image {
  readonly bytes: Uint8Array
  readonly architecture: Architecture
}

export interface AssembleOptions {
  readonly architecture: Architecture
  /** 8 bytes that hold the descriptor to which a failing step is reported; steps may change it. */
  readonly statusCell: Datum
}

/**
 * Lays a program out in memory and makes it an executable: executor, rows, data. Sets `address` of every datum. After its last
 * step the program ends with exit code 0.
 * @throws Error for a mistake in the program's making: a label never placed, a datum of another program, more than 6 arguments
 */
export function assemble(program: Program, options: AssembleOptions): Image {
  const { architecture, statusCell } = options
  const rowCount = program.steps.length + 1
  const zeroSize = placeZeros(program)
  const textsAddress = placeBlocks(program, ROWS_ADDRESS + rowCount * ROW_SIZE)
  const texts: string[] = []
  const branchesAddress = (placeTexts(program, textsAddress, texts) + 7) & -8
  const rows = new Int32Array(rowCount * (ROW_SIZE / 4))
  const branches = encodeRows(program, architecture, rows, branchesAddress)

  const tableSize = branchesAddress + branches.length * 4 - TABLE_ADDRESS
  if (TABLE_ADDRESS + tableSize > ZERO_ADDRESS) {
    throw new Error(`the program takes ${tableSize} bytes, more than fit below its zeroed memory`)
  }
  if (statusCell.placedIn !== program) throw new Error("the status cell belongs to another program")
  const bytes = Buffer.alloc(TABLE_OFFSET + tableSize) // never of Node's pool, so its first byte is aligned
  const words = new Int32Array(bytes.buffer, 0, bytes.length / 4)
  writeElfHeaders(words, architecture, tableSize, zeroSize)
  bytes.write(EXECUTORS[architecture], EXECUTOR_OFFSET, "base64")
  words[TABLE_OFFSET / 4] = statusCell.address
  words[TABLE_OFFSET / 4 + 2] = REPORT_FAILED
  words.set(rows, (TABLE_OFFSET + HEAD_SIZE) / 4)
  writeBlocks(program, bytes, words)
  bytes.write(texts.join("\0"), fileOffset(textsAddress), "utf8")
  words.set(branches, fileOffset(branchesAddress) / 4)
  return { bytes, architecture }
}

const fileOffset = (address: number): number => address - TABLE_ADDRESS + TABLE_OFFSET

/** Addresses of zeroed memory. Returns its size. */
function placeZeros(program: Program): number {
  let address = ZERO_ADDRESS
  for (const zero of program.zeros) {
    address = (address + zero.align - 1) & -zero.align
    zero.address = address
    zero.placedIn = program
    address += zero.size
  }
  return address - ZERO_ADDRESS
}

/** Addresses of memory with bytes in it, and of arrays. Returns the first address behind. */
function placeBlocks(program: Program, start: number): number {
  let address = start
  for (const block of program.blocks) {
    address = (address + block.align - 1) & -block.align
    block.address = address
    block.placedIn = program
    address += block.size
  }
  address = (address + 7) & -8
  for (const array of program.arrays) {
    array.address = address
    array.placedIn = program
    address += array.size
  }
  return address
}

/** Addresses of C strings; `texts` takes them in the order in which they lie. Returns the first address behind. */
function placeTexts(program: Program, start: number, texts: string[]): number {
  let address = start
  for (const datum of program.texts) {
    const text = datum.bytes as string
    texts.push(text)
    datum.address = address
    datum.placedIn = program
    address += text.length + 1
  }
  const bytes = Buffer.byteLength(texts.join("\0")) + 1
  if (bytes === address - start || texts.length === 0) return address
  // not all of it is ASCII: lengths in bytes differ from lengths in UTF-16 units
  address = start
  for (const datum of program.texts) {
    datum.address = address
    address += Buffer.byteLength(datum.bytes as string) + 1
  }
  return address
}

function writeBlocks(program: Program, bytes: Buffer, words: Int32Array): void {
  for (const block of program.blocks) bytes.set(block.bytes as Uint8Array, fileOffset(block.address))
  for (const array of program.arrays) {
    let at = fileOffset(array.address) / 4
    for (const item of array.items) {
      if (typeof item === "number" || typeof item === "bigint") writeWord(words, at, item)
      else words[at] = item instanceof Pointer ? placed(item.datum, program) + item.offset : placed(item, program)
      at += 2
    }
  }
}
