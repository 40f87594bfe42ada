import { existsSync, writeFileSync } from "node:fs"
import { type CommandOptions, command, type Result, type Running, startCommand, until } from "./command.ts"
import { checkout, runtimePath } from "./environment.ts"

const PYTHON = existsSync("/usr/bin/python3") ? "/usr/bin/python3" : "python3"
const folder = `${checkout}/conformance/lib`

/** What console.py saw. */
export interface ConsoleReport {
  connections: number
  messages: string[]
  descriptors: number
  tty: boolean
  /** Columns and rows. */
  size: [number, number] | null
  output: string
  timeout?: boolean
}

/** Listens on a console socket: writes `input` to the terminal that arrives and reads it to its end. */
export async function listenForConsole(socket: string, input = "", seconds = 20): Promise<() => Promise<ConsoleReport>> {
  const listener: Running = startCommand([PYTHON, `${folder}/console.py`, socket, input, String(seconds)])
  await until("the console socket", () => listener.stdout().includes("ready"))
  return async () => {
    const { stdout } = await listener.done
    return JSON.parse(stdout.trim().split("\n").at(-1) as string) as ConsoleReport
  }
}

/** What pidfd.py saw. */
export interface PidfdReport {
  messages: string[]
  descriptors: number
  /** Of the process behind the descriptor. */
  pid: number
}

/** A listener on a pidfd socket. */
export interface PidfdListener {
  /** What came; the runtime has hung up then. */
  readonly report: Promise<PidfdReport>
  /** Sends the signal through the descriptor. @returns whether the process has ended */
  signal(): Promise<boolean>
}

/** Listens on a pidfd socket, to send a signal through what comes. */
export async function listenForPidfd(socket: string, signal: number, seconds = 20): Promise<PidfdListener> {
  const listener: Running = startCommand([PYTHON, `${folder}/pidfd.py`, socket, String(signal), String(seconds)])
  await until("the pidfd socket", () => listener.stdout().includes("ready"))
  const line = until("the descriptor", () => listener.stdout().split("\n").find((text) => text.startsWith("{")))
  return {
    report: line.then((text) => JSON.parse(text) as PidfdReport),
    signal: async () => {
      writeFileSync(`${socket}.go`, "")
      return (await listener.done).stdout.trim().endsWith("ended")
    },
  }
}

/** What reaper.py saw. */
export interface ReaperReport {
  self: number
  codes: number[]
  parent: number
  status: number | string | null
  errors: string
}

/** Runs the runtime's commands under a subreaper, which then waits for the pid of the pid file. */
export function underSubreaper(pidFile: string, commands: readonly (readonly string[])[]): ReaperReport {
  const argvs = commands.map((args) => [runtimePath, ...args])
  const { stdout, stderr } = command([PYTHON, `${folder}/reaper.py`, pidFile, JSON.stringify(argvs)])
  if (stdout === "") throw new Error(`reaper.py: ${stderr}`)
  return JSON.parse(stdout) as ReaperReport
}

/** Runs the runtime on a terminal of its own; `input` is typed after its first output. */
export function onTerminal(args: readonly string[], input = "", size: [number, number] = [100, 40], options: CommandOptions = {}): {
  output: string
  code: number
} {
  return toldByTerminal(command(terminalArgv(args, input, size), options))
}

/** As `onTerminal`, while others go on. */
export async function startOnTerminal(args: readonly string[]): Promise<{ output: string; code: number }> {
  return toldByTerminal(await startCommand(terminalArgv(args, "", [100, 40])).done)
}

function terminalArgv(args: readonly string[], input: string, [columns, rows]: [number, number]): string[] {
  return [PYTHON, `${folder}/terminal.py`, input, String(columns), String(rows), runtimePath, ...args]
}

function toldByTerminal({ stdout, stderr }: Result): { output: string; code: number } {
  if (stdout === "") throw new Error(`terminal.py: ${stderr}`)
  return JSON.parse(stdout) as { output: string; code: number }
}
