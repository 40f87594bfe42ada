/** Scheduling policies (sched(7), linux/sched.h). */
export const SCHEDULER_POLICIES = {
  SCHED_OTHER: 0, SCHED_FIFO: 1, SCHED_RR: 2, SCHED_BATCH: 3, SCHED_ISO: 4, SCHED_IDLE: 5, SCHED_DEADLINE: 6,
} as const

/** Flags of sched_setattr(2). */
export const SCHEDULER_FLAGS = {
  SCHED_FLAG_RESET_ON_FORK: 0x01, SCHED_FLAG_RECLAIM: 0x02, SCHED_FLAG_DL_OVERRUN: 0x04, SCHED_FLAG_KEEP_POLICY: 0x08,
  SCHED_FLAG_KEEP_PARAMS: 0x10, SCHED_FLAG_UTIL_CLAMP_MIN: 0x20, SCHED_FLAG_UTIL_CLAMP_MAX: 0x40,
} as const

/** CPUs are numbered from 0 to less than this in any kernel (CONFIG_NR_CPUS is 8192 at most; more is left for later ones). */
export const CPU_MAX = 65535

/** Static priorities of SCHED_FIFO and SCHED_RR (sched(7)). */
export const REALTIME_PRIORITIES = [1, 99] as const

/** The shortest runtime of SCHED_DEADLINE in nanoseconds (sched_setattr(2)). */
export const DEADLINE_RUNTIME_MIN = 1024

/** Classes of ioprio_set(2). */
export const IO_PRIORITY_CLASSES = { IOPRIO_CLASS_RT: 1, IOPRIO_CLASS_BE: 2, IOPRIO_CLASS_IDLE: 3 } as const
/** The class stands above the priority in ioprio_set(2)'s value. */
export const IO_PRIORITY_CLASS_SHIFT = 13
/** ioprio_set(2): all processes of a process group. */
export const IO_PRIORITY_WHO_PROCESS_GROUP = 2
