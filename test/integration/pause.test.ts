import { mkdirSync, readFileSync } from "node:fs"
import t from "tap"
import { expectSuccess, until } from "../../conformance/lib/command.ts"
import { user } from "../../conformance/lib/environment.ts"
import { isAlive } from "../../conformance/lib/procfs.ts"
import { boxTest } from "../../conformance/lib/test.ts"

boxTest("pause, resume: states, and refusals outside them [pause, resume]", { differs: ["a cgroup"] }, async (t, box) => {
  await box.launch("/bin/sleep", "1000")
  t.not(box.call(["resume", box.id]).code, 0, "resume of a running one")
  expectSuccess(box.call(["pause", box.id]))
  t.equal(box.state().status, "paused")
  t.not(box.call(["start", box.id]).code, 0, "start of a paused one")
  expectSuccess(box.call(["resume", box.id]))
  t.equal(box.state().status, "running")
})

boxTest("pause: nothing of the container runs until resume [pause, resume]", { differs: ["a cgroup"] }, async (t, box) => {
  box.script("i=0; while :; do i=$((i+1)); echo $i >/count; sleep 0.02; done")
  await box.launch()
  const count = (): string => box.call(["exec", box.id, "cat", "/count"]).stdout
  await until("counting", () => Number(count()) > 2)
  expectSuccess(box.call(["pause", box.id]))
  const read = (): string => readFileSync(`${box.rootfs}/count`, "utf8")
  const first = read()
  await new Promise((resolve) => setTimeout(resolve, 200))
  t.equal(read(), first)
  expectSuccess(box.call(["resume", box.id]))
  await until("counting again", () => read() !== first)
})

boxTest("kill KILL: a paused container dies", { differs: ["a cgroup"] }, async (t, box) => {
  const pid = await box.launch("/bin/sleep", "1000")
  expectSuccess(box.call(["pause", box.id]))
  box.kill()
  await until("its end", () => !isAlive(pid))
  t.equal((await box.reached("stopped")).pid, 0)
})

boxTest("ps: the host's pids of the container and of exec [ps --format]", { differs: ["a cgroup"] }, async (t, box) => {
  box.script("sleep 1000 & wait")
  const pid = await box.launch()
  const pids = (): number[] => JSON.parse(expectSuccess(box.call(["ps", "--format", "json", box.id])).stdout) as number[]
  await until("the child", () => pids().length === 2)
  t.ok(pids().includes(pid))
  const before = pids().length
  expectSuccess(box.exec(["/bin/sleep", "1001"], ["--detach"]))
  t.equal(pids().length, before + 1)
  for (const one of pids()) t.ok(isAlive(one))
})

boxTest("ps: the table shows the container's lines of ps [ps]",
  { differs: ["a cgroup"], skipIn: { uml: "ps finds no boot time in /proc/stat" } }, async (t, box) => {
  const pid = await box.launch("/bin/sleep", "1000")
  const lines = expectSuccess(box.call(["ps", box.id])).stdout.trim().split("\n")
  t.match(lines[0], /PID/)
  t.equal(lines.length, 2)
  t.match(lines[1], new RegExp(`\\b${pid}\\b.*sleep 1000`))
})

boxTest("list: table, JSON and ids [list, --format, --quiet]", { skipFor: { crun: "prints other columns" } }, async (t, box) => {
  const pid = await box.launch("/bin/sleep", "1000")
  const table = expectSuccess(box.call(["list"])).stdout.trim().split("\n")
  t.match(table[0], /^ID +PID +STATUS +BUNDLE +CREATED +OWNER$/)
  t.match(table[1], new RegExp(`^${box.id} +${pid} +running +${box.bundle} +\\S+ +${user?.name ?? "root"}$`))
  const states = JSON.parse(expectSuccess(box.call(["list", "--format", "json"])).stdout) as Record<string, unknown>[]
  t.equal(states.length, 1)
  t.match(states[0], { id: box.id, pid, status: "running", bundle: box.bundle, owner: user?.name ?? "root" })
  t.equal(expectSuccess(box.call(["list", "--quiet"])).stdout, `${box.id}\n`)
})

boxTest("list: an empty root [list --format, --quiet]", (t, box) => {
  mkdirSync(box.root)
  t.equal(expectSuccess(box.call(["list", "--quiet"])).stdout, "")
  t.same(JSON.parse(expectSuccess(box.call(["list", "--format", "json"])).stdout) ?? [], [])
})

boxTest("--version: name, spec and nothing else that says version", { skipFor: { crun: "prints its own shape" } }, (t, box) => {
  const lines = expectSuccess(box.call(["--version"])).stdout.trim().split("\n")
  t.match(lines[0], /^\S+ version \S+$/)
  t.ok(lines.some((line) => /^spec: \d/.test(line)))
  t.equal(lines.filter((line) => line.includes("version")).length, 1)
})

boxTest("global options: before the command, with = and without, repeated [--root, --log-format]", (t, box) => {
  mkdirSync(box.root)
  t.equal(box.call([`--root=${box.root}`, "--root", box.root, "--log-format=json", "list", "-q"]).code, 0)
})

boxTest("unknown command and unknown option: an error on stderr", { skipFor: { runc: "prints its help on stdout for an unknown command" } }, (t, box) => {
  for (const args of [["nonsense"], ["list", "--nonsense"]]) {
    const result = box.call(args)
    t.not(result.code, 0)
    t.not(result.stderr, "")
  }
})

t.end()
