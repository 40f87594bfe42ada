import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import t from "tap"
import { carryOut } from "../../../src/cli/dispatch.ts"
import { describe, report } from "../../../src/cli/failure.ts"
import { formatLine, openLog } from "../../../src/cli/log.ts"
import { parse } from "../../../src/cli/parse.ts"
import { RuntsError, sysError } from "../../../src/error.ts"
import { debug, warn } from "../../../src/log.ts"
import { capture } from "./capture.ts"

const folder = mkdtempSync(join(tmpdir(), "runts-log-"))
t.teardown(() => rmSync(folder, { recursive: true }))

/** Runs a command line in this process. */
function runts(...argv: string[]) {
  return capture(() => carryOut(argv, parse(argv)))
}
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/

t.test("describe() keeps the sentence and adds errno, place and hint", async (t) => {
  t.equal(describe(new RuntsError("container does not exist", { code: "container-missing" })), "container does not exist")
  t.equal(
    describe(sysError('mount "proc" at /proc: fsmount', 1, { pointer: "/mounts/3", hint: "give it a pid namespace" })),
    'mount "proc" at /proc: fsmount: operation not permitted (EPERM, at /mounts/3); give it a pid namespace',
  )
  t.equal(describe(new RuntsError("/mounts/3: EPERM", { code: "mount-failed", errno: 1, pointer: "/mounts/3" })), "/mounts/3: EPERM", "nothing twice")
})

t.test("describe() keeps what engines look for", async (t) => {
  for (const text of [
    'exec: "x": executable file not found in $PATH', 'exec: "/x": stat /x: no such file or directory',
    'exec: "/x": permission denied', 'exec: "/d": is a directory', "container not running", "no such process",
  ]) {
    t.ok(describe(new RuntsError(text, { code: "internal", errno: 2, pointer: "/process/args/0", hint: "look" })).includes(text), text)
  }
})

t.test("describe() makes one line of any error", async (t) => {
  t.equal(describe(new RuntsError("hook failed: a\n  b\r\n", { code: "internal" })), "hook failed: a: b")
  t.equal(describe(new RuntsError("config.json: 2 faults\n  /a: bad\n  /b: worse", { code: "internal" })), "config.json: 2 faults: /a: bad; /b: worse")
  t.equal(describe(new TypeError("x is\nnot")), "internal error: TypeError: x is: not")
  t.equal(describe("thrown text"), "internal error: thrown text")
})

t.test("formatLine() writes what logrus writes", async (t) => {
  const time = new Date("2026-11-22T17:32:04.567Z")
  t.equal(formatLine("json", "error", 'a "b"', time), '{"level":"error","msg":"a \\"b\\"","time":"2026-11-22T17:32:04Z"}\n')
  t.equal(formatLine("text", "warning", 'a "b"', time), 'time="2026-11-22T17:32:04Z" level=warning msg="a \\"b\\""\n')
})

t.test("report() prints one line to stderr and one to the JSON log", async (t) => {
  const file = join(folder, "one.json")
  writeFileSync(file, '{"level":"error","msg":"earlier","time":"x"}\n')
  const { result, stdout, stderr } = await capture(() => {
    openLog({ file, format: "json", debug: false })
    debug("not asked for")
    return report(new RuntsError("container does not exist", { code: "container-missing" }), 255)
  })
  t.strictSame([result, stdout, stderr], [255, "", "runts: container does not exist\n"])
  const lines = readFileSync(file, "utf8").trimEnd().split("\n")
  t.equal(lines.length, 2, "appended")
  const line = JSON.parse(lines[1] as string)
  t.match(line, { level: "error", msg: "container does not exist", time: TIME })
  t.strictSame(Object.keys(line), ["level", "msg", "time", "code", "docs"], "what engines know comes first")
})

t.test("report() takes an error's own exit code", async (t) => {
  const { result } = await capture(() => report(new RuntsError("x", { code: "internal", exitCode: 7 }), 1))
  t.equal(result, 7)
})

t.test("openLog() makes the file though nothing is logged, readable for others", async (t) => {
  const file = join(folder, "empty")
  const mask = process.umask(0o022)
  openLog({ file, format: "text", debug: false })
  process.umask(mask)
  t.equal(statSync(file).mode & 0o777, 0o644)
  t.equal(readFileSync(file, "utf8"), "")
})

t.test("warnings go to the log only, debug lines if asked for [--log]", async (t) => {
  const file = join(folder, "text")
  const { stderr } = await capture(() => {
    openLog({ file, format: "text", debug: true })
    warn("careful")
    debug("detail")
  })
  t.equal(stderr, "")
  t.match(readFileSync(file, "utf8"), /^time="[^"]+" level=warning msg="careful"\ntime="[^"]+" level=debug msg="detail"\n$/)
  const quiet = await capture(() => {
    openLog({ file: undefined, format: "text", debug: false })
    warn("careful")
    debug("detail")
  })
  t.equal(quiet.stderr, "", "no log, no --debug: silence, since engines parse stderr")
  const loud = await capture(() => {
    openLog({ file: "/dev/stderr", format: "text", debug: true })
    warn("careful")
    debug("detail")
    report(new RuntsError("broken", { code: "internal" }), 1)
  })
  t.match(loud.stderr, /^time="[^"]+" level=warning msg="careful"\ntime="[^"]+" level=debug msg="detail"\nrunts: broken\n$/)
})

t.test("report() shows a bug's stack with --debug only", async (t) => {
  const bug = new TypeError("x")
  const quiet = await capture(() => {
    openLog({ file: undefined, format: "text", debug: false })
    report(bug, 1)
  })
  t.equal(quiet.stderr, "runts: internal error: TypeError: x\n")
  const loud = await capture(() => {
    openLog({ file: undefined, format: "text", debug: true })
    report(bug, 1)
  })
  t.match(loud.stderr, /level=debug msg="TypeError: x\\n +at /)
  t.ok(loud.stderr.endsWith("runts: internal error: TypeError: x\n"))
})

t.test("carryOut() reports a log that cannot be opened", async (t) => {
  const { result, stderr } = await runts("--log", "/nonexistent/log", "list")
  t.equal(result, 1)
  t.equal(stderr, 'runts: open the log file "/nonexistent/log" (--log): no such file or directory (ENOENT)\n')
})

t.test("carryOut() explains a wrong command line once, on stderr and in the log", async (t) => {
  const rows: [argv: string[], code: number, message: string][] = [
    [["creat", "x"], 1, 'unknown command "creat", did you mean "create"?; see runts --help'],
    [["checkpoint", "--help"], 1, 'unknown command "checkpoint"; see runts --help'],
    [["create"], 1, '"create" requires an argument: <container-id>; see runts create --help'],
    [["create", "a", "b"], 1, '"create" takes one argument, 2 given; see runts create --help'],
    [["create", "--pidfile", "/x", "a"], 1, "unknown option --pidfile, did you mean --pid-file?; see runts create --help"],
    [["list", "--root", "/x"], 1, '--root is a global option: put it before "list"; see runts list --help'],
    [["list", "-f", "xml"], 1, 'invalid value: --format is "xml", must be one of "table", "json"; see runts list --help'],
    [["create", "--preserve-fds", "x", "a"], 1, 'invalid value "x" for --preserve-fds: not a whole number from 0; see runts create --help'],
    [["exec", "--cap"], 255, "flag needs an argument: --cap; see runts exec --help"],
    [["create", "-b/x", "a"], 1, "unknown option -b/x; see runts create --help"],
    [["list", "-q=maybe"], 1, 'cannot make sense of "-q=maybe"; see runts list --help'],
    [["help", "nope"], 1, 'unknown command "nope"; see runts --help'],
  ]
  for (const [argv, code, message] of rows) {
    const file = join(folder, "usage.json")
    rmSync(file, { force: true })
    const { result, stdout, stderr } = await runts("--log", file, "--log-format", "json", ...argv)
    t.strictSame({ result, stdout, stderr }, { result: code, stdout: "", stderr: `runts: ${message}\n` }, argv.join(" "))
    t.equal(JSON.parse(readFileSync(file, "utf8")).msg, message)
  }
  const { stderr } = await runts("--log-format", "json", "creat")
  t.match(JSON.parse(stderr), { level: "error", msg: /^unknown command/ }, "JSON on stderr where no file is named")
})
