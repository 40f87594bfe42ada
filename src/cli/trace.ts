import { Recorder } from "../trace/recorder.ts"
import type { TracedCommand } from "../trace/record.ts"
import { setTrace } from "../trace.ts"

/** Begins to record this call (--trace). @param file the record's path */
export function record(command: TracedCommand, id: string, file: string): Recorder {
  const recorder = new Recorder(command, id, file)
  setTrace(recorder)
  return recorder
}
