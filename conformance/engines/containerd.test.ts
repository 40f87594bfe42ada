import { existsSync, readFileSync, writeFileSync } from "node:fs"
import t, { type Test } from "tap"
import { until } from "../lib/command.ts"
import { environment } from "../lib/environment.ts"
import { isAlive, status } from "../lib/procfs.ts"
import { documented, INSTALLED, SHOWN_IMAGE } from "./lib/documented.ts"
import { Engine } from "./lib/engine.ts"
import { IMAGE, makeImage } from "./lib/image.ts"

t.setTimeout(0)
const engine = new Engine("containerd")
await engine.open()
const socket = `${engine.folder}/containerd.sock`
writeFileSync(`${engine.folder}/config.toml`, `
version = 2
disabled_plugins = ["io.containerd.grpc.v1.cri"]
root = "${engine.folder}/root"
state = "${engine.folder}/state"
[grpc]
  address = "${socket}"
[ttrpc]
  address = "${socket}.ttrpc"
`)
engine.daemon(["containerd", "-c", `${engine.folder}/config.toml`])
const ctr = (...args: string[]) => engine.try(["ctr", "-a", socket, ...args])
const ok = (...args: string[]): string => engine.run(["ctr", "-a", socket, ...args])
await until("containerd", () => ctr("version").code === 0)
ok("images", "import", makeImage(IMAGE))

const common = ["--runc-binary", engine.runtime, "--runc-root", `${engine.folder}/state-of-runtime`]
const placed = (id: string): string[] => ["--cgroup", `${engine.cgroup}/${id}`]
const run = (id: string, flags: string[], ...args: string[]) => ctr("run", ...common, ...placed(id), ...flags, IMAGE, id, ...args)

/** A detached container; gone again when the test has ended. */
function detached(t: Test, id: string, flags: string[], ...args: string[]): void {
  const result = run(id, ["--detach", ...flags], ...args)
  if (result.code !== 0) throw new Error(result.stderr)
  t.teardown(() => {
    ctr("tasks", "kill", "--signal", "KILL", id)
    ctr("tasks", "delete", id)
    ctr("containers", "delete", id)
  })
}

const statusOf = (id: string): string => new RegExp(`^${id}\\s+\\d+\\s+(\\w+)`, "m").exec(ok("tasks", "list"))?.[1] ?? ""

t.test("run: output and exit code", (t) => {
  const result = run("r1", ["--rm"], "sh", "-c", "echo hello; exit 3")
  t.equal(result.stdout, "hello\n")
  t.equal(result.code, 3)
  t.end()
})

t.test("the runtime under test was called, as the contract says", (t) => {
  const calls = engine.calls()
  t.ok(calls.some((call) => / --log \S+ --log-format json create --bundle \S+ --pid-file \S+ r1$/.test(call)), "create")
  t.ok(calls.some((call) => / start r1$/.test(call)), "start")
  t.ok(calls.some((call) => / delete r1$/.test(call)), "delete")
  t.end()
})

t.test("the command that docs/engines.md shows", (t) => {
  const before = engine.calls().length
  const script = documented("ctr", { [INSTALLED]: engine.runtime, [SHOWN_IMAGE]: IMAGE })
  const shown = engine.try(["sh", "-ec", script], { env: { CONTAINERD_ADDRESS: socket, PATH: process.env.PATH } })
  t.same([shown.stdout, shown.code], ["hello\n", 0])
  t.ok(engine.calls().slice(before).some((call) => / create .* hello$/.test(call)))
  t.end()
})

t.test("run: a missing command and one that may not be executed say so", (t) => {
  t.match(run("m1", ["--rm"], "/no/such").stderr, /stat \/no\/such: no such file or directory/)
  ctr("containers", "delete", "m1")
  t.match(run("m2", ["--rm"], "nosuch").stderr, /executable file not found in \$PATH/)
  ctr("containers", "delete", "m2")
  t.match(run("m3", ["--rm"], "/etc/passwd").stderr, /permission denied/)
  ctr("containers", "delete", "m3")
  t.end()
})

t.test("run: with a terminal", (t) => {
  const line = ["ctr", "-a", socket, "run", ...common, ...placed("tty1"), "--rm", "-t", IMAGE, "tty1", "sh", "-c", "tty; echo end"]
  const result = engine.try(["script", "-qec", line.map((word) => `'${word}'`).join(" "), "/dev/null"])
  t.match(result.stdout, /\/dev\/pts\/0\s+end/)
  t.end()
})

t.test("a detached container: exec, pause, resume, ps, kill, delete", async (t) => {
  detached(t, "d1", [], "sleep", "1000")
  t.equal(statusOf("d1"), "RUNNING")
  t.equal(ok("tasks", "exec", "--exec-id", "e1", "d1", "sh", "-c", "echo in; id -u"), "in\n0")
  t.equal(ctr("tasks", "exec", "--exec-id", "e2", "d1", "sh", "-c", "exit 7").code, 7)
  const missing = ctr("tasks", "exec", "--exec-id", "e3", "d1", "nosuch")
  t.not(missing.code, 0)
  t.match(missing.stderr, /executable file not found in \$PATH/)
  t.equal(ok("tasks", "exec", "--exec-id", "e4", "--user", "1000:1000", "--cwd", "/tmp", "d1", "sh", "-c", "id -u; pwd"), "1000\n/tmp")
  t.match(ok("tasks", "ps", "d1"), /^\d+/m)
  ok("tasks", "pause", "d1")
  t.equal(statusOf("d1"), "PAUSED")
  t.not(ctr("tasks", "exec", "--exec-id", "e5", "d1", "true").code, 0, "no exec while it is paused")
  ok("tasks", "resume", "d1")
  t.equal(statusOf("d1"), "RUNNING")
  ok("tasks", "kill", "--signal", "KILL", "d1")
  await until("its end", () => statusOf("d1") === "STOPPED")
  t.equal(ctr("tasks", "delete", "d1").code, 0)
})

t.test("metrics, limits and the out-of-memory event", async (t) => {
  detached(t, "l1", ["--memory-limit", String(64 << 20)], "sleep", "1000")
  t.match(ok("tasks", "metrics", "l1"), /memory/)
  const events = engine.daemon(["sh", "-c", `exec ctr -a ${socket} events >${engine.folder}/events`])
  const seen = (): string => existsSync(`${engine.folder}/events`) ? readFileSync(`${engine.folder}/events`, "utf8") : ""
  // it has begun when it tells of something
  await until("the stream of events", () => {
    ok("containers", "label", "l1", "probe=1")
    return seen() !== ""
  })
  // the container outlives the process that is killed: with its cgroup the shim would lose the event that it has not read yet
  const script = "sh -c 'x=a; while :; do x=$x$x; done'; code=$?; sleep 3; exit $code"
  const hungry = run("o1", ["--rm", "--memory-limit", String(16 << 20)], "sh", "-c", script)
  t.equal(hungry.code, 137)
  await until("the event", () => seen().includes("/tasks/oom"))
  events.kill("SIGTERM")
  t.pass("/tasks/oom")
})

t.test("privileged, and seccomp's default profile", (t) => {
  const granted = run("p1", ["--rm", "--privileged"], "grep", "CapEff", "/proc/self/status").stdout
  t.equal(granted.split(/\s+/)[1], status(process.pid).CapEff)
  const filtered = run("s1", ["--rm", "--seccomp"], "sh", "-c", "grep Seccomp: /proc/self/status; unshare -m true || echo refused")
  t.match(filtered.stdout, /Seccomp:\t2\nrefused/)
  t.end()
})

t.test("many containers at once", async (t) => {
  // User Mode Linux has one cpu
  const names = Array.from({ length: environment === "uml" ? 5 : 20 }, (_, i) => `many${i}`)
  const codes = await Promise.all(names.map((id) => engine.start(["ctr", "-a", socket, "run", ...common, ...placed(id), "--rm", IMAGE, id, "true"])))
  t.same(codes.map(({ code }) => code), names.map(() => 0))
})

t.test("a shim that is killed: its container can be deleted, nothing is left", async (t) => {
  detached(t, "crash", [], "sleep", "1000")
  const pid = Number(/^crash\s+(\d+)/m.exec(ok("tasks", "list"))?.[1])
  const shim = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1])
  t.match(readFileSync(`/proc/${shim}/cmdline`, "utf8"), /containerd-shim-runc-v2/)
  const before = engine.calls().length
  process.kill(shim, "SIGKILL")
  await until("the container's end", () => !isAlive(pid))
  await until("the clean-up's call", () => engine.calls().slice(before).some((call) => / delete --force crash$/.test(call)))
  await until("no task of that name", () => statusOf("crash") === "" || statusOf("crash") === "STOPPED")
})

t.test("nothing is left behind", async (t) => t.same(await engine.close(), []))
