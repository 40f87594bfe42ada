import { RuntsError } from "../error.ts"
import { processes } from "../lifecycle/ps.ts"
import { filterTable } from "./format.ts"
import { print } from "./output.ts"
import type { Call } from "./table.ts"

/** `runts ps` */
export async function main(call: Call<"ps">): Promise<number> {
  const pids = await processes(call.globals, call.id)
  if (call.flags.format === "json") print(JSON.stringify(pids) + "\n")
  else print(filterTable(await hostTable(call.rest.length === 0 ? ["-ef"] : call.rest), pids))
  return 0
}

/** What the host's ps prints. */
async function hostTable(args: readonly string[]): Promise<string> {
  const { spawnSync } = await import("node:child_process")
  const result = spawnSync("ps", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1 << 28 })
  if (result.error !== undefined) {
    throw new RuntsError(`run the host's ps: ${result.error.message}`, {
      code: "program-missing", hint: "--format json needs no ps",
    })
  }
  if (result.status !== 0) {
    throw new RuntsError(`ps ${args.join(" ")} failed with exit code ${result.status}: ${result.stderr.trim()}`, {
      code: "usage",
    })
  }
  return result.stdout
}
