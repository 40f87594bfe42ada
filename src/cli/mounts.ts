import { readAll, readFile } from "../host/file.ts"
import { addMounts, removeMounts } from "../lifecycle/mounts.ts"
import { loadMounts } from "../spec/load.ts"
import { checkMounts } from "../spec/rules.ts"
import type { Call } from "./table.ts"

/** `runts mounts add|remove` */
export async function main(call: Call<"mounts">): Promise<number> {
  const file = call.rest[0] as string
  const where = file === "-" ? "standard input" : file
  const mounts = loadMounts(file === "-" ? readAll(0, "standard input") : readFile(file), where)
  if (call.action === "add") {
    checkMounts(mounts, where)
    await addMounts(call.globals, call.id, mounts)
  } else removeMounts(call.globals, call.id, mounts)
  return 0
}
