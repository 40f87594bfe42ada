import { loadBundle, type Bundle } from "../lifecycle/bundle.ts"
import type { GlobalOptions } from "../lifecycle/requests.ts"
import { planCreate } from "../plan/create.ts"
import type { Happened } from "../trace/happened.ts"
import { foreseeCreate, Notes } from "./foresee.ts"
import { planDecoder, programLines, type Explanation, type Line } from "./model.ts"
import { runtimeLines, type RuntimeLines } from "./runtime.ts"
import { summaryOf, type Summary } from "./summary.ts"

/** An explanation with what a page shows at one glance. */
export interface Explained {
  readonly explanation: Explanation
  readonly summary: Summary
  /** What happened to a container; of one that is only thought through nothing has. */
  readonly happened?: Happened
}

/**
 * What `create` and `start` would do with a bundle. Nothing is made or changed, and root is not needed.
 * @param id of the container; "" where none was given
 * @throws RuntsError where the config is not valid
 */
export async function explainBundle(globals: GlobalOptions, path: string, id: string): Promise<Explained> {
  const notes = new Notes()
  return explainLoaded(globals, await loadBundle(path, (error) => notes.unfit(error)), id, notes)
}

/** The same of a bundle that was read already. */
export async function explainLoaded(globals: GlobalOptions, loaded: Bundle, id: string, notes = new Notes()): Promise<Explained> {
  const foreseen = await foreseeCreate(globals, loaded, id, notes)
  const planner = planCreate(foreseen.spec, foreseen.facts)
  for (const warning of planner.warnings) notes.warn(warning)
  const lines = interleave(programLines(planner, planDecoder(foreseen.descriptors), "init"), await runtimeLines(foreseen, notes))
  const explanation: Explanation = { subject: "create", id, bundle: loaded.bundle, lines, notes: notes.list }
  return { explanation, summary: summaryOf(foreseen) }
}

/** Puts what runts does between the lines of the program: where that tells it something, or waits for it. */
function interleave(program: readonly Line[], runtime: RuntimeLines): Line[] {
  const { before, started, ...points } = runtime
  const lines = [...before]
  const after: Readonly<Record<keyof typeof points, (line: Line) => boolean>> = {
    pid: tells("PID"), maps: tells("MAPS"), devices: tells("DEVICES"), hooks: tells("HOOKS"), ready: tells("READY"),
    start: (line) => line.call.startsWith("accept4("), listener: (line) => line.call.startsWith("seccomp("),
  }
  const waiting = new Set(Object.keys(points) as (keyof typeof points)[])
  for (const line of program) {
    lines.push(line)
    if (line.condition === undefined) {
      for (const point of waiting) {
        if (!after[point](line)) continue
        waiting.delete(point)
        lines.push(...points[point])
      }
      if (line.call.startsWith("execve(")) lines.push(...started)
    }
  }
  return lines
}

function tells(kind: string): (line: Line) => boolean {
  return (line) => line.call.startsWith("sendto(") && line.call.includes(`{kind=${kind}`)
}

