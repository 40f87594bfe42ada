import { openSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import t from "tap"
import { sys } from "../../../src/ffi/index.ts"
import { HOST_ARCHITECTURE, NR } from "../../../src/kernel/syscalls.ts"
import { Program } from "../../../src/program/program.ts"
import { assemble } from "../../../src/program/assemble.ts"
import { close, readAll } from "../../../src/host/file.ts"
import { reap } from "../../../src/host/process.ts"
import { pipe } from "../../../src/host/socket.ts"
import { memfdExecutable, spawnImage, tmpfsExecutable } from "../../../src/host/spawn.ts"
import { children, messageOf, openDescriptors, temporaryFolder } from "./helpers.ts"

/** A program that writes a line to `output`, then becomes /bin/ls of its own descriptors. */
function listDescriptors(output: number): Uint8Array {
  const p = new Program()
  const status = p.bytes(new Uint8Array(new Int32Array([2, 0]).buffer))
  p.call("dup3", output, 1, 0)
  p.call("execve", "/bin/ls", p.stringArray(["ls", "-1", "/proc/self/fd"]), p.stringArray([]))
  return assemble(p, { architecture: HOST_ARCHITECTURE, statusCell: status }).bytes
}

const F_GETFD = 1

for (const [name, make] of [["memfdExecutable()", memfdExecutable], ["tmpfsExecutable()", tmpfsExecutable]] as const) {
  t.test(`${name} and spawnImage() start a program that has 0, 1, 2 and what it inherits, and no more`, async (t) => {
    const leaks = [openSync("/dev/null", "r"), openSync("/dev/null", "r")]
    // as a careless caller leaves them: not close-on-exec
    for (const fd of leaks) sys(NR.fcntl, fd, 2, 0)
    const { read, write } = pipe()
    const before = openDescriptors()
    const childrenBefore = children()
    const executable = make(listDescriptors(write), "runts:test")
    const pid = spawnImage(executable, "runts:test", { inherit: [write] })
    t.equal(sys(NR.fcntl, write, F_GETFD), 1, "close-on-exec again in this process")
    close(executable)
    t.strictSame(openDescriptors(), before, "no descriptor more than before")
    close(write)
    const listed = Buffer.from(readAll(read)).toString().trim().split("\n").map(Number).sort((a, b) => a - b)
    t.strictSame(reap(pid), { code: 0 })
    // one is the folder that ls reads: the lowest free number
    t.strictSame(listed, [0, 1, 2, 3, write].sort((a, b) => a - b))
    t.ok(write !== 3, "the test tells them apart")
    close(read)
    for (const fd of leaks) close(fd)
    t.strictSame(children(), childrenBefore)
  })

  t.test(`${name} cannot be written to`, async (t) => {
    const fd = make(Buffer.from("#!/bin/true"), "runts:test")
    t.throws(() => writeFileSync(`/proc/self/fd/${fd}`, "x"), /EPERM|EACCES|EROFS/)
    t.ok(sys(NR.write, fd, Buffer.from("x"), 1) < 0)
    t.ok(sys(NR.ftruncate, fd, 0) < 0)
    t.equal(readFileSync(`/proc/self/fd/${fd}`, "utf8"), "#!/bin/true")
    t.equal(sys(NR.fcntl, fd, F_GETFD), 1)
    close(fd)
  })
}

t.test("spawnImage() of what is no program leaves no child and no descriptor", async (t) => {
  const executable = memfdExecutable(Buffer.from("garbage"), "runts:test")
  const { read, write } = pipe()
  const before = openDescriptors()
  const childrenBefore = children()
  t.match(messageOf(() => spawnImage(executable, "x", { inherit: [write] })), /start "x": exec format error/)
  t.match(messageOf(() => spawnImage(executable, "x", { inherit: [write, 999] })), /pass descriptor 999 to "x": bad file descriptor/)
  t.equal(sys(NR.fcntl, write, F_GETFD), 1)
  t.strictSame(openDescriptors(), before)
  t.strictSame(children(), childrenBefore)
  for (const fd of [executable, read, write]) close(fd)
  const plain = openSync(join(temporaryFolder(), "f"), "w", 0o600)
  t.match(messageOf(() => spawnImage(plain, "x", { inherit: [] })), /start "x": (permission denied|text file busy)/)
  close(plain)
})

t.test("memfdExecutable() falls back where the kernel forbids executing memory files", async (t) => {
  // vm.memfd_noexec belongs to the pid namespace
  const { spawnSync } = await import("node:child_process")
  const script = join(temporaryFolder(), "noexec.ts")
  writeFileSync(script, `
    import { memfdExecutable, spawnImage } from ${JSON.stringify(new URL("../../../src/host/spawn.ts", import.meta.url).pathname)}
    import { reap } from ${JSON.stringify(new URL("../../../src/host/process.ts", import.meta.url).pathname)}
    import { readFileSync, readlinkSync } from "node:fs"
    const fd = memfdExecutable(readFileSync("/bin/true"), "runts:test")
    console.log(readlinkSync("/proc/self/fd/" + fd), JSON.stringify(reap(spawnImage(fd, "true", { inherit: [] }))))`)
  const inside = `echo 2 > /proc/sys/vm/memfd_noexec || { echo unsupported; exit; }; exec "$@"`
  const { stdout, stderr } = spawnSync(
    "unshare", ["-pfm", "--mount-proc", "sh", "-c", inside, "sh", process.execPath, "--import", "tsx", script], { encoding: "utf8" },
  )
  t.equal(stdout.trim(), '/runts:test {"code":0}', stderr)
})
