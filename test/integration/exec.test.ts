import { existsSync, readFileSync, writeFileSync } from "node:fs"
import t from "tap"
import { expectSuccess, said, until } from "../../conformance/lib/command.ts"
import { listenForConsole, onTerminal } from "../../conformance/lib/helpers.ts"
import { cgroupsOf, isAlive, namespaceOf } from "../../conformance/lib/procfs.ts"
import { boxTest } from "../../conformance/lib/test.ts"

boxTest("exec: exit code and stdio are the process's [exec]", async (t, box) => {
  await box.launch("/bin/sleep", "1000")
  for (const code of [0, 1, 42]) t.equal(box.exec(["/bin/sh", "-c", `exit ${code}`]).code, code)
  t.equal(box.exec(["/bin/sh", "-c", "kill -KILL $$"]).code, 137)
  const result = box.call(["exec", box.id, "/bin/sh", "-c", "cat; echo problem >&2"], { input: "text\n" })
  t.equal(result.stdout, "text\n")
  t.equal(result.stderr, "problem\n")
})

boxTest("exec: joins every namespace and the cgroup of the container [exec --detach, --pid-file]", async (t, box) => {
  box.config.linux.namespaces.push({ type: "cgroup" })
  const pid = await box.launch("/bin/sleep", "1000")
  const pidFile = `${box.folder}/exec-pid`
  expectSuccess(box.exec(["/bin/sleep", "1001"], ["--detach", "--pid-file", pidFile]))
  const joined = Number(readFileSync(pidFile, "utf8"))
  t.equal(readFileSync(pidFile, "utf8"), String(joined), "a bare number")
  for (const name of ["pid", "net", "ipc", "uts", "mnt", "cgroup"]) t.equal(namespaceOf(joined, name), namespaceOf(pid, name), name)
  t.same(cgroupsOf(joined), cgroupsOf(pid))
  t.equal(readFileSync(`/proc/${joined}/cmdline`, "utf8"), ["/bin/sleep", "1001", ""].join("\0"))
})

boxTest("exec: flags set user, folder, environment and groups [exec --user, --cwd, --env, --additional-gids]", async (t, box) => {
  await box.launch("/bin/sleep", "1000")
  const show = "id -u; id -g; id -G; pwd; echo $KEY"
  const result = box.exec(["/bin/sh", "-c", show], ["--user", "1000:50", "--cwd", "/tmp", "--env", "KEY=a b", "--additional-gids", "77"])
  t.equal(expectSuccess(result).stdout, "1000\n50\n50 77\n/tmp\na b\n")
})

boxTest("exec: inherits the container's environment and user [exec]", async (t, box) => {
  box.config.process.env.push("MINE=yes")
  box.config.process.user = { uid: 1000, gid: 1000 }
  await box.launch("/bin/sleep", "1000")
  t.equal(expectSuccess(box.exec(["/bin/sh", "-c", "echo $MINE; id -u"])).stdout, "yes\n1000\n")
})

boxTest("exec --process: takes a process.json [exec --process]", async (t, box) => {
  await box.launch("/bin/sleep", "1000")
  const file = `${box.folder}/process.json`
  writeFileSync(file, JSON.stringify({
    user: { uid: 1000, gid: 1000 }, args: ["/bin/sh", "-c", "id -u; pwd; echo $K; grep NoNewPrivs /proc/self/status"],
    env: ["PATH=/bin", "K=v"], cwd: "/home", noNewPrivileges: true,
  }))
  const result = expectSuccess(box.call(["exec", "--process", file, box.id]))
  t.equal(result.stdout, "1000\n/home\nv\nNoNewPrivs:\t1\n")
})

boxTest("exec --cap: what is given is in the bounding, effective and permitted sets and not inheritable [exec --cap]",
  async (t, box) => {
  await box.launch("/bin/sleep", "1000")
  const caps = (flags: string[]): Record<string, bigint> => {
    const { stdout } = expectSuccess(box.exec(["/bin/grep", "^Cap", "/proc/self/status"], flags))
    return Object.fromEntries(stdout.trim().split("\n").map((line) => [line.slice(3, 6), BigInt(`0x${line.slice(8).trim()}`)]))
  }
  const NET_ADMIN = 1n << 12n
  const plain = caps([])
  t.equal((plain.Eff ?? 0n) & NET_ADMIN, 0n)
  const more = caps(["--cap", "CAP_NET_ADMIN"])
  t.equal((more.Eff ?? 0n) & NET_ADMIN, NET_ADMIN)
  t.equal((more.Bnd ?? 0n) & NET_ADMIN, NET_ADMIN)
  t.equal((more.Inh ?? 0n) & NET_ADMIN, 0n)
})

boxTest("exec: a user who is not root has no effective capabilities from --cap [exec --cap]", async (t, box) => {
  await box.launch("/bin/sleep", "1000")
  const { stdout } = expectSuccess(box.exec(["/bin/grep", "^CapInh", "/proc/self/status"], ["--user", "1000", "--cap", "CAP_NET_ADMIN"]))
  t.match(stdout, /CapInh:\s0+\n/)
})

boxTest("exec: --no-new-privs [exec --no-new-privs]", async (t, box) => {
  box.config.process.noNewPrivileges = false
  await box.launch("/bin/sleep", "1000")
  t.match(box.exec(["/bin/grep", "NoNewPrivs", "/proc/self/status"]).stdout, /\t0/)
  t.match(box.exec(["/bin/grep", "NoNewPrivs", "/proc/self/status"], ["--no-new-privs"]).stdout, /\t1/)
})

boxTest("exec: a missing program is exit code 255 and the engines' text [exec]", async (t, box) => {
  await box.launch("/bin/sleep", "1000")
  const bare = box.exec(["nonesuch"])
  t.equal(bare.code, 255)
  t.match(said(bare), /exec: "nonesuch": executable file not found in \$PATH/)
  const path = box.exec(["/no/such"])
  t.equal(path.code, 255)
  t.match(said(path), /exec: "\/no\/such": stat \/no\/such: no such file or directory/)
})

boxTest("exec: a missing folder is an error and is not made [exec --cwd]", async (t, box) => {
  await box.launch("/bin/sleep", "1000")
  const result = box.exec(["/bin/true"], ["--cwd", "/not/there"])
  t.equal(result.code, 255)
  t.notOk(existsSync(`${box.rootfs}/not`))
})

boxTest("exec: into a created container [exec]", (t, box) => {
  box.args("/bin/sleep", "1000").create()
  t.equal(expectSuccess(box.exec(["/bin/echo", "hi"])).stdout, "hi\n")
  t.equal(box.state().status, "created")
})

boxTest("exec: refused for paused, stopped and missing containers [exec]", { differs: ["a cgroup"] }, async (t, box) => {
  await box.launch("/bin/sleep", "1000")
  expectSuccess(box.call(["pause", box.id]))
  const paused = box.exec(["/bin/true"])
  t.equal(paused.code, 255)
  t.match(paused.stderr, /paused/)
  expectSuccess(box.call(["resume", box.id]))
  box.kill()
  await box.reached("stopped")
  t.equal(box.exec(["/bin/true"]).code, 255, "stopped")
  t.equal(box.call(["exec", "missing", "/bin/true"]).code, 255, "missing")
})

boxTest("exec: ten beside each other", async (t, box) => {
  const pid = await box.launch("/bin/sleep", "1000")
  const files = Array.from({ length: 10 }, (_, index) => `${box.folder}/pid-${index}`)
  for (const file of files) expectSuccess(box.exec(["/bin/sleep", "1000"], ["--detach", "--pid-file", file]))
  for (const file of files) t.ok(isAlive(Number(readFileSync(file, "utf8"))))
  box.kill()
  await until("all to end", () => !isAlive(pid) && files.every((file) => !isAlive(Number(readFileSync(file, "utf8")))))
})

boxTest("exec --tty: a terminal in the foreground [exec --tty]", async (t, box) => {
  await box.launch("/bin/sleep", "1000")
  const { output, code } = onTerminal(["--root", box.root, "exec", "--tty", box.id, "/bin/sh", "-c", "tty; stty size; exit 6"], "", [91, 33])
  t.match(output, /\/dev\/pts\/\d/)
  t.match(output, /33 91/)
  t.equal(code, 6)
})

boxTest("exec --tty --detach --console-socket: the socket gets the terminal [exec --tty, --detach, --console-socket]",
  async (t, box) => {
  await box.launch("/bin/sleep", "1000")
  const socket = `${box.folder}/console`
  const report = await listenForConsole(socket)
  expectSuccess(box.exec(["/bin/sh", "-c", "tty; echo done"], ["--tty", "--detach", "--console-socket", socket]))
  const seen = await report()
  t.equal(seen.descriptors, 1)
  t.equal(seen.tty, true)
  t.match(seen.output, /\/dev\/pts\/\d[\r\n]+done/)
})

boxTest("exec --preserve-fds: a closed one is an error [exec --preserve-fds]",
  { skipFor: { runc: "passes its own in its place" } }, async (t, box) => {
  await box.launch("/bin/sleep", "1000")
  t.not(box.exec(["/bin/true"], ["--preserve-fds", "1"]).code, 0)
})

boxTest("exec: no descriptor of the runtime's is open in the process", async (t, box) => {
  await box.launch("/bin/sleep", "1000")
  const { stdout } = expectSuccess(box.exec(["/bin/sh", "-c", "ls /proc/$$/fd; true"]))
  t.same(stdout.trim().split("\n"), ["0", "1", "2"])
})

boxTest("exec --preserve-fds: passes that many from 3 on [exec --preserve-fds]", async (t, box) => {
  await box.launch("/bin/sleep", "1000")
  writeFileSync(`${box.folder}/message`, "passed")
  const good = box.call(["exec", "--preserve-fds", "1", box.id, "/bin/sh", "-c", "cat <&3"], { before: `exec 3<${box.folder}/message` })
  t.equal(expectSuccess(good).stdout, "passed")
})

boxTest("exec: in a user namespace it is the container's root", async (t, box) => {
  box.mapIds()
  const pid = await box.launch("/bin/sleep", "1000")
  t.equal(expectSuccess(box.exec(["/bin/sh", "-c", "id -u; cat /proc/self/uid_map | tr -s ' '"])).stdout.trim().split("\n")[0], "0")
  const file = `${box.folder}/pid`
  expectSuccess(box.exec(["/bin/sleep", "1000"], ["--detach", "--pid-file", file]))
  t.equal(namespaceOf(Number(readFileSync(file, "utf8")), "user"), namespaceOf(pid, "user"))
})

t.end()
