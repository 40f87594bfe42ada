import { spawn, type ChildProcess } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import t from "tap"
import { O_CREAT, O_RDONLY, O_WRONLY } from "../../../src/kernel/fs.ts"
import { rawTermios } from "../../../src/kernel/terminal.ts"
import { close, open } from "../../../src/host/file.ts"
import { pidfdOpen } from "../../../src/host/process.ts"
import { pipe } from "../../../src/host/socket.ts"
import { relayTerminal, TerminalRelay } from "../../../src/host/terminal.ts"
import { openDescriptors, temporaryFolder } from "./helpers.ts"
import { Pty } from "./pty.ts"

/** A shell that has a pseudo-terminal as its own, as a container's process has. */
async function shellOn(pty: Pty, script: string): Promise<{ process: ChildProcess; pidfd: number; exit: Promise<unknown> }> {
  const process = spawn("setsid", ["-c", "sh", "-c", script], { stdio: [pty.slave, pty.slave, pty.slave] })
  const exit = once(process, "exit")
  await once(process, "spawn")
  return { process, pidfd: pidfdOpen(process.pid as number) as number, exit }
}

const folder = temporaryFolder()
const null_ = open("/dev/null", O_RDONLY)
t.teardown(() => close(null_))

t.test("relayTerminal() connects two terminals: raw mode, size, both directions, settings restored", async (t) => {
  const before = openDescriptors()
  const caller = new Pty(33, 101)
  const container = new Pty(1, 1)
  const settings = caller.settings()
  const shell = await shellOn(container, `read line; stty -F ${caller.path} -a | grep -o -e -icanon -e -opost; stty size; echo "got $line"; exit 3`)
  caller.type("typed\r")
  relayTerminal({ master: container.master, pidfd: shell.pidfd, stdin: caller.slave, stdout: caller.slave })
  const screen = caller.screen()
  t.match(screen, /-icanon\r\n/, "the caller's terminal is raw meanwhile")
  t.match(screen, /-opost\r\n/)
  t.match(screen, /33 101\r\n/)
  t.match(screen, /got typed\r\n/)
  t.notMatch(screen, /\r\r/)
  t.strictSame(caller.settings(), settings)
  t.strictSame(await shell.exit, [3, null])
  for (const pty of [caller, container]) pty.close()
  close(shell.pidfd)
  t.strictSame(openDescriptors(), before)
})

t.test("relayTerminal() loses nothing to a slow reader and writes the last words after the end", async (t) => {
  const container = new Pty()
  const { read, write } = pipe()
  const file = join(folder, "out")
  const reader = spawn("sh", ["-c", `sleep 0.2; exec cat > ${file}`], { stdio: [read, "ignore", "inherit"] })
  const readerExit = once(reader, "exit")
  await once(reader, "spawn")
  close(read)
  const shell = await shellOn(container, "seq 1 40000; printf last")
  relayTerminal({ master: container.master, pidfd: shell.pidfd, stdin: null_, stdout: write })
  close(write)
  await readerExit
  const expected = Array.from({ length: 40000 }, (_, i) => `${i + 1}\r\n`).join("") + "last"
  t.ok(readFileSync(file, "utf8") === expected, "all lines, in order")
  await shell.exit
  container.close()
  close(shell.pidfd)
})

t.test("relayTerminal() carries more input than a terminal holds, and more output meanwhile", async (t) => {
  const container = new Pty()
  const { read, write } = pipe()
  const feeder = spawn("sh", ["-c", "seq 1 20000; echo END"], { stdio: ["ignore", write, "inherit"] })
  await once(feeder, "spawn")
  close(write)
  const out = join(folder, "echoed")
  const stdout = open(out, O_WRONLY | O_CREAT, 0o600)
  const shell = await shellOn(container, `stty raw -echo; exec sed -u /END/q`)
  relayTerminal({ master: container.master, pidfd: shell.pidfd, stdin: read, stdout })
  const expected = Array.from({ length: 20000 }, (_, i) => `${i + 1}\n`).join("") + "END\n"
  // what was typed before `stty raw` may be echoed by the terminal itself
  t.ok(readFileSync(out, "utf8").replaceAll("\r", "").endsWith(expected.slice(-50000)), "input came through in order")
  await shell.exit
  for (const fd of [read, stdout, shell.pidfd]) close(fd)
  container.close()
})

t.test("relayTerminal() goes on after the end of its input, a hang-up, and does not spin meanwhile", async (t) => {
  const container = new Pty()
  const out = join(folder, "back")
  const stdout = open(out, O_WRONLY | O_CREAT, 0o600)
  const shell = await shellOn(container, `exec </dev/null >/dev/null 2>&1; sleep 0.4; echo back > ${container.path}`)
  close(container.slave)
  const cpu = process.cpuUsage()
  relayTerminal({ master: container.master, pidfd: shell.pidfd, stdin: null_, stdout })
  const { user, system } = process.cpuUsage(cpu)
  t.ok(user + system < 200_000, `${(user + system) / 1000} ms of processor time in 400 ms`)
  t.equal(readFileSync(out, "utf8"), "back\r\n")
  await shell.exit
  for (const fd of [stdout, shell.pidfd, container.master]) close(fd)
})

t.test("relayTerminal() does not hold the container up when nobody reads its output", async (t) => {
  const container = new Pty()
  const { read, write } = pipe()
  close(read)
  const shell = await shellOn(container, "seq 1 40000; exit 5")
  relayTerminal({ master: container.master, pidfd: shell.pidfd, stdin: null_, stdout: write })
  t.strictSame(await shell.exit, [5, null])
  close(write)
  close(shell.pidfd)
  container.close()
})

t.test("TerminalRelay.resize() carries a new size over; restore() works without an end", async (t) => {
  const caller = new Pty(10, 20)
  const container = new Pty()
  const settings = caller.settings()
  const relay = new TerminalRelay({ master: container.master, stdin: caller.slave, stdout: caller.slave })
  t.strictSame(container.size(), [10, 20])
  t.notSame(caller.settings(), settings)
  t.strictSame(caller.settings(), rawTermios(settings))
  const other = new Pty(40, 50)
  const { TIOCSWINSZ } = await import("../../../src/kernel/terminal.ts")
  const { sys } = await import("../../../src/ffi/index.ts")
  const { NR } = await import("../../../src/kernel/syscalls.ts")
  sys(NR.ioctl, caller.master, TIOCSWINSZ, Buffer.from(new Uint16Array([40, 50, 0, 0]).buffer))
  relay.resize()
  t.strictSame(container.size(), [40, 50])
  relay.restore()
  t.strictSame(caller.settings(), settings)
  for (const pty of [caller, container, other]) pty.close()
})

t.test("rawTermios() is cfmakeraw of the C library", async (t) => {
  const pty = new Pty()
  const settings = pty.settings()
  const stty = spawn("stty", ["-F", pty.path, "raw", "-echo", "-echonl"]).on("error", t.threw)
  await new Promise((resolve) => stty.on("close", resolve))
  const byStty = pty.settings()
  const raw = rawTermios(settings)
  t.equal(raw.readUInt32LE(4), byStty.readUInt32LE(4), "c_oflag")
  t.equal(raw.readUInt32LE(12) & ~byStty.readUInt32LE(12), 0, "c_lflag has nothing that stty's raw has not")
  t.equal(raw.readUInt32LE(12) & (0o1 | 0o2 | 0o10 | 0o100 | 0o100000), 0)
  pty.close()
})
