import type { ErrorCode } from "./error-codes.ts"
import { ERRNO, errnoText } from "./kernel/errno.ts"
import type { Program } from "./program/program.ts"

/** A step of a container's program that failed; what it is, `describeStep` of src/program/print.ts tells. */
export interface FailedStep {
  readonly program: Program
  /** From 0. */
  readonly index: number
}

/** A hook that failed. */
export interface FailedHook {
  /** `createRuntime`, ... */
  readonly kind: string
  /** Among the hooks of its kind, from 0. */
  readonly index: number
  readonly path: string
  /** How it ended: `exit status 3`, `killed by SIGKILL`, `timed out after 5 s`; undefined where it never ran. */
  readonly end?: string
  /** The last of what it printed to stdout and stderr. */
  readonly output?: string
}

/** What is known of a fault beside its sentence. All of it is shown by `cli`; the sentence is understood without. */
export interface ErrorDetails {
  /** What kind of fault it is, for scripts and engines (src/error-codes.ts). */
  readonly code: ErrorCode
  /** JSON pointer into config.json (or process.json) that asked for the failing operation, as `/mounts/3`. */
  readonly pointer?: string
  /** The kernel's error number, positive. */
  readonly errno?: number
  /** Name of the failing system call. */
  readonly syscall?: string
  /** What the kernel said of a failed mount, its messages separated by "; ". */
  readonly kernelLog?: string
  /** The step of the container's program that failed. */
  readonly step?: FailedStep
  /** The hook that failed. */
  readonly hook?: FailedHook
  /** What to try; one clause without a final full stop. */
  readonly hint?: string
  /** Exit code of runts where it is not the command's usual one. */
  readonly exitCode?: number
}

/** The one error type of runts: a sentence for people (what, where, why) and the facts behind it. */
export class RuntsError extends Error {
  readonly details: ErrorDetails
  constructor(message: string, details: ErrorDetails) {
    super(message)
    this.details = details
  }
}

/**
 * The error of a failed system call; its code is the errno's where none is given.
 * @param what the operation with its operands, as `open "/run/runts/c1"`; becomes `open "/run/runts/c1": no such file or directory`
 * @param errno positive error number (man errno(3))
 */
export function sysError(what: string, errno: number, details: Partial<ErrorDetails> = {}): RuntsError {
  return new RuntsError(`${what}: ${errnoText(errno)}`, { code: codeOfErrno(errno), ...details, errno })
}

/** The code of a system call that failed on the host, where nothing nearer is known of it. @param errno positive */
export function codeOfErrno(errno: number): ErrorCode {
  switch (errno) {
    case ERRNO.EPERM:
    case ERRNO.EACCES:
    case ERRNO.EROFS:
      return "permission-denied"
    case ERRNO.ENOENT:
    case ERRNO.ENOTDIR:
      return "file-missing"
    case ERRNO.ENOSPC:
    case ERRNO.EDQUOT:
    case ERRNO.ENOMEM:
    case ERRNO.EMFILE:
    case ERRNO.ENFILE:
    case ERRNO.EAGAIN:
      return "resources-exhausted"
    case ERRNO.ENOSYS:
    case ERRNO.EOPNOTSUPP:
      return "kernel-unsupported"
    default:
      return "system-call"
  }
}
