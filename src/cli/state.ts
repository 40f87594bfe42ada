import { state } from "../lifecycle/state.ts"
import { print } from "./output.ts"
import type { Call } from "./table.ts"

/** `runts state` */
export async function main(call: Call<"state">): Promise<number> {
  print(JSON.stringify(await state(call.globals, call.id), null, 2) + "\n")
  return 0
}
