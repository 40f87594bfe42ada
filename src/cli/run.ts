import { run } from "../lifecycle/run.ts"
import { createRequest } from "./request.ts"
import type { Call } from "./table.ts"

/** `runts run`: its exit code is the container's. */
export async function main(call: Call<"run">): Promise<number> {
  const { detach, keep, trace } = call.flags
  const work = (): Promise<number> =>
    run(call.globals, { ...createRequest(call), detach, keep, noSubreaper: call.flags["no-subreaper"] })
  return trace ? (await import("./trace.ts")).traced("run", call.id, trace, work) : work()
}
