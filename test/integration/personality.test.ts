import { readFileSync, writeFileSync } from "node:fs"
import t from "tap"
import { expectSuccess, said } from "../../conformance/lib/command.ts"
import { boxTest } from "../../conformance/lib/test.ts"

const personality = (pid: number): number => parseInt(readFileSync(`/proc/${pid}/personality`, "utf8"), 16)
/** linux/personality.h */
const PER_LINUX32 = 8
const x64 = { runc: "1.1 does not set it for exec", crun: "1.8 does not set it for exec" }

boxTest("LINUX32: init and what joins it see a 32-bit machine [/linux/personality/domain=LINUX32]", { skipFor: x64 }, async (t, box) => {
  box.config.linux.personality = { domain: "LINUX32" }
  await box.launch("/bin/sh", "-c", "uname -m >/tmp/machine; sleep 1000")
  t.equal(personality(box.pid), PER_LINUX32, "outside")
  const machine = expectSuccess(box.exec(["/bin/uname", "-m"])).stdout.trim()
  t.equal(machine, process.arch === "arm64" ? "armv8l" : "i686", "exec")
  t.equal(readFileSync(`${box.rootfs}/tmp/machine`, "utf8").trim(), machine, "init")
  const file = `${box.folder}/process.json`
  writeFileSync(file, JSON.stringify({ ...box.config.process, args: ["/bin/uname", "-m"] }))
  t.equal(expectSuccess(box.call(["exec", "--process", file, box.id])).stdout.trim(), machine, "exec --process")
})

boxTest("LINUX: the caller's own personality does not pass [/linux/personality/domain=LINUX]", async (t, box) => {
  box.config.linux.personality = { domain: "LINUX" }
  const { stdout } = expectSuccess(box.script("uname -m; cat /proc/self/personality").run([], { before: 'exec setarch linux32 "$@"' }))
  t.equal(stdout, `${process.arch === "arm64" ? "aarch64" : "x86_64"}\n00000000\n`)
})

boxTest("flags: none is supported, so any is an error [/linux/personality/flags]", { skipFor: { runc: "1.1 ignores them", crun: "ignores them" } }, (t, box) => {
  box.config.linux.personality = { domain: "LINUX32", flags: ["ADDR_NO_RANDOMIZE"] }
  const result = box.tryCreate()
  t.not(result.code, 0)
  t.match(said(result), /\/linux\/personality\/flags/)
  box.config.linux.personality = { domain: "LINUX32", flags: [] }
  t.equal(box.script("true").run().code, 0)
})

t.end()
