import t from "tap"
import { ERRNO, type ErrnoName } from "../../../src/kernel/errno.ts"
import { type SyscallName, syscalls } from "../../../src/kernel/syscalls.ts"
import { assemble } from "../../../src/program/assemble.ts"
import { type Arg, type Comparison, type Datum, Load, Program } from "../../../src/program/program.ts"
import { Executable } from "./decode.ts"
import { dataFaults, expectedRow } from "./expected.ts"

const COMPARISONS = ["==", "!=", "<", ">="]

/** Numbers that repeat from run to run (xorshift). */
function random(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

const NUMBERS = [0, 1, -1, -100, 0x7fffffff, 0x80000000, 0xffffffff, -0x80000000, -0x80000001, 2 ** 40 + 3, -(2 ** 40), 2 ** 53 - 1]
const BIGINTS = [2n ** 63n, 2n ** 64n - 1n, -(2n ** 63n), 0x123456789abcdefn, 5n]
const TEXTS = ["", "/proc", "größe", "日本", "a=b", "𝄞"]

/** A program of every kind of step and argument. */
function randomProgram(seed: number): { program: Program; statusCell: Datum } {
  const next = random(seed)
  const one = <T>(items: readonly T[]): T => items[next(items.length)]!
  const p = new Program()
  const names = (Object.keys(syscalls()) as SyscallName[]).filter((name) => !syscalls()[name].includes(-1 as never))
  const statusCell = p.buffer(8)
  const data: Datum[] = [statusCell, p.bytes(Buffer.from("abcde")), p.bytes(Buffer.alloc(33, 7), 64), p.buffer(5000, 4096), p.string("x")]
  data.push(p.stringArray([one(TEXTS), one(TEXTS)]), p.words([data[1]!, -5, data[3]!.at(4), 2n ** 64n - 1n, 0]))
  const labels = Array.from({ length: 5 }, (_, i) => p.label(`label ${i}`))
  const arg = (): Arg => {
    const step = p.steps.length === 0 ? undefined : one(p.steps.filter((step) => step.kind === "call").concat(p.steps[0]!))
    return one<() => Arg>([
      () => one(NUMBERS), () => one(BIGINTS), () => one(TEXTS), () => Buffer.from(`bytes ${next(9)}`), () => one(data),
      () => one(data).at(next(5)), () => new Load(one(data).at(next(5))), () => (step?.kind === "call" ? step : 0),
    ])()
  }
  for (let i = 0; i < 40; i++) {
    for (const label of labels) if (label.index < 0 && next(20) === 0) p.here(label)
    const kind = next(12)
    if (kind === 0) p.test(one(data).at(next(3)), one(NUMBERS), one(COMPARISONS) as Comparison, one(BIGINTS), one(labels))
    else if (kind === 1) p.store(one(data), one(data).at(8), one([4, 8] as const))
    else if (kind === 2) p.increment(one(data), one([1, -1, 70000]))
    else if (kind === 3) p.jump(one(labels))
    else if (kind === 4) p.fail(next(133) + 1)
    else {
      const step = p.call(one(names), ...Array.from({ length: next(7) }, arg))
      for (let n = next(4); n > 0; n--) step.on(one(Object.keys(ERRNO) as ErrnoName[]), one([...labels, "continue" as const]))
      if (next(3) === 0) step.orContinue()
    }
  }
  for (const label of labels) if (label.index < 0) p.here(label)
  return { program: p, statusCell }
}

for (const architecture of ["x64", "arm64"] as const) {
  t.test(`assemble(): random programs decode to what was built, ${architecture}`, async (t) => {
    for (let seed = 1; seed <= 60; seed++) {
      const { program, statusCell } = randomProgram(seed * 7919)
      const file = new Executable(assemble(program, { architecture, statusCell }).bytes)
      t.equal(file.architecture, architecture)
      program.steps.forEach((step, index) => t.strictSame(file.row(index), expectedRow(step, index, file), `seed ${seed}, step ${index}`))
      t.strictSame(dataFaults(program, file), [], `seed ${seed}`)
    }
  })
}

t.test("assemble(): a static executable without writable code", async (t) => {
  for (const architecture of ["x64", "arm64"] as const) {
    const { program, statusCell } = randomProgram(3)
    const { bytes } = assemble(program, { architecture, statusCell })
    const file = new Executable(bytes)
    t.equal(file.type, 2, "ET_EXEC")
    t.strictSame(file.segments.map(({ type, flags }) => [type, flags]), [[1, 5], [1, 6], [1, 6], [0x6474e551, 6]])
    for (const segment of file.segments.slice(0, 3)) {
      t.equal((segment.address - segment.offset) % segment.alignment, 0, "addresses and offsets agree")
      t.ok(segment.address + segment.memorySize < 2 ** 31, "below 2^31")
    }
    const text = file.segments[0]!
    t.ok(file.entry > text.address && file.entry < text.address + text.fileSize)
    t.equal(file.segments[1]!.offset + file.segments[1]!.fileSize, bytes.length, "nothing behind")
    t.ok(bytes.length < 16384, `${bytes.length} bytes`)
  }
})

t.test("assemble(): mistakes in making a program are named", async (t) => {
  const build = (make: (p: Program) => void) => () => {
    const p = new Program()
    make(p)
    assemble(p, { architecture: "arm64", statusCell: p.buffer(8) })
  }
  const other = new Program()
  const foreign = other.bytes(Buffer.alloc(5))
  assemble(other, { architecture: "x64", statusCell: other.buffer(8) })
  t.throws(build((p) => p.jump(p.label("nowhere"))), /label "nowhere" that step 0 goes to is not placed/)
  t.throws(build((p) => p.call("close", 1).on("EBADF", p.label("gone"))), /label "gone"/)
  t.throws(build((p) => p.call("close", foreign)), /a datum of 5 bytes belongs to another program/)
  t.throws(build((p) => p.call("close", foreign.at(1))), /belongs to another program/)
  t.throws(build((p) => p.call("close", other.string("abc"))), /the string "abc" belongs to another program/)
  t.throws(build((p) => p.words([foreign])), /belongs to another program/)
  t.throws(build((p) => p.call("close", 1, 2, 3, 4, 5, 6, 7)), /step 0 has 7 arguments: close/)
  t.throws(build((p) => p.call("open", "x")), /arm64 has no system call open/)
  t.throws(build((p) => p.call("close", 0.5)), /0.5 is not an integer/)
  t.throws(build((p) => p.call("close", NaN)), /NaN is not an integer/)
  t.throws(build((p) => p.call("close", 2n ** 64n)), /18446744073709551616 does not fit 8 bytes/)
  t.throws(build((p) => p.words([-(2n ** 63n) - 1n])), /does not fit 8 bytes/)
  t.throws(() => assemble(new Program(), { architecture: "x64", statusCell: foreign }), /status cell belongs to another program/)
})

t.test("Program.string(): equal strings share memory", async (t) => {
  const p = new Program()
  t.equal(p.string("/proc"), p.string("/proc"))
  p.call("close", "/proc")
  t.equal(p.steps[0]!.args[0], p.string("/proc"))
  t.equal(p.texts.length, 1)
})
