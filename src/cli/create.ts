import { create } from "../lifecycle/create.ts"
import { createRequest } from "./request.ts"
import type { Call } from "./table.ts"

/** `runts create` */
export async function main(call: Call<"create">): Promise<number> {
  await create(call.globals, createRequest(call))
  return 0
}
