import { create } from "../lifecycle/create.ts"
import { createRequest } from "./request.ts"
import type { Call } from "./table.ts"

/** `runts create` */
export async function main(call: Call<"create">): Promise<number> {
  const { trace } = call.flags
  const work = (): Promise<void> => create(call.globals, createRequest(call))
  await (trace ? (await import("./trace.ts")).traced("create", call.id, trace, work) : work())
  return 0
}
