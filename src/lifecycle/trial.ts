import { sys } from "../ffi/index.ts"
import type { Trial } from "../host/abilities/trial.ts"
import { close, tryReadText } from "../host/file.ts"
import { reap } from "../host/process.ts"
import { recv } from "../host/socket.ts"
import { memfdExecutable } from "../host/spawn.ts"
import { HOST_ARCHITECTURE, NR } from "../kernel/syscalls.ts"
import { planTimeTrial, planTrial, TRIED_FILE_SYSTEMS } from "../plan/trial.ts"
import type { Attempt } from "../plan/trial.ts"
import { assemble } from "../program/assemble.ts"
import { lift } from "./inherited.ts"
import { statusSocket } from "./launch.ts"
import { spawnProgram } from "./spawn-program.ts"

/** Descriptors of short-lived programs start here. */
const LEAST = 8
/** `nobody`: what has no rights anywhere. */
const ORDINARY_ID = 65534
/** A hung kernel call must not hang who asks. */
const TIME_LIMIT_MS = 2000
const RESULTS_BYTES = 512
const WORD = 8
const SIGKILL = 9

/**
 * Starts the trial of plan/trial.ts in a process of its own. It leaves nothing but a line in the kernel's accounting.
 * @param ordinary without the caller's rights
 * @param userNamespace in a user namespace
 * @returns waits for the process and tells what came of it; must be called once
 * @throws RuntsError where the process cannot be started
 */
export function beginTrial(ordinary: boolean, userNamespace: boolean): () => Trial {
  const { ours, theirs } = statusSocket(LEAST)
  const passed = [theirs]
  try {
    const timeProgram = ordinary ? undefined : timeExecutable()
    if (timeProgram !== undefined) passed.push(timeProgram)
    const known = new Set((tryReadText("/proc/filesystems") ?? "").split(/\s+/))
    const { planner, attempts } = planTrial({
      status: theirs, userNamespace, timeProgram, fileSystems: TRIED_FILE_SYSTEMS.filter((name) => known.has(name)),
      ordinaryId: ordinary && sys(NR.geteuid) === 0 ? ORDINARY_ID : undefined,
    })
    const pid = spawnProgram(planner, "runts:trial", passed)
    return () => {
      let hangs = true
      try {
        const results = { ...resultsOf(ours, attempts), ...(timeProgram === undefined ? {} : timeResult(ours)) }
        hangs = false
        return results
      } finally {
        close(ours)
        // else it ends by itself, after its child, which nobody else would wait for
        if (hangs) sys(NR.kill, pid, SIGKILL)
        reap(pid)
      }
    }
  } catch (error) {
    close(ours)
    throw error
  } finally {
    for (const fd of passed) close(fd)
  }
}

function timeExecutable(): number {
  const planner = planTimeTrial()
  const image = assemble(planner.program, { architecture: HOST_ARCHITECTURE, statusCell: planner.statusCell })
  return lift(memfdExecutable(image.bytes, "runts:trial"), LEAST)
}

/** One word an attempt; a process that was killed (by a filter, say) told nothing. */
function resultsOf(socket: number, attempts: readonly Attempt[]): Trial {
  const message = Buffer.alloc(RESULTS_BYTES)
  const results: Partial<Record<Attempt, number>> = {}
  if (recv(socket, "a program that tries system calls", message, TIME_LIMIT_MS) !== attempts.length * WORD) return {}
  attempts.forEach((name, index) => (results[name] = Number(message.readBigInt64LE(index * WORD))))
  return results
}

/** Two names, as "time:[4026531834]"; nothing where execve failed. */
function timeResult(socket: number): Pick<Trial, "execveEntersTime"> {
  const names = Buffer.alloc(RESULTS_BYTES)
  const length = recv(socket, "a program that tries system calls", names, TIME_LIMIT_MS)
  if (length === 0 || names[0] === 0) return {}
  return { execveEntersTime: names.subarray(0, length / 2).equals(names.subarray(length / 2, length)) }
}
