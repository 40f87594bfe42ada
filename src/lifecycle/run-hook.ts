import { sys } from "../ffi/index.ts"
import { RuntsError, sysError, type ErrorDetails, type FailedHook } from "../error.ts"
import { ERRNO, errnoText } from "../kernel/errno.ts"
import { O_APPEND, O_CREAT, O_NOCTTY, O_NONBLOCK, O_WRONLY } from "../kernel/fs.ts"
import { SIGNALS, signalName } from "../kernel/signals.ts"
import { MSG_DONTWAIT } from "../kernel/socket.ts"
import { NR } from "../kernel/syscalls.ts"
import { close, open, tryReadText } from "../host/file.ts"
import { POLLIN, POLLOUT, poll, type Interest } from "../host/poll.ts"
import { type ExitStatus, pidfdOpen, reap } from "../host/process.ts"
import { pipe, socketpair, trySend } from "../host/socket.ts"
import { planHook, type HookConfinement } from "../plan/hook.ts"
import { MESSAGE, type Planner } from "../plan/planner.ts"
import { prelude } from "../prelude/prelude.ts"
import type { Hook } from "../spec/types.gen.ts"
import { spawnProgram } from "./spawn-program.ts"

/** Absolute paths of files of the host. */
export interface HookOutputs {
  readonly stdout?: string | undefined
  readonly stderr?: string | undefined
}

export interface HookOptions {
  /** Where config.json has the hook, as /hooks/createRuntime/1. */
  readonly pointer: string
  /**
   * Working directory (as with runc: the bundle for hooks in the runtime's namespaces), entered after the namespaces are
   * joined. If undefined, the runtime's own; the root folder of the mount namespace where one is joined.
   */
  readonly cwd?: string
  /** Files that its output is appended to, in place of being kept for the error. */
  readonly outputs?: HookOutputs
  /** Environment of a hook that has none of its own; the caller's if undefined. */
  readonly environment?: readonly string[]
  /** For hooks in the container's namespaces: a pidfd of its init and the CLONE_NEW... flags of those to join. */
  readonly namespaces?: { readonly pidfd: number; readonly flags: number }
  /** For hooks that the image brings. The descriptors in it are the caller's to close. */
  readonly confinement?: HookConfinement
  /** Called with the pid of a confined hook before it goes on: for what is set from outside. */
  readonly born?: ((pid: number) => void) | undefined
  /** Called when a confined hook is about to load its seccomp filter. `socket` is where it waits for a byte if that makes a listener. */
  readonly started?: ((hook: { readonly pid: number; readonly pidfd: number; readonly socket: number }) => void) | undefined
}

/** How much of a failed hook's output its error shows: the last bytes. */
const OUTPUT_BYTES = 4096
const READ_BYTES = 16384
/** What a pipe holds (pipe(7)). */
const PIPE_BYTES = 65536

const F_SETFL = 4
/** What hooks print is for who asked for it. */
const OUTPUT_FILE_MODE = 0o600

/**
 * Runs a hook to its end: state JSON on its standard input, output kept for the error. A background process it leaves behind
 * is not waited for, and loses its standard output and error.
 * @throws RuntsError where it cannot be executed, exits with another code than 0, is killed, or takes longer than its timeout
 * @see runtime-spec config.md, "POSIX-platform Hooks"
 */
export function runHook(hook: Hook, stateJson: string, options: HookOptions): void {
  const why = perform(hook, stateJson, options)
  if (why === undefined) return
  const { kind, index } = hookAt(options.pointer)
  const what = `hooks.${kind}[${index}] ${JSON.stringify(hook.path)}`
  throw new RuntsError(`${what}: ${why.text}`, {
    ...why.details, pointer: options.pointer, hook: { kind, index, path: hook.path, ...why.hook },
  })
}

/**
 * Runs a program of the host as hooks are run: an empty input, an empty environment, its output kept.
 * @param path absolute
 * @param timeout seconds
 * @returns why it failed, with what it printed; undefined where it went well
 */
export function runTool(path: string, args: readonly string[], timeout: number): string | undefined {
  return perform({ path, args: [path, ...args], env: [], timeout }, "", { pointer: "" })?.text.replace(/^hook /, "")
}

/** @returns why it failed; undefined where it went well */
function perform(hook: Hook, stateJson: string, options: HookOptions): HookFailure | undefined {
  const stdin = pipe()
  const output = pipe()
  const [status, childStatus] = socketpair()
  const theirs = [stdin.read, output.write, childStatus]
  const appendTo = (path: string | undefined): number => {
    if (path === undefined) return output.write
    const fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY, OUTPUT_FILE_MODE)
    theirs.push(fd)
    return fd
  }
  let pid = 0
  let run: HookRun | undefined
  let others: readonly number[] | undefined
  try {
    // our ends only: the hook's have descriptions of their own. A read that waits would keep us from what its program asks
    for (const fd of [stdin.write, output.read]) {
      const result = sys(NR.fcntl, fd, F_SETFL, O_NONBLOCK)
      if (result < 0) throw sysError("make a hook's pipe non-blocking", -result, { syscall: "fcntl" })
    }
    const planner = planHook({
      path: hook.path,
      args: hook.args === undefined || hook.args.length === 0 ? [hook.path] : hook.args,
      env: hook.env ?? options.environment ?? prelude.callerEnvironment().strings(),
      cwd: options.cwd,
      stdin: stdin.read,
      stdout: appendTo(options.outputs?.stdout),
      stderr: appendTo(options.outputs?.stderr),
      status: childStatus,
      nofile: prelude.callerNofile(),
      namespaces: options.namespaces,
      confinement: options.confinement,
      pointer: options.pointer,
    })
    others = options.namespaces === undefined ? undefined : children()
    pid = spawnProgram(planner, "runts:hook", [...theirs, ...descriptorsOf(options)])
    while (theirs.length > 0) close(theirs.pop() as number)
    run = new HookRun(pid, status, stdin.write, output.read, Buffer.from(stateJson, "utf8"), options, others)
    const result = run.supervise(hook.timeout === undefined ? -1 : hook.timeout * 1000)
    return failure(result, hook, planner, run)
  } finally {
    if (run === undefined && pid > 0) {
      killAndReap(pid)
      reapClone(others)
    }
    run?.end()
    for (const fd of theirs) close(fd)
    close(status)
    close(output.read)
    if (run === undefined || run.stdinOpen) close(stdin.write)
  }
}

/** Which hook /hooks/createRuntime/1 is. */
function hookAt(pointer: string): { readonly kind: string; readonly index: number } {
  const [, , kind = "", index] = pointer.split("/")
  return { kind, index: Number(index) }
}

/** What the program needs before it is the hook. */
function descriptorsOf({ namespaces, confinement }: HookOptions): number[] {
  const fds = namespaces === undefined ? [] : [namespaces.pidfd]
  if (confinement === undefined) return fds
  const { cgroup: { intoCgroup, procs }, root } = confinement
  if (intoCgroup !== undefined) fds.push(intoCgroup)
  if (root !== undefined) fds.push(root)
  return [...fds, ...procs.map(({ fd }) => fd)]
}

type HookResult = ExitStatus | "timeout"

interface HookFailure {
  readonly text: string
  readonly details: Pick<ErrorDetails, "code" | "errno" | "step">
  /** How it ended, where it ran. */
  readonly hook?: Pick<FailedHook, "end" | "output">
}

function failure(result: HookResult, hook: Hook, planner: Planner, run: HookRun): HookFailure | undefined {
  const failed = run.failedStep
  if (failed !== undefined) {
    const step = planner.program.steps[failed.index]
    const what = step === undefined || step.name === "execve" ? "" : step.text + ": "
    const { index, errno } = failed
    return { text: what + errnoText(errno), details: { code: "hook-failed", errno, step: { program: planner.program, index } } }
  }
  if (result !== "timeout" && "code" in result && result.code === 0) return undefined
  const output = run.printed()
  const end = result === "timeout" ? `hook timed out after ${hook.timeout}s`
    : "signal" in result ? `killed by ${signalName(result.signal)}` : `exit status ${result.code}`
  return {
    text: output === "" ? end : `${end}, output: ${JSON.stringify(output)}`,
    details: { code: result === "timeout" ? "hook-timeout" : "hook-failed" },
    hook: output === "" ? { end } : { end, output },
  }
}

/** A hook that runs: its channels and its process. */
class HookRun {
  failedStep: { readonly index: number; readonly errno: number } | undefined
  stdinOpen = true
  private pid: number
  private pidfd: number
  private reaped = false
  private input: Uint8Array
  private outputOpen = true
  private statusOpen = true
  private tail = Buffer.alloc(0)
  private readonly status: number
  private readonly stdin: number
  private readonly output: number
  private readonly options: HookOptions
  private hasStarted = false
  private followed = false
  private readonly others: readonly number[] | undefined

  /** @param others children that were there before; undefined where the hook's process is no clone of its first one */
  constructor(
    pid: number, status: number, stdin: number, output: number, input: Uint8Array, options: HookOptions, others: readonly number[] | undefined,
  ) {
    this.options = options
    this.others = others
    this.pid = pid
    this.status = status
    this.stdin = stdin
    this.output = output
    this.input = input
    this.pidfd = pidfdOf(pid)
  }

  /** Feeds and reads until the process has ended. @param timeoutMs milliseconds; negative: no limit */
  supervise(timeoutMs: number): HookResult {
    const deadline = performance.now() + timeoutMs
    const buffer = Buffer.alloc(READ_BYTES)
    for (;;) {
      const interests: Interest[] = [{ fd: this.pidfd, events: POLLIN, ready: 0 }]
      if (this.statusOpen) interests.push({ fd: this.status, events: POLLIN, ready: 0 })
      if (this.stdinOpen) interests.push({ fd: this.stdin, events: POLLOUT, ready: 0 })
      if (this.outputOpen) interests.push({ fd: this.output, events: POLLIN, ready: 0 })
      if (poll(interests, timeoutMs < 0 ? -1 : Math.max(0, deadline - performance.now())) === 0) return "timeout"
      const ended = (interests[0] as Interest).ready !== 0 ? this.pid : 0
      this.feed()
      this.read(buffer)
      this.listen(buffer)
      // the launcher's end is not the hook's: then `listen` has gone over to the hook
      if (ended === this.pid) {
        const status = reap(this.pid)
        this.reaped = true
        this.read(buffer)
        return status
      }
    }
  }

  /** What it printed, the last bytes of it. */
  printed(): string {
    return this.tail.toString("utf8").trim()
  }

  /** Kills what has not ended and lets go of it. */
  end(): void {
    if (!this.reaped) killAndReap(this.pid)
    close(this.pidfd)
    if (!this.followed) reapClone(this.others)
  }

  private feed(): void {
    while (this.stdinOpen) {
      const n = this.input.length === 0 ? 0 : sys(NR.write, this.stdin, this.input, this.input.length)
      if (n === -ERRNO.EAGAIN) return
      if (n === -ERRNO.EINTR) continue
      if (n < 0 && n !== -ERRNO.EPIPE) throw sysError("write the state to a hook", -n, { syscall: "write" })
      if (n > 0) this.input = this.input.subarray(n)
      // a hook need not read its input (EPIPE)
      if (n < 0 || this.input.length === 0) {
        close(this.stdin)
        this.stdinOpen = false
      }
    }
  }

  /** Takes what a full pipe can hold and no more: one who prints without end must not hold up the rest. */
  private read(buffer: Buffer): void {
    for (let taken = 0; this.outputOpen && taken < PIPE_BYTES; taken += READ_BYTES) {
      const n = sys(NR.read, this.output, buffer, buffer.length)
      if (n === -ERRNO.EAGAIN) return
      if (n === -ERRNO.EINTR) continue
      // nobody would take the rest, and the hook would wait for that
      if (n < 0) throw sysError("read a hook's output", -n, { syscall: "read" })
      if (n === 0) this.outputOpen = false
      else this.tail = Buffer.concat([this.tail, buffer.subarray(0, n)]).subarray(-OUTPUT_BYTES)
    }
  }

  /** The program's messages (plan/planner.ts, MESSAGE); its end of the socket closes with execve. */
  private listen(buffer: Buffer): void {
    while (this.statusOpen) {
      const n = sys(NR.recvfrom, this.status, buffer, 16, MSG_DONTWAIT, 0, 0)
      if (n === -ERRNO.EAGAIN) return
      if (n === -ERRNO.EINTR) continue
      // its program may wait for an answer to what was not received
      if (n < 0 && n !== -ERRNO.ECONNRESET) throw sysError("receive from a hook's program", -n, { syscall: "recvfrom" })
      if (n <= 0) this.statusOpen = false
      else if (buffer.readUInt32LE(0) === MESSAGE.PID) this.follow(buffer.readInt32LE(8))
      else if (buffer.readUInt32LE(0) === MESSAGE.STARTED) this.hasStarted = true
      else if (buffer.readUInt32LE(0) === MESSAGE.FAILED) {
        this.failedStep = { index: buffer.readUInt32LE(4), errno: buffer.readInt32LE(8) }
      }
      if (this.hasStarted && this.followed) {
        this.hasStarted = false
        this.options.started?.({ pid: this.pid, pidfd: this.pidfd, socket: this.status })
      }
    }
  }

  /** The hook is a child that the launcher made; the launcher ends. */
  private follow(pid: number): void {
    reap(this.pid)
    close(this.pidfd)
    // not to be closed once more at the end, should there be no next one
    this.pidfd = -1
    this.pid = pid
    this.pidfd = pidfdOf(pid)
    this.followed = true
    if (this.options.confinement === undefined) return
    this.options.born?.(pid)
    const sent = trySend(this.status, new Uint8Array(1))
    // one that was killed meanwhile takes nothing any more; any other would wait for ever
    if (sent < 0 && sent !== -ERRNO.EPIPE && sent !== -ERRNO.ECONNRESET) throw sysError(`let hook process ${pid} go on`, -sent, { syscall: "sendto" })
  }
}

/** Kills a hook and its process group. It is our child and not waited for, so its pid is nobody else's. */
function killAndReap(pid: number): void {
  // before setsid there is no group of that name
  sys(NR.kill, -pid, SIGNALS.KILL)
  sys(NR.kill, pid, SIGNALS.KILL)
  reap(pid)
}

/**
 * A launcher that was killed before it told the pid may have made its clone, which is our child: as long as nobody reaps it, not even
 * the end of the container's init is complete (pid_namespaces(7)).
 * @param others children that are not it; undefined where there can be none
 */
function reapClone(others: readonly number[] | undefined): void {
  if (others !== undefined) for (const pid of children()) if (!others.includes(pid)) killAndReap(pid)
}

/** Pids of this process's children, zombies too; none where the kernel does not tell them (CONFIG_PROC_CHILDREN). */
function children(): number[] {
  return (tryReadText("/proc/thread-self/children") ?? "").split(" ").filter((word) => word !== "").map(Number)
}

/** Of a child that was not waited for, so there is one, be it a zombie. */
function pidfdOf(pid: number): number {
  const pidfd = pidfdOpen(pid)
  if (pidfd === undefined) throw sysError(`open a descriptor of hook process ${pid}`, ERRNO.ESRCH, { syscall: "pidfd_open" })
  return pidfd
}
