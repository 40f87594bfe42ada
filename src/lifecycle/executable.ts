import { RuntsError } from "../error.ts"
import type { Mount, Process } from "../spec/types.gen.ts"

/** A container as it is seen from the host. */
export interface SeenContainer {
  /** Its root filesystem: a folder of the host, or /proc/PID/root of a process that is in it. */
  readonly root: string
  readonly bundle: string
  /** What is mounted there that the host does not see; none where `root` is a process's. */
  readonly mounts: readonly Mount[]
  readonly process: Process
}

/**
 * An error as it is; where it is that the program cannot be executed, with what a look at its file tells. What looks is loaded then only.
 * @param see throws nothing that matters: then the error stays as it is
 */
export async function seeExecutable(error: unknown, see: () => SeenContainer | Promise<SeenContainer>): Promise<unknown> {
  if (!(error instanceof RuntsError) || error.details.pointer !== "/process/args/0") return error
  try {
    const { root, bundle, mounts, process } = await see()
    const { blameExecutable } = await import("./executable/blame.ts")
    const { ContainerFiles, seenMounts } = await import("./executable/files.ts")
    return blameExecutable(error, new ContainerFiles(root, seenMounts(mounts, bundle)), process)
  } catch {
    return error
  }
}
