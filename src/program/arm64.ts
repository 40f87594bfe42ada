/**
 * Instructions of arm64 (A64): one pure emitter a form, named as in Arm's manual (C6.2), `X` for 64-bit and `W` for 32-bit
 * registers in the name, destination first. Register 31 is the zero register, in addresses and in `addXImm` the stack pointer.
 */
import type { Item, Reference } from "./link.ts"
import { littleEndian, within } from "./link.ts"

/** A general register, 0 to 30; 31 as said above. */
export type Register = number
/** The zero register. */
export const ZR = 31
/** The stack pointer, where the form takes it. */
export const SP = 31

/** Condition codes of B.cond, CSEL, CSINC. */
const CONDITION = { eq: 0, ne: 1, hs: 2, lo: 3, mi: 4, pl: 5, vs: 6, vc: 7, hi: 8, ls: 9, ge: 10, lt: 11, gt: 12, le: 13 } as const
export type Condition = keyof typeof CONDITION

const word = (bits: number): number[] => littleEndian(bits >>> 0, 4)
const imm12 = (value: number): number => within(value, 0, 4095, "imm12") << 10

/** The distance to a mark in instructions, in a signed field of `bits` bits. */
function branch(to: string, bits: number, encode: (distance: number) => number): Reference {
  const limit = 2 ** (bits - 1)
  return {
    to, size: 4,
    encode: (distance) => word(encode(within(distance / 4, -limit, limit - 1, `distance to "${to}"`) & (2 * limit - 1))),
  }
}

// moves ----------------------------------------------------------------------------------------------------------------

/** `movz xd, #imm16, lsl #shift` */
export const movzX = (d: Register, value: number, shift: 0 | 16 | 32 | 48 = 0): number[] =>
  word(0xd2800000 | ((shift / 16) << 21) | (within(value, 0, 0xffff, "imm16") << 5) | d)
/** `movk xd, #imm16, lsl #shift` */
export const movkX = (d: Register, value: number, shift: 0 | 16 | 32 | 48 = 0): number[] =>
  word(0xf2800000 | ((shift / 16) << 21) | (within(value, 0, 0xffff, "imm16") << 5) | d)
/** `movn xd, #imm16`: the inverted constant */
export const movnX = (d: Register, value: number): number[] => word(0x92800000 | (within(value, 0, 0xffff, "imm16") << 5) | d)
/** `mov xd, value` as one to four of the above */
export function movXImm(d: Register, value: number | bigint): number[] {
  if (value < 0 && value >= -0x10000) return movnX(d, Number(-1n - BigInt(value)))
  const bits = BigInt.asUintN(64, BigInt(value))
  const code = movzX(d, Number(bits & 0xffffn))
  for (const shift of [16, 32, 48] as const) {
    const part = Number((bits >> BigInt(shift)) & 0xffffn)
    if (part !== 0) code.push(...movkX(d, part, shift))
  }
  return code
}
/** `mov xd, xm` */
export const movX = (d: Register, m: Register): number[] => orrX(d, ZR, m)
/** `mov wd, wm`; clears the upper half */
export const movW = (d: Register, m: Register): number[] => word(0x2a0003e0 | (m << 16) | d)
/** `mov xd, sp` or `mov sp, xn` */
export const movSp = (d: Register, n: Register): number[] => addXImm(d, n, 0)

// memory ---------------------------------------------------------------------------------------------------------------

/** `op rt, [xn, #offset]`: an unsigned offset, a multiple of the size */
const unsignedOffset = (opcode: number, size: number, t: Register, n: Register, offset: number): number[] =>
  word(opcode | imm12(offset / size) | (n << 5) | t)
/** `ldr xt, [xn, #offset]` */
export const ldrX = (t: Register, n: Register, offset = 0): number[] => unsignedOffset(0xf9400000, 8, t, n, offset)
/** `str xt, [xn, #offset]` */
export const strX = (t: Register, n: Register, offset = 0): number[] => unsignedOffset(0xf9000000, 8, t, n, offset)
/** `ldr wt, [xn, #offset]`; clears the upper half */
export const ldrW = (t: Register, n: Register, offset = 0): number[] => unsignedOffset(0xb9400000, 4, t, n, offset)
/** `str wt, [xn, #offset]` */
export const strW = (t: Register, n: Register, offset = 0): number[] => unsignedOffset(0xb9000000, 4, t, n, offset)
/** `ldrsw xt, [xn, #offset]` */
export const ldrswX = (t: Register, n: Register, offset = 0): number[] => unsignedOffset(0xb9800000, 4, t, n, offset)
/** `ldrh wt, [xn, #offset]` */
export const ldrhW = (t: Register, n: Register, offset = 0): number[] => unsignedOffset(0x79400000, 2, t, n, offset)
/** `strh wt, [xn, #offset]` */
export const strhW = (t: Register, n: Register, offset = 0): number[] => unsignedOffset(0x79000000, 2, t, n, offset)
/** `ldrb wt, [xn, #offset]` */
export const ldrbW = (t: Register, n: Register, offset = 0): number[] => unsignedOffset(0x39400000, 1, t, n, offset)
/** `strb wt, [xn, #offset]` */
export const strbW = (t: Register, n: Register, offset = 0): number[] => unsignedOffset(0x39000000, 1, t, n, offset)

/** `op rt, [xn], #step` */
const postIndex = (opcode: number, t: Register, n: Register, step: number): number[] =>
  word(opcode | 0x400 | ((within(step, -256, 255, "simm9") & 0x1ff) << 12) | (n << 5) | t)
/** `ldr xt, [xn], #step` */
export const ldrXPost = (t: Register, n: Register, step: number): number[] => postIndex(0xf8400000, t, n, step)
/** `str xt, [xn], #step` */
export const strXPost = (t: Register, n: Register, step: number): number[] => postIndex(0xf8000000, t, n, step)
/** `ldrb wt, [xn], #step` */
export const ldrbWPost = (t: Register, n: Register, step: number): number[] => postIndex(0x38400000, t, n, step)
/** `strb wt, [xn], #step` */
export const strbWPost = (t: Register, n: Register, step: number): number[] => postIndex(0x38000000, t, n, step)
/** `str xt, [xn, #step]!`: with sp and -16 a push */
export const strXPre = (t: Register, n: Register, step: number): number[] =>
  word(0xf8000c00 | ((within(step, -256, 255, "simm9") & 0x1ff) << 12) | (n << 5) | t)
/** `ldr xt, [xn, xm, lsl #3]`: element m of an array of 8-byte words */
export const ldrXIndex = (t: Register, n: Register, m: Register): number[] => word(0xf8607800 | (m << 16) | (n << 5) | t)
/** `str xt, [xn, xm, lsl #3]` */
export const strXIndex = (t: Register, n: Register, m: Register): number[] => word(0xf8207800 | (m << 16) | (n << 5) | t)
/** `ldrb wt, [xn, xm]` */
export const ldrbWIndex = (t: Register, n: Register, m: Register): number[] => word(0x38606800 | (m << 16) | (n << 5) | t)

const pair = (opcode: number, t: Register, u: Register, n: Register, offset: number): number[] =>
  word(opcode | ((within(offset / 8, -64, 63, "simm7") & 0x7f) << 15) | (u << 10) | (n << 5) | t)
/** `ldp xt, xu, [xn, #offset]` */
export const ldpX = (t: Register, u: Register, n: Register, offset = 0): number[] => pair(0xa9400000, t, u, n, offset)
/** `stp xt, xu, [xn, #offset]` */
export const stpX = (t: Register, u: Register, n: Register, offset = 0): number[] => pair(0xa9000000, t, u, n, offset)

// arithmetic and logic -------------------------------------------------------------------------------------------------

/** `add xd, xn, #imm12` */
export const addXImm = (d: Register, n: Register, value: number): number[] => word(0x91000000 | imm12(value) | (n << 5) | d)
/** `sub xd, xn, #imm12` */
export const subXImm = (d: Register, n: Register, value: number): number[] => word(0xd1000000 | imm12(value) | (n << 5) | d)
/** `subs xd, xn, #imm12` */
export const subsXImm = (d: Register, n: Register, value: number): number[] => word(0xf1000000 | imm12(value) | (n << 5) | d)
/** `cmp xn, #imm12` */
export const cmpXImm = (n: Register, value: number): number[] => subsXImm(ZR, n, value)
/** `cmp wn, #imm12` */
export const cmpWImm = (n: Register, value: number): number[] => word(0x7100001f | imm12(value) | (n << 5))
/** `cmn xn, #imm12`: compares with the negative number */
export const cmnXImm = (n: Register, value: number): number[] => word(0xb100001f | imm12(value) | (n << 5))
/** `cmn wn, #imm12` */
export const cmnWImm = (n: Register, value: number): number[] => word(0x3100001f | imm12(value) | (n << 5))

const three = (opcode: number, d: Register, n: Register, m: Register): number[] => word(opcode | (m << 16) | (n << 5) | d)
/** `add xd, xn, xm` */
export const addX = (d: Register, n: Register, m: Register): number[] => three(0x8b000000, d, n, m)
/** `sub xd, xn, xm` */
export const subX = (d: Register, n: Register, m: Register): number[] => three(0xcb000000, d, n, m)
/** `cmp xn, xm` */
export const cmpX = (n: Register, m: Register): number[] => three(0xeb000000, ZR, n, m)
/** `cmp wn, wm` */
export const cmpW = (n: Register, m: Register): number[] => three(0x6b000000, ZR, n, m)
/** `neg xd, xm` */
export const negX = (d: Register, m: Register): number[] => subX(d, ZR, m)
/** `negs wd, wm` */
export const negsW = (d: Register, m: Register): number[] => three(0x6b000000, d, ZR, m)
/** `and xd, xn, xm` */
export const andX = (d: Register, n: Register, m: Register): number[] => three(0x8a000000, d, n, m)
/** `tst xn, xm` */
export const tstX = (n: Register, m: Register): number[] => three(0xea000000, ZR, n, m)
/** `orr xd, xn, xm` */
export const orrX = (d: Register, n: Register, m: Register): number[] => three(0xaa000000, d, n, m)
/** `eor xd, xn, xm` */
export const eorX = (d: Register, n: Register, m: Register): number[] => three(0xca000000, d, n, m)
/** `bic xd, xn, xm`: n and not m */
export const bicX = (d: Register, n: Register, m: Register): number[] => three(0x8a200000, d, n, m)
/** `mvn xd, xm` */
export const mvnX = (d: Register, m: Register): number[] => three(0xaa200000, d, ZR, m)
/** `lsl xd, xn, xm` */
export const lslX = (d: Register, n: Register, m: Register): number[] => three(0x9ac02000, d, n, m)
/** `lsr xd, xn, xm` */
export const lsrX = (d: Register, n: Register, m: Register): number[] => three(0x9ac02400, d, n, m)
/** `mul xd, xn, xm` */
export const mulX = (d: Register, n: Register, m: Register): number[] => three(0x9b007c00, d, n, m)
/** `udiv xd, xn, xm` */
export const udivX = (d: Register, n: Register, m: Register): number[] => three(0x9ac00800, d, n, m)
/** `lsl xd, xn, #shift` */
export const lslXImm = (d: Register, n: Register, shift: number): number[] =>
  word(0xd3400000 | (((64 - within(shift, 1, 63, "shift")) & 63) << 16) | ((63 - shift) << 10) | (n << 5) | d)
/** `lsr xd, xn, #shift` */
export const lsrXImm = (d: Register, n: Register, shift: number): number[] =>
  word(0xd340fc00 | (within(shift, 0, 63, "shift") << 16) | (n << 5) | d)
/** `csel xd, xn, xm, cc`: n if cc, else m */
export const cselX = (d: Register, n: Register, m: Register, cc: Condition): number[] =>
  word(0x9a800000 | (m << 16) | (CONDITION[cc] << 12) | (n << 5) | d)
/** `csel wd, wn, wm, cc` */
export const cselW = (d: Register, n: Register, m: Register, cc: Condition): number[] =>
  word(0x1a800000 | (m << 16) | (CONDITION[cc] << 12) | (n << 5) | d)
/** `cset wd, cc`: 1 if cc, else 0 */
export const csetW = (d: Register, cc: Condition): number[] => word(0x1a9f07e0 | ((CONDITION[cc] ^ 1) << 12) | d)

// jumps, the rest ------------------------------------------------------------------------------------------------------

/** `b mark` */
export const b = (to: string): Reference => branch(to, 26, (distance) => 0x14000000 | distance)
/** `bl mark` */
export const bl = (to: string): Reference => branch(to, 26, (distance) => 0x94000000 | distance)
/** `b.cc mark` */
export const bCond = (cc: Condition, to: string): Reference => branch(to, 19, (distance) => 0x54000000 | (distance << 5) | CONDITION[cc])
/** `cbz xt, mark` */
export const cbzX = (t: Register, to: string): Reference => branch(to, 19, (distance) => 0xb4000000 | (distance << 5) | t)
/** `cbnz xt, mark` */
export const cbnzX = (t: Register, to: string): Reference => branch(to, 19, (distance) => 0xb5000000 | (distance << 5) | t)
/** `cbz wt, mark` */
export const cbzW = (t: Register, to: string): Reference => branch(to, 19, (distance) => 0x34000000 | (distance << 5) | t)
/** `cbnz wt, mark` */
export const cbnzW = (t: Register, to: string): Reference => branch(to, 19, (distance) => 0x35000000 | (distance << 5) | t)
/** The bit number of TBZ and TBNZ: its bit 5 is the opcode's bit 31. */
const testedBit = (bit: number): number => ((within(bit, 0, 63, "bit") & 31) << 19) | (bit >> 5 << 31)
/** `tbz xt, #bit, mark` */
export const tbz = (t: Register, bit: number, to: string): Reference =>
  branch(to, 14, (distance) => 0x36000000 | testedBit(bit) | (distance << 5) | t)
/** `tbnz xt, #bit, mark` */
export const tbnz = (t: Register, bit: number, to: string): Reference =>
  branch(to, 14, (distance) => 0x37000000 | testedBit(bit) | (distance << 5) | t)
/** `adr xd, mark` */
export const adr = (d: Register, to: string): Reference => ({
  to, size: 4,
  encode: (distance) => {
    within(distance, -0x100000, 0xfffff, `distance to "${to}"`)
    return word(0x10000000 | ((distance & 3) << 29) | (((distance >> 2) & 0x7ffff) << 5) | d)
  },
})
/** `br xn` */
export const br = (n: Register): Item => word(0xd61f0000 | (n << 5))
/** `blr xn` */
export const blr = (n: Register): Item => word(0xd63f0000 | (n << 5))
/** `ret` */
export const ret = (): Item => word(0xd65f03c0)
/** `svc #0`: system call; number in x8, arguments in x0 to x5; result in x0 */
export const svc = (): Item => word(0xd4000001)
/** `nop` */
export const nop = (): Item => word(0xd503201f)
/** `brk #0`: stops with SIGTRAP */
export const brk = (): Item => word(0xd4200000)
