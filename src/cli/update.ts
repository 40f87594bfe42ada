import { RuntsError } from "../error.ts"
import { readAll, readFile } from "../host/file.ts"
import { update } from "../lifecycle/update.ts"
import { warn } from "../log.ts"
import { loadResources } from "../spec/load.ts"
import { checkResources } from "../spec/resource-rules.ts"
import type { LinuxResources } from "../spec/types.gen.ts"
import type { Call, Values } from "./table.ts"
import type { COMMANDS } from "./table.ts"

type UpdateFlags = Values<(typeof COMMANDS)["update"]["flags"]>
type Name = Exclude<keyof UpdateFlags, "devices">

/** How a flag's text is read. */
type Kind = "text" | "count" | "integer" | "bytes"

/** The flags that stand for a value of linux.resources: where it is in the object. */
const LIMIT_FLAGS: readonly (readonly [flag: Name, member: "memory" | "cpu" | "blockIO" | "pids", field: string, kind: Kind])[] = [
  ["memory", "memory", "limit", "bytes"],
  ["memory-reservation", "memory", "reservation", "bytes"],
  ["memory-swap", "memory", "swap", "bytes"],
  ["cpu-share", "cpu", "shares", "count"],
  ["cpu-quota", "cpu", "quota", "integer"],
  ["cpu-period", "cpu", "period", "count"],
  ["cpu-burst", "cpu", "burst", "count"],
  ["cpu-rt-period", "cpu", "realtimePeriod", "count"],
  ["cpu-rt-runtime", "cpu", "realtimeRuntime", "integer"],
  ["cpu-idle", "cpu", "idle", "integer"],
  ["cpuset-cpus", "cpu", "cpus", "text"],
  ["cpuset-mems", "cpu", "mems", "text"],
  ["blkio-weight", "blockIO", "weight", "count"],
  ["pids-limit", "pids", "limit", "integer"],
]

/** `runts update` */
export async function main(call: Call<"update">): Promise<number> {
  const { flags } = call
  for (const name of ["kernel-memory", "kernel-memory-tcp"] as const) {
    if (flags[name]) warn(`--${name} is ignored: kernels since 5.11 have no such limit`)
  }
  await update(call.globals, {
    id: call.id,
    resources: flags.resources ? resourcesOfFile(flags.resources, flags) : resourcesOfFlags(flags),
    devices: flags.devices,
    l3CacheSchema: flags["l3-cache-schema"] || undefined,
    memBwSchema: flags["mem-bw-schema"] || undefined,
  })
  return 0
}

function resourcesOfFile(file: string, flags: UpdateFlags): LinuxResources {
  const ignored = LIMIT_FLAGS.filter(([flag]) => flags[flag]).map(([flag]) => "--" + flag)
  if (ignored.length > 0) warn(`--resources is given, so ${ignored.join(", ")} are ignored`)
  const where = file === "-" ? "standard input" : file
  const resources = loadResources(file === "-" ? readAll(0, "standard input") : readFile(file), where)
  checkResources(resources, where)
  return resources
}

/** An empty value is none, as with runc. */
function resourcesOfFlags(flags: UpdateFlags): LinuxResources {
  const resources: Record<string, Record<string, string | number>> = {}
  for (const [flag, member, field, kind] of LIMIT_FLAGS) {
    const text = flags[flag]
    if (!text) continue
    const part = (resources[member] ??= {})
    part[field] = kind === "text" ? text : numberOf(text, flag, kind)
  }
  checkResources(resources, "the command line")
  return resources
}

/** Suffixes of sizes: powers of 1024. */
const SUFFIXES = "kmgtp"

function numberOf(text: string, flag: string, kind: Exclude<Kind, "text">): number {
  const pattern = kind === "count" ? /^(\d+)$/ : kind === "integer" ? /^(-?\d+)$/ : /^(-1|\d+(?:\.\d+)?) ?([kmgtp]?)i?b?$/i
  const [, digits, suffix = ""] = pattern.exec(text) ?? []
  const expected = kind === "bytes" ? "bytes, as 512m, or -1" : kind === "count" ? "a whole number from 0" : "a whole number"
  if (digits === undefined || (digits === "-1" && suffix !== "")) {
    throw new RuntsError(`invalid value ${JSON.stringify(text)} for --${flag}: expected ${expected}`, { code: "usage" })
  }
  return Math.trunc(Number(digits) * 1024 ** (suffix === "" ? 0 : SUFFIXES.indexOf(suffix.toLowerCase()) + 1))
}
