import t from "tap"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { HOST_ARCHITECTURE } from "../../../src/kernel/syscalls.ts"
import { O_CREAT, O_RDONLY, O_WRONLY } from "../../../src/kernel/fs.ts"
import { Program } from "../../../src/program/program.ts"
import { assemble } from "../../../src/program/assemble.ts"
import { close, open } from "../../../src/host/file.ts"
import { waitForeground } from "../../../src/host/foreground.ts"
import { pidfdOpen, setSubreaper } from "../../../src/host/process.ts"
import { memfdExecutable, spawnImage } from "../../../src/host/spawn.ts"
import { children, openDescriptors, temporaryFolder } from "./helpers.ts"
import { Pty } from "./pty.ts"

/** Starts a shell as a container's process is started; with a terminal, it becomes its controlling one. */
function start(script: string, terminal?: number): { pid: number; pidfd: number } {
  const p = new Program()
  const status = p.bytes(new Uint8Array(new Int32Array([2, 0]).buffer))
  p.call("setsid")
  if (terminal !== undefined) {
    p.call("ioctl", terminal, 0x540e, 0)
    for (const fd of [0, 1, 2]) p.call("dup3", terminal, fd, 0)
  }
  p.call("execve", "/bin/sh", p.stringArray(["sh", "-c", script]), p.stringArray(["PATH=/bin:/usr/bin"]))
  const executable = memfdExecutable(assemble(p, { architecture: HOST_ARCHITECTURE, statusCell: status }).bytes, "runts:test")
  const pid = spawnImage(executable, "runts:test", { inherit: terminal === undefined ? [] : [terminal] })
  close(executable)
  return { pid, pidfd: pidfdOpen(pid) as number }
}

t.test("waitForeground() gives the exit code, or 128 + the signal, and leaves no zombie", async (t) => {
  const before = openDescriptors()
  const childrenBefore = children()
  for (const [script, code] of [["exit 0", 0], ["sleep 0.1; exit 7", 7], ["kill -9 $$", 137], ["kill -15 $$", 143]] as const) {
    const process = start(script)
    t.equal(waitForeground(process), code, script)
    close(process.pidfd)
  }
  t.strictSame(children(), childrenBefore)
  t.strictSame(openDescriptors(), before)
})

t.test("waitForeground() does not wait for orphans that came to this process", async (t) => {
  setSubreaper(true)
  const process = start("sleep 30 & echo $! > /dev/null; exit 4")
  const before = performance.now()
  t.equal(waitForeground(process), 4)
  t.ok(performance.now() - before < 5000)
  setSubreaper(false)
  close(process.pidfd)
  for (const pid of children()) if (readFileSync(`/proc/${pid}/comm`, "utf8") === "sleep\n") globalThis.process.kill(Number(pid), "SIGKILL")
})

t.test("waitForeground() relays a terminal and gives the exit code", async (t) => {
  const terminal = new Pty()
  const out = join(temporaryFolder(), "out")
  const stdin = open("/dev/null", O_RDONLY)
  const stdout = open(out, O_WRONLY | O_CREAT, 0o600)
  const process = start("tty; test -t 0 && test -t 1 && seq 1 1000; exit 9", terminal.slave)
  close(terminal.slave)
  t.equal(waitForeground({ ...process, terminal: { master: terminal.master, stdin, stdout } }), 9)
  const expected = terminal.path + "\r\n" + Array.from({ length: 1000 }, (_, i) => `${i + 1}\r\n`).join("")
  t.equal(readFileSync(out, "utf8"), expected)
  for (const fd of [stdin, stdout, process.pidfd, terminal.master]) close(fd)
})
