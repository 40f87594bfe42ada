import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync, statSync, symlinkSync, utimesSync,
  writeFileSync } from "node:fs"
import { join } from "node:path"
import t from "tap"
import { RuntsError } from "../../../src/error.ts"
import { close } from "../../../src/host/file.ts"
import { AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_PATH } from "../../../src/kernel/fs.ts"
import { Launch, loadServe, statusSocket } from "../../../src/lifecycle/launch.ts"
import { cleanProcess, cloneInto } from "../../../src/plan/launcher.ts"
import { MESSAGE, Planner } from "../../../src/plan/planner.ts"
import { settleChannels, statusDescriptor } from "../../../src/plan/process.ts"
import { openTarget, resultCell, type TargetRequest } from "../../../src/plan/targets.ts"
import type { Step } from "../../../src/program/program.ts"
import { openDescriptors, temporaryFolder } from "../host/helpers.ts"

/*
 * Programs that really run, as processes without namespaces of their own: a folder stands for the container's root. What they
 * ask is answered by the code that answers a container's init.
 */

const scratch = temporaryFolder()
let roots = 0

function newRoot(): string {
  const folder = join(scratch, `root-${++roots}`)
  mkdirSync(folder)
  return folder
}

/** Runs the steps that `build` adds, with the folder open as the root. @throws RuntsError of the step or answer that failed */
async function run(folder: string, build: (planner: Planner, root: Step) => void): Promise<void> {
  const { ours, theirs } = statusSocket(statusDescriptor(0) + 1)
  const planner = new Planner(statusDescriptor(0))
  const p = planner.program
  settleChannels(planner, 0, { status: theirs, start: undefined })
  cleanProcess(planner)
  cloneInto(planner, 0, { intoCgroup: undefined, procs: [] })
  p.call("umask", 0)
  const root = p.call("openat", AT_FDCWD, folder, O_PATH | O_DIRECTORY | O_CLOEXEC, 0)
  planner.rootCell = resultCell(planner, root)
  build(planner, root)
  planner.tell(MESSAGE.READY)
  planner.awaitGo()
  p.call("exit_group", 0)
  planner.placeBlocks()
  await loadServe(planner)
  const launch = new Launch(planner, ours)
  try {
    launch.run(theirs, [theirs], {})
  } finally {
    launch.kill()
    close(ours)
  }
}

/** Opens a target as mounts do; makes "opened" in it, and "was-made" in the root if it was new. */
async function target(folder: string, path: string, more: Partial<TargetRequest> = {}): Promise<{ made: boolean }> {
  await run(folder, (planner, root) => {
    const p = planner.program
    const whenMade = (): void => void p.call("mkdirat", root, "was-made", 0o700)
    const opened = openTarget(planner, root, { path, directory: true, exists: false, whenMade, ...more })
    if (more.directory !== false) p.call("mkdirat", opened, "opened", 0o700).on("EEXIST", "continue")
    p.call("close", opened)
  })
  return { made: existsSync(join(folder, "was-made")) }
}

async function failure(promise: Promise<unknown>): Promise<RuntsError> {
  try {
    await promise
  } catch (error) {
    if (error instanceof RuntsError) return error
    throw error
  }
  throw new Error("it did not fail")
}

const mode = (path: string): string => (lstatSync(path).mode & 0o7777).toString(8)

t.test("serve(): target: several missing folders, each 0755; the end counts as made", async (t) => {
  const root = newRoot()
  t.same(await target(root, "a/b/c"), { made: true })
  t.same(["a", "a/b", "a/b/c"].map((path) => mode(join(root, path))), ["755", "755", "755"])
  t.ok(existsSync(join(root, "a/b/c/opened")))
})

t.test("serve(): target: a file with its folders", async (t) => {
  const root = newRoot()
  t.same(await target(root, "etc/x/conf", { directory: false }), { made: true })
  t.ok(statSync(join(root, "etc/x/conf")).isFile())
  t.same([mode(join(root, "etc/x/conf")), mode(join(root, "etc/x"))], ["644", "755"])
})

t.test("serve(): target: dangling symlinks stay in the root, absolute and with too many ..", async (t) => {
  const root = newRoot()
  const outside = join(scratch, "outside")
  symlinkSync(outside, join(root, "absolute"))
  symlinkSync("../../../../../../../../up/there", join(root, "up-link"))
  symlinkSync("chain-2/x", join(root, "chain-1"))
  symlinkSync("./later/../chain-3", join(root, "chain-2"))
  t.same(await target(root, "absolute/deep"), { made: true })
  t.notOk(existsSync(outside), "nothing is made outside")
  t.ok(existsSync(join(root, outside, "deep/opened")))
  await target(root, "up-link", { whenMade: () => undefined })
  t.ok(existsSync(join(root, "up/there/opened")))
  await target(root, "chain-1", { whenMade: () => undefined })
  t.ok(existsSync(join(root, "chain-3/x/opened")))
})

t.test("serve(): target: a symlink to what exists is no new target", async (t) => {
  const root = newRoot()
  mkdirSync(join(root, "there/sub"), { recursive: true })
  symlinkSync("/there", join(root, "link"))
  t.same(await target(root, "link/sub"), { made: false })
  t.same(await target(root, "link/sub", { exists: true }), { made: false })
  t.same(await target(root, "link/new/deep"), { made: true })
  t.ok(existsSync(join(root, "there/new/deep/opened")))
})

t.test("serve(): target: loops, files in the way and forbidden symlinks are errors that name the path", async (t) => {
  const root = newRoot()
  symlinkSync("b", join(root, "a"))
  symlinkSync("a", join(root, "b"))
  t.match(await failure(target(root, "a/x")), { details: { errno: 40 } }, "ELOOP")
  writeFileSync(join(root, "file"), "")
  t.match(await failure(target(root, "file/x/y")), { details: { errno: 20 } }, "ENOTDIR")
  symlinkSync("nowhere", join(root, "dangling"))
  t.match(await failure(target(root, "dangling/x", { noSymlinks: true })), { details: { errno: 40 } },
    "no symlink where none may be")
  t.notOk(existsSync(join(root, "nowhere")))
})

t.test("serve(): target: a link of procfs is never followed", async (t) => {
  const root = newRoot()
  symlinkSync("/proc/self/root/tmp", join(root, "magic"))
  await target(root, "magic/x")
  t.ok(existsSync(join(root, "proc/self/root/tmp/x/opened")), "its text is a path in the root")
})

t.test("serve(): cwd: made part by part, and entered", async (t) => {
  const root = newRoot()
  await run(root, (planner, step) => {
    const p = planner.program
    const resume = p.label("there")
    p.call("fchdir", step)
    p.jump(planner.serve({ kind: "cwd", pointer: "", path: "/srv/here", resume }))
    p.here(resume)
    p.call("mkdirat", AT_FDCWD, "entered", 0o700)
  })
  t.ok(existsSync(join(root, "srv/here/entered")))
  t.equal(mode(join(root, "srv/here")), "755")
})

t.test("serve(): copy: folders, files, links, modes, times", async (t) => {
  const root = newRoot()
  const from = join(root, "from")
  mkdirSync(join(from, "sub/empty"), { recursive: true })
  writeFileSync(join(from, "sub/file"), "content")
  writeFileSync(join(from, "big"), Buffer.alloc(300_000, 7))
  writeFileSync(join(from, "set-id"), "")
  chmodSync(join(from, "set-id"), 0o4751)
  chmodSync(join(from, "sub"), 0o2710)
  utimesSync(join(from, "sub/file"), 1_000_000, 2_000_000)
  symlinkSync("../dangling", join(from, "link"))
  for (let i = 0; i < 600; i++) writeFileSync(join(from, "sub/empty", `a-name-that-fills-the-buffer-of-getdents-${i}`), "")
  mkdirSync(join(root, "to"))
  await run(root, (planner, step) => {
    const p = planner.program
    const resume = p.label("copied")
    const open = (path: string): Step => p.call("openat", step, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0)
    const [source, place] = [open("from"), open("to")]
    p.jump(planner.serve({ kind: "copy", pointer: "", path: "from", from: resultCell(planner, source), to: resultCell(planner, place),
      resume }))
    p.here(resume)
  })
  const to = join(root, "to")
  t.equal(readFileSync(join(to, "sub/file"), "utf8"), "content")
  t.ok(readFileSync(join(to, "big")).equals(readFileSync(join(from, "big"))))
  t.same([mode(join(to, "set-id")), mode(join(to, "sub")), readlinkSync(join(to, "link"))], ["4751", "2710", "../dangling"])
  t.equal(statSync(join(to, "sub/file")).mtimeMs, 2_000_000_000)
  t.ok(existsSync(join(to, "sub/empty/a-name-that-fills-the-buffer-of-getdents-599")))
})

t.test("serve(): a failed answer ends the program and leaves no descriptor", async (t) => {
  const root = newRoot()
  writeFileSync(join(root, "file"), "")
  const before = openDescriptors()
  await failure(target(root, "file/x/y"))
  t.same(openDescriptors(), before)
})
