import { sys } from "../../ffi/index.ts"
import { NR } from "../../kernel/syscalls.ts"
import type { Abilities, Answer } from "./ability.ts"
import { limited, missing, present, unknown } from "./ability.ts"
import type { Inspection } from "./inspection.ts"

/** A usual image has users up to here (nobody is 65534). */
const IDS_WANTED = 65536

/** What ordinary users need. */
export const ROOTLESS = {
  "subuid": {
    group: "rootless",
    title: "user ids for this user's containers",
    roles: ["rootless"],
    lack: "containers of this user have one user id only: images with several users cannot be unpacked or run",
    remedy: { text: "usermod --add-subuids 100000-165535 USER" },
    source: "subuid(5)",
    probe: (host) => probeRanges(host, "/etc/subuid", sys(NR.getuid)),
  },
} as const satisfies Abilities

/** Lines `user:first:count`, the user by name or number. */
function probeRanges(host: Inspection, path: string, uid: number): Answer {
  const text = host.text(path)
  if (text === undefined) return missing(`${path} cannot be read`)
  const name = host.text("/etc/passwd")?.split("\n").map((line) => line.split(":")).find((fields) => fields[2] === String(uid))?.[0]
  const own = text.split("\n").map((line) => line.split(":")).filter(([user]) => user === String(uid) || user === name)
  if (own.length === 0) return missing(`${path} has no line for ${name ?? uid}`)
  const count = own.reduce((sum, fields) => sum + Number(fields[2]), 0)
  if (!Number.isSafeInteger(count)) return unknown(`a line of ${path} is not user:first:count`)
  return count < IDS_WANTED ? limited(`${count} ids, fewer than ${IDS_WANTED}`) : present(`${count} ids`)
}
