import { create } from "../lifecycle/create.ts"
import { attempt } from "./attempt.ts"
import { createRequest } from "./request.ts"
import type { Call } from "./table.ts"

/** `runts create` */
export async function main(call: Call<"create">): Promise<number> {
  await attempt(call, () => create(call.globals, createRequest(call)))
  return 0
}
