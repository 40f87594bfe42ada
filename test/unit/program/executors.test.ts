import { readFileSync } from "node:fs"
import t from "tap"
import { ERRNO } from "../../../src/kernel/errno.ts"
import { type Architecture, syscalls } from "../../../src/kernel/syscalls.ts"
import { assemble } from "../../../src/program/assemble.ts"
import { executorArm64 } from "../../../src/program/executor-arm64.ts"
import { executorX64 } from "../../../src/program/executor-x64.ts"
import { generate } from "../../../src/program/generate-executors.ts"
import { EXECUTOR_OFFSET, TABLE_OFFSET } from "../../../src/program/layout.ts"
import { type Comparison, Load, Program } from "../../../src/program/program.ts"
import { cannotRun, run, runProgram } from "./machine.ts"

const AT_FDCWD = -100
const O_RDWR = 2

interface Case {
  readonly title: string
  build(p: Program, architecture: Architecture): void
  readonly stdout?: string | Buffer
  readonly code?: number | null
  readonly signal?: string
  /** The failure report: step and errno. */
  readonly report?: readonly [step: number, errno: keyof typeof ERRNO]
}

/** Writes on standard output. */
const say = (p: Program, text: string) => p.call("write", 1, text, Buffer.byteLength(text))

const u64 = (...values: (number | bigint)[]): Buffer => {
  const bytes = Buffer.alloc(8 * values.length)
  values.forEach((value, index) => bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), 8 * index))
  return bytes
}

type Compared = readonly [value: bigint, mask: number | bigint, comparison: Comparison, constant: number | bigint, holds: boolean]
const COMPARED: readonly Compared[] = [
  [5n, -1, "==", 5, true], [5n, -1, "==", 6, false],
  [5n, -1, "!=", 5, false], [5n, -1, "!=", 6, true],
  [5n, -1, "<", 6, true], [5n, -1, "<", 5, false], [5n, -1, "<", 4, false],
  [5n, -1, ">=", 6, false], [5n, -1, ">=", 5, true], [5n, -1, ">=", 4, true],
  // a field of 4 bytes; the upper ones differ
  [0xabcdef0100000003n, 0xffffffff, "==", 3, true], [0xabcdef0100000003n, -1, "==", 3, false],
  [0xabcdef0100000003n, 0xff00000000000000n, "==", 0xab00000000000000n, true],
  // unsigned: a negative result is large
  [0xfffffffffffffffen, -1, "<", 0, false], [0xfffffffffffffffen, -1, ">=", 5, true], [0xfffffffffffffffen, -1, "==", -2, true],
  [0xfffffffffffffffen, -1, "<", -1, true], [1n << 40n, -1, ">=", 0x7fffffff, true], [1n << 40n, -1, "==", 2 ** 40, true],
]

const cases: readonly Case[] = [
  { title: "a call writes its string", build: (p) => say(p, "hello\n"), stdout: "hello\n" },
  {
    title: "a result is an argument of later steps, several times",
    build(p) {
      const buffer = p.buffer(100)
      const fd = p.call("openat", AT_FDCWD, "/proc/sys/kernel/ostype", 0, 0)
      const n = p.call("read", fd, buffer, 100)
      p.call("write", 1, buffer, n)
      p.call("write", 1, buffer, n)
    },
    stdout: "Linux\nLinux\n",
  },
  {
    title: "all six arguments arrive, as values and from memory",
    build(p) {
      // mmap takes six; a file's second page at an offset, private
      const pages = p.words([65536, 3, 2, 0])
      const path = p.string("/proc/self/exe")
      const fd = p.call("openat", AT_FDCWD, path, 0, 0)
      const load = (offset: number) => new Load(pages.at(offset))
      const address = p.call("mmap", load(24), load(0), load(8), load(16), fd, load(24))
      p.call("write", 1, address, 4)
      const again = p.call("mmap", 0, 65536, 3, 2, fd, 0)
      p.call("write", 1, again, 4)
    },
    stdout: "\x7fELF\x7fELF",
  },
  {
    title: "comparisons are unsigned, of 8 bytes under a mask",
    build(p) {
      for (const [value, mask, comparison, constant] of COMPARED) {
        const holds = p.label("holds")
        const done = p.label("done")
        p.test(p.bytes(u64(value)), mask, comparison, constant, holds)
        say(p, "0")
        p.jump(done)
        p.here(holds)
        say(p, "1")
        p.here(done)
      }
    },
    stdout: COMPARED.map((row) => (row[4] ? "1" : "0")).join(""),
  },
  {
    title: "numbers of any sign and size reach the kernel and memory whole",
    build(p) {
      const fd = p.call("memfd_create", "x", 0)
      p.call("ftruncate", fd, 2 ** 40 + 7)
      const end = p.call("lseek", fd, -7, 2)
      const far = p.call("lseek", fd, 2n ** 41n + 5n, 0)
      const same = p.call("lseek", 2n ** 64n - 2n, 0, 0).orContinue()
      const results = p.buffer(24)
      p.store(results, end, 8)
      p.store(results.at(8), far, 8)
      p.store(results.at(16), same, 8)
      p.call("write", 1, results, 24)
      p.call("write", 1, p.words([-1, -(2 ** 40), 2n ** 63n, 2n ** 64n - 1n, 2 ** 53 - 1, 0x80000000, -0x80000001]), 56)
    },
    stdout: u64(2 ** 40, 2 ** 41 + 5, -9, -1, -(2 ** 40), 2n ** 63n, -1, 2 ** 53 - 1, 0x80000000, -0x80000001),
  },
  {
    title: "an errno goes to its own branch, to `any`, or on",
    build(p) {
      const [own, any, wrong] = [p.label("own"), p.label("any"), p.label("wrong")]
      p.call("openat", AT_FDCWD, "/no/such", 0, 0).on("any", wrong).on("EPERM", wrong).on("ENOENT", own)
      say(p, "x")
      p.here(own)
      say(p, "a")
      p.call("openat", AT_FDCWD, "/proc/self/status/x", 0, 0).on("ENOENT", wrong).on("any", any)
      say(p, "x")
      p.here(any)
      say(p, "b")
      p.call("close", -1).orContinue()
      say(p, "c")
      p.call("close", -1).on("EBADF", "continue")
      say(p, "d")
      p.call("exit_group", 0)
      p.here(wrong)
      say(p, "wrong")
    },
    stdout: "abcd",
  },
  {
    title: "an errno without a branch fails",
    build(p) {
      p.call("close", -1).on("ENOENT", "continue").on("EACCES", "continue")
    },
    code: 1,
    report: [0, "EBADF"],
  },
  {
    title: "a label jumps back while a counter lasts",
    build(p) {
      const counter = p.words([5])
      const again = p.label("again")
      p.here(again)
      say(p, "x")
      p.increment(counter, -1)
      p.test(counter, -1, "!=", 0, again)
      say(p, ".")
    },
    stdout: "xxxxx.",
  },
  {
    title: "a failing call reports its step and errno and ends with 1",
    build(p) {
      say(p, "a")
      p.call("chdir", "/no/such/folder")
      say(p, "b")
    },
    stdout: "a", code: 1, report: [1, "ENOENT"],
  },
  {
    title: "the result of a failed call is kept",
    build(p) {
      const failed = p.call("close", -1).orContinue()
      const is = p.label("is")
      p.test(failed, -1, "==", -ERRNO.EBADF, is)
      p.fail(ERRNO.EINVAL)
      p.here(is)
      say(p, "kept")
    },
    stdout: "kept",
  },
  { title: "fail reports a number", build: (p) => p.fail(ERRNO.EXDEV), code: 1, report: [0, "EXDEV"] },
  {
    title: "fail reports the errno of a kept result",
    build(p) {
      const failed = p.call("chdir", "/no/such").orContinue()
      p.fail(failed)
    },
    code: 1, report: [1, "ENOENT"],
  },
  { title: "fail reports an errno in memory", build: (p) => p.fail(p.load(p.words([0, 17]).at(8))), code: 1, report: [0, "EEXIST"] },
  {
    title: "execve takes string arrays",
    build(p) {
      const env = p.stringArray(["A=1", "B=zwei"])
      p.call("execve", "/bin/sh", p.stringArray(["sh", "-c", 'echo "$0 $1 $A $B"', "eins", "two"]), env)
    },
    stdout: "eins two 1 zwei\n",
  },
  {
    title: "words hold addresses, also inside a datum",
    build(p) {
      const bytes = p.bytes(Buffer.from("0123456789"))
      p.call("writev", 1, p.words([p.string("text "), 5, bytes.at(4), 3, bytes, 2]), 3)
    },
    stdout: "text 45601",
  },
  {
    title: "store writes 4 or 8 bytes and no more",
    build(p) {
      const four = p.bytes(Buffer.from("................"))
      const eight = p.bytes(Buffer.from("................"))
      const from = p.bytes(Buffer.from("abcdefgh"))
      p.store(four.at(4), from, 4)
      p.store(eight.at(8), from, 8)
      p.store(four.at(9), from.at(1), 4)
      p.call("write", 1, four, 16)
      p.call("write", 1, eight, 16)
    },
    stdout: "....abcd.bcde...........abcdefgh",
  },
  {
    title: "signals: a loop over 1 to 64 ignores them all, but for those that cannot be",
    build(p) {
      sigactions(p, p.words([1, 0, 0, 0]))
      p.call("kill", p.call("getpid"), 10)
      p.call("kill", p.call("getpid"), 13)
      say(p, "alive")
    },
    stdout: "alive",
  },
  {
    title: "signals: a loop over 1 to 64 restores the defaults",
    build(p) {
      sigactions(p, p.words([1, 0, 0, 0]))
      sigactions(p, p.buffer(32))
      p.call("kill", p.call("getpid"), 10)
      say(p, "alive")
    },
    code: null, signal: "SIGUSR1",
  },
  {
    title: "strings keep their bytes beside others that are not ASCII",
    build(p) {
      for (const text of ["a", "größe", "", "日本\n", "𝄞", "z"]) p.call("write", 1, text, Buffer.byteLength(text))
    },
    stdout: "agröße日本\n𝄞z",
  },
  {
    title: "a buffer is zero, writable, aligned, and not in the file",
    build(p) {
      p.buffer(3)
      const large = p.buffer(1 << 20, 4096)
      const fd = p.call("openat", AT_FDCWD, "/dev/zero", O_RDWR, 0)
      const wrong = p.label("wrong")
      p.test(p.words([large]), 4095, "!=", 0, wrong)
      p.test(large.at((1 << 20) - 8), -1, "!=", 0, wrong)
      p.call("read", fd, large, 1 << 20)
      say(p, "ok")
      p.call("exit_group", 0)
      p.here(wrong)
      p.fail(ERRNO.EINVAL)
    },
    stdout: "ok",
  },
  {
    title: "a label behind the last step ends the program with 0",
    build(p) {
      const end = p.label("end")
      p.jump(end)
      say(p, "x")
      p.here(end)
    },
  },
  {
    title: "a jump goes to rows in data",
    build(p, architecture) {
      const rows = Buffer.alloc(64)
      rows.writeInt32LE(syscalls().exit_group[architecture === "x64" ? 0 : 1])
      rows.writeInt32LE(7, 16)
      p.jumpTo(p.bytes(rows))
    },
    code: 7,
  },
]

/** rt_sigaction(1 to 64) with one struct sigaction. */
function sigactions(p: Program, action: ReturnType<Program["buffer"]>): void {
  const signal = p.words([1])
  const again = p.label("again")
  p.here(again)
  p.call("rt_sigaction", p.load(signal), action, 0, 8).on("EINVAL", "continue")
  p.increment(signal, 1)
  p.test(signal, -1, "<", 65, again)
}

for (const architecture of ["x64", "arm64"] as const) {
  t.test(`executor ${architecture}`, { skip: cannotRun(architecture) }, async (t) => {
    for (const one of cases) {
      t.test(one.title, async (t) => {
        const p = new Program()
        one.build(p, architecture)
        const result = runProgram(p, architecture)
        t.equal(result.stdout.toString("latin1"), Buffer.from(one.stdout ?? "").toString("latin1"), "standard output")
        t.equal(result.signal, one.signal ?? null, "signal")
        t.equal(result.code, one.code === undefined ? 0 : one.code, "exit code")
        const report = one.report === undefined ? Buffer.alloc(0) : failureReport(...one.report)
        t.equal(result.status.toString("hex"), report.toString("hex"), "failure report")
      })
    }

    t.test("the status descriptor is read from its cell when the step fails", async (t) => {
      const p = new Program()
      const cell = p.buffer(8)
      p.store(cell, p.words([1]), 8)
      p.fail(ERRNO.EIO)
      const result = runProgram(p, architecture, cell)
      t.equal(result.stdout.toString("hex"), failureReport(1, "EIO").toString("hex"))
      t.equal(result.code, 1)
    })

    t.test("a program without memory of its own runs", async (t) => {
      const p = new Program()
      const statusCell = p.words([-1])
      p.call("exit_group", 3)
      t.equal(run(assemble(p, { architecture, statusCell }).bytes, architecture).code, 3)
    })
  })
}

function failureReport(step: number, errno: keyof typeof ERRNO): Buffer {
  const bytes = Buffer.alloc(16)
  bytes.write("F")
  bytes.writeUInt32LE(step, 4)
  bytes.writeUInt32LE(ERRNO[errno], 8)
  return bytes
}

t.test("executor-bytes.ts is what the assemblers emit (npx tsx src/program/generate-executors.ts)", async (t) => {
  t.equal(readFileSync(new URL("../../../src/program/executor-bytes.ts", import.meta.url), "utf8"), generate())
})

t.test("executors fit between the headers and the rows", async (t) => {
  for (const bytes of [executorX64(), executorArm64()]) t.ok(EXECUTOR_OFFSET + bytes.length <= TABLE_OFFSET, `${bytes.length} bytes`)
})
