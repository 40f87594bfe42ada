import { existsSync, mkdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs"
import { Ajv } from "ajv"
import t from "tap"
import type { Box } from "../../conformance/lib/box.ts"
import { command, expectSuccess, until } from "../../conformance/lib/command.ts"
import type { Hook } from "../../conformance/lib/config.ts"
import { cgroupsOf, isAlive, namespaceOf, parseMountinfo } from "../../conformance/lib/procfs.ts"
import { boxTest } from "../../conformance/lib/test.ts"

/* Clauses of runtime.md and of the hooks of config.md that no other file of tests is about; see docs/conformance.md. */

function shell(script: string): Hook {
  return { path: "/bin/sh", args: ["sh", "-c", script], env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"] }
}

function said(box: Box, name: string): string {
  return readFileSync(`${box.folder}/${name}`, "utf8").trim()
}

/** runtime-spec's state-schema.json, with the values that a runtime may add to status left open. */
const STATE_SCHEMA = {
  type: "object",
  required: ["ociVersion", "id", "status", "bundle"],
  properties: {
    ociVersion: { type: "string" },
    id: { type: "string" },
    status: { type: "string" },
    pid: { type: "integer", minimum: 0, maximum: 4_194_304 },
    bundle: { type: "string" },
    annotations: { type: "object", propertyNames: { minLength: 1 }, additionalProperties: { type: "string" } },
  },
}

boxTest("the state adheres to the schema at every time; the bundle in it is absolute [clause runtime.md/state-9, clause runtime.md/state-10]", async (t, box) => {
  const adheres = new Ajv().compile(STATE_SCHEMA)
  const check = (status: string): void => {
    const state = box.state()
    t.ok(adheres(state), `${status}: ${JSON.stringify(adheres.errors)}`)
    t.equal(state.status, status)
    t.equal(state.bundle, box.bundle)
  }
  box.config.annotations = { "org.example": "", "org.example.2": "x" }
  box.args("/bin/sleep", "1000").write()
  expectSuccess(box.call(["create", "--bundle", "bundle", box.id], { cwd: box.folder }))
  check("created")
  box.start()
  check("running")
  box.kill()
  await box.reached("stopped")
  check("stopped")
})

boxTest("hooks in the container's namespaces read the pid that the container sees, its own or the host's [/hooks/createContainer/*/path, /hooks/startContainer/*/path]",
  { skipFor: { crun: "tells them pid 0" } }, (t, box) => {
  const pidOf = (name: string): number => (JSON.parse(said(box, name)) as { pid: number }).pid
  box.config.hooks = {
    createRuntime: [shell(`cat >${box.folder}/createRuntime`)],
    createContainer: [shell(`cat >${box.folder}/createContainer`)],
    startContainer: [shell("cat >/startContainer")],
  }
  for (const shared of [false, true]) {
    if (shared) box.config.linux.namespaces = box.config.linux.namespaces.filter(({ type }) => type !== "pid")
    box.args("/bin/sleep", "1000").create()
    box.start()
    const inside = shared ? box.pid : 1
    t.equal((JSON.parse(readFileSync(`${box.rootfs}/startContainer`, "utf8")) as { pid: number }).pid, inside)
    t.equal(pidOf("createContainer"), inside)
    t.equal(pidOf("createRuntime"), box.pid)
    box.delete("--force")
  }
})

boxTest("what happens to config.json after create has no effect on the container [clause runtime.md/lifecycle-3]",
  { skipFor: { runc: "1.1 exec reads config.json again" } }, async (t, box) => {
  const out = `${box.folder}/poststop`
  box.config.annotations = { "org.example": "first" }
  box.config.hooks = { poststop: [shell(`echo first >>${out}`)] }
  box.args("/bin/sleep", "1001").create()
  const { pid } = box.state()
  box.config.annotations = { "org.example": "second" }
  box.config.hooks = { startContainer: [shell("exit 1")], poststart: [shell("exit 1")], poststop: [shell(`echo second >>${out}`)] }
  box.config.hostname = "other"
  box.args("/bin/sleep", "1002").write()
  box.start()
  await until("the program", () => readFileSync(`/proc/${pid}/cmdline`, "utf8") === "/bin/sleep\0" + "1001\0")
  t.same(box.state().annotations, { "org.example": "first" })
  rmSync(`${box.bundle}/config.json`)
  t.equal(expectSuccess(box.exec(["/bin/hostname"])).stdout, "inside\n")
  box.kill()
  await box.reached("stopped")
  box.delete()
  t.equal(said(box, "poststop"), "first")
})

const WITHOUT_ID = [
  ["state", "query-state-1"], ["create", "create-1"], ["start", "start-1"], ["kill", "kill-1"], ["delete", "delete-1"],
] as const

for (const [name, clause] of WITHOUT_ID) {
  boxTest(`${name} without an id is an error [clause runtime.md/${clause}]`, (t, box) => {
    box.write()
    const result = box.call([name, ...(name === "create" ? ["--bundle", box.bundle] : [])])
    t.not(result.code, 0)
    t.not(result.stdout + result.stderr, "")
    t.notOk(existsSync(`${box.root}/${box.id}`))
  })
}

boxTest("create without a bundle is an error: none is named and the current folder is none [clause runtime.md/create-1]", (t, box) => {
  const folder = `${box.folder}/empty`
  mkdirSync(folder)
  const result = box.call(["create", box.id], { cwd: folder })
  t.not(result.code, 0)
  t.match(result.stderr, /config\.json/)
  t.not(box.call(["state", box.id]).code, 0, "no container")
})

boxTest("create applies all but process: namespaces, mounts, names, devices, paths, cgroup [clause runtime.md/create-5]", { differs: ["device nodes"] }, (t, box) => {
  box.config.mounts.push({ destination: "/mnt", type: "tmpfs", source: "tmpfs", options: ["nosuid", "size=64k"] })
  box.config.linux.devices = [{ path: "/dev/probe", type: "c", major: 1, minor: 5, fileMode: 0o600, uid: 0, gid: 0 }]
  box.config.linux.sysctl = { "kernel.msgmax": "4097" }
  box.config.root.readonly = true
  box.args("/bin/sleep", "1000").create()
  const { pid } = box.state()
  const inside = (...argv: string[]): string => expectSuccess(command(["nsenter", "--target", String(pid), "--all", "--root", ...argv])).stdout.trim()
  t.equal(inside("/bin/hostname"), "inside")
  t.equal(inside("/bin/cat", "/proc/sys/kernel/msgmax"), "4097")
  t.equal(inside("/bin/stat", "-c", "%t %T %a", "/dev/probe"), "1 5 600")
  t.equal(inside("/bin/readlink", "/dev/stdin"), "/proc/self/fd/0")
  const mounts = parseMountinfo(readFileSync(`/proc/${pid}/mountinfo`, "utf8"))
  t.ok(mounts.find(({ target }) => target === "/mnt")?.options.includes("nosuid"), "the mount")
  t.ok(mounts.find(({ target }) => target === "/")?.options.includes("ro"), "the root")
  t.ok(mounts.find(({ target }) => target === "/proc/sys")?.options.includes("ro"), "a read-only path")
  t.ok(mounts.some(({ target }) => target === "/sys/firmware"), "a masked path")
  for (const type of ["pid", "net", "ipc", "uts", "mnt"]) t.not(namespaceOf(pid, type), namespaceOf("self", type), type)
  t.ok(Object.values(cgroupsOf(pid)).some((path) => path === box.cgroupsPath), "the cgroup")
})

boxTest("an id is free again once its container is deleted [clause runtime.md/delete-5]", async (t, box) => {
  for (const text of ["1001", "1002", "1003"]) {
    const pid = await box.launch("/bin/sleep", text)
    await until("the program", () => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(text))
    box.kill()
    await box.reached("stopped")
    box.delete()
    t.not(box.call(["state", box.id]).code, 0, "deleted")
  }
})

boxTest("createContainer hooks: a program of the host, in the container's mount namespace, mounts made, root not yet changed" +
  " [clause config.md/createcontainer-hooks-1, clause config.md/createcontainer-hooks-3]", (t, box) => {
  const program = `${box.folder}/hook`
  writeFileSync(program, `#!/bin/sh\ncat /proc/self/mountinfo >${box.folder}/mounts\nreadlink /proc/self/root >${box.folder}/root\n`, { mode: 0o755 })
  box.config.mounts.push({ destination: "/mnt", type: "tmpfs", source: "tmpfs", options: ["size=64k"] })
  box.config.hooks = { createContainer: [{ path: program }] }
  box.args("/bin/sleep", "1000").create()
  const targets = parseMountinfo(said(box, "mounts")).map(({ target }) => target)
  t.ok(targets.includes(`${box.rootfs}/mnt`), "the mount, below the root that is still the host's")
  t.equal(said(box, "root"), "/")
  const later = parseMountinfo(readFileSync(`/proc/${box.pid}/mountinfo`, "utf8")).map(({ target }) => target)
  t.ok(later.includes("/mnt"), "and in its place afterwards")
})

boxTest("startContainer hooks: the path is one of the container's, and start waits for them [/hooks/startContainer/*/path]",
  { skipFor: { runc: "1.1 start does not wait for them", crun: "1.8 start does not wait for them" } }, (t, box) => {
  writeFileSync(`${box.rootfs}/only-here`, "#!/bin/sh\nreadlink /proc/self/ns/mnt >/ran\n", { mode: 0o755 })
  box.config.hooks = { startContainer: [{ path: "/only-here" }] }
  box.args("/bin/sleep", "1000").create()
  t.notOk(existsSync(`${box.rootfs}/ran`), "not in create")
  box.start()
  t.equal(readFileSync(`${box.rootfs}/ran`, "utf8").trim(), readlinkSync(`/proc/${box.pid}/ns/mnt`))
})

boxTest("poststart hooks find the program executed, and start waits for them [clause config.md/poststart-1]",
  { skipFor: { runc: "1.1 runs poststart in create" } }, (t, box) => {
  const out = `${box.folder}/seen`
  box.config.hooks = { poststart: [shell(`tr '\\0' ' ' </proc/$(sed 's/.*"pid": *\\([0-9]*\\).*/\\1/' | tr -dc 0-9)/cmdline >${out}.part; sleep 0.3; mv ${out}.part ${out}`)] }
  box.args("/bin/sleep", "1000").create()
  t.notOk(existsSync(out))
  box.start()
  t.equal(said(box, "seen"), "/bin/sleep 1000")
})

boxTest("poststop hooks find process and cgroup gone, and delete waits for them [clause config.md/poststop-1]",
  { differs: ["a cgroup"], skipFor: { runc: "1.1 runs them before the cgroup is gone" } }, async (t, box) => {
  const out = `${box.folder}/seen`
  box.args("/bin/sleep", "1000")
  box.config.hooks = { poststop: [shell(`find /sys/fs/cgroup -path '*${box.cgroupsPath}' >${out}.part; grep '^State:' /proc/$(cat ${box.folder}/pid)/status 2>/dev/null | grep -v zombie >>${out}.part; sleep 0.3; mv ${out}.part ${out}`)] }
  const pid = await box.launch()
  writeFileSync(`${box.folder}/pid`, String(pid))
  t.ok(box.cgroupFolders().length > 0, "there was a cgroup")
  box.kill()
  await box.reached("stopped")
  t.notOk(existsSync(out), "not before delete")
  box.delete()
  t.equal(said(box, "seen"), "")
  t.notOk(isAlive(pid))
})

t.end()
