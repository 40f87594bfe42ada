import { getPriority } from "node:os"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { cpus } from "node:os"
import t from "tap"
import type { Box } from "../../conformance/lib/box.ts"
import { command, expectSuccess, type Result, said, until } from "../../conformance/lib/command.ts"
import { cgroupPrefix, cgroupRoots } from "../../conformance/lib/environment.ts"
import { status } from "../../conformance/lib/procfs.ts"
import { boxTest } from "../../conformance/lib/test.ts"
import { SCHEDULER_POLICIES } from "../../src/kernel/scheduling.ts"

const skipFor = { runc: "1.1 does not know it", crun: "1.8 does not know it" }

/** Fields of /proc/PID/stat from the third on (proc_pid_stat(5)). */
function stat(pid: number): { nice: number; realtime: number; policy: number } {
  const fields = (readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1] ?? "").split(" ")
  return { nice: Number(fields[16]), realtime: Number(fields[37]), policy: Number(fields[38]) }
}

/** The cpu hierarchy of cgroup v1, where the kernel gives each group a share of real time: none, unless told (CONFIG_RT_GROUP_SCHED). */
const groups = cgroupRoots.find((root) => existsSync(`${root}/cpu.rt_runtime_us`))

/** Lets the container's cgroup have real-time processes. */
function allowRealtime(box: Box): void {
  if (groups === undefined) return
  const parent = groups + cgroupPrefix
  mkdirSync(parent, { recursive: true })
  // containers that are gone count for a while
  writeFileSync(`${parent}/cpu.rt_runtime_us`, "300000")
  box.config.linux.resources = { cpu: { realtimeRuntime: 10_000, realtimePeriod: 1_000_000 } }
}

/** What chrt(1) says of a process. */
const chrt = (pid: number): string => command(["chrt", "-p", String(pid)]).stdout

const PLAIN = [
  [{ policy: "SCHED_OTHER", nice: 3 }, { nice: 3, realtime: 0 }],
  [{ policy: "SCHED_OTHER", nice: -5 }, { nice: -5, realtime: 0 }],
  [{ policy: "SCHED_BATCH", nice: 7 }, { nice: 7, realtime: 0 }],
  // these policies leave the caller's nice value as it is (sched(7))
  [{ policy: "SCHED_IDLE" }, { nice: getPriority(), realtime: 0 }],
  [{ policy: "SCHED_FIFO", priority: 10 }, { nice: getPriority(), realtime: 10 }],
  [{ policy: "SCHED_RR", priority: 99 }, { nice: getPriority(), realtime: 99 }],
] as const

for (const userNamespace of [false, true]) {
  const where = userNamespace ? "in a user namespace, from outside" : "of init and exec"
  boxTest(`policy, nice value and priority ${where} [/process/scheduler/policy, /process/scheduler/nice, /process/scheduler/priority]`,
    { differs: ["priorities"], skipFor }, async (t, box) => {
      if (userNamespace) box.mapIds()
      allowRealtime(box)
      const pidFile = `${box.folder}/pid`
      const file = `${box.folder}/process.json`
      for (const [scheduler, shown] of PLAIN) {
        box.config.process.scheduler = scheduler
        await box.launch("/bin/sleep", "1000")
        const wanted = { ...shown, policy: SCHEDULER_POLICIES[scheduler.policy] }
        t.same(stat(box.pid), wanted, `${scheduler.policy}: init`)
        writeFileSync(file, JSON.stringify(box.config.process))
        expectSuccess(box.call(["exec", "--detach", "--pid-file", pidFile, "--process", file, box.id]))
        t.same(stat(Number(readFileSync(pidFile, "utf8"))), wanted, `${scheduler.policy}: exec`)
        box.delete("--force")
      }
    })
}

boxTest(
  "SCHED_DEADLINE and its flags [/process/scheduler/**, /process/scheduler/flags=SCHED_FLAG_RECLAIM|SCHED_FLAG_DL_OVERRUN]",
  { differs: ["priorities"], skipFor }, async (t, box) => {
    const flags = ["SCHED_FLAG_RESET_ON_FORK", "SCHED_FLAG_RECLAIM", "SCHED_FLAG_DL_OVERRUN"]
    box.config.process.scheduler = { policy: "SCHED_DEADLINE", runtime: 1_000_000, deadline: 20_000_000, period: 50_000_000, flags }
    await box.launch("/bin/sleep", "1000")
    t.match(chrt(box.pid), /SCHED_DEADLINE\|SCHED_RESET_ON_FORK/)
    t.match(chrt(box.pid), /1000000\/20000000\/50000000/)
    box.delete("--force")
    box.config.process.scheduler = { policy: "SCHED_DEADLINE", runtime: 1_000_000, deadline: 20_000_000 }
    await box.launch("/bin/sleep", "1000")
    t.match(chrt(box.pid), /1000000\/20000000\/20000000/, "no period: the deadline")
  },
)

boxTest("SCHED_FLAG_RESET_ON_FORK: children are ordinary [/process/scheduler/flags=SCHED_FLAG_RESET_ON_FORK]", { differs: ["priorities"], skipFor }, async (t, box) => {
  allowRealtime(box)
  box.config.process.scheduler = { policy: "SCHED_FIFO", priority: 5, flags: ["SCHED_FLAG_RESET_ON_FORK"] }
  await box.launch("/bin/sh", "-c", "sleep 1000; true")
  t.same(stat(box.pid), { nice: getPriority(), realtime: 5, policy: SCHEDULER_POLICIES.SCHED_FIFO })
  const child = await until("the child", () => Number(readFileSync(`/proc/${box.pid}/task/${box.pid}/children`, "utf8")) || undefined)
  t.same(stat(child), { nice: 0, realtime: 0, policy: SCHEDULER_POLICIES.SCHED_OTHER })
})

boxTest("what the caller has is kept [/process/scheduler/flags=SCHED_FLAG_KEEP_POLICY|SCHED_FLAG_KEEP_PARAMS]", { differs: ["priorities"], skipFor }, (t, box) => {
  box.args("/bin/sleep", "1000")
  const before = 'exec nice -n 6 chrt -b 0 "$@"'
  box.config.process.scheduler = { policy: "SCHED_OTHER", nice: 2, flags: ["SCHED_FLAG_KEEP_POLICY"] }
  box.create([], { before })
  t.same(stat(box.pid), { nice: 2, realtime: 0, policy: SCHEDULER_POLICIES.SCHED_BATCH })
  box.delete("--force")
  box.config.process.scheduler = { policy: "SCHED_IDLE", nice: 2, flags: ["SCHED_FLAG_KEEP_PARAMS"] }
  box.create([], { before })
  t.same(stat(box.pid), { nice: getPriority() + 6, realtime: 0, policy: SCHEDULER_POLICIES.SCHED_BATCH }, "the kernel counts the policy among them")
})

boxTest("utilisation clamps have no values: a warning [/process/scheduler/flags=SCHED_FLAG_UTIL_CLAMP_MIN|SCHED_FLAG_UTIL_CLAMP_MAX]", { skipFor }, (t, box) => {
  for (const flag of ["SCHED_FLAG_UTIL_CLAMP_MIN", "SCHED_FLAG_UTIL_CLAMP_MAX"]) {
    box.config.process.scheduler = { policy: "SCHED_OTHER", flags: [flag] }
    const log = `${box.folder}/${flag}`
    box.args("/bin/true").write()
    const result = box.call(["--log", log, "run", "--bundle", box.bundle, box.id])
    t.match(readFileSync(log, "utf8"), /level=warning.*UTIL_CLAMP_MIN/)
    // a kernel without CONFIG_UCLAMP_TASK refuses it
    if (result.code !== 0) t.match(readFileSync(log, "utf8"), /CONFIG_UCLAMP_TASK/)
  }
})

boxTest("a real-time policy in a v1 cgroup without real time is explained [/process/scheduler/policy]", { skipFor, needs: ["hybrid"] }, (t, box) => {
  box.config.process.scheduler = { policy: "SCHED_RR", priority: 1 }
  const result = box.tryCreate()
  if (groups === undefined) t.equal(result.code, 0)
  else t.match(said(result), /SCHED_RR: operation not permitted.*linux\.resources\.cpu\.realtimeRuntime/)
})

boxTest("SCHED_DEADLINE beside a cpuset is explained [/process/scheduler/policy=SCHED_DEADLINE]", { differs: ["priorities"], skipFor, needs: ["hybrid"] }, (t, box) => {
  box.config.linux.resources = { cpu: { cpus: "0" } }
  box.config.process.scheduler = { policy: "SCHED_DEADLINE", runtime: 1_000_000, deadline: 20_000_000 }
  const result = box.tryCreate()
  // with one CPU it holds the process to all of them
  if (cpus().length === 1) t.equal(result.code, 0)
  else t.match(said(result), /SCHED_DEADLINE: operation not permitted.*linux\.resources\.cpu\.cpus/)
})

boxTest("what the kernel refuses is explained [/process/scheduler/policy]", { skipFor }, (t, box) => {
  box.args("/bin/true")
  const unprivileged = 'exec setpriv --bounding-set=-sys_nice -- "$@"'
  const cases: [scheduler: object, before: string | undefined, message: RegExp][] = [
    [{ policy: "SCHED_ISO" }, undefined, /SCHED_ISO: invalid argument.*no such scheduler/],
    [{ policy: "SCHED_FIFO", priority: 1 }, unprivileged, /SCHED_FIFO: operation not permitted.*CAP_SYS_NICE/],
    [{ policy: "SCHED_OTHER", nice: -1 }, unprivileged, /SCHED_OTHER: operation not permitted.*CAP_SYS_NICE/],
    [{ policy: "SCHED_DEADLINE", runtime: 1024, deadline: 2048 }, undefined, /SCHED_DEADLINE: invalid argument.*sched_deadline_period_min_us/],
    [{ policy: "SCHED_DEADLINE", runtime: 999_000_000, deadline: 1e9, period: 1e9 }, unprivileged, /SCHED_DEADLINE: operation not permitted/],
  ]
  for (const [scheduler, before, message] of cases) {
    box.config.process.scheduler = scheduler
    const result = box.tryCreate([], before === undefined ? {} : { before })
    t.not(result.code, 0)
    t.match(said(result), message)
  }
})

const CLASSES = [
  [{ class: "IOPRIO_CLASS_RT", priority: 1 }, /realtime: prio 1/],
  [{ class: "IOPRIO_CLASS_BE", priority: 6 }, /best-effort: prio 6/],
  [{ class: "IOPRIO_CLASS_IDLE" }, /idle/],
] as const

for (const userNamespace of [false, true]) {
  boxTest(`ioPriority: each class${userNamespace ? ", in a user namespace" : ""} [/process/ioPriority/class, /process/ioPriority/priority]`, { differs: ["priorities"], skipFor },
    async (t, box) => {
      if (userNamespace) box.mapIds()
      const pidFile = `${box.folder}/pid`
      const file = `${box.folder}/process.json`
      for (const [ioPriority, shown] of CLASSES) {
        box.config.process.ioPriority = ioPriority
        await box.launch("/bin/sleep", "1000")
        t.match(command(["ionice", "-p", String(box.pid)]).stdout, shown, "init")
        writeFileSync(file, JSON.stringify(box.config.process))
        expectSuccess(box.call(["exec", "--detach", "--pid-file", pidFile, "--process", file, box.id]))
        t.match(command(["ionice", "-p", readFileSync(pidFile, "utf8")]).stdout, shown, "exec")
        t.match(command(["ionice", "-P", String(box.pid)]).stdout, shown, "init's process group")
        box.delete("--force")
      }
    })
}

boxTest("execCPUAffinity: without final the container's CPUs, whatever initial is [/process/execCPUAffinity/initial, /process/execCPUAffinity/final]",
  { skipFor }, async (t, box) => {
    await box.launch("/bin/sleep", "1000")
    const all = status(box.pid).Cpus_allowed_list
    const file = `${box.folder}/process.json`
    const exec = (execCPUAffinity: object): Result => {
      const args = ["/bin/sed", "-n", "s/^Cpus_allowed_list:.//p", "/proc/self/status"]
      writeFileSync(file, JSON.stringify({ ...box.config.process, args, execCPUAffinity }))
      return box.call(["exec", "--process", file, box.id])
    }
    t.equal(expectSuccess(exec({ initial: "0" })).stdout.trim(), all)
    t.equal(expectSuccess(exec({ initial: "0", final: "" })).stdout.trim(), all, "empty")
    t.equal(expectSuccess(exec({ final: "0" })).stdout.trim(), "0")
    t.equal(expectSuccess(exec({ final: " 0 , 5000-5010,65535" })).stdout.trim(), "0", "CPUs that are not there")
    for (const key of ["initial", "final"]) {
      const result = exec({ [key]: "60000" })
      t.equal(result.code, 255)
      t.match(said(result), /run on the CPUs 60000: invalid argument.*none of them/)
    }
    t.match(said(exec({ final: "3-1" })), /\/execCPUAffinity\/final.*ends before it begins/)
    t.match(said(exec({ final: "0-4000000000" })), /above 65535/)
    t.equal(status(box.pid).Cpus_allowed_list, all, "init's stay")
  })

boxTest("execCPUAffinity: initial is the launcher's, before the cgroup, and final the process's [/process/execCPUAffinity/initial]", { differs: ["a tracer"], skipFor },
  async (t, box) => {
    await box.launch("/bin/sleep", "1000")
    const file = `${box.folder}/process.json`
    writeFileSync(file, JSON.stringify({ ...box.config.process, args: ["/bin/true"], execCPUAffinity: { initial: "0", final: "0-1" } }))
    const trace = `${box.folder}/trace`
    const before = `exec strace -f -o ${trace} -e trace=sched_setaffinity,clone3,setns "$@"`
    expectSuccess(box.call(["exec", "--process", file, box.id], { before }))
    const order = readFileSync(trace, "utf8").split("\n").flatMap((line) => {
      const call = / (sched_setaffinity\(0, 8, \[[^\]]*\]|setns|clone3\(\{flags=CLONE_PARENT)/.exec(line)
      return call === null ? [] : [(call[1] as string).replace(/\(\{.*/, "")]
    })
    t.same(order, ["sched_setaffinity(0, 8, [0]", "setns", "clone3", "sched_setaffinity(0, 8, [0 1]"])
  })

t.end()
