import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import Ajv2020 from "ajv/dist/2020.js"
import t, { type Test } from "tap"
import type { Box } from "../../conformance/lib/box.ts"
import { runtimeName } from "../../conformance/lib/environment.ts"
import { boxTest } from "../../conformance/lib/test.ts"

const only = { skipFor: { runc: "has no --trace", crun: "has no --trace" } }
const isTrace = new Ajv2020({ allErrors: true }).compile(
  JSON.parse(readFileSync(new URL("../../schemas/trace.schema.json", import.meta.url), "utf8")) as object,
)
const MS = 1e6

interface Outcome {
  state: string
  at?: number
  took?: number
  result?: number
  errno?: string
}
interface Step {
  step: number
  actor: string
  sentence: string
  call: string
  pointer: string
  plumbing?: true
  outcome?: Outcome
}
interface Event {
  name: string
  ph: string
  pid: number
  ts: number
  dur: number
  args: { call?: string; step?: number; pointer?: string; error?: string; errno?: string; name?: string }
}
interface Trace {
  command: string
  outcome: string
  took: number
  clockAtBeginning: number
  pid: number
  pids: { launcher?: number; process?: number }
  error?: { message: string; step?: number; pointer?: string; errno?: string }
  phases: { text: string; pointer: string; at: number; took: number }[]
  steps: Step[]
  traceEvents: Event[]
}

const fileOf = (box: Box): string => `${box.folder}/trace.json`

/** The trace, which must be of the shape that is documented, and whose times must fit together. */
function readTrace(t: Test, box: Box): Trace {
  const trace = JSON.parse(readFileSync(fileOf(box), "utf8")) as Trace
  t.ok(isTrace(trace), `it is as schemas/trace.schema.json says: ${JSON.stringify(isTrace.errors?.slice(0, 3))}`)
  let end = 0
  for (const { text, at, took } of trace.phases) {
    if (at < end) t.fail(`the phase "${text}" begins at ${at}, before the one before it ends, at ${end}`)
    end = at + took
  }
  t.ok(end <= trace.took && end > trace.took * 0.9, `the phases fill the call: ${end} of ${trace.took} ns`)
  for (const actor of ["launcher", "init", "process"]) {
    const ran = trace.steps.filter((step) => step.actor === actor && step.outcome?.at !== undefined)
      .sort((a, b) => (a.outcome?.at ?? 0) - (b.outcome?.at ?? 0))
    ran.forEach(({ outcome, sentence }, index) => {
      const { at = 0, took = 0 } = outcome as Outcome
      const next = ran[index + 1]?.outcome?.at
      if (at + took > (next ?? trace.took) + 1) t.fail(`"${sentence}" ends at ${at + took}, after what comes next begins, at ${next ?? trace.took}`)
    })
  }
  return trace
}

const stepsOf = (trace: Trace, state: string): Step[] => trace.steps.filter(({ outcome }) => outcome?.state === state)
const named = (trace: Trace, call: string): Step | undefined => trace.steps.find((step) => step.call.startsWith(`${call}(`))

boxTest("run: every step of the program with its time, and what runts does between [run --trace]", only, (t, box) => {
  const before = process.hrtime.bigint()
  const { stdout, code } = box.args("/bin/sh", "-c", "echo hello; exit 3").run(["--trace", fileOf(box)])
  const after = process.hrtime.bigint()
  t.same([stdout, code], ["hello\n", 3])
  const trace = readTrace(t, box)
  t.same([trace.command, trace.outcome, trace.error], ["run", "running", undefined])
  t.ok(trace.clockAtBeginning >= Number(before) - 100 * MS && trace.clockAtBeginning + trace.took <= Number(after), "it lies within the call")
  t.same(stepsOf(trace, "failed").concat(stepsOf(trace, "waits"), stepsOf(trace, "not reached")), [], "all has happened")
  for (const call of ["clone3", "mount", "pivot_root", "capset", "execve"]) t.equal(named(trace, call)?.outcome?.state, "done", call)
  t.equal(named(trace, "clone3")?.outcome?.result, trace.pids.process)
  t.match(named(trace, "execve")?.call, /\["\/bin\/sh", "-c", .*\], \[\d+ variables\]\)$/, "without the values of the environment")
  t.equal(statSync(fileOf(box)).mode & 0o777, 0o600, "which others cannot read either")
  const texts = trace.phases.map(({ text }) => text)
  for (const text of [/^start the engine/, /config\.json/, /^claim/, /^make the cgroups/, /^plan/, /^assemble/, /^wait for the container's init/]) {
    t.ok(texts.some((phase) => text.test(phase)), String(text))
  }
})

boxTest("the file is a trace that Perfetto and Chrome read [run --trace]", only, (t, box) => {
  box.args("/bin/true").run(["--trace", fileOf(box)])
  const { traceEvents, steps, pid, pids, phases } = readTrace(t, box)
  const spans = traceEvents.filter(({ ph }) => ph === "X")
  t.same([...new Set(spans.map((event) => event.pid))].sort(), [pid, pids.launcher, pids.process].sort())
  t.equal(spans.length, phases.length + steps.filter(({ outcome }) => outcome?.at !== undefined).length)
  t.ok(spans.every(({ ts, dur, name }) => ts >= 0 && dur >= 0 && name !== ""))
  const execve = spans.find(({ args }) => args.call?.startsWith("execve(") === true)
  t.equal(execve?.args.pointer, "/process/args/0")
  const names = traceEvents.filter(({ name }) => name === "process_name").map(({ args }) => args.name)
  t.same(names, [`runts run ${box.id}`, "launcher", `init of ${box.id}`])
})

boxTest("create, then start: each tells its part; init waits between [create --trace] [start --trace]", only, async (t, box) => {
  box.args("/bin/sleep", "1000").create(["--trace", fileOf(box)])
  const created = readTrace(t, box)
  t.equal(created.outcome, "created")
  t.equal(created.pids.process, box.pid)
  t.ok(stepsOf(created, "not reached").some(({ call }) => call.startsWith("execve(")), "the program does not run yet")
  t.ok(named(created, "pivot_root")?.outcome?.at !== undefined)
  await new Promise((resolve) => setTimeout(resolve, 300))
  t.equal(box.call(["start", "--trace", fileOf(box), box.id]).code, 0)
  const started = readTrace(t, box)
  t.same([started.command, started.outcome, started.pids.process], ["start", "running", box.pid])
  t.equal(named(started, "execve")?.outcome?.state, "done")
  t.equal(named(started, "pivot_root"), undefined, "what create did is in its trace")
  t.ok((named(started, "execve")?.outcome?.at ?? 0) > 0)
  t.ok(started.clockAtBeginning - created.clockAtBeginning > 300 * MS)
})

boxTest("start of a container that was made without tells what runts does [start --trace]", only, (t, box) => {
  box.args("/bin/sleep", "1000").create()
  t.same(readdirSync(`${box.root}/${box.id}`).filter((name) => name.includes("trace")), [], "nothing is recorded that nobody asked for")
  t.equal(box.call(["start", "--trace", fileOf(box), box.id]).code, 0)
  const trace = readTrace(t, box)
  t.same(trace.steps, [])
  t.ok(trace.phases.length > 2)
})

boxTest("exec: its launcher and its process [exec --trace]", only, async (t, box) => {
  await box.launch("/bin/sleep", "1000")
  t.equal(box.exec(["/bin/sh", "-c", "exit 5"], ["--trace", fileOf(box)]).code, 5)
  const trace = readTrace(t, box)
  t.same([trace.command, trace.outcome], ["exec", "running"])
  t.same([...new Set(trace.steps.map(({ actor }) => actor))], ["launcher", "process"])
  t.equal(named(trace, "setns")?.outcome?.state, "done")
  t.equal(named(trace, "execve")?.outcome?.state, "done")
})

boxTest("the step that fails is named, and what came after it was not reached [run --trace]", only, (t, box) => {
  box.config.mounts.push({ destination: "/x", type: "no-such-type", source: "none" })
  const { code, stderr } = box.args("/bin/true").run(["--trace", fileOf(box)])
  t.equal(code, 1)
  const trace = readTrace(t, box)
  t.equal(trace.outcome, "failed")
  const pointer = `/mounts/${box.config.mounts.length - 1}`
  t.equal(trace.error?.pointer, pointer)
  t.ok(stderr.includes(trace.error?.message ?? "?"), stderr)
  const [failed, ...more] = stepsOf(trace, "failed")
  t.same(more, [])
  t.same([failed?.step, failed?.pointer, failed?.outcome?.errno], [trace.error?.step, pointer, "ENODEV"])
  t.ok(failed?.call.startsWith("fsopen(\"no-such-type\""), String(failed?.call))
  t.equal(named(trace, "pivot_root")?.outcome?.state, "not reached")
  t.ok(stepsOf(trace, "done").length > 20)
  t.ok(trace.traceEvents.some(({ args }) => args.error === trace.error?.message))
})

boxTest("a program that is missing, and an interpreter that is: the last steps are there too [run --trace] [start --trace]", only, (t, box) => {
  box.args("no-such-program").run(["--trace", fileOf(box)])
  const missing = readTrace(t, box)
  t.match(stepsOf(missing, "failed")[0]?.sentence, /find "no-such-program" in PATH/)
  writeFileSync(`${box.rootfs}/bin/odd`, "#!/no/such/interpreter\n", { mode: 0o755 })
  box.args("/bin/odd").create()
  t.equal(box.call(["start", "--trace", fileOf(box), box.id]).code, 1)
  t.equal(readTrace(t, box).outcome, "failed")
  box.delete("--force")
  t.equal(box.run(["--trace", fileOf(box)]).code, 1)
  const odd = readTrace(t, box)
  t.ok(stepsOf(odd, "failed")[0]?.call.startsWith("execve("))
})

boxTest("start that fails: execve is the step of a container that was made with it [start --trace]", only, (t, box) => {
  writeFileSync(`${box.rootfs}/bin/odd`, "#!/no/such/interpreter\n", { mode: 0o755 })
  box.args("/bin/odd").create(["--trace", fileOf(box)])
  t.equal(box.call(["start", "--trace", fileOf(box), box.id]).code, 1)
  const trace = readTrace(t, box)
  t.same(stepsOf(trace, "failed").map(({ call }) => call.split("(")[0]), ["execve"])
})

boxTest("exec that fails, and a container that is not there: the file is written all the same [exec --trace] [start --trace]", only, async (t, box) => {
  await box.launch("/bin/sleep", "1000")
  t.equal(box.exec(["no-such-program"], ["--trace", fileOf(box)]).code, 255)
  const failed = readTrace(t, box)
  t.same([failed.outcome, failed.error?.errno], ["failed", "ENOENT"])
  t.equal(stepsOf(failed, "failed")[0]?.actor, "process")
  t.equal(box.call(["start", "--trace", fileOf(box), "nobody"]).code, 1)
  const missing = readTrace(t, box)
  t.same([missing.outcome, missing.steps.length], ["failed", 0])
  t.match(missing.error?.message, "does not exist")
})

boxTest("what fails before there is a program: the phase is the last [create --trace]", only, (t, box) => {
  box.config.linux.resources = { memory: { limit: 4096, swap: 1024 } }
  t.equal(box.tryCreate(["--trace", fileOf(box)]).code, 1)
  const trace = readTrace(t, box)
  t.same([trace.outcome, trace.steps], ["failed", []])
  t.ok(trace.error?.message !== undefined)
  t.equal(trace.traceEvents.at(-1)?.args.error, trace.error?.message)
})

boxTest("hooks have their names and times [run --trace]", only, (t, box) => {
  box.config.hooks = {
    prestart: [{ path: "/bin/sh", args: ["sh", "-c", "sleep 0.2"] }],
    poststart: [{ path: "/bin/true" }],
  }
  t.equal(box.args("/bin/true").run(["--trace", fileOf(box)]).code, 0)
  const { phases } = readTrace(t, box)
  const hook = phases.find(({ pointer }) => pointer === "/hooks/prestart/0")
  t.match(hook?.text, "prestart[0]: /bin/sh")
  t.ok((hook?.took ?? 0) > 200 * MS, `${hook?.took} ns`)
  t.ok(phases.some(({ pointer }) => pointer === "/hooks/poststart/0"))
})

boxTest("a file that cannot be made is told before anything is [run --trace]", only, (t, box) => {
  const { code, stderr } = box.args("/bin/true").run(["--trace", `${box.folder}/missing/trace.json`])
  t.equal(code, 1)
  t.match(stderr, /--trace/)
  t.match(stderr, "no such file or directory")
  t.notOk(existsSync(`${box.root}/${box.id}`))
})

boxTest("the same with ids of its own, a clock of its own, and a filter that lets nobody ask for the time [run --trace]", {
  ...only, needs: ["time namespace"],
}, (t, box) => {
  box.config.linux.namespaces.push({ type: "time" })
  box.config.linux.timeOffsets = { monotonic: { secs: 1_000_000 } }
  box.config.linux.seccomp = {
    defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64"],
    syscalls: [{ names: ["clock_gettime"], action: "SCMP_ACT_KILL_PROCESS" }],
  }
  t.equal(box.args("/bin/true").run(["--trace", fileOf(box)]).code, 0)
  const trace = readTrace(t, box)
  t.ok(stepsOf(trace, "done").every(({ outcome }) => (outcome?.at ?? 0) <= trace.took), "times are the host's")
  t.ok(named(trace, "seccomp")?.outcome?.at !== undefined)
  t.same(named(trace, "execve")?.outcome, { state: "done" }, "done, without a time")
})

boxTest("in a user namespace the times are there too, and its ids are written between [run --trace]", only, (t, box) => {
  box.mapIds()
  t.equal(box.args("/bin/true").run(["--trace", fileOf(box)]).code, 0)
  const trace = readTrace(t, box)
  t.equal(named(trace, "execve")?.outcome?.state, "done")
  t.ok(trace.phases.some(({ pointer }) => pointer === "/linux/uidMappings"))
})

boxTest("a container that waits is as small as before, and holds nothing of the trace once it runs [create --trace]", only, (t, box) => {
  const rss = (pid: number): number => Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1])
  box.args("/bin/sleep", "1000").create()
  const plain = rss(box.pid)
  t.ok(plain <= 52, `without --trace ${plain} kB`)
  t.notMatch(readFileSync(`/proc/${box.pid}/maps`, "utf8"), "trace.times")
  box.delete("--force")
  box.create(["--trace", fileOf(box)])
  const traced = rss(box.pid)
  t.ok(traced <= plain + 64, `with it ${traced} kB`)
  t.match(readFileSync(`/proc/${box.pid}/maps`, "utf8"), "trace.times")
  box.start()
  t.notMatch(readFileSync(`/proc/${box.pid}/maps`, "utf8"), "trace.times")
})

if (runtimeName !== "runts") t.pass("only runts records")
