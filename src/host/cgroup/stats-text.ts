/*
 * Statistics of cgroups as the kernel writes them: pure functions on the text of control files. Counts are bigint: limits lie near
 * 2^63 and 2^64, where a double is not exact.
 */

/** What "max" is as a number, as Go programs that read runc's output know it. */
export const UINT64_MAX = 0xffffffffffffffffn

/** A file that holds one number; "max" is {@link UINT64_MAX}. @returns undefined for any other text */
export function parseCount(text: string | undefined): bigint | undefined {
  const word = text?.trim()
  if (word === "max") return UINT64_MAX
  return word === undefined || !/^-?[0-9]+$/.test(word) ? undefined : BigInt(word)
}

/** Lines `key number`, as of memory.stat; lines of another shape are left out. */
export function parseFlatKeyed(text: string | undefined): Record<string, bigint> {
  const found: Record<string, bigint> = {}
  for (const line of (text ?? "").split("\n")) {
    const space = line.indexOf(" ")
    const value = space < 0 ? undefined : parseCount(line.slice(space + 1))
    if (value !== undefined) found[line.slice(0, space)] = value
  }
  return found
}

/** Numbers separated by spaces (cpuacct.usage_percpu). */
export function parseCounts(text: string | undefined): bigint[] {
  return (text ?? "").trim().split(/\s+/).filter((word) => /^[0-9]+$/.test(word)).map(BigInt)
}

/** A list of processors or memory nodes as `0-2,7` (cpuset(7), "List format"). */
export function parseList(text: string | undefined): number[] {
  const numbers: number[] = []
  for (const range of (text ?? "").trim().split(",")) {
    const match = /^([0-9]+)(?:-([0-9]+))?$/.exec(range)
    if (match === null) continue
    const last = Number(match[2] ?? match[1])
    for (let number = Number(match[1]); number <= last; number++) numbers.push(number)
  }
  return numbers
}

/** Each processor's time in nanoseconds. */
export interface PerProcessor {
  readonly user: readonly bigint[]
  readonly kernel: readonly bigint[]
}

/** cpuacct.usage_all: a header `cpu user system`, then a line a processor. */
export function parseUsageAll(text: string | undefined): PerProcessor {
  const user: bigint[] = []
  const kernel: bigint[] = []
  for (const line of (text ?? "").split("\n").slice(1)) {
    const [, inUser, inKernel] = parseCounts(line)
    if (inUser === undefined || inKernel === undefined) continue
    user.push(inUser)
    kernel.push(inKernel)
  }
  return { user, kernel }
}

/** One figure of a block device. */
export interface DeviceCount {
  readonly major: bigint
  readonly minor: bigint
  /** Read, Write, Sync ...; "" where the file tells no kinds apart. */
  readonly op: string
  readonly value: bigint
}

/** Lines `8:0 Read 4096` or `8:0 4096` of blkio.* (cgroup-v1/blkio-controller.rst); the sum of all devices is left out. */
export function parseBlkio(text: string | undefined): DeviceCount[] {
  const found: DeviceCount[] = []
  for (const line of (text ?? "").split("\n")) {
    const match = /^([0-9]+):([0-9]+) (?:([A-Za-z]+) )?([0-9]+)$/.exec(line.trim())
    if (match === null) continue
    const [, major, minor, op, value] = match as unknown as [string, string, string, string | undefined, string]
    found.push({ major: BigInt(major), minor: BigInt(minor), op: op ?? "", value: BigInt(value) })
  }
  return found
}

/** Keys of io.stat, and what cgroup v1 calls them. */
const IO_OPS: Readonly<Record<string, readonly [table: "bytes" | "operations", op: string]>> = {
  rbytes: ["bytes", "Read"],
  wbytes: ["bytes", "Write"],
  dbytes: ["bytes", "Discard"],
  rios: ["operations", "Read"],
  wios: ["operations", "Write"],
  dios: ["operations", "Discard"],
}

/** io.stat (cgroup-v2.rst): `8:0 rbytes=1 wbytes=2 ...`, in the tables of v1. */
export function parseIoStat(text: string | undefined): { readonly bytes: DeviceCount[]; readonly operations: DeviceCount[] } {
  const tables = { bytes: [] as DeviceCount[], operations: [] as DeviceCount[] }
  for (const line of (text ?? "").split("\n")) {
    const [device, ...items] = line.split(" ")
    const numbers = /^([0-9]+):([0-9]+)$/.exec(device as string)
    if (numbers === null) continue
    for (const item of items) {
      const equals = item.indexOf("=")
      const row = IO_OPS[item.slice(0, equals)]
      const value = parseCount(item.slice(equals + 1))
      if (row === undefined || value === undefined) continue
      tables[row[0]].push({ major: BigInt(numbers[1] as string), minor: BigInt(numbers[2] as string), op: row[1], value })
    }
  }
  return tables
}

/** Shares of time, in percent, in which tasks waited, and the sum in microseconds. */
export interface Pressure {
  readonly avg10: number
  readonly avg60: number
  readonly avg300: number
  readonly total: bigint
}

/** cpu.pressure and the like (accounting/psi.rst); undefined where the kernel does not count. */
export function parsePressure(text: string | undefined): { readonly some: Pressure; readonly full: Pressure } | undefined {
  if (text === undefined || text === "") return undefined
  const none: Pressure = { avg10: 0, avg60: 0, avg300: 0, total: 0n }
  const found = { some: none, full: none }
  for (const line of text.split("\n")) {
    const match = /^(some|full) avg10=([0-9.]+) avg60=([0-9.]+) avg300=([0-9.]+) total=([0-9]+)/.exec(line)
    if (match === null) continue
    const [avg10, avg60, avg300] = match.slice(2, 5).map(Number) as [number, number, number]
    found[match[1] as "some" | "full"] = { avg10, avg60, avg300, total: BigInt(match[5] as string) }
  }
  return found
}

/** Counters of one network interface. Written with these names. */
export interface InterfaceCounts {
  readonly Name: string
  readonly RxBytes: bigint
  readonly RxPackets: bigint
  readonly RxErrors: bigint
  readonly RxDropped: bigint
  readonly TxBytes: bigint
  readonly TxPackets: bigint
  readonly TxErrors: bigint
  readonly TxDropped: bigint
}

/** /proc/PID/net/dev (proc_pid_net(5)), without the loopback device. */
export function parseInterfaces(text: string | undefined): InterfaceCounts[] {
  const found: InterfaceCounts[] = []
  for (const line of (text ?? "").split("\n")) {
    // a name may hold a colon (an alias), the figures do not
    const colon = line.lastIndexOf(":")
    const name = line.slice(0, colon).trim()
    const counts = parseCounts(line.slice(colon + 1))
    if (colon < 0 || name === "lo" || counts.length < 16) continue
    const [RxBytes, RxPackets, RxErrors, RxDropped] = counts as [bigint, bigint, bigint, bigint]
    const [TxBytes, TxPackets, TxErrors, TxDropped] = counts.slice(8) as [bigint, bigint, bigint, bigint]
    found.push({ Name: name, RxBytes, RxPackets, RxErrors, RxDropped, TxBytes, TxPackets, TxErrors, TxDropped })
  }
  return found
}
