import { readFileSync } from "node:fs"
import t from "tap"
import { executableFormat, MACHINES } from "../../../src/kernel/executable-format.ts"

const format = (text: string) => executableFormat(Buffer.from(text, "latin1"))

t.test("executableFormat(): scripts: the interpreter without its argument, and line ends of Windows", async (t) => {
  t.same(format("#!/bin/sh\necho"), { kind: "script", interpreter: "/bin/sh", windows: false })
  t.same(format("#! \t/usr/bin/env -S node --x\n"), { kind: "script", interpreter: "/usr/bin/env", windows: false })
  t.same(format("#!/bin/sh\r\n"), { kind: "script", interpreter: "/bin/sh", windows: true })
  t.same(format("#!/bin/sh"), { kind: "script", interpreter: "/bin/sh", windows: false }, "without a line end")
  t.same(format("#!\n/bin/sh"), { kind: "script", interpreter: "", windows: false })
})

t.test("executableFormat(): what is no program of Linux", async (t) => {
  t.same(format(""), { kind: "empty" })
  t.same(format("x"), { kind: "text" })
  t.same(format("echo hi\n"), { kind: "text" })
  t.same(format("MZ\x90\0"), { kind: "windows" })
  t.same(format("\xcf\xfa\xed\xfe"), { kind: "macos" })
  t.same(format("\0\x01\x02\x03\x04"), { kind: "unknown" })
  t.same(format("\x7fELF"), { kind: "text" }, "too short to be an ELF file")
})

t.test("executableFormat(): the ELF file of this process, and its loader", async (t) => {
  const file = readFileSync(process.execPath)
  const found = executableFormat(file.subarray(0, 4096))
  if (found.kind !== "elf") return void t.fail(found.kind)
  t.equal(MACHINES[found.machine], { x64: "x86_64", arm64: "aarch64" }[process.arch as "x64" | "arm64"])
  t.equal(found.bits, 64)
  t.ok(found.littleEndian)
  const { offset, length } = found.interpreter ?? { offset: 0, length: 0 }
  t.match(file.toString("latin1", offset, offset + length), /^\/lib.*\/ld-[^\0]*\0$/)
})

t.test("executableFormat(): ELF of 32 bits with the high byte first, and program headers behind what was read", async (t) => {
  const head = Buffer.alloc(52 + 64)
  head.set([0x7f, 0x45, 0x4c, 0x46, 1, 2, 1])
  head.writeUInt16BE(8, 18)
  head.writeUInt32BE(52, 28)
  head.writeUInt16BE(2, 44)
  head.writeUInt32BE(1, 52)
  head.writeUInt32BE(3, 84)
  head.writeUInt32BE(0x174, 88)
  head.writeUInt32BE(13, 100)
  t.same(executableFormat(head), { kind: "elf", machine: 8, bits: 32, littleEndian: false, interpreter: { offset: 0x174, length: 13 } })
  t.same(executableFormat(head.subarray(0, 90)), { kind: "elf", machine: 8, bits: 32, littleEndian: false, interpreter: undefined })
})
