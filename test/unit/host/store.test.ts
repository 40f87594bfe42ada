import { spawn, spawnSync } from "node:child_process"
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import t from "tap"
import { checkId, claim, listContainers, openContainer, stateRoot } from "../../../src/host/store.ts"
import { parseState, type StoredState } from "../../../src/host/stored-state.ts"
import { messageOf, openDescriptors, temporaryFolder } from "./helpers.ts"

const folder = temporaryFolder()
let roots = 0
const freshRoot = (): { root: string } => ({ root: join(folder, `root${++roots}`) })

const state = (id: string): StoredState => ({
  schema: 1, runts: "0.1.0", id, bundle: "/b", rootfs: "/b/rootfs", created: "2026-01-02T03:04:05.6Z", ociVersion: "1.3.0", pid: 7,
  startTime: "123", status: "created", owner: 0, systemdCgroup: false, rootless: false, namespaces: { pid: "new", network: "/run/netns/x" },
  noPivot: false, annotations: { a: "b" }, cgroup: { mode: "v2", paths: {}, created: [] },
})

t.test("stateRoot() follows --root, then the user, then XDG_RUNTIME_DIR", async (t) => {
  const saved = { ...process.env }
  t.teardown(() => Object.assign(process.env, saved))
  t.strictSame(stateRoot({ root: "/x//y/../z/" }), { path: "/x/z", explicit: true, sticky: false })
  t.equal(stateRoot({ root: "rel" }).path, process.cwd() + "/rel")
  process.env.XDG_RUNTIME_DIR = "/run/user/0"
  process.env.USER = "somebody"
  t.strictSame(stateRoot({ root: undefined }), { path: "/run/runts", explicit: false, sticky: false }, "root of the initial user namespace")
  process.env.XDG_RUNTIME_DIR = ""
  t.equal(stateRoot({ root: undefined }).path, "/run/runts", "an empty variable counts as unset")
})

t.test("stateRoot() uses XDG_RUNTIME_DIR for the root of a user namespace who is not root outside", async (t) => {
  const run = (env: Record<string, string>): string => inChild(`process.stdout.write(stateRoot({ root: undefined }).path)`, env, ["unshare", "-Ur"])
  t.equal(run({ XDG_RUNTIME_DIR: "/run/user/7" }), "/run/user/7/runts", "USER unset, as engines call kill and delete")
  t.equal(run({ XDG_RUNTIME_DIR: "/run/user/7", USER: "me" }), "/run/user/7/runts")
  t.equal(run({ XDG_RUNTIME_DIR: "/run/user/7", USER: "root" }), "/run/runts")
  t.equal(run({ XDG_RUNTIME_DIR: "" }), "/run/runts")
})

t.test("claim() makes a sticky root below XDG_RUNTIME_DIR", async (t) => {
  const runtimeDir = join(folder, "xdg")
  inChild(`claim({ root: undefined }, "c").close()`, { XDG_RUNTIME_DIR: runtimeDir }, ["unshare", "-Ur"])
  t.equal(statSync(join(runtimeDir, "runts")).mode & 0o7777, 0o1700)
  t.equal(statSync(join(runtimeDir, "runts/c")).mode & 0o7777, 0o700)
})

t.test("checkId() takes what engines use and nothing that is a path", async (t) => {
  for (const id of ["a", "a.b", "A_+.-9", "-x", "...", "a".repeat(255)]) t.doesNotThrow(() => checkId(id), id)
  t.equal(messageOf(() => checkId("")), "container id cannot be empty")
  for (const id of [".", "..", "../x", "a/b", "/", "a b", "a\nb", "a\0b", "é", "a".repeat(256), "a".repeat(1025)]) {
    t.match(messageOf(() => checkId(id)), /^invalid container ID format: /, JSON.stringify(id).slice(0, 20))
  }
})

t.test("claim() and ContainerDir keep a container until remove()", async (t) => {
  const globals = freshRoot()
  const before = openDescriptors()
  const made = claim(globals, "c1")
  t.equal(statSync(made.path).mode & 0o7777, 0o700)
  t.equal(made.readState(), undefined, "half-made: no state yet")
  t.match(messageOf(() => claim(globals, "c1")), /^container with given ID already exists/)
  made.writeConfig(Buffer.from("{}"))
  made.writeState(state("c1"))
  made.writeState({ ...state("c1"), status: "running" })
  t.equal(statSync(made.path + "/state.json").mode & 0o777, 0o600)
  t.strictSame(readdirSync(made.path).sort(), ["config.json", "state.json"], "no temporary file is left")
  made.close()
  const seen = openContainer(globals, "c1", { lock: "shared" })
  t.strictSame(seen.readState(), { ...state("c1"), status: "running" })
  t.strictSame(Buffer.from(seen.readConfigBytes()).toString(), "{}")
  t.equal(seen.owner(), 0)
  seen.close()
  t.strictSame(listContainers(globals), ["c1"])
  const last = openContainer(globals, "c1", { lock: "exclusive" })
  const canary = join(folder, "canary")
  mkdirSync(join(canary, "deep"), { recursive: true })
  symlinkSync(canary, last.path + "/link")
  mkdirSync(last.path + "/notify/x", { recursive: true })
  symlinkSync(canary, last.path + "/notify/x/link")
  last.remove()
  last.close()
  t.notOk(existsSync(last.path))
  t.ok(existsSync(join(canary, "deep")), "symbolic links are not followed")
  t.match(messageOf(() => openContainer(globals, "c1", { lock: "none" })), /^container does not exist/)
  t.strictSame(listContainers(globals), [])
  t.strictSame(openDescriptors(), before, "no descriptor is left open")
})

t.test("listContainers() fails for a missing root only if it was asked for", async (t) => {
  t.match(messageOf(() => listContainers({ root: join(folder, "none") })), /open the state root .*no such file or directory/)
  t.equal(inChild(`process.stdout.write(JSON.stringify(listContainers({ root: undefined })))`, { XDG_RUNTIME_DIR: join(folder, "none") }, ["unshare", "-Ur"]), "[]")
  const globals = freshRoot()
  claim(globals, "real").close()
  mkdirSync(join(globals.root, "not an id"))
  writeFileSync(join(globals.root, "file"), "")
  symlinkSync("real", join(globals.root, "link"))
  t.strictSame(listContainers(globals), ["real"])
})

t.test("openContainer() refuses a folder that is a symbolic link, or a file", async (t) => {
  const globals = freshRoot()
  claim(globals, "real").close()
  symlinkSync("real", join(globals.root, "link"))
  writeFileSync(join(globals.root, "file"), "")
  for (const id of ["link", "file"]) t.match(messageOf(() => openContainer(globals, id, { lock: "none" })), /open the container's folder .*: not a directory/)
})

t.test("readState() says which file is wrong and what to do", async (t) => {
  const globals = freshRoot()
  const container = claim(globals, "c")
  const file = container.path + "/state.json"
  const text = JSON.stringify(state("c"))
  const bad: [string, RegExp][] = [
    ["", /is empty/],
    [text.slice(0, 100), /not JSON/],
    ["\0".repeat(100), /not JSON/],
    ["null", /not a JSON object/],
    ["[]", /not a JSON object/],
    [JSON.stringify({ ...state("c"), schema: 2 }), /has schema 2, this runts knows 1/],
    ["{}", /has schema none/],
    [JSON.stringify({ ...state("c"), pid: "7" }), /pid is not a number/],
    [JSON.stringify({ ...state("c"), pid: -1 }), /pid is -1/],
    [JSON.stringify({ ...state("c"), pid: 1.5 }), /pid is 1.5/],
    [JSON.stringify({ ...state("c"), bundle: undefined }), /bundle is missing/],
    [JSON.stringify({ ...state("c"), namespaces: null }), /namespaces is not an object/],
    [JSON.stringify({ ...state("c"), status: "asleep" }), /status is "asleep"/],
    [JSON.stringify(state("d")), /belongs to container "d"/],
  ]
  for (const [content, why] of bad) {
    writeFileSync(file, content)
    const message = messageOf(() => container.readState())
    t.match(message, why)
    t.ok(message.includes(file), "names the file")
    t.throws(() => container.readState(), Object.assign(new Error(), { details: { hint: "`runts delete --force c` removes the container" } }))
  }
  container.remove()
  container.close()
  const link = claim(globals, "link")
  writeFileSync(join(folder, "elsewhere.json"), JSON.stringify(state("link")))
  symlinkSync(join(folder, "elsewhere.json"), link.path + "/state.json")
  t.match(messageOf(() => link.readState()), /too many levels of symbolic links/)
  link.remove()
  link.close()
  const directory = claim(globals, "dir")
  mkdirSync(directory.path + "/state.json/sub", { recursive: true })
  t.match(messageOf(() => directory.readState()), /read ".*state.json": is a directory/)
  directory.remove()
  t.notOk(existsSync(directory.path), "remove() takes it all the same")
  directory.close()
  t.strictSame(parseState(text, "c", file), state("c"))
})

t.test("readState() of a file without read permission says so", async (t) => {
  const globals = freshRoot()
  const container = claim(globals, "c")
  container.writeState(state("c"))
  container.close()
  for (const path of [folder, globals.root, join(globals.root, "c")]) chmodSync(path, 0o755)
  const script = `try { openContainer({ root: ${JSON.stringify(globals.root)} }, "c", { lock: "none" }).readState() } catch (error) { process.stdout.write(error.message) }`
  // root of a user namespace that does not map the owner
  t.match(inChild(script, {}, ["setpriv", "--reuid", "65534", "--clear-groups"]), /^read ".*\/c\/state.json": permission denied/)
  chmodSync(folder, 0o700)
})

t.test("lock() keeps other processes out until close(), and a removed container from being used", async (t) => {
  const globals = freshRoot()
  const container = claim(globals, "c")
  t.match(messageOf(() => openContainer(globals, "c", { lock: "exclusive", timeoutMs: 30 })), /is in use: another runts has worked on it for 30 ms/)
  t.match(messageOf(() => openContainer(globals, "c", { lock: "shared", timeoutMs: 0 })), /is in use/)
  t.doesNotThrow(() => openContainer(globals, "c", { lock: "none" }).close())
  const waiter = child(`try { openContainer({ root: ${JSON.stringify(globals.root)} }, "c", { lock: "exclusive" }) } catch (error) { process.stdout.write(error.message) }`)
  await waiter.waits
  container.remove()
  container.close()
  t.match(await waiter.output, /^container does not exist/)
})

t.test("claim() lets one of many processes have an id", async (t) => {
  const globals = freshRoot()
  const script = `
    let won = 0
    for (let i = 0; i < 200; i++) {
      try { const c = claim({ root: ${JSON.stringify(globals.root)} }, "id" + i); won++; c.writeConfig(Buffer.from(String(process.pid))); c.close() }
      catch (error) { if (!error.message.startsWith("container with given ID already exists")) throw error }
    }
    process.stdout.write(String(won))`
  const contenders = [child(script), child(script)]
  const wins = await Promise.all(contenders.map(async (contender) => Number(await contender.output)))
  t.equal((wins[0] as number) + (wins[1] as number), 200, `won: ${wins.join()}`)
  t.equal(listContainers(globals).length, 200)
})

t.test("claim() against remove() by another process never leaves two owners or a lost folder", async (t) => {
  const globals = freshRoot()
  const root = JSON.stringify(globals.root)
  const maker = child(`
    let made = 0, deleted = 0
    for (let i = 0; i < 400; i++) {
      try { const c = claim({ root: ${root} }, "x"); made++; c.writeState({ pid: i }); if (!require("node:fs").existsSync(c.path)) throw new Error("lost"); c.remove(); c.close() }
      catch (error) { if (error.message.includes("deleted while")) deleted++; else if (!error.message.includes("already exists")) throw error }
    }
    process.stdout.write(made > 0 ? "ok" : "never")`)
  const remover = child(`
    for (let i = 0; i < 400; i++) {
      try { const c = openContainer({ root: ${root} }, "x", { lock: "exclusive" }); c.remove(); c.close() }
      catch (error) { if (!error.message.includes("does not exist")) throw error }
    }
    process.stdout.write("ok")`)
  t.strictSame(await Promise.all([maker.output, remover.output]), ["ok", "ok"])
})

const LOADER = ["--import", "tsx"]
const PREAMBLE = `import { claim, openContainer, listContainers, stateRoot } from ${JSON.stringify(new URL("../../../src/host/store.ts", import.meta.url).pathname)};
import { createRequire } from "node:module"; const require = createRequire("/");`

function scriptFile(script: string): string {
  const file = join(folder, `script${++roots}.ts`)
  writeFileSync(file, PREAMBLE + script)
  return file
}

/** Runs a script that uses the store in another process; `waits` resolves once it is some time into its work. */
function child(script: string): { output: Promise<string>; waits: Promise<void> } {
  const process_ = spawn(process.execPath, [...LOADER, scriptFile(`process.stderr.write("!");${script}`)], { stdio: ["ignore", "pipe", "pipe"] })
  let output = ""
  let errors = ""
  const waits = new Promise<void>((resolve) => process_.stderr.once("data", () => setTimeout(resolve, 50)))
  process_.stdout.on("data", (data: Buffer) => (output += data.toString()))
  process_.stderr.on("data", (data: Buffer) => (errors += data.toString()))
  return { waits, output: new Promise((resolve) => process_.on("close", () => resolve(output === "" ? errors : output))) }
}

/** Runs a script in a process with this environment alone, below a wrapper command. */
function inChild(script: string, env: Record<string, string>, wrapper: string[]): string {
  const [command = "", ...args] = [...wrapper, process.execPath, ...LOADER, scriptFile(script)]
  const { stdout, stderr } = spawnSync(command, args, { env: { PATH: process.env.PATH ?? "", ...env }, encoding: "utf8" })
  if (stderr !== "") t.comment(stderr)
  return stdout
}
