import { ERRNO } from "../../../kernel/errno.ts"
import { integerText, isUnlimited } from "../../../spec/numbers.ts"
import type { HugepageLimit, LinuxResources } from "../../../spec/types.gen.ts"
import { field } from "./field.ts"
import type { Field, Place, Step } from "./field.ts"

/** The row of linux.resources.hugepageLimits (cgroup-v1/hugetlb.rst, cgroup-v2.rst "HugeTLB Interface Files"). */
export const HUGEPAGE_FIELDS: readonly Field[] = [
  field("hugepageLimits", ["hugetlb", "hugetlb"], limits, (list) => steps(list, ["limit_in_bytes", "rsvd.limit_in_bytes"], "-1"),
    (list) => steps(list, ["max", "rsvd.max"], "max")),
]

function limits({ hugepageLimits }: LinuxResources): readonly HugepageLimit[] | undefined {
  return hugepageLimits !== undefined && hugepageLimits.length > 0 ? hugepageLimits : undefined
}

/** Of pages in use, and of reserved ones where the kernel counts them (Linux 5.7). */
function steps(list: readonly HugepageLimit[], [used, reserved]: readonly [string, string], unlimited: string): Step[] {
  return list.flatMap(({ pageSize, limit }, i): Step[] => {
    const pointer = `/linux/resources/hugepageLimits/${i}`
    const text = isUnlimited(limit) ? unlimited : integerText(limit, "uint64")
    return [
      { file: `hugetlb.${pageSize}.${used}`, text, pointer, explain: explainSize },
      { file: `hugetlb.${pageSize}.${reserved}`, text, pointer, optional: true },
    ]
  })
}

function explainSize(errno: number, at: Place): string | undefined {
  if (errno !== ERRNO.ENOENT) return undefined
  const sizes = new Set<string>()
  for (const name of at.names()) {
    const size = /^hugetlb\.([^.]+)\./.exec(name)?.[1]
    if (size !== undefined) sizes.add(size)
  }
  return sizes.size === 0 ? undefined : `the machine has huge pages of ${[...sizes].join(", ")}`
}
