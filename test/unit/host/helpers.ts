import { mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import t from "tap"

/** The message of what a function throws; "" if it throws nothing. */
export function messageOf(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    return (error as Error).message
  }
  return ""
}

/** A folder of this test file's own, removed at its end. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "runts-test-"))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Descriptors open in this process with what they are. */
export function openDescriptors(): string[] {
  const found: string[] = []
  for (const name of readdirSync("/proc/self/fd")) {
    try {
      const target = readlinkSync("/proc/self/fd/" + name)
      // who translates the tests looks after its cache now and then
      if (!/\/tsx-\d+(\/|$)/.test(target)) found.push(`${name} ${target}`)
    } catch {
      // the folder's own descriptor
    }
  }
  return found.sort()
}

/** Children of this process, zombies included. */
export function children(): string[] {
  return readdirSync("/proc/self/task").flatMap((task) => readFileSync(`/proc/self/task/${task}/children`, "utf8").split(" ").filter((pid) => pid !== ""))
}

