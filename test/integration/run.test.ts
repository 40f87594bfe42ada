import { existsSync, readFileSync } from "node:fs"
import t from "tap"
import { expectSuccess, until } from "../../conformance/lib/command.ts"
import { onTerminal } from "../../conformance/lib/helpers.ts"
import { isAlive } from "../../conformance/lib/procfs.ts"
import { boxTest } from "../../conformance/lib/test.ts"

boxTest("run: exit code is the program's [run, --bundle]", (t, box) => {
  for (const code of [0, 1, 42, 255]) t.equal(box.script(`exit ${code}`).run().code, code)
})

boxTest("run: exit code is 128 + n where signal n ended the program [run]", (t, box) => {
  // as PID 1 a program gets no signal it does not catch but KILL from outside: share the host's pid namespace
  box.config.linux.namespaces = box.config.linux.namespaces.filter(({ type }) => type !== "pid")
  t.equal(box.script("kill -TERM $$").run().code, 128 + 15)
  t.equal(box.script("kill -KILL $$").run().code, 128 + 9)
})

boxTest("run: stdin, stdout and stderr are the caller's [run]", (t, box) => {
  const result = box.script("cat; echo problem >&2").run([], { input: "first\nsecond\n" })
  t.equal(result.code, 0)
  t.equal(result.stdout, "first\nsecond\n")
  t.equal(result.stderr, "problem\n")
})

boxTest("run: a megabyte passes stdin and stdout unharmed", (t, box) => {
  const input = "0123456789abcde\n".repeat(65_536)
  t.ok(box.args("/bin/cat").run([], { input }).stdout === input)
})

boxTest("run: the container is gone afterwards [run]", (t, box) => {
  expectSuccess(box.run())
  t.notOk(existsSync(`${box.root}/${box.id}`))
  t.same(box.cgroupFolders(), [])
})

boxTest("run --keep: state and cgroup stay until delete [run --keep]",
  { differs: ["a cgroup", "an empty cgroup"], skipFor: { crun: "has it under another meaning" } }, (t, box) => {
  t.equal(box.script("exit 3").run(["--keep"]).code, 3)
  t.equal(box.state().status, "stopped")
  t.not(box.cgroupFolders().length, 0)
  box.delete()
  t.same(box.cgroupFolders(), [])
})

boxTest("run --detach: returns while the program runs; the pid file names init [run --detach, --pid-file]", async (t, box) => {
  const pidFile = `${box.folder}/pid`
  expectSuccess(box.args("/bin/sleep", "1000").run(["--detach", "--pid-file", pidFile]))
  t.equal(box.state().status, "running")
  t.equal(readFileSync(pidFile, "utf8"), String(box.pid))
  box.kill()
  await box.reached("stopped")
})

boxTest("run: a signal to the runtime reaches the program [run]", async (t, box) => {
  const running = box.script("trap 'exit 7' TERM; echo up; while :; do sleep 0.05; done").startRun()
  await until("the program", () => running.stdout().includes("up"))
  running.child.kill("SIGTERM")
  t.equal((await running.done).code, 7)
})

boxTest("run: a program that cannot be started is exit code 1 and leaves nothing", (t, box) => {
  const result = box.args("/no/such").run()
  t.equal(result.code, 1)
  t.match(result.stderr, /no such file or directory/)
})

boxTest("run: children that outlive the program die with it", (t, box) => {
  expectSuccess(box.script("sleep 1000 >/dev/null 2>&1 & exit 0").run())
  t.same(box.cgroupFolders(), [])
})

boxTest("run: program of a broken format and of a missing interpreter [/process/args]",
  { skipFor: { runc: "reports them on the container's stderr with code 255 or 1" } }, (t, box) => {
  expectSuccess(box.script("printf '#!/no/interpreter\\n' >/script; printf 'no program' >/noise; chmod 755 /script /noise").run())
  const script = box.args("/script").run()
  t.not(script.code, 0)
  t.match(script.stderr, /no such file or directory/)
  const noise = box.args("/noise").run()
  t.not(noise.code, 0)
  t.match(noise.stderr, /exec format error/)
})

boxTest("run: terminal in the foreground: size, input, output, exit code [run, /process/terminal]", (t, box) => {
  box.config.process.terminal = true
  box.script("tty; stty size; printf 'name? '; read name; echo \"hello $name\"; exit 5").write()
  const { output, code } = onTerminal(["--root", box.root, "run", "--bundle", box.bundle, box.id], "Ann\n", [97, 31])
  t.match(output, /\/dev\/(pts\/0|console)/)
  t.match(output, /31 97/)
  t.match(output, /hello Ann/)
  t.equal(code, 5)
})

boxTest("run: a terminal without one to show it on is an error [/process/terminal]", (t, box) => {
  box.config.process.terminal = true
  const result = box.script("tty").run()
  t.not(result.code, 0)
  t.not(result.stderr, "")
})

boxTest("run --detach: a terminal needs a console socket, and the socket a terminal [run --console-socket]", (t, box) => {
  box.config.process.terminal = true
  t.not(box.args("/bin/sleep", "1000").run(["--detach"]).code, 0)
  box.config.process.terminal = false
  const socket = `${box.folder}/console`
  t.not(box.run(["--detach", "--console-socket", socket]).code, 0)
})

boxTest("run: a second container with the id of a running one is refused", async (t, box) => {
  const pid = await box.launch("/bin/sleep", "1000")
  const result = box.run()
  t.not(result.code, 0)
  t.ok(isAlive(pid))
})

t.end()
