import { writeFileSync } from "node:fs"
import { ROW_SIZE, TABLE_OFFSET, HEAD_SIZE } from "../../src/program/layout.ts"
import { assemble } from "../../src/program/assemble.ts"
import { Program } from "../../src/program/program.ts"
import { HOST_ARCHITECTURE, syscallNumbers, type SyscallName } from "../../src/kernel/syscalls.ts"

/** A system call by its name, or by a number that need not exist. */
export interface ProbeCall {
  readonly call: SyscallName | number
  readonly args?: readonly (number | bigint)[]
}

/** The number of a system call on this machine. */
export function syscallNumber(name: SyscallName): number {
  const number = syscallNumbers(HOST_ARCHITECTURE).get(name)
  if (number === undefined) throw new Error(`${HOST_ARCHITECTURE} has no ${name}`)
  return number
}

/** Writes a static program that makes these system calls and writes their results to its standard output, 8 bytes each. */
export function writeProbe(path: string, calls: readonly ProbeCall[]): void {
  const p = new Program()
  const results = p.buffer(8 * calls.length)
  const rows: number[] = []
  calls.forEach(({ args = [] }, i) => {
    rows.push(p.steps.length)
    // an error is a result too
    p.store(results.at(8 * i), p.call("getpid", ...args).orContinue(), 8)
  })
  p.call("write", 1, results, results.size)
  const statusCell = p.bytes(new Uint8Array([2, 0, 0, 0, 0, 0, 0, 0]))
  const { bytes } = assemble(p, { architecture: HOST_ARCHITECTURE, statusCell })
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  calls.forEach(({ call }, i) => {
    const number = typeof call === "number" ? call : syscallNumber(call)
    view.setInt32(TABLE_OFFSET + HEAD_SIZE + (rows[i] as number) * ROW_SIZE, number, true)
  })
  writeFileSync(path, bytes, { mode: 0o755 })
}

/** What a probe wrote: results as the kernel returns them, errors negative. */
export function probeResults(output: Uint8Array): number[] {
  const view = new DataView(output.buffer, output.byteOffset, output.length)
  return Array.from({ length: output.length / 8 }, (_, i) => Number(view.getBigInt64(8 * i, true)))
}

/**
 * A static program for x86-64 that makes one system call of i386 (int 0x80) with three arguments and ends with the negated result as
 * its exit code.
 */
export function writeI386Probe(path: string, number: number): void {
  const ADDRESS = 0x400000
  const HEADERS = 64 + 56
  const code = Buffer.from([
    0xb8, 0, 0, 0, 0, // mov eax, number
    0x31, 0xdb, 0x31, 0xc9, 0x31, 0xd2, // ebx, ecx, edx = 0
    0xcd, 0x80, // int 0x80
    0x89, 0xc7, 0xf7, 0xdf, // edi = -eax
    0xb8, 0xe7, 0, 0, 0, 0x0f, 0x05, // exit_group(edi)
  ])
  code.writeUInt32LE(number, 1)
  const file = Buffer.alloc(HEADERS + code.length)
  file.write("\x7fELF\x02\x01\x01", "latin1")
  file.writeUInt16LE(2, 16) // ET_EXEC
  file.writeUInt16LE(62, 18) // EM_X86_64
  file.writeUInt32LE(1, 20)
  file.writeBigUInt64LE(BigInt(ADDRESS + HEADERS), 24)
  file.writeBigUInt64LE(64n, 32)
  file.writeUInt16LE(64, 52)
  file.writeUInt16LE(56, 54)
  file.writeUInt16LE(1, 56)
  file.writeUInt32LE(1, 64) // PT_LOAD
  file.writeUInt32LE(5, 68) // readable and executable
  file.writeBigUInt64LE(BigInt(ADDRESS), 80)
  file.writeBigUInt64LE(BigInt(ADDRESS), 88)
  file.writeBigUInt64LE(BigInt(file.length), 96)
  file.writeBigUInt64LE(BigInt(file.length), 104)
  file.writeBigUInt64LE(0x1000n, 112)
  code.copy(file, HEADERS)
  writeFileSync(path, file, { mode: 0o755 })
}
