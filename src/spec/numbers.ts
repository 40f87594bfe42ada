/**
 * Integers of config.json. JSON.parse reads them as doubles, which hold integers up to 2^53 exactly. What is larger in a limit
 * stands for "no limit" in practice (9223372036854771712 is cgroup v1's own maximum, 18446744073709551615 is -1), so the
 * rounding of a double harms nobody as long as it is not written past the kernel's range: `integerText` takes care. Resource
 * limits of processes and seccomp arguments are exact instead: a bigint where a double does not hold them.
 */

const INT64_MAX = 2n ** 63n - 1n
const UINT64_MAX = 2n ** 64n - 1n

/** Whether a limit in bytes, tasks or operations is none: negative, or within a page of the largest int64 (or above it). */
export function isUnlimited(limit: number | bigint): boolean {
  return limit < 0 || limit >= 2 ** 63 - 4096
}

/**
 * The decimal digits of an integer for a kernel file, never in exponent notation; doubles at the end of the range are pulled
 * back to the largest number the kernel takes.
 */
export function integerText(value: number | bigint, type: "int64" | "uint64" = "int64"): string {
  if (typeof value === "number" && Number.isSafeInteger(value)) return String(value)
  const exact = BigInt(value)
  const maximum = type === "int64" ? INT64_MAX : UINT64_MAX
  return String(exact > maximum ? maximum : exact)
}
