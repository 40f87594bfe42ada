import { pointerKey } from "../../../spec/report.ts"
import type { Step } from "./field.ts"

/** What is to be written to the cgroup2 folder for linux.resources.unified, and by whom the file is. */
export interface UnifiedStep extends Step {
  readonly controller: string
}

/**
 * Values go to their files as they stand, after all else and in the order of config.json (config-linux.md, Unified). A value of
 * several lines is as many writes: files with a line for each device take one at a time.
 */
export function unifiedSteps(unified: Readonly<Record<string, string>>): UnifiedStep[] {
  const steps: UnifiedStep[] = []
  for (const file in unified) {
    const controller = file.slice(0, file.indexOf("."))
    const lines = (unified[file] as string).replace(/\n$/, "").split("\n")
    for (const text of lines) {
      const step = { file, controller, text, pointer: `/linux/resources/unified/${pointerKey(file)}` }
      const key = lineKey(text)
      steps.push(key === undefined ? step : { ...step, key })
    }
  }
  return steps
}

/** `8:0 rbps=max`: the line of a device, beside which the file has others. */
function lineKey(line: string): string | undefined {
  return /^(\d+:\d+|default) /.exec(line)?.[1]
}
