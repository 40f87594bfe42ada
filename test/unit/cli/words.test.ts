import t from "tap"
import { Findings } from "../../../src/check/finding.ts"
import { note, wrap } from "../../../src/cli/frame.ts"
import { style } from "../../../src/cli/style.ts"
import { RuntsError } from "../../../src/error.ts"
import type { Explanation, Line } from "../../../src/explain/model.ts"
import { explanationText } from "../../../src/explain/text.ts"

const plain = style(false)

t.test("a program's hint says why, and the remedy what to do; any other hint is the remedy [check]", async (t) => {
  const findings = new Findings()
  const fallback = { code: "internal", pointer: "/process/args/0" } as const
  findings.take(new RuntsError('exec: "x": executable file not found in $PATH', { code: "executable-not-found", hint: 'PATH is "/bin"' }), fallback)
  findings.take(new RuntsError("no rootfs", { code: "rootfs-missing", hint: "unpack an image there" }), fallback)
  findings.take(new RuntsError("no hint", { code: "rootfs-missing" }), fallback)
  t.match(findings.list, [
    { message: 'exec: "x": executable file not found in $PATH: PATH is "/bin"', remedy: /^give its absolute path/ },
    { message: "no rootfs", remedy: "unpack an image there" },
    { message: "no hint" },
  ])
  t.notOk(findings.list[2]?.remedy)
})

t.test("note() and wrap() keep within a width; without one a line stays a line", async (t) => {
  t.equal(note("  ", "try", "one two three four", plain, 16), "  = try: one two\n    three four\n")
  t.equal(note("  ", "try", "one two three four", plain, Infinity), "  = try: one two three four\n")
  t.same(wrap("one two three", 5, 3), ["one", "two", "three"])
})

t.test("explanationText(): branches to steps that are not shown are for --all; the name that a container would have [explain] [explain --all]", async (t) => {
  const line: Line = {
    actor: "init", concern: "mounts", sentence: "open it", call: "openat2(1)", pointer: "", step: 7, branches: "on EINTR go to 7 (again), on ENOENT go to 90 (make target)",
  }
  const explanation: Explanation = { subject: "create", id: "web1", bundle: "/b", lines: [line, { ...line, step: 90, condition: "if step 7 fails", branches: "on EPERM continue" }], notes: [] }
  const told = explanationText(explanation, { style: plain, width: undefined, all: false })
  t.match(told, /^What `runts create` and `runts start` would do with \/b, as web1: 1 operation; 1 more hold/)
  t.match(told, "on EINTR go to 7 (again)\n")
  t.notMatch(told, "make target")
  t.match(explanationText(explanation, { style: plain, width: undefined, all: true }), "on EINTR go to 7 (again), on ENOENT go to 90 (make target)\n")
})
