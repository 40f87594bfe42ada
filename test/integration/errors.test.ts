import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import type { Test } from "tap"
import { expectSuccess, type Result } from "../../conformance/lib/command.ts"
import type { Box } from "../../conformance/lib/box.ts"
import { onTerminal } from "../../conformance/lib/helpers.ts"
import { hostId } from "../../conformance/lib/ids.ts"
import { boxTest, type TestOptions } from "../../conformance/lib/test.ts"

/*
 * Errors as fields of the JSON log, each of a container that really fails. The sentence that engines read is in `msg`, and alone on stderr.
 */

const OURS: TestOptions = { skipFor: { runc: "has no codes", crun: "has no codes" } }

interface Failure {
  readonly msg: string
  readonly code?: string
  readonly [field: string]: unknown
}

/** Runs a command that fails with a JSON log. @returns the log's last line, which must be the error */
function failure(t: Test, box: Box, call: (log: readonly string[]) => Result): Failure {
  const file = `${box.folder}/log.json`
  rmSync(file, { force: true })
  const { code, stderr } = call(["--log", file, "--log-format", "json"])
  t.not(code, 0)
  const line = JSON.parse(readFileSync(file, "utf8").trimEnd().split("\n").at(-1) as string) as Failure
  t.equal(line["level"], "error")
  t.equal(stderr, `runts: ${line.msg}\n`, "stderr is no terminal: one line, and the same")
  return line
}

function failedRun(t: Test, box: Box): Failure {
  box.write()
  return failure(t, box, (log) => box.call([...log, "run", "--bundle", box.bundle, box.id]))
}

function put(box: Box, path: string, content: string | Uint8Array, mode = 0o755): void {
  writeFileSync(`${box.rootfs}${path}`, content)
  chmodSync(`${box.rootfs}${path}`, mode)
}

/** The head of a 64-bit little-endian ELF file. @param machine e_machine of elf(5) */
function elfHead(machine: number): Buffer {
  const head = Buffer.alloc(64)
  head.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  head.writeUInt16LE(2, 16)
  head.writeUInt16LE(machine, 18)
  head.writeUInt32LE(1, 20)
  return head
}

boxTest("a program that is not there: where PATH leads, and where it is [--log-format] [/process/args, /process/env]", OURS, (t, box) => {
  mkdirSync(`${box.rootfs}/usr/sbin`)
  put(box, "/usr/sbin/tool", "#!/bin/sh\n")
  box.config.process.env = ["PATH=/usr/bin:/bin"]
  t.match(failedRun(t, box.args("tool")), {
    code: "executable-not-found", errno: "ENOENT", pointer: "/process/args/0",
    msg: 'exec: "tool": executable file not found in $PATH', hint: 'PATH is "/usr/bin:/bin"; it is in /usr/sbin',
  })
  box.config.process.env = ["HOME=/"]
  t.match(failedRun(t, box.args("sh")), { code: "executable-not-found", hint: "process.env sets no PATH; it is in /bin" })
  t.match(failedRun(t, box.args('sh -c "echo hi"')), {
    code: "executable-not-found", hint: 'process.args has one item, taken as the program\'s whole name: write ["sh","-c","echo hi"]',
  })
  symlinkSync("/opt/gone", `${box.rootfs}/link`)
  t.match(failedRun(t, box.args("/link")), { code: "executable-not-found", hint: "/link is a symbolic link, and there is no /opt in the root filesystem" })
  t.match(failedRun(t, box.args("/bin/sh/x")), { code: "executable-not-found", hint: /is no folder/ })
})

boxTest("a program that may not be executed: mode, owner, folder, noexec [/process/args, /process/user] [/mounts/*/options=noexec]", OURS, (t, box) => {
  put(box, "/plain", "#!/bin/sh\n", 0o644)
  t.match(failedRun(t, box.args("/plain")), {
    code: "executable-not-permitted", errno: "EACCES", msg: 'exec: "/plain": permission denied', hint: /^\/plain has mode 0644: chmod \+x/,
  })
  t.match(failedRun(t, box.args("/bin")), { code: "executable-is-directory", msg: 'exec: "/bin": is a directory (permission denied)' })
  put(box, "/roots", "#!/bin/sh\n", 0o700)
  box.config.process.user = { uid: 1000, gid: 1000 }
  box.config.process.capabilities = {}
  t.match(failedRun(t, box.args("/roots")), {
    code: "executable-not-permitted", hint: `/roots has mode 0700 and belongs to ${hostId(0)}:${hostId(0)}, and process.user is 1000:1000`,
  })
  mkdirSync(`${box.rootfs}/closed`, { mode: 0o700 })
  put(box, "/closed/tool", "#!/bin/sh\n")
  t.match(failedRun(t, box.args("/closed/tool")), { code: "executable-not-permitted", hint: /^the folder \/closed has mode 0700/ })
  box.config.process.user = { uid: 0, gid: 0 }
  mkdirSync(`${box.folder}/volume`)
  writeFileSync(`${box.folder}/volume/tool`, "#!/bin/sh\n", { mode: 0o755 })
  box.config.mounts.push({ destination: "/mnt", type: "bind", source: `${box.folder}/volume`, options: ["bind", "noexec"] })
  t.match(failedRun(t, box.args("/mnt/tool")), { code: "executable-noexec", hint: "/mnt/tool lies on a mount with noexec" })
})

boxTest("a program whose interpreter is missing: #! line, CR LF, ELF loader, through mounts and links [/process/args]", OURS, (t, box) => {
  put(box, "/script", "#!/bin/bash -e\necho\n")
  t.match(failedRun(t, box.args("/script")), {
    code: "executable-interpreter-missing", errno: "ENOENT", syscall: "execve", msg: /^exec \/script: no such file or directory/,
    hint: "its #! line names /bin/bash, which is not in the root filesystem",
  })
  put(box, "/windows", "#!/bin/sh\r\necho\r\n")
  t.match(failedRun(t, box.args("/windows")), { code: "executable-interpreter-missing", hint: /CR LF.*"\/bin\/sh\\r"/ })
  symlinkSync("/nowhere", `${box.rootfs}/shell`)
  put(box, "/linked", "#!/shell\n")
  t.match(failedRun(t, box.args("/linked")), { hint: /^its #! line names \/shell, .*\(\/shell is a symbolic link to nothing\)$/ })
  // a program of this machine, dynamically linked
  copyFileSync(process.execPath, `${box.folder}/dynamic`)
  chmodSync(`${box.folder}/dynamic`, 0o755)
  put(box, "/dynamic", "")
  box.config.mounts.push({ destination: "/dynamic", type: "bind", source: `${box.folder}/dynamic`, options: ["bind"] })
  t.match(failedRun(t, box.args("/dynamic")), { code: "executable-interpreter-missing", hint: /^its ELF loader is \/lib.*glibc/ })
})

boxTest("a program of another format or processor [/process/args]", OURS, (t, box) => {
  const rows: [content: string | Uint8Array, code: string, hint: RegExp][] = [
    [elfHead(process.arch === "arm64" ? 62 : 183), "executable-wrong-architecture", /it is an (aarch64|x86_64) program, this host is/],
    [elfHead(243), "executable-wrong-architecture", /riscv/],
    [elfHead(process.arch === "arm64" ? 183 : 62), "executable-format", /damaged ELF/],
    ["echo hi\n", "executable-format", /text without a #! line/],
    ["", "executable-format", /empty/],
    [Buffer.from("MZ\x90\0\0\0", "latin1"), "executable-format", /Windows/],
    [Buffer.from("cffaedfe0700000100", "hex"), "executable-format", /macOS/],
    [Buffer.from([1, 0, 2, 3]), "executable-format", /no program that Linux knows/],
    ["#!\necho\n", "executable-format", /names no interpreter/],
    ["#!/bin\n", "executable-not-permitted", /which is a folder/],
  ]
  for (const [content, code, hint] of rows) {
    put(box, "/program", content)
    const found = failedRun(t, box.args("/program"))
    t.match(found, { code: code === "executable-not-permitted" ? /^executable-/ : code, hint }, String(hint))
  }
})

boxTest("the same of create and start, and of exec, whose files are those of the running container [start, exec]", OURS, async (t, box) => {
  put(box, "/script", "#!/bin/bash\n")
  expectSuccess(box.args("/script").tryCreate())
  t.match(failure(t, box, (log) => box.call([...log, "start", box.id])), { code: "executable-interpreter-missing", hint: /\/bin\/bash/ })
  box.delete("--force")
  box.config.mounts.push({ destination: "/mnt", type: "tmpfs", source: "tmpfs" })
  await box.launch("/bin/sh", "-c", "printf '#!/no/such\\n' >/mnt/inside; chmod 755 /mnt/inside; echo >/ready; sleep 1000")
  while (!existsSync(`${box.rootfs}/ready`)) await new Promise((done) => setTimeout(done, 20))
  t.match(failure(t, box, (log) => box.call([...log, "exec", box.id, "/mnt/inside"])), {
    code: "executable-interpreter-missing", hint: "its #! line names /no/such, which is not in the root filesystem",
  })
  t.match(failure(t, box, (log) => box.call([...log, "exec", box.id, "/mnt/outside"])), { code: "executable-not-found" })
})

boxTest("no image makes the runtime wait or look at the host: FIFOs, devices and links out of the root [/process/args]", OURS, (t, box) => {
  expectSuccess(box.script("busybox mkfifo /fifo 2>/dev/null || mknod /fifo p; chmod 755 /fifo").run())
  t.match(failedRun(t, box.args("/fifo")), { code: /^executable-/, hint: /fifo/ })
  put(box, "/script", "#!/../../../../bin/nothing-of-the-kind\n")
  symlinkSync("../../../../../../../../proc/self/root/no/such", `${box.rootfs}/out`)
  t.match(failedRun(t, box.args("/script")), { code: "executable-interpreter-missing" })
  t.match(failedRun(t, box.args("/out")), { code: /^executable-/ })
})

boxTest("mounts: type, option with the kernel's words, source, target; the system call by name [--log-format] [/mounts]", OURS, (t, box) => {
  const { mounts } = box.config
  const mount = (entry: (typeof mounts)[number]): Failure => {
    box.config.mounts = [...mounts, entry]
    return failedRun(t, box)
  }
  const pointer = `/mounts/${mounts.length}`
  t.match(mount({ destination: "/mnt", type: "no-such-fs", source: "x" }), {
    code: "mount-type", errno: "ENODEV", syscall: "fsopen", call: 'fsopen("no-such-fs", FSOPEN_CLOEXEC)', pointer,
    step: { index: Number, text: /open the file system type/ },
  })
  t.match(mount({ destination: "/mnt", type: "tmpfs", source: "x", options: ["mode=755", "nosuch=1"] }), {
    code: "mount-option", errno: "EINVAL", syscall: "fsconfig", kernelLog: /nosuch/, call: /^fsconfig\(.*FSCONFIG_SET_STRING, "nosuch", "1", 0\)$/,
  })
  t.match(mount({ destination: "/mnt", type: "bind", source: "/no/such/source", options: ["bind"] }), {
    code: "mount-source-missing", errno: "ENOENT", pointer: `${pointer}/source`,
  })
  t.match(mount({ destination: "/bin/busybox/below", type: "tmpfs", source: "x" }), { code: "mount-target", errno: "ENOTDIR", pointer })
  writeFileSync(`${box.rootfs}/file`, "")
  t.match(mount({ destination: "/file/a/b", type: "tmpfs", source: "x" }), { code: "mount-target", errno: "ENOTDIR", pointer })
})

boxTest("hooks: which, how it ended, what it printed [--log-format] [/hooks/createRuntime]", OURS, (t, box) => {
  const hook = (script: string, timeout?: number) => ({ path: "/bin/sh", args: ["sh", "-c", script], ...(timeout === undefined ? {} : { timeout }) })
  box.config.hooks = { createRuntime: [hook("exit 0"), hook("echo one; echo two >&2; exit 3")] }
  t.match(failedRun(t, box), {
    code: "hook-failed", pointer: "/hooks/createRuntime/1",
    hook: { kind: "createRuntime", index: 1, path: "/bin/sh", end: "exit status 3", output: "one\ntwo" },
  })
  box.config.hooks = { createRuntime: [hook("echo waiting; sleep 100", 1)] }
  t.match(failedRun(t, box), { code: "hook-timeout", hook: { end: "hook timed out after 1s", output: "waiting" } })
  box.config.hooks = { createRuntime: [{ path: "/no/hook" }] }
  t.match(failedRun(t, box), { code: "hook-failed", errno: "ENOENT", hook: { path: "/no/hook" } })
})

boxTest("codes of what is not a step: config, state, usage [--log-format]", OURS, (t, box) => {
  box.config.process.cwd = "relative"
  t.match(failedRun(t, box), { code: "config-rule", pointer: "/process/cwd" })
  box.config.process.cwd = "/"
  box.config.root.path = "nowhere"
  t.match(failedRun(t, box), { code: "rootfs-missing", pointer: "/root/path" })
  t.match(failure(t, box, (log) => box.call([...log, "state", "nobody"])), { code: "container-missing", docs: "docs/error-codes.md#container-missing" })
  t.match(failure(t, box, (log) => box.call([...log, "kill", "nobody", "NOSUCH"])), { code: /usage|container-missing/ })
  t.match(failure(t, box, (log) => box.call([...log, "craete", "x"])), { code: "usage" })
  t.match(failure(t, box, (log) => box.call([...log, "run", "--bundle", "/no/bundle", "x"])), { code: "bundle-missing" })
})

/** Runs the box in the foreground. @returns what the JSON log says of its end */
function toldOfEnd(box: Box): { readonly code: number; readonly stderr: string; readonly lines: readonly Failure[] } {
  const file = `${box.folder}/log.json`
  rmSync(file, { force: true })
  box.write()
  const { code, stderr } = box.call(["--log", file, "--log-format", "json", "run", "--bundle", box.bundle, box.id])
  const lines = readFileSync(file, "utf8").split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as Failure)
  return { code, stderr, lines }
}

boxTest("a program that its seccomp filter kills: the log names the system call, stderr is the program's [run] [--log] [/linux/seccomp]", OURS, (t, box) => {
  box.config.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_KILL_PROCESS" }] }
  const { code, stderr, lines } = toldOfEnd(box.args("/bin/mkdir", "/new"))
  t.equal(code, 128 + 31)
  t.equal(stderr, "")
  t.match(lines, [{ level: "warning", code: "killed-by-seccomp", pointer: "/linux/seccomp" }])
  const readable = readFileSync("/proc/sys/kernel/printk", "utf8") !== "" && existsSync("/dev/kmsg")
  if (readable) t.match(lines[0]?.msg, /killed by its seccomp filter for (the system call mkdir(at)?|a system call)/)
  t.same(toldOfEnd(box.script("kill -KILL $$; exit 3")).lines, [], "other ends say nothing")
})

boxTest("a program that reaches its memory limit: the log says so [run] [--log] [/linux/resources/memory/limit]", { differs: ["a cgroup"], ...OURS, skipIn: { "pure-v2": "cgroup2 has no memory controller there" },
}, (t, box) => {
  box.config.linux.resources = { memory: { limit: 16 * 1024 * 1024, swap: 16 * 1024 * 1024 } }
  const { code, lines } = toldOfEnd(box.args("/bin/dd", "if=/dev/zero", "of=/dev/null", "bs=200M", "count=1"))
  t.equal(code, 128 + 9)
  t.match(lines, [{ level: "warning", code: "out-of-memory", pointer: "/linux/resources/memory/limit" }])
})

boxTest("on a terminal an error is a page: place in config.json, cause, remedy, code; colours, but not with NO_COLOR [/process/args]", OURS, (t, box) => {
  box.write(JSON.parse(JSON.stringify(box.args("bash").config)) as unknown)
  writeFileSync(`${box.bundle}/config.json`, JSON.stringify(box.config, null, 2))
  const line = readFileSync(`${box.bundle}/config.json`, "utf8").split("\n").findIndex((text) => text.includes('"bash"')) + 1
  const args = ["--root", box.root, "run", "--bundle", box.bundle, box.id]
  const plain = onTerminal(args, "", [90, 40], { env: { ...process.env, NO_COLOR: "1" } })
  t.equal(plain.code, 1)
  const text = plain.output.replaceAll("\r\n", "\n")
  t.ok(text.startsWith('runts: exec: "bash": executable file not found in $PATH\n'), text)
  t.match(text, `--> config.json:${line}:7 /process/args/0\n`)
  t.match(text, /\| "bash"\n +\| \^{6}\n/)
  t.match(text, /= why: PATH is .*\n/)
  t.match(text, "= code: executable-not-found\n")
  t.notMatch(text, "\x1b")
  t.ok(Math.max(...text.split("\n").map((line) => line.length)) <= 90, "within the terminal's width")
  const { NO_COLOR, ...colourful } = process.env
  const coloured = onTerminal(args, "", [90, 40], { env: { ...colourful, TERM: "xterm" } }).output
  t.match(coloured, "\x1b[31m")
  t.equal(coloured.replace(/\x1b\[\d+m/g, "").replaceAll("\r\n", "\n"), text)
  const json = onTerminal(["--log-format", "json", ...args])
  t.match(JSON.parse(json.output), { level: "error", code: "executable-not-found" }, "who asks for JSON gets it on a terminal too")
})

boxTest("mounts: a cgroup mount's option that the kernel does not know [/mounts/*/options]", { ...OURS, needs: ["v2"] }, (t, box) => {
  box.config.mounts.push({ destination: "/mnt", type: "cgroup", source: "cgroup", options: ["nosuchoption"] })
  t.match(failedRun(t, box), {
    code: "mount-option", errno: "EINVAL", syscall: "fsconfig", kernelLog: /nosuchoption/, call: /^fsconfig\(.*FSCONFIG_SET_FLAG, "nosuchoption", NULL, 0\)$/,
  })
})
