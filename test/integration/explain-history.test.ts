import assert from "node:assert/strict"
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { gunzipSync } from "node:zlib"
import Ajv2020 from "ajv/dist/2020.js"
import type { Box } from "../../conformance/lib/box.ts"
import { boxTest } from "../../conformance/lib/test.ts"

const only = { skipFor: { runc: "has no explain", crun: "has no explain" } }

interface Line {
  actor: string
  sentence: string
  call: string
  pointer: string
  step?: number
  plumbing?: true
  condition?: string
  outcome?: { state: string; at?: number; took?: number; errno?: string }
}
interface Explained {
  id: string
  bundle: string
  summary?: { program: string[] }
  happened?: {
    status: string
    pid: number
    recorded: boolean
    stoppedAt?: number
    calls: { command: string; took: number; phases: { text: string }[] }[]
    error?: { command: string; message: string; code: string; pointer?: string; errno?: string; step?: number }
  }
  lines: Line[]
}

const failures = (box: Box): string => `${box.root}/@failures`
const recordOf = (box: Box, id = box.id): string => `${failures(box)}/${id}.json.gz`

/** Outside of the bundle: a folder with a config.json in it would be explained in place of what is not there. */
const explain = (box: Box, ...args: string[]) => box.call(["explain", ...args], { cwd: box.folder })

const isExplanation = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile(
  JSON.parse(readFileSync(new URL("../../schemas/explain.schema.json", import.meta.url), "utf8")) as object,
)

function explained(box: Box): Explained {
  const found = JSON.parse(explain(box, "--format", "json", box.id).stdout) as Explained
  assert.ok(isExplanation(found), `not as schemas/explain.schema.json says: ${JSON.stringify(isExplanation.errors?.slice(0, 3))}`)
  return found
}

const named = ({ lines }: Explained, call: string): Line | undefined => lines.find((line) => line.call.startsWith(`${call}(`))
const states = ({ lines }: Explained): string[] => [...new Set(lines.flatMap(({ outcome }) => (outcome === undefined ? [] : [outcome.state])))].sort()

const NO_TYPE = { destination: "/x", type: "no-such-type", source: "none" }

boxTest("explain of a container that waits, runs, has stopped [explain]", only, async (t, box) => {
  box.args("/bin/sleep", "1000").create()
  const created = explained(box)
  t.same([created.happened?.status, created.happened?.pid, created.happened?.recorded], ["created", box.pid, false])
  t.equal(created.happened?.stoppedAt, named(created, "accept4")?.step)
  t.same([named(created, "pivot_root")?.outcome?.state, named(created, "accept4")?.outcome?.state, named(created, "execve")?.outcome?.state], [
    "done", "waits", "not reached",
  ])
  t.same(created.summary?.program, ["/bin/sleep", "1000"])
  t.match(explain(box, box.id).stdout, new RegExp(`^${box.id} is created: its process ${box.pid} waits for .runts start`))
  box.start()
  const running = explained(box)
  t.same([running.happened?.status, states(running)], ["running", ["done"]])
  t.same(running.lines.map(({ call }) => call), created.lines.map(({ call }) => call), "the same program")
  box.kill()
  await box.reached("stopped")
  t.same([explained(box).happened?.status, explained(box).happened?.pid], ["stopped", 0])
  t.match(explain(box, box.id).stdout, /has stopped: its program ran/)
})

boxTest("explain of a container that was made with --trace: times of each step, of create and of start [explain] [create --trace]", only, (t, box) => {
  box.args("/bin/sleep", "1000").create(["--trace", `${box.folder}/t.json`])
  const created = explained(box)
  t.equal(created.happened?.recorded, true)
  const atCreate = named(created, "clone3")?.outcome
  t.ok((atCreate?.took ?? 0) > 0, "the clone's time")
  t.equal(named(created, "accept4")?.outcome?.state, "waits")
  t.same(created.happened?.calls.map(({ command }) => command), ["create"])
  t.equal(box.call(["start", "--trace", `${box.folder}/t.json`, box.id]).code, 0)
  const running = explained(box)
  t.same(running.happened?.calls.map(({ command }) => command), ["create", "start"])
  t.same(named(running, "clone3")?.outcome, atCreate, "what was done does not change")
  const ran = running.lines.filter(({ actor, outcome }) => actor === "init" && outcome?.at !== undefined)
  t.ok(ran.every(({ outcome }) => (outcome?.took ?? -1) >= 0))
  t.ok((named(running, "execve")?.outcome?.at ?? 0) > (named(running, "accept4")?.outcome?.at ?? 0))
  t.ok((named(running, "execve")?.outcome?.took ?? 0) < 5e9)
  t.match(explain(box, box.id).stdout, /runts create took [\d.]+ ms[^]*runts start took [\d.]+ ms[^]*Its longest steps/)
  t.match(explain(box, "--format", "html", box.id).stdout, /<h2 id="happened-title">What happened<\/h2>/)
  box.call(["start", box.id])
})

boxTest("why a container could not be made is kept: the step, what was done before it, what was not reached [explain]", only, (t, box) => {
  box.config.mounts.push(NO_TYPE)
  box.config.process.env.push("PASSWORD=hunter2")
  const run = box.args("/bin/sh", "-c", "true").run()
  t.equal(run.code, 1)
  t.notOk(existsSync(`${box.root}/${box.id}`), "nothing else is left of it")
  t.same([statSync(failures(box)).mode & 0o777, statSync(recordOf(box)).mode & 0o777], [0o700, 0o600])
  t.ok(statSync(recordOf(box)).size < 20_000, `${statSync(recordOf(box)).size} bytes`)
  t.notMatch(gunzipSync(readFileSync(recordOf(box))).toString(), "hunter2", "no environment")
  const failed = explained(box)
  const pointer = `/mounts/${box.config.mounts.length - 1}`
  t.match(failed.happened, { status: "failed", pid: 0, recorded: false, error: { command: "run", code: "mount-type", pointer, errno: "ENODEV" } })
  t.equal(failed.happened?.error?.step, failed.happened?.stoppedAt)
  const line = failed.lines.find(({ step }) => step === failed.happened?.stoppedAt)
  t.match(line, { pointer, outcome: { state: "failed", errno: "ENODEV" } })
  t.ok(line?.call.startsWith("fsopen(\"no-such-type\""))
  t.same([named(failed, "clone3")?.outcome?.state, named(failed, "pivot_root")?.outcome?.state], ["done", "not reached"])
  t.same(failed.summary?.program, ["/bin/sh", "-c", "true"])
  const text = explain(box, box.id).stdout
  t.match(text, /could not be made: run failed, at step \d+/)
  t.match(text, /fsopen\("no-such-type", FSOPEN_CLOEXEC\) = ENODEV/)
  t.match(explain(box, "--format", "html", box.id).stdout, "could not be made")
  t.same(box.call(["list", "-q"]).stdout, "", "it is no container")
  t.equal(box.call(["delete", "--force", box.id]).code, 0)
  t.ok(existsSync(recordOf(box)), "engines delete what failed at once: the record stays")
})

boxTest("with --trace the record has the times [explain] [run --trace]", only, (t, box) => {
  box.config.mounts.push(NO_TYPE)
  t.equal(box.args("/bin/true").run(["--trace", `${box.folder}/t.json`]).code, 1)
  const failed = explained(box)
  t.equal(failed.happened?.recorded, true)
  t.ok((failed.happened?.calls[0]?.phases.length ?? 0) > 5)
  t.ok((named(failed, "clone3")?.outcome?.took ?? 0) > 0)
})

boxTest("a new container of that name takes the record away, and so does one that is made [explain]", only, (t, box) => {
  box.config.mounts.push(NO_TYPE)
  t.equal(box.args("/bin/true").run().code, 1)
  t.ok(existsSync(recordOf(box)))
  box.config.mounts.pop()
  t.equal(box.run().code, 0)
  t.notOk(existsSync(recordOf(box)))
  const { code, stderr } = explain(box, box.id)
  t.equal(code, 1)
  t.match(stderr, /there is no container .* nor a record/)
})

boxTest("a start that fails: the container is there, and says why [explain]", only, (t, box) => {
  writeFileSync(`${box.rootfs}/bin/odd`, "#!/no/such/interpreter\n")
  chmodSync(`${box.rootfs}/bin/odd`, 0o755)
  box.args("/bin/odd").create()
  t.equal(box.call(["start", box.id]).code, 1)
  const failed = explained(box)
  t.match(failed.happened, { error: { command: "start", code: "executable-interpreter-missing", errno: "ENOENT" } })
  t.same([named(failed, "accept4")?.outcome?.state, named(failed, "execve")?.outcome?.state], ["done", "failed"])
  t.match(explain(box, box.id).stdout, /was made, but its start failed, at step \d+/)
  t.same(existsSync(failures(box)) ? readdirSync(failures(box)) : [], [])
  box.delete("--force")
  t.equal(explain(box, box.id).code, 1, "with the container its record goes")
})

boxTest("the last 32 failures are kept, and none of a call that named another's container [explain]", only, (t, box) => {
  box.config.mounts.push(NO_TYPE)
  box.write()
  for (let i = 0; i < 34; i++) box.call(["run", "--bundle", box.bundle, `f${i}`])
  t.equal(readdirSync(failures(box)).length, 32)
  t.notOk(existsSync(recordOf(box, "f0")), "the oldest went")
  t.ok(existsSync(recordOf(box, "f33")))
  box.config.mounts.pop()
  box.args("/bin/sleep", "1000").create()
  t.not(box.tryCreate().code, 0)
  t.notOk(existsSync(recordOf(box)))
  t.equal(explained(box).happened?.status, "created")
})

boxTest("what stands in the way of a record stops nothing [explain]", only, (t, box) => {
  box.config.mounts.push(NO_TYPE)
  box.args("/bin/true").run()
  rmSync(failures(box), { recursive: true })
  writeFileSync(failures(box), "a file where the folder should be")
  const { code, stderr } = box.run()
  t.equal(code, 1)
  t.match(stderr, "no such device")
  t.equal(stderr.trim().split("\n").length, 1)
})

boxTest("explain of a name that nothing is known of says how to get it; with a bundle it is a name to be [explain] [explain --bundle]", only, (t, box) => {
  const { code, stderr } = explain(box, "unheard-of")
  t.equal(code, 1)
  t.match(stderr, /there is no container "unheard-of".*--bundle/)
  box.args("/bin/sleep", "1000").create()
  const planned = JSON.parse(explain(box, "--format", "json", "--bundle", box.bundle, box.id).stdout) as Explained
  t.equal(planned.happened, undefined, "the bundle was asked for")
  t.same(states(planned), [])
})

boxTest("the page of a container whose bundle is gone cannot be; its text can [explain] [explain --format]", only, (t, box) => {
  box.config.mounts.push(NO_TYPE)
  box.args("/bin/true").run()
  rmSync(`${box.bundle}/config.json`)
  t.equal(explain(box, box.id).code, 0)
  t.equal(explained(box).summary, undefined)
  const { code, stderr } = explain(box, "--format", "html", box.id)
  t.equal(code, 1)
  t.match(stderr, /runts check --bundle .* tells why; --format text and json have what happened/)
})
