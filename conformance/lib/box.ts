import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs"
import { type CommandOptions, expectSuccess, type Result, runtime, type Running, startRuntime, until } from "./command.ts"
import { baseConfig, type Config, type IdMapping } from "./config.ts"
import { cgroupPrefix, cgroupRoots, marker, ownCgroups, scratch, SLICE, user, way } from "./environment.ts"
import { isAlive, mountinfo, processesWith } from "./procfs.ts"
import { handOver } from "./ids.ts"
import { makeRootfs } from "./rootfs.ts"

/** What `state` prints (runtime-spec, State). */
export interface State {
  ociVersion: string
  id: string
  status: string
  pid: number
  bundle: string
  rootfs?: string
  created?: string
  annotations?: Record<string, string>
  [key: string]: unknown
}

let boxes = 0

/**
 * One test's container: a bundle, a state root and an id of its own. A test changes `config`, then calls the runtime.
 * `close` removes everything and tells what the runtime left behind.
 */
export class Box {
  readonly id: string
  /** Folder of this box; also a place for the test's own files. */
  readonly folder: string
  /** The runtime's --root. */
  readonly root: string
  readonly bundle: string
  readonly rootfs: string
  /** The path of its cgroup from the root of each hierarchy. */
  readonly cgroupsPath: string
  readonly config: Config
  /** More global options of every call. */
  globals: readonly string[] = []
  private readonly mountsBefore = mountTargets()

  constructor() {
    this.id = `c${++boxes}-${process.pid}`
    this.folder = `${scratch}/${this.id}`
    this.root = `${this.folder}/state`
    this.bundle = `${this.folder}/bundle`
    this.rootfs = `${this.bundle}/rootfs`
    this.cgroupsPath = this.cgroupFolderOf()
    this.config = baseConfig(this.cgroupsPathOf())
    mkdirSync(this.bundle, { recursive: true })
    makeRootfs(this.rootfs)
    this.handOver()
  }

  /**
   * linux.cgroupsPath for this box's container, or for another of its containers: with units of systemd their slice and name, none of an ordinary
   * user's, whom nobody has given a cgroup.
   */
  cgroupsPathOf(more = ""): string | undefined {
    if (way === "rootless") return undefined
    return way === "systemd" ? `${SLICE}:test:${this.id}${more}` : this.cgroupFolderOf(more)
  }

  /** The path of the cgroup that `cgroupsPathOf` asks for. */
  cgroupFolderOf(more = ""): string {
    return way === "systemd" ? `${cgroupPrefix}/test-${this.id}${more}.scope` : `${cgroupPrefix}/${this.id}${more}`
  }

  /** Sets the container's program. */
  args(...args: string[]): this {
    this.config.process.args = args
    return this
  }

  /** Sets the container's program to a shell script. */
  script(text: string): this {
    return this.args("/bin/sh", "-c", text)
  }

  /** Writes config.json. The commands below do so themselves. */
  write(config: unknown = this.config): void {
    writeFileSync(`${this.bundle}/config.json`, JSON.stringify(config))
  }

  /** Gives an ordinary user what is in this box: the files of root are his, those of other ids have the ids that his containers see as theirs. */
  handOver(): void {
    if (user !== undefined) handOver(this.folder)
  }

  /** Runs the runtime with this box's --root; does not write config.json. */
  call(args: readonly string[], options: CommandOptions = {}): Result {
    this.handOver()
    return runtime(["--root", this.root, ...this.globals, ...args], options)
  }

  /** Writes config.json and runs `create`. */
  tryCreate(flags: readonly string[] = [], options: CommandOptions = {}): Result {
    this.write()
    return this.call(["create", "--bundle", this.bundle, ...flags, this.id], options)
  }

  /** `create` that must succeed. */
  create(flags: readonly string[] = [], options: CommandOptions = {}): Result {
    return expectSuccess(this.tryCreate(flags, options))
  }

  /** `start` that must succeed. */
  start(options: CommandOptions = {}): Result {
    return expectSuccess(this.call(["start", this.id], options))
  }

  /** `create` and `start` of a program that goes on, until it is there. */
  async launch(...args: string[]): Promise<number> {
    if (args.length > 0) this.args(...args)
    this.create()
    this.start()
    return this.pid
  }

  /** Writes config.json and runs the container in the foreground. */
  run(flags: readonly string[] = [], options: CommandOptions = {}): Result {
    this.write()
    return this.call(["run", "--bundle", this.bundle, ...flags, this.id], options)
  }

  /** Starts `run` in the foreground and leaves it running. */
  startRun(flags: readonly string[] = [], options: CommandOptions = {}): Running {
    this.write()
    this.handOver()
    return startRuntime(["--root", this.root, ...this.globals, "run", "--bundle", this.bundle, ...flags, this.id], options)
  }

  /** What a shell script prints inside the container, without the final newline. */
  inside(script: string): string {
    return expectSuccess(this.script(script).run()).stdout.replace(/\n$/, "")
  }

  /** `exec` in the foreground. */
  exec(args: readonly string[], flags: readonly string[] = [], options: CommandOptions = {}): Result {
    return this.call(["exec", ...flags, this.id, ...args], options)
  }

  state(): State {
    return JSON.parse(expectSuccess(this.call(["state", this.id])).stdout) as State
  }

  get pid(): number {
    return this.state().pid
  }

  kill(signal = "KILL"): Result {
    return expectSuccess(this.call(["kill", this.id, signal]))
  }

  delete(...flags: string[]): Result {
    return expectSuccess(this.call(["delete", ...flags, this.id]))
  }

  /** Waits until `state` says so. */
  async reached(status: string): Promise<State> {
    return until(`${this.id} ${status}`, () => {
      const state = this.state()
      return state.status === status && state
    })
  }

  /** Gives the container a user namespace; the root file system's owner becomes its root. */
  mapIds(hostID = 100_000, size = 65_536): void {
    const mappings: IdMapping[] = user === undefined
      ? [{ containerID: 0, hostID, size }]
      : [{ containerID: 0, hostID: user.id, size: 1 }, { containerID: 1, hostID: user.subids.first, size: size - 1 }]
    this.config.linux.namespaces.push({ type: "user" })
    this.config.linux.uidMappings = mappings
    this.config.linux.gidMappings = mappings
    if (user !== undefined) return
    const give = (path: string): void => {
      chownSync(path, hostID, hostID)
      for (const entry of readdirSync(path, { withFileTypes: true })) if (entry.isDirectory()) give(`${path}/${entry.name}`)
    }
    give(this.rootfs)
  }

  /** Folders of a container's cgroup that exist, one for each hierarchy. */
  cgroupFolders(path = this.cgroupsPath): string[] {
    return cgroupRoots.map((root) => root + path).filter((folder) => existsSync(folder))
  }

  /** Deletes every container of this box by force and lists what is still there. */
  async close(): Promise<string[]> {
    for (const id of this.stateEntries()) this.call(["delete", "--force", id])
    const left: string[] = this.stateEntries().map((name) => `state folder ${this.root}/${name}`)
    const markerText = marker
    const gone = (): boolean => processesWith(markerText, this.cgroupsPath).length === 0
    await until("processes to end", gone, 1000).catch(() => undefined)
    for (const { pid, command } of processesWith(markerText, this.cgroupsPath)) {
      left.push(`process ${pid} (${command.trim()})`)
      if (isAlive(pid)) process.kill(pid, "SIGKILL")
    }
    for (const folder of ownCgroups()) {
      if (!folder.includes(this.cgroupsPath)) continue
      left.push(`cgroup ${folder}`)
      await until("cgroup to empty", () => removed(folder), 1000).catch(() => undefined)
    }
    const before = new Set(this.mountsBefore)
    for (const target of mountTargets()) if (!before.has(target)) left.push(`mount at ${target}`)
    return left
  }

  /** Names of the containers that its state root has. */
  stateEntries(): string[] {
    // what begins with "@" or "." is no container but a cache of the runtime's
    return existsSync(this.root) ? readdirSync(this.root).filter((name) => !/^[@.]/.test(name)) : []
  }
}

/** Reads a file inside the root file system. */
export function readInside(box: Box, path: string): string {
  return readFileSync(`${box.rootfs}/${path}`, "utf8")
}

function removed(folder: string): boolean {
  try {
    rmdirSync(folder)
    return true
  } catch {
    return false
  }
}

function mountTargets(): string[] {
  return mountinfo("self").map((entry) => entry.target)
}
