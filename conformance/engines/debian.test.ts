import { mkdirSync, writeFileSync } from "node:fs"
import t, { type Test } from "tap"
import { type Result, until } from "../lib/command.ts"
import { documented, INSTALLED } from "./lib/documented.ts"
import { Engine } from "./lib/engine.ts"
import { DEBIAN_IMAGE, makeDebianImage } from "./lib/image.ts"
import { hardLimit, storageSettings } from "./lib/podman.ts"

/* A whole Debian beneath each engine, with its default seccomp profile: glibc, bash, perl, apt, dpkg and users instead of busybox. */

t.setTimeout(0)
const image = makeDebianImage()

/** What is asked of the system inside, and what it must answer. */
const QUESTIONS: readonly (readonly [script: string, answer: RegExp])[] = [
  ["cat /etc/debian_version; exec bash -c 'echo bash ${BASH_VERSINFO[0]}'", /^\d+(\.\d+)?\nbash \d\n$/],
  ["dpkg --audit && dpkg-query --show bash | wc -l", /^1\n$/],
  ["apt-get --version | head -1; apt-cache policy bash | grep -c Installed", /^apt \d.*\n1\n$/],
  ["perl -e 'print join(\",\", map { $_ * 2 } 1..3), \"\\n\"'", /^2,4,6\n$/],
  ["useradd --create-home visitor && su visitor -c 'id -un; pwd -P; cd; pwd'", /^visitor\n.*\n\/home\/visitor\n$/],
  ["printf 'x%.0s' {1..70000} >/tmp/f && gzip /tmp/f && tar -C /tmp -cf - f.gz | tar -tf -", /^f\.gz\n$/],
  ["setpriv --reuid 1234 --regid 1234 --clear-groups id -u; ulimit -n >/dev/null && echo limits", /^1234\nlimits\n$/],
  ["flock /tmp/lock sleep 0 && mktemp -d >/dev/null && timeout 1 sleep 5; echo $?", /^124\n$/],
]

function ask(t: Test, run: (script: string) => Result): void {
  for (const [script, answer] of QUESTIONS) {
    const result = run(script)
    t.equal(result.code, 0, `${script}: ${result.stderr}`)
    t.match(result.stdout, answer, script)
  }
}

/** One engine from its start to its end. */
async function beneath(t: Test, name: string, body: (engine: Engine) => Promise<void>): Promise<void> {
  const engine = new Engine(name)
  try {
    await engine.open()
    await body(engine)
    t.ok(engine.calls().some((call) => / (create|run) /.test(call)), "the runtime under test was called")
  } finally {
    t.same(await engine.close(), [], "nothing is left behind")
  }
}

t.test("containerd", (t) => beneath(t, "debian-containerd", async (engine) => {
  const socket = `${engine.folder}/containerd.sock`
  const top = `version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\nroot = "${engine.folder}/root"\nstate = "${engine.folder}/state"\n`
  writeFileSync(`${engine.folder}/config.toml`, `${top}[grpc]\n  address = "${socket}"\n[ttrpc]\n  address = "${socket}.ttrpc"\n`)
  engine.daemon(["containerd", "-c", `${engine.folder}/config.toml`])
  const ctr = (...args: string[]): Result => engine.try(["ctr", "-a", socket, ...args])
  await until("containerd", () => ctr("version").code === 0)
  engine.run(["ctr", "-a", socket, "images", "import", image])
  let count = 0
  ask(t, (script) => {
    const id = `d${++count}`
    const flags = ["--rm", "--seccomp", "--cgroup", `${engine.cgroup}/${id}`, "--runc-binary", engine.runtime, "--runc-root", `${engine.folder}/runtime`]
    return ctr("run", ...flags, DEBIAN_IMAGE, id, "bash", "-c", script)
  })
}))

t.test("Docker", (t) => beneath(t, "debian-docker", async (engine) => {
  const folder = engine.folder
  const env = { DOCKER_HOST: `unix://${folder}/docker.sock`, HOME: folder, PATH: "/usr/sbin:/usr/bin:/sbin:/bin" }
  const settings = {
    "data-root": `${folder}/data`, "exec-root": `${folder}/exec`, pidfile: `${folder}/pid`, hosts: [env.DOCKER_HOST], bridge: "none",
    iptables: false, "storage-driver": "overlay2", "cgroup-parent": engine.cgroup,
    ...(JSON.parse(documented("/etc/docker/daemon.json", { [INSTALLED]: engine.runtime })) as object),
  }
  writeFileSync(`${folder}/daemon.json`, JSON.stringify(settings))
  engine.daemon(["dockerd", "--config-file", `${folder}/daemon.json`], env)
  const docker = (...args: string[]): Result => engine.try(["/usr/bin/docker", ...args], { env })
  await until("dockerd", () => docker("version").code === 0, 30_000)
  t.equal(docker("load", "--quiet", "--input", image).code, 0)
  ask(t, (script) => docker("run", "--rm", "--network", "none", DEBIAN_IMAGE, "bash", "-c", script))
}))

t.test("Podman", (t) => beneath(t, "debian-podman", async (engine) => {
  const folder = engine.folder
  mkdirSync(`${folder}/tmp`)
  const limits = `nofile=${hardLimit("Max open files")}`
  const processes = `nproc=${hardLimit("Max processes")}`
  const ulimits = [limits, processes].map((word) => `"${word}:${word.slice(word.indexOf("=") + 1)}"`).join(", ")
  const engineSettings = documented("/etc/containers/containers.conf", { [INSTALLED]: engine.runtime })
  writeFileSync(`${folder}/containers.conf`, `[containers]\ndefault_ulimits = [${ulimits}]\n${engineSettings}`)
  writeFileSync(`${folder}/storage.conf`, storageSettings(folder))
  const env = {
    CONTAINERS_CONF: `${folder}/containers.conf`, CONTAINERS_STORAGE_CONF: `${folder}/storage.conf`, HOME: folder,
    PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
  }
  const podman = (...args: string[]): Result => engine.try(["podman", "--tmpdir", `${folder}/tmp`, ...args], { env })
  t.equal(podman("load", "--quiet", "--input", image).code, 0)
  const flags = ["--rm", "--network", "none", "--cgroup-parent", engine.cgroup, "--pull=never"]
  ask(t, (script) => podman("run", ...flags, DEBIAN_IMAGE, "bash", "-c", script))
}))
