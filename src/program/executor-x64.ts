import { syscalls } from "../kernel/syscalls.ts"
import * as L from "./layout.ts"
import type { Item } from "./link.ts"
import { link, mark } from "./link.ts"
import {
  RAX, RBX, RCX, RDI, RDX, RSI, R8, R9, R10, absolute, aluM64R64, aluR32Imm, aluR32R32, aluR64Imm, aluR64M64, aluR64R64, at,
  cmovR32R32, jcc, jccShort, jmp, jmpShort, movM32R32, movM64R64, movR32Imm32, movR32M32, movR32R32, movR64M64, movzxR32M8, negR32, setR8,
  shiftR32Imm8, syscall, testR32R32, testR8Imm8,
} from "./x64.ts"

/** Registers of arguments 0 to 5, for a system call and for the other kinds. */
const ARGUMENTS = [RDI, RSI, RDX, R10, R8, R9] as const

/**
 * The executor for x86-64. rbx is the address of the current row; nothing else lives longer than a row.
 * @returns position-dependent code, to run from its first byte
 */
export function executorX64(): Uint8Array {
  const { write, exit_group } = syscalls()
  return link([
    movR32Imm32(RBX, L.ROWS_ADDRESS),
    mark("row"),
    ...loadArguments(),
    movzxR32M8(RAX, at(RBX, 5)),
    testR32R32(RAX, RAX),
    jcc("nz", "other kinds"),
    ...call,
    ...otherKinds,
    ...failure(write[0], exit_group[0]),
  ]).bytes
}

/** Arguments into their registers; bit i of cl: argument i is the address of the 8 bytes to pass. */
function loadArguments(): Item[] {
  const code: Item[] = [movzxR32M8(RCX, at(RBX, 4))]
  ARGUMENTS.forEach((register, i) => {
    code.push(
      movR64M64(register, at(RBX, 16 + 8 * i)),
      testR8Imm8(RCX, 1 << i),
      jccShort("z", `argument ${i}`),
      movR64M64(register, at(register)),
      mark(`argument ${i}`),
    )
  })
  return code
}

const call: Item[] = [
  movR32M32(RAX, at(RBX)),
  syscall(),
  movR32M32(RCX, at(RBX, 8)), // the result is kept also when it is an error
  testR32R32(RCX, RCX),
  jccShort("z", "kept"),
  movM64R64(at(RCX), RAX),
  mark("kept"),
  aluR64Imm("cmp", RAX, -4095), // errors are -4095 to -1
  jccShort("ae", "error"),
  mark("advance"),
  aluR64Imm("add", RBX, L.ROW_SIZE),
  jmp("row"),

  mark("error"),
  movR32R32(RDX, RAX),
  negR32(RDX), // edx: errno
  movR32M32(RSI, at(RBX, 12)), // rsi: branch
  testR32R32(RSI, RSI),
  jcc("z", "failure"),
  mark("branch"),
  movR32M32(RCX, at(RSI)),
  aluR32Imm("cmp", RCX, L.ERRNO_END),
  jcc("e", "failure"),
  testR32R32(RCX, RCX), // ERRNO_ANY
  jccShort("z", "take"),
  aluR32R32("cmp", RCX, RDX),
  jccShort("e", "take"),
  aluR64Imm("add", RSI, 8),
  jmpShort("branch"),
  mark("take"),
  movR32M32(RBX, at(RSI, 4)),
  jmp("row"),
]

/** eax holds the kind. */
const otherKinds: Item[] = [
  mark("other kinds"),
  aluR32Imm("cmp", RAX, L.KIND.copy4),
  jccShort("b", "test"),
  jccShort("e", "copy4"),
  aluR32Imm("cmp", RAX, L.KIND.add),
  jccShort("b", "copy8"),
  jccShort("e", "add"),
  aluR32Imm("cmp", RAX, L.KIND.jump),
  jccShort("ne", "fail"),
  movR32R32(RBX, RDI),
  jmp("row"),

  mark("test"),
  aluR64M64("and", RSI, at(RDI)),
  movzxR32M8(RCX, at(RBX, 6)),
  aluR64R64("cmp", RSI, RDX),
  setR8("e", RAX),
  setR8("b", RDX),
  testR8Imm8(RCX, 2),
  cmovR32R32("nz", RAX, RDX),
  aluR32R32("xor", RAX, RCX),
  testR8Imm8(RAX, 1),
  jccShort("z", "advance"),
  movR32R32(RBX, R10),
  jmp("row"),

  mark("copy4"),
  movR32M32(RAX, at(RSI)),
  movM32R32(at(RDI), RAX),
  jmpShort("advance"),

  mark("copy8"),
  movR64M64(RAX, at(RSI)),
  movM64R64(at(RDI), RAX),
  jmp("advance"),

  mark("add"),
  aluM64R64("add", at(RDI), RSI),
  jmp("advance"),

  mark("fail"), // the errno as it is, or a kept result, which is negative: edx = |edi|
  movR32R32(RDX, RDI),
  negR32(RDX),
  cmovR32R32("s", RDX, RDI),
]

/** Reports the row at rbx with the errno in edx, then ends. */
const failure = (write: number, exitGroup: number): Item[] => [
  mark("failure"),
  aluR32Imm("sub", RBX, L.ROWS_ADDRESS),
  shiftR32Imm8("shr", RBX, 6),
  movR32Imm32(RSI, L.REPORT_ADDRESS),
  movM32R32(at(RSI, 4), RBX),
  movM64R64(at(RSI, 8), RDX),
  movR32M32(RAX, absolute(L.TABLE_ADDRESS)),
  movR64M64(RDI, at(RAX)),
  movR32Imm32(RDX, L.REPORT_SIZE),
  movR32Imm32(RAX, write),
  syscall(),
  movR32Imm32(RDI, 1),
  movR32Imm32(RAX, exitGroup),
  syscall(),
]
