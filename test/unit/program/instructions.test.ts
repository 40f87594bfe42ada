import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import t from "tap"
import * as A from "../../../src/program/arm64.ts"
import { type Item, link, mark } from "../../../src/program/link.ts"
import * as X from "../../../src/program/x64.ts"

/* Other people's disassemblers judge the encodings. */

const REGISTERS = [X.RAX, X.RCX, X.RSP, X.RBP, X.RDI, X.R8, X.R12, X.R13, X.R15] as const
const NAMES64 = ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"]
const NAMES32 = ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "r8d", "r9d", "r10d", "r11d", "r12d", "r13d", "r14d", "r15d"]
const NAMES8 = ["al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil", "r8b", "r9b", "r10b", "r11b", "r12b", "r13b", "r14b", "r15b"]

/** [what is emitted, what objdump -M intel must read] */
const x64: [Item, string][] = [
  [X.movR64Imm(X.RAX, 1), "mov eax,0x1"],
  [X.movR64Imm(X.R9, 0xffffffff), "mov r9d,0xffffffff"],
  [X.movR64Imm(X.RDI, -100), "mov rdi,0xffffffffffffff9c"],
  [X.movR64Imm(X.R12, 2n ** 40n), "movabs r12,0x10000000000"],
  [X.movR64Imm64(X.RBX, -2), "movabs rbx,0xfffffffffffffffe"],
  [X.movM16R16(X.at(X.RSI, 2), X.R9), "mov WORD PTR [rsi+0x2],r9w"],
  [X.movM64Simm32(X.at(X.RSP, 8), -1), "mov QWORD PTR [rsp+0x8],0xffffffffffffffff"],
  [X.movM32Imm32(X.at(X.R13), 0x46), "mov DWORD PTR [r13+0x0],0x46"],
  [X.movM8Imm8(X.at(X.RAX, 300), 0x2f), "mov BYTE PTR [rax+0x12c],0x2f"],
  [X.movR64M64(X.RAX, X.absolute(0x10010300)), "mov rax,QWORD PTR ds:0x10010300"],
  [X.movR64M64(X.RAX, X.at(X.RSP, 8, X.RCX, 8)), "mov rax,QWORD PTR [rsp+rcx*8+0x8]"],
  [X.movR64M64(X.R10, X.at(X.R13, 0, X.R14, 4)), "mov r10,QWORD PTR [r13+r14*4+0x0]"],
  [X.movzxR32M8(X.R11, X.at(X.RSI, -1)), "movzx r11d,BYTE PTR [rsi-0x1]"],
  [X.movzxR32M16(X.RDX, X.at(X.RSI)), "movzx edx,WORD PTR [rsi]"],
  [X.movzxR32R8(X.RAX, X.RSI), "movzx eax,sil"],
  [X.movsxdR64M32(X.RDX, X.at(X.RSI)), "movsxd rdx,DWORD PTR [rsi]"],
  [X.movsxdR64R32(X.RDX, X.R8), "movsxd rdx,r8d"],
  [X.leaR64M(X.RBP, X.at(X.R12, -129)), "lea rbp,[r12-0x81]"],
  [X.xchgR64R64(X.RDX, X.R8), "xchg rdx,r8"],
  [X.cmovR64R64("b", X.RDX, X.R8), "cmovb rdx,r8"],
  [X.cmovR32R32("s", X.R9, X.RDI), "cmovs r9d,edi"],
  [X.setR8("e", X.RSI), "sete sil"],
  [X.setR8("g", X.R9), "setg r9b"],
  [X.aluR64Imm("cmp", X.RAX, -4095), "cmp rax,0xfffffffffffff001"],
  [X.aluR64Imm("add", X.RBX, 64), "add rbx,0x40"],
  [X.aluR32Imm("and", X.R9, 0x7fffffff), "and r9d,0x7fffffff"],
  [X.aluM64Imm("or", X.at(X.RDI), 1), "or QWORD PTR [rdi],0x1"],
  [X.aluM32Imm("sub", X.at(X.RDI), 1000), "sub DWORD PTR [rdi],0x3e8"],
  [X.aluM8Imm8("cmp", X.at(X.RDI, 3), 0x3d), "cmp BYTE PTR [rdi+0x3],0x3d"],
  [X.aluR8Imm8("cmp", X.RDI, 0x3d), "cmp dil,0x3d"],
  [X.testR32Imm32(X.R8, 0x10000), "test r8d,0x10000"],
  [X.testR8Imm8(X.RSI, 4), "test sil,0x4"],
  [X.testM8Imm8(X.at(X.RBX, 4), 1), "test BYTE PTR [rbx+0x4],0x1"],
  [X.bitR64Imm8("bts", X.R9, 33), "bts r9,0x21"],
  [X.bitR64R64("bt", X.RAX, X.RCX), "bt rax,rcx"],
  [X.bitM64R64("btr", X.at(X.RDI), X.RCX), "btr QWORD PTR [rdi],rcx"],
  [X.shiftR64Imm8("shl", X.RAX, 6), "shl rax,0x6"],
  [X.shiftR32Imm8("shr", X.R15, 31), "shr r15d,0x1f"],
  [X.shiftR64Cl("sar", X.RDX), "sar rdx,cl"],
  [X.incM64(X.at(X.RSP)), "inc QWORD PTR [rsp]"],
  [X.decM64(X.at(X.RBP)), "dec QWORD PTR [rbp+0x0]"],
  [X.imulR64R64Simm32(X.RAX, X.R9, 56), "imul rax,r9,0x38"],
  [X.divR64(X.RCX), "div rcx"],
  [X.negR32(X.RDX), "neg edx"],
  [X.pushSimm32(-1), "push 0xffffffffffffffff"],
  [X.pushM64(X.at(X.RBX, 8)), "push QWORD PTR [rbx+0x8]"],
  [X.jmpM64(X.at(X.RSP, 8)), "jmp QWORD PTR [rsp+0x8]"],
  [X.ret(), "ret"], [X.syscall(), "syscall"], [X.cld(), "cld"], [X.ud2(), "ud2"],
  [X.repMovsb(), "rep movs BYTE PTR es:[rdi],BYTE PTR ds:[rsi]"],
  [X.repMovsq(), "rep movs QWORD PTR es:[rdi],QWORD PTR ds:[rsi]"],
  [X.repStosb(), "rep stos BYTE PTR es:[rdi],al"],
  [X.repeCmpsb(), "repz cmps BYTE PTR ds:[rsi],BYTE PTR es:[rdi]"],
  [X.repneScasb(), "repnz scas al,BYTE PTR es:[rdi]"],
]
for (const r of REGISTERS) {
  const [q, d, b] = [NAMES64[r]!, NAMES32[r]!, NAMES8[r]!]
  // an address: r13 and rbp need a displacement; rsp and r12 a SIB byte
  const address = r === X.RBP || r === X.R13 ? `[${q}+0x0]` : `[${q}]`
  x64.push(
    [X.movR64R64(r, X.R9), `mov ${q},r9`], [X.movR32R32(X.RDX, r), `mov edx,${d}`],
    [X.movR64M64(X.R9, X.at(r)), `mov r9,QWORD PTR ${address}`], [X.movR64M64(r, X.at(r, 127)), `mov ${q},QWORD PTR [${q}+0x7f]`],
    [X.movM64R64(X.at(r, 128), r), `mov QWORD PTR [${q}+0x80],${q}`], [X.movR32M32(r, X.at(r, -128)), `mov ${d},DWORD PTR [${q}-0x80]`],
    [X.movM32R32(X.at(r), r), `mov DWORD PTR ${address},${d}`], [X.movM8R8(X.at(r), r), `mov BYTE PTR ${address},${b}`],
    [X.pushR64(r), `push ${q}`], [X.popR64(r), `pop ${q}`], [X.jmpR64(r), `jmp ${q}`], [X.callR64(r), `call ${q}`],
    [X.incR64(r), `inc ${q}`], [X.decR64(r), `dec ${q}`], [X.notR64(r), `not ${q}`], [X.negR64(r), `neg ${q}`],
    [X.testR64R64(r, r), `test ${q},${q}`], [X.testR32R32(r, r), `test ${d},${d}`],
  )
  for (const op of ["add", "or", "adc", "sbb", "and", "sub", "xor", "cmp"] as const) {
    x64.push(
      [X.aluR64R64(op, r, X.R9), `${op} ${q},r9`], [X.aluR32R32(op, X.RDX, r), `${op} edx,${d}`],
      [X.aluR64M64(op, r, X.at(X.RDI, 8)), `${op} ${q},QWORD PTR [rdi+0x8]`],
      [X.aluR32M32(op, r, X.at(X.RDI, 8)), `${op} ${d},DWORD PTR [rdi+0x8]`],
      [X.aluM64R64(op, X.at(r), X.R9), `${op} QWORD PTR ${address},r9`], [X.aluM32R32(op, X.at(r), X.RDX), `${op} DWORD PTR ${address},edx`],
    )
  }
}

/** [what is emitted, what llvm-mc must read] */
const arm64: [Item, string][] = [
  [A.movzX(3, 0xffff, 48), "mov x3, #-281474976710656"], [A.movkX(30, 0x1001, 16), "movk x30, #4097, lsl #16"],
  [A.movnX(0, 99), "mov x0, #-100"], [A.movX(19, 0), "mov x19, x0"], [A.movW(19, 3), "mov w19, w3"], [A.movSp(1, A.SP), "mov x1, sp"],
  [A.ldrX(1, 2, 32760), "ldr x1, [x2, #32760]"], [A.strX(30, A.SP, 8), "str x30, [sp, #8]"],
  [A.ldrW(11, 19, 12), "ldr w11, [x19, #12]"], [A.strW(A.ZR, 1, 4), "str wzr, [x1, #4]"], [A.ldrswX(1, 2, 4), "ldrsw x1, [x2, #4]"],
  [A.ldrhW(1, 2, 2), "ldrh w1, [x2, #2]"], [A.strhW(1, 2, 2), "strh w1, [x2, #2]"],
  [A.ldrbW(9, 19, 4), "ldrb w9, [x19, #4]"], [A.strbW(9, 19, 4095), "strb w9, [x19, #4095]"],
  [A.ldrXPost(1, A.SP, 16), "ldr x1, [sp], #16"], [A.strXPost(1, 2, -8), "str x1, [x2], #-8"],
  [A.ldrbWPost(1, 2, 1), "ldrb w1, [x2], #1"], [A.strbWPost(1, 2, 1), "strb w1, [x2], #1"],
  [A.strXPre(1, A.SP, -16), "str x1, [sp, #-16]!"], [A.ldrXIndex(1, 2, 3), "ldr x1, [x2, x3, lsl #3]"],
  [A.strXIndex(1, 2, 3), "str x1, [x2, x3, lsl #3]"], [A.ldrbWIndex(1, 2, 3), "ldrb w1, [x2, x3]"],
  [A.ldpX(0, 1, 19, 16), "ldp x0, x1, [x19, #16]"], [A.stpX(29, 30, A.SP, -16), "stp x29, x30, [sp, #-16]"],
  [A.addXImm(1, 2, 4095), "add x1, x2, #4095"], [A.subXImm(A.SP, A.SP, 64), "sub sp, sp, #64"], [A.subsXImm(1, 1, 1), "subs x1, x1, #1"],
  [A.cmpXImm(9, 5), "cmp x9, #5"], [A.cmpWImm(9, 5), "cmp w9, #5"], [A.cmnXImm(0, 4095), "cmn x0, #4095"], [A.cmnWImm(11, 1), "cmn w11, #1"],
  [A.addX(1, 2, 3), "add x1, x2, x3"], [A.subX(1, 2, 3), "sub x1, x2, x3"], [A.cmpX(2, 3), "cmp x2, x3"], [A.cmpW(2, 3), "cmp w2, w3"],
  [A.negX(1, 3), "neg x1, x3"], [A.negsW(9, 0), "negs w9, w0"], [A.andX(1, 2, 3), "and x1, x2, x3"], [A.tstX(2, 3), "tst x2, x3"],
  [A.orrX(1, 2, 3), "orr x1, x2, x3"], [A.eorX(1, 2, 3), "eor x1, x2, x3"], [A.bicX(1, 2, 3), "bic x1, x2, x3"], [A.mvnX(1, 3), "mvn x1, x3"],
  [A.lslX(1, 2, 3), "lsl x1, x2, x3"], [A.lsrX(1, 2, 3), "lsr x1, x2, x3"], [A.mulX(1, 2, 3), "mul x1, x2, x3"],
  [A.udivX(1, 2, 3), "udiv x1, x2, x3"], [A.lslXImm(1, 2, 1), "lsl x1, x2, #1"], [A.lslXImm(1, 2, 63), "lsl x1, x2, #63"],
  [A.lsrXImm(1, 2, 6), "lsr x1, x2, #6"], [A.cselX(1, 2, 3, "lo"), "csel x1, x2, x3, lo"], [A.cselW(9, 0, 9, "mi"), "csel w9, w0, w9, mi"],
  [A.csetW(1, "eq"), "cset w1, eq"], [A.csetW(1, "lo"), "cset w1, lo"], [A.br(16), "br x16"], [A.blr(16), "blr x16"],
  [A.ret(), "ret"], [A.svc(), "svc #0"], [A.nop(), "nop"], [A.brk(), "brk #0"],
]

/** Disassembles code; a line an instruction, single spaces. */
function disassemble(command: string, args: string[], input: Uint8Array | string): string[] {
  const folder = mkdtempSync(join(tmpdir(), "runts-code-"))
  try {
    const path = join(folder, "code")
    writeFileSync(path, input)
    const result = spawnSync(command, [...args, path], { encoding: "utf8" })
    if (result.status !== 0) throw new Error(`${command}: ${result.stderr}`)
    return result.stdout.split("\n")
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function objdump(bytes: Uint8Array): string[] {
  const lines = disassemble("objdump", ["-D", "-b", "binary", "-m", "i386:x86-64", "-M", "intel", "--insn-width=16"], bytes)
  return lines.flatMap((line) => /^\s*[0-9a-f]+:\t[0-9a-f ]+\t(.*)$/.exec(line)?.[1]?.replace(/\s+/g, " ").trim() ?? [])
}

function llvm(bytes: Uint8Array): string[] {
  const text = [...bytes].map((byte) => `0x${byte.toString(16)}`).join(" ")
  const lines = disassemble("llvm-mc", ["--disassemble", "--triple=aarch64", "--mattr=+all"], text)
  return lines.filter((line) => line.startsWith("\t") && !line.startsWith("\t.")).map((line) => line.trim().replace(/\s+/g, " "))
}

const lacks = (command: string): string | false => (existsSync(`/usr/bin/${command}`) ? false : `needs ${command}`)

t.test("x64: objdump reads every form as it is named", { skip: lacks("objdump") }, async (t) => {
  t.strictSame(objdump(link(x64.map(([item]) => item)).bytes), x64.map(([, text]) => text))
})

t.test("x64: distances to marks", { skip: lacks("objdump") }, async (t) => {
  const { bytes, marks } = link([
    mark("start"), X.jmp("end"), X.jmpShort("start"), X.jcc("a", "start"), X.jccShort("ns", "end"), X.call("end"), X.leaR64Mark(X.R9, "start"),
    mark("end"),
  ])
  t.equal(marks.get("end"), 27)
  t.strictSame(objdump(bytes), ["jmp 0x1b", "jmp 0x0", "ja 0x0", "jns 0x1b", "call 0x1b", "lea r9,[rip+0xffffffffffffffe5] # 0x0"])
})

t.test("arm64: llvm-mc reads every form as it is named", { skip: lacks("llvm-mc") }, async (t) => {
  t.strictSame(llvm(link(arm64.map(([item]) => item)).bytes), arm64.map(([, text]) => text))
})

t.test("arm64: distances to marks", { skip: lacks("llvm-mc") }, async (t) => {
  const { bytes } = link([
    mark("start"), A.b("end"), A.bl("start"), A.bCond("hs", "start"), A.cbzX(1, "end"), A.cbnzX(2, "start"), A.cbzW(3, "end"),
    A.cbnzW(4, "start"), A.tbz(5, 0, "end"), A.tbnz(6, 63, "start"), A.adr(7, "start"), A.adr(8, "end"), mark("end"),
  ])
  t.strictSame(llvm(bytes), [
    "b #44", "bl #-4", "b.hs #-8", "cbz x1, #32", "cbnz x2, #-16", "cbz w3, #24", "cbnz w4, #-24", "tbz w5, #0, #16", "tbnz x6, #63, #-32",
    "adr x7, #-36", "adr x8, #4",
  ])
})

t.test("movXImm(): up to four instructions that build the number", { skip: lacks("llvm-mc") }, async (t) => {
  t.strictSame(llvm(link([A.movXImm(1, 0x12345678)]).bytes), ["mov x1, #22136", "movk x1, #4660, lsl #16"])
  t.strictSame(llvm(link([A.movXImm(1, -100)]).bytes), ["mov x1, #-100"])
  t.strictSame(llvm(link([A.movXImm(1, 2n ** 63n)]).bytes), ["mov x1, #0", "movk x1, #32768, lsl #48"])
})

t.test("link(): a mark missing or placed twice is named", async (t) => {
  t.throws(() => link([X.jmp("gone")]), /the mark "gone" is not placed/)
  t.throws(() => link([mark("twice"), mark("twice")]), /the mark "twice" is placed twice/)
  t.throws(() => link([X.jmpShort("far"), new Array(128).fill(0x90), mark("far")]), /rel8 to "far" is 128/)
})

t.test("operands that do not fit are refused", async (t) => {
  t.throws(() => X.aluR64Imm("add", X.RAX, 2 ** 31), /simm32 is 2147483648/)
  t.throws(() => X.absolute(2 ** 31), /absolute address/)
  t.throws(() => X.movR64M64(X.RAX, X.at(X.RAX, 0, X.RSP)), /rsp cannot be an index/)
  t.throws(() => A.addXImm(1, 1, 4096), /imm12 is 4096/)
  t.throws(() => A.ldrX(1, 1, 4), /imm12 is 0.5/)
})
