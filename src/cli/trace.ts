import { Recorder } from "../lifecycle/recorder.ts"
import type { TracedCommand } from "../lifecycle/trace-record.ts"
import { setTrace } from "../trace.ts"

/** Carries out a command and records it (--trace). @param file the record's path */
export async function traced<T>(command: TracedCommand, id: string, file: string, work: () => Promise<T>): Promise<T> {
  const recorder = new Recorder(command, id, file)
  setTrace(recorder)
  try {
    return await work()
  } catch (error) {
    recorder.fail(error)
    throw error
  }
}
