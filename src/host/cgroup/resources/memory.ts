import { ERRNO } from "../../../kernel/errno.ts"
import { RuntsError } from "../../../error.ts"
import { warn } from "../../../log.ts"
import { integerText, isUnlimited } from "../../../spec/numbers.ts"
import type { LinuxMemory, LinuxResources } from "../../../spec/types.gen.ts"
import { field, unlessZero } from "./field.ts"
import type { Controllers, Field, Place, Step } from "./field.ts"

const MEMORY: Controllers = ["memory", "memory"]
const LIMIT = "memory.limit_in_bytes"
const MEMSW = "memory.memsw.limit_in_bytes"
const SWAP_MAX = "memory.swap.max"

/** Rows of linux.resources.memory (cgroup-v1/memory.rst, cgroup-v2.rst "Memory Interface Files"). */
export const MEMORY_FIELDS: readonly Field[] = [
  // before all that is written: v1 refuses by itself a limit that is below the usage, v2 kills
  field("memory/checkBeforeUpdate", MEMORY, checked, () => [], usageFits),
  // v1: the kernel keeps limit <= memory and swap; which of both goes first depends on what is there, so they are a knot
  field("memory/limit", MEMORY, ({ memory }) => unlessZero(memory?.limit), limitV1, limitV2),
  field("memory/swap", MEMORY, swapOf, swapV1, swapV2),
  field("memory/reservation", MEMORY, ({ memory }) => unlessZero(memory?.reservation),
    (bytes) => [{ file: "memory.soft_limit_in_bytes", text: bytesText(bytes, "-1") }],
    (bytes) => [{ file: "memory.low", text: bytesText(bytes, "max") }]),
  // -1 as an unsigned number is what engines mean by "leave it alone"
  field("memory/swappiness", MEMORY, ({ memory }) => (memory?.swappiness ?? 101) > 100 ? undefined : memory?.swappiness,
    (percent) => [{ file: "memory.swappiness", text: String(percent) }],
    "cgroup v2 has no swappiness of a cgroup; limit memory.swap instead"),
  // false is the kernel's own way: written only where a running container has it otherwise
  field("memory/disableOOMKiller", MEMORY, ({ memory }) => memory?.disableOOMKiller, disableOomKillerV1, disableOomKillerV2),
  // false is the zero value that engines send; kernels since 5.11 and cgroup v2 have nothing but hierarchies
  field("memory/useHierarchy", MEMORY, ({ memory }) => memory?.useHierarchy === true ? true : undefined, useHierarchyV1, () => []),
  // limits of the kernel's memory came to nothing in Linux 5.16: accepted, with a warning, as by runc; that of TCP buffers is v1's still
  field("memory/kernel", MEMORY, ({ memory }) => unlessZero(memory?.kernel), ignored("kernel"), ignored("kernel")),
  field("memory/kernelTCP", MEMORY, ({ memory }) => unlessZero(memory?.kernelTCP),
    (bytes) => [{ file: "memory.kmem.tcp.limit_in_bytes", text: bytesText(bytes, "-1") }], ignored("kernelTCP")),
]

function bytesText(bytes: number, unlimited: string): string {
  return isUnlimited(bytes) ? unlimited : integerText(bytes)
}

function limitV1(bytes: number): Step[] {
  return [{ file: LIMIT, text: bytesText(bytes, "-1"), knot: true, explain: explainLimitV1 }]
}

function explainLimitV1(errno: number, at: Place): string | undefined {
  if (errno === ERRNO.EBUSY) return `the container uses ${at.read("memory.usage_in_bytes")} bytes, which the kernel could not reclaim`
  const both = at.read(MEMSW)
  if (errno === ERRNO.EINVAL && both !== undefined) return `memory and swap together are limited to ${both} bytes: raise memory.swap too`
  return undefined
}

function limitV2(bytes: number): Step[] {
  return [{ file: "memory.max", text: bytesText(bytes, "max") }]
}

/** Where no limit is wanted for memory and nothing is said of swap, neither is there one for both (as runc and Docker mean it). */
function swapOf({ memory }: LinuxResources): LinuxMemory | undefined {
  if (memory === undefined) return undefined
  const { limit = 0, swap = 0 } = memory
  if (swap !== 0) return memory
  return isUnlimited(limit) ? { limit, swap: -1 } : undefined
}

function swapV1({ swap = 0 }: LinuxMemory): Step[] {
  const explain = (errno: number, at: Place): string | undefined => {
    if (errno === ERRNO.ENOENT) return "the kernel was built or started (swapaccount=0) without accounting of swap"
    if (errno === ERRNO.EBUSY) return `the container uses ${at.read("memory.memsw.usage_in_bytes")} bytes, which the kernel could not reclaim`
    return errno === ERRNO.EINVAL ? `it is less than the limit of memory, ${at.read(LIMIT)} bytes` : undefined
  }
  const step: Step = { file: MEMSW, text: bytesText(swap, "-1"), knot: true, explain }
  // without accounting of swap there is no limit of it
  return [isUnlimited(swap) ? { ...step, optional: true } : step]
}

/** v2 counts swap alone. */
function swapV2({ limit = 0, swap = 0 }: LinuxMemory, at: Place): Step[] {
  const text = isUnlimited(swap) ? "max" : swapAlone(limit, swap, at.updating ? at.read("memory.max") : undefined)
  const explain = (errno: number): string | undefined => errno === ERRNO.ENOENT ? "the kernel was built without swap" : undefined
  const step: Step = { file: SWAP_MAX, text, explain }
  // without swap there is none to be limited
  return [text === "max" || text === "0" ? { ...step, optional: true } : step]
}

/** memory.swap.max of a limit for both. @param current memory.max of a container that is there already, which holds where none is given */
export function swapAlone(limit: number, swap: number, current: string | undefined): string {
  const pointer = "/linux/resources/memory/swap"
  let memory = limit
  if (limit === 0 && current !== undefined && current !== "max") memory = Number(current)
  if (memory === 0 || isUnlimited(memory)) {
    throw new RuntsError(`${pointer}: ${integerText(swap)} limits memory and swap together, and memory has no limit of its own`, {
      code: "resource-value",
      pointer, hint: "set memory.limit too",
    })
  }
  if (swap < memory) {
    throw new RuntsError(`${pointer}: ${integerText(swap)} for memory and swap together is less than memory's own limit, ${integerText(memory)}`, {
      code: "resource-value",
      pointer, hint: "swap counts both, so it is at least as large as limit",
    })
  }
  return integerText(BigInt(swap) - BigInt(memory))
}

function checked({ memory }: LinuxResources): LinuxMemory | undefined {
  return memory?.checkBeforeUpdate === true ? memory : undefined
}

/** Best effort: the usage changes all the time. */
function usageFits({ limit = 0, swap = 0 }: LinuxMemory, at: Place): Step[] {
  const text = at.updating ? at.read("memory.current") : undefined
  if (text === undefined) return []
  const usage = Number(text)
  for (const [name, bytes] of [["swap", swap], ["limit", limit]] as const) {
    if (bytes <= 0 || bytes > usage) continue
    const pointer = `/linux/resources/memory/${name}`
    throw new RuntsError(`${pointer}: ${integerText(bytes)} is not more than the ${text} bytes that the container uses`, {
      code: "resource-value",
      pointer, hint: "raise it, or leave out memory.checkBeforeUpdate: then the kernel frees memory, and kills processes if it must",
    })
  }
  return []
}

const OOM_CONTROL = "memory.oom_control"

function disableOomKillerV1(disabled: boolean, at: Place): Step[] {
  const current = /^oom_kill_disable (\d)/m.exec(at.read(OOM_CONTROL) ?? "")?.[1]
  const text = disabled ? "1" : "0"
  if (!disabled && current !== "1") return []
  return [{ file: OOM_CONTROL, text, key: "oom_kill_disable", neutral: current ?? "0" }]
}

function disableOomKillerV2(disabled: boolean): Step[] {
  if (!disabled) return []
  const pointer = "/linux/resources/memory/disableOOMKiller"
  throw new RuntsError(`${pointer}: cgroup v2 cannot disable the OOM killer`, {
    code: "resource-unavailable",
    pointer, hint: "leave it out; process.oomScoreAdj -1000 protects a single process",
  })
}

function useHierarchyV1(_: true, at: Place): Step[] {
  if (at.read("memory.use_hierarchy") !== "0") return []
  return [{ file: "memory.use_hierarchy", text: "1", explain: () => "it can only be set while the cgroup has no sub-cgroups" }]
}

function ignored(name: string): () => readonly Step[] {
  return () => {
    warn(`/linux/resources/memory/${name} is ignored: the kernel has no such limit; memory.limit counts the kernel's memory too`)
    return []
  }
}
