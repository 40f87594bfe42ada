// What every implementation of `Native` must do. Run in-process under Node and, as a program of its own, under Bun from source
// and in a built binary: see native.test.ts.
import assert from "node:assert"
import type { Native } from "../../../src/ffi/native.ts"
import { sys } from "../../../src/ffi/index.ts"
import { NR } from "../../../src/kernel/syscalls.ts"

const ENOENT = 2
const EBADF = 9
const EFAULT = 14
const ENAMETOOLONG = 36

function pointers(native: Native, buffers: readonly Uint8Array[]): Buffer {
  const array = Buffer.alloc((buffers.length + 1) * 8)
  buffers.forEach((bytes, i) => array.writeBigUInt64LE(BigInt(native.address(bytes)), i * 8))
  return array
}

function spawn(native: Native, argv: string[], env: string[]): number {
  const args = argv.map((text) => Buffer.from(text + "\0"))
  const vars = env.map((text) => Buffer.from(text + "\0"))
  const [args8, vars8] = [pointers(native, args), pointers(native, vars)]
  return native.spawn(native.address(args[0] as Buffer), native.address(args8), native.address(vars8))
}

function wait(native: Native, pid: number): number {
  const status = Buffer.alloc(4)
  assert.equal(native.syscall(NR.wait4, pid, native.address(status), 0, 0, 0, 0), pid)
  return status.readInt32LE(0)
}

/** A new pipe's two descriptors, close-on-exec. */
function pipe(native: Native): [number, number] {
  const fds = Buffer.alloc(8)
  assert.equal(native.syscall(NR.pipe2, native.address(fds), 0o2000000, 0, 0, 0, 0), 0)
  return [fds.readInt32LE(0), fds.readInt32LE(4)]
}

export const CASES: Readonly<Record<string, (native: Native) => void>> = {
  "syscall() returns what the kernel returns"(native) {
    assert.equal(native.syscall(NR.getpid, 0, 0, 0, 0, 0, 0), process.pid)
  },
  "syscall() returns the negated errno, also again and again"(native) {
    for (let i = 0; i < 3; i++) {
      assert.equal(native.syscall(NR.close, -1, 0, 0, 0, 0, 0), -EBADF)
      assert.equal(native.syscall(NR.chdir, native.address(Buffer.from("/no/such\0")), 0, 0, 0, 0, 0), -ENOENT)
    }
  },
  "syscall() passes six arguments and returns addresses beyond 2^32 exactly"(native) {
    const address = native.syscall(NR.mmap, 0, 8192, 3, 0x22, -1, 0)
    assert.ok(Number.isSafeInteger(address) && address > 2 ** 32 && address % 4096 === 0)
    assert.equal(native.syscall(NR.munmap, address, 8192, 0, 0, 0, 0), 0)
    // the sixth one, an offset, must be a multiple of the page size
    assert.equal(native.syscall(NR.mmap, 0, 8192, 3, 0x22, -1, 1), -22)
  },
  "syscall() takes numbers up to 2^53 and negative ones"(native) {
    const [reading, writing] = pipe(native)
    native.syscall(NR.close, reading, 0, 0, 0, 0, 0)
    native.syscall(NR.close, writing, 0, 0, 0, 0, 0)
    const name = Buffer.from("native-test\0")
    const fd = native.syscall(NR.memfd_create, native.address(name), 1, 0, 0, 0, 0)
    assert.equal(native.syscall(NR.ftruncate, fd, 2 ** 52 + 4097, 0, 0, 0, 0), 0)
    assert.equal(native.syscall(NR.lseek, fd, -1, 2, 0, 0, 0), 2 ** 52 + 4096)
    native.syscall(NR.close, fd, 0, 0, 0, 0, 0)
  },
  "address() is the first byte's, of parts of a buffer too; the kernel writes there"(native) {
    const bytes = new Uint8Array(64)
    assert.equal(native.address(bytes.subarray(8)), native.address(bytes) + 8)
    const [reading, writing] = pipe(native)
    native.syscall(NR.write, writing, native.address(Buffer.from("hello")), 5, 0, 0, 0)
    assert.equal(native.syscall(NR.read, reading, native.address(bytes.subarray(8)), 56, 0, 0, 0), 5)
    assert.equal(Buffer.from(bytes.subarray(8, 13)).toString(), "hello")
    for (const fd of [reading, writing]) native.syscall(NR.close, fd, 0, 0, 0, 0, 0)
  },
  "peek() copies memory"(native) {
    const bytes = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8])
    const copy = native.peek(native.address(bytes) + 2, 4)
    bytes.fill(9)
    assert.deepEqual([...copy], [3, 4, 5, 6])
    assert.equal(native.peek(native.address(bytes), 0).length, 0)
  },
  "spawn() runs a program with arguments and environment"(native) {
    const pid = spawn(native, ["/bin/sh", "-c", 'test "$A$1" = xyz && exit 3', "sh", "yz"], ["A=x"])
    assert.ok(pid > 0)
    assert.equal(wait(native, pid), 3 << 8)
  },
  "spawn() returns execve's errno and leaves no child"(native) {
    assert.equal(spawn(native, ["/no/such"], []), -ENOENT)
    assert.equal(spawn(native, ["/"], []), -13)
    // no dead child: none at all, or only those of the test runner
    assert.ok(native.syscall(NR.wait4, -1, 0, 1, 0, 0, 0) <= 0)
  },
  "spawn() passes descriptors that are not close-on-exec, and no others"(native) {
    const [reading, writing] = pipe(native)
    const shown = (fd: number): string => `test -e /proc/self/fd/${fd}`
    native.syscall(NR.fcntl, reading, 2, 0, 0, 0, 0)
    const pid = spawn(native, ["/bin/sh", "-c", `${shown(reading)} && ! ${shown(writing)}`], [])
    assert.equal(wait(native, pid), 0)
    for (const fd of [reading, writing]) native.syscall(NR.close, fd, 0, 0, 0, 0, 0)
  },
  "spawn() keeps the signal mask and ignored signals"(native) {
    const [usr1, usr2] = [10, 12]
    const ignore = Buffer.alloc(32)
    ignore.writeUInt8(1)
    const mask = Buffer.alloc(8)
    mask.writeUInt8(0, 0)
    mask.writeUInt16LE(1 << (usr2 - 1), 0)
    const before = Buffer.alloc(8)
    native.syscall(NR.rt_sigaction, usr1, native.address(ignore), 0, 8, 0, 0)
    native.syscall(NR.rt_sigprocmask, 0, native.address(mask), native.address(before), 8, 0, 0)
    // no shell: dash unblocks signals
    const statuses = ["^SigIgn:.*2..$", "^SigBlk:.*8..$"].map((line) => {
      return wait(native, spawn(native, ["/bin/grep", "-q", line, "/proc/self/status"], []))
    })
    native.syscall(NR.rt_sigprocmask, 2, native.address(before), 0, 8, 0, 0)
    native.syscall(NR.rt_sigaction, usr1, native.address(Buffer.alloc(32)), 0, 8, 0, 0)
    assert.deepEqual(statuses, [0, 0])
    // the caller's own mask is as before
    const after = Buffer.alloc(8)
    native.syscall(NR.rt_sigprocmask, 0, 0, native.address(after), 8, 0, 0)
    assert.deepEqual(after, before)
  },
  "sys() passes strings, several in one call, long ones and empty ones"() {
    const target = "/proc/self/fd/" + "x".repeat(5)
    assert.equal(sys(NR.symlinkat, target, -100, "/no/such/folder"), -ENOENT)
    assert.equal(sys(NR.chdir, "/" + "y".repeat(40000)), -ENAMETOOLONG)
    assert.equal(sys(NR.chdir, "/" + "é/".repeat(6000)), -ENAMETOOLONG)
    assert.equal(sys(NR.chdir, ""), -ENOENT)
    assert.equal(sys(NR.chdir, "/\0etc"), -EFAULT)
    assert.equal(sys(NR.faccessat2, -100, "/proc/self/status", 4, 0), 0)
  },
}

/** Runs all cases. @returns the failures' messages by title; undefined: passed */
export function runCases(native: Native): Record<string, string | undefined> {
  const results: Record<string, string | undefined> = {}
  for (const title in CASES) {
    try {
      CASES[title]?.(native)
      results[title] = undefined
    } catch (error) {
      results[title] = String(error)
    }
  }
  return results
}
