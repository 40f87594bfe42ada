import { randomBytes } from "node:crypto"
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { spawn } from "node:child_process"
import { gunzipSync } from "node:zlib"
import type { Box } from "../../conformance/lib/box.ts"
import { command } from "../../conformance/lib/command.ts"
import { runtimePath } from "../../conformance/lib/environment.ts"
import { boxTest, type TestOptions } from "../../conformance/lib/test.ts"

/*
 * What tells of failures looks at images and configs that want it to do harm: to hang, to fill memory, to write to terminals, to leave its folder.
 */

const OURS: TestOptions = { skipFor: { runc: "has neither", crun: "has neither" } }
// eslint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u202e]/

function put(box: Box, path: string, content: string | Uint8Array): void {
  writeFileSync(`${box.rootfs}${path}`, content)
  chmodSync(`${box.rootfs}${path}`, 0o755)
}

function failedRun(box: Box, ...args: string[]) {
  box.args(...args).write()
  return box.call(["run", "--bundle", box.bundle, box.id])
}

boxTest("scripts that are each other's interpreters: one sentence, soon [/process/args, run, check]", OURS, (t, box) => {
  put(box, "/self", "#!/self\n")
  put(box, "/one", "#!/two -x\n")
  put(box, "/two", "#!/one\n")
  for (const program of ["/self", "/one"]) {
    const { code, stderr, milliseconds } = failedRun(box, program)
    t.not(code, 0)
    t.match(stderr, /too many levels of symbolic links.*its #! line names \/\w+, which is a script too/)
    t.ok(stderr.length < 300 && milliseconds < 3000, `${stderr.length} characters in ${milliseconds} ms`)
    const checked = box.call(["check", "--bundle", box.bundle])
    t.match(checked.stdout, /error: exec .*\[executable-format\]/)
    t.ok(checked.stdout.length < 1000)
  }
})

boxTest("an interpreter's name and a loader's with escape sequences and line breaks: no control character gets out [run, check, exec]", OURS, (t, box) => {
  const hostile = "/x\x1b]0;owned\x07\x1b[2J\x7f\u009b31m\u202e"
  put(box, "/script", `#!${hostile}\n`)
  const elf = Buffer.alloc(1024)
  elf.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  elf.writeUInt16LE(2, 16)
  elf.writeUInt16LE(process.arch === "x64" ? 62 : 183, 18)
  elf.writeUInt32LE(1, 20)
  elf.writeBigUInt64LE(64n, 32)
  elf.writeUInt16LE(56, 54)
  elf.writeUInt16LE(1, 56)
  elf.writeUInt32LE(3, 64)
  const loader = Buffer.from(`${hostile}\nlevel=error msg="made up"\r\n\0`)
  elf.writeBigUInt64LE(200n, 72)
  elf.writeBigUInt64LE(BigInt(loader.length), 96)
  elf.set(loader, 200)
  put(box, "/elf", elf)
  for (const program of ["/script", "/elf"]) {
    const { code, stderr } = failedRun(box, program)
    t.not(code, 0)
    t.match(stderr, /\\x1b/, "it is told")
    t.notMatch(stderr, CONTROLS)
    t.equal(stderr.split("\n").length, 2, "one line")
    t.notMatch(box.call(["check", "--bundle", box.bundle]).stdout, CONTROLS)
    t.notMatch(box.call(["explain", box.id], { cwd: box.folder }).stdout, CONTROLS)
    const log = `${box.folder}/log`
    box.call(["--log", log, "run", "--bundle", box.bundle, box.id])
    for (const line of readFileSync(log, "utf8").trimEnd().split("\n")) t.match(line, /^time="[^"]+" level=\w+ msg="(?:[^"\\]|\\.)*"( code=[\w-]+)?$/)
  }
  box.args("/bin/sleep", "1000").run(["--detach"])
  t.notMatch(box.exec(["/script"]).stderr, CONTROLS)
})

boxTest("a folder of failures that others put there is neither written nor emptied [run --root]", OURS, (t, box) => {
  const other = `${box.folder}/other`
  mkdirSync(other)
  writeFileSync(`${other}/${box.id}.json.gz`, "theirs")
  mkdirSync(box.root, { recursive: true })
  rmSync(`${box.root}/@failures`, { recursive: true, force: true })
  symlinkSync(other, `${box.root}/@failures`)
  t.equal(box.args("/bin/true").run().code, 0)
  t.not(box.args("/nowhere").run().code, 0)
  t.same(readdirSync(other), [`${box.id}.json.gz`])
  t.equal(readFileSync(`${other}/${box.id}.json.gz`, "utf8"), "theirs")
  t.match(box.call(["explain", box.id], { cwd: box.folder }).stderr, /no container/)
  rmSync(`${box.root}/@failures`)
})

boxTest("records of failures: of names that are none there is no file; of the longest there is; of a large plan no steps [run]", OURS, (t, box) => {
  box.args("/nowhere").write()
  for (const id of ["../../escaped", "@failures", "a/b"]) t.not(box.call(["run", "--bundle", box.bundle, "--pid-file", "/dev/full/x", id]).code, 0)
  t.notOk(existsSync(`${box.root}/@failures`) && readdirSync(`${box.root}/@failures`).length > 0)
  t.notOk(existsSync(`${box.folder}/escaped.json.gz`))
  const long = "l".repeat(255)
  t.not(box.call(["run", "--bundle", box.bundle, long]).code, 0)
  t.match(box.call(["explain", long], { cwd: box.folder }).stdout, /could not be made: run failed/)
  t.match(box.call(["explain", long.slice(1)], { cwd: box.folder }).stderr, /no container/, "who shares the beginning of its name has no record")
  const noise = (): string => randomBytes(100).toString("hex")
  box.config.mounts.push(...Array.from({ length: 150 }, (_, index) => ({
    destination: `/tmp/${index}/${Array.from({ length: 18 }, noise).join("/")}`, type: "tmpfs", source: "tmpfs", options: [],
  })))
  t.not(box.args("/nowhere").run().code, 0)
  const file = `${box.root}/@failures/${box.id}.json.gz`
  t.ok(statSync(file).size <= 256 * 1024)
  const { record } = JSON.parse(gunzipSync(readFileSync(file)).toString("utf8")) as { record: { lines: unknown[]; error: { code: string } } }
  t.match(record, { lines: { length: 0 }, error: { code: "executable-not-found" } })
  t.match(box.call(["explain", box.id], { cwd: box.folder }).stdout, /could not be made/)
})

boxTest("times that somebody cut off or lengthened: the trace says less, and nothing else goes wrong [explain, create --trace]", OURS, (t, box) => {
  const trace = `${box.folder}/trace.json`
  const times = `${box.root}/${box.id}/trace.times`
  box.args("/bin/sleep", "1000").write()
  t.equal(box.call(["create", "--trace", trace, "--bundle", box.bundle, box.id]).code, 0)
  writeFileSync(times, Buffer.alloc(1_000_000, 0xff))
  t.equal(box.call(["explain", "--format", "json", box.id]).code, 0)
  t.equal(box.call(["start", "--trace", trace, box.id]).code, 0)
  rmSync(times)
  mkdirSync(times)
  t.notMatch(box.call(["explain", box.id]).stderr, /undefined|TypeError/)
  rmSync(times, { recursive: true })
  writeFileSync(times, "")
  t.equal(box.call(["explain", box.id]).code, 0)
})

boxTest("a config or process that is a device or comes from a pipe: one error, on a terminal too, and nothing is read twice [run, exec --process]", OURS, (t, box) => {
  const onTerminalOf = (...args: string[]) => command(["timeout", "10", "python3", "-c", "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)", runtimePath, "--root", box.root, ...args])
  box.args("/bin/sleep", "1000").run(["--detach"])
  mkdirSync(`${box.folder}/zero`)
  symlinkSync("/dev/zero", `${box.folder}/zero/config.json`)
  const zero = onTerminalOf("run", "--bundle", `${box.folder}/zero`, "zero")
  t.match(zero.stdout, /config\.json is a device, not a file/)
  const fifo = `${box.folder}/fifo`
  t.equal(command(["mkfifo", fifo]).code, 0)
  const written = spawn("sh", ["-c", `echo '{"cwd": "relative", "args": ["x"], "user": {"uid": 0, "gid": 0}}' >${fifo}`])
  t.match(onTerminalOf("exec", "--process", fifo, box.id).stdout, /cwd/)
  written.kill()
})
