import { codeOfErrno, RuntsError, type FailedStep } from "../error.ts"
import type { ExitStatus } from "../host/process.ts"
import type { LastSteps, ToldStep } from "../host/stored-state.ts"
import { recv } from "../host/socket.ts"
import { ERRNO, errnoText } from "../kernel/errno.ts"
import { MESSAGE } from "../plan/messages.ts"
import type { Planner } from "../plan/planner.ts"
import { Load, Step } from "../program/program.ts"
import { codeOfStep } from "./step-code.ts"

/*
 * What a container's program reports at its end, and what its failures are called. Apart from launch.ts, for `start` needs nothing
 * of what makes programs, and loading that takes a millisecond.
 */

/** Name of the socket in the container's folder on which init waits for `start`. */
export const START_SOCKET = "start.sock"

/** Bytes of a message on the status socket (plan/messages.ts). */
export const MESSAGE_BYTES = 16

/** What is to be known of a program that starts. */
export interface Starting {
  /** What the process is called in errors. */
  readonly who: string
  /** Called when it has ended: how, if that can be known. */
  exitStatus(): ExitStatus | undefined
  /** The error that a failed step stands for. */
  failure(index: number, value: number): RuntsError
  /** Called when its last steps begin. */
  started?(): void
}

/**
 * Reads what a program reports at its end: STARTED, then end of file, means that the user's program runs; a failure after it names
 * the step (a missing interpreter, say).
 * @param socket the status socket of `run` and `exec`, or the connection of `start`
 */
export function awaitStarted(socket: number, starting: Starting): void {
  const message = Buffer.alloc(MESSAGE_BYTES)
  let started = false
  for (;;) {
    const length = recv(socket, starting.who, message)
    if (length === 0) {
      if (started) return
      throw diedEarly(starting.who, starting.exitStatus())
    }
    const kind = message.readUInt32LE(0)
    if (kind === MESSAGE.STARTED) {
      started = true
      starting.started?.()
    } else if (kind === MESSAGE.FAILED) {
      starting.exitStatus()
      throw starting.failure(message.readUInt32LE(4), Number(message.readBigInt64LE(8)))
    }
  }
}

/** The steps between STARTED and execve, for who has no plan of the program any more (`start`). */
export function lastSteps({ started, program: { steps } }: Planner): LastSteps {
  const first = started + 1
  const end = steps.findIndex(({ name }, index) => index >= first && name === "execve")
  return { first, steps: steps.slice(first, end).map(({ name, text, pointer }) => ({ name, text, pointer })) }
}

/** The error of a program of which these steps are known; any other failure is that of execve. */
export function lastStepFailure(last: LastSteps | undefined, index: number, value: number): RuntsError {
  const step = last?.steps[index - last.first]
  return step === undefined ? executionFailure("", Math.abs(value)) : toldFailure(step, Math.abs(value), { log: "" })
}

/** The error that a failed step stands for. @param log what the kernel said of a mount, or "" */
export function stepFailure(planner: Planner, index: number, value: number, log: string): RuntsError {
  const errno = Math.abs(value)
  const step = planner.program.steps[index] as Step | undefined
  if (step === undefined) return new RuntsError(`setting up the container failed: ${errnoText(errno)}`, {
    code: codeOfErrno(errno), errno,
  })
  const failed: FailedStep = { program: planner.program, index }
  if (step.pointer === "/process/args/0" && planner.lookup !== undefined) {
    return step.name === "execve" ? executionFailure(planner.lookup, errno, failed) : lookupFailure(planner.lookup, errno, failed)
  }
  const syscall = syscallOf(planner, step)
  return toldFailure({ ...step, name: syscall }, errno, { log, failed, hint: planner.hintOf(step, errno) })
}

/** The system call whose error a step stands for: its own, or the one whose result it reports. */
function syscallOf({ program: { steps } }: Planner, { kind, name, args: [from] }: Step): ToldStep["name"] {
  if (kind !== "fail" || from === undefined || typeof from !== "object") return name
  if (from instanceof Step) return from.name
  return from instanceof Load ? steps.find(({ cell }) => cell !== undefined && cell === from.from.datum)?.name : name
}

/** What is known of a failed step beside what the plan says of it. */
interface Circumstances {
  /** What the kernel said of a mount, or "". */
  readonly log: string
  readonly failed?: FailedStep
  /** The plan's own hint. */
  readonly hint?: string | undefined
}

function toldFailure(
  step: ToldStep & { readonly kind?: string }, errno: number, { log, failed, hint: planned }: Circumstances,
): RuntsError {
  // the kernel's log of a mount begins with a letter for its severity: "e overlay: Unknown parameter"
  const kernelLog = log.replace(/^[ewi] /gm, "").replaceAll("\n", "; ")
  const why = log === "" ? errnoText(errno) : `${errnoText(errno)} (the kernel says: ${kernelLog})`
  const hint = hintOf(step, errno) ?? planned
  return new RuntsError(`${step.text || (step.name ?? step.kind)}: ${why}`, {
    code: codeOfStep(step, errno, log),
    errno,
    ...(hint === undefined ? {} : { hint }),
    ...(step.pointer === "" ? {} : { pointer: step.pointer }),
    ...(step.name === undefined ? {} : { syscall: step.name }),
    ...(kernelLog === "" ? {} : { kernelLog }),
    ...(failed === undefined ? {} : { step: failed }),
  })
}

/** What to try where the errno alone does not say it. */
function hintOf(step: ToldStep, errno: number): string | undefined {
  if (step.name === "prlimit64" && errno === ERRNO.EPERM) return "raising a hard limit takes CAP_SYS_RESOURCE"
  if (step.pointer === "/process/apparmorProfile" && errno === ERRNO.ENOENT) {
    return "no such profile is loaded: aa-status lists those that are, apparmor_parser --replace FILE loads one"
  }
  if (step.pointer === "/process/selinuxLabel" && errno === ERRNO.EINVAL) return "the loaded policy has no such context (user:role:type:level)"
  if (step.name === "mount_setattr" && errno === ERRNO.EPERM) {
    return "in a user namespace a flag that the host's mount has cannot be cleared, nor its atime mode changed"
  }
  if (step.name !== "seccomp") return undefined
  if (errno === ERRNO.EACCES) return "it takes process.noNewPrivileges, or a runtime with CAP_SYS_ADMIN"
  if (errno === ERRNO.EINVAL) return "the kernel refuses the filter, or does not know one of linux.seccomp.flags"
  return errno === ERRNO.EBUSY ? "a process has one listener only, and runts itself runs under a filter that has one" : undefined
}

/** The texts that engines look for (Go's os/exec): exit codes 126 and 127 hang on them. */
export function lookupFailure(name: string, errno: number, step?: FailedStep): RuntsError {
  const quoted = JSON.stringify(name)
  const code = errno === ERRNO.ENOENT || errno === ERRNO.ENOTDIR ? "executable-not-found"
    : errno === ERRNO.EISDIR ? "executable-is-directory"
    : errno === ERRNO.EACCES ? "executable-not-permitted" : codeOfErrno(errno)
  const details = { code, errno, pointer: "/process/args/0", ...(step === undefined ? {} : { step }) } as const
  if (errno === ERRNO.ENOENT) {
    if (!name.includes("/")) return new RuntsError(`exec: ${quoted}: executable file not found in $PATH`, details)
    return new RuntsError(`exec: ${quoted}: stat ${name}: no such file or directory`, details)
  }
  // newer Dockers take the first words for exit code 126, older ones and Podman only the second, which execve would say
  if (errno === ERRNO.EISDIR) return new RuntsError(`exec: ${quoted}: is a directory (permission denied)`, details)
  return new RuntsError(`exec: ${quoted}: ${errnoText(errno)}`, details)
}

/** execve(2) itself failed: the file is there and executable. */
export function executionFailure(name: string, errno: number, step?: FailedStep): RuntsError {
  const what = name === "" ? "exec" : `exec ${name}`
  const hint =
    errno === ERRNO.ENOENT
      ? "the file is there: its interpreter (the #! line, or the ELF loader) is missing in the root filesystem"
      : errno === ERRNO.ENOEXEC
        ? "it is no script with a #! line and no executable of this architecture"
        : errno === ERRNO.EACCES
          ? "it is executable, but lies on a noexec mount, or AppArmor or SELinux do not let it be executed so"
          : undefined
  const code = errno === ERRNO.ENOENT ? "executable-interpreter-missing"
    : errno === ERRNO.ENOEXEC ? "executable-format"
    : errno === ERRNO.EACCES ? "executable-not-permitted" : codeOfErrno(errno)
  return new RuntsError(`${what}: ${errnoText(errno)}`, {
    code, errno, pointer: "/process/args/0", syscall: "execve",
    ...(step === undefined ? {} : { step }), ...(hint === undefined ? {} : { hint }),
  })
}

/** The error of a program that ended without saying why. */
export class DiedEarly extends RuntsError {}

/** A program ended without saying why. */
export function diedEarly(who: string, status: ExitStatus | undefined): DiedEarly {
  const how = status === undefined ? "" : "code" in status ? ` with exit code ${status.code}` : `, killed by signal ${status.signal}`
  return new DiedEarly(`${who} ended${how} while the container was being set up`, {
    code: "init-died",
    hint: "if its memory or pids limit is small, it may have been too small for the set-up",
  })
}
