import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import t, { type Test } from "tap"
import { type CommandOptions, type Result } from "../lib/command.ts"
import { environment, unified } from "../lib/environment.ts"
import { documented, INSTALLED } from "./lib/documented.ts"
import { Engine } from "./lib/engine.ts"
import { IMAGE, makeImage } from "./lib/image.ts"
import { hardLimit, storageSettings } from "./lib/podman.ts"

t.setTimeout(0)
const engine = new Engine("buildah")
await engine.open()
writeFileSync(`${engine.folder}/storage.conf`, storageSettings(engine.folder))
writeFileSync(`${engine.folder}/containers.conf`, "")
const env = {
  CONTAINERS_CONF: `${engine.folder}/containers.conf`,
  CONTAINERS_STORAGE_CONF: `${engine.folder}/storage.conf`,
  BUILDAH_ISOLATION: "oci",
  BUILDAH_RUNTIME: engine.runtime,
  HOME: engine.folder,
  TMPDIR: engine.folder,
  PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
}
const buildah = (args: readonly string[], options: CommandOptions = {}): Result => engine.try(["buildah", ...args], { ...options, env })
const ok = (...args: string[]): string => engine.run(["buildah", ...args], { env })
const ulimits = ["--ulimit", `nofile=${hardLimit("Max open files")}`, "--ulimit", `nproc=${hardLimit("Max processes")}`]
const place = ["--cgroup-parent", engine.cgroup, ...ulimits]
const run = (name: string, flags: string[], ...args: string[]): Result => buildah(["run", "--network", "none", ...flags, name, "--", ...args])
const out = (name: string, flags: string[], ...args: string[]): string => ok("run", "--network", "none", ...flags, name, "--", ...args)

/** A working container, removed when the test has ended. */
function from(t: Test, name: string, ...flags: string[]): string {
  ok("from", "--pull-never", "--name", name, ...place, ...flags, IMAGE)
  t.teardown(() => buildah(["rm", name]))
  return name
}

ok("pull", "--quiet", `docker-archive:${makeImage(IMAGE)}`)

t.test("run: output, exit code, standard input, environment, user, working folder, host name", (t) => {
  const name = from(t, "plain")
  t.equal(out(name, [], "echo", "hello"), "hello")
  t.equal(run(name, [], "sh", "-c", "exit 3").code, 3)
  t.equal(run(name, [], "sh", "-c", "sh -c 'kill -KILL $$'; exit $?").code, 137)
  t.equal(buildah(["run", "--network", "none", name, "cat"], { input: "through\n" }).stdout, "through\n")
  const script = "echo $A; id -u; id -g; pwd; hostname"
  t.equal(out(name, ["--env", "A=b", "--user", "1000:50", "--workingdir", "/var", "--hostname", "named"], "sh", "-c", script), "b\n1000\n50\n/var\nnamed")
  t.equal(out(name, ["--user", "1000"], "sh", "-c", "grep CapEff /proc/self/status | cut -f2"), "0000000000000000")
  t.end()
})

t.test("run: what it wrote is there for the next one, and in the image", (t) => {
  const name = from(t, "keeper")
  out(name, [], "sh", "-c", "mkdir /made; echo kept >/made/file; chmod 700 /made")
  t.equal(out(name, [], "sh", "-c", "stat -c %a /made; cat /made/file"), "700\nkept")
  ok("config", "--cmd", "cat /made/file", "--env", "B=c", name)
  ok("commit", "--quiet", name, "kept")
  ok("from", "--pull-never", "--name", "again", ...place, "localhost/kept")
  t.teardown(() => (buildah(["rm", "again"]), buildah(["rmi", "localhost/kept"])))
  t.equal(out("again", [], "sh", "-c", "cat /made/file; echo $B"), "kept\nc")
  t.end()
})

t.test("run: a missing command and one that may not be executed say so", (t) => {
  const name = from(t, "wrong")
  for (const [command, message] of [
    ["nosuch", /executable file `?nosuch`? not found in \$PATH|executable file not found in \$PATH/],
    ["/no/such", /stat \/no\/such: no such file or directory/],
    ["/etc/passwd", /permission denied/],
  ] as const) {
    const result = run(name, [], command)
    t.not(result.code, 0, command)
    t.match(result.stderr, message)
  }
  t.equal(out(name, [], "echo", "still usable"), "still usable")
  t.end()
})

t.test("run: with a terminal", (t) => {
  const name = from(t, "tty")
  const line = ["buildah", "run", "--network", "none", "--terminal", name, "sh", "-c", "tty; stty size; exit 6"]
  const result = engine.try(["script", "-qec", `stty rows 31 cols 97; ${line.map((word) => `'${word}'`).join(" ")}`, "/dev/null"], { env })
  t.match(result.stdout, /\/dev\/(pts\/0|console)\s+31 97/)
  t.equal(result.code, 6)
  t.end()
})

t.test("run: volumes, mounts, temporary file systems", (t) => {
  const name = from(t, "volumes")
  mkdirSync(`${engine.folder}/shared`)
  out(name, ["--volume", `${engine.folder}/shared:/data`], "sh", "-c", "echo kept >/data/file")
  t.equal(readFileSync(`${engine.folder}/shared/file`, "utf8"), "kept\n")
  t.match(run(name, ["--volume", `${engine.folder}/shared:/data:ro`], "touch", "/data/new").stderr, /Read-only file system/)
  t.match(out(name, ["--volume", `${engine.folder}/shared:/data:rshared`], "grep", " /data ", "/proc/self/mountinfo"), /shared:/)
  t.match(out(name, ["--mount", "type=tmpfs,destination=/scratch,tmpfs-size=1m"], "df", "-k", "/scratch"), /\s1024\s/)
  t.notOk(existsSync(`${engine.folder}/shared/new`))
  t.end()
})

t.test("run: capabilities, namespaces of the host, seccomp's default profile", (t) => {
  const name = from(t, "caps")
  const bounding = "grep CapBnd /proc/self/status | cut -f2"
  const without = BigInt(`0x${out(name, ["--cap-drop", "CAP_CHOWN"], "sh", "-c", bounding)}`)
  const added = BigInt(`0x${out(name, ["--cap-add", "CAP_NET_ADMIN"], "sh", "-c", bounding)}`)
  t.equal(without & 1n, 0n)
  t.equal((added >> 12n) & 1n, 1n)
  t.equal(out(name, [], "sh", "-c", "grep Seccomp: /proc/self/status | cut -f2"), "2")
  t.equal(out(name, ["--pid", "host"], "sh", "-c", `test -d /proc/${process.pid} && echo seen`), "seen")
  const uts = engine.run(["readlink", "/proc/self/ns/uts"])
  t.equal(out(name, ["--uts", "host"], "readlink", "/proc/self/ns/uts"), uts)
  t.not(out(name, [], "readlink", "/proc/self/ns/uts"), uts)
  t.end()
})

t.test("from: limits are the container's cgroup's", { skip: unified ? `${environment}: reads the files of cgroup v1` : false }, (t) => {
  const name = from(t, "limits", "--memory", "64m", "--cpu-shares", "512")
  const script = "cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/cpu/cpu.shares /proc/self/cgroup"
  t.match(out(name, ["--cgroupns", "host"], "sh", "-c", script), new RegExp(`^${64 << 20}\n512\n.*:memory:${engine.cgroup}\n`, "s"))
  const killed = run(name, [], "sh", "-c", "x=a; while :; do x=$x$x; done")
  t.match(killed.stderr, /killed/i, "too much memory")
  t.not(killed.code, 0)
  t.end()
})

t.test("from: a user namespace", (t) => {
  const name = from(t, "mapped", "--userns-uid-map", "0:100000:65536", "--userns-gid-map", "0:100000:65536")
  t.match(out(name, [], "sh", "-c", "id -u; cat /proc/self/uid_map"), /^0\n\s*0\s+100000\s+65536$/)
  t.end()
})

t.test("bud: RUN steps, USER, a shell, a secret, a cache, a failing step", (t) => {
  const folder = `${engine.folder}/context`
  mkdirSync(folder)
  writeFileSync(`${folder}/secret`, "hidden\n")
  writeFileSync(`${folder}/Dockerfile`, [
    `FROM ${IMAGE} AS first`,
    "RUN id -u >/made && umask >>/made",
    "RUN --mount=type=secret,id=word cat /run/secrets/word >>/made",
    "RUN --mount=type=cache,target=/cache echo cached >/cache/file",
    "RUN mkdir /own && chown 1000 /own",
    "USER 1000:1000",
    "WORKDIR /var",
    'RUN ["/bin/sh", "-c", "id -u >/own/user; pwd >>/own/user"]',
    `FROM ${IMAGE}`,
    "COPY --from=first /made /own/user /from/",
    "RUN cat /from/* >/all",
  ].join("\n"))
  const bud = (...flags: string[]): Result => buildah(["bud", "--network", "none", "--pull-never", ...place, ...flags, folder])
  const built = bud("--secret", `id=word,src=${folder}/secret`, "--tag", "built")
  t.equal(built.code, 0, built.stderr)
  ok("from", "--pull-never", "--name", "of-built", ...place, "localhost/built")
  t.teardown(() => buildah(["rm", "of-built"]))
  t.equal(out("of-built", [], "cat", "/all"), "0\n0022\nhidden\n1000\n/var")
  writeFileSync(`${folder}/Dockerfile`, `FROM ${IMAGE}\nRUN exit 9\n`)
  const failed = bud()
  t.equal(failed.code, 9)
  t.match(failed.stderr, /exit status 9/)
  t.end()
})

t.test("the commands that docs/engines.md shows", (t) => {
  const cwd = `${engine.folder}/shown`
  mkdirSync(cwd)
  writeFileSync(`${cwd}/Dockerfile`, `FROM ${IMAGE}\nRUN echo hello >/made\n`)
  const { BUILDAH_ISOLATION: _, BUILDAH_RUNTIME: __, ...bare } = env
  for (const name of ["buildah", "buildah-flags"]) {
    const before = engine.calls().length
    const script = documented(name, { [INSTALLED]: engine.runtime, " bud ": ` bud --network none --pull-never ${place.join(" ")} ` })
    engine.run(["sh", "-ec", `cd ${cwd}\n${script}`], { env: bare })
    t.ok(engine.calls().slice(before).some((call) => /^create --bundle /.test(call)), name)
    ok("rmi", "built")
  }
  t.end()
})

t.test("the runtime under test was called, as the contract says", (t) => {
  const calls = engine.calls()
  t.ok(calls.some((call) => /^create --bundle \S+ --pid-file \S+\/pid (--no-new-keyring )?buildah-\S+$/.test(call)), "create without globals")
  t.ok(calls.some((call) => /^create .*--console-socket \S+/.test(call)), "with a terminal")
  for (const name of ["start", "state", "delete"]) t.ok(calls.some((call) => new RegExp(`^${name} buildah-\\S+$`).test(call)), name)
  t.end()
})

t.test("nothing is left behind", async (t) => {
  // Buildah names no --root: what it leaves is where the runtime keeps its containers by default
  t.notMatch(engine.run([engine.runtime, "list", "--quiet"]), /buildah-/)
  t.same(await engine.close(), [])
})
