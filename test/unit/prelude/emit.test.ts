import { execFileSync, spawnSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import t from "tap"
import { emitPrelude, KEPT_VARIABLES } from "../../../src/prelude/emit.ts"
import { FUNCTIONS, RECORD, RECORD_BYTES, RECORDED_DESCRIPTORS, SCRATCH_OFFSET } from "../../../src/prelude/layout.ts"

t.test("emitPrelude() begins with one jump in 8 bytes for each function", async (t) => {
  const code = emitPrelude("x64", 0x1234567, [0x200000, 0x6000000])
  const offsets = Object.values(FUNCTIONS)
  t.strictSame(offsets, offsets.map((_, i) => i * 8))
  const view = new DataView(code.buffer, code.byteOffset)
  const targets = offsets.map((offset) => {
    t.equal(code[offset], 0xe9, `jmp at ${offset}`)
    return offset + 5 + view.getInt32(offset + 1, true)
  })
  t.equal(new Set(targets).size, offsets.length, "to different places")
  t.ok(targets.every((target) => target >= offsets.length * 8 && target < code.length))
})

t.test("emitPrelude() ends by a jump to the engine's entry", async (t) => {
  // mov eax, 0x1234567; jmp rax
  t.ok(Buffer.from(emitPrelude("x64", 0x1234567, [0x200000, 0x6000000])).includes(Buffer.from([0xb8, 0x67, 0x45, 0x23, 0x01, 0xff, 0xe0])))
})

const noObjdump = spawnSync("objdump", ["--version"]).error !== undefined && "objdump is not installed"

t.test("emitPrelude() is code that a disassembler reads without a bad instruction", { skip: noObjdump }, async (t) => {
  const file = join(t.testdir(), "code")
  const code = emitPrelude("x64", 0x1234567, [0x200000, 0x6000000])
  // the strings at the end are no code
  writeFileSync(file, code.subarray(0, Buffer.from(code).indexOf(KEPT_VARIABLES[0])))
  const listing = execFileSync("objdump", ["-D", "-b", "binary", "-m", "i386:x86-64", file], { encoding: "utf8" })
  t.notMatch(listing, /\(bad\)/)
  t.ok((listing.match(/\tsyscall/g)?.length ?? 0) > 10)
})

t.test("emitPrelude() says that arm64 is missing", async (t) => {
  t.throws(() => emitPrelude("arm64", 0x1000, [0x200000, 0x6000000]), { message: /arm64/ })
})

t.test("RECORD has no overlapping fields", async (t) => {
  const sizes: Record<string, number> = { openDescriptors: RECORDED_DESCRIPTORS / 8 }
  const fields = Object.entries(RECORD).map(([name, offset]) => ({ name, offset, end: offset + (sizes[name] ?? 8) }))
  fields.sort((a, b) => a.offset - b.offset)
  for (let i = 1; i < fields.length; i++) t.ok((fields[i]?.offset ?? 0) >= (fields[i - 1]?.end ?? 0), `${fields[i]?.name} begins behind`)
  t.ok((fields.at(-1)?.end ?? 0) <= RECORD_BYTES && RECORD_BYTES <= SCRATCH_OFFSET)
})

t.test("KEPT_VARIABLES has no name that the engine obeys", async (t) => {
  for (const name of KEPT_VARIABLES) t.notMatch(name, /^(BUN|NODE|JSC|MIMALLOC|MI_|UV_|LD_|GLIBC|MALLOC|TMPDIR|XDG_CONFIG)/)
})
