import { RuntsError } from "../error.ts"
import { events } from "../lifecycle/events.ts"
import { parseDuration } from "./duration.ts"
import { exactJson } from "./format.ts"
import { print } from "./output.ts"
import type { Call } from "./table.ts"

const STDOUT = 1

/** `runts events` */
export async function main(call: Call<"events">): Promise<number> {
  const intervalMs = parseDuration(call.flags.interval, "interval")
  if (intervalMs <= 0) {
    throw new RuntsError("duration interval must be greater than 0", { code: "usage", hint: "leave --interval out for 5s" })
  }
  const request = { id: call.id, intervalMs, statsOnly: call.flags.stats }
  await events(call.globals, request, (event) => print(exactJson(event) + "\n"), STDOUT)
  return 0
}
