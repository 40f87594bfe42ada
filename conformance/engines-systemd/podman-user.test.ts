import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import t from "tap"
import { command, environmentWithMarker, expectSuccess, type Result } from "../lib/command.ts"
import { runtimePath } from "../lib/environment.ts"
import { cgroupsOf } from "../lib/procfs.ts"
import { LOGIN, RUNTIME_FOLDER, SCOPE, type Caller, UID, USER, userSystemctl } from "../lib/user-unit.ts"
import { documented, INSTALLED } from "../engines/lib/documented.ts"
import { IMAGE, makeImage, PAUSE_IMAGE } from "../engines/lib/image.ts"

/*
 * Podman of an ordinary user with runts beneath it: with his own systemd from a login, and with cgroupfs in a scope that is delegated to him.
 */

t.setTimeout(0)
const home = `/home/${USER}`
const MIB64 = String(64 << 20)

/** Podman with a cgroup manager, called from some place. */
class Podman {
  private readonly manager: string
  private readonly caller: Caller
  constructor(manager: "systemd" | "cgroupfs", caller: Caller) {
    this.manager = manager
    this.caller = caller
  }

  try(...args: string[]): Result {
    return command(this.caller.argv(["podman", "--cgroup-manager", this.manager, ...args]), { env: environmentWithMarker(), timeLimit: 240_000 })
  }

  ok(...args: string[]): string {
    return expectSuccess(this.try(...args)).stdout.trim()
  }

  /** @returns the container's pid */
  start(name: string, ...flags: string[]): number {
    this.ok("run", "--detach", "--name", name, "--network", "none", "--pull=never", ...flags, IMAGE, "sleep", "1000")
    return Number(this.ok("inspect", "--format", "{{.State.Pid}}", name))
  }
}

t.before(() => {
  mkdirSync(`${home}/.config/containers`, { recursive: true })
  const settings = documented("/etc/containers/containers.conf", { [INSTALLED]: runtimePath, 'cgroup_manager = "cgroupfs"\n': "" })
  writeFileSync(`${home}/.config/containers/containers.conf`, `
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
${settings.replace("[engine.runtimes]", `events_logger = "file"\ninfra_image = "${PAUSE_IMAGE}"\ninfra_command = "/bin/pause"\n[engine.runtimes]`)}
`)
  expectSuccess(command(["chown", "-R", `${UID}:${UID}`, home]))
  const podman = new Podman("systemd", LOGIN)
  podman.ok("load", "--quiet", "--input", makeImage(IMAGE))
  podman.ok("load", "--quiet", "--input", makeImage(PAUSE_IMAGE, { command: ["/bin/pause"] }))
  t.match(podman.ok("info", "--format", "{{.Host.OCIRuntime.Name}} {{.Host.OCIRuntime.Path}} {{.Host.Security.Rootless}}"), `runts ${runtimePath} true`)
})

function file(pid: number, name: string): string {
  return readFileSync(`/sys/fs/cgroup${cgroupsOf(pid)[""]}/${name}`, "utf8").trim()
}

t.test("rootless Podman with the user's systemd: run, limits, exec, pause, update, stats, top, restart [--systemd-cgroup]", (t) => {
  const podman = new Podman("systemd", LOGIN)
  t.equal(podman.ok("run", "--rm", "--network", "none", "--pull=never", IMAGE, "id", "-u"), "0")
  t.equal(podman.try("run", "--rm", "--network", "none", "--pull=never", IMAGE, "sh", "-c", "exit 5").code, 5)
  const pid = podman.start("one", "--memory", "64m", "--cpus", "0.5", "--pids-limit", "40")
  const id = podman.ok("inspect", "--format", "{{.Id}}", "one")
  t.equal(cgroupsOf(pid)[""], `/user.slice/user-${UID}.slice/user@${UID}.service/user.slice/libpod-${id}.scope`)
  t.same([file(pid, "memory.max"), file(pid, "cpu.max"), file(pid, "pids.max")], [MIB64, "50000 100000", "40"])
  t.match(userSystemctl("show", `libpod-${id}.scope`, "--property=MemoryMax,TasksMax,ActiveState"), /MemoryMax=67108864[^]*TasksMax=40/)
  t.equal(podman.ok("exec", "one", "sh", "-c", "echo in $(id -u)"), "in 0")
  podman.ok("pause", "one")
  t.equal(file(pid, "cgroup.freeze"), "1")
  podman.ok("unpause", "one")
  podman.ok("update", "--memory", "96m", "--cpus", "0.25", "one")
  t.same([file(pid, "memory.max"), file(pid, "cpu.max")], [String(96 << 20), "25000 100000"])
  t.match(podman.ok("stats", "--no-stream", "--format", "{{.PIDS}}", "one"), /^[1-9]/)
  t.match(podman.ok("top", "one"), /sleep 1000/)
  podman.ok("restart", "--time", "0", "one")
  t.equal(podman.ok("inspect", "--format", "{{.State.Status}}", "one"), "running")
  podman.ok("rm", "--force", "--time", "0", "one")
  t.notMatch(userSystemctl("list-units", "--all", "--no-legend", "libpod-*"), id, "his systemd has nothing of it any more")
  t.end()
})

t.test("a pod of rootless Podman with the user's systemd: run, pause, remove [--systemd-cgroup]", (t) => {
  const podman = new Podman("systemd", LOGIN)
  podman.ok("pod", "create", "--name", "both", "--network", "none")
  const pid = podman.start("in-pod", "--pod", "both")
  t.match(cgroupsOf(pid)[""], /user@\d+\.service\/user\.slice\/user-libpod_pod_[0-9a-f]+\.slice\/libpod-[0-9a-f]+\.scope$/)
  podman.ok("pod", "pause", "both")
  t.equal(file(pid, "cgroup.freeze"), "1")
  podman.ok("pod", "unpause", "both")
  podman.ok("pod", "rm", "--force", "--time", "0", "both")
  t.equal(podman.ok("ps", "--all", "--quiet"), "")
  t.end()
})

t.test("rootless Podman with cgroupfs in a delegated scope: run, limits, exec, pause", (t) => {
  const podman = new Podman("cgroupfs", SCOPE)
  t.equal(podman.ok("run", "--rm", "--network", "none", "--pull=never", "--memory", "64m", IMAGE, "echo", "hello"), "hello")
  t.end()
})

t.test("containers of rootless Podman are below the user's runtime folder", (t) => {
  const podman = new Podman("systemd", LOGIN)
  podman.start("seen")
  const listed = expectSuccess(command(LOGIN.argv(["podman", "unshare", runtimePath, "list", "--quiet"]), { env: environmentWithMarker() })).stdout
  t.ok(listed.includes(podman.ok("inspect", "--format", "{{.Id}}", "seen")), `${RUNTIME_FOLDER}/runts`)
  podman.ok("rm", "--force", "--time", "0", "seen")
  t.end()
})
