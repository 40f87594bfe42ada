import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import t from "tap"
import { expectSuccess, said, until } from "../../conformance/lib/command.ts"
import { underSubreaper } from "../../conformance/lib/helpers.ts"
import { cgroupsOf, isAlive, namespaceOf } from "../../conformance/lib/procfs.ts"
import { boxTest } from "../../conformance/lib/test.ts"

const MISSING = /does not exist/

boxTest(
  "create, start, kill, delete: each state in turn, as seen from outside [create, start, kill, delete, state, /linux/cgroupsPath]",
  { differs: ["a cgroup"] }, async (t, box) => {
  box.args("/bin/sleep", "1000").create()
  const created = box.state()
  t.equal(created.status, "created")
  t.ok(isAlive(created.pid), "init waits")
  t.not(namespaceOf(created.pid, "pid"), namespaceOf("self", "pid"), "in its namespaces already")
  t.ok(Object.values(cgroupsOf(created.pid)).some((path) => path === box.cgroupsPath), "in its cgroup already")
  t.notMatch(readFileSync(`/proc/${created.pid}/cmdline`, "utf8"), /1000/, "the user's program does not run yet")
  box.start()
  const running = box.state()
  t.equal(running.status, "running")
  t.equal(running.pid, created.pid, "the same process")
  t.equal(readFileSync(`/proc/${running.pid}/cmdline`, "utf8"), ["/bin/sleep", "1000", ""].join("\0"))
  box.kill()
  const stopped = await box.reached("stopped")
  t.equal(stopped.pid, 0)
  box.delete()
  t.notOk(existsSync(`${box.root}/${box.id}`), "no state")
  t.same(box.cgroupFolders(), [], "no cgroup")
})

boxTest("state: the fields that engines read [state, /annotations]", async (t, box) => {
  box.config.annotations = { "org.example.key": "a \"quoted\" value" }
  await box.launch("/bin/sleep", "1000")
  const result = box.call(["state", box.id])
  t.equal(result.stderr, "")
  const state = box.state()
  t.match(state.ociVersion, /^\d+\.\d+\.\d+/)
  t.equal(state.id, box.id)
  t.equal(state.bundle, box.bundle)
  t.equal(state.rootfs, box.rootfs)
  t.type(state.pid, "number")
  t.match(state.created, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)
  t.same(state.annotations, { "org.example.key": "a \"quoted\" value" })
})

boxTest("create --pid-file: a bare decimal number that replaces what was there [create --pid-file]", (t, box) => {
  const pidFile = `${box.folder}/pid`
  writeFileSync(pidFile, "")
  const before = statSync(pidFile).ino
  box.args("/bin/sleep", "1000").create(["--pid-file", pidFile])
  t.equal(readFileSync(pidFile, "utf8"), String(box.pid))
  t.not(statSync(pidFile).ino, before, "renamed over the old file")
})

boxTest("create: init is the child of the caller's subreaper and its wait status is the container's [create]", (t, box) => {
  box.script("exit 42").write()
  const pidFile = `${box.folder}/pid`
  const report = underSubreaper(pidFile, [
    ["--root", box.root, "create", "--bundle", box.bundle, "--pid-file", pidFile, box.id],
    ["--root", box.root, "start", box.id],
  ])
  t.same(report.codes, [0, 0], report.errors)
  t.equal(report.parent, report.self)
  t.equal(report.status, 42)
})

boxTest("create: a signal that ends the program ends init by that signal", (t, box) => {
  box.args("/bin/sleep", "1000").write()
  const pidFile = `${box.folder}/pid`
  const report = underSubreaper(pidFile, [
    ["--root", box.root, "create", "--bundle", box.bundle, "--pid-file", pidFile, box.id],
    ["--root", box.root, "start", box.id],
    ["--root", box.root, "kill", box.id, "KILL"],
  ])
  t.same(report.codes, [0, 0, 0], report.errors)
  t.equal(report.status, 128 + 9)
})

boxTest("create: an id in use is refused and the container goes on [create]", async (t, box) => {
  const pid = await box.launch("/bin/sleep", "1000")
  const again = box.tryCreate()
  t.not(again.code, 0)
  t.match(again.stderr, /exist/)
  t.ok(isAlive(pid))
  t.equal(box.state().status, "running")
})

const OUTSIDE = { runc: "a folder above the state root", crun: "a folder above the state root" }
for (const [what, id] of [
  ["the empty id", ""],
  ["..", ".."],
  ["a slash", "a/b"],
  ["a newline", "a\nb"],
  ["2,000 characters", "x".repeat(2000)],
  ["a blank", "a b"],
] as const) {
  boxTest(`create: refuses ${what} as an id`, id === ".." ? { harms: OUTSIDE } : {}, (t, box) => {
    box.write()
    const result = box.call(["create", "--bundle", box.bundle, id])
    t.not(result.code, 0)
    t.not(result.stderr, "", "says why")
    t.notOk(existsSync(`${box.folder}/b`), "nothing outside the state root")
  })
}

boxTest("create: takes an id of every permitted character", (_t, box) => {
  const id = `Az09_+.-${process.pid}`
  box.args("/bin/sleep", "1000").write()
  expectSuccess(box.call(["create", "--bundle", box.bundle, id]))
  expectSuccess(box.call(["delete", "--force", id]))
})

boxTest("create: the bundle is the current folder unless told [create --bundle]", (t, box) => {
  box.args("/bin/sleep", "1000").write()
  expectSuccess(box.call(["create", box.id], { cwd: box.bundle }))
  t.equal(box.state().bundle, box.bundle)
})

boxTest("start: a second time is refused [start]", async (t, box) => {
  const pid = await box.launch("/bin/sleep", "1000")
  const again = box.call(["start", box.id])
  t.equal(again.code, 1)
  t.match(again.stderr, /running|created/)
  t.ok(isAlive(pid))
})

boxTest("start: a container whose init died before is an error, at once [start]", async (t, box) => {
  box.args("/bin/sleep", "1000").create()
  process.kill(box.pid, "SIGKILL")
  await box.reached("stopped")
  const result = box.call(["start", box.id])
  t.equal(result.code, 1)
  t.ok(result.milliseconds < 10_000)
})

for (const commandName of ["state", "start", "kill", "delete", "pause", "resume", "ps"] as const) {
  boxTest(`${commandName}: a missing container is an error that says "does not exist"`, (t, box) => {
    mkdirSync(box.root)
    const result = box.call([commandName, "missing", ...(commandName === "kill" ? ["TERM"] : [])])
    t.equal(result.code, 1)
    t.match(result.stderr, MISSING)
    t.equal(result.stdout, "")
  })
}

boxTest("delete --force: a missing container is no error, and nothing is printed [delete --force]", (t, box) => {
  mkdirSync(box.root)
  const result = box.call(["delete", "--force", "missing"])
  t.equal(result.code, 0)
  t.equal(result.stdout + result.stderr, "")
})

boxTest("delete: refuses a running container and says so; --force kills it [delete, --force]", async (t, box) => {
  const pid = await box.launch("/bin/sleep", "1000")
  const refused = box.call(["delete", box.id])
  t.equal(refused.code, 1)
  t.match(refused.stderr, /cannot delete container .* that is not stopped: running/)
  t.ok(isAlive(pid))
  box.delete("--force")
  t.notOk(isAlive(pid))
})

boxTest("delete: takes a created container with it [delete]", (t, box) => {
  box.args("/bin/sleep", "1000").create()
  const { pid } = box.state()
  box.delete()
  t.notOk(isAlive(pid))
})

boxTest("delete: refuses a paused container; --force removes it [delete --force]", { differs: ["a cgroup"] }, async (t, box) => {
  const pid = await box.launch("/bin/sleep", "1000")
  expectSuccess(box.call(["pause", box.id]))
  t.equal(box.call(["delete", box.id]).code, 1)
  box.delete("--force")
  t.notOk(isAlive(pid))
})

boxTest("kill: names, numbers, any case; TERM unless told; 0 asks only [kill]", async (t, box) => {
  box.script("trap 'echo usr1 >>/log' USR1; trap 'echo hup >>/log' HUP; trap 'echo term >>/log' TERM; echo up >/log; while :; do sleep 0.05; done")
  await box.launch()
  const log = (): string => (existsSync(`${box.rootfs}/log`) ? readFileSync(`${box.rootfs}/log`, "utf8") : "")
  await until("the traps", () => log().includes("up"))
  let lines = 1
  for (const [signal, word] of [["SIGUSR1", "usr1"], ["usr1", "usr1"], ["10", "usr1"], ["HUP", "hup"], [undefined, "term"]] as const) {
    expectSuccess(box.call(["kill", box.id, ...(signal === undefined ? [] : [signal])]))
    lines++
    await until(`${signal} in the log`, () => log().trim().split("\n").length === lines)
    t.equal(log().trim().split("\n").at(-1), word, `kill ${signal ?? ""}`)
  }
  t.equal(box.call(["kill", box.id, "0"]).code, 0, "signal 0")
  t.not(box.call(["kill", box.id, "SIGNONSENSE"]).code, 0, "an unknown name")
  t.not(box.call(["kill", box.id, "99"]).code, 0, "a number too high")
})

boxTest("kill: a stopped container is not running; with --all it is no error [kill, --all]", async (t, box) => {
  await box.launch("/bin/true")
  await box.reached("stopped")
  const result = box.call(["kill", box.id, "KILL"])
  t.equal(result.code, 1)
  t.match(result.stderr, /container not running/)
  t.equal(box.call(["kill", "--all", box.id, "9"]).code, 0)
})

boxTest("kill: reaches a created container [kill]", async (t, box) => {
  box.args("/bin/sleep", "1000").create()
  box.kill()
  await box.reached("stopped")
  t.pass("stopped")
})

boxTest("kill KILL: a container without a pid namespace of its own dies with all its processes [kill --all]", { differs: ["a strange process"] }, async (t, box) => {
  box.config.linux.namespaces = box.config.linux.namespaces.filter(({ type }) => type !== "pid")
  box.script("sleep 1001 & sleep 1002 & echo $! >/second; wait")
  const pid = await box.launch()
  const second = Number(await until("the second child", () => existsSync(`${box.rootfs}/second`) && readFileSync(`${box.rootfs}/second`, "utf8")))
  expectSuccess(box.call(["kill", "--all", box.id, "KILL"]))
  await until("both to end", () => !isAlive(pid) && !isAlive(second))
  t.pass("both ended")
})

boxTest("missing program: create fails and leaves no container [/process/args]", (t, box) => {
  const result = box.args("/no/such/program").tryCreate()
  t.equal(result.code, 1)
  t.match(said(result), /exec: "\/no\/such\/program": stat \/no\/such\/program: no such file or directory/)
  t.equal(box.call(["state", box.id]).code, 1)
})

boxTest("missing program without a slash: looked up in the container's PATH [/process/args]", (t, box) => {
  const result = box.args("nonesuch").tryCreate()
  t.equal(result.code, 1)
  t.match(said(result), /exec: "nonesuch": executable file not found in \$PATH/)
})

boxTest("program that may not be executed, and one that is a folder: create fails [/process/args]", (t, box) => {
  writeFileSync(`${box.rootfs}/bin/plain`, "text", { mode: 0o644 })
  const plain = box.args("/bin/plain").tryCreate()
  t.equal(plain.code, 1)
  t.match(said(plain), /exec: "\/bin\/plain": permission denied/)
  const folder = box.args("/bin").tryCreate()
  t.equal(folder.code, 1)
  t.match(said(folder), /exec: "\/bin": (is a directory \(permission denied\)|permission denied)/)
})

boxTest("create: writes a failure as one JSON line to --log, and to stderr [--log, --log-format]", (t, box) => {
  box.args("/no/such/program").write()
  const log = `${box.folder}/log.json`
  const result = box.call(["--log", log, "--log-format", "json", "create", "--bundle", box.bundle, box.id])
  t.equal(result.code, 1)
  const lines = readFileSync(log, "utf8").trim().split("\n").map((line) => JSON.parse(line) as Record<string, string>)
  const errors = lines.filter(({ level }) => level === "error")
  t.equal(errors.length, 1)
  t.match(errors[0]?.msg, /no such file or directory/)
  t.match(errors[0]?.time, /^\d{4}-\d\d-\d\dT/)
})

boxTest("--log: the file exists although nothing went wrong [--log]", (t, box) => {
  const log = `${box.folder}/log.json`
  box.args("/bin/sleep", "1000").write()
  expectSuccess(box.call(["--log", log, "--log-format", "json", "create", "--bundle", box.bundle, box.id]))
  t.ok(existsSync(log))
})

boxTest("state folder: only its owner may look into it", (t, box) => {
  box.args("/bin/sleep", "1000").create()
  t.equal(statSync(`${box.root}/${box.id}`).mode & 0o077 & ~0o011, 0)
})

t.end()
