import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import t from "tap"
import type { Box } from "../../conformance/lib/box.ts"
import { command, expectSuccess, type Result } from "../../conformance/lib/command.ts"
import { boxTest } from "../../conformance/lib/test.ts"

/** What is in the state root, but for the runtime's own records, which begin with "@". */
const leftIn = (root: string): string[] => (existsSync(root) ? readdirSync(root).filter((name) => !name.startsWith("@")) : [])

/** Runs `create` on the bundle as it is, and checks that it was refused in words and left nothing. */
function refused(t: { not: Function; notMatch: Function; same: Function; ok: Function }, box: Box, what: string): Result {
  const result = box.call(["create", "--bundle", box.bundle, box.id])
  t.not(result.code, 0, what)
  t.ok(result.stderr.trim().length > 10, `${what}: says why`)
  t.notMatch(result.stderr, /\n\s+at .*:\d+:\d+|panic:|TypeError|undefined is not/, `${what}: a sentence, no stack`)
  t.same(leftIn(box.root), [], `${what}: no state`)
  t.same(box.cgroupFolders(), [], `${what}: no cgroup`)
  return result
}

boxTest("bundle: no config.json, a folder, an empty file, not JSON, an array, null", { skipFor: { runc: "1.1 crashes on null" } }, (t, box) => {
  const config = `${box.bundle}/config.json`
  t.match(refused(t, box, "missing").stderr, /config\.json/)
  mkdirSync(config)
  refused(t, box, "a folder")
  rmSync(config, { recursive: true })
  for (const text of ["", "{", "no json", "[]", "null", "\"text\"", "{}"]) {
    writeFileSync(config, text)
    refused(t, box, JSON.stringify(text))
  }
})

boxTest("bundle: a folder that is missing, or a file", (t, box) => {
  for (const bundle of [`${box.folder}/none`, "/etc/passwd"]) {
    const result = box.call(["create", "--bundle", bundle, box.id])
    t.not(result.code, 0)
    t.match(result.stderr, /no such file|not a directory|not found/)
  }
})

boxTest("config.json: 10 MB of it", (t, box) => {
  box.config.annotations = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`org.example.${index}`, "x".repeat(100_000)]))
  const result = box.tryCreate()
  t.ok(result.code >= 0, "ends in time")
  if (result.code === 0) t.equal(box.state().status, "created")
})

boxTest("config.json: wrong types", { skipFor: { crun: "takes several of them" } }, (t, box) => {
  const base = JSON.stringify(box.config)
  for (const [what, change] of [
    ["args a string", { process: { ...box.config.process, args: "/bin/true" } }],
    ["uid a word", { process: { ...box.config.process, user: { uid: "root", gid: 0 } } }],
    ["uid negative", { process: { ...box.config.process, user: { uid: -1, gid: 0 } } }],
    ["uid a fraction", { process: { ...box.config.process, user: { uid: 1.5, gid: 0 } } }],
    ["mounts an object", { mounts: {} }],
    ["terminal a number", { process: { ...box.config.process, terminal: 1 } }],
    ["root a string", { root: "rootfs" }],
    ["namespaces an object", { linux: { ...box.config.linux, namespaces: { type: "pid" } } }],
    ["env of numbers", { process: { ...box.config.process, env: [1, 2] } }],
  ] as const) {
    box.write({ ...(JSON.parse(base) as object), ...change })
    refused(t, box, what)
  }
})

boxTest("config.json: wrong values [/ociVersion, /process/cwd, /process/args, /linux/namespaces/*/type]",
  { skipFor: { runc: "1.1 takes several of them", crun: "takes several of them" } }, (t, box) => {
  const base = JSON.stringify(box.config)
  for (const [what, change] of [
    ["no ociVersion", { ociVersion: undefined }],
    ["ociVersion 2", { ociVersion: "2.0.0" }],
    ["ociVersion a word", { ociVersion: "new" }],
    ["a relative cwd", { process: { ...box.config.process, cwd: "tmp" } }],
    ["no args", { process: { ...box.config.process, args: [] } }],
    ["an unknown namespace", { linux: { ...box.config.linux, namespaces: [{ type: "mount" }, { type: "nonsense" }] } }],
    ["a NUL in an argument", { process: { ...box.config.process, args: ["/bin/true", "a\0b"] } }],
  ] as const) {
    box.write({ ...(JSON.parse(base) as object), ...change })
    refused(t, box, what)
  }
})

boxTest("config.json: properties nobody knows are passed over", (t, box) => {
  box.config["org.example"] = { any: "thing" }
  box.config.process["new"] = [1]
  box.config.linux["later"] = null
  t.equal(box.run().code, 0)
})

boxTest("config.json: without process create is refused", { skipFor: { runc: "crashes in 1.1", crun: "crashes in 1.8" } }, (t, box) => {
  box.write({ ...box.config, process: undefined })
  refused(t, box, "no process")
})

boxTest("root: missing, a file [/root/path]", (t, box) => {
  renameSync(box.rootfs, `${box.bundle}/elsewhere`)
  box.write()
  refused(t, box, "missing")
  writeFileSync(box.rootfs, "")
  refused(t, box, "a file")
})

boxTest("root: a symbolic link to a folder is taken, or refused in words [/root/path]", (t, box) => {
  renameSync(box.rootfs, `${box.bundle}/elsewhere`)
  symlinkSync("elsewhere", box.rootfs)
  const result = box.run()
  if (result.code !== 0) t.match(result.stderr, /symlink|symbolic link/)
  else t.equal(result.stderr, "")
})

boxTest("state folder: truncated, not JSON, of another version, gone: errors, and delete --force cleans up", {
  skipFor: { runc: "refuses to delete what it cannot read", crun: "keeps its state in other files" },
}, async (t, box) => {
  for (const spoil of ["", "{", "[]", "{\"version\":999999}"] as const) {
    const pid = await box.launch("/bin/sleep", "1000")
    const folder = `${box.root}/${box.id}`
    for (const file of readdirSync(folder)) if (file.endsWith(".json")) writeFileSync(`${folder}/${file}`, spoil)
    const state = box.call(["state", box.id])
    t.not(state.code, 0, `state after ${JSON.stringify(spoil)}`)
    t.notMatch(state.stderr, /\n\s+at |TypeError/)
    t.equal(box.call(["delete", "--force", box.id]).code, 0, "delete --force")
    t.notOk(existsSync(folder))
    // the cgroup's path is lost with the state; whoever deletes can only guess it
    try {
      process.kill(pid, "SIGKILL")
    } catch {
      // delete found it all the same
    }
    for (let tries = 0; tries < 50 && box.cgroupFolders().length > 0; tries++) {
      command(["/bin/sh", "-c", `sleep 0.02; rmdir ${box.cgroupFolders().join(" ")} 2>/dev/null`])
    }
  }
})

boxTest("state folder: an empty one of a runtime killed early is removed by delete --force", {
  skipFor: { runc: "says there is no such container and leaves it", crun: "leaves it" },
}, (t, box) => {
  mkdirSync(`${box.root}/${box.id}`, { recursive: true })
  t.equal(box.call(["delete", "--force", box.id]).code, 0)
  t.notOk(existsSync(`${box.root}/${box.id}`))
})

boxTest("state root: a full disk: create fails with a sentence and leaves nothing", { skipFor: { runc: "1.1 leaves its cgroup" } }, (t, box) => {
  mkdirSync(box.root)
  expectSuccess(command(["mount", "-t", "tmpfs", "-o", "size=4k,mode=700", "tmpfs", box.root]))
  try {
    command(["/bin/sh", "-c", `head -c 4096 /dev/zero >${box.root}/filler`])
    box.args("/bin/sleep", "1000").write()
    const result = box.call(["create", "--bundle", box.bundle, box.id])
    t.not(result.code, 0)
    t.match(result.stderr, /no space left on device/)
    t.same(box.cgroupFolders(), [])
    rmSync(`${box.root}/filler`)
    box.call(["delete", "--force", box.id])
    t.same(leftIn(box.root), [])
  } finally {
    expectSuccess(command(["umount", "-l", box.root]))
  }
})

boxTest("state root: read-only, a file", (t, box) => {
  writeFileSync(box.root, "")
  box.args("/bin/true").write()
  t.not(box.call(["create", "--bundle", box.bundle, box.id]).code, 0)
  rmSync(box.root)
})

boxTest("pid file: in a folder that is missing: create fails and leaves nothing [create --pid-file]", (t, box) => {
  t.not(box.args("/bin/sleep", "1000").tryCreate(["--pid-file", `${box.folder}/none/pid`]).code, 0)
  t.not(box.call(["state", box.id]).code, 0)
})

boxTest("exec: process.json that is missing or broken [exec --process]", async (t, box) => {
  await box.launch("/bin/sleep", "1000")
  const file = `${box.folder}/process.json`
  t.equal(box.call(["exec", "--process", file, box.id]).code, 255, "missing")
  for (const text of ["", "{", "[]", "{\"args\":\"text\"}"]) {
    writeFileSync(file, text)
    t.equal(box.call(["exec", "--process", file, box.id]).code, 255, text)
  }
  t.equal(box.state().status, "running")
})

boxTest("a cgroup that is in use by a process is refused or shared, and stays when the container goes [/linux/cgroupsPath]",
  { differs: ["a cgroup"], skipFor: { runc: "1.1 joins it" } }, (t, box) => {
  const folder = `/sys/fs/cgroup/${existsSync("/sys/fs/cgroup/pids") ? "pids" : ""}${box.cgroupsPath}`
  mkdirSync(folder, { recursive: true })
  const { stdout } = expectSuccess(command(["/bin/sh", "-c", `sleep 1000 >/dev/null 2>&1 & echo $! >${folder}/cgroup.procs; echo $!`]))
  const pid = Number(stdout)
  try {
    const result = box.args("/bin/sleep", "1000").tryCreate()
    t.not(result.code, 0)
    t.match(readFileSync(`/proc/${pid}/cgroup`, "utf8"), new RegExp(box.cgroupsPath), "the other process is still there")
  } finally {
    process.kill(pid, "SIGKILL")
    command(["/bin/sh", "-c", `for i in 1 2 3 4 5; do rmdir ${folder} && break; sleep 0.05; done`])
  }
})

t.end()
