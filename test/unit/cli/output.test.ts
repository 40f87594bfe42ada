import { spawnSync } from "node:child_process"
import t from "tap"
import { filterTable, listJson, listTable, table } from "../../../src/cli/format.ts"
import { print, write } from "../../../src/cli/output.ts"
import { sys } from "../../../src/ffi/index.ts"
import { close, open } from "../../../src/host/file.ts"
import { NR } from "../../../src/kernel/syscalls.ts"
import { O_CLOEXEC, O_NONBLOCK, O_RDONLY, O_WRONLY } from "../../../src/kernel/fs.ts"
import type { ContainerState } from "../../../src/lifecycle/requests.ts"
import { capture } from "./capture.ts"

const STATE: ContainerState = {
  ociVersion: "1.3.0", id: "c1", pid: 13633, status: "running", bundle: "/tmp/cli-probe/b", rootfs: "/tmp/cli-probe/b/rootfs",
  created: "2026-11-22T17:33:34.553325581Z", owner: "root",
}

t.test("listTable() has runc's columns", async (t) => {
  t.equal(listTable([]), "ID          PID         STATUS      BUNDLE      CREATED     OWNER\n")
  t.equal(
    listTable([STATE]),
    "ID          PID         STATUS      BUNDLE             CREATED                          OWNER\n" +
      "c1          13633       running     /tmp/cli-probe/b   2026-11-22T17:33:34.553325581Z   root\n",
  )
})

t.test("table() counts characters, not UTF-16 units", async (t) => {
  t.equal(table([["𝒳".repeat(10), "b"], ["a", "b"]]), "𝒳".repeat(10) + "   b\na            b\n")
})

t.test("listJson() is one line, and null without containers", async (t) => {
  t.equal(listJson([]), "null\n")
  const text = listJson([STATE])
  t.equal(text.indexOf("\n"), text.length - 1)
  t.strictSame(JSON.parse(text), [STATE])
})

t.test("filterTable() keeps the lines of the pids, wherever the PID column is", async (t) => {
  const full = "UID        PID  PPID CMD\nroot         1     0 init 12\nroot        12     1 sleep 100\nroot       112    12 x\n"
  t.equal(filterTable(full, [12]), "UID        PID  PPID CMD\nroot        12     1 sleep 100\n")
  t.equal(filterTable("  PID COMMAND\n    1 init\n   12 sleep\n", [1, 12]), "  PID COMMAND\n    1 init\n   12 sleep\n")
  t.equal(filterTable("  PID COMMAND\n    1 init\n", []), "  PID COMMAND\n")
  t.throws(() => filterTable("COMMAND\ninit\n", [1]), { message: "the output of ps has no PID column" })
})

t.test("print() writes all of a text to stdout", async (t) => {
  const text = "é".repeat(100_000) + "\n"
  const { stdout, stderr } = await capture(() => print(text))
  t.equal(stdout, text)
  t.equal(stderr, "")
})

t.test("write() waits for a full pipe and is quiet about a closed one", async (t) => {
  const pipe = Buffer.alloc(8)
  t.equal(sys(NR.pipe2, pipe, O_NONBLOCK | O_CLOEXEC), 0)
  const [from, to] = [pipe.readInt32LE(0), pipe.readInt32LE(4)]
  // a reader in another process, since write() blocks this one
  const shell = `sleep 0.2; exec wc -c < /proc/${process.pid}/fd/${from}`
  const { spawn } = await import("node:child_process")
  const reader = spawn("sh", ["-c", shell], { stdio: ["ignore", "pipe", "inherit"] })
  const counted = new Promise<string>((resolve) => {
    let text = ""
    reader.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()))
    reader.on("close", () => resolve(text))
  })
  t.equal(write(to, "x".repeat(200_000)), 0)
  close(to)
  t.equal((await counted).trim(), "200000")
  close(from)
  t.equal(sys(NR.pipe2, pipe, O_CLOEXEC), 0)
  close(pipe.readInt32LE(0))
  t.equal(write(pipe.readInt32LE(4), "x"), 0, "EPIPE")
  close(pipe.readInt32LE(4))
})

t.test("write() tells of other errors", async (t) => {
  const full = open("/dev/full", O_WRONLY)
  t.equal(write(full, "x"), -28)
  close(full)
  const readOnly = open("/dev/null", O_RDONLY)
  t.equal(write(readOnly, "x"), -9)
  close(readOnly)
})

t.test("table() is laid out as the installed runc does", { skip: spawnSync("runc", ["--version"]).error !== undefined }, async (t) => {
  const { stdout, status } = spawnSync("runc", ["--root", "/nonexistent-runts-test", "list"], { encoding: "utf8" })
  // newer ones fail on a root that does not exist
  if (status === 0) t.equal(listTable([]), stdout)
})
