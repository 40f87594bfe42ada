import { RuntsError } from "../../../error.ts"
import { ERRNO } from "../../../kernel/errno.ts"
import { integerText } from "../../../spec/numbers.ts"
import type { LinuxCpu } from "../../../spec/types.gen.ts"
import { field, unlessZero } from "./field.ts"
import type { Controllers, Field, Place, Step } from "./field.ts"

const CPU: Controllers = ["cpu", "cpu"]
const CPUSET: Controllers = ["cpuset", "cpuset"]

/** kernel/sched/core.c: the kernel clamps what is outside. */
const SHARES_MIN = 2
const SHARES_MAX = 262_144
const REALTIME_V2 = "cgroup v2 has no control of realtime processes"

/**
 * Rows of linux.resources.cpu (scheduler/sched-bwc.rst, scheduler/sched-rt-group.rst, cgroup-v1/cpusets.rst, cgroup-v2.rst "CPU",
 * "Cpuset"). Weight and idle, quota, period and burst, and both realtime values each allow of each other only some: knots.
 */
export const CPU_FIELDS: readonly Field[] = [
  field("cpu/shares", CPU, ({ cpu }) => unlessZero(cpu?.shares), sharesV1, sharesV2),
  // 0 is the kernel's own way, also where it knows no cpu.idle
  field("cpu/idle", CPU, ({ cpu }) => cpu?.idle, idle, idle),
  field("cpu/quota", CPU, ({ cpu }) => (cpu?.quota ?? 0) === 0 ? undefined : cpu, quotaV1, quotaV2),
  field("cpu/period", CPU, ({ cpu }) => (cpu?.period ?? 0) === 0 ? undefined : cpu, periodV1, periodV2),
  field("cpu/burst", CPU, ({ cpu }) => cpu?.burst, burst("cpu.cfs_burst_us"), burst("cpu.max.burst")),
  field("cpu/realtimePeriod", CPU, ({ cpu }) => unlessZero(cpu?.realtimePeriod), realtime("cpu.rt_period_us"), REALTIME_V2),
  field("cpu/realtimeRuntime", CPU, ({ cpu }) => unlessZero(cpu?.realtimeRuntime), realtime("cpu.rt_runtime_us"), REALTIME_V2),
  field("cpu/cpus", CPUSET, ({ cpu }) => cpu?.cpus || undefined, cpuset("cpuset.cpus"), cpuset("cpuset.cpus")),
  field("cpu/mems", CPUSET, ({ cpu }) => cpu?.mems || undefined, cpuset("cpuset.mems"), cpuset("cpuset.mems")),
]

function sharesV1(shares: number): Step[] {
  if (shares < SHARES_MIN || shares > SHARES_MAX) {
    const pointer = "/linux/resources/cpu/shares"
    throw new RuntsError(`${pointer}: ${integerText(shares, "uint64")} is not from ${SHARES_MIN} to ${SHARES_MAX}, which is what the kernel takes`, {
      code: "resource-value", pointer,
    })
  }
  return [{ file: "cpu.shares", text: String(shares), knot: true, explain: explainWeight }]
}

function sharesV2(shares: number): Step[] {
  return [{ file: "cpu.weight", text: String(weightOfShares(shares)), knot: true, explain: explainWeight }]
}

function explainWeight(errno: number, at: Place): string | undefined {
  return errno === ERRNO.EINVAL && at.read("cpu.idle") === "1" ? "cpu.idle is 1, which is a weight of its own: set it to 0 too" : undefined
}

/**
 * cpu.weight (1 to 10000) of cpu.shares (2 to 262144): the quadratic in log2(shares) that gives 1 for 2, 100 for 1024 and 10000 for
 * 262144, as runc, crun and systemd agreed on.
 */
export function weightOfShares(shares: number): number {
  if (shares <= SHARES_MIN) return 1
  if (shares >= SHARES_MAX) return 10_000
  const log = Math.log2(shares)
  return Math.ceil(10 ** ((log * log + 125 * log) / 612 - 7 / 34))
}

function idle(value: number): Step[] {
  const step: Step = { file: "cpu.idle", text: String(value), knot: true, explain: (errno) => needsKernel(errno, "5.15") }
  return [value === 0 ? { ...step, optional: true } : step]
}

function needsKernel(errno: number, version: string): string | undefined {
  return errno === ERRNO.ENOENT ? `it needs Linux ${version}` : undefined
}

function quotaV1({ quota = 0 }: LinuxCpu): Step[] {
  return [{ file: "cpu.cfs_quota_us", text: quotaText(quota, "-1"), knot: true, explain: explainBandwidth }]
}

function periodV1({ period = 0 }: LinuxCpu): Step[] {
  return [{ file: "cpu.cfs_period_us", text: integerText(period, "uint64"), knot: true, explain: explainBandwidth }]
}

function quotaText(quota: number, unlimited: string): string {
  return quota < 0 ? unlimited : integerText(quota)
}

/** `quota period` in one file; a quota alone leaves the period as it is. */
function quotaV2({ quota = 0, period = 0 }: LinuxCpu): Step[] {
  return maxV2(quotaText(quota, "max"), period)
}

/** A period alone leaves the quota as it is. */
function periodV2({ quota = 0, period = 0 }: LinuxCpu, at: Place): Step[] {
  if (quota !== 0) return []
  return maxV2((at.updating ? at.read("cpu.max")?.split(" ")[0] : undefined) ?? "max", period)
}

function maxV2(quota: string, period: number): Step[] {
  const text = period === 0 ? quota : `${quota} ${integerText(period, "uint64")}`
  return [{ file: "cpu.max", text, knot: true, explain: explainBandwidth }]
}

function explainBandwidth(errno: number, at: Place): string | undefined {
  if (errno !== ERRNO.EINVAL) return undefined
  const above = at.version === 2 ? at.readAbove("cpu.max")
    : `${at.readAbove("cpu.cfs_quota_us")} in ${at.readAbove("cpu.cfs_period_us")}`
  const burst = at.read(at.version === 2 ? "cpu.max.burst" : "cpu.cfs_burst_us")
  return "the kernel takes a period from 1000 to 1000000, a quota from 1000, no less than the burst" +
    `${burst === undefined ? "" : ` (${burst})`}, and on v1 no more than the cgroup above has${above === undefined ? "" : ` (${above})`}`
}

function burst(file: string): (value: number) => Step[] {
  return (value) => {
    const explain = (errno: number): string | undefined => {
      return errno === ERRNO.EINVAL ? "a burst is no larger than the quota" : needsKernel(errno, "5.14")
    }
    const step: Step = { file, text: integerText(value, "uint64"), knot: true, explain }
    return [value === 0 ? { ...step, optional: true } : step]
  }
}

function realtime(file: string): (value: number) => Step[] {
  const explain = (errno: number, at: Place): string | undefined => {
    if (errno === ERRNO.ENOENT) return "the kernel was built without CONFIG_RT_GROUP_SCHED"
    const above = at.readAbove("cpu.rt_runtime_us")
    return errno === ERRNO.EINVAL && above !== undefined
      ? `the runtime is no longer than the period, and no more than the cgroup above has to give: ${above} in ${at.readAbove("cpu.rt_period_us")}`
      : undefined
  }
  return (value) => [{ file, text: integerText(value), knot: true, explain }]
}

function cpuset(file: string): (list: string) => Step[] {
  const explain = (errno: number, at: Place): string | undefined => {
    const above = at.readAbove(at.version === 2 ? file + ".effective" : file)
    if (errno === ERRNO.EBUSY) return "a cgroup below uses what would be taken away"
    if (errno === ERRNO.ENOENT || above === undefined) return undefined
    return `expected a list as 0-3,7 of what the cgroup above has: ${above === "" ? "nothing" : above}`
  }
  return (list) => [{ file, text: list, neutral: "\n", explain }]
}
