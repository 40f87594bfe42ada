import { RuntsError } from "../../error.ts"
import { debug } from "../../log.ts"
import { isUnlimited } from "../../spec/numbers.ts"
import { pointerKey } from "../../spec/report.ts"
import type { LinuxResources } from "../../spec/types.gen.ts"
import { property, type Property } from "../systemd/value.ts"
import { ioWeight } from "./resources/block-io.ts"
import { weightOfShares } from "./resources/cpu.ts"
import { swapAlone } from "./resources/memory.ts"

/*
 * linux.resources as properties of a unit (systemd.resource-control(5)). systemd writes them to the cgroup whenever it looks after the unit
 * anew, so it must know them; the files themselves are written by the tables of resources/ too, which know what systemd does not.
 */

/** "No limit", which is USEC_INFINITY too. */
const INFINITY = 2n ** 64n - 1n
const QUOTA_PERIOD = 100_000
/** systemd keeps a quota as percents of a processor: microseconds in a second. */
const PERCENT = 10_000n

/** One field, or the few that are one property. */
interface Row {
  /** Below /linux/resources. */
  readonly name: string
  /** The systemd that has these properties first, where that is later than 239. */
  readonly since?: number
  readonly properties: (resources: LinuxResources, context: Context) => readonly Property[]
}

export interface Context {
  /** Of cgroups. */
  readonly version: 1 | 2
  /** Of systemd. */
  readonly systemd: number
  /** Of a container that is there already: what is said of memory and processor time now, which holds where nothing new is given. */
  readonly current?: { readonly memoryMax: string | undefined; readonly quota: number; readonly period: number }
}

const ROWS: readonly Row[] = [
  {
    name: "memory/limit",
    properties: ({ memory }, { version }) => limit(version === 1 ? "MemoryLimit" : "MemoryMax", memory?.limit),
  },
  {
    name: "memory/reservation",
    properties: ({ memory }, { version }) => version === 1 ? [] : limit("MemoryLow", memory?.reservation),
  },
  { name: "memory/swap", properties: swap },
  { name: "cpu/shares", properties: shares },
  { name: "cpu/quota", properties: quota },
  { name: "cpu/cpus", since: 244, properties: ({ cpu }, { version }) => version === 1 ? [] : cpuset("AllowedCPUs", cpu?.cpus, "/linux/resources/cpu/cpus") },
  { name: "cpu/mems", since: 244, properties: ({ cpu }, { version }) => version === 1 ? [] : cpuset("AllowedMemoryNodes", cpu?.mems, "/linux/resources/cpu/mems") },
  { name: "pids/limit", properties: ({ pids }) => pids?.limit === undefined ? [] : number("TasksMax", pids.limit < 0 ? INFINITY : BigInt(Math.max(1, pids.limit))) },
  { name: "blockIO/weight", properties: blockWeight },
  { name: "unified", properties: unified },
]

/** Properties that say what linux.resources says, as far as systemd knows it. */
export function resourceProperties(resources: LinuxResources | undefined, context: Context): Property[] {
  const all: Property[] = []
  if (resources === undefined) return all
  for (const row of ROWS) {
    const made = row.properties(resources, context)
    if (made.length > 0 && row.since !== undefined && context.systemd < row.since) {
      debug(`systemd ${context.systemd} has no property for linux.resources.${row.name}: only the cgroup gets it`)
      continue
    }
    all.push(...made)
  }
  // of unified and the older fields the last one counts, as with the files
  return all.filter(({ name }, index) => !all.slice(index + 1).some((later) => later.name === name))
}

/** What a unit is given from the start, beside its resources, as by runc. */
export function unitProperties(record: { readonly unit: string; readonly slice: string }, id: string, pid: number, version: 1 | 2): Property[] {
  const isSlice = record.unit.endsWith(".slice")
  return [
    property("Description", "s", `runts container ${id}`),
    // systemd finds a slice's parent by its name
    ...(isSlice ? [] : [property("Slice", "s", record.slice), property("Delegate", "b", true), property("PIDs", "au", [pid])]),
    property("MemoryAccounting", "b", true),
    property("CPUAccounting", "b", true),
    property(version === 1 ? "BlockIOAccounting" : "IOAccounting", "b", true),
    property("TasksAccounting", "b", true),
    property("DefaultDependencies", "b", false),
  ]
}

function number(name: string, value: bigint): Property[] {
  return [property(name, "t", value)]
}

/** Bytes; 0 is nothing, as everywhere in linux.resources.memory. */
function limit(name: string, bytes = 0): Property[] {
  if (bytes === 0) return []
  return number(name, isUnlimited(bytes) ? INFINITY : BigInt(bytes))
}

function swap({ memory }: LinuxResources, { version, current }: Context): Property[] {
  if (memory === undefined || version === 1) return []
  const { limit: memoryLimit = 0, swap: both = 0 } = memory
  if (both === 0) return isUnlimited(memoryLimit) ? number("MemorySwapMax", INFINITY) : []
  if (isUnlimited(both)) return number("MemorySwapMax", INFINITY)
  return number("MemorySwapMax", BigInt(swapAlone(memoryLimit, both, current?.memoryMax)))
}

function shares({ cpu }: LinuxResources, { version, systemd }: Context): Property[] {
  const given = cpu?.shares ?? 0
  if (version === 1) return given === 0 ? [] : number("CPUShares", BigInt(given))
  if (cpu?.idle === 1 && systemd >= IDLE_SINCE) return number("CPUWeight", 0n)
  return given === 0 ? [] : number("CPUWeight", BigInt(weightOfShares(given)))
}

/** The systemd where a CPUWeight of 0 is cpu.idle. */
const IDLE_SINCE = 252
const PERIOD_SINCE = 242

function quota({ cpu }: LinuxResources, context: Context): Property[] {
  const { quota: given = 0, period = 0 } = cpu ?? {}
  return bandwidth(given, period, context)
}

/** A quota alone leaves the period as it is, and the other way round. */
function bandwidth(given: number, period: number, { systemd, current }: Context): Property[] {
  if (given === 0 && period === 0) return []
  const made: Property[] = []
  if (period !== 0 && systemd >= PERIOD_SINCE) made.push(...number("CPUQuotaPeriodUSec", BigInt(period)))
  const quota = given === 0 ? current?.quota ?? -1 : given
  made.push(...number("CPUQuotaPerSecUSec", quota < 0 ? INFINITY : perSecond(quota, period || current?.period || QUOTA_PERIOD)))
  return made
}

/** Microseconds in a second, in systemd's whole percents: rounded up, so that what is below the container gets what it was promised. */
function perSecond(quota: number, period: number): bigint {
  return (BigInt(quota) * 1_000_000n / BigInt(period) + PERCENT - 1n) / PERCENT * PERCENT
}

/** linux.resources with a quota of whole percents: files and properties then say the same, as with runc. */
export function inWholePercents(resources: LinuxResources, { current }: Context): LinuxResources {
  const { quota: given = 0, period = 0 } = resources.cpu ?? {}
  if (given <= 0) return resources
  const length = period || current?.period || QUOTA_PERIOD
  return { ...resources, cpu: { ...resources.cpu, quota: Number(perSecond(given, length) * BigInt(length) / 1_000_000n) } }
}

/** A list as 0-3,7 as the bytes of a bit mask, the lowest first. */
export function cpuMask(list: string, pointer: string): number[] {
  const bytes: number[] = []
  for (const part of list.split(",").map((text) => text.trim()).filter((text) => text !== "")) {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? []
    if (first === undefined || Number(last) > 0xffff) {
      throw new RuntsError(`${pointer}: ${JSON.stringify(list)} is no list as 0-3,7`, { code: "resource-value", pointer })
    }
    for (let bit = Number(first); bit <= Number(last); bit++) {
      while (bytes.length <= bit >> 3) bytes.push(0)
      bytes[bit >> 3] = (bytes[bit >> 3] as number) | 1 << (bit & 7)
    }
  }
  return bytes
}

function cpuset(name: string, list: string | undefined, pointer: string): Property[] {
  return list === undefined || list === "" ? [] : [property(name, "ay", cpuMask(list, pointer))]
}

function blockWeight({ blockIO }: LinuxResources, { version }: Context): Property[] {
  const weight = blockIO?.weight ?? 0
  if (weight === 0) return []
  return version === 1 ? number("BlockIOWeight", BigInt(weight)) : number("IOWeight", BigInt(ioWeight(weight, "/linux/resources/blockIO/weight")))
}

/** Files of cgroup2 by the property that writes them. */
const UNIFIED: Readonly<Record<string, (value: string, context: Context, pointer: string) => readonly Property[]>> = {
  "cpu.weight": (value) => number("CPUWeight", wholeNumber(value)),
  "cpu.idle": (value, { systemd }) => value === "1" && systemd >= IDLE_SINCE ? number("CPUWeight", 0n) : [],
  "cpu.max": (value, context) => {
    const [max, period] = value.split(/\s+/)
    return bandwidth(max === "max" ? -1 : Number(wholeNumber(max as string)), period === undefined ? 0 : Number(wholeNumber(period)), context)
  },
  "cpuset.cpus": (value, { systemd }, pointer) => systemd < 244 ? [] : cpuset("AllowedCPUs", value, pointer),
  "cpuset.mems": (value, { systemd }, pointer) => systemd < 244 ? [] : cpuset("AllowedMemoryNodes", value, pointer),
  "memory.min": (value) => number("MemoryMin", maximum(value)),
  "memory.low": (value) => number("MemoryLow", maximum(value)),
  "memory.high": (value) => number("MemoryHigh", maximum(value)),
  "memory.max": (value) => number("MemoryMax", maximum(value)),
  "memory.swap.max": (value) => number("MemorySwapMax", maximum(value)),
  "memory.zswap.max": (value, { systemd }) => systemd < 253 ? [] : number("MemoryZSwapMax", maximum(value)),
  // scopes have it since 253; of a delegated one it is "continue" if nothing is said
  "memory.oom.group": (value, { systemd }) => systemd < 253 ? [] : [property("OOMPolicy", "s", value === "1" ? "kill" : "continue")],
  "pids.max": (value) => number("TasksMax", maximum(value)),
  "io.weight": (value) => /^(default )?\d+$/.test(value) ? number("IOWeight", wholeNumber(value.replace("default ", ""))) : [],
}

function unified(resources: LinuxResources, context: Context): Property[] {
  const made: Property[] = []
  if (context.version === 1) return made
  for (const [file, text] of Object.entries(resources.unified ?? {})) {
    const pointer = `/linux/resources/unified/${pointerKey(file)}`
    const row = Object.hasOwn(UNIFIED, file) ? UNIFIED[file] : undefined
    if (row === undefined) {
      debug(`${pointer}: systemd has no property for it: only the cgroup gets it`)
      continue
    }
    try {
      made.push(...row(text.trim(), context, pointer))
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      throw new RuntsError(`${pointer}: ${JSON.stringify(text)} is no value of ${file}`, { code: "resource-value", pointer })
    }
  }
  return made
}

function maximum(value: string): bigint {
  return value === "max" ? INFINITY : wholeNumber(value)
}

/** @throws SyntaxError */
function wholeNumber(value: string): bigint {
  if (!/^\d+$/.test(value)) throw new SyntaxError("not a number")
  return BigInt(value)
}
