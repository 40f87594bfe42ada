import { start } from "../lifecycle/start.ts"
import type { Call } from "./table.ts"

/** `runts start` */
export async function main(call: Call<"start">): Promise<number> {
  const { trace } = call.flags
  const work = (): Promise<void> => start(call.globals, call.id)
  await (trace ? (await import("./trace.ts")).traced("start", call.id, trace, work) : work())
  return 0
}
