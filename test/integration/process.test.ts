import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import t from "tap"
import { expectSuccess } from "../../conformance/lib/command.ts"
import { status } from "../../conformance/lib/procfs.ts"
import { hostId } from "../../conformance/lib/ids.ts"
import { boxTest } from "../../conformance/lib/test.ts"

const NUMBERS: Record<string, bigint> = { CAP_CHOWN: 0n, CAP_KILL: 5n, CAP_SETUID: 7n, CAP_NET_BIND_SERVICE: 10n, CAP_NET_RAW: 13n, CAP_SYS_CHROOT: 18n }

/** Capability names as the hexadecimal text of /proc/PID/status. */
function mask(...names: string[]): string {
  return names.reduce((sum, name) => sum | (1n << (NUMBERS[name] as bigint)), 0n).toString(16).padStart(16, "0")
}

boxTest("args: passed as they are [/process/args]", (t, box) => {
  const args = ["", " ", "a b", "$HOME", "ünï", "\n", "\"", "\\"]
  const { stdout } = expectSuccess(box.args("/bin/sh", "-c", "for a; do printf '[%s]' \"$a\"; done", "sh", ...args).run())
  t.equal(stdout, args.map((arg) => `[${arg}]`).join(""))
})

boxTest("args: found through the container's PATH [/process/args]", (t, box) => {
  t.equal(expectSuccess(box.args("echo", "found").run()).stdout, "found\n")
})

boxTest("args: a thousand arguments and a 100 kB one [/process/args]", (t, box) => {
  const many = Array.from({ length: 1000 }, (_, index) => `argument-${index}`)
  t.equal(expectSuccess(box.args("/bin/sh", "-c", "echo $#", "sh", ...many).run()).stdout, "1000\n")
  t.equal(expectSuccess(box.args("/bin/sh", "-c", "echo ${#1}", "sh", "x".repeat(100_000)).run()).stdout, "100000\n")
})

boxTest("env: what is configured and HOME, no more [/process/env]", (t, box) => {
  box.config.process.env = ["PATH=/bin", "A=1", "B=", "C=x=y"]
  const lines = expectSuccess(box.args("/bin/env").run([], { env: { ...process.env, LEAK: "1" } })).stdout.trim().split("\n").sort()
  t.same(lines, ["A=1", "B=", "C=x=y", "HOME=/root", "PATH=/bin"])
})

boxTest("env: HOME comes from the container's passwd by uid, else is / [/process/env]", (t, box) => {
  box.config.process.user = { uid: 1000, gid: 1000 }
  t.equal(box.inside("echo $HOME"), "/home/alice")
  box.config.process.user = { uid: 4242, gid: 4242 }
  t.equal(box.inside("echo $HOME"), "/")
  box.config.process.env.push("HOME=/mine")
  t.equal(box.inside("echo $HOME"), "/mine")
})

boxTest("cwd: entered, and made where it is missing [/process/cwd]", (t, box) => {
  box.config.process.cwd = "/tmp"
  t.equal(box.inside("pwd"), "/tmp")
  box.config.process.cwd = "/new/deep/folder"
  t.equal(box.inside("pwd"), "/new/deep/folder")
  t.equal(statSync(`${box.rootfs}/new/deep/folder`).mode & 0o777, 0o755)
})

boxTest("cwd: a symbolic link that leads to the host stays inside [/process/cwd]", (t, box) => {
  expectSuccess(box.script(`ln -s ${box.folder} /outside`).run())
  box.config.process.cwd = "/outside/made"
  box.script("pwd").run()
  t.notOk(existsSync(`${box.folder}/made`))
})

boxTest("user: uid, gid and additional groups [/process/user/uid, /process/user/gid, /process/user/additionalGids]",
  async (t, box) => {
  box.config.process.user = { uid: 1000, gid: 50, additionalGids: [7, 77] }
  const pid = await box.launch("/bin/sleep", "1000")
  const fields = status(pid)
  const outside = (id: number): string => String(hostId(id))
  t.equal(fields.Uid, Array(4).fill(outside(1000)).join("\t"))
  t.equal(fields.Gid, Array(4).fill(outside(50)).join("\t"))
  t.same(fields.Groups?.split(" ").filter((gid) => gid !== outside(50)).sort(), [outside(7), outside(77)])
})

boxTest("user: no groups of the caller's are kept [/process/user/additionalGids]", (t, box) => {
  box.config.process.user = { uid: 1000, gid: 1000 }
  t.equal(box.inside("id -G"), "1000")
})

boxTest("umask: 022 unless configured [/process/user/umask]", (t, box) => {
  t.equal(box.inside("umask"), "0022")
  box.config.process.user.umask = 0o077
  t.equal(box.inside("umask"), "0077")
})

boxTest("capabilities: each set is exactly what is configured [/process/capabilities/**]", async (t, box) => {
  box.config.process.capabilities = {
    bounding: ["CAP_CHOWN", "CAP_KILL", "CAP_SETUID", "CAP_NET_BIND_SERVICE"],
    permitted: ["CAP_CHOWN", "CAP_KILL", "CAP_NET_BIND_SERVICE"],
    effective: ["CAP_CHOWN", "CAP_KILL"],
    inheritable: ["CAP_NET_BIND_SERVICE"],
    ambient: ["CAP_NET_BIND_SERVICE"],
  }
  box.config.process.user = { uid: 1000, gid: 1000 }
  const fields = status(await box.launch("/bin/sleep", "1000"))
  t.equal(fields.CapBnd, mask("CAP_CHOWN", "CAP_KILL", "CAP_SETUID", "CAP_NET_BIND_SERVICE"), "bounding")
  t.equal(fields.CapInh, mask("CAP_NET_BIND_SERVICE"), "inheritable")
  t.equal(fields.CapAmb, mask("CAP_NET_BIND_SERVICE"), "ambient")
  // execve of a program without file capabilities leaves a user who is not root the ambient ones
  t.equal(fields.CapPrm, mask("CAP_NET_BIND_SERVICE"), "permitted")
  t.equal(fields.CapEff, mask("CAP_NET_BIND_SERVICE"), "effective")
})

boxTest("capabilities: root keeps what the bounding set allows [/process/capabilities/bounding]", async (t, box) => {
  const all = ["CAP_CHOWN", "CAP_SYS_CHROOT"]
  box.config.process.capabilities = { bounding: all, permitted: all, effective: all }
  const fields = status(await box.launch("/bin/sleep", "1000"))
  t.equal(fields.CapEff, mask(...all))
  t.equal(fields.CapPrm, mask(...all))
  t.equal(fields.CapInh, mask())
})

boxTest("capabilities: none where none are configured [/process/capabilities/**]",
  { skipFor: { runc: "leaves the caller's bounding set" } }, async (t, box) => {
  box.config.process.capabilities = {}
  const fields = status(await box.launch("/bin/sleep", "1000"))
  t.equal(fields.CapEff, mask())
  t.equal(fields.CapBnd, mask())
})

boxTest("capabilities: an unknown name does not stop the container [/process/capabilities/bounding]", (t, box) => {
  box.config.process.capabilities = { bounding: ["CAP_CHOWN", "CAP_NONSENSE"], effective: ["CAP_CHOWN"], permitted: ["CAP_CHOWN"] }
  t.equal(box.run().code, 0)
})

boxTest("noNewPrivileges: both ways [/process/noNewPrivileges]", async (t, box) => {
  for (const value of [true, false]) {
    box.config.process.noNewPrivileges = value
    t.equal(box.inside("grep NoNewPrivs /proc/self/status").split("\t")[1], value ? "1" : "0")
  }
})

boxTest(
  "rlimits: soft and hard, of several kinds [/process/rlimits/**, /process/rlimits/*/type=RLIMIT_NOFILE|RLIMIT_CORE|RLIMIT_STACK]",
  (t, box) => {
  box.config.process.rlimits = [
    { type: "RLIMIT_NOFILE", soft: 300, hard: 400 },
    { type: "RLIMIT_CORE", soft: 0, hard: 0 },
    { type: "RLIMIT_STACK", soft: 4194304, hard: 8388608 },
  ]
  const limits = box.inside("cat /proc/self/limits")
  t.match(limits, /Max open files +300 +400 /)
  t.match(limits, /Max core file size +0 +0 /)
  t.match(limits, /Max stack size +4194304 +8388608 /)
})

boxTest("rlimits: twice the same kind, and an unknown kind, are errors [/process/rlimits/*/type]",
  { skipFor: { runc: "accepts a kind twice" } }, (t, box) => {
  box.config.process.rlimits = [{ type: "RLIMIT_NOFILE", soft: 1, hard: 1 }, { type: "RLIMIT_NOFILE", soft: 2, hard: 2 }]
  t.not(box.run().code, 0)
  box.config.process.rlimits = [{ type: "RLIMIT_NONSENSE", soft: 1, hard: 1 }]
  t.not(box.run().code, 0)
})

boxTest("oomScoreAdj: configured, or the caller's [/process/oomScoreAdj]", async (t, box) => {
  box.config.process.oomScoreAdj = 123
  t.equal(box.inside("cat /proc/self/oom_score_adj"), "123")
  delete box.config.process.oomScoreAdj
  t.equal(box.inside("cat /proc/self/oom_score_adj"), readFileSync("/proc/self/oom_score_adj", "utf8").trim())
})

boxTest("descriptors: 0, 1 and 2, whatever the caller left open", async (t, box) => {
  const { stdout } = expectSuccess(box.script("ls /proc/$$/fd; true").run([], { before: "exec 3</dev/null 5</ 9</etc" }))
  t.same(stdout.trim().split("\n"), ["0", "1", "2"])
})

boxTest("--preserve-fds: passes 3 and up, and no other [run --preserve-fds]", (t, box) => {
  writeFileSync(`${box.folder}/message`, "passed")
  const before = `exec 3<${box.folder}/message 4</dev/null 5</dev/null`
  const { stdout } = expectSuccess(box.script("cat <&3; ls /proc/$$/fd; true").run(["--preserve-fds", "2"], { before }))
  t.equal(stdout, "passed0\n1\n2\n3\n4\n")
})

boxTest("--preserve-fds: a closed one is an error [run --preserve-fds]",
  { skipFor: { runc: "passes its own in its place" } }, (t, box) => {
  t.not(box.run(["--preserve-fds", "3"], { before: "exec 3</dev/null 4<&- 5<&-" }).code, 0)
})

boxTest("LISTEN_FDS: passes the descriptors and tells the program so", (t, box) => {
  const before = "exec 3</dev/null 4</dev/null; export LISTEN_FDS=2 LISTEN_PID=$$"
  const { stdout } = expectSuccess(box.script("echo $LISTEN_FDS $LISTEN_PID; ls /proc/$$/fd; true").run([], { before }))
  t.equal(stdout, "2 1\n0\n1\n2\n3\n4\n")
})

boxTest("the program leads a session and has the default signals", { skipFor: { crun: "leaves an ignored SIGPIPE" } }, async (t, box) => {
  box.args("/bin/sleep", "1000").create([], { before: "trap '' PIPE USR1 CHLD" })
  box.start()
  const { pid } = box.state()
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? []
  t.equal(Number(fields[3]), pid, "session")
  t.match(status(pid).SigIgn, /^0+$/)
  t.match(status(pid).SigBlk, /^0+$/)
})

boxTest("the container's program is not the runtime's", async (t, box) => {
  mkdirSync(`${box.folder}/empty`)
  box.args("/bin/sleep", "1000").create()
  const target = readFileSync(`/proc/${box.pid}/maps`, "utf8")
  t.notMatch(target, /dist\/runts/)
})

t.end()
