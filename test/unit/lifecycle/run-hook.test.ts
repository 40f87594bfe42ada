import { spawn } from "node:child_process"
import { readFileSync, readlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import t from "tap"
import { RuntsError } from "../../../src/error.ts"
import { CLONE } from "../../../src/kernel/process.ts"
import { HOST_ARCHITECTURE } from "../../../src/kernel/syscalls.ts"
import { close } from "../../../src/host/file.ts"
import { runHook, type HookOptions } from "../../../src/lifecycle/run-hook.ts"
import { pidfdOpen, processState } from "../../../src/host/process.ts"
import { planHook } from "../../../src/plan/hook.ts"
import { assemble } from "../../../src/program/assemble.ts"
import { children, messageOf, openDescriptors, temporaryFolder } from "../host/helpers.ts"

const folder = temporaryFolder()
const options: HookOptions = { pointer: "/hooks/createRuntime/1", cwd: folder }
const STATE = '{"id":"c1"}'

/** Runs a shell script as a hook, with a file for what it wants to tell. */
function shell(script: string, more: Partial<HookOptions> = {}, hook: { env?: string[]; timeout?: number } = {}): string {
  const file = join(folder, "told")
  writeFileSync(file, "")
  runHook({ path: "/bin/sh", args: ["hookname", "-c", `exec > ${file} 2>&1; ${script}`], ...hook }, STATE, { ...options, ...more })
  return readFileSync(file, "utf8")
}

const failure = (script: string, hook: { env?: string[]; timeout?: number } = {}, more: Partial<HookOptions> = {}): string =>
  messageOf(() => runHook({ path: "/bin/sh", args: ["sh", "-c", script], ...hook }, STATE, { ...options, ...more }))

const before = openDescriptors()
const childrenBefore = children()

t.test("runHook() gives a hook its state, arguments and working directory", async (t) => {
  t.equal(shell("cat; echo; pwd; echo $0"), `${STATE}\n${folder}\nhookname\n`)
  const cwd = process.cwd()
  t.equal(shell("pwd", { cwd: "/" }), "/\n")
  t.equal(process.cwd(), cwd)
})

t.test("runHook() gives a hook its environment, else the default, else the caller's", async (t) => {
  process.env.RUNTS_TEST_MARK = "here"
  t.match(shell("/usr/bin/env"), /^RUNTS_TEST_MARK=here$/m)
  t.strictSame(shell("/usr/bin/env", {}, { env: ["A=b", "C=d"] }).split("\n").filter((line) => !/^(PWD|_|OLDPWD|SHLVL)=/.test(line)).sort(), ["", "A=b", "C=d"])
  t.notMatch(shell("/usr/bin/env", {}, { env: [] }), /RUNTS_TEST_MARK/)
  t.match(shell("/usr/bin/env", { environment: ["D=e"] }), /^D=e$/m)
  t.notMatch(shell("/usr/bin/env", { environment: ["D=e"] }, { env: ["A=b"] }), /D=e/)
  delete process.env.RUNTS_TEST_MARK
})

t.test("runHook() gives a hook default signals, a session of its own and nothing open but 0, 1, 2", async (t) => {
  const status = shell("grep ^Sig /proc/self/status")
  for (const field of ["SigBlk", "SigIgn"]) t.match(status, new RegExp(`^${field}:\\s+0{16}$`, "m"), "Node ignores SIGPIPE")
  t.equal(shell(`awk '{ print ($6 == $5) }' /proc/$$/stat`), "1\n", "its session is its process group")
  // 3 is the folder that ls reads
  t.equal(shell("ls -1 /proc/self/fd"), "0\n1\n2\n3\n")
  t.equal(shell("ulimit -n"), `${/Max open files\s+(\d+)/.exec(readFileSync("/proc/self/limits", "utf8"))?.[1]}\n`)
})

t.test("runHook() says how a hook failed, with what it printed", async (t) => {
  t.equal(failure("echo out; echo err >&2; exit 3"), 'hooks.createRuntime[1] "/bin/sh": exit status 3, output: "out\\nerr"')
  t.equal(failure("exit 4"), 'hooks.createRuntime[1] "/bin/sh": exit status 4')
  t.equal(failure("kill -9 $$"), 'hooks.createRuntime[1] "/bin/sh": killed by SIGKILL')
  const at = (path: string): string => messageOf(() => runHook({ path }, STATE, options))
  t.equal(at("/none"), 'hooks.createRuntime[1] "/none": no such file or directory')
  t.equal(at(folder), `hooks.createRuntime[1] "${folder}": permission denied`)
  writeFileSync(join(folder, "garbage"), "garbage", { mode: 0o755 })
  t.equal(at(join(folder, "garbage")), `hooks.createRuntime[1] "${folder}/garbage": exec format error`)
  t.equal(
    messageOf(() => runHook({ path: "/bin/true" }, STATE, { ...options, cwd: "/none" })),
    'hooks.createRuntime[1] "/bin/true": change to /none: no such file or directory',
  )
  try {
    runHook({ path: "/none" }, STATE, options)
    t.fail("it throws")
  } catch (error) {
    t.ok(error instanceof RuntsError)
    t.match((error as RuntsError).details, { code: "hook-failed", errno: 2, pointer: "/hooks/createRuntime/1" })
  }
})

t.test("runHook() kills a hook and its children after its timeout", async (t) => {
  const file = join(folder, "pids")
  const start = performance.now()
  const message = failure(`echo waiting; sleep 61 & echo $! > ${file}; wait`, { timeout: 1 })
  const time = performance.now() - start
  t.equal(message, 'hooks.createRuntime[1] "/bin/sh": hook timed out after 1s, output: "waiting"')
  t.ok(time > 990 && time < 3000, `${time} ms`)
  // the signal was sent; its effect takes a moment
  const state = (): string => processState(Number(readFileSync(file, "utf8")))?.state ?? "gone"
  for (let i = 0; i < 500 && !/^(Z|gone)$/.test(state()); i++) await new Promise((resolve) => setTimeout(resolve, 10))
  t.match(state(), /^(Z|gone)$/, "its child was killed too")
})

t.test("runHook() neither waits for a daemon nor for a hook that reads or prints as it likes", async (t) => {
  const file = join(folder, "daemon")
  const start = performance.now()
  runHook({ path: "/bin/sh", args: ["sh", "-c", `sleep 30 & echo $! > ${file}`] }, STATE, options)
  t.ok(performance.now() - start < 5000)
  const daemon = Number(readFileSync(file, "utf8"))
  t.doesNotThrow(() => process.kill(daemon, "SIGKILL"), "it still runs")
  const large = JSON.stringify({ id: "x".repeat(300_000) })
  t.equal(messageOf(() => runHook({ path: "/bin/true" }, large, options)), "", "who does not read a large state is no error")
  const count = join(folder, "count")
  runHook({ path: "/bin/sh", args: ["sh", "-c", `sleep 0.1; wc -c > ${count}`] }, large, options)
  t.equal(readFileSync(count, "utf8").trim(), String(large.length))
  const message = failure("seq 1 100000; exit 1")
  t.ok(message.length < 6000, "the output in an error is bounded")
  t.match(message, /99999\\n100000"$/, "to its last part")
})

t.test("runHook() joins a container's namespaces, its pid namespace included", async (t) => {
  const container = spawn("unshare", ["-fpmuUr", "--mount-proc", "sh", "-c", "mount -t tmpfs none /mnt; echo; exec sleep 60"])
  await new Promise((resolve) => container.stdout.once("data", resolve))
  const init = Number(readFileSync(`/proc/${container.pid}/task/${container.pid}/children`, "utf8"))
  const pidfd = pidfdOpen(init) as number
  const told = (flags: number, script: string): string => {
    const result = failure(`${script}; exit 1`, {}, { namespaces: { pidfd, flags }, cwd: "/mnt" })
    return JSON.parse(/output: (".*")$/s.exec(result)?.[1] ?? '""') as string
  }
  const namespace = (name: string): string => readlinkSync(`/proc/${init}/ns/${name}`)
  const all = CLONE.NEWUSER | CLONE.NEWPID | CLONE.NEWNS | CLONE.NEWUTS
  const seen = told(all, "for n in user pid mnt uts; do readlink /proc/self/ns/$n; done; id -u; echo $$; stat -f -c %T .; ls -1 /proc/self/fd").split("\n")
  t.strictSame(seen.slice(0, 4), ["user", "pid", "mnt", "uts"].map(namespace))
  t.strictSame(seen.slice(4, 5), ["0"])
  t.ok(Number(seen[5]) > 1 && Number(seen[5]) < 100, `pid ${seen[5]} of its namespace`)
  t.strictSame(seen.slice(6), ["tmpfs", "0", "1", "2", "3"])
  t.equal(told(CLONE.NEWUSER | CLONE.NEWUTS | CLONE.NEWNS, "readlink /proc/$PPID/ns/pid || echo outside"), "outside", "no fork without a pid namespace")
  const more = { namespaces: { pidfd, flags: all }, cwd: "/" }
  t.equal(messageOf(() => runHook({ path: "/none" }, STATE, { ...options, ...more })), 'hooks.createRuntime[1] "/none": no such file or directory')
  t.equal(messageOf(() => runHook({ path: "/bin/cat" }, STATE, { ...options, ...more })), "")
  t.match(failure("sleep 60", { timeout: 1 }, more), /hook timed out after 1s$/)
  process.kill(init, "SIGKILL")
  await new Promise((resolve) => container.once("close", resolve))
  t.match(messageOf(() => runHook({ path: "/bin/true" }, STATE, { ...options, ...more })), /join the container's namespaces: no such process/)
  close(pidfd)
})

t.test("planHook() keeps the order that safety needs", async (t) => {
  const request = {
    path: "/h", args: ["h"], env: [], cwd: "/", stdin: 5, stdout: 6, stderr: 6, status: 7, nofile: { soft: 10, hard: Infinity }, pointer: "/hooks/prestart/0",
    namespaces: { pidfd: 8, flags: CLONE.NEWUSER | CLONE.NEWPID },
  }
  const { program, statusCell } = planHook(request)
  const names = program.steps.map((step) => step.name ?? step.kind)
  t.equal(names[0], "prctl", "not dumpable before anything of the container is near")
  t.ok(names.indexOf("prctl") < names.indexOf("setns"))
  t.ok(names.indexOf("setns") < names.indexOf("clone3"))
  t.ok(names.indexOf("clone3") < names.indexOf("setresuid"), "the container's cgroup is the host's to enter")
  t.ok(names.indexOf("clone3") < names.indexOf("setsid"))
  t.strictSame(names.slice(-8), ["dup3", "dup3", "dup3", "close_range", "prctl", "recvfrom", "exit_group", "execve"])
  t.notOk(planHook({ ...request, namespaces: undefined }).program.steps.some((step) => step.name === "setns" || step.name === "clone3"))
  t.ok(assemble(program, { architecture: HOST_ARCHITECTURE, statusCell }).bytes.length < 8192)
})

t.test("no descriptor and no child is left", async (t) => {
  t.strictSame(openDescriptors(), before)
  t.strictSame(children(), childrenBefore)
})
