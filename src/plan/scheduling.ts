import { ERRNO } from "../kernel/errno.ts"
import { AT_FDCWD, O_CLOEXEC, O_WRONLY } from "../kernel/fs.ts"
import { MEMORY_POLICY_FLAGS, MEMORY_POLICY_MODES } from "../kernel/memory-policy.ts"
import { PERSONALITIES } from "../kernel/process.ts"
import {
  IO_PRIORITY_CLASSES, IO_PRIORITY_CLASS_SHIFT, IO_PRIORITY_WHO_PROCESS_GROUP, SCHEDULER_FLAGS, SCHEDULER_POLICIES,
} from "../kernel/scheduling.ts"
import { numberListMask } from "../spec/number-list.ts"
import { integerText } from "../spec/numbers.ts"
import type { IoPriority, MemoryPolicy, Personality, Process, Scheduler } from "../spec/types.gen.ts"
import type { Hints, Planner } from "./planner.ts"

/** struct sched_attr with the utilisation clamps (SCHED_ATTR_SIZE_VER1). */
const SCHED_ATTR_BYTES = 56
/** CPUs that a mask for "all" has; the kernel takes those that there are. */
const ALL_CPUS_BYTES = 1024

/** process.scheduler and process.ioPriority: while the process still may (CAP_SYS_NICE), and when it leads its process group. */
export function planScheduling(planner: Planner, process: Process): void {
  const p = planner.program
  const { scheduler, ioPriority } = process
  if (scheduler !== undefined) {
    planner.at("/process/scheduler")
    const step = p.call("sched_setattr", 0, schedulerAttributes(scheduler), 0).says(`schedule it by ${scheduler.policy}`)
    planner.hint(step, schedulerHints(scheduler))
  }
  if (ioPriority !== undefined) {
    planner.at("/process/ioPriority")
    const step = p.call("ioprio_set", IO_PRIORITY_WHO_PROCESS_GROUP, 0, ioPriorityValue(ioPriority))
    planner.hint(step.says(`give its process group the io priority ${ioPriority.class}`), IO_PRIORITY_HINTS)
  }
  planner.at("")
}

/** struct sched_attr of process.scheduler. */
export function schedulerAttributes(scheduler: Scheduler): Uint8Array {
  const attr = Buffer.alloc(SCHED_ATTR_BYTES)
  const nanoseconds = (value: number | undefined): bigint => BigInt(integerText(value ?? 0, "uint64"))
  attr.writeUInt32LE(SCHED_ATTR_BYTES, 0)
  attr.writeUInt32LE(SCHEDULER_POLICIES[scheduler.policy], 4)
  attr.writeBigUInt64LE(BigInt((scheduler.flags ?? []).reduce<number>((all, flag) => all | SCHEDULER_FLAGS[flag], 0)), 8)
  attr.writeInt32LE(scheduler.nice ?? 0, 16)
  attr.writeUInt32LE(scheduler.priority ?? 0, 20)
  attr.writeBigUInt64LE(nanoseconds(scheduler.runtime), 24)
  attr.writeBigUInt64LE(nanoseconds(scheduler.deadline), 32)
  attr.writeBigUInt64LE(nanoseconds(scheduler.period), 40)
  return attr
}

/** The class and its level as ioprio_set(2) takes them. */
export function ioPriorityValue(ioPriority: IoPriority): number {
  return (IO_PRIORITY_CLASSES[ioPriority.class] << IO_PRIORITY_CLASS_SHIFT) | (ioPriority.priority ?? 0)
}

/** What an errno of sched_setattr(2) means for a policy, and what to try. */
export function schedulerHints({ policy }: Scheduler): Hints {
  const clamps = { [ERRNO.EOPNOTSUPP]: "this kernel is built without utilisation clamps (CONFIG_UCLAMP_TASK)" }
  if (policy === "SCHED_DEADLINE") {
    return {
      ...clamps,
      [ERRNO.EPERM]: "SCHED_DEADLINE takes CAP_SYS_NICE, and a process that no cpuset (linux.resources.cpu.cpus) holds to some of the CPUs",
      [ERRNO.EINVAL]: "see the kernel.sched_deadline_period_min_us and _max_us sysctls for the periods it takes",
      [ERRNO.EBUSY]: "the CPUs have not so much time left for deadline processes",
    }
  }
  if (policy === "SCHED_ISO") return { ...clamps, [ERRNO.EINVAL]: "Linux keeps the number of SCHED_ISO and has no such scheduler" }
  if (policy !== "SCHED_FIFO" && policy !== "SCHED_RR") return { ...clamps, [ERRNO.EPERM]: "a nice value below the caller's takes CAP_SYS_NICE" }
  return {
    ...clamps,
    [ERRNO.EPERM]: `${policy} takes CAP_SYS_NICE, and on cgroup v1 linux.resources.cpu.realtimeRuntime where the kernel limits it by group`,
  }
}

/** The same of ioprio_set(2). */
export const IO_PRIORITY_HINTS: Hints = { [ERRNO.EPERM]: "IOPRIO_CLASS_RT takes CAP_SYS_NICE" }

/** linux.personality and linux.memoryPolicy: of the container's processes, also of those that join it. */
export interface ExecutionSettings {
  readonly personality?: Personality | undefined
  readonly memoryPolicy?: MemoryPolicy | undefined
}

/** Execution domain and NUMA policy; both pass over execve. When the process is in its cgroup, whose cpuset limits the nodes. */
export function planExecutionSettings(planner: Planner, { personality, memoryPolicy }: ExecutionSettings): void {
  const p = planner.program
  if (personality !== undefined) {
    planner.at("/linux/personality")
    p.call("personality", PERSONALITIES[personality.domain]).says(`set the execution domain ${personality.domain}`)
  }
  if (memoryPolicy !== undefined) {
    planner.at("/linux/memoryPolicy")
    const { mode, nodes = "", flags = [] } = memoryPolicy
    const all = flags.reduce<number>((sum, flag) => sum | MEMORY_POLICY_FLAGS[flag], MEMORY_POLICY_MODES[mode])
    const mask = nodes === "" ? undefined : numberListMask(nodes)
    // the kernel takes one from the number of bits
    const step = p.call("set_mempolicy", all, mask ?? 0, mask === undefined ? 0 : mask.length * 8 + 1)
    planner.hint(step.says(`set the memory policy ${mode}${nodes === "" ? "" : ` of the NUMA nodes ${nodes}`}`), memoryPolicyHints(nodes))
  }
  planner.at("")
}

function memoryPolicyHints(nodes: string): Hints {
  return {
    [ERRNO.EINVAL]: nodes === ""
      ? "this kernel does not know the mode or one of the flags"
      : "none of the nodes has memory (/sys/devices/system/node/has_memory) that the cgroup's cpuset allows, or the kernel does not know the mode",
    [ERRNO.ENOSYS]: "this kernel is built without NUMA (CONFIG_NUMA)",
  }
}

/** The runtime's own CPU affinity (an engine may pin it) is none of the container's: its cgroup says what it may use. */
export function resetAffinity(planner: Planner): void {
  const all = planner.program.bytes(new Uint8Array(ALL_CPUS_BYTES).fill(0xff))
  planner.program.call("sched_setaffinity", 0, ALL_CPUS_BYTES, all).orContinue().says("let it run on all CPUs of its cgroup")
}

/**
 * process.execCPUAffinity: the CPUs of a process that joins a container, before and after it is in the container's cgroup.
 * @param list as 0-3,7
 */
export function planAffinity(planner: Planner, list: string, key: "initial" | "final"): void {
  planner.at(`/process/execCPUAffinity/${key}`)
  const mask = numberListMask(list)
  const step = planner.program.call("sched_setaffinity", 0, mask.length, mask).says(`run on the CPUs ${list}`)
  planner.hint(step, { [ERRNO.EINVAL]: "none of them is there and allowed by the cpuset of the cgroup that the process is in" })
  planner.at("")
}

/** process.oomScoreAdj, of a program whose runtime could not write it from outside. Its children inherit it (proc_pid_oom_score_adj(5)). */
export function planOomScore(planner: Planner, process: Process | undefined): void {
  const score = process?.oomScoreAdj
  if (score === undefined) return
  planner.at("/process/oomScoreAdj")
  const p = planner.program
  const text = String(score)
  const file = p.call("openat", AT_FDCWD, "/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC, 0).says("open its oom score")
  const write = p.call("write", file, text, text.length).says(`set the oom score adjustment to ${score}`)
  planner.hint(write, { [ERRNO.EACCES]: "lowering it below what the runtime itself has takes CAP_SYS_RESOURCE" })
  p.call("close", file)
  planner.at("")
}
