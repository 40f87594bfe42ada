import { ERRNO } from "./errno.ts"
import { BPF_INSTRUCTION_BYTES, SECCOMP_ACTIONS } from "./seccomp.ts"

/*
 * A profile tells what its writer knew. A system call that is newer than that gets the default action, mostly EPERM, by which a C library
 * does not learn that it is to use an older one. So, as runc does, a filter begins with a part that answers ENOSYS to numbers above
 * the highest that the profile names. Classic BPF (linux/filter.h) over struct seccomp_data: u32 number at 0, u32 architecture at 4.
 */

/** The highest number that a profile names for one of libseccomp's architectures. */
export interface HighestCall {
  /** libseccomp's token: AUDIT_ARCH_..., but X32's own. */
  readonly architecture: number
  readonly number: number
}

const AUDIT_ARCH_X86_64 = 0xc000003e
const TOKEN_X32 = 0x4000003e
const X32_BIT = 0x40000000
const AUDIT_ARCH_S390 = 0x16
const AUDIT_ARCH_S390X = 0x80000016

const LOAD = 0x20
const JUMP = 0x05
const JUMP_EQUAL = 0x15
const JUMP_GREATER = 0x25
const JUMP_BIT_SET = 0x45
const RETURN = 0x06

const OFFSET_NUMBER = 0
const OFFSET_ARCHITECTURE = 4

type Instruction = readonly [opcode: number, jumpTrue: number, jumpFalse: number, k: number]

/**
 * The part before the filter proper; after its last instruction the filter begins.
 * @returns struct sock_filter, 8 bytes each; none where no number is known
 */
export function enosysPrefix(highest: readonly HighestCall[]): Uint8Array {
  const blocks: Instruction[][] = []
  const seen = new Set<number>()
  for (const { architecture, number } of highest) {
    const audit = architecture === TOKEN_X32 ? AUDIT_ARCH_X86_64 : architecture
    if (seen.has(audit)) continue
    seen.add(audit)
    blocks.push(audit === AUDIT_ARCH_X86_64 ? x86Block(highest) : plainBlock(audit, number))
  }
  if (blocks.length === 0) return new Uint8Array(0)
  const program: Instruction[] = [[LOAD, 0, 0, OFFSET_ARCHITECTURE], ...blocks.flat()]
  return encode(program)
}

/** Where a block goes on when it has nothing to say: the filter proper. Its distance is known at the end. */
const TO_FILTER: Instruction = [JUMP, 0, 0, -1]
const RETURN_ENOSYS: Instruction = [RETURN, 0, 0, SECCOMP_ACTIONS.SCMP_ACT_ERRNO + ERRNO.ENOSYS]

//     if arch != A goto next block
//     nr
//     if nr > highest goto ENOSYS        on s390 also: if nr == 0
//     goto filter
//     ENOSYS
function plainBlock(architecture: number, number: number): Instruction[] {
  const tests: Instruction[] = [[JUMP_GREATER, 1, 0, number]]
  // the kernel puts numbers that it does not know, and that are too large for the instruction, in as 0, setup(2), which nobody calls
  if (architecture === AUDIT_ARCH_S390 || architecture === AUDIT_ARCH_S390X) tests.unshift([JUMP_EQUAL, 2, 0, 0])
  const body: Instruction[] = [[LOAD, 0, 0, OFFSET_NUMBER], ...tests, TO_FILTER, RETURN_ENOSYS]
  return [[JUMP_EQUAL, 0, body.length, architecture], ...body]
}

//     if arch != x86_64 goto next block
//     nr
//     if nr & X32_BIT goto x32
//     if nr > highest goto ENOSYS        or goto filter, where the profile does not have x86_64
//     goto filter
// x32:
//     if nr > highest goto ENOSYS        or goto filter, where it does not have x32
//     goto filter
//     ENOSYS
function x86Block(highest: readonly HighestCall[]): Instruction[] {
  const of = (token: number): Instruction => {
    const number = highest.find(({ architecture }) => architecture === token)?.number
    return number === undefined ? TO_FILTER : [JUMP_GREATER, token === TOKEN_X32 ? 1 : 3, 0, number]
  }
  const body: Instruction[] = [
    [LOAD, 0, 0, OFFSET_NUMBER], [JUMP_BIT_SET, 2, 0, X32_BIT], of(AUDIT_ARCH_X86_64), TO_FILTER, of(TOKEN_X32), TO_FILTER, RETURN_ENOSYS,
  ]
  return [[JUMP_EQUAL, 0, body.length, AUDIT_ARCH_X86_64], ...body]
}

/** struct sock_filter: u16 code, u8 jt, u8 jf, u32 k. */
function encode(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * BPF_INSTRUCTION_BYTES)
  const view = new DataView(bytes.buffer)
  program.forEach(([opcode, jumpTrue, jumpFalse, k], i) => {
    const at = i * BPF_INSTRUCTION_BYTES
    view.setUint16(at, opcode, true)
    view.setUint8(at + 2, jumpTrue)
    view.setUint8(at + 3, jumpFalse)
    view.setUint32(at + 4, opcode === JUMP ? program.length - i - 1 : k, true)
  })
  return bytes
}
