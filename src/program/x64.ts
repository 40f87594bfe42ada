/**
 * Instructions of x86-64: one pure emitter a form, named as in Intel's manual (volume 2), operand sizes in the name (`R64`
 * register, `M32` memory, `Imm8` constant), destination first.
 */
import type { Item, Reference } from "./link.ts"
import { littleEndian, within } from "./link.ts"

export type Register = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13 | 14 | 15
export const RAX = 0
export const RCX = 1
export const RDX = 2
export const RBX = 3
export const RSP = 4
export const RBP = 5
export const RSI = 6
export const RDI = 7
export const R8 = 8
export const R9 = 9
export const R10 = 10
export const R11 = 11
export const R12 = 12
export const R13 = 13
export const R14 = 14
export const R15 = 15

/** `[base + index * scale + displacement]`; without base: an absolute address below 2^31. */
export interface Memory {
  readonly base: Register | undefined
  readonly displacement: number
  readonly index: Register | undefined
  readonly scale: 1 | 2 | 4 | 8
}

/** `[base + displacement]`, `[base + index * scale + displacement]`. */
export function at(base: Register, displacement = 0, index?: Register, scale: 1 | 2 | 4 | 8 = 1): Memory {
  return { base, displacement, index, scale }
}

/** `[address]`, below 2^31. */
export function absolute(address: number): Memory {
  return { base: undefined, displacement: within(address, 0, 0x7fffffff, "an absolute address"), index: undefined, scale: 1 }
}

/** The /digit of opcodes 81 and 83, and the row of the two-operand opcodes. */
const ALU = { add: 0, or: 1, adc: 2, sbb: 3, and: 4, sub: 5, xor: 6, cmp: 7 } as const
export type Alu = keyof typeof ALU

/** The /digit of opcodes C1 and D3. */
const SHIFT = { rol: 0, ror: 1, shl: 4, shr: 5, sar: 7 } as const
export type Shift = keyof typeof SHIFT

/** The /digit of 0F BA, which the opcodes of the register form follow. */
const BIT = { bt: 4, bts: 5, btr: 6, btc: 7 } as const
export type Bit = keyof typeof BIT

/** Condition codes `cc` of Jcc, SETcc, CMOVcc. */
const CONDITION = {
  o: 0, no: 1, b: 2, c: 2, ae: 3, nc: 3, e: 4, z: 4, ne: 5, nz: 5, be: 6, a: 7, s: 8, ns: 9, l: 12, ge: 13, le: 14, g: 15,
} as const
export type Condition = keyof typeof CONDITION

const imm8 = (value: number): number[] => [within(value, -128, 255, "imm8") & 255]
const imm32 = (value: number): number[] => littleEndian(within(value, -0x80000000, 0xffffffff, "imm32"), 4)
const simm32 = (value: number): number[] => littleEndian(within(value, -0x80000000, 0x7fffffff, "simm32"), 4)
const fits8 = (value: number): boolean => value >= -128 && value <= 127

/** REX prefix, or nothing where none is needed. `byte`: an 8-bit register 4 to 7 needs one to mean SPL, BPL, SIL, DIL. */
function rex(wide: boolean, reg: number, index: number, base: number, byte = false): number[] {
  const bits = (wide ? 8 : 0) | ((reg >> 3) << 2) | ((index >> 3) << 1) | (base >> 3)
  return bits !== 0 || byte ? [0x40 | bits] : []
}

/** An instruction with register operands: prefix, opcode, ModRM with mod 11. */
function registers(wide: boolean, opcode: readonly number[], reg: number, rm: number, byte = false): number[] {
  return [...rex(wide, reg, 0, rm, byte), ...opcode, 0xc0 | ((reg & 7) << 3) | (rm & 7)]
}

/** An instruction with a memory operand: prefix, opcode, ModRM, SIB, displacement. */
function memory(wide: boolean, opcode: readonly number[], reg: number, m: Memory, byte = false): number[] {
  const r = (reg & 7) << 3
  const scale = { 1: 0, 2: 0x40, 4: 0x80, 8: 0xc0 }[m.scale]
  const prefix = [...rex(wide, reg, m.index ?? 0, m.base ?? 0, byte), ...opcode]
  if (m.base === undefined) return [...prefix, r | 4, 0x25, ...simm32(m.displacement)]
  if (m.index === RSP) throw new Error("rsp cannot be an index")
  const base = m.base & 7
  // base 101 without displacement means something else (rbp and r13 need a displacement of zero)
  const mod = m.displacement === 0 && base !== 5 ? 0 : fits8(m.displacement) ? 0x40 : 0x80
  const displacement = mod === 0 ? [] : mod === 0x40 ? imm8(m.displacement) : simm32(m.displacement)
  // base 100 means that a SIB byte follows (rsp and r12 need one)
  if (m.index === undefined && base !== 4) return [...prefix, mod | r | base, ...displacement]
  const index = m.index === undefined ? 4 : m.index & 7
  return [...prefix, mod | r | 4, scale | (index << 3) | base, ...displacement]
}

/** An instruction that ends in the distance from its end to a mark. */
function relative(opcode: readonly number[], to: string): Reference {
  const size = opcode.length + 4
  return { to, size, encode: (distance) => [...opcode, ...simm32(distance - size)] }
}

/** The same in two bytes, for marks at most 127 bytes away. */
function relative8(opcode: number, to: string): Reference {
  return { to, size: 2, encode: (distance) => [opcode, ...littleEndian(within(distance - 2, -128, 127, `rel8 to "${to}"`), 1)] }
}

// mov ------------------------------------------------------------------------------------------------------------------

/** `mov r32, imm32`; clears the upper half */
export const movR32Imm32 = (d: Register, value: number): number[] => [...rex(false, 0, 0, d), 0xb8 | (d & 7), ...imm32(value)]
/** `mov r64, simm32` */
export const movR64Simm32 = (d: Register, value: number): number[] => [...registers(true, [0xc7], 0, d), ...simm32(value)]
/** `movabs r64, imm64` */
export const movR64Imm64 = (d: Register, value: number | bigint): number[] => [
  ...rex(true, 0, 0, d), 0xb8 | (d & 7), ...littleEndian(value, 8),
]
/** `mov r64, value` in the shortest form that holds it */
export function movR64Imm(d: Register, value: number | bigint): number[] {
  if (value >= 0 && value <= 0xffffffff) return movR32Imm32(d, Number(value))
  if (value >= -0x80000000 && value < 0) return movR64Simm32(d, Number(value))
  return movR64Imm64(d, value)
}
/** `mov r64, r64` */
export const movR64R64 = (d: Register, s: Register): number[] => registers(true, [0x89], s, d)
/** `mov r32, r32`; clears the upper half */
export const movR32R32 = (d: Register, s: Register): number[] => registers(false, [0x89], s, d)
/** `mov r64, [m]` */
export const movR64M64 = (d: Register, s: Memory): number[] => memory(true, [0x8b], d, s)
/** `mov r32, [m]`; clears the upper half */
export const movR32M32 = (d: Register, s: Memory): number[] => memory(false, [0x8b], d, s)
/** `mov [m], r64` */
export const movM64R64 = (d: Memory, s: Register): number[] => memory(true, [0x89], s, d)
/** `mov [m], r32` */
export const movM32R32 = (d: Memory, s: Register): number[] => memory(false, [0x89], s, d)
/** `mov [m], r16` */
export const movM16R16 = (d: Memory, s: Register): number[] => [0x66, ...memory(false, [0x89], s, d)]
/** `mov [m], r8` */
export const movM8R8 = (d: Memory, s: Register): number[] => memory(false, [0x88], s, d, s >= 4)
/** `mov qword [m], simm32` */
export const movM64Simm32 = (d: Memory, value: number): number[] => [...memory(true, [0xc7], 0, d), ...simm32(value)]
/** `mov dword [m], imm32` */
export const movM32Imm32 = (d: Memory, value: number): number[] => [...memory(false, [0xc7], 0, d), ...imm32(value)]
/** `mov byte [m], imm8` */
export const movM8Imm8 = (d: Memory, value: number): number[] => [...memory(false, [0xc6], 0, d), ...imm8(value)]
/** `movzx r32, byte [m]` */
export const movzxR32M8 = (d: Register, s: Memory): number[] => memory(false, [0x0f, 0xb6], d, s)
/** `movzx r32, word [m]` */
export const movzxR32M16 = (d: Register, s: Memory): number[] => memory(false, [0x0f, 0xb7], d, s)
/** `movzx r32, r8` */
export const movzxR32R8 = (d: Register, s: Register): number[] => registers(false, [0x0f, 0xb6], d, s, s >= 4)
/** `movsxd r64, dword [m]` */
export const movsxdR64M32 = (d: Register, s: Memory): number[] => memory(true, [0x63], d, s)
/** `movsxd r64, r32` */
export const movsxdR64R32 = (d: Register, s: Register): number[] => registers(true, [0x63], d, s)
/** `lea r64, [m]` */
export const leaR64M = (d: Register, s: Memory): number[] => memory(true, [0x8d], d, s)
/** `lea r64, [rip + mark]` */
export const leaR64Mark = (d: Register, to: string): Reference => relative([...rex(true, d, 0, 0), 0x8d, 0x05 | ((d & 7) << 3)], to)
/** `xchg r64, r64` */
export const xchgR64R64 = (d: Register, s: Register): number[] => registers(true, [0x87], s, d)
/** `cmovcc r64, r64` */
export const cmovR64R64 = (cc: Condition, d: Register, s: Register): number[] => registers(true, [0x0f, 0x40 | CONDITION[cc]], d, s)
/** `cmovcc r32, r32` */
export const cmovR32R32 = (cc: Condition, d: Register, s: Register): number[] => registers(false, [0x0f, 0x40 | CONDITION[cc]], d, s)
/** `setcc r8` */
export const setR8 = (cc: Condition, d: Register): number[] => registers(false, [0x0f, 0x90 | CONDITION[cc]], 0, d, d >= 4)

// arithmetic and logic -------------------------------------------------------------------------------------------------

/** `op r64, r64`: add, or, adc, sbb, and, sub, xor, cmp */
export const aluR64R64 = (op: Alu, d: Register, s: Register): number[] => registers(true, [(ALU[op] << 3) | 1], s, d)
/** `op r32, r32` */
export const aluR32R32 = (op: Alu, d: Register, s: Register): number[] => registers(false, [(ALU[op] << 3) | 1], s, d)
/** `op r64, [m]` */
export const aluR64M64 = (op: Alu, d: Register, s: Memory): number[] => memory(true, [(ALU[op] << 3) | 3], d, s)
/** `op r32, [m]` */
export const aluR32M32 = (op: Alu, d: Register, s: Memory): number[] => memory(false, [(ALU[op] << 3) | 3], d, s)
/** `op [m], r64` */
export const aluM64R64 = (op: Alu, d: Memory, s: Register): number[] => memory(true, [(ALU[op] << 3) | 1], s, d)
/** `op [m], r32` */
export const aluM32R32 = (op: Alu, d: Memory, s: Register): number[] => memory(false, [(ALU[op] << 3) | 1], s, d)

/** Opcode 83 with a constant of one byte, else 81 with four; both are sign-extended. */
const aluImm = (value: number, operand: (opcode: readonly number[]) => number[]): number[] =>
  fits8(value) ? [...operand([0x83]), ...imm8(value)] : [...operand([0x81]), ...simm32(value)]
/** `op r64, simm` */
export const aluR64Imm = (op: Alu, d: Register, value: number): number[] => aluImm(value, (o) => registers(true, o, ALU[op], d))
/** `op r32, simm` */
export const aluR32Imm = (op: Alu, d: Register, value: number): number[] => aluImm(value, (o) => registers(false, o, ALU[op], d))
/** `op qword [m], simm` */
export const aluM64Imm = (op: Alu, d: Memory, value: number): number[] => aluImm(value, (o) => memory(true, o, ALU[op], d))
/** `op dword [m], simm` */
export const aluM32Imm = (op: Alu, d: Memory, value: number): number[] => aluImm(value, (o) => memory(false, o, ALU[op], d))
/** `op byte [m], imm8` */
export const aluM8Imm8 = (op: Alu, d: Memory, value: number): number[] => [...memory(false, [0x80], ALU[op], d), ...imm8(value)]
/** `op r8, imm8` */
export const aluR8Imm8 = (op: Alu, d: Register, value: number): number[] => [
  ...registers(false, [0x80], ALU[op], d, d >= 4), ...imm8(value),
]

/** `test r64, r64` */
export const testR64R64 = (d: Register, s: Register): number[] => registers(true, [0x85], s, d)
/** `test r32, r32` */
export const testR32R32 = (d: Register, s: Register): number[] => registers(false, [0x85], s, d)
/** `test r32, imm32` */
export const testR32Imm32 = (d: Register, value: number): number[] => [...registers(false, [0xf7], 0, d), ...imm32(value)]
/** `test r8, imm8` */
export const testR8Imm8 = (d: Register, value: number): number[] => [...registers(false, [0xf6], 0, d, d >= 4), ...imm8(value)]
/** `test byte [m], imm8` */
export const testM8Imm8 = (d: Memory, value: number): number[] => [...memory(false, [0xf6], 0, d), ...imm8(value)]
/** `bt r64, imm8`; bts, btr, btc */
export const bitR64Imm8 = (op: Bit, d: Register, bit: number): number[] => [...registers(true, [0x0f, 0xba], BIT[op], d), ...imm8(bit)]
/** `bt r64, r64`; bts, btr, btc */
export const bitR64R64 = (op: Bit, d: Register, s: Register): number[] => registers(true, [0x0f, 0x83 | (BIT[op] << 3)], s, d)
/** `bt qword [m], r64`; the bit number may be any: it reaches beyond the 8 bytes */
export const bitM64R64 = (op: Bit, d: Memory, s: Register): number[] => memory(true, [0x0f, 0x83 | (BIT[op] << 3)], s, d)
/** `shl r64, imm8`; shr, sar, rol, ror */
export const shiftR64Imm8 = (op: Shift, d: Register, count: number): number[] => [...registers(true, [0xc1], SHIFT[op], d), ...imm8(count)]
/** `shl r32, imm8`; shr, sar, rol, ror */
export const shiftR32Imm8 = (op: Shift, d: Register, count: number): number[] => [...registers(false, [0xc1], SHIFT[op], d), ...imm8(count)]
/** `shl r64, cl`; shr, sar, rol, ror */
export const shiftR64Cl = (op: Shift, d: Register): number[] => registers(true, [0xd3], SHIFT[op], d)
/** `inc r64` */
export const incR64 = (d: Register): number[] => registers(true, [0xff], 0, d)
/** `dec r64` */
export const decR64 = (d: Register): number[] => registers(true, [0xff], 1, d)
/** `inc qword [m]` */
export const incM64 = (d: Memory): number[] => memory(true, [0xff], 0, d)
/** `dec qword [m]` */
export const decM64 = (d: Memory): number[] => memory(true, [0xff], 1, d)
/** `not r64` */
export const notR64 = (d: Register): number[] => registers(true, [0xf7], 2, d)
/** `neg r64` */
export const negR64 = (d: Register): number[] => registers(true, [0xf7], 3, d)
/** `neg r32` */
export const negR32 = (d: Register): number[] => registers(false, [0xf7], 3, d)
/** `imul r64, r64, simm32` */
export const imulR64R64Simm32 = (d: Register, s: Register, value: number): number[] => [...registers(true, [0x69], d, s), ...simm32(value)]
/** `div r64`: rdx:rax by r64; quotient in rax, remainder in rdx */
export const divR64 = (s: Register): number[] => registers(true, [0xf7], 6, s)

// stack, jumps, the rest -----------------------------------------------------------------------------------------------

/** `push r64` */
export const pushR64 = (s: Register): number[] => [...rex(false, 0, 0, s), 0x50 | (s & 7)]
/** `pop r64` */
export const popR64 = (d: Register): number[] => [...rex(false, 0, 0, d), 0x58 | (d & 7)]
/** `push simm32` */
export const pushSimm32 = (value: number): number[] => [0x68, ...simm32(value)]
/** `push qword [m]` */
export const pushM64 = (s: Memory): number[] => memory(false, [0xff], 6, s)
/** `jmp mark` */
export const jmp = (to: string): Reference => relative([0xe9], to)
/** `jmp mark`, at most 127 bytes away */
export const jmpShort = (to: string): Reference => relative8(0xeb, to)
/** `jcc mark` */
export const jcc = (cc: Condition, to: string): Reference => relative([0x0f, 0x80 | CONDITION[cc]], to)
/** `jcc mark`, at most 127 bytes away */
export const jccShort = (cc: Condition, to: string): Reference => relative8(0x70 | CONDITION[cc], to)
/** `call mark` */
export const call = (to: string): Reference => relative([0xe8], to)
/** `jmp r64` */
export const jmpR64 = (s: Register): number[] => registers(false, [0xff], 4, s)
/** `jmp qword [m]` */
export const jmpM64 = (s: Memory): number[] => memory(false, [0xff], 4, s)
/** `call r64` */
export const callR64 = (s: Register): number[] => registers(false, [0xff], 2, s)
/** `ret` */
export const ret = (): Item => [0xc3]
/** `syscall`: number in rax, arguments in rdi, rsi, rdx, r10, r8, r9; result in rax; rcx and r11 are lost */
export const syscall = (): Item => [0x0f, 0x05]
/** `cld`: strings go upwards */
export const cld = (): Item => [0xfc]
/** `rep movsb`: rcx bytes from [rsi] to [rdi] */
export const repMovsb = (): Item => [0xf3, 0xa4]
/** `rep movsq`: rcx times 8 bytes from [rsi] to [rdi] */
export const repMovsq = (): Item => [0xf3, 0x48, 0xa5]
/** `rep stosb`: al into rcx bytes at [rdi] */
export const repStosb = (): Item => [0xf3, 0xaa]
/** `repe cmpsb`: compares up to rcx bytes at [rsi] and [rdi] */
export const repeCmpsb = (): Item => [0xf3, 0xa6]
/** `repne scasb`: looks for al in up to rcx bytes at [rdi] */
export const repneScasb = (): Item => [0xf2, 0xae]
/** `ud2`: stops with SIGILL */
export const ud2 = (): Item => [0x0f, 0x0b]
