import { readFileSync } from "node:fs"
import t from "tap"
import { command, expectSuccess } from "../../conformance/lib/command.ts"
import { boxTest } from "../../conformance/lib/test.ts"
import { RLIMITS } from "../../src/kernel/process.ts"
import { IO_PRIORITY_CLASSES, SCHEDULER_POLICIES } from "../../src/kernel/scheduling.ts"

/* What process takes by name: every word, as the kernel shows it of the container's process. */

const SINCE = { skipFor: { runc: "1.1 does not know it", crun: "1.8 does not know it" } } as const

/** Lines of /proc/PID/limits (proc_pid_limits(5)) by the names of config.json. */
const LIMIT_LINES: Readonly<Record<keyof typeof RLIMITS, string>> = {
  RLIMIT_CPU: "cpu time", RLIMIT_FSIZE: "file size", RLIMIT_DATA: "data size", RLIMIT_STACK: "stack size", RLIMIT_CORE: "core file size",
  RLIMIT_RSS: "resident set", RLIMIT_NPROC: "processes", RLIMIT_NOFILE: "open files", RLIMIT_MEMLOCK: "locked memory", RLIMIT_AS: "address space",
  RLIMIT_LOCKS: "file locks", RLIMIT_SIGPENDING: "pending signals", RLIMIT_MSGQUEUE: "msgqueue size", RLIMIT_NICE: "nice priority",
  RLIMIT_RTPRIO: "realtime priority", RLIMIT_RTTIME: "realtime timeout",
}

boxTest("rlimits: every type, soft and hard [/process/rlimits/**, /process/rlimits/*/type=*]", (t, box) => {
  const types = Object.keys(RLIMITS) as (keyof typeof RLIMITS)[]
  const own = readFileSync("/proc/self/limits", "utf8").split("\n")
  // Large enough to live with, different for each, and no more than these tests have: raising a limit takes a capability
  const value = (type: keyof typeof RLIMITS): number => {
    const hard = own.find((one) => one.startsWith(`Max ${LIMIT_LINES[type]} `))?.slice(`Max ${LIMIT_LINES[type]}`.length).trim().split(/\s+/)[1]
    return Math.max(0, (hard === "unlimited" ? 1_000_000_000 : Number(hard)) - RLIMITS[type])
  }
  box.config.process.rlimits = types.map((type) => ({ type, soft: Math.max(0, value(type) - 1), hard: value(type) }))
  const lines = box.inside("cat /proc/self/limits").split("\n")
  for (const type of types) {
    const line = lines.find((one) => one.startsWith(`Max ${LIMIT_LINES[type]} `))
    t.same(line?.slice(`Max ${LIMIT_LINES[type]}`.length).trim().split(/\s+/).slice(0, 2), [String(Math.max(0, value(type) - 1)), String(value(type))], type)
  }
})

boxTest("rlimits: no limit is the largest number there is [/process/rlimits/*/soft, /process/rlimits/*/hard]", (t, box) => {
  box.config.process.rlimits = [{ type: "RLIMIT_CORE", soft: 1, hard: 2 }]
  const text = JSON.stringify(box.args("/bin/cat", "/proc/self/limits").config)
  const file = `${box.bundle}/config.json`
  expectSuccess(command(["/bin/sh", "-c", `cat >${file}`], { input: text.replace('"soft":1,"hard":2', '"soft":9007199254740993,"hard":18446744073709551615') }))
  const { stdout } = expectSuccess(box.call(["run", "--bundle", box.bundle, box.id]))
  t.match(stdout, /Max core file size +9007199254740993 +unlimited /, "every digit counts")
})

/** Field of /proc/PID/stat by its number in proc_pid_stat(5). */
function stat(pid: number, field: number): string | undefined {
  return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ")[field - 3]
}

/** As config.json has it, and what chrt(1) says of it; undefined: no kernel has it, and the error says so. */
const SCHEDULERS: readonly (readonly [scheduler: { policy: keyof typeof SCHEDULER_POLICIES } & Record<string, unknown>, chrt: RegExp | undefined])[] = [
  [{ policy: "SCHED_OTHER", nice: -5 }, /SCHED_OTHER\n[^]*: 0\n/],
  [{ policy: "SCHED_BATCH", flags: ["SCHED_FLAG_RESET_ON_FORK"] }, /SCHED_BATCH\|SCHED_RESET_ON_FORK\n/],
  [{ policy: "SCHED_IDLE" }, /SCHED_IDLE\n/],
  [{ policy: "SCHED_FIFO", priority: 3 }, /SCHED_FIFO\n[^]*priority: 3\n/],
  [{ policy: "SCHED_RR", priority: 99, flags: ["SCHED_FLAG_RESET_ON_FORK"] }, /SCHED_RR\|SCHED_RESET_ON_FORK\n[^]*priority: 99\n/],
  [{ policy: "SCHED_DEADLINE", runtime: 10_000_000, deadline: 20_000_000, period: 30_000_000 },
    /SCHED_DEADLINE\n[^]*parameters: 10000000\/20000000\/30000000\n/],
  [{ policy: "SCHED_ISO" }, undefined],
]

boxTest("scheduler: every policy with its members [/process/scheduler/**, /process/scheduler/policy=*]", { differs: ["controllers of systemd's choice"], ...SINCE, needs: ["v2"], skipIn: { uml: "its kernel keeps real time for the root cgroup" },
}, async (t, box) => {
  for (const [scheduler, chrt] of SCHEDULERS) {
    box.config.process.scheduler = scheduler
    const created = box.args("/bin/sleep", "1000").tryCreate()
    if (chrt === undefined) {
      t.not(created.code, 0)
      t.match(created.stderr, /scheduler/)
      continue
    }
    t.equal(created.code, 0, `${scheduler.policy}: ${created.stderr}`)
    if (created.code !== 0) continue
    box.start()
    t.equal(stat(box.pid, 41), String(SCHEDULER_POLICIES[scheduler.policy]), scheduler.policy)
    t.match(expectSuccess(command(["chrt", "-p", String(box.pid)])).stdout, chrt)
    if (scheduler.nice !== undefined) t.equal(stat(box.pid, 19), String(scheduler.nice))
    box.delete("--force")
  }
})

const CLASS_NAMES = { IOPRIO_CLASS_RT: "realtime", IOPRIO_CLASS_BE: "best-effort", IOPRIO_CLASS_IDLE: "idle" } as const

boxTest("ioPriority: every class [/process/ioPriority/class=*, /process/ioPriority/priority]", { ...SINCE, differs: ["priorities"] }, (t, box) => {
  for (const name of Object.keys(IO_PRIORITY_CLASSES) as (keyof typeof IO_PRIORITY_CLASSES)[]) {
    box.config.process.ioPriority = { class: name, priority: 5 }
    box.args("/bin/sleep", "1000").create()
    box.start()
    t.match(expectSuccess(command(["ionice", "-p", String(box.pid)])).stdout, name === "IOPRIO_CLASS_IDLE" ? /^idle/ : `${CLASS_NAMES[name]}: prio 5`)
    box.delete("--force")
  }
})

boxTest("devices: every type; resources.devices: every type [/linux/devices/*/type=*, /linux/resources/devices/*/type=*]", { differs: ["device nodes"] }, (t, box) => {
  box.config.linux.devices = [
    { type: "c", path: "/dev/c", major: 251, minor: 250, fileMode: 0o600 }, { type: "u", path: "/dev/u", major: 251, minor: 250, fileMode: 0o640 },
    { type: "b", path: "/dev/b", major: 251, minor: 250, fileMode: 0o604 }, { type: "p", path: "/dev/p", fileMode: 0o622 },
  ]
  box.config.linux.resources = {
    devices: [
      { allow: false, access: "rwm" }, { allow: true, type: "c", major: 251, minor: 250, access: "r" }, { allow: true, type: "b", major: 251, access: "rm" },
    ],
  }
  const show = "stat -c '%n %F %t %T %a' /dev/c /dev/u /dev/b /dev/p; for d in c b; do (exec 3</dev/$d) 2>&1 | sed 's/.*: //'; (exec 3>>/dev/$d) 2>&1 | sed 's/.*: //'; done"
  const lines = (): string[] => box.inside(show).split("\n")
  const nodes = [
    "/dev/c character special file fb fa 600", "/dev/u character special file fb fa 640", "/dev/b block special file fb fa 604", "/dev/p fifo 0 0 622",
  ]
  // None has a driver, which only who may open it learns: /dev/c for reading, /dev/b for reading
  const missing = "No such device or address"
  t.same(lines(), [...nodes, missing, "Operation not permitted", missing, "Operation not permitted"])
  box.config.linux.resources = { devices: [{ allow: false, type: "a", access: "rwm" }, { allow: true, type: "a", access: "rwm" }] }
  t.same(lines(), [...nodes, missing, missing, missing, missing], "a is all")
})

t.end()
