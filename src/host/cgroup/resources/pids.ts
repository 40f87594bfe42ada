import { integerText } from "../../../spec/numbers.ts"
import { field } from "./field.ts"
import type { Field, Step } from "./field.ts"

/** The row of linux.resources.pids (cgroup-v1/pids.rst, cgroup-v2.rst "PID"). */
export const PIDS_FIELDS: readonly Field[] = [
  field("pids/limit", ["pids", "pids"], ({ pids }) => pids?.limit, limit, limit),
]

/** include/linux/threads.h: the file takes nothing larger, and no system has more. */
const PID_MAX_LIMIT = 4 * 1024 * 1024

/** Negative: no limit. 0 would let nothing start, so that it is written as 1, as by runc. */
function limit(tasks: number): Step[] {
  return [{ file: "pids.max", text: tasks < 0 || tasks > PID_MAX_LIMIT ? "max" : tasks === 0 ? "1" : integerText(tasks) }]
}
