import { chmodSync, copyFileSync, existsSync, lchownSync, lstatSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import t, { type Test } from "tap"
import { Box } from "../../conformance/lib/box.ts"
import { command, type CommandOptions, type Result, type Running, startCommand } from "../../conformance/lib/command.ts"
import { environment, marker, type RuntimeName, runtimeName, runtimePath, scratch } from "../../conformance/lib/environment.ts"

/** The user whom the tests make: a number that no machine's /etc/passwd has. */
export const UID = 54_400
/** A name that is nobody's on this machine. */
export const NAME = "runts-test-ann"
/** The user's range of /etc/subuid and /etc/subgid. */
export const FIRST = 5_400_000
export const COUNT = 65_536

const ROOT_LINE = "root:x:0:0:root:/root:/bin/sh\n"
export const PASSWD = `${ROOT_LINE}${NAME}:x:${UID}:${UID}::/:/bin/sh\n`
const MAPPERS = ["newuidmap", "newgidmap"] as const

/** What is other for the user than on this machine. A file of /etc is replaced for the calls of one box alone, by a mount that only they see. */
export interface Surroundings {
  /** /etc/passwd. */
  passwd?: string
  /** /etc/subuid; /etc/subgid too where that is not given. undefined: a line with the user's range. */
  subuid?: string
  subgid?: string
  /** What stands in the place of newuidmap and newgidmap: "none" for none, or a shell script. */
  mappers?: "none" | string
  /** The whole environment. */
  env?: Record<string, string>
}

let surroundings = 0

/** A container that an ordinary user makes, with state, bundle and all files his own. */
export class UserBox extends Box {
  around: Surroundings = {}
  /** Shell commands that root carries out before each call, in a mount namespace that only the call sees. */
  before = ":"
  /** His runtime folder: XDG_RUNTIME_DIR. */
  readonly runtimeDir: string

  constructor() {
    super()
    this.runtimeDir = `${this.folder}/run`
    mkdirSync(this.runtimeDir, { mode: 0o700 })
    delete this.config.linux.cgroupsPath
    this.give()
  }

  /** Gives the user all that is in the box. */
  give(path = this.folder): void {
    lchownSync(path, UID, UID)
    if (lstatSync(path).isDirectory()) for (const name of readdirSync(path)) this.give(`${path}/${name}`)
  }

  /** The words that make any command the user's, in his surroundings. */
  get through(): string[] {
    const folder = `${scratch}/surroundings-${++surroundings}`
    mkdirSync(folder)
    const { passwd = PASSWD, mappers } = this.around
    const range = `${NAME}:${FIRST}:${COUNT}\n`
    const { subuid = range, subgid = this.around.subuid ?? range } = this.around
    const lines: string[] = []
    const put = (path: string, text: string, mode = 0o644): void => {
      // a machine without the package has no /etc/subuid, and no tests that need one
      if (!existsSync(path)) return
      const file = `${folder}/${path.replaceAll("/", "_")}`
      writeFileSync(file, text)
      chmodSync(file, mode)
      lines.push(`mount --bind ${file} ${path}`)
    }
    put("/etc/passwd", passwd)
    put("/etc/subuid", subuid)
    put("/etc/subgid", subgid)
    if (mappers !== undefined) for (const name of MAPPERS) put(`/usr/bin/${name}`, mappers === "none" ? "" : mappers, mappers === "none" ? 0o644 : 0o755)
    const env = this.around.env ?? { PATH: process.env.PATH ?? "", HOME: "/", XDG_RUNTIME_DIR: this.runtimeDir, ...marked() }
    const words = Object.entries(env).map(([name, value]) => `${name}=${value}`)
    const who = ["setpriv", "--reuid", String(UID), "--regid", String(UID), "--clear-groups", "env", "-i", ...words]
    return ["unshare", "--mount", "sh", "-ec", `${lines.join("\n")}\n${this.before}\nexec "$@"`, "sh", ...who]
  }

  /** A command as the user. */
  as(argv: readonly string[], options: CommandOptions = {}): Result {
    return command([...this.through, ...argv], options)
  }

  /** The words that call the runtime. */
  get binary(): string[] {
    return [binary()]
  }

  /** The runtime, behind other words than those of `through`. */
  asWords(through: readonly string[], args: readonly string[]): Result {
    return command([...through, binary(), ...args])
  }

  override write(config: unknown = this.config): void {
    super.write(config)
    lchownSync(`${this.bundle}/config.json`, UID, UID)
  }

  override call(args: readonly string[], options: CommandOptions = {}): Result {
    return this.as([binary(), "--root", this.root, ...this.globals, ...args], options)
  }

  /** The same without --root: the state is in the user's runtime folder. */
  callPlain(args: readonly string[], options: CommandOptions = {}): Result {
    return this.as([binary(), ...args], options)
  }

  override startRun(flags: readonly string[] = [], options: CommandOptions = {}): Running {
    this.write()
    const args = ["--root", this.root, ...this.globals, "run", "--bundle", this.bundle, ...flags, this.id]
    return startCommand([...this.through, binary(), ...args], options)
  }

  /** The config has a user namespace with these mappings of the host's ids, by default the user's own as 0. */
  mapped(uids = [{ containerID: 0, hostID: UID, size: 1 }], gids = uids): this {
    this.config.linux.namespaces.push({ type: "user" })
    this.config.linux.uidMappings = uids
    this.config.linux.gidMappings = gids
    return this
  }
}

function marked(): Record<string, string> {
  const equals = marker.indexOf("=")
  return { [marker.slice(0, equals)]: marker.slice(equals + 1) }
}

let copied: string | undefined

/** The runtime, where the user can reach it: not through somebody's private folder. */
function binary(): string {
  if (copied !== undefined) return copied
  const folders = runtimePath.split("/").slice(1, -1)
  const reachable = folders.every((_, index) => (statSync(`/${folders.slice(0, index + 1).join("/")}`).mode & 0o001) !== 0)
  if (reachable) return (copied = runtimePath)
  const copy = `${scratch}/${runtimePath.slice(runtimePath.lastIndexOf("/") + 1)}`
  copyFileSync(runtimePath, copy)
  chmodSync(copy, 0o755)
  process.on("exit", () => rmSync(copy, { force: true }))
  return (copied = copy)
}

export interface UserTestOptions {
  /** Other runtimes than runts that do otherwise, and what. */
  skipFor?: Partial<Record<RuntimeName, string>>
  /** It takes newuidmap and newgidmap. */
  ranges?: boolean
  /** It takes a root file system in which a user may not write everywhere: under User Mode Linux that is the host's, whose root is asked. */
  permissions?: boolean
}

// the time limit of a test file is the suite's
t.setTimeout(0)

const OTHERS = { crun: "is not compared as an ordinary user" } as const

/** One test with a box of an ordinary user's, and a last check that nothing is left behind. */
export function userTest(title: string, options: UserTestOptions, body: (t: Test, box: UserBox) => void | Promise<void>): void {
  const skip = ({ ...OTHERS, ...options.skipFor } as Partial<Record<RuntimeName, string>>)[runtimeName]
    ?? (process.getuid?.() !== 0 ? "takes root, to become another user" : undefined)
    ?? (options.ranges === true && !hasMappers() ? "there is no newuidmap here" : undefined)
    ?? (options.permissions === true && environment.endsWith("uml") ? "hostfs lets every user write where the host's root may" : undefined)
  t.test(title, skip === undefined ? {} : { skip: `${environment}: ${skip}` }, async (test) => {
    const box = new UserBox()
    // which adds none by itself
    if (runtimeName === "runc") box.mapped()
    try {
      await body(test, box)
    } finally {
      test.same(await box.close(), [], "nothing is left behind")
    }
  })
}

/** Whether the machine can map ranges. */
export function hasMappers(): boolean {
  return MAPPERS.every((name) => command(["test", "-u", `/usr/bin/${name}`]).code === 0)
}
