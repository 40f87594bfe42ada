import t from "tap"
import { describeStep, printProgram } from "../../../src/program/print.ts"
import { Program } from "../../../src/program/program.ts"

function example(): Program {
  const p = new Program()
  p.pointer = "/mounts/0"
  const missing = p.label("missing")
  const fs = p.call("fsopen", "proc", 1).says('mount "proc" at /proc')
  p.call("fsconfig", fs, 6, 0, 0, 0)
  const attributes = p.bytes(Buffer.from([1, 2, 255]))
  const buffer = p.buffer(24)
  const dir = p.call("openat", -100, "/pr\"oc", 0o10000000, 0).says("open the target").on("ENOENT", missing).orContinue()
  p.call("mount_setattr", dir, "", 0x1000, attributes, 32)
  p.test(dir, 0xffffffff, ">=", 0xfffff001n, missing)
  p.store(buffer.at(8), fs, 4)
  p.store(buffer, dir, 8)
  p.increment(buffer, -1)
  p.pointer = ""
  p.here(missing)
  p.call("write", p.load(buffer.at(16)), p.words([attributes, 3, p.string("x")]), 24)
  p.call("execve", "/bin/sh", p.stringArray(["sh", "-c", "a\nb"]), p.stringArray([]))
  p.jump(missing)
  p.jumpTo(buffer)
  p.fail(2)
  p.fail(dir)
  return p
}

t.test("printProgram(): sentence, pointer, call and branches of each step", async (t) => {
  t.equal(printProgram(example()), `\
 0  mount "proc" at /proc  [/mounts/0]
    fsopen("proc", 1)
 1  -  [/mounts/0]
    fsconfig(step 0, 6, 0, 0, 0)
 2  open the target  [/mounts/0]
    openat(-100, "/pr\\"oc", 0x200000, 0)
    on ENOENT go to 8 (missing), on any other error continue
 3  -  [/mounts/0]
    mount_setattr(step 2, "", 0x1000, bytes 0 <0102ff>, 32)
 4  -  [/mounts/0]
    if (step 2 & 0xffffffff) >= 0xfffff001 go to 8 (missing)
 5  -  [/mounts/0]
    *(buffer 1[24] + 8) = 4 bytes of step 0
 6  -  [/mounts/0]
    *buffer 1[24] = 8 bytes of step 2
 7  -  [/mounts/0]
    *buffer 1[24] += -1
 8  -
    write(*(buffer 1[24] + 16), {bytes 0 <0102ff>, 3, "x"}, 24)
 9  -
    execve("/bin/sh", ["sh", "-c", "a\\nb", NULL], [NULL])
10  -
    go to 8 (missing)
11  -
    go to rows at buffer 1[24]
12  -
    fail with ENOENT
13  -
    fail with step 2
`)
})

t.test("printProgram(): strace's form is a line a step", async (t) => {
  const lines = printProgram(example(), { format: "strace" }).split("\n")
  t.equal(lines.length, 15)
  t.equal(lines[0], ' 0  fsopen("proc", 1) = step 0  # mount "proc" at /proc; /mounts/0')
  t.equal(lines[2], ' 2  openat(-100, "/pr\\"oc", 0x200000, 0) = step 2  # open the target; /mounts/0; on ENOENT go to 8 (missing), on any other error continue')
  t.equal(lines[12], "12  fail with ENOENT")
})

t.test("printProgram(): a table names flags", async (t) => {
  const argument = (name: string, index: number, value: number | bigint) =>
    name === "openat" && index === 0 && value === -100 ? "AT_FDCWD" : name === "fsopen" && index === 1 ? "FSOPEN_CLOEXEC" : undefined
  const text = printProgram(example(), { decode: { argument } })
  t.match(text, 'fsopen("proc", FSOPEN_CLOEXEC)')
  t.match(text, 'openat(AT_FDCWD, "/pr\\"oc", 0x200000, 0)')
})

t.test("describeStep(): what an error report says of a step", async (t) => {
  t.strictSame(describeStep(example(), 0), { text: 'mount "proc" at /proc', pointer: "/mounts/0", call: 'fsopen("proc", 1)' })
  t.strictSame(describeStep(example(), 9), { text: "", pointer: "", call: 'execve("/bin/sh", ["sh", "-c", "a\\nb", NULL], [NULL])' })
  t.throws(() => describeStep(example(), 14), /the program has 14 steps; there is no step 14/)
})

t.test("printProgram(): a program prints the same before and after it was assembled", async (t) => {
  const { assemble } = await import("../../../src/program/assemble.ts")
  const p = example()
  const before = printProgram(p)
  assemble(p, { architecture: "x64", statusCell: p.buffer(8) })
  t.equal(printProgram(p), before)
})
