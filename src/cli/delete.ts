import { remove } from "../lifecycle/delete.ts"
import type { Call } from "./table.ts"

/** `runts delete` */
export async function main(call: Call<"delete">): Promise<number> {
  await remove(call.globals, call.id, call.flags.force)
  return 0
}
