import { close } from "../host/file.ts"
import { memfdExecutable, spawnImage } from "../host/spawn.ts"
import { HOST_ARCHITECTURE } from "../kernel/syscalls.ts"
import type { Planner } from "../plan/planner.ts"
import { assemble } from "../program/assemble.ts"

/**
 * Starts a plan's program as a child of this process.
 * @param name as ps and /proc/PID/exe show it
 * @param inherit descriptors that it gets, under the same numbers
 * @returns the child's pid
 */
export function spawnProgram(planner: Planner, name: string, inherit: readonly number[]): number {
  const image = assemble(planner.program, { architecture: HOST_ARCHITECTURE, statusCell: planner.statusCell })
  const memfd = memfdExecutable(image.bytes, name)
  try {
    return spawnImage(memfd, name, { inherit })
  } finally {
    close(memfd)
  }
}
