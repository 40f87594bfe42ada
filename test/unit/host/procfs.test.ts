import { spawnSync } from "node:child_process"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import t from "tap"
import { NAMESPACES, type NamespaceType } from "../../../src/kernel/process.ts"
import { close } from "../../../src/host/file.ts"
import { isOwnNamespace, mountOf, mountPointOf, mounts, namespaceOf, openNamespace, parseMountInfo } from "../../../src/host/procfs.ts"
import { messageOf, openDescriptors, temporaryFolder } from "./helpers.ts"

t.test("openNamespace() opens each type and refuses all others", async (t) => {
  const before = openDescriptors()
  for (const type of Object.keys(NAMESPACES) as NamespaceType[]) {
    const path = `/proc/self/ns/${NAMESPACES[type].file}`
    const fd = openNamespace(path, type)
    t.ok(isOwnNamespace(fd, type), type)
    close(fd)
    const other = type === "uts" ? "ipc" : "uts"
    t.equal(messageOf(() => openNamespace(path, other)), `"${path}" is a ${type} namespace, but a ${other} namespace is needed`)
  }
  for (const path of ["/dev/null", "/proc/self/stat", "/tmp"]) {
    t.equal(messageOf(() => openNamespace(path, "network")), `"${path}" is not a namespace, but a network namespace is needed`)
  }
  t.equal(messageOf(() => openNamespace("/none", "network")), 'open the network namespace "/none": no such file or directory')
  const fifo = join(temporaryFolder(), "fifo")
  spawnSync("mkfifo", [fifo])
  t.match(messageOf(() => openNamespace(fifo, "mount")), /is not a namespace/, "a FIFO does not hang")
  t.strictSame(openDescriptors(), before)
})

t.test("namespaceOf() tells the runtime's own from another's", async (t) => {
  t.strictSame(namespaceOf(process.pid, "network"), namespaceOf("self", "network"))
  t.equal(namespaceOf(2 ** 22 + 1, "network"), undefined)
  const { spawn } = await import("node:child_process")
  const other = spawn("unshare", ["-u", "sh", "-c", "echo; exec sleep 60"])
  await new Promise((resolve) => other.stdout.once("data", resolve))
  const fd = openNamespace(`/proc/${other.pid}/ns/uts`, "uts")
  t.notOk(isOwnNamespace(fd, "uts"))
  t.not(namespaceOf(other.pid as number, "uts")?.ino, namespaceOf("self", "uts")?.ino)
  close(fd)
  other.kill("SIGKILL")
})

t.test("parseMountInfo() reads optional fields and escapes", async (t) => {
  const line = "36 35 98:0 /mnt1 /mnt\\0402\\134x rw,noatime shared:1 master:2 - ext3 /dev/root\\011y rw,errors=continue\n"
  t.strictSame(parseMountInfo(line + "37 36 0:1 / /é rw - tmpfs  rw\n\n"), [
    {
      id: 36, parent: 35, root: "/mnt1", mountPoint: "/mnt 2\\x", options: "rw,noatime", propagation: "shared:1 master:2", type: "ext3",
      source: "/dev/root\ty", superOptions: "rw,errors=continue",
    },
    { id: 37, parent: 36, root: "/", mountPoint: "/é", options: "rw", propagation: "", type: "tmpfs", source: "", superOptions: "rw" },
  ])
})

t.test("mountOf() finds the mount of a path", async (t) => {
  t.equal(mounts().length, readFileSync("/proc/self/mountinfo", "utf8").trim().split("\n").length)
  t.equal(mountPointOf("/proc/self/status"), "/proc")
  t.equal(mountOf("/proc")?.type, "proc")
  const folder = temporaryFolder()
  mkdirSync(join(folder, "x"))
  writeFileSync(join(folder, "x/f"), "")
  const expected = spawnSync("stat", ["-c", "%m", join(folder, "x/f")], { encoding: "utf8" }).stdout.trim()
  t.equal(mountPointOf(join(folder, "x/f")), expected)
  t.match(messageOf(() => mountPointOf("/none")), /open "\/none": no such file or directory/)
})
