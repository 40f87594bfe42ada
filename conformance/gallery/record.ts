/**
 * Brings every failure about with the runtime under test (variable RUNTIME) and prints what it said, as JSON by name. What this machine
 * cannot show is left out. Run by `npm run gallery`, as root.
 */
import { runtimeName } from "../lib/environment.ts"
import { has } from "../lib/need.ts"
import { FAILURES } from "./cases.ts"
import { bringAbout, Stage } from "./failure.ts"
import type { Message } from "./failure.ts"

const only = process.argv[2]
const messages: Record<string, Message> = {}
for (const failure of FAILURES) {
  if (only !== undefined && failure.name !== only) continue
  if (!(failure.needs ?? []).every(has) || (failure.alone !== undefined && runtimeName !== "runts")) continue
  const box = new Stage()
  try {
    messages[failure.name] = bringAbout(failure, box)
  } catch (error) {
    messages[failure.name] = { exit: 0, text: `not brought about: ${(error as Error).message}` }
  }
  await box.close()
}
console.log(JSON.stringify(messages))
