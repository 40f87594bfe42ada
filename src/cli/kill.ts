import { kill } from "../lifecycle/kill.ts"
import { parseSignal } from "../kernel/signals.ts"
import type { Call } from "./table.ts"

/** `runts kill` */
export async function main(call: Call<"kill">): Promise<number> {
  await kill(call.globals, call.id, parseSignal(call.rest[0] || "TERM"), call.flags.all)
  return 0
}
