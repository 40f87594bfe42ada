import { pause } from "../lifecycle/pause.ts"
import type { Call } from "./table.ts"

/** `runts pause` */
export async function main(call: Call<"pause">): Promise<number> {
  await pause(call.globals, call.id)
  return 0
}
