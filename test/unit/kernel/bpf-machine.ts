/*
 * An interpreter of the classic BPF that seccomp(2) allows (linux/filter.h, linux/bpf_common.h; net/core/filter.c has the same
 * instructions), over struct seccomp_data. Throws where a program does what the kernel would refuse.
 */

/** struct seccomp_data. */
export interface CallData {
  readonly number: number
  /** AUDIT_ARCH_... */
  readonly architecture: number
  readonly args?: readonly (number | bigint)[]
}

const DATA_BYTES = 64
const MEMORY_WORDS = 16

/** What a filter returns for a system call. */
export function runFilter(filter: Uint8Array, call: CallData): number {
  const data = new DataView(new ArrayBuffer(DATA_BYTES))
  data.setUint32(0, call.number >>> 0, true)
  data.setUint32(4, call.architecture, true)
  call.args?.forEach((value, i) => data.setBigUint64(16 + 8 * i, BigInt.asUintN(64, BigInt(value)), true))
  const program = new DataView(filter.buffer, filter.byteOffset, filter.length)
  const length = filter.length / 8
  const memory = new Uint32Array(MEMORY_WORDS)
  let a = 0
  let x = 0
  for (let i = 0; i < length;) {
    const code = program.getUint16(i * 8, true)
    const k = program.getUint32(i * 8 + 4, true)
    const jump = (taken: boolean): void => void (i += 1 + program.getUint8(i * 8 + (taken ? 2 : 3)))
    switch (code) {
      case 0x20: // ld [k]
        if (k % 4 !== 0 || k >= DATA_BYTES) throw new Error(`instruction ${i} loads from ${k}`)
        a = data.getUint32(k, true)
        i++
        break
      case 0x00: a = k; i++; break // ld #k
      case 0x60: a = memory[k] as number; i++; break // ld M[k]
      case 0x02: memory[k] = a; i++; break // st M[k]
      case 0x07: x = a; i++; break // tax
      case 0x87: a = x; i++; break // txa
      case 0x54: a = (a & k) >>> 0; i++; break // and #k
      case 0x05: i += 1 + k; break // ja
      case 0x15: jump(a === k); break // jeq
      case 0x25: jump(a > k); break // jgt
      case 0x35: jump(a >= k); break // jge
      case 0x45: jump((a & k) !== 0); break // jset
      case 0x06: return k // ret #k
      default: throw new Error(`instruction ${i} has the unknown code ${code}`)
    }
  }
  throw new Error("the filter ends without an answer")
}

export const AUDIT_ARCH = { x86_64: 0xc000003e, i386: 0x40000003, aarch64: 0xc00000b7, s390x: 0x80000016 } as const
