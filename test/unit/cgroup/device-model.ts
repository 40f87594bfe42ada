import { ACCESS_ALL, ANY } from "../../../src/kernel/bpf.ts"
import type { DeviceFilterRule } from "../../../src/kernel/bpf.ts"
import type { DeviceList } from "../../../src/host/cgroup/device-rules.ts"

/* What rules, programs and lists grant, each computed the plainest way. */

export interface Device {
  readonly type: "b" | "c"
  readonly major: number
  readonly minor: number
}

const fits = (rule: { type: string; major: number; minor: number }, device: Device): boolean =>
  (rule.type === "a" || rule.type === device.type) &&
  (rule.major === ANY || rule.major === device.major) && (rule.minor === ANY || rule.minor === device.minor)

/** By the ordered list: each access on its own, the last match decides, nothing matching denies. */
export function grants(rules: readonly DeviceFilterRule[], device: Device, access: number): boolean {
  for (const bit of [1, 2, 4]) {
    if ((access & bit) === 0) continue
    const last = rules.filter((rule) => (rule.access & bit) !== 0 && fits(rule, device)).at(-1)
    if (last?.allow !== true) return false
  }
  return true
}

/** Whether the last rules allow everything, without a denying one after the rule for all devices. */
export function granted(rules: readonly DeviceFilterRule[]): boolean {
  for (const rule of rules.toReversed()) {
    if (rule.access === 0) continue
    if (!rule.allow) return false
    if (rule.type === "a" && rule.major === ANY && rule.minor === ANY && rule.access === ACCESS_ALL) return true
  }
  return false
}

/** As security/device_cgroup.c: an exception that holds all accesses allows; one that holds any denies. */
export function v1Grants(list: DeviceList, device: Device, access: number): boolean {
  const matching = [...list.exceptions.values()].filter((exception) => fits(exception, device))
  if (list.allow) return !matching.some((exception) => (exception.access & access) !== 0)
  return matching.some((exception) => (access & ~exception.access) === 0)
}

/** Interprets a device program (instruction-set.rst) for one request; no program allows. */
export function run(program: Uint8Array | undefined, device: Device, access: number): boolean {
  if (program === undefined) return true
  const view = new DataView(program.buffer, program.byteOffset, program.length)
  const context: Record<number, number> = { 0: access << 16 | (device.type === "b" ? 1 : 2), 4: device.major, 8: device.minor }
  const registers: number[] = []
  for (let pc = 0; pc * 8 < program.length; pc++) {
    const opcode = view.getUint8(pc * 8)
    const to = view.getUint8(pc * 8 + 1) & 15
    const from = view.getUint8(pc * 8 + 1) >> 4
    const offset = view.getInt16(pc * 8 + 2, true)
    const immediate = view.getInt32(pc * 8 + 4, true)
    const value = registers[to] ?? 0
    if (opcode === 0x61) registers[to] = context[offset] as number
    else if (opcode === 0xb7) registers[to] = immediate
    else if (opcode === 0xbf) registers[to] = registers[from] as number
    else if (opcode === 0x54) registers[to] = value & immediate
    else if (opcode === 0x74) registers[to] = value >>> immediate
    else if (opcode === 0x05) pc += offset
    else if (opcode === 0x56) pc += value === immediate ? 0 : offset
    else if (opcode === 0x46) pc += (value & immediate) === 0 ? 0 : offset
    else if (opcode === 0x95) return registers[0] === 1
    else throw new Error(`opcode ${opcode} at ${pc}`)
  }
  throw new Error("the program runs over its end")
}

/** Few numbers, so that rules meet. */
export function randomDevice(random: (below: number) => number): Device {
  return { type: random(2) === 0 ? "b" : "c", major: random(3), minor: random(3) }
}

export function randomRules(random: (below: number) => number): DeviceFilterRule[] {
  return Array.from({ length: 1 + random(7) }, () => ({
    allow: random(2) === 0,
    type: (["a", "b", "c"] as const)[random(3)] as "a" | "b" | "c",
    major: random(4) - 1,
    minor: random(4) - 1,
    access: random(3) === 0 ? ACCESS_ALL : random(8),
  }))
}
