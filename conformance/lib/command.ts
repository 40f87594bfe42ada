import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { closeSync, fchownSync, openSync, readFileSync, writeFileSync } from "node:fs"
import { checkout, marker, runtimePath, scratch, user, way } from "./environment.ts"
import type { Way } from "./ways.ts"
import { complained, refuseHarm } from "./peer.ts"

/** How a command ended. */
export interface Result {
  readonly argv: readonly string[]
  /** Exit code; 128 + n where signal n ended the command; -1 where the time limit did. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  readonly milliseconds: number
}

export interface CommandOptions {
  /** Text on standard input; /dev/null without it. */
  input?: string
  /** The whole environment; by default this process's, and the marker. */
  env?: Record<string, string | undefined>
  cwd?: string
  /** A shell snippet that runs first in the same process: closes descriptors, sets limits, ignores signals ... */
  before?: string
  /** Milliseconds after which the command is killed. */
  timeLimit?: number
}

const TIME_LIMIT_MS = process.env.RUNTS_TEST_ENV?.endsWith("uml") === true ? 120_000 : 20_000
const SIGNAL_NUMBERS: Partial<Record<NodeJS.Signals, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGSEGV: 11, SIGPIPE: 13, SIGTERM: 15 }

const helpers = `${checkout}/conformance/lib/`

let outputs = 0

/** Runs the runtime and waits for it. Its output goes to files, since a container may keep a pipe open for ever. */
export function runtime(args: readonly string[], options: CommandOptions = {}): Result {
  refuseHarm(args)
  return command([runtimePath, ...args], options)
}

/** Runs any command as `runtime` does. */
export function command(argv: readonly string[], options: CommandOptions = {}): Result {
  const base = `${scratch}/output-${++outputs}`
  const full = withSnippet(inThisWay(argv), options.before)
  const who = callerOf(argv)
  const stdio = openStdio(base, options.input, who)
  const start = performance.now()
  const done = spawnSync(full[0] as string, full.slice(1), {
    stdio,
    env: options.env ?? environmentWithMarker(),
    ...who,
    timeout: options.timeLimit ?? TIME_LIMIT_MS,
    killSignal: "SIGKILL",
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  })
  const milliseconds = performance.now() - start
  for (const fd of stdio) closeSync(fd)
  const timedOut = (done.error as NodeJS.ErrnoException | undefined)?.code === "ETIMEDOUT"
  if (done.error && !timedOut) throw done.error
  const code = timedOut ? -1 : done.signal ? 128 + (SIGNAL_NUMBERS[done.signal] ?? 0) : (done.status ?? -1)
  const stderr = readFileSync(`${base}.err`, "utf8")
  complained(code, stderr)
  return { argv, code, stdout: readFileSync(`${base}.out`, "utf8"), stderr, milliseconds }
}

/** A command that still runs: `done` resolves when it ends, `stdout` reads what it printed so far. */
export interface Running {
  readonly child: ChildProcess
  readonly done: Promise<Result>
  stdout(): string
}

/** Starts the runtime and leaves it running. */
export function startRuntime(args: readonly string[], options: CommandOptions = {}): Running {
  refuseHarm(args)
  return startCommand([runtimePath, ...args], options)
}

/** Starts any command as `startRuntime` does. */
export function startCommand(argv: readonly string[], options: CommandOptions = {}): Running {
  const base = `${scratch}/output-${++outputs}`
  const full = withSnippet(inThisWay(argv), options.before)
  const who = callerOf(argv)
  const stdio = openStdio(base, options.input, who)
  const start = performance.now()
  const child = spawn(full[0] as string, full.slice(1), {
    stdio,
    env: options.env ?? environmentWithMarker(),
    ...who,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  })
  for (const fd of stdio) closeSync(fd)
  const stdout = (): string => readFileSync(`${base}.out`, "utf8")
  const done = new Promise<Result>((resolve, reject) => {
    const timer = setTimeout(() => child.kill("SIGKILL"), options.timeLimit ?? TIME_LIMIT_MS)
    child.on("error", reject)
    child.on("exit", (status, signal) => {
      clearTimeout(timer)
      const code = signal ? 128 + (SIGNAL_NUMBERS[signal] ?? 0) : (status ?? -1)
      const stderr = readFileSync(`${base}.err`, "utf8")
      complained(code, stderr)
      resolve({ argv, code, stdout: stdout(), stderr, milliseconds: performance.now() - start })
    })
  })
  return { child, done, stdout }
}

/** This process's environment and the marker by which leftovers are found. */
export function environmentWithMarker(): Record<string, string | undefined> {
  const equals = marker.indexOf("=")
  return { ...process.env, [marker.slice(0, equals)]: marker.slice(equals + 1) }
}

/** The result itself, or a failure that shows the command and what it said. */
export function expectSuccess(result: Result): Result {
  if (result.code === 0) return result
  throw new Error(`exit code ${result.code} of: ${result.argv.join(" ")}\nstdout: ${result.stdout}\nstderr: ${result.stderr}`)
}

/** What a command said on stderr, with the quotation marks as they were before a logger escaped them. */
export function said(result: Result): string {
  return result.stderr.replaceAll('\\"', '"')
}

/** Asks again and again until the answer is neither undefined nor false; fails after `timeLimit` milliseconds. */
export async function until<T>(what: string, ask: () => T | undefined | false, timeLimit = TIME_LIMIT_MS / 2): Promise<T> {
  const end = performance.now() + timeLimit
  for (;;) {
    const answer = ask()
    if (answer !== undefined && answer !== false) return answer
    if (performance.now() > end) throw new Error(`still waiting after ${timeLimit} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** What the runtime is told in this way of making containers, before a test's own words. */
const WAY_FLAGS: Record<Way, readonly string[]> = { plain: [], systemd: ["--systemd-cgroup"], rootless: [], delegated: [] }

function inThisWay(argv: readonly string[]): readonly string[] {
  return WAY_FLAGS[way].length === 0 ? argv : argv.flatMap((word) => (word === runtimePath ? [word, ...WAY_FLAGS[way]] : [word]))
}

/** Whose process a command is: what calls the runtime, or speaks with it, is the user's; what makes ready for it is root's. */
function callerOf(argv: readonly string[]): { uid?: number; gid?: number } {
  const calls = argv.some((word) => word.includes(runtimePath) || word.startsWith(helpers))
  return user !== undefined && calls ? { uid: user.id, gid: user.id } : {}
}

function withSnippet(argv: readonly string[], snippet: string | undefined): readonly string[] {
  return snippet === undefined ? argv : ["/bin/sh", "-c", `${snippet}\nexec "$@"`, "sh", ...argv]
}

function openStdio(base: string, input: string | undefined, { uid, gid }: { uid?: number; gid?: number }): number[] {
  if (input !== undefined) writeFileSync(`${base}.in`, input)
  const fds = [openSync(input === undefined ? "/dev/null" : `${base}.in`, "r"), openSync(`${base}.out`, "w"), openSync(`${base}.err`, "w")]
  // as a shell of his would have opened them: he may open them again through /dev/stdout
  if (uid !== undefined && gid !== undefined) for (const fd of fds.slice(input === undefined ? 1 : 0)) fchownSync(fd, uid, gid)
  return fds
}
