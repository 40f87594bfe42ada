import type { Process } from "../spec/types.gen.ts"
import {
  IO_PRIORITY_CLASSES, IO_PRIORITY_CLASS_SHIFT, IO_PRIORITY_WHO_PROCESS_GROUP, SCHEDULER_FLAGS, SCHEDULER_POLICIES,
} from "../kernel/scheduling.ts"
import type { Planner } from "./planner.ts"

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
    const attr = Buffer.alloc(SCHED_ATTR_BYTES)
    attr.writeUInt32LE(SCHED_ATTR_BYTES, 0)
    attr.writeUInt32LE(SCHEDULER_POLICIES[scheduler.policy], 4)
    attr.writeBigUInt64LE(BigInt((scheduler.flags ?? []).reduce<number>((all, flag) => all | SCHEDULER_FLAGS[flag], 0)), 8)
    attr.writeInt32LE(scheduler.nice ?? 0, 16)
    attr.writeUInt32LE(scheduler.priority ?? 0, 20)
    attr.writeBigUInt64LE(BigInt(scheduler.runtime ?? 0), 24)
    attr.writeBigUInt64LE(BigInt(scheduler.deadline ?? 0), 32)
    attr.writeBigUInt64LE(BigInt(scheduler.period ?? 0), 40)
    p.call("sched_setattr", 0, attr, 0).says(`schedule it by ${scheduler.policy}`)
  }
  if (ioPriority !== undefined) {
    planner.at("/process/ioPriority")
    const value = (IO_PRIORITY_CLASSES[ioPriority.class] << IO_PRIORITY_CLASS_SHIFT) | (ioPriority.priority ?? 0)
    p.call("ioprio_set", IO_PRIORITY_WHO_PROCESS_GROUP, 0, value).says(`give its process group the io priority ${ioPriority.class}`)
  }
  planner.at("")
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
  const mask = cpuMask(list)
  planner.program.call("sched_setaffinity", 0, mask.length, mask).says(`run on the CPUs ${list}`)
  planner.at("")
}

/** A CPU list as sched_setaffinity(2) takes it: one bit a CPU, whole 8-byte words. */
export function cpuMask(list: string): Uint8Array {
  const cpus: number[] = []
  for (const part of list.split(",")) {
    const [first, last] = part.trim().split("-")
    for (let cpu = Number(first); cpu <= Number(last ?? first); cpu++) cpus.push(cpu)
  }
  const mask = new Uint8Array((Math.floor(Math.max(...cpus) / 64) + 1) * 8)
  for (const cpu of cpus) mask[cpu >> 3] = (mask[cpu >> 3] as number) | (1 << (cpu & 7))
  return mask
}
