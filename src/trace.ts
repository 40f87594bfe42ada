import type { ContainerDir } from "./host/store.ts"
import type { Planner } from "./plan/planner.ts"

/** What records a call of runts where --trace asks for it; without, nothing is loaded, and all of this is a look at a variable. */
export interface TraceSink {
  /** What runts does from now on, until it does something else. @param pointer of config.json, where it asked for it */
  phase(text: string, pointer: string): void
  /** The container's folder, which keeps what is recorded as long as it is there. */
  container(folder: ContainerDir): void
  /** A program is about to run: gives it clocks. @returns a descriptor that its process must inherit */
  program(planner: Planner): number
  /** A process of the program exists: its first, or the one that becomes the user's. */
  born(who: "launcher" | "process", pid: number): void
  /** All that is traced has happened: what comes now may take as long as the container runs. */
  done(): void
}

let sink: TraceSink | undefined

/** Installs what records this call. */
export function setTrace(next: TraceSink): void {
  sink = next
}

/** What records this call; undefined: nobody asked for it. */
export function tracing(): TraceSink | undefined {
  return sink
}

/** What runts does from now on: a few words in the imperative. */
export function phase(text: string, pointer = ""): void {
  sink?.phase(text, pointer)
}
