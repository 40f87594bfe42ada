import { errnoText } from "./kernel/errno.ts"

/** What is known of a fault beside its sentence. All of it is printed by `cli`, none of it is needed to understand the sentence. */
export interface ErrorDetails {
  /** JSON pointer into config.json (or process.json) that asked for the failing operation, as `/mounts/3`. */
  readonly pointer?: string
  /** The kernel's error number, positive. */
  readonly errno?: number
  /** Name of the failing system call. */
  readonly syscall?: string
  /** What to try; one clause without a final full stop. */
  readonly hint?: string
  /** Exit code of runts where it is not the command's usual one. */
  readonly exitCode?: number
}

/** The one error type of runts: a sentence for people (what, where, why) and the facts behind it. */
export class RuntsError extends Error {
  readonly details: ErrorDetails
  constructor(message: string, details: ErrorDetails = {}) {
    super(message)
    this.details = details
  }
}

/**
 * The error of a failed system call.
 * @param what the operation with its operands, as `open "/run/runts/c1"`; becomes `open "/run/runts/c1": no such file or directory`
 * @param errno positive error number (man errno(3))
 */
export function sysError(what: string, errno: number, details: ErrorDetails = {}): RuntsError {
  return new RuntsError(`${what}: ${errnoText(errno)}`, { ...details, errno })
}
