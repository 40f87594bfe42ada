import type { Architecture } from "../../../src/kernel/syscalls.ts"
import { ROWS_ADDRESS } from "../../../src/program/layout.ts"

/* Reads an executable as docs/architecture.md describes it: through its program headers, knowing nothing of who wrote it. */

export interface Segment {
  readonly type: number
  readonly flags: number
  readonly offset: number
  readonly address: number
  readonly fileSize: number
  readonly memorySize: number
  readonly alignment: number
}

export interface Row {
  readonly number: number
  readonly loads: number
  readonly kind: number
  readonly comparison: number
  readonly result: number
  readonly branches: readonly (readonly [errno: number, row: number])[]
  readonly args: readonly bigint[]
}

export class Executable {
  readonly architecture: Architecture | undefined
  readonly type: number
  readonly entry: number
  readonly segments: readonly Segment[]
  private readonly file: Buffer
  constructor(bytes: Uint8Array) {
    const file = Buffer.from(bytes)
    this.file = file
    this.architecture = ({ 62: "x64", 183: "arm64" } as const)[file.readUInt16LE(18)]
    this.type = file.readUInt16LE(16)
    this.entry = Number(file.readBigUInt64LE(24))
    const start = Number(file.readBigUInt64LE(32))
    this.segments = Array.from({ length: file.readUInt16LE(56) }, (_, index) => {
      const at = start + index * file.readUInt16LE(54)
      const field = (offset: number) => Number(file.readBigUInt64LE(at + offset))
      return {
        type: file.readUInt32LE(at), flags: file.readUInt32LE(at + 4), offset: field(8), address: field(16), fileSize: field(32),
        memorySize: field(40), alignment: field(48),
      }
    })
  }

  /** `length` bytes of memory as they are when the program starts. */
  memory(address: number, length: number): Buffer {
    const segment = this.segments.find((s) => s.type === 1 && address >= s.address && address + length <= s.address + s.memorySize)
    if (segment === undefined) throw new Error(`no memory at 0x${address.toString(16)}`)
    const bytes = Buffer.alloc(length)
    const from = segment.offset + address - segment.address
    bytes.set(this.file.subarray(from, Math.max(from, Math.min(from + length, segment.offset + segment.fileSize))))
    return bytes
  }

  word(address: number): bigint {
    return this.memory(address, 8).readBigUInt64LE()
  }

  string(address: number): string {
    let end = address
    while (this.memory(end, 1)[0] !== 0) end++
    return this.memory(address, end - address).toString("utf8")
  }

  row(index: number): Row {
    const bytes = this.memory(ROWS_ADDRESS + 64 * index, 64)
    const branches: [number, number][] = []
    for (let list = bytes.readUInt32LE(12); list !== 0; list += 8) {
      const pair = this.memory(list, 8)
      branches.push([pair.readInt32LE(), (pair.readUInt32LE(4) - ROWS_ADDRESS) / 64])
      if (pair.readInt32LE() === -1 || pair.readInt32LE() === 0) break
    }
    return {
      number: bytes.readInt32LE(), loads: bytes[4]!, kind: bytes[5]!, comparison: bytes[6]!, result: bytes.readUInt32LE(8), branches,
      args: Array.from({ length: 6 }, (_, i) => bytes.readBigUInt64LE(16 + 8 * i)),
    }
  }
}
