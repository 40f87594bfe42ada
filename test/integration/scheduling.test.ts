import { readFileSync, writeFileSync } from "node:fs"
import t from "tap"
import { command, expectSuccess } from "../../conformance/lib/command.ts"
import { status } from "../../conformance/lib/procfs.ts"
import { boxTest } from "../../conformance/lib/test.ts"

const since = { runc: "1.1 does not know it", crun: "1.8 does not know it" }

/** Fields of /proc/PID/stat from the third on (proc_pid_stat(5)). */
function stat(pid: number): string[] {
  return (readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1] ?? "").split(" ")
}

boxTest("process.scheduler: policy and nice value of init [/process/scheduler/policy=SCHED_BATCH, /process/scheduler/nice]",
  { skipFor: since }, async (t, box) => {
  box.config.process.scheduler = { policy: "SCHED_BATCH", nice: 7 }
  await box.launch("/bin/sleep", "1000")
  t.equal(stat(box.pid)[16], "7", "nice")
  t.equal(stat(box.pid)[38], "3", "SCHED_BATCH")
})

boxTest("process.scheduler: a value the kernel refuses fails create by its name [/process/scheduler/priority]",
  { skipFor: since }, (t, box) => {
  box.config.process.scheduler = { policy: "SCHED_FIFO", priority: 1000 }
  const result = box.args("/bin/true").tryCreate()
  t.not(result.code, 0)
  t.match(result.stderr, /scheduler/)
})

boxTest(
  "process.ioPriority: holds for the process group [/process/ioPriority/class=IOPRIO_CLASS_BE, /process/ioPriority/priority]",
  { skipFor: since }, async (t, box) => {
  box.config.process.ioPriority = { class: "IOPRIO_CLASS_BE", priority: 6 }
  await box.launch("/bin/sleep", "1000")
  t.match(command(["ionice", "-p", String(box.pid)]).stdout, /best-effort: prio 6/)
})

boxTest("exec: execCPUAffinity picks the process's CPUs, init's are all [/process/execCPUAffinity/final]",
  { skipFor: since }, async (t, box) => {
  await box.launch("/bin/sleep", "1000")
  const all = status(box.pid).Cpus_allowed_list
  const args = ["/bin/grep", "Cpus_allowed_list", "/proc/self/status"]
  const pinned = { ...box.config.process, args, execCPUAffinity: { initial: "0", final: "0" } }
  writeFileSync(`${box.folder}/process.json`, JSON.stringify(pinned))
  t.match(expectSuccess(box.call(["exec", "--process", `${box.folder}/process.json`, box.id])).stdout, /^Cpus_allowed_list:\s+0\n$/)
  t.equal(status(box.pid).Cpus_allowed_list, all)
})

boxTest("a runtime that is pinned to a CPU does not pin the container", { skipFor: { runc: "1.1 leaves it", crun: "1.8 leaves it" } }, (t, box) => {
  const free = box.script("grep Cpus_allowed_list /proc/self/status").run().stdout
  const pinned = box.script("grep Cpus_allowed_list /proc/self/status").run([], { before: "taskset -p 1 $$ >/dev/null" }).stdout
  t.equal(pinned, free)
})

t.end()
