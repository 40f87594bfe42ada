import t from "tap"
import { alignCode } from "../../../src/prelude/align.ts"

const HUGE = 2 << 20

interface Segment {
  readonly flags: number
  readonly offset: number
  readonly vaddr: number
  readonly size: number
}

/** An executable with these segments, a byte of 1, 2, 3 ... in each, and one section header that names the code. */
function elf(segments: readonly Segment[]): Uint8Array {
  const end = Math.max(...segments.map(({ offset, size }) => offset + size))
  const bytes = new Uint8Array(end + 64)
  const view = new DataView(bytes.buffer)
  view.setBigUint64(32, 64n, true)
  view.setBigUint64(40, BigInt(end), true)
  view.setUint16(56, segments.length, true)
  view.setUint16(60, 1, true)
  segments.forEach(({ flags, offset, vaddr, size }, i) => {
    const at = 64 + i * 56
    view.setUint32(at, 1, true)
    view.setUint32(at + 4, flags, true)
    view.setBigUint64(at + 8, BigInt(offset), true)
    view.setBigUint64(at + 16, BigInt(vaddr), true)
    view.setBigUint64(at + 32, BigInt(size), true)
    if (i > 0) bytes.fill(i + 1, offset, offset + size)
  })
  view.setBigUint64(end + 24, BigInt(segments.find(({ flags }) => flags === 5)?.offset ?? 0), true)
  return bytes
}

function segmentsOf(file: Uint8Array): { offset: number; vaddr: number; size: number }[] {
  const view = new DataView(file.buffer)
  const word = (at: number): number => Number(view.getBigUint64(at, true))
  return Array.from({ length: view.getUint16(56, true) }, (_, i) => ({
    offset: word(64 + i * 56 + 8), vaddr: word(64 + i * 56 + 16), size: word(64 + i * 56 + 32),
  }))
}

t.test("alignCode() brings the code's place in the file and in memory together, and keeps every segment's bytes", async (t) => {
  const before = [
    { flags: 4, offset: 0, vaddr: HUGE, size: 0x1764 },
    { flags: 5, offset: 0x1d00, vaddr: HUGE + 0x9d00, size: 0x3000 },
    { flags: 6, offset: 0x4d00, vaddr: HUGE + 0xdd00, size: 0x500 },
  ]
  const file = alignCode(elf(before))
  const after = segmentsOf(file)
  t.same(after.map(({ vaddr, size }) => [vaddr, size]), before.map(({ vaddr, size }) => [vaddr, size]), "memory is laid out as before")
  t.equal(((after[1]?.vaddr ?? 0) - (after[1]?.offset ?? 0)) % HUGE, 0)
  for (const [i, { offset, vaddr, size }] of after.entries()) {
    t.equal((vaddr - offset) % 4096, 0, "mappable")
    if (i > 0) t.ok(file.subarray(offset, offset + size).every((byte) => byte === i + 1), `bytes of segment ${i}`)
  }
  const view = new DataView(file.buffer)
  const sections = Number(view.getBigUint64(40, true))
  t.equal(sections + 64, file.length, "the section headers went along")
  t.equal(Number(view.getBigUint64(sections + 24, true)), after[1]?.offset, "and know where the code is")
})

t.test("alignCode() leaves alone what lies well, or cannot move", async (t) => {
  const well = elf([{ flags: 5, offset: 0x1000, vaddr: HUGE + 0x1000, size: 0x100 }])
  t.equal(alignCode(well), well)
  t.throws(() => alignCode(elf([{ flags: 4, offset: 0x1000, vaddr: HUGE, size: 0x100 }])), { message: /no code/ })
})
