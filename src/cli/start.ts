import { start } from "../lifecycle/start.ts"
import type { Call } from "./table.ts"

/** `runts start` */
export async function main(call: Call<"start">): Promise<number> {
  await start(call.globals, call.id)
  return 0
}
