import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import t, { type Test } from "tap"
import { type CommandOptions, type Result, until } from "../lib/command.ts"
import { cgroupsOf, hasAllCapabilities, status } from "../lib/procfs.ts"
import { environment, runtimeName, unified } from "../lib/environment.ts"
import { documented, INSTALLED, SHOWN_IMAGE } from "./lib/documented.ts"
import { Engine } from "./lib/engine.ts"
import { IMAGE, makeImage, PAUSE_IMAGE } from "./lib/image.ts"
import { hardLimit, storageSettings } from "./lib/podman.ts"

t.setTimeout(0)
const engine = new Engine("podman")
await engine.open()
const nofile = hardLimit("Max open files")
const nproc = hardLimit("Max processes")
writeFileSync(`${engine.folder}/containers.conf`, `
[containers]
default_ulimits = ["nofile=${nofile}:${nofile}", "nproc=${nproc}:${nproc}"]
${documented("/etc/containers/containers.conf", { [INSTALLED]: engine.runtime }).replace("[engine.runtimes]", `
events_logger = "file"
infra_image = "${PAUSE_IMAGE}"
infra_command = "/bin/pause"
[engine.runtimes]`)}
[network]
network_backend = "netavark"
network_config_dir = "${engine.folder}/net"
`)
writeFileSync(`${engine.folder}/storage.conf`, storageSettings(engine.folder))
const env = {
  CONTAINERS_CONF: `${engine.folder}/containers.conf`,
  CONTAINERS_STORAGE_CONF: `${engine.folder}/storage.conf`,
  HOME: engine.folder,
  PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
}
const words = (args: readonly string[]): string[] => ["podman", "--tmpdir", `${engine.folder}/tmp`, ...args]
const podman = (args: readonly string[], options: CommandOptions = {}): Result => engine.try(words(args), { ...options, env })
const ok = (...args: string[]): string => engine.run(words(args), { env })
const place = ["--cgroup-parent", engine.cgroup, "--pull=never"]
const run = (flags: string[], ...args: string[]): Result => podman(["run", "--rm", "--network", "none", ...place, ...flags, IMAGE, ...args])
const out = (flags: string[], ...args: string[]): string => engine.run(words(["run", "--rm", "--network", "none", ...place, ...flags, IMAGE, ...args]), { env })
const inspect = (id: string, what: string): string => ok("inspect", "--format", what, id)
/** runc fails where a capability is asked for that the machine's root has not. */
const refusesCapabilities = runtimeName === "runc" && !hasAllCapabilities()

/** Under User Mode Linux, which is slow: tests of what does not depend on the version of cgroups. */
const sameOnV2 = { skip: environment === "uml" ? "uml: one slow cpu, and nothing here depends on cgroups" : false }

ok("load", "--quiet", "--input", makeImage(IMAGE))
ok("load", "--quiet", "--input", makeImage(PAUSE_IMAGE, { command: ["/bin/pause"] }))

function detached(t: Test, name: string, flags: string[], ...args: string[]): void {
  ok("run", "--detach", "--name", name, "--network", "none", ...place, ...flags, IMAGE, ...args)
  t.teardown(() => podman(["rm", "--force", "--time", "0", name]))
}

t.test("info names the runtime", sameOnV2, (t) => {
  t.match(ok("info", "--format", "{{.Host.OCIRuntime.Path}} {{.Host.OCIRuntime.Version}}"), /bin\/runts .*version/s)
  t.end()
})

t.test("the command that docs/engines.md shows", sameOnV2, (t) => {
  const global = `podman --tmpdir ${engine.folder}/tmp`
  const changes = { podman: global, [INSTALLED]: engine.runtime, " run ": ` run --network none ${place.join(" ")} `, [SHOWN_IMAGE]: IMAGE }
  t.equal(engine.run(["sh", "-ec", documented("podman", changes)], { env }), "hello")
  t.end()
})

t.test("run: output, exit code, standard input, environment, user, working folder", sameOnV2, (t) => {
  t.equal(out([], "echo", "hello"), "hello")
  t.equal(run([], "sh", "-c", "exit 3").code, 3)
  t.equal(podman(["run", "--rm", "-i", "--network", "none", ...place, IMAGE, "cat"], { input: "through\n" }).stdout, "through\n")
  t.equal(out(["--env", "A=b", "--user", "1000:50", "--workdir", "/var"], "sh", "-c", "echo $A; id -u; id -g; pwd"), "b\n1000\n50\n/var")
  t.equal(out(["--hostname", "named"], "hostname"), "named")
  t.match(out(["--tty"], "tty"), /^\/dev\/pts\/0|^\/dev\/console/)
  t.end()
})

t.test("exit codes 125, 126, 127 and 137", sameOnV2, (t) => {
  const missing = run([], "nosuch")
  t.equal(missing.code, 127)
  t.match(missing.stderr, /executable file `?nosuch`? not found in \$PATH|executable file not found in \$PATH/)
  t.equal(run([], "/no/such").code, 127)
  t.equal(run([], "/etc/passwd").code, 126)
  t.equal(run([], "/etc").code, 126)
  t.equal(run(["--sysctl", "kernel.nosuch=1"], "true").code, 125)
  t.equal(run(["--memory", "16m"], "sh", "-c", "x=a; while :; do x=$x$x; done").code, 137)
  t.end()
})

t.test("exec: output, failure, user, detached, terminal", sameOnV2, (t) => {
  detached(t, "ex", [], "sleep", "1000")
  t.equal(ok("exec", "ex", "echo", "in"), "in")
  t.equal(podman(["exec", "ex", "sh", "-c", "exit 9"]).code, 9)
  t.equal(podman(["exec", "ex", "nosuch"]).code, 127)
  t.equal(podman(["exec", "ex", "/etc/passwd"]).code, 126)
  t.equal(ok("exec", "--user", "1000", "--env", "X=y", "--workdir", "/tmp", "ex", "sh", "-c", "id -u; echo $X; pwd"), "1000\ny\n/tmp")
  ok("exec", "--detach", "ex", "touch", "/tmp/made")
  t.equal(podman(["exec", "ex", "sh", "-c", "sleep 0.3; test -e /tmp/made"]).code, 0)
  t.match(ok("exec", "--tty", "ex", "tty"), /^\/dev\/pts\/\d/)
  t.end()
})

t.test("logs, top, pause, unpause, restart, stop, kill, wait", (t) => {
  detached(t, "life", [], "sh", "-c", "echo started; trap 'echo ended; exit 4' TERM; while :; do sleep 0.1; done")
  t.match(ok("logs", "life"), /started/)
  t.match(ok("top", "life"), /trap/)
  ok("pause", "life")
  t.equal(inspect("life", "{{.State.Status}}"), "paused")
  ok("unpause", "life")
  t.equal(inspect("life", "{{.State.Status}}"), "running")
  ok("restart", "life")
  ok("stop", "life")
  t.equal(inspect("life", "{{.State.ExitCode}}"), "4")
  t.equal(ok("logs", "life"), "started\nended\nstarted\nended")
  ok("start", "life")
  ok("kill", "life")
  t.equal(ok("wait", "life"), "137")
  t.end()
})

t.test("limits and their update, statistics, a memory limit that kills", (t) => {
  detached(t, "limits", ["--memory", "64m", "--cpus", "0.5", "--pids-limit", "40"], "sleep", "1000")
  const pid = Number(inspect("limits", "{{.State.Pid}}"))
  const file = (controller: string, name: string): string => {
    const [, path] = Object.entries(cgroupsOf(pid)).find(([key]) => key.split(",").includes(unified ? "" : controller)) ?? []
    return readFileSync(`/sys/fs/cgroup${unified ? "" : `/${controller}`}${path}/${name}`, "utf8").trim()
  }
  const limits = (): string[] => unified
    ? [file("memory", "memory.max"), file("cpu", "cpu.max"), file("pids", "pids.max")]
    : [file("memory", "memory.limit_in_bytes"), file("cpu", "cpu.cfs_quota_us"), file("pids", "pids.max")]
  const quota = (us: number): string => (unified ? `${us} 100000` : String(us))
  t.same(limits(), [String(64 << 20), quota(50000), "40"])
  t.match(ok("stats", "--no-stream", "--format", "{{.PIDS}}", "limits"), /^[1-9]/)
  ok("update", "--memory", "96m", "--cpus", "0.25", "limits")
  t.same(limits(), [String(96 << 20), quota(25000), "40"])
  ok("create", "--name", "oom", "--network", "none", ...place, "--memory", "16m", IMAGE, "sh", "-c", "x=a; while :; do x=$x$x; done")
  t.equal(podman(["start", "--attach", "oom"]).code, 137)
  // .State.OOMKilled stays false in Podman 4.3, whatever the runtime; its monitor knows (conmon.test.ts)
  ok("rm", "oom")
  t.end()
})

t.test("--init, --read-only, --tmpfs, volumes, --cap-add and --cap-drop", sameOnV2, (t) => {
  t.match(out(["--init", "--init-path", "/usr/libexec/podman/catatonit"], "cat", "/proc/1/cmdline"), /init/)
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

t.test("--privileged, --device, --sysctl, --pid, --ipc, --uts, --cgroupns, --shm-size, --group-add keep-groups", (t) => {
  if (!refusesCapabilities) t.equal(out(["--privileged"], "sh", "-c", "grep CapEff /proc/self/status | cut -f2"), status(process.pid).CapEff)
  t.equal(out(["--device", "/dev/zero:/dev/nought"], "sh", "-c", "head -c 3 /dev/nought | wc -c"), "3")
  t.equal(out(["--sysctl", "net.ipv4.ip_forward=1"], "cat", "/proc/sys/net/ipv4/ip_forward"), "1")
  t.equal(out(["--pid", "host"], "sh", "-c", `test -d /proc/${process.pid} && echo seen`), "seen")
  t.match(out(["--shm-size", "3m"], "df", "-k", "/dev/shm"), /\s3072\s/)
  t.equal(out(["--cgroupns", "private"], "sh", "-c", "grep -c ':/$' /proc/self/cgroup | grep -v '^0$' >/dev/null && echo own"), "own")
  t.equal(out(["--uidmap", "0:100000:1000", "--gidmap", "0:100000:1000"], "sh", "-c", "cat /proc/self/uid_map; stat -c %u /bin"), "0     100000       1000\n0")
  t.end()
})

t.test("--userns auto and nomap: ranges of the user that Podman keeps for it", sameOnV2, (t) => {
  engine.cover("/etc/subuid", "containers:300000:262144\n")
  engine.cover("/etc/subgid", "containers:300000:262144\n")
  engine.cover("/etc/passwd", `${readFileSync("/etc/passwd", "utf8")}containers:x:64000:64000::/:/bin/false\n`)
  t.match(out(["--userns", "auto"], "cat", "/proc/self/uid_map"), /^\s*0\s+300000\s+\d+$/)
  t.match(out(["--userns", "auto:size=2000"], "sh", "-c", "id -u; cat /proc/self/uid_map"), /^0\n\s*0\s+300000\s+2000$/)
  t.end()
})

t.test("seccomp: the default profile, none, and one of one's own", sameOnV2, (t) => {
  t.equal(out([], "sh", "-c", "grep Seccomp: /proc/self/status | cut -f2"), "2")
  t.equal(out(["--security-opt", "seccomp=unconfined"], "sh", "-c", "grep Seccomp: /proc/self/status | cut -f2"), "0")
  const profile = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 28 }] }
  writeFileSync(`${engine.folder}/profile.json`, JSON.stringify(profile))
  t.match(run(["--security-opt", `seccomp=${engine.folder}/profile.json`], "mkdir", "/tmp/x").stderr, /No space left on device/)
  t.end()
})

t.test("a health check", sameOnV2, (t) => {
  detached(t, "healthy", ["--health-cmd", "test -e /tmp/well", "--health-interval", "disable", "--health-retries", "1"], "sleep", "1000")
  t.equal(podman(["healthcheck", "run", "healthy"]).code, 1)
  ok("exec", "healthy", "touch", "/tmp/well")
  t.equal(podman(["healthcheck", "run", "healthy"]).code, 0)
  t.end()
})

t.test("a pod with its infra container", (t) => {
  ok("pod", "create", "--name", "pod1", "--network", "none", "--cgroup-parent", engine.cgroup)
  t.teardown(() => podman(["pod", "rm", "--force", "--time", "0", "pod1"]))
  ok("run", "--detach", "--pod", "pod1", "--name", "one", "--pull=never", IMAGE, "httpd", "-f", "-p", "80", "-h", "/var/www")
  t.equal(ok("run", "--rm", "--pod", "pod1", "--pull=never", IMAGE, "wget", "-qO-", "http://127.0.0.1/"), "served")
  ok("pod", "pause", "pod1")
  t.equal(inspect("one", "{{.State.Status}}"), "paused")
  ok("pod", "unpause", "pod1")
  ok("pod", "stop", "--time", "1", "pod1")
  t.equal(inspect("one", "{{.State.Status}}"), "exited")
  t.end()
})

t.test("play kube: two containers of a pod, with limits and a security context", sameOnV2, async (t) => {
  writeFileSync(`${engine.folder}/kube.yaml`, `
apiVersion: v1
kind: Pod
metadata: {name: kube}
spec:
  containers:
  - {name: web, image: "${IMAGE}", imagePullPolicy: Never, command: [httpd, -f, -p, "80", -h, /var/www], resources: {limits: {memory: 64Mi, cpu: 500m}}}
  - name: side
    image: ${IMAGE}
    imagePullPolicy: Never
    command: [sh, -c, "until wget -qO- http://127.0.0.1/; do sleep 0.1; done; sleep 1000"]
    securityContext: {runAsUser: 1000, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
`)
  t.teardown(() => podman(["play", "kube", "--down", `${engine.folder}/kube.yaml`]))
  ok("play", "kube", `${engine.folder}/kube.yaml`)
  await until("the page", () => ok("logs", "kube-side").includes("served"))
  t.equal(ok("exec", "kube-side", "id", "-u"), "1000")
})

t.test("a bridge with a published port", sameOnV2, async (t) => {
  ok("run", "--detach", "--name", "web", "--publish", "127.0.0.1:8072:80", ...place, IMAGE, "httpd", "-f", "-p", "80", "-h", "/var/www")
  t.teardown(() => podman(["rm", "--force", "--time", "0", "web"]))
  await until("the port", () => engine.try(["busybox", "wget", "-qO-", "http://127.0.0.1:8072/"]).stdout === "served\n")
})

t.test("a build with RUN steps", sameOnV2, (t) => {
  mkdirSync(`${engine.folder}/build`)
  writeFileSync(`${engine.folder}/build/Dockerfile`, `FROM ${IMAGE}\nRUN id -u >/made && umask >>/made\nCMD cat /made\n`)
  ok("build", "--isolation", "oci", "--runtime", engine.runtime, "--network", "none", "--pull=never", "--tag", "built", `${engine.folder}/build`)
  t.equal(ok("run", "--rm", "--network", "none", ...place, "built"), "0\n0022")
  t.end()
})

t.test("cp, diff, commit, export; a root file system that is no image", sameOnV2, (t) => {
  detached(t, "files", [], "sleep", "1000")
  writeFileSync(`${engine.folder}/in`, "from outside\n")
  ok("cp", `${engine.folder}/in`, "files:/tmp/in")
  ok("exec", "files", "sh", "-c", "cat /tmp/in >/made; echo more >>/made")
  ok("cp", "files:/made", `${engine.folder}/out`)
  t.equal(readFileSync(`${engine.folder}/out`, "utf8"), "from outside\nmore\n")
  t.match(ok("diff", "files"), /^A \/made$/m)
  ok("commit", "--quiet", "files", "committed")
  t.equal(ok("run", "--rm", "--network", "none", ...place, "committed", "cat", "/made"), "from outside\nmore")
  mkdirSync(`${engine.folder}/tree`)
  engine.run(["sh", "-c", `podman --tmpdir ${engine.folder}/tmp export files | tar -x -C ${engine.folder}/tree`], { env })
  t.equal(ok("run", "--rm", "--network", "none", ...place, "--rootfs", `${engine.folder}/tree`, "cat", "/made"), "from outside\nmore")
  ok("rmi", "committed")
  t.end()
})

t.test("events and secrets", sameOnV2, (t) => {
  writeFileSync(`${engine.folder}/secret`, "hidden\n")
  ok("secret", "create", "--driver-opts", `path=${engine.folder}/secrets`, "word", `${engine.folder}/secret`)
  t.teardown(() => podman(["secret", "rm", "word"]))
  t.equal(out(["--name", "told", "--secret", "word,mode=0400"], "sh", "-c", "cat /run/secrets/word; stat -c %a /run/secrets/word"), "hidden\n400")
  t.equal(out(["--secret", "word,type=env,target=WORD"], "sh", "-c", "echo $WORD"), "hidden")
  const seen = ok("events", "--stream=false", "--filter", "container=told", "--format", "{{.Status}}").split("\n")
  for (const status of ["create", "init", "start", "died", "remove"]) t.ok(seen.includes(status), status)
  t.end()
})

t.test("networks that a running container joins and leaves", sameOnV2, async (t) => {
  ok("network", "create", "second")
  ok("run", "--detach", "--name", "mover", ...place, IMAGE, "httpd", "-f", "-p", "80", "-h", "/var/www")
  t.teardown(() => (podman(["rm", "--force", "--time", "0", "mover"]), podman(["network", "rm", "second"])))
  ok("network", "connect", "second", "mover")
  t.match(ok("exec", "mover", "ip", "-4", "addr", "show", "eth1"), /inet /)
  ok("network", "disconnect", "second", "mover")
  t.notMatch(ok("exec", "mover", "ip", "-4", "addr"), /eth1/)
  t.equal(ok("run", "--rm", "--network", "container:mover", "--pull=never", IMAGE, "wget", "-qO-", "http://127.0.0.1/"), "served")
})

t.test("what is refused says so: no cgroups, checkpoints without CRIU", sameOnV2, (t) => {
  const without = run(["--cgroups", "disabled"], "true")
  t.not(without.code, 0)
  t.match(without.stderr, /does not support|NoCgroups|cgroup/i)
  detached(t, "kept", [], "sleep", "1000")
  const checkpoint = podman(["container", "checkpoint", "kept"])
  t.not(checkpoint.code, 0)
  t.match(checkpoint.stderr, /CRIU|checkpoint/i)
  t.equal(inspect("kept", "{{.State.Status}}"), "running", "and it goes on")
  t.end()
})

t.test("namespaces of another container, preserved descriptors, sd_notify", sameOnV2, (t) => {
  detached(t, "first", ["--ipc", "shareable"], "sleep", "1234")
  t.match(out(["--pid", "container:first"], "ps"), /sleep 1234/)
  t.equal(out(["--ipc", "container:first"], "readlink", "/proc/self/ns/ipc"), ok("exec", "first", "readlink", "/proc/self/ns/ipc"))
  const preserved = engine.run(["sh", "-c", `exec 3<${engine.folder}/containers.conf; exec "$@"`, "sh", ...words([
    "run", "--rm", "--network", "none", ...place, "--preserve-fds", "1", IMAGE, "sh", "-c", "head -2 <&3 | tail -1",
  ])], { env })
  t.equal(preserved, "[containers]")
  t.equal(out(["--sdnotify", "container", "--env", "NOTIFY_SOCKET=/run/none"], "true"), "")
  t.end()
})

t.test("the runtime under test was called", (t) => {
  const calls = engine.calls()
  t.ok(calls.some((call) => / create --bundle /.test(call)))
  if (sameOnV2.skip === false) t.ok(calls.some((call) => /exec --pid-file \S+ --process /.test(call)))
  t.ok(calls.some((call) => /^start \S+$/.test(call)), "start without --root")
  t.end()
})

t.test("nothing is left behind", async (t) => t.same(await engine.close(), []))
