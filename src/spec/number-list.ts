import { shown } from "./report.ts"
import { isNumberList } from "./rule.ts"

/**
 * What is wrong with a list of CPUs or NUMA nodes; undefined if nothing is.
 * @param what its members in the plural: "CPUs"
 * @param max the highest number that any kernel can have
 */
export function numberListFault(list: string, what: string, max: number): string | undefined {
  if (!isNumberList(list)) return `${shown(list)} is not a list of ${what} as 0-3,7`
  for (const [first, last] of ranges(list)) {
    if (last < first) return `${shown(list)} has a range that ends before it begins: ${first}-${last}`
    if (last > max) return `${shown(list)}: ${last} is above ${max}, the most that Linux can number`
  }
  return undefined
}

/** The numbers of a list without faults as a mask of bits in whole 8-byte words, as sched_setaffinity(2) and set_mempolicy(2) take it. */
export function numberListMask(list: string): Uint8Array {
  const all = ranges(list)
  const highest = Math.max(...all.map(([, last]) => last))
  const mask = new Uint8Array((Math.floor(highest / 64) + 1) * 8)
  for (const [first, last] of all) for (let n = first; n <= last; n++) mask[n >> 3] = (mask[n >> 3] as number) | (1 << (n & 7))
  return mask
}

function ranges(list: string): [first: number, last: number][] {
  return list.split(",").map((part) => {
    const [first, last] = part.trim().split("-")
    return [Number(first), Number(last ?? first)]
  })
}
