import { ERRNO } from "../../kernel/errno.ts"
import { AT_FDCWD, O_DIRECTORY, O_RDONLY } from "../../kernel/fs.ts"
import { close, listDir, readAll, tryOpenAt } from "../file.ts"
import { tryOpenBeneath, tryOpenCgroup } from "./folder.ts"
import { processesIn } from "./processes.ts"
import { controllerKey, UNIFIED } from "./record.ts"
import type { CgroupRecord } from "./record.ts"
import {
  parseBlkio, parseCount, parseCounts, parseFlatKeyed, parseIoStat, parseList, parsePressure, parseUsageAll, UINT64_MAX,
} from "./stats-text.ts"
import type { DeviceCount } from "./stats-text.ts"

/*
 * What `events` tells of a container's cgroups. Names, units and which zeros are left out are runc's (types/events.go), for programs
 * read them; `undefined` is left out. On both versions the figures have the meaning of v1: swap is memory and swap together.
 */

type Count = bigint | undefined

/** Limit and use of one kind of memory, in bytes. */
export interface MemoryEntry {
  readonly limit: bigint
  readonly usage?: Count
  readonly max?: Count
  readonly failcnt: bigint
}

export interface BlockEntry {
  readonly major: Count
  readonly minor: Count
  readonly op: string | undefined
  readonly value: Count
}

/** Times in nanoseconds, memory in bytes. */
export interface CgroupStats {
  readonly cpu: object
  readonly cpuset: object
  readonly memory: object
  readonly pids: { readonly current: Count; readonly limit: Count }
  readonly blkio: object
  readonly hugetlb: Readonly<Record<string, object>>
}

/** A control file's text; undefined where there is none, or the kernel counts nothing there (EOPNOTSUPP). */
type Read = (file: string) => string | undefined

/** The files of one controller, wherever it is: its v1 hierarchy, else cgroup2. */
interface Source {
  readonly v1: boolean
  readonly read: Read
}

const NOWHERE: Source = { v1: false, read: () => undefined }

/** All figures of the container's cgroups; those of a controller that is not there are missing or zero. */
export function readStats(record: CgroupRecord): CgroupStats {
  const folders = new Map<string, number>()
  const source = (controller: string): Source => {
    const v1 = controllerKey(record, controller)
    const key = v1 ?? (record.paths[UNIFIED] === undefined ? undefined : UNIFIED)
    if (key === undefined) return NOWHERE
    if (!folders.has(key)) folders.set(key, tryOpenCgroup(record, key))
    const folder = folders.get(key) as number
    return folder < 0 ? NOWHERE : { v1: v1 !== undefined, read: (file) => tryRead(folder, file) }
  }
  try {
    return {
      cpu: cpuStats(source("cpuacct"), source("cpu")),
      cpuset: cpusetStats(source("cpuset")),
      memory: memoryStats(source("memory")),
      pids: pidsStats(source("pids"), record),
      blkio: blockStats(source("blkio")),
      hugetlb: hugetlbStats(source("hugetlb")),
    }
  } finally {
    for (const folder of folders.values()) if (folder >= 0) close(folder)
  }
}

function tryRead(folder: number, file: string): string | undefined {
  const fd = tryOpenBeneath(folder, file, O_RDONLY)
  if (fd < 0) return undefined
  try {
    return Buffer.from(readAll(fd, file)).toString("latin1")
  } catch (error) {
    const errno = (error as { details?: { errno?: number } }).details?.errno
    if (errno === ERRNO.ENODEV || errno === ERRNO.EOPNOTSUPP) return undefined
    throw error
  } finally {
    close(fd)
  }
}

/** Zero is left out. */
function some(count: Count): Count {
  return count === 0n ? undefined : count
}

function list<T>(items: readonly T[]): readonly T[] | undefined {
  return items.length === 0 ? undefined : items
}

/** sysconf(_SC_CLK_TCK) is 100 on every architecture that Linux has a user interface of its own for. */
const NANOSECONDS_PER_TICK = 10_000_000n
const NANOSECONDS_PER_MICROSECOND = 1000n

function cpuStats(accounting: Source, scheduler: Source): object {
  const pressure = scheduler.v1 ? undefined : parsePressure(scheduler.read("cpu.pressure"))
  const stat = parseFlatKeyed(scheduler.read("cpu.stat"))
  const unit = scheduler.v1 ? 1n : NANOSECONDS_PER_MICROSECOND
  const throttled = (scheduler.v1 ? stat.throttled_time : stat.throttled_usec) ?? 0n
  const burst = (scheduler.v1 ? stat.burst_time : stat.burst_usec) ?? 0n
  const bursts = { burstsPeriods: some(stat.nr_bursts), burstTime: some(burst * unit) }
  return {
    usage: accounting.v1 ? usageV1(accounting.read) : usageV2(stat),
    throttling: { periods: some(stat.nr_periods), throttledPeriods: some(stat.nr_throttled), throttledTime: some(throttled * unit) },
    psi: pressure,
    burst: bursts.burstsPeriods === undefined && bursts.burstTime === undefined ? undefined : bursts,
  }
}

function usageV1(read: Read): object {
  const { user, system } = parseFlatKeyed(read("cpuacct.stat"))
  const each = parseUsageAll(read("cpuacct.usage_all"))
  return {
    total: some(parseCount(read("cpuacct.usage"))),
    percpu: list(parseCounts(read("cpuacct.usage_percpu"))),
    percpu_kernel: list(each.kernel),
    percpu_user: list(each.user),
    kernel: (system ?? 0n) * NANOSECONDS_PER_TICK,
    user: (user ?? 0n) * NANOSECONDS_PER_TICK,
  }
}

function usageV2(stat: Readonly<Record<string, bigint>>): object {
  const nanoseconds = (key: string): bigint => (stat[key] ?? 0n) * NANOSECONDS_PER_MICROSECOND
  return { total: some(nanoseconds("usage_usec")), kernel: nanoseconds("system_usec"), user: nanoseconds("user_usec") }
}

/** Flags of cpuset(7): file, and its name in the output. v2 has none of them. */
const CPUSET_FLAGS = [
  "mem_hardwall", "mem_exclusive", "memory_migrate", "memory_spread_page", "memory_spread_slab", "memory_pressure",
  "sched_load_balance", "sched_relax_domain_level",
] as const

function cpusetStats({ v1, read }: Source): object {
  const flag = (name: string): bigint => (v1 ? parseCount(read("cpuset." + name)) : undefined) ?? 0n
  const numbers = (name: string): readonly number[] | undefined => list(parseList(read(v1 ? `cpuset.${name}` : `cpuset.${name}.effective`)))
  const stats: Record<string, unknown> = { cpus: numbers("cpus"), cpu_exclusive: flag("cpu_exclusive"), mems: numbers("mems") }
  for (const name of CPUSET_FLAGS) stats[name] = flag(name)
  return stats
}

const NO_MEMORY: MemoryEntry = { limit: 0n, failcnt: 0n }

function memoryStats({ v1, read }: Source): object {
  const raw = parseFlatKeyed(read("memory.stat"))
  const sorted: Record<string, bigint> = {}
  for (const key of Object.keys(raw).sort()) sorted[key] = raw[key] as bigint
  const shared = { raw: Object.keys(sorted).length === 0 ? undefined : sorted }
  if (v1) {
    const [usage, swap, kernel, kernelTCP] = ["", "memsw.", "kmem.", "kmem.tcp."].map((part) => memoryV1(read, `memory.${part}`))
    return { cache: some(raw.cache), usage, swap, kernel, kernelTCP, ...shared }
  }
  const usage = memoryV2(read, "memory")
  const swap = memoryV2(read, "memory.swap")
  return {
    cache: some(raw.file),
    usage,
    swap: swap === NO_MEMORY ? { ...NO_MEMORY, usage: usage.usage } : memoryAndSwap(usage, swap),
    kernel: NO_MEMORY,
    kernelTCP: NO_MEMORY,
    ...shared,
    psi: parsePressure(read("memory.pressure")),
  }
}

/** The kernel may be without swap or kernel accounting. */
function memoryV1(read: Read, prefix: string): MemoryEntry {
  const usage = parseCount(read(prefix + "usage_in_bytes"))
  if (usage === undefined) return NO_MEMORY
  return {
    limit: parseCount(read(prefix + "limit_in_bytes")) ?? 0n,
    usage: some(usage),
    max: some(parseCount(read(prefix + "max_usage_in_bytes"))),
    failcnt: parseCount(read(prefix + "failcnt")) ?? 0n,
  }
}

function memoryV2(read: Read, prefix: string): MemoryEntry {
  const usage = parseCount(read(prefix + ".current"))
  if (usage === undefined) return NO_MEMORY
  return { limit: parseCount(read(prefix + ".max")) ?? 0n, usage: some(usage), max: some(parseCount(read(prefix + ".peak"))), failcnt: 0n }
}

/** v2 tells of swap alone. The peaks of both need not have been at one time, so they have no sum. */
function memoryAndSwap(memory: MemoryEntry, swap: MemoryEntry): MemoryEntry {
  const unlimited = swap.limit === UINT64_MAX || memory.limit === UINT64_MAX
  return { limit: unlimited ? UINT64_MAX : memory.limit + swap.limit, usage: some((memory.usage ?? 0n) + (swap.usage ?? 0n)), failcnt: 0n }
}

/** Without a pids controller the processes are counted; their threads are not. */
function pidsStats({ read }: Source, record: CgroupRecord): CgroupStats["pids"] {
  const current = parseCount(read("pids.current"))
  const limit = parseCount(read("pids.max"))
  const counted = current ?? (record.paths[UNIFIED] === undefined ? 0n : BigInt(processesIn(record, UNIFIED).length))
  return { current: some(counted), limit: limit === UINT64_MAX ? undefined : some(limit) }
}

/** Figures of v1: name in the output, and the end of the file's name, which schedulers write in several ways. */
const BLOCK_FIGURES = [
  ["ioServiceBytesRecursive", "io_service_bytes"], ["ioServicedRecursive", "io_serviced"], ["ioQueueRecursive", "io_queued"],
  ["ioServiceTimeRecursive", "io_service_time"], ["ioWaitTimeRecursive", "io_wait_time"], ["ioMergedRecursive", "io_merged"],
  ["ioTimeRecursive", "time"], ["sectorsRecursive", "sectors"],
] as const

function blockStats({ v1, read }: Source): object {
  if (!v1) {
    const { bytes, operations } = parseIoStat(read("io.stat"))
    return { ioServiceBytesRecursive: entries(bytes), ioServicedRecursive: entries(operations), psi: parsePressure(read("io.pressure")) }
  }
  const stats: Record<string, unknown> = {}
  for (const [name, file] of BLOCK_FIGURES) {
    // of the BFQ scheduler, of CFQ, of throttling: the first that counted something
    const files = [`blkio.bfq.${file}_recursive`, `blkio.${file}_recursive`, `blkio.throttle.${file}_recursive`, `blkio.throttle.${file}`]
    for (const each of files) stats[name] ??= entries(parseBlkio(read(each)))
  }
  return stats
}

function entries(counts: readonly DeviceCount[]): readonly BlockEntry[] | undefined {
  return list(counts.map(({ major, minor, op, value }) => ({ major: some(major), minor: some(minor), op: op === "" ? undefined : op, value: some(value) })))
}

const HUGE_PAGES = "/sys/kernel/mm/hugepages"

/** Sizes of huge pages as the controller's files name them: 2MB, 1GB, 64KB. */
function hugePageSizes(): string[] {
  const folder = tryOpenAt(AT_FDCWD, HUGE_PAGES, O_RDONLY | O_DIRECTORY)
  if (folder < 0) return []
  try {
    return listDir(folder).map((name) => /^hugepages-([0-9]+)kB$/.exec(name)).filter((match) => match !== null)
      .map((match) => sizeName(Number(match[1]))).sort()
  } finally {
    close(folder)
  }
}

function sizeName(kilobytes: number): string {
  if (kilobytes >= 1 << 20) return `${kilobytes / (1 << 20)}GB`
  return kilobytes >= 1024 ? `${kilobytes / 1024}MB` : `${kilobytes}KB`
}

/** Reservations where the kernel counts them, else pages in use, as with runc. */
function hugetlbStats({ v1, read }: Source): Record<string, object> {
  const stats: Record<string, object> = {}
  const [usageFile, maxFile] = v1 ? ["usage_in_bytes", "max_usage_in_bytes"] : ["current", ""]
  for (const size of read === NOWHERE.read ? [] : hugePageSizes()) {
    const reserved = parseCount(read(`hugetlb.${size}.rsvd.${usageFile}`))
    const prefix = reserved === undefined ? `hugetlb.${size}` : `hugetlb.${size}.rsvd`
    const usage = reserved ?? parseCount(read(`${prefix}.${usageFile}`))
    if (usage === undefined) continue
    const failures = v1 ? parseCount(read(prefix + ".failcnt")) : parseFlatKeyed(read(`hugetlb.${size}.events`)).max
    stats[size] = { usage: some(usage), max: maxFile === "" ? undefined : some(parseCount(read(`${prefix}.${maxFile}`))), failcnt: failures ?? 0n }
  }
  return stats
}
