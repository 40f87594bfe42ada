import { RuntsError } from "../error.ts"
import type { ExitStatus } from "../host/process.ts"
import type { LastSteps, ToldStep } from "../host/stored-state.ts"
import { recv } from "../host/socket.ts"
import { ERRNO, errnoText } from "../kernel/errno.ts"
import { MESSAGE } from "../plan/messages.ts"
import type { Planner } from "../plan/planner.ts"
import type { Step } from "../program/program.ts"

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
    const length = recv(socket, message)
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
  return step === undefined ? executionFailure("", Math.abs(value)) : toldFailure(step, Math.abs(value), "")
}

/** The error that a failed step stands for. @param log what the kernel said of a mount, or "" */
export function stepFailure(planner: Planner, index: number, value: number, log: string): RuntsError {
  const errno = Math.abs(value)
  const step = planner.program.steps[index] as Step | undefined
  if (step === undefined) return new RuntsError(`setting up the container failed: ${errnoText(errno)}`, { errno })
  if (step.pointer === "/process/args/0" && planner.lookup !== undefined) {
    return step.name === "execve" ? executionFailure(planner.lookup, errno) : lookupFailure(planner.lookup, errno)
  }
  return toldFailure(step, errno, log, planner.hintOf(step, errno))
}

/** @param planned the plan's own hint */
function toldFailure(step: ToldStep & { readonly kind?: string }, errno: number, log: string, planned?: string): RuntsError {
  // the kernel's log of a mount begins with a letter for its severity: "e overlay: Unknown parameter"
  const why = log === "" ? errnoText(errno) : `${errnoText(errno)} (the kernel says: ${log.replace(/^[ewi] /gm, "").replaceAll("\n", "; ")})`
  const hint = hintOf(step, errno) ?? planned
  return new RuntsError(`${step.text || (step.name ?? step.kind)}: ${why}`, {
    errno,
    ...(hint === undefined ? {} : { hint }),
    ...(step.pointer === "" ? {} : { pointer: step.pointer }),
    ...(step.name === undefined ? {} : { syscall: step.name }),
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
function lookupFailure(name: string, errno: number): RuntsError {
  const quoted = JSON.stringify(name)
  const details = { errno, pointer: "/process/args/0" }
  if (errno === ERRNO.ENOENT) {
    if (!name.includes("/")) return new RuntsError(`exec: ${quoted}: executable file not found in $PATH`, details)
    return new RuntsError(`exec: ${quoted}: stat ${name}: no such file or directory`, details)
  }
  // newer Dockers take the first words for exit code 126, older ones and Podman only the second, which execve would say
  if (errno === ERRNO.EISDIR) return new RuntsError(`exec: ${quoted}: is a directory (permission denied)`, details)
  return new RuntsError(`exec: ${quoted}: ${errnoText(errno)}`, details)
}

/** execve(2) itself failed: the file is there and executable. */
function executionFailure(name: string, errno: number): RuntsError {
  const what = name === "" ? "exec" : `exec ${name}`
  const hint =
    errno === ERRNO.ENOENT
      ? "the file is there: its interpreter (the #! line, or the ELF loader) is missing in the root filesystem"
      : errno === ERRNO.ENOEXEC
        ? "it is no script with a #! line and no executable of this architecture"
        : errno === ERRNO.EACCES
          ? "it is executable, but lies on a noexec mount, or AppArmor or SELinux do not let it be executed so"
          : undefined
  return new RuntsError(`${what}: ${errnoText(errno)}`, { errno, pointer: "/process/args/0", ...(hint === undefined ? {} : { hint }) })
}

/** The error of a program that ended without saying why. */
export class DiedEarly extends RuntsError {}

/** A program ended without saying why. */
export function diedEarly(who: string, status: ExitStatus | undefined): DiedEarly {
  const how = status === undefined ? "" : "code" in status ? ` with exit code ${status.code}` : `, killed by signal ${status.signal}`
  return new DiedEarly(`${who} ended${how} while the container was being set up`, {
    hint: "if its memory or pids limit is small, it may have been too small for the set-up",
  })
}
