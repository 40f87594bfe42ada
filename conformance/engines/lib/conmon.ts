import { type ChildProcess, spawn } from "node:child_process"
import { existsSync, mkdirSync, openSync, readFileSync } from "node:fs"
import type { Duplex } from "node:stream"
import { until } from "../../lib/command.ts"
import { checkout, marker } from "../../lib/environment.ts"
import { isAlive } from "../../lib/procfs.ts"

/** What conmon reports over its pipe, one JSON object a line (conmon(8); pid -1: failed, and `message` says why). */
export interface Report {
  readonly pid?: number
  readonly exit_code?: number
  readonly message?: string
}

/** The folders and files that CRI-O keeps for a container or an exec session. */
export class Conmon {
  readonly folder: string
  readonly pidFile: string
  readonly log: string
  readonly exits: string
  private readonly id: string
  private readonly process: ChildProcess
  private heard = ""

  /**
   * Starts the container monitor as CRI-O does: options by their long and short names, a pipe on which it reports, one that holds it back.
   * @param program conmon's path @param name the container's id; `session` makes it an exec session of that container
   */
  constructor(program: string, name: string, folder: string, runtime: string, root: string, flags: readonly string[], session?: string) {
    this.id = name
    this.folder = `${folder}/${session ?? "monitor"}`
    this.exits = `${this.folder}/exits`
    this.pidFile = `${this.folder}/pidfile`
    this.log = `${this.folder}/log`
    mkdirSync(this.exits, { recursive: true })
    const argv = [
      "-c", name, "-n", `k8s_${name}`, "-r", runtime, "--runtime-arg", `--root=${root}`, "-p", this.pidFile, "-l", this.log,
      "-P", `${this.folder}/conmon.pid`, "--persist-dir", this.folder, "--socket-dir-path", `${this.folder}/sockets`, "--log-level", "info",
      ...(session === undefined ? ["-u", name, "--exit-dir", this.exits] : ["-e"]), ...flags,
    ]
    mkdirSync(`${this.folder}/sockets`)
    const own = openSync(`${this.folder}/conmon.log`, "w")
    const [variable = "", value = ""] = marker.split("=")
    this.process = spawn(program, argv, {
      cwd: this.folder, stdio: ["ignore", own, own, "pipe", "pipe"],
      env: { PATH: process.env.PATH, CRI_O_EXTERNAL: "1", _OCI_SYNCPIPE: "3", _OCI_STARTPIPE: "4", [variable]: value },
    })
    const [, , , reports, start] = this.process.stdio as unknown as Duplex[]
    ;(reports as Duplex).on("data", (piece: Buffer) => (this.heard += piece.toString()))
    ;(start as Duplex).end("\0")
  }

  /** Whole lines heard so far. */
  get reports(): Report[] {
    return this.heard.split("\n").filter((line) => line.startsWith("{") && line.endsWith("}")).map((line) => JSON.parse(line) as Report)
  }

  /** The first report, by which CRI-O knows whether the runtime's command succeeded. */
  async started(): Promise<Report> {
    return until("conmon's first report", () => this.reports[0])
  }

  /** The pid that the runtime wrote down. */
  async pid(): Promise<number> {
    return Number(await until("the pid file", () => existsSync(this.pidFile) && readFileSync(this.pidFile, "utf8")))
  }

  /** The last report of an exec session. */
  async ended(): Promise<Report> {
    return until("conmon's report of the end", () => this.reports.find(({ exit_code: code }) => code !== undefined))
  }

  /** The exit code that conmon wrote down, which CRI-O watches for. */
  async exitCode(): Promise<number> {
    const file = `${this.exits}/${this.id}`
    return Number(await until("the exit file", () => existsSync(file) && readFileSync(file, "utf8")))
  }

  /** Waits until the monitor itself has ended, which it does some time after it wrote the exit code. */
  async gone(): Promise<void> {
    const pid = Number(readFileSync(`${this.folder}/conmon.pid`, "utf8"))
    await until("the monitor's end", () => !isAlive(pid))
  }

  /** What the container printed on one stream, from the log in the format of Kubernetes ("TIME stdout F text"). */
  logged(stream: "stdout" | "stderr"): string {
    return readFileSync(this.log, "utf8").split("\n").map((line) => /^\S+ (\w+) ([FP]) (.*)$/s.exec(line))
      .filter((match) => match?.[1] === stream).map((match) => `${match?.[3]}${match?.[2] === "F" ? "\n" : ""}`).join("")
  }

  /** Attaches to the container's standard streams, sends a text and waits until the answer holds another. */
  async talk(text: string, answer: string): Promise<string> {
    const socket = `${this.folder}/sockets/${this.id}/attach`
    await until("the socket to attach to", () => existsSync(socket))
    const child = spawn("python3", [`${checkout}/conformance/engines/lib/attach.py`, socket, text, answer, "10"], { stdio: ["ignore", "pipe", "inherit"] })
    let heard = ""
    child.stdout.on("data", (piece: Buffer) => (heard += piece.toString()))
    await new Promise((done) => child.on("exit", done))
    return heard
  }
}
