import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import t, { type Test } from "tap"
import { until } from "../lib/command.ts"
import { cgroupsOf } from "../lib/procfs.ts"
import { show, systemctl } from "../lib/unit.ts"
import { type Answer, Cri } from "../engines/lib/cri.ts"
import { documented, INSTALLED } from "../engines/lib/documented.ts"
import { Engine } from "../engines/lib/engine.ts"
import { IMAGE, makeImage, PAUSE_IMAGE } from "../engines/lib/image.ts"
import { hardLimit, storageSettings } from "../engines/lib/podman.ts"

/*
 * Engines of root that leave cgroups to systemd, with runts beneath them, where systemd is the machine's first process: the settings of docs/engines.md.
 */

t.setTimeout(0)
const MIB64 = String(64 << 20)
const SLICE = "runtsengines.slice"
t.teardown(() => void systemctl("stop", SLICE))

/** An engine of its own for one test, and nothing of it afterwards. */
function engineTest(name: string, title: string, body: (t: Test, engine: Engine) => Promise<void>): void {
  t.test(`${name}: ${title} [--systemd-cgroup]`, async (t) => {
    const engine = new Engine(name)
    await engine.open()
    try {
      await body(t, engine)
    } finally {
      t.same(await engine.close(), [], "nothing is left behind")
    }
  })
}

/** What systemd and the kernel say of a container with 64 MiB, half a processor and 40 processes. */
function limited(t: Test, unit: string, pid: number): void {
  const found = show(unit, ["ActiveState", "Slice", "MemoryMax", "CPUQuotaPerSecUSec", "TasksMax"])
  t.same(found, { ActiveState: "active", Slice: SLICE, MemoryMax: MIB64, CPUQuotaPerSecUSec: "500ms", TasksMax: "40" })
  const folder = `/${SLICE}/${unit}`
  t.equal(cgroupsOf(pid)[""], folder)
  const file = (name: string): string => readFileSync(`/sys/fs/cgroup${folder}/${name}`, "utf8").trim()
  t.same([file("memory.max"), file("cpu.max"), file("pids.max")], [MIB64, "50000 100000", "40"])
}

function gone(t: Test, unit: string): void {
  t.equal(show(unit, ["LoadState"]).LoadState, "not-found", "systemd has nothing of it any more")
}

engineTest("podman", "cgroup_manager = systemd: run, limits, exec, pause, update, stats, stop", async (t, engine) => {
  const nofile = hardLimit("Max open files")
  const settings = documented("/etc/containers/containers.conf", { [INSTALLED]: engine.runtime, 'cgroup_manager = "cgroupfs"': 'cgroup_manager = "systemd"' })
  writeFileSync(`${engine.folder}/containers.conf`, `
[containers]
default_ulimits = ["nofile=${nofile}:${nofile}", "nproc=1024:1024"]
${settings.replace("[engine.runtimes]", 'events_logger = "file"\n[engine.runtimes]')}
[network]
network_backend = "netavark"
network_config_dir = "${engine.folder}/net"
`)
  writeFileSync(`${engine.folder}/storage.conf`, storageSettings(engine.folder))
  const env = {
    CONTAINERS_CONF: `${engine.folder}/containers.conf`, CONTAINERS_STORAGE_CONF: `${engine.folder}/storage.conf`, HOME: engine.folder,
    PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
  }
  const ok = (...args: string[]): string => engine.run(["podman", "--tmpdir", `${engine.folder}/tmp`, ...args], { env })
  ok("load", "--quiet", "--input", makeImage(IMAGE))
  const limits = ["--memory", "64m", "--cpus", "0.5", "--pids-limit", "40"]
  const id = ok("run", "--detach", "--name", "one", "--network", "none", "--cgroup-parent", SLICE, "--pull=never", ...limits, IMAGE, "sleep", "1000")
  const unit = `libpod-${id}.scope`
  limited(t, unit, Number(ok("inspect", "--format", "{{.State.Pid}}", "one")))
  t.equal(ok("exec", "one", "echo", "in"), "in")
  ok("pause", "one")
  t.equal(ok("inspect", "--format", "{{.State.Status}}", "one"), "paused")
  ok("unpause", "one")
  ok("update", "--memory", "96m", "one")
  t.equal(show(unit, ["MemoryMax"]).MemoryMax, String(96 << 20))
  t.match(ok("stats", "--no-stream", "--format", "{{.PIDS}}", "one"), /^[1-9]/)
  ok("rm", "--force", "--time", "0", "one")
  gone(t, unit)
  t.ok(engine.calls().some((call) => /--systemd-cgroup .*create /.test(call)), "it asked for the driver")
})

engineTest("docker", "native.cgroupdriver=systemd: run, limits, exec, pause, update, stop", async (t, engine) => {
  const driver = { [INSTALLED]: engine.runtime, "native.cgroupdriver=cgroupfs": "native.cgroupdriver=systemd" }
  const socket = `unix://${engine.folder}/docker.sock`
  writeFileSync(`${engine.folder}/daemon.json`, JSON.stringify({
    "data-root": `${engine.folder}/data`, "exec-root": `${engine.folder}/exec`, pidfile: `${engine.folder}/pid`, hosts: [socket], "storage-driver": "overlay2",
    "cgroup-parent": SLICE, ...(JSON.parse(documented("/etc/docker/daemon.json", driver)) as object), iptables: false, ip6tables: false, bridge: "none",
  }))
  const env = { DOCKER_HOST: socket, PATH: "/usr/sbin:/usr/bin:/sbin:/bin", HOME: engine.folder }
  engine.daemon(["dockerd", "--config-file", `${engine.folder}/daemon.json`], env)
  await until("dockerd", () => engine.try(["/usr/bin/docker", "version"], { env }).code === 0, 120_000).catch(() => {
    throw new Error(`dockerd does not answer:\n${readFileSync(engine.daemonLog, "utf8").split("\n").slice(-12).join("\n")}`)
  })
  const ok = (...args: string[]): string => engine.run(["/usr/bin/docker", ...args], { env })
  t.equal(ok("info", "--format", "{{.CgroupDriver}} {{.CgroupVersion}} {{.DefaultRuntime}}"), "systemd 2 runts")
  ok("load", "--quiet", "--input", makeImage(IMAGE))
  const limits = ["--memory", "64m", "--cpus", "0.5", "--pids-limit", "40"]
  const id = ok("run", "--detach", "--name", "one", "--network", "none", ...limits, IMAGE, "sleep", "1000")
  const unit = `docker-${id}.scope`
  limited(t, unit, Number(ok("inspect", "--format", "{{.State.Pid}}", "one")))
  t.equal(ok("exec", "one", "echo", "in"), "in")
  ok("pause", "one")
  t.equal(ok("inspect", "--format", "{{.State.Status}}", "one"), "paused")
  ok("unpause", "one")
  ok("update", "--memory", "96m", "--memory-swap", "96m", "one")
  t.equal(show(unit, ["MemoryMax"]).MemoryMax, String(96 << 20))
  ok("rm", "--force", "one")
  gone(t, unit)
})

engineTest("containerd", "ctr --runc-systemd-cgroup, and SystemdCgroup = true of Kubernetes", async (t, engine) => {
  const socket = `${engine.folder}/containerd.sock`
  const settings = documented("/etc/containerd/config.toml", { [INSTALLED]: engine.runtime, "SystemdCgroup = false": "SystemdCgroup = true" }).split("\n")
  if (settings.shift() !== "version = 2") throw new Error("docs/engines.md: containerd's configuration does not begin with its version")
  writeFileSync(`${engine.folder}/config.toml`, `
version = 2
root = "${engine.folder}/root"
state = "${engine.folder}/state"
[grpc]
  address = "${socket}"
[ttrpc]
  address = "${socket}.ttrpc"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE_IMAGE}"
  restrict_oom_score_adj = true
${settings.join("\n").trim()}
  Root = "${engine.folder}/state-of-runtime"
`)
  engine.daemon(["containerd", "-c", `${engine.folder}/config.toml`])
  const ctr = (...args: string[]): string => engine.run(["ctr", "-a", socket, "-n", "k8s.io", ...args])
  await until("containerd", () => engine.try(["ctr", "-a", socket, "version"]).code === 0, 120_000)
  ctr("images", "import", makeImage(IMAGE))
  ctr("images", "import", makeImage(PAUSE_IMAGE, { command: ["/bin/pause"] }))
  const place = ["--runc-binary", engine.runtime, "--runc-systemd-cgroup", "--runc-root", `${engine.folder}/state-of-runtime`, "--cgroup", `${SLICE}:ctr:one`]
  ctr("run", "--detach", ...place, "--memory-limit", MIB64, IMAGE, "one", "sleep", "1000")
  t.match(show("ctr-one.scope", ["ActiveState", "MemoryMax"]), { ActiveState: "active", MemoryMax: MIB64 })
  t.equal(ctr("tasks", "exec", "--exec-id", "e", "one", "echo", "in"), "in")
  ctr("tasks", "kill", "--signal", "KILL", "one")
  ctr("tasks", "delete", "--force", "one")
  ctr("containers", "delete", "one")
  gone(t, "ctr-one.scope")
  await pod(t, engine, new Cri(socket))
})

/** A pod of the host's network with one container, as the kubelet makes it with cgroupDriver: systemd. */
async function pod(t: Test, engine: Engine, cri: Cri): Promise<void> {
  const logs = `${engine.folder}/logs`
  mkdirSync(logs)
  const namespaces = { network: "NODE" }
  const sandbox_config: Answer = {
    metadata: { name: "pod", uid: "pod-uid", namespace: "default" }, hostname: "", log_directory: logs,
    linux: { cgroup_parent: SLICE, security_context: { namespace_options: namespaces } },
  }
  const { pod_sandbox_id } = await cri.call("RunPodSandbox", { config: sandbox_config })
  t.equal(show(`cri-containerd-${pod_sandbox_id}.scope`, ["Slice"]).Slice, SLICE)
  const resources = { memory_limit_in_bytes: 64 << 20, cpu_quota: 50_000, cpu_period: 100_000, unified: { "pids.max": "40" } }
  const config = {
    metadata: { name: "web" }, image: { image: IMAGE }, command: ["sleep", "1000"], log_path: "web.log",
    linux: { resources, security_context: { namespace_options: namespaces } },
  }
  const { container_id } = await cri.call("CreateContainer", { pod_sandbox_id, config, sandbox_config })
  await cri.call("StartContainer", { container_id })
  const unit = `cri-containerd-${container_id}.scope`
  const { info } = await cri.call("ContainerStatus", { container_id, verbose: true })
  limited(t, unit, (JSON.parse(info.info as string) as { pid: number }).pid)
  const { exit_code, stdout } = await cri.call("ExecSync", { container_id, cmd: ["echo", "in"], timeout: 60 })
  t.same([exit_code, String(stdout)], [0, "in\n"])
  await cri.call("UpdateContainerResources", { container_id, linux: { memory_limit_in_bytes: 96 << 20 } })
  t.equal(show(unit, ["MemoryMax"]).MemoryMax, String(96 << 20))
  await cri.call("StopPodSandbox", { pod_sandbox_id })
  await cri.call("RemovePodSandbox", { pod_sandbox_id })
  cri.close()
  gone(t, unit)
  gone(t, `cri-containerd-${pod_sandbox_id}.scope`)
}
