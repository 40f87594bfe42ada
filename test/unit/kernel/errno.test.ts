import { spawnSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import t from "tap"
import { ERRNO, errnoName, errnoText } from "../../../src/kernel/errno.ts"

t.test("ERRNO is what asm-generic/errno.h says", async (t) => {
  const numbers: Record<string, number> = {}
  for (const file of ["errno-base.h", "errno.h"]) {
    const text = readFileSync(`/usr/include/asm-generic/${file}`, "utf8")
    for (const [, name, value] of text.matchAll(/^#\s*define\s+(E\w+)\s+(\w+)/gm)) numbers[name!] = numbers[value!] ?? Number(value)
  }
  numbers.ENOTSUP = numbers.EOPNOTSUPP! // the C library's
  t.strictSame({ ...ERRNO }, numbers)
})

t.test("errnoName(): the first name of a number", async (t) => {
  for (const [name, number] of Object.entries(ERRNO)) {
    if (!["EWOULDBLOCK", "EDEADLOCK", "ENOTSUP"].includes(name)) t.equal(errnoName(number), name)
  }
  for (const number of [0, -1, 41, 58, 134, 999]) t.equal(errnoName(number), `errno ${number}`)
})

t.test("errnoText(): strerror's words in lower case", async (t) => {
  const known: readonly (readonly [keyof typeof ERRNO, string])[] = [
    ["EPERM", "operation not permitted"], ["ENOENT", "no such file or directory"], ["EACCES", "permission denied"],
    ["EIO", "input/output error"],
    ["EBUSY", "device or resource busy"], ["EEXIST", "file exists"], ["ENOTDIR", "not a directory"], ["EISDIR", "is a directory"],
    ["EINVAL", "invalid argument"], ["ENOSYS", "function not implemented"], ["ELOOP", "too many levels of symbolic links"],
    ["ENOEXEC", "exec format error"], ["EAGAIN", "resource temporarily unavailable"], ["EOPNOTSUPP", "operation not supported"],
    ["ENODEV", "no such device"], ["EMFILE", "too many open files"], ["E2BIG", "argument list too long"],
    ["EHWPOISON", "memory page has hardware error"],
    ["EDOTDOT", "RFS specific error"],
  ]
  for (const [name, text] of known) t.equal(errnoText(ERRNO[name]), text)
  for (const number of Object.values(ERRNO)) t.match(errnoText(number), /^[a-zRS.0-9][^|]*[a-z0-9)F]$/, `${number}: ${errnoText(number)}`)
  for (const number of [0, -1, 41, 58, 134, 999]) t.equal(errnoText(number), `errno ${number}`)
})

const noPython = !existsSync("/usr/bin/python3") && "needs python3"
t.test("errnoText(): what the C library says, but for the first letter", { skip: noPython }, async (t) => {
  const script = "import os\nfor i in range(1, 134): print(os.strerror(i))"
  const texts = spawnSync("/usr/bin/python3", ["-c", script], { encoding: "utf8", env: { LC_ALL: "C" } }).stdout.trim().split("\n")
  t.equal(texts.length, 133)
  texts.forEach((text, index) => {
    if (!text.startsWith("Unknown error")) t.equal(errnoText(index + 1).toLowerCase(), text.toLowerCase())
  })
})
