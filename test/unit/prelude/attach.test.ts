import t from "tap"
import { attachPrelude } from "../../../src/prelude/attach.ts"
import { CODE_ADDRESS, DATA_ADDRESS, FUNCTIONS } from "../../../src/prelude/layout.ts"

const PT_LOAD = 1
const PT_DYNAMIC = 2
const PT_NOTE = 4

/** An ELF header with program headers [type, address, size]. */
function elf(headers: readonly (readonly [number, number, number])[], type = 2): Uint8Array {
  const bytes = new Uint8Array(4096)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, 0x7f454c46)
  view.setUint16(16, type, true)
  view.setBigUint64(24, 0x201000n, true)
  view.setBigUint64(32, 64n, true)
  view.setUint16(54, 56, true)
  view.setUint16(56, headers.length, true)
  headers.forEach(([kind, address, size], i) => {
    view.setUint32(64 + i * 56, kind, true)
    view.setBigUint64(64 + i * 56 + 16, BigInt(address), true)
    view.setBigUint64(64 + i * 56 + 40, BigInt(size), true)
  })
  return bytes
}

const code = Uint8Array.from([1, 2, 3])
const usual = [[PT_LOAD, 0x200000, 0x1000], [PT_LOAD, 0x300000, 0x1000], [PT_DYNAMIC, 0x300000, 16], [PT_NOTE, 0x200100, 32]] as const

t.test("attachPrelude() turns the note into a readable, executable segment at the end of the file", async (t) => {
  const original = elf(usual)
  const { header, codeOffset } = attachPrelude(original, 10_000, () => code)
  const view = new DataView(header.buffer)
  const note = 64 + 3 * 56
  t.equal(codeOffset, 12288, "a page boundary behind the file's end")
  t.equal(view.getUint32(note, true), PT_LOAD)
  t.equal(view.getUint32(note + 4, true), 5)
  const fields = [8, 16, 24, 32, 40, 48].map((field) => Number(view.getBigUint64(note + field, true)))
  t.strictSame(fields, [codeOffset, CODE_ADDRESS, CODE_ADDRESS, code.length, code.length, 4096])
  t.equal(Number(view.getBigUint64(24, true)), CODE_ADDRESS + FUNCTIONS.entry)
  t.strictSame(header.subarray(64, note), original.subarray(64, note), "the other headers stay")
})

t.test("attachPrelude() hands the old entry point and the engine's addresses to the emitter", async (t) => {
  let entry = 0
  let range: readonly number[] = []
  attachPrelude(elf(usual), 4096, (address, engine) => ((entry = address), (range = engine), code))
  t.equal(entry, 0x201000)
  t.same(range, [0x200000, 0x301000])
})

t.test("attachPrelude() refuses what it does not know", async (t) => {
  const refuses = (start: Uint8Array, message: RegExp): void => {
    t.throws(() => attachPrelude(start, 4096, () => code), { message })
  }
  refuses(new Uint8Array(4096), /no ELF/)
  refuses(elf(usual, 3), /fixed address/)
  refuses(elf(usual.slice(0, 3)), /no PT_NOTE/)
  refuses(elf([usual[3], ...usual.slice(0, 3)]), /no PT_NOTE after/)
  refuses(elf([...usual.slice(0, 2), [PT_LOAD, DATA_ADDRESS - 0x1000, 0x2000], usual[3]]), /where the prelude lies/)
  refuses(elf(usual).subarray(0, 128), /program headers/)
})
