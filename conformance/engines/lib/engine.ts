import { type ChildProcess, spawn } from "node:child_process"
import { chmodSync, mkdirSync, openSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs"
import { command, type CommandOptions, environmentWithMarker, expectSuccess, type Result, startCommand, until } from "../../lib/command.ts"
import { Duplex } from "node:stream"
import { cgroupPrefix, marker, ownCgroups, runtimePath, scratch } from "../../lib/environment.ts"
import { processesWith } from "../../lib/procfs.ts"

/** Commands of engines take longer than the runtime's own. */
const TIME_LIMIT_MS = 60_000

/** The runtime under test behind a script that writes down how it was called. */
export class LoggedRuntime {
  /** Its name is `runts`, for engines that look at names. */
  readonly path: string
  private readonly log: string

  constructor(folder: string) {
    this.log = `${folder}/argv.log`
    this.path = `${folder}/bin/runts`
    mkdirSync(`${folder}/bin`, { recursive: true })
    writeFileSync(this.log, "")
    // exec: the script becomes the runtime, so that pid, parent and death signal are as if it had been called itself
    writeFileSync(this.path, `#!/bin/sh\nprintf '%s\\n' "$*" >>${this.log}\nexec ${runtimePath} "$@"\n`)
    chmodSync(this.path, 0o755)
  }

  /** Each call, its arguments with spaces between. */
  calls(): string[] {
    return readFileSync(this.log, "utf8").split("\n").filter((line) => line !== "")
  }
}

/**
 * The private place of one engine's test: a folder, a network and a mount namespace of its own, a wrapper of the runtime under
 * test that writes down how it was called, and the daemons started here. `close` ends all of it.
 */
export class Engine {
  readonly folder: string
  /** What the engine is told to run. */
  readonly runtime: string
  /** Each call of the runtime, its arguments with spaces between. */
  readonly calls: () => string[]
  private readonly holder: ChildProcess
  private readonly daemons: ChildProcess[] = []
  /** cgroup that the engine is told to make its containers' cgroups below. */
  readonly cgroup: string
  readonly name: string

  constructor(name: string) {
    this.name = name
    this.cgroup = `${cgroupPrefix}/${name}`
    this.folder = `${scratch}/${name}`
    const logged = new LoggedRuntime(this.folder)
    this.runtime = logged.path
    this.calls = () => logged.calls()
    const script = "mount --make-rshared / && ip link set lo up && echo ready && exec sleep infinity"
    const ready = openSync(`${this.folder}/holder.log`, "w")
    this.holder = spawn("unshare", ["--net", "--mount", "--propagation", "slave", "sh", "-c", script], {
      stdio: ["ignore", ready, ready], env: environmentWithMarker(),
    })
  }

  /** To be awaited before anything else. */
  async open(): Promise<void> {
    await until("a network namespace for the engine", () => readFileSync(`${this.folder}/holder.log`, "utf8").includes("ready"))
  }

  /** Runs a command in the engine's namespaces. */
  try(argv: readonly string[], options: CommandOptions = {}): Result {
    return command(this.enter(argv), { timeLimit: TIME_LIMIT_MS, ...options, env: { ...environmentWithMarker(), ...options.env } })
  }

  /** The same; it must succeed. @returns what it printed, without white space around it */
  run(argv: readonly string[], options: CommandOptions = {}): string {
    return expectSuccess(this.try(argv, options)).stdout.trim()
  }

  /** Starts a command in the engine's namespaces and waits for it without holding up others. */
  start(argv: readonly string[], options: CommandOptions = {}): Promise<Result> {
    return startCommand(this.enter(argv), { timeLimit: TIME_LIMIT_MS, ...options, env: { ...environmentWithMarker(), ...options.env } }).done
  }

  /** Puts a file of the test's own in the place of one of the machine, for the engine alone. */
  cover(path: string, text: string): void {
    const own = `${this.folder}/${path.replaceAll("/", "-").slice(1)}`
    writeFileSync(own, text)
    this.run(["mount", "--bind", own, path])
  }

  /** A connection to a TCP port of the engine's network namespace. */
  relay(port: number): Duplex {
    const [program, ...args] = this.enter(["busybox", "nc", "127.0.0.1", String(port)])
    const child = spawn(program as string, args, { stdio: ["pipe", "pipe", "ignore"], env: environmentWithMarker() })
    return Duplex.from({ readable: child.stdout, writable: child.stdin })
  }

  /** Starts a daemon, which `close` ends, with its output in `daemonLog`. */
  daemon(argv: readonly string[], env: Record<string, string> = {}): ChildProcess {
    const log = openSync(this.daemonLog, "a")
    const [program, ...args] = this.enter(argv)
    const child = spawn(program as string, args, { stdio: ["ignore", log, log], env: { ...environmentWithMarker(), ...env } })
    this.daemons.push(child)
    return child
  }

  get daemonLog(): string {
    return `${this.folder}/daemon.log`
  }

  /**
   * Ends daemons and whatever runs for them, and removes the folder and the cgroups that came with them.
   * @returns what should not have been left
   */
  async close(): Promise<string[]> {
    const left: string[] = []
    for (const daemon of this.daemons.reverse()) {
      daemon.kill("SIGTERM")
      const gone = (): boolean => daemon.exitCode !== null || daemon.signalCode !== null
      await until(`the end of ${this.name}`, gone, 20_000).catch(() => (left.push("a daemon that does not end"), daemon.kill("SIGKILL")))
    }
    this.holder.kill("SIGKILL")
    // shims are children of no daemon, and their containers may go on without them
    const ours = (): { pid: number; command: string }[] => processesWith(marker, `${this.cgroup}/`)
    for (let round = 0; round < 50 && ours().length > 0; round++) {
      for (const { pid } of ours()) tryKill(pid)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    for (const { pid, command: line } of ours()) left.push(`process ${pid}: ${line}`)
    for (const folder of ownCgroups()) tryRemove(folder)
    rmSync(this.folder, { recursive: true, force: true })
    return left
  }

  private enter(argv: readonly string[]): string[] {
    const of = `/proc/${this.holder.pid}/ns`
    return ["nsenter", `--net=${of}/net`, `--mount=${of}/mnt`, "--wdns=/", "--", ...argv]
  }
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL")
  } catch {
    // it has ended
  }
}

function tryRemove(cgroup: string): void {
  try {
    rmdirSync(cgroup)
  } catch {
    // somebody is in it: named as a process that was left
  }
}
