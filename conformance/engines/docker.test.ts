import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import t, { type Test } from "tap"
import { type CommandOptions, type Result, until } from "../lib/command.ts"
import { runtimeName } from "../lib/environment.ts"
import { hasAllCapabilities, status } from "../lib/procfs.ts"
import { documented, INSTALLED } from "./lib/documented.ts"
import { Engine } from "./lib/engine.ts"
import { IMAGE, makeImage } from "./lib/image.ts"

t.setTimeout(0)
const engine = new Engine("docker")
await engine.open()
// BuildKit inside dockerd runs "runc" from PATH whatever the default runtime is
const programs = "/usr/local/lib/runts"
engine.run(["sh", "-ec", documented("docker-path", { [INSTALLED]: engine.runtime, [programs]: `${engine.folder}/programs` })])
const unit = documented("/etc/systemd/system/docker.service.d/runts.conf", { [INSTALLED]: engine.runtime, [programs]: `${engine.folder}/programs` })
const variables = Object.fromEntries([...unit.matchAll(/^Environment=(\w+)=(.*)$/gm)].map(([, name = "", value = ""]) => [name, value])) as { PATH: string }

/** Starts a daemon with folders of its own. @returns the environment for its clients */
async function daemon(name: string, more: object): Promise<{ DOCKER_HOST: string; PATH: string; HOME: string }> {
  const folder = `${engine.folder}/${name}`
  const socket = `unix://${folder}/docker.sock`
  mkdirSync(folder)
  writeFileSync(`${folder}/daemon.json`, JSON.stringify({ ...settings(folder, socket), ...more }))
  const env = { ...variables, DOCKER_HOST: socket, HOME: folder }
  engine.daemon(["dockerd", "--config-file", `${folder}/daemon.json`], env)
  await until("dockerd", () => engine.try(["/usr/bin/docker", "version"], { env }).code === 0, 30_000).catch(() => {
    throw new Error(`dockerd does not answer:\n${readFileSync(engine.daemonLog, "utf8").split("\n").slice(-12).join("\n")}`)
  })
  return env
}

const settings = (folder: string, socket: string): object => ({
  "data-root": `${folder}/data`,
  "exec-root": `${folder}/exec`,
  pidfile: `${folder}/pid`,
  hosts: [socket],
  "storage-driver": "overlay2",
  "cgroup-parent": engine.cgroup,
  ...(JSON.parse(documented("/etc/docker/daemon.json", { [INSTALLED]: engine.runtime })) as object),
  bip: "10.99.0.1/24",
  "default-address-pools": [{ base: "10.98.0.0/16", size: 24 }],
})
const env = await daemon("first", {})
const docker = (args: readonly string[], options: CommandOptions = {}): Result => engine.try(["/usr/bin/docker", ...args], { ...options, env })
const ok = (...args: string[]): string => engine.run(["/usr/bin/docker", ...args], { env })
const run = (flags: string[], ...args: string[]): Result => docker(["run", "--rm", "--network", "none", ...flags, IMAGE, ...args])
const out = (flags: string[], ...args: string[]): string => engine.run(["/usr/bin/docker", "run", "--rm", "--network", "none", ...flags, IMAGE, ...args], { env })
/** runc fails where a capability is asked for that the machine's root has not; Docker 20.10 asks for all there are. */
const refusesCapabilities = runtimeName === "runc" && !hasAllCapabilities()
const CAPABILITIES = "grep CapEff /proc/self/status | cut -f2"
/** All that this process has, except those that are newer than Docker 20.10 (Linux 5.8 and 5.9). */
const isPrivileged = (capabilities: string): boolean => {
  const known = BigInt(`0x${status(process.pid).CapEff}`) & (2n ** 38n - 1n)
  return (BigInt(`0x${capabilities}`) & known) === known
}
const inspect = (id: string, what: string): string => ok("inspect", "--format", what, id)

ok("load", "--quiet", "--input", makeImage(IMAGE))

/** A detached container, removed when the test has ended. */
function detached(t: Test, name: string, flags: string[], ...args: string[]): void {
  ok("run", "--detach", "--name", name, "--network", "none", ...flags, IMAGE, ...args)
  t.teardown(() => docker(["rm", "--force", name]))
}

t.test("info shows the runtime's version and commit", (t) => {
  const info = JSON.parse(ok("info", "--format", "{{json .}}")) as { DefaultRuntime: string; RuncCommit: { ID: string } }
  t.equal(info.DefaultRuntime, "runts")
  t.match(info.RuncCommit.ID, /^[0-9a-f]{7,}|^v?\d/)
  t.end()
})

t.test("run: output, exit code, standard input, environment, user, working folder", (t) => {
  t.equal(out([], "echo", "hello"), "hello")
  t.equal(run([], "sh", "-c", "exit 3").code, 3)
  t.equal(docker(["run", "--rm", "-i", "--network", "none", IMAGE, "cat"], { input: "through\n" }).stdout, "through\n")
  t.equal(out(["--env", "A=b", "--user", "1000:50", "--workdir", "/var"], "sh", "-c", "echo $A; id -u; id -g; pwd"), "b\n1000\n50\n/var")
  t.equal(out(["--hostname", "named"], "hostname"), "named")
  t.match(out(["--tty"], "tty"), /^\/dev\/pts\/0|^\/dev\/console/)
  t.end()
})

t.test("exit codes 125, 126, 127 and 137", (t) => {
  const missing = run([], "nosuch")
  t.equal(missing.code, 127)
  t.match(missing.stderr, /executable file not found in \$PATH/)
  t.equal(run([], "/no/such").code, 127)
  t.equal(run([], "/etc/passwd").code, 126)
  t.equal(run([], "/etc").code, 126)
  t.equal(run(["--ulimit", "nofile=5:4"], "true").code, 125)
  t.equal(run(["--memory", "16m"], "sh", "-c", "x=a; while :; do x=$x$x; done").code, 137)
  t.end()
})

t.test("exec: output, failure, user, detached, terminal", (t) => {
  detached(t, "ex", [], "sleep", "1000")
  t.equal(ok("exec", "ex", "echo", "in"), "in")
  t.equal(docker(["exec", "ex", "sh", "-c", "exit 9"]).code, 9)
  const missing = docker(["exec", "ex", "nosuch"])
  t.match(missing.stdout + missing.stderr, /executable file not found in \$PATH/)
  t.equal(missing.code, 126)
  t.equal(docker(["exec", "ex", "/etc/passwd"]).code, 126)
  t.equal(ok("exec", "--user", "1000", "--env", "X=y", "--workdir", "/tmp", "ex", "sh", "-c", "id -u; echo $X; pwd"), "1000\ny\n/tmp")
  ok("exec", "--detach", "ex", "touch", "/tmp/made")
  t.equal(docker(["exec", "ex", "sh", "-c", "sleep 0.2; test -e /tmp/made"]).code, 0)
  t.match(ok("exec", "--tty", "ex", "tty"), /^\/dev\/pts\/\d/)
  if (!refusesCapabilities) t.ok(isPrivileged(ok("exec", "--privileged", "ex", "sh", "-c", CAPABILITIES)))
  t.end()
})

t.test("logs, top, stats, pause, unpause, restart, stop, kill", (t) => {
  detached(t, "life", [], "sh", "-c", "echo started; trap 'echo ended; exit 4' TERM; while :; do sleep 0.1; done")
  t.equal(ok("logs", "life"), "started")
  t.match(ok("top", "life"), /trap/)
  t.match(ok("stats", "--no-stream", "--format", "{{.PIDs}}", "life"), /^[1-9]/)
  ok("pause", "life")
  t.equal(inspect("life", "{{.State.Status}}"), "paused")
  t.not(docker(["exec", "life", "true"]).code, 0)
  ok("unpause", "life")
  t.equal(inspect("life", "{{.State.Status}}"), "running")
  ok("restart", "life")
  t.equal(ok("logs", "life"), "started\nended\nstarted")
  ok("stop", "life")
  t.equal(inspect("life", "{{.State.ExitCode}}"), "4")
  ok("start", "life")
  ok("kill", "life")
  t.equal(inspect("life", "{{.State.ExitCode}}"), "137")
  t.end()
})

t.test("restart policy", async (t) => {
  detached(t, "again", ["--restart", "on-failure:2"], "sh", "-c", "exit 1")
  await until("two restarts", () => inspect("again", "{{.RestartCount}} {{.State.Status}} {{.State.ExitCode}}") === "2 exited 1")
  t.pass("it was started twice again, then left alone")
})

t.test("limits: memory, cpu and pids, and their update", (t) => {
  detached(t, "limits", ["--memory", "64m", "--cpus", "0.5", "--pids-limit", "40", "--cpu-shares", "512"], "sleep", "1000")
  const file = (controller: string, name: string): string => {
    return readFileSync(`/sys/fs/cgroup/${controller}${engine.cgroup}/${inspect("limits", "{{.Id}}")}/${name}`, "utf8").trim()
  }
  t.equal(file("memory", "memory.limit_in_bytes"), String(64 << 20))
  t.equal(file("cpu", "cpu.cfs_quota_us"), "50000")
  t.equal(file("cpu", "cpu.shares"), "512")
  t.equal(file("pids", "pids.max"), "40")
  ok("update", "--memory", "96m", "--memory-swap", "192m", "--cpu-shares", "256", "--pids-limit", "50", "limits")
  t.equal(file("memory", "memory.limit_in_bytes"), String(96 << 20))
  t.equal(file("cpu", "cpu.shares"), "256")
  t.equal(file("pids", "pids.max"), "50")
  t.equal(ok("exec", "limits", "echo", "lives"), "lives")
  t.end()
})

t.test("a memory limit that kills", (t) => {
  ok("create", "--name", "oom", "--network", "none", "--memory", "16m", IMAGE, "sh", "-c", "x=a; while :; do x=$x$x; done")
  t.equal(docker(["start", "--attach", "oom"]).code, 137)
  t.equal(inspect("oom", "{{.State.OOMKilled}}"), "true")
  ok("rm", "oom")
  t.end()
})

t.test("--init, --read-only, --tmpfs, volumes, --cap-add and --cap-drop", (t) => {
  t.match(out(["--init"], "cat", "/proc/1/cmdline"), /init/)
  t.match(run(["--read-only"], "touch", "/new").stderr, /Read-only file system/)
  t.equal(out(["--read-only", "--tmpfs", "/scratch:size=1m,mode=700"], "sh", "-c", "touch /scratch/x; stat -c %a /scratch"), "700")
  mkdirSync(`${engine.folder}/shared`)
  out(["--volume", `${engine.folder}/shared:/data`], "sh", "-c", "echo kept >/data/file")
  t.equal(readFileSync(`${engine.folder}/shared/file`, "utf8"), "kept\n")
  t.match(run(["--volume", `${engine.folder}/shared:/data:ro`], "touch", "/data/new").stderr, /Read-only/)
  out(["--volume", "named:/data"], "sh", "-c", "echo named >/data/file")
  t.equal(out(["--volume", "named:/data"], "cat", "/data/file"), "named")
  ok("volume", "rm", "named")
  t.equal(out(["--cap-drop", "ALL"], "sh", "-c", "grep CapEff /proc/self/status | cut -f2"), "0000000000000000")
  t.equal(out(["--cap-drop", "ALL", "--cap-add", "NET_ADMIN"], "sh", "-c", "grep CapBnd /proc/self/status | cut -f2"), "0000000000001000")
  t.end()
})

t.test("--privileged, --device, --sysctl, --pid, --ipc, --uts, --cgroupns, --shm-size, --oom-score-adj", (t) => {
  if (!refusesCapabilities) {
    t.ok(isPrivileged(out(["--privileged"], "sh", "-c", CAPABILITIES)))
    t.equal(out(["--privileged"], "sh", "-c", "mount -t tmpfs none /mnt && echo mounted"), "mounted")
  }
  t.equal(out(["--device", "/dev/zero:/dev/nought"], "sh", "-c", "head -c 3 /dev/nought | wc -c"), "3")
  t.equal(out(["--sysctl", "net.ipv4.ip_forward=1"], "cat", "/proc/sys/net/ipv4/ip_forward"), "1")
  t.equal(out(["--pid", "host"], "sh", "-c", `test -d /proc/${process.pid} && echo seen`), "seen")
  t.match(out(["--shm-size", "3m"], "df", "-k", "/dev/shm"), /\s3072\s/)
  t.equal(out(["--oom-score-adj", "500"], "cat", "/proc/self/oom_score_adj"), "500")
  t.equal(out(["--ulimit", "nofile=100:200"], "sh", "-c", "ulimit -Sn; ulimit -Hn"), "100\n200")
  t.equal(out(["--cgroupns", "private"], "sh", "-c", "grep -c ':/$' /proc/self/cgroup | grep -v '^0$' >/dev/null && echo own"), "own")
  t.end()
})

t.test("--security-opt seccomp: the default profile, none, and one of one's own", (t) => {
  t.equal(out([], "sh", "-c", "grep Seccomp: /proc/self/status | cut -f2"), "2")
  t.equal(run([], "unshare", "-m", "true").code, 1)
  t.equal(out(["--security-opt", "seccomp=unconfined"], "sh", "-c", "grep Seccomp: /proc/self/status | cut -f2"), "0")
  const profile = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 28 }] }
  writeFileSync(`${engine.folder}/profile.json`, JSON.stringify(profile))
  t.match(run(["--security-opt", `seccomp=${engine.folder}/profile.json`], "mkdir", "/tmp/x").stderr, /No space left on device/)
  t.equal(out(["--security-opt", "no-new-privileges"], "sh", "-c", "grep NoNewPrivs /proc/self/status | cut -f2"), "1")
  t.end()
})

t.test("networks: the bridge, a published port, names of containers", async (t) => {
  ok("network", "create", "inner")
  t.teardown(() => docker(["network", "rm", "inner"]))
  ok("run", "--detach", "--name", "web", "--network", "inner", "--publish", "127.0.0.1:8071:80", IMAGE, "httpd", "-f", "-p", "80", "-h", "/var/www")
  t.teardown(() => docker(["rm", "--force", "web"]))
  await until("the port", () => engine.try(["busybox", "wget", "-qO-", "http://127.0.0.1:8071/"]).stdout === "served\n")
  t.equal(ok("run", "--rm", "--network", "inner", IMAGE, "wget", "-qO-", "http://web/"), "served")
  t.match(ok("run", "--rm", IMAGE, "ip", "-4", "addr", "show", "eth0"), /10\.99\.0\.\d/)
})

t.test("a build with RUN steps, classic and by BuildKit", (t) => {
  mkdirSync(`${engine.folder}/build`)
  writeFileSync(`${engine.folder}/build/Dockerfile`, `FROM ${IMAGE}\nRUN id -u >/made && umask >>/made\nCMD cat /made\n`)
  for (const kit of ["0", "1"]) {
    const before = engine.calls().length
    const args = ["build", "--network", "none", "--tag", "built", `${engine.folder}/build`]
    const result = engine.try(["/usr/bin/docker", ...args], { env: { ...env, DOCKER_BUILDKIT: kit } })
    t.equal(result.code, 0, `DOCKER_BUILDKIT=${kit}: ${result.stderr}`)
    t.equal(ok("run", "--rm", "--network", "none", "built"), "0\n0022")
    if (kit === "1") t.ok(engine.calls().slice(before).some((call) => / run --bundle \S+( --keep)? \S+$/.test(call)), "BuildKit called the runtime")
    ok("rmi", "--force", "built")
  }
  t.end()
})

t.test("compose: two services and their volume", async (t) => {
  mkdirSync(`${engine.folder}/compose`)
  const file = `${engine.folder}/compose/compose.yaml`
  writeFileSync(file, `
version: "2.4"
services:
  web:
    image: ${IMAGE}
    command: httpd -f -p 80 -h /var/www
    mem_limit: 64m
    healthcheck: {test: [CMD, wget, -qO-, "http://127.0.0.1/"], interval: 1s}
  client:
    image: ${IMAGE}
    command: sh -c 'until wget -qO- http://web/; do sleep 0.1; done; touch /data/seen; exec sleep 1000'
    depends_on: [web]
    volumes: ["data:/data"]
volumes: {data: {}}
`)
  const compose = (...args: string[]): Result => engine.try(["docker-compose", "--project-name", "pair", "--file", file, ...args], { env })
  t.teardown(() => compose("down", "--volumes", "--timeout", "1"))
  const up = compose("up", "--detach")
  t.equal(up.code, 0, up.stderr)
  await until("the page", () => compose("logs", "--no-color", "client").stdout.includes("served"))
  t.equal(compose("exec", "-T", "client", "ls", "/data").stdout, "seen\n")
  t.match(compose("ps").stdout, /web_1.*Up/)
  await until("health", () => inspect("pair_web_1", "{{.State.Health.Status}}") === "healthy")
  t.equal(compose("pause").code, 0)
  t.equal(compose("unpause").code, 0)
})

t.test("a swarm service with two replicas", async (t) => {
  ok("swarm", "init", "--advertise-addr", "127.0.0.1")
  t.teardown(() => docker(["swarm", "leave", "--force"]))
  ok("service", "create", "--detach", "--no-resolve-image", "--name", "pair", "--replicas", "2", "--network", "host", IMAGE, "sleep", "1000")
  const running = (): number => ok("service", "ps", "--filter", "desired-state=running", "--format", "{{.CurrentState}}", "pair").split("\n").filter((line) => line.startsWith("Running")).length
  await until("both replicas", () => running() === 2, 40_000)
  ok("service", "scale", "--detach", "pair=1")
  await until("one replica", () => running() === 1, 40_000)
  ok("service", "rm", "pair")
})

t.test("events, cp, diff, commit, export", (t) => {
  const since = ok("info", "--format", "{{.SystemTime}}")
  detached(t, "files", [], "sleep", "1000")
  writeFileSync(`${engine.folder}/in`, "from outside\n")
  ok("cp", `${engine.folder}/in`, "files:/tmp/in")
  ok("exec", "files", "sh", "-c", "cat /tmp/in >/made; echo more >>/made")
  ok("cp", "files:/made", `${engine.folder}/out`)
  t.equal(readFileSync(`${engine.folder}/out`, "utf8"), "from outside\nmore\n")
  t.match(ok("diff", "files"), /^A \/made$/m)
  ok("commit", "files", "committed")
  t.equal(ok("run", "--rm", "--network", "none", "committed", "cat", "/made"), "from outside\nmore")
  ok("rmi", "committed")
  t.match(engine.run(["sh", "-c", "/usr/bin/docker export files | tar -t"], { env }), /^made$/m)
  ok("kill", "files")
  // the clock that the daemon compares with has no finer steps
  const until = String(Math.ceil(Date.now() / 1000) + 1)
  const seen = ok("events", "--since", since, "--until", until, "--filter", "container=files", "--format", "{{.Action}}").split("\n")
  for (const action of ["create", "start", "exec_die", "kill", "die"]) t.ok(seen.some((line) => line.startsWith(action)), action)
  t.end()
})

t.test("health checks", async (t) => {
  detached(t, "health", ["--health-cmd", "test -e /tmp/well", "--health-interval", "200ms", "--health-retries", "1"], "sleep", "1000")
  const health = (): string => inspect("health", "{{.State.Health.Status}}")
  await until("illness", () => health() === "unhealthy")
  ok("exec", "health", "touch", "/tmp/well")
  await until("health", () => health() === "healthy")
  t.match(inspect("health", "{{json .State.Health.Log}}"), /"ExitCode":0/)
})

t.test("namespaces of another container, kinds of mounts, --stop-signal, --env-file, --cidfile", (t) => {
  detached(t, "first", ["--ipc", "shareable"], "sleep", "1234")
  t.match(out(["--pid", "container:first"], "ps"), /sleep 1234/)
  t.equal(out(["--ipc", "container:first"], "readlink", "/proc/self/ns/ipc"), ok("exec", "first", "readlink", "/proc/self/ns/ipc"))
  mkdirSync(`${engine.folder}/kinds`)
  const bind = `type=bind,source=${engine.folder}/kinds,target=/data`
  const shown = (mount: string): string => out(["--mount", mount], "grep", " /data ", "/proc/self/mountinfo")
  t.match(shown(`${bind},readonly`), / ro,/)
  t.match(shown(`${bind},bind-propagation=rshared`), / shared:/)
  t.match(shown(`${bind},bind-propagation=rslave`), / master:/)
  t.match(shown("type=tmpfs,target=/data,tmpfs-size=1m,tmpfs-mode=700"), / - tmpfs tmpfs .*size=1024k,mode=700/)
  t.match(shown("type=volume,source=kind,target=/data"), /volumes\/kind\/_data /)
  ok("volume", "rm", "kind")
  writeFileSync(`${engine.folder}/env`, "A=1\nB=two words\n")
  t.equal(out(["--env-file", `${engine.folder}/env`, "--cidfile", `${engine.folder}/cid`], "sh", "-c", "echo $A $B"), "1 two words")
  t.match(readFileSync(`${engine.folder}/cid`, "utf8"), /^[0-9a-f]{64}$/)
  detached(t, "polite", ["--stop-signal", "USR1"], "sh", "-c", "trap 'exit 11' USR1; while :; do sleep 0.1; done")
  ok("stop", "polite")
  t.equal(inspect("polite", "{{.State.ExitCode}}"), "11")
  t.end()
})

t.test("--userns-remap: the container's root is another user of the host", async (t) => {
  engine.cover("/etc/subuid", "nobody:200000:65536\n")
  engine.cover("/etc/subgid", "nobody:200000:65536\n")
  const remapped = await daemon("remapped", { "userns-remap": "nobody:nogroup", bridge: "none", iptables: false, bip: undefined })
  const docker = (...args: string[]): string => engine.run(["/usr/bin/docker", ...args], { env: remapped })
  docker("load", "--quiet", "--input", makeImage(IMAGE))
  t.equal(docker("run", "--rm", IMAGE, "sh", "-c", "id -u; cat /proc/self/uid_map"), "0\n         0     200000      65536")
  docker("run", "--detach", "--name", "mapped", "--memory", "64m", IMAGE, "sleep", "1000")
  const pid = Number(docker("inspect", "--format", "{{.State.Pid}}", "mapped"))
  t.equal(status(pid).Uid, "200000\t200000\t200000\t200000")
  t.equal(docker("exec", "mapped", "sh", "-c", "touch /tmp/x; stat -c %u /tmp/x"), "0")
  docker("rm", "--force", "mapped")
})

t.test("the runtime under test was called, and nobody else", (t) => {
  const calls = engine.calls()
  t.ok(calls.some((call) => / create --bundle /.test(call)))
  t.ok(calls.some((call) => / exec --process /.test(call)))
  t.ok(calls.some((call) => / update --resources/.test(call)))
  t.end()
})

t.test("nothing is left behind", async (t) => t.same(await engine.close(), []))
