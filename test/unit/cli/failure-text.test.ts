import t from "tap"
import { ERROR_CODES } from "../../../src/error-codes.ts"
import { factsOf } from "../../../src/cli/failure-facts.ts"
import { failureText, type Source } from "../../../src/cli/failure-text.ts"
import { style } from "../../../src/cli/style.ts"
import { RuntsError } from "../../../src/error.ts"
import { Program } from "../../../src/program/program.ts"

const plain = style(false)
const CONFIG = `{
  "process": {
    "args": ["bash"]
  },
  "mounts": [
    {
      "destination": "/data",
      "options": ["size=5", "nosuch=1"]
    }
  ]
}
`
const source: Source = { name: "config.json", text: CONFIG, below: "", explain: "runts explain" }

t.test("failureText(): the sentence, the value underlined where it stands, and notes", async (t) => {
  const text = failureText('exec: "bash": executable file not found in $PATH', {
    code: "executable-not-found", pointer: "/process/args/0", errno: "ENOENT", hint: "process.env sets no PATH", docs: "",
  }, source, plain, 80)
  t.equal(text, `runts: exec: "bash": executable file not found in $PATH
  --> config.json:3:14 /process/args/0
 3 | "args": ["bash"]
   |          ^^^^^^
   = why: process.env sets no PATH
   = try: give its absolute path inside the root filesystem, and set PATH in
     process.env
   = errno: ENOENT (no such file or directory)
   = code: executable-not-found
`)
})

t.test("failureText(): without a hint, what usually is the cause; the option that the kernel names; its words said once", async (t) => {
  const text = failureText("mount tmpfs at /data: invalid argument (the kernel says: tmpfs: Unknown parameter 'nosuch')", {
    code: "mount-option", pointer: "/mounts/0", errno: "EINVAL", syscall: "fsconfig", kernelLog: "tmpfs: Unknown parameter 'nosuch'",
    step: { index: 7, text: "mount" }, docs: "",
  }, source, plain, 200)
  t.match(text, /^runts: mount tmpfs at \/data: invalid argument\n {2}--> config\.json:8:29 \/mounts\/0\n/)
  t.match(text, /\n {3}\| +\^{10}\n/)
  t.match(text, "   = the kernel says: tmpfs: Unknown parameter 'nosuch'\n")
  t.match(text, `   = usually: ${ERROR_CODES["mount-option"].cause.replace(/^./, (letter) => letter.toLowerCase())}\n`)
  t.match(text, "   = call: fsconfig(...) = -1 EINVAL (invalid argument)\n   = see: `runts explain` shows how far it came\n")
})

t.test("failureText(): a value of several lines is a block; a pointer that no file at hand holds is named", async (t) => {
  const facts = { code: "mount-type", pointer: "/mounts/0", docs: "" } as const
  t.match(failureText("x", facts, source, plain, 80), `  --> config.json:6:5 /mounts/0
 6 | | {
 7 | |   "destination": "/data",
 8 | |   "options": ["size=5", "nosuch=1"]
 9 | | }
`)
  t.match(failureText("x", facts, undefined, plain, 80), "runts: x\n  --> /mounts/0\n   = usually:")
  t.match(failureText("x", { code: "usage", docs: "" }, undefined, plain, 80), "runts: x\n   = usually:")
})

t.test("failureText(): what a config or a hook prints cannot move the terminal's cursor", async (t) => {
  const text = failureText("bad \x1b[2J name", {
    code: "hook-failed", hook: { kind: "prestart", index: 0, path: "/h\x07", end: "exit status 1", output: "a\x1b[2Jb\nc" }, docs: "",
  }, undefined, plain, 80)
  t.notMatch(text, /[\x00-\x09\x0b-\x1f]/)
  t.match(text, "printed: a\\u001b[2Jb\n     c\n")
})

t.test("failureText(): colours are set off by escape sequences, and the words stay the same", async (t) => {
  const facts = { code: "usage", docs: "" } as const
  const coloured = failureText("x", facts, undefined, style(true), 80)
  t.match(coloured, /^\x1b\[1m\x1b\[31mruns?ts?:/)
  t.equal(coloured.replace(/\x1b\[\d+m/g, ""), failureText("x", facts, undefined, plain, 80))
})

t.test("factsOf(): only what is known; a failed step by its system call, but never the environment", async (t) => {
  t.same(await factsOf(new TypeError("x")), { code: "internal", docs: "docs/error-codes.md#internal" })
  t.same(await factsOf(new RuntsError("x", { code: "usage", pointer: "", hint: "" })), { code: "usage", docs: "docs/error-codes.md#usage" })
  const program = new Program()
  program.call("mkdirat", -100, "/x", 0o755).says("make /x")
  program.call("execve", "/bin/sh", program.stringArray(["sh", "-c", "echo secret"]), program.stringArray(["PASSWORD=secret"])).says("execute sh")
  t.match(await factsOf(new RuntsError("x", { code: "mount-target", errno: 17, syscall: "mkdirat", step: { program, index: 0 } })), {
    errno: "EEXIST", syscall: "mkdirat", call: 'mkdirat(AT_FDCWD, "/x", 0755)', step: { index: 0, text: "make /x" },
  })
  const executed = await factsOf(new RuntsError("x", { code: "executable-format", syscall: "execve", step: { program, index: 1 } }))
  t.equal(executed.call, 'execve("sh", ["sh", /* 2 more */], [/* 1 variables */])')
  t.notMatch(JSON.stringify(executed), /secret/)
})
