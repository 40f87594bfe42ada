import { resume } from "../lifecycle/pause.ts"
import type { Call } from "./table.ts"

/** `runts resume` */
export async function main(call: Call<"resume">): Promise<number> {
  await resume(call.globals, call.id)
  return 0
}
