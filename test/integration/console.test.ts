import { mkdirSync, writeFileSync } from "node:fs"
import t from "tap"
import { expectSuccess } from "../../conformance/lib/command.ts"
import { listenForConsole } from "../../conformance/lib/helpers.ts"
import { descriptors, mountAt, mountinfo } from "../../conformance/lib/procfs.ts"
import { boxTest } from "../../conformance/lib/test.ts"

boxTest("console socket: one connection, one message, one descriptor: a terminal [create --console-socket, /process/terminal]",
  async (t, box) => {
  const socket = `${box.folder}/console`
  box.config.process.terminal = true
  box.script("tty; echo done; exit 0")
  const report = await listenForConsole(socket)
  box.create(["--console-socket", socket])
  box.start()
  const seen = await report()
  t.equal(seen.connections, 1)
  t.equal(seen.descriptors, 1)
  t.equal(seen.messages.length, 1)
  t.ok((seen.messages[0]?.length ?? 0) >= 1 && (seen.messages[0]?.length ?? 0) < 4096)
  t.equal(seen.tty, true)
  t.match(seen.output, /\/dev\/(pts\/0|console)[\r\n]+done/)
})

boxTest("console socket: the terminal is 0, 1 and 2, /dev/console and the controlling terminal [/process/terminal]",
  async (t, box) => {
  const socket = `${box.folder}/console`
  box.config.process.terminal = true
  const report = await listenForConsole(socket, "", 4)
  box.args("/bin/sleep", "1000").create(["--console-socket", socket])
  box.start()
  const { pid } = box.state()
  const open = descriptors(pid)
  for (const fd of [0, 1, 2]) t.match(open[fd], /\/(dev\/)?(pts\/)?(0|console)$/, `descriptor ${fd}`)
  t.same(Object.keys(open), ["0", "1", "2"])
  t.equal(mountAt(mountinfo(pid), "/dev/console").type, "devpts")
  t.match(expectSuccess(box.exec(["/bin/sh", "-c", "cut -d' ' -f7 /proc/1/stat"])).stdout, /^(?!0\n)\d+\n/, "tty_nr")
  box.kill()
  t.equal((await report()).tty, true)
})

boxTest("console socket: consoleSize [/process/consoleSize/width, /process/consoleSize/height]", async (t, box) => {
  const socket = `${box.folder}/console`
  box.config.process.terminal = true
  box.config.process.consoleSize = { width: 91, height: 37 }
  box.script("stty size")
  const report = await listenForConsole(socket)
  box.create(["--console-socket", socket])
  box.start()
  const seen = await report()
  t.same(seen.size, [91, 37])
  t.match(seen.output, /37 91/)
})

boxTest("console socket: consoleSize of exec, and of run [/process/consoleSize/**]", async (t, box) => {
  box.args("/bin/sleep", "1000").create()
  box.start()
  const terminal = { ...box.config.process, terminal: true, consoleSize: { width: 77, height: 21 }, args: ["/bin/stty", "size"] }
  writeFileSync(`${box.folder}/process.json`, JSON.stringify(terminal))
  const first = await listenForConsole(`${box.folder}/exec-console`)
  const exec = ["exec", "--detach", "--console-socket", `${box.folder}/exec-console`, "--process", `${box.folder}/process.json`, box.id]
  expectSuccess(box.call(exec))
  t.match((await first()).output, /21 77/, "exec")
  box.delete("--force")
  box.config.process = terminal
  const second = await listenForConsole(`${box.folder}/run-console`)
  expectSuccess(box.run(["--detach", "--console-socket", `${box.folder}/run-console`]))
  t.match((await second()).output, /21 77/, "run")
})

boxTest("console socket: what is typed arrives", async (t, box) => {
  const socket = `${box.folder}/console`
  box.config.process.terminal = true
  box.script("read word; echo \"got $word\"")
  const report = await listenForConsole(socket, "hello\n")
  box.create(["--console-socket", socket])
  box.start()
  t.match((await report()).output, /got hello/)
})

boxTest("console socket: the terminal belongs to the process's user [/process/terminal]", async (t, box) => {
  const socket = `${box.folder}/console`
  box.config.process.terminal = true
  box.config.process.user = { uid: 1000, gid: 1000 }
  box.script("stat -c %u $(tty); echo x >/dev/tty")
  const report = await listenForConsole(socket)
  box.create(["--console-socket", socket])
  box.start()
  t.match((await report()).output, /1000[\r\n]+x/)
})

boxTest("console socket: in a user namespace", async (t, box) => {
  const socket = `${box.folder}/console`
  box.mapIds()
  box.config.process.terminal = true
  box.script("tty; stat -c %u $(tty)")
  const report = await listenForConsole(socket)
  box.create(["--console-socket", socket])
  box.start()
  t.match((await report()).output, /\/dev\/(pts\/0|console)[\r\n]+0/)
})

boxTest(
  "console socket: required with a terminal, refused without; a missing one is an error [create --console-socket, /process/terminal]",
  (t, box) => {
  const socket = `${box.folder}/console`
  t.not(box.args("/bin/sleep", "1000").tryCreate(["--console-socket", socket]).code, 0, "no terminal")
  box.config.process.terminal = true
  t.not(box.tryCreate().code, 0, "no socket")
  t.not(box.tryCreate(["--console-socket", socket]).code, 0, "nobody listens")
  mkdirSync(socket)
  t.not(box.tryCreate(["--console-socket", socket]).code, 0, "not a socket")
})

t.end()
