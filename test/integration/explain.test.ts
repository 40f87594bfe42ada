import { createHash } from "node:crypto"
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { Ajv2020 } from "ajv/dist/2020.js"
import type { Test } from "tap"
import type { Box } from "../../conformance/lib/box.ts"
import { command, expectSuccess, type Result } from "../../conformance/lib/command.ts"
import { checkout, runtimePath, unified } from "../../conformance/lib/environment.ts"
import { boxTest } from "../../conformance/lib/test.ts"

const OURS = { skipFor: { runc: "has no explain", crun: "has no explain" } } as const
const CONFIGS = `${checkout}/test/fixtures/engine-configs`

const isExplanation = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile(JSON.parse(readFileSync(`${checkout}/schemas/explain.schema.json`, "utf8")) as object)

interface Line {
  actor: string
  concern: string
  sentence: string
  call: string
  pointer: string
  step?: number
  condition?: string
  plumbing?: true
}

interface Document {
  subject: string
  lines: Line[]
  notes: { kind: string; text: string; pointer: string }[]
  concerns: { id: string }[]
}

function explain(box: Box, flags: readonly string[] = []): Document {
  box.write()
  const result = expectSuccess(box.call(["explain", "--bundle", box.bundle, "--format", "json", ...flags]))
  return JSON.parse(result.stdout) as Document
}

const find = (document: Document, sentence: RegExp): Line | undefined => document.lines.find((line) => sentence.test(line.sentence))

boxTest("explain: each part of a config is there, with its system call and pointer, and nothing is made [explain] [explain --format] [explain --bundle]", OURS, (t, box) => {
  const { config } = box
  config.hostname = "boxed"
  config.linux.resources = { memory: { limit: 64 << 20 }, pids: { limit: 77 } }
  config.process.oomScoreAdj = 100
  config.hooks = { createRuntime: [{ path: "/bin/true", timeout: 3 }], poststart: [{ path: "/bin/true" }] }
  const document = explain(box)
  t.match(find(document, /set the host name to boxed/), { call: 'sethostname("boxed", 5)', pointer: "/hostname", concern: "namespaces", actor: "init" })
  const file = unified ? "memory.max" : "memory.limit_in_bytes"
  t.match(find(document, new RegExp(`limit memory.limit: ${file} is 67108864`)), { actor: "runts", concern: "cgroups", pointer: "/linux/resources/memory/limit" })
  t.match(find(document, /limit pids.limit: pids.max is 77/), { call: new RegExp(`^write\\(<.*${box.cgroupsPath}/pids.max>, "77", 2\\)$`) })
  t.match(find(document, /out-of-memory killer to 100/), { pointer: "/process/oomScoreAdj" })
  t.match(find(document, /make the container's process/), { actor: "launcher", call: /^clone3\(\{flags=CLONE_NEWNS\|/ })
  const at = (sentence: RegExp): number => document.lines.findIndex((line) => sentence.test(line.sentence))
  t.ok(at(/claim the name/) < at(/make the container's process/))
  t.ok(at(/let the runtime run the hooks/) < at(/createRuntime hook .bin.true .* at most 3 s/), "hooks at their place")
  t.ok(at(/createRuntime hook/) < at(/pivot|root of the mount namespace/))
  t.ok(at(/^execute /) < at(/poststart hook/))
  t.notOk(existsSync(box.root), "no state folder")
  t.same(box.cgroupFolders(), [], "no cgroup")
})

boxTest("explain: limits are told as create writes them [explain]", { ...OURS, skipIn: { "pure-v2": "v1 holds the controllers" } }, (t, box) => {
  box.config.linux.resources = { memory: { limit: 64 << 20, reservation: 32 << 20 }, cpu: { shares: 512, quota: 50000, period: 100000 }, pids: { limit: 77 } }
  const writes = explain(box).lines.filter(({ actor, pointer }) => actor === "runts" && /^\/linux\/resources\/(memory|cpu|pids)/.test(pointer))
  t.ok(writes.length >= 5, JSON.stringify(writes))
  box.create()
  for (const { call } of writes) {
    const [, file = "", text = ""] = /^write\(<([^>]+)>, "([^"]*)"/.exec(call) ?? []
    t.equal(readFileSync(file, "utf8").trim(), text, call)
  }
})

boxTest("explain: system calls of the real init are those that were told, in their order [explain]", { skipFor: { ...OURS.skipFor }, skipIn: { uml: "there is no strace" } }, (t, box) => {
  if (!existsSync("/usr/bin/strace")) {
    t.pass("there is no strace here")
    return
  }
  box.config.process.terminal = false
  const told = explain(box).lines.filter(({ step, condition, call, actor }) => actor === "init" && step !== undefined && condition === undefined && /^[a-z0-9_]+\(/.test(call))
  const trace = `${box.folder}/trace`
  box.args("/bin/true").write()
  expectSuccess(command(["strace", "-f", "-o", trace, runtimePath, "--root", box.root, "run", "--bundle", box.bundle, box.id]))
  const done = callsOf(readFileSync(trace, "utf8"))
  // these run in any case; whether a folder or a file is masked, or there is a /proc/kcore, only the real init finds out
  const always = (names: readonly string[]): string[] => names.filter((name) => ALWAYS.has(name))
  const expected = always(told.filter(({ sentence }) => !sentence.endsWith("as the user")).map(({ call }) => call.slice(0, call.indexOf("("))))
  t.ok(expected.length > 60, "there is much to compare")
  t.same(always(done.slice(0, done.indexOf("execve") + 1)), expected)
})

const ALWAYS = new Set([
  "setsid", "umask", "sethostname", "mount", "fsopen", "fsconfig", "fsmount", "pivot_root", "umount2", "chdir", "close_range", "keyctl", "prctl", "setgroups",
  "setresuid", "setresgid", "capset", "getcwd", "execve",
])

/** System calls of the process that was cloned into new namespaces, in order. */
function callsOf(trace: string): string[] {
  const lines = trace.split("\n")
  const clone = lines.findIndex((line) => /clone3\(\{flags=[^}]*CLONE_NEWPID/.test(line))
  const pid = /=> .*?(\d+)$|= (\d+)$/.exec(lines.slice(clone).find((line) => /clone3/.test(line) && /= \d+$/.test(line)) ?? "")
  const child = pid?.[2] ?? pid?.[1] ?? ""
  return lines.filter((line) => line.startsWith(`${child} `)).flatMap((line) => /^\d+ +([a-z0-9_]+)\(/.exec(line)?.[1] ?? [])
}

boxTest("explain: it only looks: nothing is mounted, made, written, joined or started [explain]", { skipFor: { ...OURS.skipFor }, skipIn: { uml: "there is no strace" } }, (t, box) => {
  if (!existsSync("/usr/bin/strace")) {
    t.pass("there is no strace here")
    return
  }
  box.config.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["reboot"], action: "SCMP_ACT_ERRNO" }] }
  box.config.mounts.push({ destination: "/m", type: "bind", source: "/tmp", options: ["bind"] })
  box.write()
  for (const format of ["text", "html"]) {
    const trace = `${box.folder}/trace-${format}`
    expectSuccess(command(["strace", "-f", "-o", trace, runtimePath, "--root", box.root, "explain", "--bundle", box.bundle, "--format", format]))
    const lines = readFileSync(trace, "utf8").split("\n")
    const changes = lines.filter((line) => / (mount|umount2|move_mount|open_tree|fsopen|mkdirat?|mknodat?|unlinkat?|renameat2?|symlinkat?|setns|unshare|bpf|execve|v?fork|chdir|f?chown\w*|f?chmod\w*|bind|connect|flock)\(/.test(line))
    t.equal(changes.length, 1, changes.slice(1).join("\n"))
    t.match(changes[0], "execve(", "its own start")
    t.same(lines.filter((line) => /clone3?\(.*CLONE_NEW/.test(line)), [])
    t.same(lines.filter((line) => /open(at2?)?\(.*(O_WRONLY|O_RDWR|O_CREAT)/.test(line) && !/\/dev\/null/.test(line)), [])
  }
})

boxTest("explain: as nobody, what only root can look at is assumed and said [explain]", OURS, (t, box) => {
  const folder = `${tmpdir()}/runts-explain-${process.pid}`
  mkdirSync(`${folder}/rootfs`, { recursive: true })
  mkdirSync(`${folder}/private`, { mode: 0o700 })
  try {
    box.config.mounts.push({ destination: "/secret", type: "bind", source: `${folder}/private/file`, options: ["bind"] })
    box.config.root = { path: "rootfs" }
    writeFileSync(`${folder}/config.json`, JSON.stringify(box.config), { mode: 0o644 })
    chmodSync(folder, 0o755)
    const result = nobody(["explain", "--bundle", folder, "--format", "json"])
    t.equal(result.code, 0, result.stderr)
    const document = JSON.parse(result.stdout) as Document
    t.ok(document.notes.some(({ kind, text }) => kind === "assumed" && /run by this user, 65534/.test(text)))
    t.ok(document.notes.some(({ kind, pointer }) => kind === "assumed" && pointer === `/mounts/${box.config.mounts.length - 1}/source`), JSON.stringify(document.notes))
    const all = explain(box)
    t.equal(document.lines.filter(({ call }) => call.startsWith("prctl(PR_CAPBSET_DROP")).length, all.lines.filter(({ call }) => call.startsWith("prctl(PR_CAPBSET_DROP")).length, "capabilities as root gives them")
  } finally {
    rmSync(folder, { recursive: true })
  }
})

/** As another user, who cannot read the checkout: from a copy. */
function nobody(args: readonly string[]): Result {
  const copy = `${tmpdir()}/runts-explain-binary-${process.pid}`
  command(["install", "-m", "755", runtimePath, copy])
  try {
    return command(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", copy, ...args], { cwd: "/" })
  } finally {
    rmSync(copy)
  }
}

boxTest("explain: text is plain when piped; --all shows the rest; strace has a line an operation [explain --all] [explain --format]", OURS, (t, box) => {
  box.config.mounts.push({ destination: "/x\u001b[31m", type: "tmpfs", source: "tmpfs" })
  box.write()
  const text = expectSuccess(box.call(["explain", "--bundle", box.bundle])).stdout
  // eslint-disable-next-line no-control-regex
  t.notMatch(text, /\x1b/, "no escape sequence, of its own or of the config")
  t.match(text, /^Namespaces {2}what/m)
  t.match(text, /^ +\d+ {2}attach it at \/x\\x1b\[31m {2}\[\/mounts\/\d+\]\n {7}move_mount\(/m)
  const all = expectSuccess(box.call(["explain", "--bundle", box.bundle, "--all"])).stdout
  t.ok(all.length > text.length * 1.5)
  t.match(all, /\(if step \d+ fails with ENOENT\)/)
  const strace = expectSuccess(box.call(["explain", "--bundle", box.bundle, "--format", "strace"])).stdout.trim().split("\n")
  const document = explain(box)
  t.equal(strace.length, document.lines.length)
  t.ok(strace.every((line) => /^\[(runts|launcher|init) *\] .* {2}# ./.test(line)), "each line")
})

boxTest("explain: the page holds everything in itself [explain --format]", OURS, (t, box) => {
  box.config.mounts.push({ destination: "/<script>alert(1)</script>", type: "tmpfs", source: "tmpfs" })
  box.write()
  const page = expectSuccess(box.call(["explain", "--bundle", box.bundle, "--format", "html"])).stdout
  t.match(page, /^<!doctype html>[\s\S]*<\/html>\n$/)
  const script = /<script>([\s\S]*?)<\/script>/.exec(page)?.[1] ?? ""
  t.match(page, `script-src 'sha256-${createHash("sha256").update(script).digest("base64")}'`)
  t.equal(page.split("<script").length, 2, "no other script")
  t.match(page, /<code>\/&lt;script&gt;alert\(1\)&lt;\/script&gt;<\/code>/)
  for (const id of ["namespaces", "mounts", "cgroups", "privileges", "process", "preparation"]) t.match(page, ` id="${id}"`)
  const steps = [...page.matchAll(/class="who (runts|launcher|init)"/g)]
  t.ok(steps.length >= explain(box).lines.length - 45, "each line is there, but for capabilities that are told together")
})

boxTest("explain exec: from a bundle, and into a container that runs [explain] [explain --bundle] [explain --process]", OURS, async (t, box) => {
  const ask = (words: readonly string[]): Document => JSON.parse(expectSuccess(box.call(["explain", "--format", "json", ...words])).stdout) as Document
  box.write()
  const planned = ask(["exec", "--bundle", box.bundle, "--", "ls", "-l"])
  t.ok(isExplanation(planned), JSON.stringify(isExplanation.errors))
  t.equal(planned.subject, "exec")
  t.match(find(planned, /^execute ls/), { actor: "process", call: /^execve\(.*\["ls", "-l", NULL\]/ })
  t.match(find(planned, /join the container's namespaces/), { call: /CLONE_NEWPID/ })
  const page = expectSuccess(box.call(["explain", "--format", "html", "exec", "--bundle", box.bundle, "--", "ls", "a b"])).stdout
  t.match(page, /<h1><code>ls &#39;a b&#39;<\/code>/)
  t.same([...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id ?? "").filter((id) => !page.includes(` id="${id}"`)), [], "links lead somewhere")
  t.match(box.call(["explain", "exec", box.id, "--", "ls"]).stderr, /container does not exist/)
  await box.launch("/bin/sleep", "1000")
  const file = `${box.folder}/process.json`
  writeFileSync(file, JSON.stringify({ args: ["id"], cwd: "/tmp", user: { uid: 7, gid: 8 }, env: ["PATH=/bin"] }))
  const running = ask(["--process", file, "exec", box.id])
  t.match(find(running, /become user 7/), { call: "setresuid(7, 7, 7)", pointer: "/process/user/uid" })
  const namespaces = find(running, /join the container's namespaces/)?.call ?? ""
  t.match(namespaces, "<pidfd of init>")
  for (const { type } of box.config.linux.namespaces) t.match(namespaces, { mount: "NEWNS", network: "NEWNET" }[type] ?? `NEW${type.toUpperCase()}`)
  t.notOk(find(running, /make the container's process in its new/))
  t.equal(box.exec(["true"]).code, 0, "it is as it was")
  t.equal(box.call(["explain", "exec", box.id]).code, 1)
  box.call(["delete", "--force", box.id])
})

boxTest("explain: what would fail is a problem that is told, a config that is not valid an error [explain]", OURS, (t, box) => {
  box.config.mounts.push({ destination: "/gone", type: "bind", source: "/nothing/here", options: ["bind"] })
  t.match(explain(box).notes, [{ kind: "problem", text: /bind source "\/nothing\/here"/, pointer: /\/mounts\/\d+\/source/ }])
  box.write({ ...box.config, hostname: 5 })
  const result = box.call(["explain", "--bundle", box.bundle])
  t.not(result.code, 0)
  t.match(result.stderr, /\/hostname: 5 is a number; expected a string/)
  t.equal(result.stdout, "")
})

boxTest("explain: configs of engines [explain]", OURS, (t, box) => {
  for (const name of ["docker-config-00", "docker-config-07", "podman-config-05", "containerd-config-03", "cri-config-02"]) {
    writeFileSync(`${box.bundle}/config.json`, readFileSync(`${CONFIGS}/${name}.json`))
    const document = JSON.parse(expectSuccess(box.call(["explain", "--bundle", box.bundle, "--format", "json"])).stdout) as Document
    t.ok(isExplanation(document), JSON.stringify(isExplanation.errors))
    t.ok(document.lines.length > 400, name)
    t.ok(document.lines.every(({ sentence, call }) => sentence !== "" && call !== ""))
  }
})

function users(t: Test, box: Box): void {
  const ids = [{ containerID: 0, hostID: 100000, size: 65536 }]
  box.config.linux.namespaces.push({ type: "user" })
  Object.assign(box.config.linux, { uidMappings: ids, gidMappings: ids })
  chownSync(box.rootfs, 100000, 100000)
  box.config.process.rlimits = [{ type: "RLIMIT_CORE", soft: 0, hard: 0 }]
  const document = explain(box)
  t.ok(isExplanation(document), JSON.stringify(isExplanation.errors))
  t.match(find(document, /map its user ids: 0 to 65535 are 100000 to 165535 of the host/), { call: 'write(</proc/PID/uid_map>, "0 100000 65536\\n", 15)', concern: "identity" })
  t.match(find(document, /set RLIMIT_CORE to 0:0 from outside/), { actor: "runts", call: "prlimit64(PID, RLIMIT_CORE, {rlim_cur=0, rlim_max=0}, NULL)" })
  t.ok(find(document, /staging folder/))
  t.ok(document.lines.some(({ call }) => call.startsWith("setresuid(0, 0, 0)")))
}

boxTest("explain: a user namespace: maps, limits from outside, staging [explain]", OURS, users)

