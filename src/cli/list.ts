import { list } from "../lifecycle/state.ts"
import { listJson, listTable } from "./format.ts"
import { print } from "./output.ts"
import type { Call } from "./table.ts"

/** `runts list` */
export async function main(call: Call<"list">): Promise<number> {
  const containers = await list(call.globals)
  if (call.flags.quiet) print(containers.map((container) => container.id + "\n").join(""))
  else if (call.flags.format === "json") print(listJson(containers))
  else print(listTable(containers))
  return 0
}
