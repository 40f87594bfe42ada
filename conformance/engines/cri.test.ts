import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import t, { type Test } from "tap"
import WebSocket from "ws"
import { until } from "../lib/command.ts"
import { environment, unified } from "../lib/environment.ts"
import { type Answer, Cri } from "./lib/cri.ts"
import { documented, INSTALLED } from "./lib/documented.ts"
import { Engine } from "./lib/engine.ts"
import { IMAGE, makeImage, PAUSE_IMAGE } from "./lib/image.ts"

t.setTimeout(0)
const engine = new Engine("cri")
await engine.open()
const socket = `${engine.folder}/containerd.sock`
mkdirSync(`${engine.folder}/net.d`)
writeFileSync(`${engine.folder}/net.d/10-bridge.conflist`, JSON.stringify({
  cniVersion: "0.4.0",
  name: "pods",
  plugins: [{ type: "bridge", bridge: "cni0", isGateway: true, ipam: { type: "host-local", dataDir: `${engine.folder}/ipam`, ranges: [[{ subnet: "10.97.0.0/24" }]] } }],
}))
const settings = documented("/etc/containerd/config.toml", { [INSTALLED]: engine.runtime }).split("\n")
if (settings.shift() !== "version = 2") throw new Error("docs/engines.md: containerd's configuration does not begin with its version")
// what is not the page's: folders and a network of the test's own; the last table of the page's is that of the runtime's options
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
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${engine.folder}/net.d"
${settings.join("\n").trim()}
  Root = "${engine.folder}/state-of-runtime"
`)
engine.daemon(["containerd", "-c", `${engine.folder}/config.toml`])
const ctr = (...args: string[]) => engine.try(["ctr", "-a", socket, "-n", "k8s.io", ...args])
await until("containerd", () => ctr("version").code === 0)
engine.run(["ctr", "-a", socket, "-n", "k8s.io", "images", "import", makeImage(IMAGE)])
engine.run(["ctr", "-a", socket, "-n", "k8s.io", "images", "import", makeImage(PAUSE_IMAGE, { command: ["/bin/pause"] })])
const cri = new Cri(socket)

const handler = /^handler: (\S+)$/m.exec(documented("runtimeclass.yaml"))?.[1] ?? ""

interface Pod {
  readonly id: string
  readonly config: Answer
  readonly logs: string
}

async function pod(t: Test, name: string, namespaces: Answer = {}, linux: Answer = {}): Promise<Pod> {
  const logs = `${engine.folder}/logs/${name}`
  mkdirSync(logs, { recursive: true })
  const config = {
    metadata: { name, uid: `${name}-uid`, namespace: "default" },
    hostname: namespaces.network === "NODE" ? "" : name,
    log_directory: logs,
    linux: { cgroup_parent: `${engine.cgroup}/${name}`, security_context: { namespace_options: namespaces }, ...linux },
  }
  const { pod_sandbox_id: id } = await cri.call("RunPodSandbox", { config, runtime_handler: name === "pair" ? "" : handler })
  t.teardown(async () => {
    await cri.call("StopPodSandbox", { pod_sandbox_id: id })
    await cri.call("RemovePodSandbox", { pod_sandbox_id: id })
  })
  return { id, config, logs }
}

async function container(of: Pod, name: string, command: readonly string[], more: Answer = {}): Promise<string> {
  const namespaces = of.config.linux.security_context.namespace_options
  const { resources, security, ...others } = more
  const linux = { resources: resources ?? {}, security_context: { namespace_options: namespaces, ...security } }
  const config = { metadata: { name }, image: { image: IMAGE }, command, log_path: `${name}.log`, linux, ...others }
  const { container_id: id } = await cri.call("CreateContainer", { pod_sandbox_id: of.id, config, sandbox_config: of.config })
  await cri.call("StartContainer", { container_id: id })
  return id
}

async function exec(id: string, ...cmd: string[]): Promise<{ code: number; out: string }> {
  const { exit_code: code, stdout, stderr } = await cri.call("ExecSync", { container_id: id, cmd, timeout: 20 })
  return { code, out: String(stdout) + String(stderr) }
}

const statusOf = async (id: string): Promise<Answer> => (await cri.call("ContainerStatus", { container_id: id })).status
async function ended(id: string): Promise<Answer> {
  for (let round = 0; round < 500; round++) {
    const status = await statusOf(id)
    if (status.state === "CONTAINER_EXITED") return status
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`container ${id} does not end`)
}

t.test("a sandbox with two containers: network, exec, logs, restart, stop, remove", async (t) => {
  const pair = await pod(t, "pair")
  const web = await container(pair, "web", ["httpd", "-f", "-p", "80", "-h", "/var/www"])
  const side = await container(pair, "side", ["sh", "-c", "echo to the log; exec sleep 1000"])
  t.same(await exec(side, "wget", "-qO-", "http://127.0.0.1/"), { code: 0, out: "served\n" })
  t.equal((await exec(side, "sh", "-c", "exit 3")).code, 3)
  t.match((await exec(side, "hostname")).out, /^pair\n/)
  t.match((await exec(side, "ip", "-4", "addr", "show", "eth0")).out, /10\.97\.0\.\d/)
  await until("the log", () => /stdout F to the log/.test(readFileSync(`${pair.logs}/side.log`, "utf8")))
  await t.rejects(cri.call("ExecSync", { container_id: side, cmd: ["nosuch"], timeout: 5 }), /executable file not found in \$PATH/)
  await cri.call("StopContainer", { container_id: web, timeout: 1 })
  t.equal((await statusOf(web)).state, "CONTAINER_EXITED")
  await cri.call("RemoveContainer", { container_id: web })
  const again = await container(pair, "web", ["httpd", "-f", "-p", "80", "-h", "/var/www"], { metadata: { name: "web", attempt: 1 } })
  t.same(await exec(side, "wget", "-qO-", "http://127.0.0.1/"), { code: 0, out: "served\n" })
  t.equal((await statusOf(again)).state, "CONTAINER_RUNNING")
})

t.test("exit codes and reasons, an out-of-memory kill among them", async (t) => {
  const of = await pod(t, "codes")
  t.match(await ended(await container(of, "seven", ["sh", "-c", "exit 7"])), { exit_code: 7, reason: "Error" })
  t.match(await ended(await container(of, "zero", ["true"])), { exit_code: 0, reason: "Completed" })
  const hungry = ["sh", "-c", "x=a; while :; do x=$x$x; done"]
  t.match(await ended(await container(of, "oom", hungry, { resources: { memory_limit_in_bytes: 16 << 20 } })), { exit_code: 137, reason: "OOMKilled" })
  await t.rejects(container(of, "missing", ["nosuch"]), /executable file not found in \$PATH/)
})

t.test("a security context: user, capabilities, read-only root, no new privileges, seccomp, masked paths", async (t) => {
  const of = await pod(t, "secure")
  const id = await container(of, "c", ["sleep", "1000"], {
    security: {
      run_as_user: { value: 1000 }, supplemental_groups: [50, 60], no_new_privs: true, readonly_rootfs: true,
      capabilities: { drop_capabilities: ["ALL"] }, seccomp: { profile_type: "RuntimeDefault" },
      masked_paths: ["/proc/keys"], readonly_paths: ["/proc/sys"],
    },
    envs: [{ key: "A", value: "b" }],
    working_dir: "/var",
  })
  const script = "id -u; id -G; pwd; echo $A; grep -E 'CapEff|NoNewPrivs|Seccomp:' /proc/self/status | cut -f2; touch /x 2>&1; wc -c </proc/keys"
  t.equal((await exec(id, "sh", "-c", script)).out, "1000\n1000 50 60\n/var\nb\n0000000000000000\n1\n2\ntouch: /x: Read-only file system\n0\n")
})

t.test("resources and their update", { skip: unified ? `${environment}: reads the files of cgroup v1` : false }, async (t) => {
  const of = await pod(t, "limits")
  const id = await container(of, "c", ["sleep", "1000"], {
    resources: { memory_limit_in_bytes: 64 << 20, cpu_period: 100000, cpu_quota: 50000, cpu_shares: 512, oom_score_adj: 500 },
  })
  const file = (controller: string, name: string): string => readFileSync(`/sys/fs/cgroup/${controller}${engine.cgroup}/limits/${id}/${name}`, "utf8").trim()
  t.equal(file("memory", "memory.limit_in_bytes"), String(64 << 20))
  t.equal(file("cpu", "cpu.cfs_quota_us"), "50000")
  t.equal(file("cpu", "cpu.shares"), "512")
  t.equal((await exec(id, "cat", "/proc/self/oom_score_adj")).out, "500\n")
  await cri.call("UpdateContainerResources", { container_id: id, linux: { memory_limit_in_bytes: 32 << 20, cpu_period: 100000, cpu_quota: 20000 } })
  t.equal(file("memory", "memory.limit_in_bytes"), String(32 << 20))
  t.equal(file("cpu", "cpu.cfs_quota_us"), "20000")
  const { stats } = await cri.call("ContainerStats", { container_id: id })
  t.ok(stats.memory.working_set_bytes.value > 0)
  t.ok(engine.calls().some((call) => / update --resources=- /.test(call) || / update --resources - /.test(call)), "update was called")
})

t.test("namespaces: a shared pid namespace is killed as a whole; those of the node", async (t) => {
  const shared = await pod(t, "shared", { pid: "POD" })
  const one = await container(shared, "one", ["sh", "-c", "sleep 1111 & sleep 1112 & wait"])
  const other = await container(shared, "other", ["sleep", "1000"])
  t.match((await exec(other, "ps")).out, /sleep 1111/)
  await cri.call("StopContainer", { container_id: one, timeout: 0 })
  t.notMatch((await exec(other, "ps")).out, /sleep 111/, "what it had started has ended with it")
  const node = await pod(t, "node", { network: "NODE", pid: "NODE", ipc: "NODE" })
  const id = await container(node, "c", ["sleep", "1000"])
  t.equal((await exec(id, "sh", "-c", `test -d /proc/${process.pid} && echo seen`)).out, "seen\n")
  const hostNamed = await pod(t, "target", { pid: "CONTAINER" })
  const app = await container(hostNamed, "app", ["sleep", "1234"])
  const debug = await container(hostNamed, "debug", ["sleep", "1000"], { security: { namespace_options: { pid: "TARGET", target_id: app } } })
  t.match((await exec(debug, "ps")).out, /sleep 1234/)
})

t.test("mounts with propagation, a privileged container, sysctls of the sandbox", async (t) => {
  mkdirSync(`${engine.folder}/host`)
  writeFileSync(`${engine.folder}/host/file`, "from the host\n")
  const of = await pod(t, "mounts", {}, { sysctls: { "net.ipv4.ip_unprivileged_port_start": "5" } })
  const id = await container(of, "c", ["sleep", "1000"], {
    mounts: [
      { container_path: "/ro", host_path: `${engine.folder}/host`, readonly: true },
      { container_path: "/slave", host_path: `${engine.folder}/host`, propagation: "PROPAGATION_HOST_TO_CONTAINER" },
      { container_path: "/shared", host_path: `${engine.folder}/host`, propagation: "PROPAGATION_BIDIRECTIONAL" },
    ],
  })
  t.match((await exec(id, "sh", "-c", "cat /ro/file; echo x >/ro/file")).out, /^from the host\n.*Read-only file system/s)
  t.match((await exec(id, "grep", " /slave ", "/proc/self/mountinfo")).out, /master:/)
  t.match((await exec(id, "grep", " /shared ", "/proc/self/mountinfo")).out, /shared:/)
  t.equal((await exec(id, "cat", "/proc/sys/net/ipv4/ip_unprivileged_port_start")).out, "5\n")
})

t.test("exec with a terminal and attach, over the streaming server", async (t) => {
  const of = await pod(t, "stream")
  const id = await container(of, "c", ["sh", "-c", "while read line; do echo got $line; done"], { stdin: true })
  const { url: execUrl } = await cri.call("Exec", { container_id: id, cmd: ["sh", "-c", "tty; cat /etc/passwd | head -1"], tty: true, stdin: true, stdout: true })
  t.match(await stream(execUrl, "", /root:x:0/), /\/dev\/pts\/\d\s+root:x:0/)
  const { url: attachUrl } = await cri.call("Attach", { container_id: id, stdin: true, stdout: true, stderr: true })
  t.match(await stream(attachUrl, "a line\n", /got a line/), /got a line/)
})

/** Talks to a streaming endpoint as kubectl does (channel 0: input, 1: output, 2: errors), until `end` was heard. */
function stream(url: string, input: string, end: RegExp): Promise<string> {
  const { port, pathname } = new URL(url)
  return new Promise((done, failed) => {
    // the server is in the engine's network namespace: a relay there makes it reachable over standard input and output
    const relay = engine.relay(Number(port))
    const socket = new WebSocket(`ws://127.0.0.1:${port}${pathname}`, ["v4.channel.k8s.io"], { createConnection: () => relay })
    let heard = ""
    const timer = setTimeout(() => (socket.terminate(), failed(new Error(`heard only ${JSON.stringify(heard)}`))), 15_000)
    socket.on("open", () => input === "" || socket.send(Buffer.concat([Buffer.from([0]), Buffer.from(input)])))
    socket.on("message", (data: Buffer) => {
      heard += data.subarray(1).toString()
      if (!end.test(heard)) return
      clearTimeout(timer)
      socket.terminate()
      done(heard)
    })
    socket.on("error", failed)
  })
}

t.test("many pods at once, and nothing remains", async (t) => {
  const pods = await Promise.all(Array.from({ length: 8 }, (_, i) => pod(t, `many${i}`, { network: "NODE" })))
  const ids = await Promise.all(pods.map((of) => container(of, "c", ["sleep", "1000"])))
  t.same(await Promise.all(ids.map(async (id) => (await statusOf(id)).state)), ids.map(() => "CONTAINER_RUNNING"))
})

t.test("no container and no sandbox is left", async (t) => {
  t.same((await cri.call("ListContainers")).containers, [])
  t.same((await cri.call("ListPodSandbox")).items, [])
  t.ok(engine.calls().some((call) => / create --bundle /.test(call)))
})

t.test("nothing is left behind", async (t) => {
  cri.close()
  t.same(await engine.close(), [])
})
