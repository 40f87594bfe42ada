import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Architecture } from "../../../src/kernel/syscalls.ts"
import { assemble } from "../../../src/program/assemble.ts"
import type { Datum, Program } from "../../../src/program/program.ts"

/* Runs assembled programs: on this machine's processor, or in qemu's user mode. */

const EMULATOR = { x64: "/usr/bin/qemu-x86_64", arm64: "/usr/bin/qemu-aarch64" } as const

/** Why programs of this architecture cannot run here; false if they can. */
export function cannotRun(architecture: Architecture): string | false {
  if (process.arch === architecture || existsSync(EMULATOR[architecture])) return false
  return `needs ${EMULATOR[architecture]}`
}

export interface Outcome {
  readonly code: number | null
  readonly signal: string | null
  readonly stdout: Buffer
  /** What the program wrote to descriptor 3. */
  readonly status: Buffer
}

/** Runs an executable file. @param more a descriptor that it inherits as 4 */
export function run(bytes: Uint8Array, architecture: Architecture, more?: number): Outcome {
  const folder = mkdtempSync(join(tmpdir(), "runts-program-"))
  try {
    const path = join(folder, "program")
    writeFileSync(path, bytes, { mode: 0o755 })
    const [command, args] = process.arch === architecture ? [path, []] : [EMULATOR[architecture], [path]]
    const result = spawnSync(command, args, { stdio: ["ignore", "pipe", "pipe", "pipe", ...(more === undefined ? [] : [more])], timeout: 20000 })
    if (result.error !== undefined) throw result.error
    return { code: result.status, signal: result.signal, stdout: result.stdout, status: result.output[3] as unknown as Buffer }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Assembles and runs. Without a cell of its own the program reports failures to descriptor 3. */
export function runProgram(program: Program, architecture: Architecture, statusCell: Datum = program.words([3])): Outcome {
  return run(assemble(program, { architecture, statusCell }).bytes, architecture)
}
