import { existsSync, readFileSync, writeFileSync } from "node:fs"
import type { Test } from "tap"
import type { Box } from "../../conformance/lib/box.ts"
import { type CommandOptions, expectSuccess, type Result, runtime } from "../../conformance/lib/command.ts"
import { controllers, unified } from "../../conformance/lib/environment.ts"
import { isAlive } from "../../conformance/lib/procfs.ts"
import { boxTest } from "../../conformance/lib/test.ts"

/*
 * The command lines of engines, word for word as they send them, for those engines too that are not at hand to be run: repeated
 * global flags, flags with and without "=", one dash, environments of one variable.
 */

const call = (args: readonly string[], options: CommandOptions = {}): Result => expectSuccess(runtime(args, options))
/** A pid file's pid, which is all that may stand there. */
const pidIn = (file: string): number => {
  const text = readFileSync(file, "utf8")
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`${file} holds ${JSON.stringify(text)}`)
  return Number(text)
}
/** What `update` is sent; a view of cgroup2 without controllers has nothing to change. */
const limits = (pids: number): string => JSON.stringify(unified && !controllers.includes("pids") ? {} : { pids: { limit: pids } })
const processFile = (box: Box, ...args: string[]): string => {
  const path = `${box.folder}/process-${args.join("-").replaceAll("/", "")}`
  writeFileSync(path, JSON.stringify({ ...box.config.process, terminal: false, args }))
  return path
}

async function ends(t: Test, pid: number, box: Box): Promise<void> {
  t.ok(isAlive(pid))
  box.kill()
  await box.reached("stopped")
}

boxTest("containerd's shim: create, start, ps, exec, pause, resume, update, kill, delete", { differs: ["a cgroup"] }, async (t, box) => {
  const log = `${box.bundle}/log.json`
  const globals = ["--root", box.root, "--log", log, "--log-format", "json"]
  const pidFile = `${box.bundle}/init.pid`
  const options = { cwd: box.bundle }
  box.args("/bin/sleep", "1000").write()
  t.equal(call([...globals, "create", "--bundle", box.bundle, "--pid-file", pidFile, box.id], options).stderr, "")
  t.ok(existsSync(log), "the log is there, though nothing went wrong")
  call([...globals, "start", box.id], options)
  const pid = pidIn(pidFile)
  t.same(JSON.parse(call([...globals, "ps", "--format", "json", box.id], options).stdout), [pid])
  const execPid = `${box.bundle}/e1.pid`
  call([...globals, "exec", "--process", processFile(box, "/bin/sleep", "999"), "--detach", "--pid-file", execPid, box.id], options)
  t.ok(isAlive(pidIn(execPid)))
  call([...globals, "pause", box.id], options)
  t.equal(box.state().status, "paused")
  call([...globals, "resume", box.id], options)
  call([...globals, "update", "--resources=-", box.id], { ...options, input: limits(77) })
  call([...globals, "kill", box.id, "0"], options)
  call([...globals, "kill", "--all", box.id, "9"], options)
  await box.reached("stopped")
  const late = runtime([...globals, "kill", box.id, "9"], options)
  t.not(late.code, 0)
  t.match(late.stderr + late.stdout, /container not running/)
  call([...globals, "kill", "--all", box.id, "9"], options)
  call([...globals, "delete", box.id], options)
  call([...globals, "delete", "--force", box.id], options)
  t.match(runtime([...globals, "delete", box.id], options).stderr, /does not exist/)
  for (const line of readFileSync(log, "utf8").trim().split("\n")) t.ok(JSON.parse(line).level, line)
})

boxTest("conmon: create with flags after the command, exec with --pid-file before --process", async (t, box) => {
  const pidFile = `${box.folder}/pidfile`
  box.args("/bin/sleep", "1000").write()
  call(["--root=" + box.root, "--log-format=json", "--log", `${box.folder}/oci-log`, "create", "--bundle", box.bundle, "--pid-file", pidFile, "--no-new-keyring", box.id])
  const bare = { env: { XDG_RUNTIME_DIR: "", PATH: process.env.PATH } }
  call(["--root=" + box.root, "start", box.id], bare)
  const execPid = `${box.folder}/exec-pid`
  // CRI-O makes the file beforehand, empty
  writeFileSync(execPid, "")
  call(["--root=" + box.root, "exec", "--pid-file", execPid, "--process", processFile(box, "/bin/sleep", "998"), "--detach", box.id])
  t.ok(isAlive(pidIn(execPid)))
  await ends(t, pidIn(pidFile), box)
  call(["--root=" + box.root, "delete", "--force", box.id], { env: { XDG_RUNTIME_DIR: "" } })
})

boxTest("conmon-rs: repeated global flags, exec without --process", async (t, box) => {
  const globals = ["--root=" + box.root, "--root=" + box.root, "--log-format=json", "--log-format=json"]
  const pidFile = `${box.folder}/pidfile`
  box.args("/bin/sleep", "1000").write()
  call([...globals, "create", "--bundle", box.bundle, "--pid-file", pidFile, box.id])
  call([...globals, "start", box.id])
  const execPid = `${box.folder}/exec-pid`
  call([...globals, "exec", "-d", `--pid-file=${execPid}`, box.id, "/bin/sh", "-c", "sleep 997", "--", "-x"])
  t.ok(isAlive(pidIn(execPid)))
  await ends(t, pidIn(pidFile), box)
  call([...globals, "delete", box.id])
})

boxTest("CRI-O: kill by number and by name, exec in the foreground, update from standard input, state while stopped", { differs: ["a cgroup"] }, async (t, box) => {
  const globals = ["--root", box.root]
  box.args("/bin/sleep", "1000").write()
  call([...globals, "create", "--bundle", box.bundle, "--pid-file", `${box.folder}/pid`, box.id])
  call([...globals, "start", box.id])
  t.equal(runtime([...globals, "exec", "--process", processFile(box, "/bin/sh", "-c", "exit 6"), box.id], { env: {} }).code, 6)
  call([...globals, "update", "--resources", "-", box.id], { input: limits(78) })
  call([...globals, "kill", box.id, "KILL"])
  const stopped = await box.reached("stopped")
  t.equal(stopped.pid, 0)
  t.ok("created" in stopped)
  call([...globals, "kill", "-a", box.id, "9"])
  call([...globals, "delete", "--force", box.id])
  const missing = runtime([...globals, "state", box.id])
  t.not(missing.code, 0)
})

boxTest("BuildKit: run --keep in the foreground, kill until it is there, state, delete", { differs: ["a cgroup"] }, async (t, box) => {
  const globals = ["--root", box.root, "--log", `${box.folder}/runc-log.json`, "--log-format", "json"]
  box.args("/bin/sh", "-c", "exit 5").write()
  t.equal(runtime([...globals, "run", "--bundle", box.bundle, "--keep", box.id]).code, 5)
  t.match(JSON.parse(call([...globals, "state", box.id]).stdout), { status: "stopped", bundle: box.bundle, rootfs: box.rootfs })
  t.ok(box.cgroupFolders().length > 0, "the cgroup is there to be read until it is deleted")
  call([...globals, "delete", box.id])
  t.not(runtime([...globals, "kill", box.id, "9"]).code, 0)
})

boxTest("Buildah: state every now and then, delete of a container that was only created", (t, box) => {
  const options = { cwd: box.bundle }
  box.args("/bin/sleep", "1000").write()
  call(["--root", box.root, "create", "--bundle", box.bundle, "--pid-file", `${box.bundle}/pid`, "--no-new-keyring", "--no-pivot", box.id], options)
  t.match(JSON.parse(call(["--root", box.root, "state", box.id], options).stdout), { status: "created", pid: pidIn(`${box.bundle}/pid`) })
  call(["--root", box.root, "delete", box.id], options)
})

boxTest("probes: features and --version say nothing else", (t) => {
  const features = call(["features"])
  t.equal(features.stderr, "")
  t.match(JSON.parse(features.stdout), { ociVersionMin: /^1\./, ociVersionMax: /^1\./, linux: { mountExtensions: { idmap: { enabled: true } } } })
  const version = call(["--version"])
  t.equal(version.stderr, "")
  t.match(version.stdout, /^\w+ version \S+\ncommit: \S+\nspec: \S+/)
  t.equal(version.stdout.split("version").length, 2, "the word version is in one line only: Docker takes the last one")
})
