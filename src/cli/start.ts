import { start } from "../lifecycle/start.ts"
import { attempt } from "./attempt.ts"
import type { Call } from "./table.ts"

/** `runts start` */
export async function main(call: Call<"start">): Promise<number> {
  await attempt(call, () => start(call.globals, call.id))
  return 0
}
