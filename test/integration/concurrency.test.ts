import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { spawn } from "node:child_process"
import t, { type Test } from "tap"
import { command, environmentWithMarker, expectSuccess, type Result, startCommand, startRuntime, until } from "../../conformance/lib/command.ts"
import { environment, marker, runtimePath, underUml } from "../../conformance/lib/environment.ts"
import { listenForConsole } from "../../conformance/lib/helpers.ts"
import { isAlive, processesWith } from "../../conformance/lib/procfs.ts"
import { boxTest, type TestOptions } from "../../conformance/lib/test.ts"

/* Commands that meet, commands that are killed, and system calls that fail: nothing hangs, nothing is left, every error is one. */

const OURS: TestOptions = { skipFor: { runc: "leaves state and cgroups behind in some of these", crun: "leaves state and cgroups behind in some of these" } }
const SLOW = underUml

/** A repeatable sequence of numbers below `limit` (Lehmer). */
function random(seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (state * 48271) % 2147483647
    return state % limit
  }
}

/** What commands may say when they meet others; whatever else comes is a fault. */
const EXPECTED: Record<string, RegExp> = {
  create: /already exists|was deleted while it was being created|cgroup is not empty|unexpectedly frozen|in use/,
  start: /does not exist|cannot start|in use|init (does not wait|ended)|not running/,
  kill: /does not exist|container not running/,
  state: /does not exist/,
  delete: /does not exist|that is not stopped/,
  exec: /does not exist|cannot exec in a|container not running|ended, killed by signal 9 /,
  pause: /does not exist|not running or created|unable to freeze/,
  resume: /does not exist|not paused/,
  ps: /does not exist/,
}

boxTest("eight callers do at random what they like with three containers: errors are clear and nothing is left", OURS, async (t, box) => {
  box.config.linux.namespaces = box.config.linux.namespaces.filter(({ type }) => type !== "network")
  box.args("/bin/sleep", "1000")
  const ids = [1, 2, 3].map((n) => `${box.id}-${n}`)
  for (const id of ids) {
    const bundle = `${box.folder}/bundle-${id}`
    mkdirSync(bundle)
    const config = structuredClone(box.config)
    config.root.path = box.rootfs
    config.linux.cgroupsPath = box.cgroupsPathOf(`-${id}`)
    writeFileSync(`${bundle}/config.json`, JSON.stringify(config))
  }
  const end = performance.now() + (SLOW ? 20_000 : 8000)
  const done: Record<string, number> = {}
  const caller = async (seed: number): Promise<void> => {
    const pick = random(seed)
    while (performance.now() < end) {
      const id = ids[pick(3)] as string
      const verbs: string[][] = [
        ["create", "--bundle", `${box.folder}/bundle-${id}`, id], ["create", "--bundle", `${box.folder}/bundle-${id}`, id], ["start", id], ["start", id],
        ["kill", id, "KILL"], ["kill", id, "0"], ["state", id], ["delete", id], ["delete", "--force", id], ["exec", id, "/bin/true"],
        ["pause", id], ["resume", id], ["resume", id], ["ps", "--format", "json", id],
      ]
      const args = verbs[pick(verbs.length)] as string[]
      const verb = args[0] as string
      const result = await startRuntime(["--root", box.root, ...args]).done
      check(t, verb, args, result)
      if (result.code === 0) done[verb] = (done[verb] ?? 0) + 1
    }
  }
  await Promise.all(Array.from({ length: 8 }, (_, i) => caller(7919 * (i + 1))))
  t.comment(JSON.stringify(done))
  for (const verb of ["create", "start", "kill", "state", "delete", "exec"]) t.ok((done[verb] ?? 0) > 0, `${verb} succeeded`)
  for (const id of ids) t.equal(box.call(["delete", "--force", id]).code, 0)
  t.same(box.stateEntries(), [])
})

function check(t: Test, verb: string, args: readonly string[], result: Result): void {
  const what = args.slice(0, 2).join(" ")
  if (result.code === -1) t.fail(`${what} hangs`)
  else if (result.code === 0) {
    if (verb === "state") t.match(JSON.parse(result.stdout).status, /^(creating|created|running|paused|stopped)$/)
  } else if (verb === "exec" && result.code === 137) return // killed with its container
  else t.match(result.stderr, EXPECTED[verb] as RegExp, `${what}: ${result.code}`)
}

boxTest("state and kill never see a container that is neither there nor not there", OURS, async (t, box) => {
  box.args("/bin/sleep", "1000").write()
  let stop = false
  let asked = 0
  const watch = async (): Promise<void> => {
    while (!stop) {
      const state = await startRuntime(["--root", box.root, "state", box.id]).done
      asked++
      if (state.code !== 0) t.match(state.stderr, /container does not exist/)
      else t.match(JSON.parse(state.stdout).status, /^(creating|created|stopped)$/)
      const kill = await startRuntime(["--root", box.root, "kill", box.id, "0"]).done
      if (kill.code !== 0) t.match(kill.stderr, /container does not exist|container not running/)
    }
  }
  const watchers = [watch(), watch()]
  for (let round = 0; round < (SLOW ? 5 : 25); round++) {
    t.equal((await startRuntime(["--root", box.root, "create", "--bundle", box.bundle, box.id]).done).code, 0)
    t.equal((await startRuntime(["--root", box.root, "delete", box.id]).done).code, 0)
  }
  stop = true
  await Promise.all(watchers)
  t.ok(asked > 10)
})

boxTest("created by one, deleted by force by another at the same time: one of them is right", OURS, async (t, box) => {
  box.args("/bin/sleep", "1000").write()
  for (let round = 0; round < (SLOW ? 5 : 30); round++) {
    const create = startRuntime(["--root", box.root, "create", "--bundle", box.bundle, box.id])
    await new Promise((resolve) => setTimeout(resolve, round))
    t.equal((await startRuntime(["--root", box.root, "delete", "--force", box.id]).done).code, 0)
    const created = await create.done
    if (created.code !== 0) t.match(created.stderr, /was deleted while it was being created|does not exist/)
    t.equal(box.call(["delete", "--force", box.id]).code, 0)
    t.same(box.stateEntries(), [])
    t.same(box.cgroupFolders(), [])
  }
})

// killed at any moment

/** Runs a command and kills it after so many milliseconds. */
async function killedAfter(args: readonly string[], milliseconds: number): Promise<Result> {
  const running = startRuntime(args)
  const timer = setTimeout(() => running.child.kill("SIGKILL"), milliseconds)
  const result = await running.done
  clearTimeout(timer)
  return result
}

/** Moments from 0 to `last` milliseconds, closer together at the start of the command's own work. */
function moments(count: number, last: number): number[] {
  const pick = random(4242)
  return Array.from({ length: SLOW ? 6 : count }, () => pick(last * 10) / 10 * (SLOW ? 8 : 1))
}

for (const [verb, count] of [["create", 60], ["run", 60], ["start", 40], ["delete", 40], ["exec", 10]] as const) {
  boxTest(`${verb} is killed at ${count} moments: delete --force removes all, no process survives`, OURS, async (t, box) => {
    box.args("/bin/sleep", "1000").write()
    for (const moment of moments(count, 50)) {
      if (verb === "start") box.create()
      if (verb === "delete" || verb === "exec") {
        box.create()
        box.start()
      }
      const args: Record<string, string[]> = {
        create: ["create", "--bundle", box.bundle, box.id], run: ["run", "--bundle", box.bundle, box.id], start: ["start", box.id],
        delete: ["delete", "--force", box.id], exec: ["exec", box.id, "/bin/sleep", "1000"],
      }
      await killedAfter(["--root", box.root, ...(args[verb] as string[])], moment)
      const state = box.call(["state", box.id])
      if (state.code === 0) t.match(JSON.parse(state.stdout).status, /^(created|running|stopped)$/, `killed after ${moment} ms: a status that is true`)
      t.equal(box.call(["delete", "--force", box.id]).code, 0, `killed after ${moment} ms`)
      t.same(box.stateEntries(), [])
      t.same(box.cgroupFolders(), [])
    }
  })
}

for (const who of ["the launcher", "init"] as const) {
  boxTest(`${who} is killed at any moment of create: an error in a sentence, and nothing is left`, { ...OURS, skipIn: { uml: "too slow a clock" } }, async (t, box) => {
    box.args("/bin/sleep", "1000").write()
    const pick = random(99)
    let hit = 0
    for (let round = 0; round < 60; round++) {
      const running = startRuntime(["--root", box.root, "create", "--bundle", box.bundle, box.id])
      // children of the runtime: the launcher, then init; killed a random while after they appear
      const wanted = who === "init" ? 2 : 1
      const victim = await childOf(running.child.pid as number, wanted)
      if (victim !== undefined) {
        const wait = pick(20) / 10
        const from = performance.now()
        while (performance.now() - from < wait) { /* shorter than a timer can */ }
        try {
          process.kill(victim, "SIGKILL")
        } catch {
          // ended
        }
      }
      const result = await running.done
      t.not(result.code, -1, `round ${round}: does not hang`)
      if (result.code !== 0) {
        hit++
        t.match(result.stderr, /^runts: (the container's init|the launcher|container)[^\n]*(ended|killed)[^\n]*\n$/, `round ${round}: says who died`)
        t.same(box.stateEntries(), [], "nothing of it is left")
        t.same(box.cgroupFolders(), [])
      } else t.equal(box.call(["delete", "--force", box.id]).code, 0)
    }
    t.comment(`${hit} of 60 were hit while being created`)
  })
}

/** Waits in a busy loop for the n-th different child of a process. */
async function childOf(pid: number, n: number): Promise<number | undefined> {
  const seen = new Set<number>()
  for (const end = performance.now() + 300; performance.now() < end;) {
    try {
      for (const child of readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")) if (child !== "") seen.add(Number(child))
    } catch {
      return undefined
    }
    if (seen.size >= n) return [...seen][n - 1]
    if (seen.size === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  return undefined
}

boxTest("init is killed while it waits for start: start says so, and state is stopped", OURS, async (t, box) => {
  box.args("/bin/sleep", "1000").create()
  process.kill(box.pid, "SIGKILL")
  const result = box.call(["start", box.id])
  t.equal(result.code, 1)
  t.match(result.stderr, /stopped|not running|does not wait|ended/)
  await box.reached("stopped")
  box.delete()
})

boxTest("start is killed just after init was let go: the container counts as running", OURS, async (t, box) => {
  // a poststart hook holds `start` while the program runs; killed there, it cannot write down that it does
  box.script("touch /started; exec sleep 1000")
  box.config.hooks = { poststart: [{ path: "/bin/sleep", args: ["sleep", "30"] }] }
  box.create()
  const running = startRuntime(["--root", box.root, "start", box.id])
  await until("the program", () => existsSync(`${box.rootfs}/started`))
  running.child.kill("SIGKILL")
  await running.done
  t.equal(box.state().status, "running")
  t.match(box.call(["start", box.id]).stderr, /already running/)
  box.delete("--force")
})

// hooks that hang

for (const kind of ["createRuntime", "createContainer", "startContainer", "poststart"] as const) {
  boxTest(`delete --force while a ${kind} hook hangs: the one who waits for it is ended, and nothing is left`, OURS, async (t, box) => {
    const inside = kind === "startContainer"
    const path = inside ? "/bin/sh" : `${box.rootfs}/bin/busybox`
    const script = `echo >${inside ? "" : box.rootfs}/hangs; exec ${inside ? "/bin/sleep" : "/bin/sleep"} 333`
    box.config.hooks = { [kind]: [{ path, args: ["sh", "-c", script] }] }
    box.args("/bin/sleep", "1000").write()
    const creating = kind.startsWith("create")
    if (!creating) box.create()
    const args = creating ? ["create", "--bundle", box.bundle, box.id] : ["start", box.id]
    const stuck = startRuntime(["--root", box.root, ...args])
    await until("the hook", () => existsSync(`${box.rootfs}/hangs`))
    t.match(box.state().status, creating ? /creating/ : /created|running/)
    const deleted = box.call(["delete", "--force", box.id])
    t.equal(deleted.code, 0, deleted.stderr)
    t.ok(deleted.milliseconds < 8000, `after ${Math.round(deleted.milliseconds)} ms`)
    t.equal((await stuck.done).code, 137, "the other was killed")
    t.same(box.stateEntries(), [])
    await until("the hook to end", () => !processesWith("nothing", box.cgroupsPath).length && !hookRuns())
  })
}

/** Whether a `sleep 333` is there. */
function hookRuns(): boolean {
  return readdirSync("/proc").some((name) => {
    try {
      return Number(name) > 0 && readFileSync(`/proc/${name}/cmdline`, "utf8") === "/bin/sleep\x00333\0" && isAlive(Number(name))
    } catch {
      return false
    }
  })
}

boxTest("delete without force waits for a create that works [delete]", OURS, async (t, box) => {
  box.config.hooks = { createRuntime: [{ path: "/bin/sleep", args: ["sleep", "1.5"] }] }
  box.args("/bin/sleep", "1000").write()
  const create = startRuntime(["--root", box.root, "create", "--bundle", box.bundle, box.id])
  await until("its state", () => box.call(["state", box.id]).code === 0)
  const deleted = box.call(["delete", box.id])
  t.equal(deleted.code, 0)
  t.equal((await create.done).code, 0)
})

// engines' conditions

boxTest("the caller's stdout pipe closes for the reader when create returns, whatever hooks leave behind", OURS, async (t, box) => {
  box.config.hooks = { createRuntime: [{ path: "/bin/sh", args: ["sh", "-c", "sleep 20 & exit 0"] }] }
  box.args("/bin/sleep", "1000").write()
  // the program gets the runtime's own descriptors: only it may hold them
  const before = performance.now()
  const child = spawn(runtimePath, ["--root", box.root, "create", "--bundle", box.bundle, box.id], {
    stdio: ["ignore", openSync("/dev/null", "w"), "pipe", "pipe"], env: environmentWithMarker(),
  })
  const ended = new Promise<void>((resolve) => child.stdio[3]?.on("close", resolve).on("data", () => undefined))
  await new Promise((resolve) => child.on("exit", resolve))
  await ended
  t.ok(performance.now() - before < 10_000, "descriptor 3 was closed in all that stay")
  box.delete("--force")
  const sleeping = ({ command: line }: { command: string }): boolean => line.startsWith("sleep 20")
  // it may not have got to its execve yet
  const { pid } = await until("what the hook left behind", () => processesWith(marker, box.cgroupsPath).find(sleeping))
  process.kill(pid, "SIGKILL")
})

boxTest("the runtime's death signal is not passed on", OURS, (t, box) => {
  box.args("/bin/sleep", "1000").write()
  // util-linux's setpriv stands for the shim, which asks for SIGKILL when its thread ends
  expectSuccess(command(["setpriv", "--pdeathsig", "KILL", runtimePath, "--root", box.root, "create", "--bundle", box.bundle, box.id]))
  t.equal(box.state().status, "created")
  expectSuccess(command(["setpriv", "--pdeathsig", "KILL", runtimePath, "--root", box.root, "start", box.id]))
  t.equal(box.state().status, "running")
})

boxTest("--log json: a failure is exactly one line of one object; a success writes none but makes the file [--log, --log-format]",
  OURS, (t, box) => {
  const log = `${box.folder}/log.json`
  const flags = ["--log", log, "--log-format", "json"]
  const failures: readonly (readonly string[])[] = [
    ["create", "--bundle", "/nowhere", box.id], ["start", box.id], ["kill", box.id], ["delete", box.id], ["state", box.id], ["exec", box.id, "x"],
    ["create", "--bundle", box.bundle, box.id],
  ]
  box.args("/bin/none\n\"quoted\"\u0007").write()
  for (const args of failures) {
    rmSync(log, { force: true })
    t.not(box.call([...flags, ...args]).code, 0)
    const entry = JSON.parse(readFileSync(log, "utf8")) as Record<string, string>
    t.equal(entry.level, "error", args.join(" "))
    t.ok(entry.msg, "it says what")
    t.match(entry.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/)
  }
  rmSync(log)
  expectSuccess(box.args("/bin/true").call([...flags, "delete", "--force", box.id]))
  t.equal(readFileSync(log, "utf8"), "")
})

boxTest("pid file: whole when it appears, gone or absent when create fails [create --pid-file]", OURS, (t, box) => {
  const file = `${box.folder}/pid`
  writeFileSync(file, "an older and longer text that must not shine through")
  box.args("/bin/sleep", "1000").create(["--pid-file", file])
  t.equal(readFileSync(file, "utf8"), String(box.pid))
  box.delete("--force")
  rmSync(file)
  t.not(box.args("/bin/none").tryCreate(["--pid-file", file]).code, 0)
  t.notOk(existsSync(file))
})

boxTest("a frozen cgroup is refused at once, and stays as it is", OURS, async (t, box) => {
  const freezer = existsSync("/sys/fs/cgroup/freezer") ? "/sys/fs/cgroup/freezer" : undefined
  const folder = `${freezer ?? "/sys/fs/cgroup"}${box.cgroupsPath}`
  const [file, on, off] = freezer === undefined ? ["cgroup.freeze", "1", "0"] : ["freezer.state", "FROZEN", "THAWED"]
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}/${file}`, on)
  const result = box.args("/bin/sleep", "1000").tryCreate()
  t.equal(result.code, 1)
  t.match(result.stderr, /frozen/)
  t.ok(result.milliseconds < 5000)
  writeFileSync(`${folder}/${file}`, off)
  expectSuccess(command(["rmdir", folder]))
})

boxTest("a container that froze a cgroup of its own below can be killed and deleted", OURS, async (t, box) => {
  const freezer = existsSync("/sys/fs/cgroup/freezer") ? "/sys/fs/cgroup/freezer" : undefined
  const [file, on] = freezer === undefined ? ["cgroup.freeze", "1"] : ["freezer.state", "FROZEN"]
  for (const verb of ["delete", "kill"]) {
    await box.launch("/bin/sleep", "1000")
    const folder = `${freezer ?? "/sys/fs/cgroup"}${box.cgroupsPath}/below/deeper`
    mkdirSync(folder, { recursive: true })
    writeFileSync(`${folder}/cgroup.procs`, String(box.pid))
    writeFileSync(`${folder}/${file}`, on)
    if (verb === "kill") {
      box.kill()
      await box.reached("stopped")
    }
    const { milliseconds } = box.delete("--force")
    t.ok(milliseconds < 5000, `${verb}: ${Math.round(milliseconds)} ms`)
    t.same(box.cgroupFolders(), [])
  }
})

boxTest("kill --all and delete reach all processes of a container without a pid namespace whose init is dead", OURS, async (t, box) => {
  box.config.linux.namespaces = box.config.linux.namespaces.filter(({ type }) => type !== "pid")
  box.script("sleep 444 & sleep 444 & sleep 444 & touch /ready; wait")
  box.create()
  box.start()
  await until("its processes", () => existsSync(`${box.rootfs}/ready`))
  const pids = JSON.parse(expectSuccess(box.call(["ps", "--format", "json", box.id])).stdout) as number[]
  t.ok(pids.length >= 4)
  process.kill(box.pid, "SIGKILL")
  await box.reached("stopped")
  t.match(box.call(["kill", box.id, "TERM"]).stderr, /container not running/)
  t.equal(box.call(["kill", "--all", box.id, "KILL"]).code, 0)
  await until("all to end", () => pids.every((pid) => !isAlive(pid)))
  t.equal(box.call(["kill", "--all", box.id, "KILL"]).code, 0, "again: no error")
  box.delete()
})

boxTest("exec where init has moved to a cgroup below [exec]", { ...OURS, needs: ["v2"] }, async (t, box) => {
  box.config.process.terminal = false
  box.config.linux.namespaces.push({ type: "cgroup" })
  await box.launch("/bin/sleep", "1000")
  const folder = `/sys/fs/cgroup${box.cgroupsPath}`
  mkdirSync(`${folder}/below`)
  writeFileSync(`${folder}/below/cgroup.procs`, String(box.pid))
  // with a controller for its children a cgroup takes no processes itself
  const controllers = readFileSync(`${folder}/cgroup.controllers`, "utf8").trim().split(" ").filter((name) => name !== "")
  const controller = controllers.find((name) => name === "pids" || name === "hugetlb" || name === "memory") ?? controllers[0]
  if (controller !== undefined) writeFileSync(`${folder}/cgroup.subtree_control`, `+${controller}`)
  const { stdout } = expectSuccess(box.exec(["/bin/cat", "/proc/self/cgroup"]))
  t.match(stdout, controller === undefined ? /^0::\/(below)?$/m : /^0::\/below$/m)
  // the second try must not knock at the console socket again: its listener takes one connection
  const socket = `${box.folder}/console.sock`
  const collect = await listenForConsole(socket)
  expectSuccess(box.exec(["/bin/cat", "/proc/self/cgroup"], ["--tty", "--detach", "--console-socket", socket]))
  const report = await collect()
  t.equal(report.connections, 1)
  t.match(report.output, /0::\/(below)?\r\n/)
})

boxTest("pids.max of 1 and memory limits of a few MiB: the set-up itself fits in, or says why not", OURS, (t, box) => {
  const resources = [{ pids: { limit: 1 } }, ...[512 * 1024, 1 << 20, 2 << 20, 4 << 20, 6 << 20].map((limit) => ({ memory: { limit } }))]
  for (const limits of resources) {
    box.config.linux.resources = limits
    const result = box.args("/bin/true").run()
    if (result.code !== 0) t.match(result.stderr, /memory|limit|too small|not available|signal 9|^$/, JSON.stringify(limits))
    else t.pass(JSON.stringify(limits))
    t.same(box.cgroupFolders(), [])
  }
})

// system calls that fail

const STRACE = command(["/bin/sh", "-c", "command -v strace"]).stdout.trim()
/** Those of the engine itself, before and beside this project's code, are left out: clone3 (its threads), getcwd. */
const INJECTED: Record<string, readonly string[]> = {
  runtime: ["mkdirat", "flock", "renameat2", "fsync", "memfd_create", "socketpair", "bind", "listen", "sendto", "recvfrom", "pidfd_open", "unlinkat", "dup3", "prlimit64"],
  init: [
    "setsid", "mount", "open_tree", "move_mount", "mount_setattr", "fsopen", "fsconfig", "fsmount", "openat2", "mknodat", "symlinkat", "pivot_root",
    "umount2", "fchdir", "chdir", "sethostname", "close_range", "setresuid", "setresgid", "setgroups", "capset", "prctl", "execve", "faccessat2", "statx",
  ],
}

for (const [errno, step] of [["EIO", 1], ["ENOMEM", 2], ["EPERM", 4]] as const) {
  boxTest(`a system call fails with ${errno} (each ${step === 1 ? "first" : `${step}th`}): the error is one line, and nothing is left`, {
    ...OURS, ...(STRACE === "" ? { skipIn: { [environment]: "no strace" } } : { skipIn: { uml: "no strace" } }),
  }, async (t, box) => {
    box.args("/bin/true").write()
    for (const name of [...(INJECTED.runtime ?? []), ...(INJECTED.init ?? [])]) {
      const args = [STRACE, "-f", "-qq", "-o", "/dev/null", "-e", `trace=${name}`, "-e", `inject=${name}:error=${errno}:when=${step}`]
      const running = startCommand([...args, runtimePath, "--root", box.root, "run", "--bundle", box.bundle, box.id])
      const result = await running.done
      t.not(result.code, -1, `${name}: does not hang`)
      t.notMatch(result.stderr, /internal error|TypeError|undefined|panic|Segmentation/, `${name}: no crash`)
      if (result.code !== 0) t.match(result.stderr, /^(runts: [^\n]+\n)+$|^$/, `${name}: says so in a line`)
      const deleted = box.call(["delete", "--force", box.id])
      t.equal(deleted.code, 0, `${name}: ${deleted.stderr}`)
      t.same(box.stateEntries(), [], `${name}: no state`)
      t.same(box.cgroupFolders(), [], `${name}: no cgroup`)
    }
  })
}

t.end()
