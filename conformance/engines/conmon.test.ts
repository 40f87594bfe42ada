import { existsSync, readFileSync, writeFileSync } from "node:fs"
import t, { type Test } from "tap"
import { Box, type State } from "../lib/box.ts"
import { command, type CommandOptions, expectSuccess, type Result, until } from "../lib/command.ts"
import { environment, scratch, unified } from "../lib/environment.ts"
import { isAlive, namespaceOf, status } from "../lib/procfs.ts"
import { Conmon } from "./lib/conmon.ts"
import { documented, INSTALLED } from "./lib/documented.ts"
import { LoggedRuntime } from "./lib/engine.ts"

/*
 * CRI-O's way: its container monitor, the real one, calls `create` and `exec`; everything else CRI-O calls itself. CRI-O is not in Debian.
 */

t.setTimeout(0)
const wrapper = new LoggedRuntime(`${scratch}/conmon`)

const settings = documented("/etc/crio/crio.conf.d/10-runts.conf", { [INSTALLED]: wrapper.path })
/** A word of CRI-O's settings. */
const setting = (name: string): string => {
  const value = new RegExp(`^${name} = "(.*)"$`, "m").exec(settings)?.[1]
  if (value === undefined) throw new Error(`docs/engines.md: CRI-O has no ${name}`)
  return value
}
const runtimePath = setting("runtime_path")
const monitorPath = setting("monitor_path")

/** A container under its monitor. CRI-O's own calls have an environment of two variables. */
class Pod {
  readonly box = new Box()

  monitor(...flags: string[]): Conmon {
    this.box.write()
    return new Conmon(monitorPath, this.box.id, this.box.folder, runtimePath, this.box.root, ["-b", this.box.bundle, ...flags])
  }

  session(name: string, changes: object, ...flags: string[]): Conmon {
    const spec = `${this.box.folder}/${name}.json`
    writeFileSync(spec, JSON.stringify({ ...this.box.config.process, terminal: false, ...changes }))
    return new Conmon(monitorPath, this.box.id, this.box.folder, runtimePath, this.box.root, ["--exec-process-spec", spec, ...flags], name)
  }

  try(args: readonly string[], options: CommandOptions = {}): Result {
    return command([runtimePath, "--root", this.box.root, ...args], { env: { PATH: process.env.PATH, XDG_RUNTIME_DIR: "/run/user/0" }, ...options })
  }

  call(...args: string[]): string {
    return expectSuccess(this.try(args)).stdout
  }

  get id(): string {
    return this.box.id
  }

  get state(): State {
    return JSON.parse(this.call("state", this.id)) as State
  }

  async up(...flags: string[]): Promise<Conmon> {
    const monitor = this.monitor(...flags)
    const { pid, message } = await monitor.started()
    if (pid === undefined || pid < 0) throw new Error(message ?? JSON.stringify(monitor.reports))
    this.call("start", this.id)
    return monitor
  }
}

function podTest(title: string, body: (t: Test, pod: Pod) => Promise<void>, skip: string | false = false): void {
  t.test(title, { skip }, async (t) => {
    const pod = new Pod()
    try {
      await body(t, pod)
    } finally {
      t.same(await pod.box.close(), [], "nothing is left behind")
    }
  })
}

podTest("create, state, start; output in the log, the exit code in its file, delete --force", async (t, pod) => {
  pod.box.script("echo out; echo err >&2; printf unfinished; exit 5")
  const monitor = pod.monitor()
  const { pid } = await monitor.started()
  t.equal(readFileSync(monitor.pidFile, "utf8"), String(pid))
  t.match(pod.state, { status: "created", pid, bundle: pod.box.bundle })
  t.equal(Number(status(pid as number).PPid), Number(readFileSync(`${monitor.folder}/conmon.pid`, "utf8")), "the monitor is its parent")
  pod.call("start", pod.id)
  t.equal(await monitor.exitCode(), 5)
  t.equal(monitor.logged("stdout"), "out\nunfinished")
  t.equal(monitor.logged("stderr"), "err\n")
  t.match(pod.state, { status: "stopped", pid: 0 })
  pod.call("delete", "--force", pod.id)
  t.not(pod.try(["state", pod.id]).code, 0)
  pod.call("delete", "--force", pod.id)
  t.ok(wrapper.calls().some((line) => line === `--root=${pod.box.root} create --bundle ${pod.box.bundle} --pid-file ${monitor.pidFile} ${pod.id}`))
})

podTest("create that fails: the monitor reports the runtime's words", async (t, pod) => {
  pod.box.args("nosuch")
  const { pid, message } = await pod.monitor().started()
  t.equal(pid, -1)
  t.match(message, /executable file not found in \$PATH/)
  t.notOk(existsSync(`${pod.box.root}/${pod.id}`))
})

podTest("kill by number and by name, --all afterwards; what is written when a signal ended it", async (t, pod) => {
  pod.box.args("/bin/sleep", "1000")
  const monitor = await pod.up()
  pod.call("kill", pod.id, "15")
  t.equal(pod.state.status, "running", "the first process of a pid namespace ignores a signal that it has no handler for")
  pod.call("kill", pod.id, "KILL")
  t.equal(await monitor.exitCode(), 137)
  const late = pod.try(["kill", pod.id, "9"])
  t.not(late.code, 0)
  t.match(late.stderr, /container not running/)
  pod.call("kill", "-a", pod.id, "9")
})

podTest("flags of the monitor's configuration: no new keyring, no pivot_root, a command at the end", async (t, pod) => {
  pod.box.args("/bin/true")
  const end = `${pod.box.folder}/ended`
  const monitor = await pod.up("--no-new-keyring", "--no-pivot", "--exit-command", "/usr/bin/touch", "--exit-command-arg", end)
  t.equal(await monitor.exitCode(), 0)
  await until("the command at the end", () => existsSync(end))
  t.ok(wrapper.calls().some((line) => /create --bundle \S+ --pid-file \S+ --no-pivot --no-new-keyring \S+$/.test(line)))
})

podTest("a terminal: its size, its log, and what is typed", async (t, pod) => {
  pod.box.config.process.terminal = true
  pod.box.config.process.consoleSize = { width: 93, height: 27 }
  pod.box.script("tty; stty size; while read line; do echo got $line; [ $line = end ] && exit 4; done")
  const monitor = await pod.up("-t", "-i", "--leave-stdin-open")
  await until("the first lines", () => monitor.logged("stdout").includes("27 93"))
  t.match(monitor.logged("stdout"), /^\/dev\/(pts\/0|console)\r?\n27 93/)
  t.match(await monitor.talk("a line\n", "got a line"), /got a line/)
  await monitor.talk("end\n", "got end")
  t.equal(await monitor.exitCode(), 4)
  t.ok(wrapper.calls().some((line) => / --console-socket \S+/.test(line)))
})

podTest("standard input through the monitor", async (t, pod) => {
  pod.box.script("read line; echo got $line; read line; exit 8")
  const monitor = await pod.up("-i")
  t.match(await monitor.talk("typed\n", "got typed"), /got typed/)
  t.equal(await monitor.exitCode(), 8, "input ends with who was attached")
})

podTest("exec: output, exit code, a terminal, a failure, a user; all in one container", async (t, pod) => {
  pod.box.args("/bin/sleep", "1000")
  await pod.up()
  const good = pod.session("good", { args: ["/bin/sh", "-c", "echo in; echo err >&2; exit 3"] })
  t.equal((await good.ended()).exit_code, 3)
  t.equal(good.logged("stdout") + good.logged("stderr"), "in\nerr\n")
  const user = pod.session("user", { args: ["/bin/sh", "-c", "id -u; pwd"], user: { uid: 1000, gid: 1000 }, cwd: "/tmp" })
  t.equal((await user.ended()).exit_code, 0)
  t.equal(user.logged("stdout"), "1000\n/tmp\n")
  const terminal = pod.session("terminal", { args: ["/bin/sh", "-c", "tty; exit 2"], terminal: true }, "-t")
  t.equal((await terminal.ended()).exit_code, 2)
  t.match(terminal.logged("stdout"), /^\/dev\/pts\/\d/)
  const missing = pod.session("missing", { args: ["nosuch"] })
  const failed = await missing.started()
  t.match(failed.message, /executable file not found in \$PATH/)
  t.ok(wrapper.calls().some((line) => / exec --pid-file \S+ --process \S+ --detach \S+$/.test(line)))
})

podTest("exec in the foreground, as for kubectl exec", async (t, pod) => {
  pod.box.args("/bin/sleep", "1000")
  await pod.up()
  const spec = `${pod.box.folder}/foreground.json`
  writeFileSync(spec, JSON.stringify({ ...pod.box.config.process, args: ["/bin/sh", "-c", "cat; exit 6"] }))
  const result = pod.try(["exec", "--process", spec, pod.id], { input: "through\n", env: { XDG_RUNTIME_DIR: "/run/user/0" } })
  t.equal(result.stdout, "through\n")
  t.equal(result.code, 6)
})

podTest("time limits: of an exec session, whose processes end, and of the container", async (t, pod) => {
  pod.box.args("/bin/sleep", "1000")
  const monitor = await pod.up("-T", "3")
  const slow = pod.session("slow", { args: ["/bin/sh", "-c", "sleep 998 & sleep 999"] }, "-T", "1")
  const pid = await slow.pid()
  const end = await slow.ended()
  t.equal(end.exit_code, -1)
  t.match(end.message, /timed out/)
  await until("the end of what was started", () => !isAlive(pid))
  t.equal(pod.state.status, "running")
  t.equal(await monitor.exitCode(), -1, "the container's own limit")
  await pod.box.reached("stopped")
}, environment === "uml" ? "uml: on its slow cpu a second passes before anything has started" : false)

podTest("pause, resume, update from standard input; kill and delete of what is paused", async (t, pod) => {
  pod.box.args("/bin/sleep", "1000")
  const monitor = await pod.up()
  pod.call("pause", pod.id)
  t.equal(pod.state.status, "paused")
  pod.call("resume", pod.id)
  t.equal(pod.state.status, "running")
  const resources = unified ? {} : { memory: { limit: 64 << 20 }, cpu: { shares: 512, quota: 50000, period: 100000 } }
  expectSuccess(pod.try(["update", "--resources", "-", pod.id], { input: JSON.stringify(resources) }))
  if (!unified) {
    const file = (controller: string, name: string): string => readFileSync(`/sys/fs/cgroup/${controller}${pod.box.cgroupsPath}/${name}`, "utf8").trim()
    t.equal(file("memory", "memory.limit_in_bytes"), String(64 << 20))
    t.equal(file("cpu", "cpu.cfs_quota_us"), "50000")
    t.equal(file("cpu", "cpu.shares"), "512")
  }
  pod.call("pause", pod.id)
  pod.call("delete", "--force", pod.id)
  t.equal(await monitor.exitCode(), 137)
})

podTest("too much memory: the monitor sees it in the container's cgroup", async (t, pod) => {
  pod.box.config.linux.resources = { memory: { limit: 16 << 20 } }
  pod.box.script("x=a; while :; do x=$x$x; done")
  const monitor = await pod.up()
  t.equal(await monitor.exitCode(), 137)
  await until("the file that tells of it", () => existsSync(`${monitor.folder}/oom`))
}, unified && environment !== "uml" ? `${environment} has no memory controller` : false)

podTest("a pod: its first container's namespaces are joined by path, one pid namespace for all", async (t, infra) => {
  infra.box.config.hostname = "the-pod"
  infra.box.config.linux.namespaces = ["pid", "ipc", "uts", "network", "mount"].map((type) => ({ type }))
  infra.box.script("trap 'exit 0' TERM; while :; do sleep 0.1; done")
  const first = await infra.up()
  const { pid: infraPid } = infra.state
  const member = new Pod()
  try {
    const joined = ["pid", "ipc", "uts"].map((type) => ({ type, path: `/proc/${infraPid}/ns/${type}` }))
    member.box.config.linux.namespaces = [...joined, { type: "network", path: `/proc/${infraPid}/ns/net` }, { type: "mount" }]
    delete member.box.config.hostname
    member.box.script("hostname; sleep 1001 & sleep 1002")
    const second = await member.up()
    const pid = member.state.pid
    for (const name of ["pid", "ipc", "uts", "net"]) t.equal(namespaceOf(pid, name), namespaceOf(infraPid, name), name)
    t.not(namespaceOf(pid, "mnt"), namespaceOf(infraPid, "mnt"))
    await until("the pod's name", () => second.logged("stdout") === "the-pod\n")
    const ps = infra.session("ps", { args: ["/bin/ps"] })
    await ps.ended()
    t.match(ps.logged("stdout"), /sleep 1001/, "seen from the first container")
    const children = JSON.parse(member.call("ps", "--format", "json", member.id)) as number[]
    t.ok(children.length >= 2)
    member.call("kill", member.id, "KILL")
    t.equal(await second.exitCode(), 137)
    member.call("kill", "-a", member.id, "9")
    await until("the end of its other processes", () => children.every((child) => !isAlive(child)))
    t.equal(infra.state.status, "running")
    member.call("delete", "--force", member.id)
    infra.call("kill", infra.id, "15")
    t.equal(await first.exitCode(), 0)
  } finally {
    t.same(await member.box.close(), [], "nothing is left of the member")
  }
})

t.test("twelve at once", async (t) => {
  const pods = Array.from({ length: 12 }, () => new Pod())
  const monitors = pods.map((pod) => (pod.box.script("echo one of many; exit 9"), pod.monitor()))
  for (const [index, monitor] of monitors.entries()) {
    t.ok(((await monitor.started()).pid ?? -1) > 0)
    pods[index]?.call("start", pods[index]?.id ?? "")
  }
  t.same(await Promise.all(monitors.map((monitor) => monitor.exitCode())), monitors.map(() => 9))
  for (const monitor of monitors) await monitor.gone()
  for (const pod of pods) t.same(await pod.box.close(), [], "nothing is left behind")
})
