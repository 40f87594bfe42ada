import { spawnSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import t from "tap"
import { generate } from "../../../src/kernel/generate-nr.ts"
import { HOST_ARCHITECTURE, NR, type SyscallName, syscalls } from "../../../src/kernel/syscalls.ts"

const X64_HEADER = ["/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "/usr/include/asm/unistd_64.h"].find(existsSync)
const names = Object.keys(syscalls()) as SyscallName[]

t.test("x64 numbers are those of asm/unistd_64.h", { skip: X64_HEADER === undefined && "needs linux-libc-dev" }, async (t) => {
  const numbers = new Map<string, number>()
  for (const [, name, value] of readFileSync(X64_HEADER!, "utf8").matchAll(/^#define __NR_(\w+)\s+(\d+)$/gm)) numbers.set(name!, Number(value))
  for (const name of names) t.equal(syscalls()[name][0], numbers.get(name) ?? -1, name)
})

const cannot = !(existsSync("/usr/bin/cc") && existsSync("/usr/include/asm-generic/unistd.h")) && "needs cc and linux-libc-dev"
t.test("arm64 numbers are those of asm-generic/unistd.h", { skip: cannot }, async (t) => {
  // what arm64's asm/unistd.h defines before it includes the generic one
  const source = ["RENAMEAT", "NEW_STAT", "SET_GET_RLIMIT", "TIME32_SYSCALLS", "MEMFD_SECRET", "SYS_CLONE3"]
    .map((word) => `#define __ARCH_WANT_${word}\n`).join("") + "#define __BITS_PER_LONG 64\n#include <asm-generic/unistd.h>\n"
  const result = spawnSync("cc", ["-E", "-dM", "-"], { input: source, encoding: "utf8" })
  t.equal(result.status, 0, result.stderr)
  const raw = new Map<string, string>()
  for (const [, name, value] of result.stdout.matchAll(/^#define (__NR\w*) (\w+)$/gm)) raw.set(name!, value!)
  for (const name of names) {
    let value = raw.get(`__NR_${name}`)
    while (value !== undefined && raw.has(value)) value = raw.get(value)
    t.equal(syscalls()[name][1], value === undefined ? -1 : Number(value), name)
  }
})

t.test("nr.ts is generated from the table (npx tsx src/kernel/generate-nr.ts)", async (t) => {
  t.equal(readFileSync(new URL("../../../src/kernel/nr.ts", import.meta.url), "utf8"), generate())
})

t.test("NR has the host's numbers", async (t) => {
  for (const name of names) t.equal(NR[name], syscalls()[name][HOST_ARCHITECTURE === "x64" ? 0 : 1], name)
})
