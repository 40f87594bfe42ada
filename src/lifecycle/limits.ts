import { type ErrorDetails, RuntsError, sysError } from "../error.ts"
import { sys } from "../ffi/index.ts"
import { writeFile } from "../host/file.ts"
import { isUnprivileged } from "../host/privilege.ts"
import { ERRNO } from "../kernel/errno.ts"
import { RLIMITS } from "../kernel/process.ts"
import { IO_PRIORITY_WHO_PROCESS_GROUP } from "../kernel/scheduling.ts"
import { NR } from "../kernel/syscalls.ts"
import type { LimitFacts } from "../plan/facts.ts"
import type { Hints } from "../plan/planner.ts"
import { prelude } from "../prelude/prelude.ts"
import type { Process } from "../spec/types.gen.ts"

/**
 * What the runtime does to a process from outside its namespaces: the oom score, and the limits of one in a user namespace, which has
 * no right to raise its own.
 */
function applyFromOutside(pid: number, process: Process, limits: readonly LimitFacts[]): void {
  if (process.oomScoreAdj !== undefined) {
    try {
      writeFile(`/proc/${pid}/oom_score_adj`, String(process.oomScoreAdj))
    } catch (error) {
      if (!(error instanceof RuntsError)) throw error
      const denied = error.details.errno === ERRNO.EACCES
      const hint = denied ? { hint: "lowering it below what the runtime itself has takes CAP_SYS_RESOURCE" } : {}
      throw new RuntsError(error.message, { ...error.details, code: "limit-failed", pointer: "/process/oomScoreAdj", ...hint })
    }
  }
  for (const limit of limits) setLimit(pid, limit)
}

/** Scheduler and io priority of a process in a user namespace, which waits for its go: there it has no right to set them (sched(7)). */
export async function scheduleFromOutside(pid: number, process: Process): Promise<void> {
  const { scheduler, ioPriority } = process
  if (scheduler === undefined && ioPriority === undefined) return
  const { IO_PRIORITY_HINTS, ioPriorityValue, schedulerAttributes, schedulerHints } = await import("../plan/scheduling.ts")
  if (scheduler !== undefined) {
    const errno = -sys(NR.sched_setattr, pid, schedulerAttributes(scheduler), 0)
    if (errno > 0) throw failed(`schedule it by ${scheduler.policy}`, errno, { syscall: "sched_setattr", pointer: "/process/scheduler" }, schedulerHints(scheduler))
  }
  if (ioPriority !== undefined) {
    const errno = -sys(NR.ioprio_set, IO_PRIORITY_WHO_PROCESS_GROUP, pid, ioPriorityValue(ioPriority))
    const what = `give its process group the io priority ${ioPriority.class}`
    if (errno > 0) throw failed(what, errno, { syscall: "ioprio_set", pointer: "/process/ioPriority" }, IO_PRIORITY_HINTS)
  }
}

function failed(what: string, errno: number, details: Partial<ErrorDetails>, hints: Hints): RuntsError {
  const hint = hints[errno]
  return sysError(what, errno, { ...details, code: "limit-failed", ...(hint === undefined ? {} : { hint }) })
}

/** Who sets what of a process. */
export interface DividedLimits {
  /** What its program sets itself. */
  readonly own: readonly LimitFacts[]
  /** Sets the rest, from outside of its namespaces. */
  fromOutside(pid: number): void
}

/**
 * The limits and the oom score of a process: where it is in a user namespace, the runtime sets them from outside, unless it has no more
 * rights itself (an ordinary user's): then its program does it.
 */
export function divideLimits(process: Process, userNamespace: boolean): DividedLimits {
  const limits = resourceLimits(process)
  if (userNamespace && isUnprivileged()) return { own: limits, fromOutside() {} }
  return { own: userNamespace ? [] : limits, fromOutside: (pid) => applyFromOutside(pid, process, userNamespace ? limits : []) }
}

/** The limits of config.json, and the caller's own of open files, which the engine raised. */
export function resourceLimits(process: Process): LimitFacts[] {
  const rlimits = process.rlimits ?? []
  const limits = rlimits.map((limit, index) => limitFacts(limit, `/process/rlimits/${index}`))
  if (!rlimits.some((limit) => limit.type === "RLIMIT_NOFILE")) {
    limits.push(limitFacts({ type: "RLIMIT_NOFILE", ...prelude.callerNofile() }, ""))
  }
  return limits
}

function limitFacts(limit: { type: string; soft: number | bigint; hard: number | bigint }, pointer: string): LimitFacts {
  const resource = (RLIMITS as Readonly<Record<string, number>>)[limit.type]
  if (resource === undefined) {
    throw new RuntsError(`process.rlimits: ${limit.type} is not known`, { code: "config-schema", pointer })
  }
  const value = Buffer.alloc(16)
  writeLimit(value, 0, limit.soft)
  writeLimit(value, 8, limit.hard)
  return { resource, value, pointer, text: `${limit.type} to ${limit.soft}:${limit.hard}` }
}

function setLimit(pid: number, { resource, value, text, pointer }: LimitFacts): void {
  const result = sys(NR.prlimit64, pid, resource, value, 0)
  if (result >= 0 || result === -ERRNO.ESRCH) return
  throw sysError(`set ${text}`, -result, {
    code: "limit-failed",
    syscall: "prlimit64",
    pointer,
    ...(result === -ERRNO.EPERM ? { hint: "raising a hard limit takes CAP_SYS_RESOURCE" } : {}),
  })
}

/** rlim_t: 2^64 - 1 is RLIM_INFINITY; a double cannot hold the numbers next to it. */
function writeLimit(buffer: Buffer, offset: number, limit: number | bigint): void {
  if (typeof limit === "number" && limit >= 2 ** 64) buffer.writeBigUInt64LE(0xffffffffffffffffn, offset)
  else buffer.writeBigUInt64LE(BigInt(limit), offset)
}
