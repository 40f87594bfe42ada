import type { Recorder } from "../trace/recorder.ts"
import type { Call } from "./table.ts"

/** Carries out what --trace can record: records it where that is asked for, and keeps why a container failed for `explain`. */
export async function attempt<T>(call: Call<"create"> | Call<"run"> | Call<"start"> | Call<"exec">, work: () => Promise<T>): Promise<T> {
  const { command, id, flags } = call
  let recorder: Recorder | undefined
  if (flags.trace) recorder = (await import("./trace.ts")).record(command, id, flags.trace)
  try {
    return await work()
  } catch (error) {
    recorder?.fail(error)
    // of a container that runs a process more or less says nothing
    if (command !== "exec") {
      const bundle = "bundle" in flags ? flags.bundle || "." : undefined
      const { keepFailure } = await import("../trace/failures.ts")
      keepFailure(call.globals, { command, id, bundle, traced: recorder?.record }, error)
    }
    throw error
  }
}
