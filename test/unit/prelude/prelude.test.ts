import t from "tap"
import { native, sys } from "../../../src/ffi/index.ts"
import { NR } from "../../../src/kernel/syscalls.ts"
import { prelude } from "../../../src/prelude/prelude.ts"

// under Node there is no prelude: it answers from the process as it is

t.test("callerEnvironment() is the environment, as execve takes it", async (t) => {
  process.env["PRELUDE_TEST"] = "é"
  const { address, strings } = prelude.callerEnvironment()
  t.ok(strings().includes("PRELUDE_TEST=é"))
  const count = strings().length
  const array = Buffer.from(native.peek(address, (count + 1) * 8))
  t.equal(array.readBigUInt64LE(count * 8), 0n)
  const first = strings()[0] as string
  t.equal(Buffer.from(native.peek(Number(array.readBigUInt64LE(0)), Buffer.byteLength(first) + 1)).toString(), first + "\0")
})

t.test("callerNofile() is a limit", async (t) => {
  const { soft, hard } = prelude.callerNofile()
  t.ok(soft > 0 && soft <= hard)
})

t.test("wasOpen() asks the kernel", async (t) => {
  t.ok(prelude.wasOpen(1))
  t.notOk(prelude.wasOpen(999_999))
  t.notOk(prelude.wasOpen(-1))
})

t.test("wasIgnored() and wasBlocked() read the process's signals", async (t) => {
  const [SIGPIPE, SIGTTOU] = [13, 22]
  t.ok(prelude.wasIgnored(SIGPIPE), "Node ignores SIGPIPE")
  t.notOk(prelude.wasIgnored(SIGTTOU))
  const set = Buffer.alloc(8)
  set.writeUInt32LE(1 << (SIGTTOU - 1))
  sys(NR.rt_sigprocmask, 0, set, 0, 8)
  t.ok(prelude.wasBlocked(SIGTTOU))
  sys(NR.rt_sigprocmask, 1, set, 0, 8)
  t.notOk(prelude.wasBlocked(SIGTTOU))
})

t.test("what only the machine code can know is absent", async (t) => {
  t.equal(prelude.deletedCwdFd(), undefined)
  t.equal(prelude.signalHandler(), undefined)
  t.strictSame(prelude.rawArguments().length, process.argv.length - 2)
})
