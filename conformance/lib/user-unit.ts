import { type ChildProcess, spawn } from "node:child_process"
import { chownSync, existsSync, lchownSync, readdirSync, readFileSync } from "node:fs"
import type { Test } from "tap"
import type { Box } from "./box.ts"
import { checkout, runtimePath } from "./environment.ts"
import { command, type CommandOptions, environmentWithMarker, expectSuccess, type Result, until } from "./command.ts"
import { SLICE } from "./unit.ts"
import { boxTest, type TestOptions } from "./test.ts"

/*
 * Containers of the ordinary user of the rig `UML_SYSTEMD=user conformance/rigs/uml`, whose cgroups his own systemd makes.
 */

const AS_USER = `${checkout}/conformance/rigs/as-user`
/** The rig's user. */
export const USER = process.env.RUNTS_RIG_USER ?? ""
export const UID = Number(command(["id", "-u", USER]).stdout) || -1
export const RUNTIME_FOLDER = `/run/user/${UID}`
/** Where the units of his systemd are. */
const MANAGER = `/sys/fs/cgroup/user.slice/user-${UID}.slice/user@${UID}.service`

/** From where the user calls the runtime. */
export interface Caller {
  readonly says: string
  argv(words: readonly string[]): readonly string[]
}

/** As after ssh: in a cgroup that is root's, which the user may not leave by himself. */
export const LOGIN: Caller = { says: "from a login", argv: (words) => [AS_USER, "--session", ...words] }
/** In a scope of his own systemd that is delegated to him. */
export const SCOPE: Caller = { says: "from a scope", argv: (words) => [AS_USER, ...words] }

/** As engines of users call their runtime: as the root of a user namespace that they keep. */
export class Engine implements Caller {
  readonly says = "by an engine in a user namespace"
  private readonly holder: ChildProcess
  private out = ""

  constructor() {
    const words = ["unshare", "--user", "--map-auto", "--map-root-user", "--mount", "sh", "-c", "echo ready; exec sleep infinity"]
    const [program, ...args] = LOGIN.argv(words)
    this.holder = spawn(program as string, args, { stdio: ["ignore", "pipe", "inherit"] })
    this.holder.stdout?.on("data", (text) => (this.out += text))
  }

  /** To be awaited before anything else. */
  async open(): Promise<void> {
    await until("a user namespace", () => this.out.includes("ready"))
  }

  argv(words: readonly string[]): readonly string[] {
    return LOGIN.argv(["nsenter", `--target=${this.holder.pid}`, "--user", "--mount", "--wdns=/", "--", ...words])
  }

  close(): void {
    this.holder.kill("SIGKILL")
  }
}

/** One test's container of the user's. */
export class UserSide {
  readonly box: Box
  readonly name: string
  caller: Caller

  constructor(box: Box, caller: Caller) {
    this.box = box
    this.caller = caller
    this.name = `test-${box.id}.scope`
    box.config.linux.cgroupsPath = `${SLICE}:test:${box.id}`
    give(box.folder)
  }

  /** Calls the runtime as the user. @param variables of his environment; undefined: it is not set */
  call(args: readonly string[], variables: Readonly<Record<string, string | undefined>> = {}, options: CommandOptions = {}): Result {
    const words = Object.entries(variables).flatMap(([name, value]) => (value === undefined ? ["-u", name] : []))
    const set = Object.entries(variables).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]))
    const env = ["env", ...words, ...set]
    return command(this.caller.argv([...env, runtimePath, "--root", this.box.root, ...args]), { env: environmentWithMarker(), ...options })
  }

  /** Writes config.json and calls `create` with the driver. */
  tryCreate(variables: Readonly<Record<string, string | undefined>> = {}): Result {
    this.box.write()
    return this.call(["--systemd-cgroup", "create", "--bundle", this.box.bundle, this.box.id], variables)
  }

  create(...args: string[]): void {
    if (args.length > 0) this.box.args(...args)
    expectSuccess(this.tryCreate())
  }

  launch(...args: string[]): void {
    this.create(...args)
    this.ok("start", this.box.id)
  }

  ok(...args: string[]): string {
    return expectSuccess(this.call(args)).stdout
  }

  get state(): { readonly pid: number; readonly status: string } {
    return JSON.parse(this.ok("state", this.box.id)) as { pid: number; status: string }
  }

  get folder(): string {
    return `${MANAGER}/${SLICE}/${this.name}`
  }

  file(name: string): string {
    return readFileSync(`${this.folder}/${name}`, "utf8").trim()
  }

  show(...properties: string[]): Record<string, string> {
    return show(this.name, properties)
  }

  /** What the user's systemd knows of it still, and its folder. */
  get left(): string[] {
    const { LoadState, ActiveState } = this.show("LoadState", "ActiveState")
    return [
      ...(LoadState === "not-found" ? [] : [`unit ${this.name}: ${LoadState} ${ActiveState}`]),
      ...(existsSync(this.folder) ? [this.folder] : []),
    ]
  }
}

/** Files that root has made for the user become his. */
function give(path: string): void {
  chownSync(path, UID, UID)
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) give(`${path}/${entry.name}`)
    else lchownSync(`${path}/${entry.name}`, UID, UID)
  }
}

/** systemctl(1) of the user's systemd. */
export function userSystemctl(...args: string[]): string {
  return expectSuccess(command(LOGIN.argv(["systemctl", "--user", "--no-pager", ...args]))).stdout
}

function show(unit: string, properties: readonly string[]): Record<string, string> {
  const lines = userSystemctl("show", unit, ...properties.map((name) => `--property=${name}`)).trim().split("\n")
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]))
}

/** A test whose container is the user's and a unit of his systemd; afterwards nothing of it is left. */
export function userTest(title: string, caller: Caller, body: (t: Test, side: UserSide) => void | Promise<void>, options: TestOptions = {}): void {
  boxTest(title, options, async (t, box) => {
    const side = new UserSide(box, caller)
    try {
      await body(t, side)
    } finally {
      side.caller = caller
      side.call(["delete", "--force", box.id])
      t.same(side.left, [], "his systemd has nothing of it any more")
    }
  })
}
