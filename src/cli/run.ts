import { run } from "../lifecycle/run.ts"
import { attempt } from "./attempt.ts"
import { createRequest } from "./request.ts"
import type { Call } from "./table.ts"

/** `runts run`: its exit code is the container's. */
export async function main(call: Call<"run">): Promise<number> {
  const { detach, keep } = call.flags
  return attempt(call, () => run(call.globals, { ...createRequest(call), detach, keep, noSubreaper: call.flags["no-subreaper"] }))
}
