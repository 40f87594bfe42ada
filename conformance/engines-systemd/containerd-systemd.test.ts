import { mkdirSync, writeFileSync } from "node:fs"
import type { Test } from "tap"
import { until } from "../lib/command.ts"
import { show } from "../lib/unit.ts"
import { type Answer, Cri } from "../engines/lib/cri.ts"
import { documented, INSTALLED } from "../engines/lib/documented.ts"
import type { Engine } from "../engines/lib/engine.ts"
import { IMAGE, makeImage, PAUSE_IMAGE } from "../engines/lib/image.ts"
import { engineTest, gone, limited, MIB64, SLICE } from "./lib/engine-test.ts"

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
  await pod(t, engine, new Cri(socket), (id) => Number(new RegExp(`^${id}\\s+(\\d+)`, "m").exec(ctr("tasks", "list"))?.[1]))
})

/** A pod of the host's network with one container, as the kubelet makes it with cgroupDriver: systemd. */
async function pod(t: Test, engine: Engine, cri: Cri, pidOf: (id: string) => number): Promise<void> {
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
  limited(t, unit, pidOf(container_id))
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
