import { existsSync, readFileSync, rmSync } from "node:fs"
import t, { type Test } from "tap"
import { ERRNO, type ErrnoName } from "../../src/kernel/errno.ts"
import { HOST_ARCHITECTURE, type SyscallName, syscallNumbers } from "../../src/kernel/syscalls.ts"
import { Box } from "../lib/box.ts"
import { expectSuccess, type Result, startCommand, startRuntime, until } from "../lib/command.ts"
import { checkout, cgroupRoots, runtimeName, runtimePath } from "../lib/environment.ts"
import { figure, WHOLE } from "../lib/share.ts"

/*
 * Every system call of the runtime, its launcher and the container's init is made to fail, and each of the three is killed as it is about to make it:
 * the command succeeds or says in a line what is wrong and at which step, it does not hang, and `delete --force` leaves nothing. An interrupted call is
 * made again, and nobody hears of it. The calls of a command are recorded first; RUNTS_ALL=1 lets each of them fail, with one of its errors after the other,
 * and kills at each; else it is each kind of call of each process, once, and a fixed share of the others.
 */

/** Of one command, to try again: RUNTS_SCENARIO="create with"; RUNTS_SAY=1 prints what each failure says. */
const ONLY = process.env.RUNTS_SCENARIO ?? ""
/** And one site of it: RUNTS_SITE="runtime 527 EMFILE". */
const SITE = process.env.RUNTS_SITE
/** One of so many calls, beyond the first of its kind. */
const SHARE = 64
/** Most of a command's time is waiting. */
const WORKERS = 4
/** Longer runs of one call (a signal's handler after the other) are tried at their ends. */
const RUN_MAX = 4
const TIME_LIMIT_MS = 30_000

const PYTHON = existsSync("/usr/bin/python3") ? "/usr/bin/python3" : "python3"

/** Takes terminals and holds them open: what waits to be accepted does. */
const LISTENER = "import socket, sys, time; s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(4096); print(1, flush=True); time.sleep(1e6)"

type Who = "runtime" | "launcher" | "init"

/** A system call of a command: whose, which of its calls, what. */
interface Site {
  readonly who: Who
  readonly index: number
  readonly name: SyscallName
}

interface Scenario {
  readonly title: string
  readonly configure?: (box: Box) => void
  /** What is there before the command. */
  readonly before: "nothing" | "created" | "running" | "paused"
  readonly command: (box: Box) => readonly string[]
  /** Calls of the container's init count too, although the command did not make it. */
  readonly withInit?: true
  /** The container and its process are to be there after it, whatever fails, with one of these. */
  readonly survives?: readonly ("created" | "running" | "paused")[]
  /** Calls of the runtime that are all tried with every errno, in the fixed share too: where once one of many made it hang. */
  readonly always?: readonly SyscallName[]
}

const hook = { path: "/bin/true" }
const create = (box: Box): string[] => ["create", "--bundle", box.bundle, box.id]
const SAME = ["running"] as const
const update = (box: Box): string[] => ["update", "--pids-limit", "77", "--memory", "900m", box.id]

/** A tmpfs that keeps what it covers, targets behind links, hooks of all kinds: what init asks the runtime to do (serve). */
function interactive(box: Box): void {
  box.config.mounts.push({ destination: "/etc", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup", "size=1m"] })
  box.config.mounts.push({ destination: "/new/deep/folder", type: "tmpfs", source: "tmpfs", options: ["size=1m"] })
  box.config.hooks = { prestart: [hook], createRuntime: [hook], createContainer: [{ path: "/bin/true" }], startContainer: [{ path: "/bin/true" }], poststart: [hook], poststop: [hook] }
}

function filtered(box: Box): void {
  box.config.linux.seccomp = {
    defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["reboot", "acct"], action: "SCMP_ACT_ERRNO", errnoRet: 1 }],
  }
}

function limited(box: Box): void {
  box.config.linux.resources = { pids: { limit: 100 }, cpu: { shares: 512 }, memory: { limit: 1 << 30 }, devices: [{ allow: false, access: "rwm" }] }
  box.config.process.rlimits = [{ type: "RLIMIT_CORE", soft: 0, hard: 0 }]
  box.config.linux.sysctl = { "net.ipv4.ip_forward": "1" }
}

const SCENARIOS: readonly Scenario[] = [
  { title: "create", before: "nothing", command: create },
  { title: "create with a user namespace", before: "nothing", command: create, configure: (box) => box.mapIds() },
  { title: "create with hooks and mounts that need the runtime's help", before: "nothing", command: create, configure: interactive },
  { title: "create with resources, limits and sysctls", before: "nothing", command: create, configure: limited },
  { title: "create with a seccomp filter", before: "nothing", command: create, configure: filtered },
  {
    title: "create with a terminal", before: "nothing", configure: (box) => void (box.config.process.terminal = true),
    command: (box) => ["create", "--console-socket", `${box.folder}/console`, "--bundle", box.bundle, box.id],
  },
  { title: "start", before: "created", command: (box) => ["start", box.id], withInit: true, configure: filtered },
  {
    title: "start with hooks", before: "created", command: (box) => ["start", box.id], withInit: true, configure: interactive,
    always: ["fcntl", "recvfrom"],
  },
  { title: "run", before: "nothing", command: (box) => ["run", "--bundle", box.bundle, box.id], configure: (box) => void box.args("/bin/true") },
  { title: "exec", before: "running", command: (box) => ["exec", box.id, "/bin/true"], survives: SAME },
  { title: "exec in a user namespace", before: "running", command: (box) => ["exec", box.id, "/bin/true"], survives: SAME, configure: (box) => box.mapIds() },
  { title: "update", before: "running", command: update, survives: SAME, configure: limited },
  { title: "state", before: "running", command: (box) => ["state", box.id], survives: SAME },
  { title: "kill", before: "running", command: (box) => ["kill", box.id, "CONT"], survives: SAME },
  { title: "pause", before: "running", command: (box) => ["pause", box.id], survives: ["running", "paused"] },
  { title: "resume", before: "paused", command: (box) => ["resume", box.id], survives: ["paused", "running"] },
  { title: "delete --force", before: "running", command: (box) => ["delete", "--force", box.id] },
  { title: "delete --force of a paused container", before: "paused", command: (box) => ["delete", "--force", box.id] },
  { title: "delete of a created container", before: "created", command: (box) => ["delete", box.id], configure: interactive },
]

const NAMES = new Map([...syscallNumbers(HOST_ARCHITECTURE)].map(([name, number]) => [number, name]))
/** They have no error, or nobody could go on after one. */
const NEVER_FAIL: ReadonlySet<string> = new Set(["exit_group", "exit", "rt_sigreturn", "getpid", "gettid", "geteuid", "getuid", "getgid", "getppid", "umask", "restart_syscall"])
const WAITS: ReadonlySet<string> = new Set(["statx", "getdents64", "readlinkat", "unlinkat", "recvfrom", "recvmsg", "ppoll", "poll", "wait4", "waitid", "accept4", "read", "write", "openat", "flock", "connect"])
const MAKES: ReadonlySet<string> = new Set(["mkdirat", "write", "pwrite64", "renameat2", "mknodat", "symlinkat", "fsync", "memfd_create", "fsmount", "move_mount", "clone3"])
const OPENS: ReadonlySet<string> = new Set(["openat", "openat2", "socket", "socketpair", "pidfd_open", "dup3", "fcntl", "open_tree", "fsopen", "memfd_create"])

/** The errors that are tried; the first ones in turn, where it is but one. */
function errnosFor(name: string): ErrnoName[] {
  // it frees the descriptor even where it fails (close(2)); one that did nothing is no fault that can be
  if (name === "close") return []
  const list: ErrnoName[] = ["EPERM", "ENOMEM"]
  if (WAITS.has(name)) list.push("EINTR")
  if (MAKES.has(name)) list.push("ENOSPC")
  if (OPENS.has(name)) list.push("EMFILE")
  if (/^(send|recv|clone|connect)/.test(name)) list.push("EAGAIN")
  return list
}

let injected = 0
let killed = 0
let trials = 0

/** A command of the box that is not made to fail; the other workers go on meanwhile. */
function call(box: Box, ...argv: string[]): Promise<Result> {
  return startRuntime(["--root", box.root, ...argv]).done
}

/** A box of a scenario, as it is before the command. */
async function prepared(scenario: Scenario, box: Box): Promise<void> {
  if (scenario.before === "nothing") return
  if (scenario.survives === undefined || !existsSync(`${box.root}/${box.id}`)) {
    expectSuccess(await call(box, ...create(box)))
    if (scenario.before !== "created") expectSuccess(await call(box, "start", box.id))
  } else if (scenario.survives.length === 1) return
  if (scenario.before === "paused") await call(box, "pause", box.id)
  else if (scenario.survives?.includes("paused") === true) await call(box, "resume", box.id)
}

/** What inject.py tells. */
interface Report {
  readonly calls: readonly (readonly [Who, number])[]
  /** What was done to which call: whose, its number, which of its calls. */
  readonly done: readonly [Who, number, number] | null
  /** The command did not end by itself. */
  readonly hung: boolean
}

/** Runs the scenario's command; `action` is an errno's number, KILL or NONE. */
async function traced(scenario: Scenario, box: Box, site: Pick<Site, "who" | "index">, action: string): Promise<Report & { result: Result }> {
  const report = `${box.folder}/report`
  rmSync(report, { force: true })
  const also = scenario.withInit === true ? ["--also", String(box.pid)] : []
  // -I -S: it starts in half the time
  const argv = [PYTHON, "-I", "-S", `${checkout}/conformance/faults/inject.py`, report, site.who, String(site.index), action, ...also, "--", runtimePath, "--root", box.root]
  const result = await startCommand([...argv, ...scenario.command(box)], { timeLimit: TIME_LIMIT_MS }).done
  const told = existsSync(report) ? (JSON.parse(readFileSync(report, "utf8")) as Report) : { calls: [], done: null, hung: true }
  return { result, ...told }
}

/** Kinds of calls of each command that were tried. */
const seen = new Set<string>()

/** The calls that are tried, out of those that were recorded. */
function chosen({ title, always = [] }: Scenario, calls: readonly (readonly [Who, number])[]): (Site & { readonly all: boolean })[] {
  const verb = title.split(" ")[0] as string
  const counts: Record<string, number> = {}
  const sites: (Site & { readonly first: boolean; readonly inside: boolean; readonly all: boolean })[] = []
  calls.forEach(([who, number], at) => {
    const index = (counts[who] = (counts[who] ?? -1) + 1)
    const name = NAMES.get(number)
    if (name === undefined || NEVER_FAIL.has(name)) return
    const same = (other: number): boolean => calls[other]?.[0] === who && calls[other]?.[1] === number
    const inside = Array.from({ length: 2 * RUN_MAX + 1 }, (_, i) => at - RUN_MAX + i).every(same)
    const first = !seen.has(`${verb} ${who} ${name}`)
    seen.add(`${verb} ${who} ${name}`)
    sites.push({ who, index, name, first, inside, all: who === "runtime" && always.includes(name) })
  })
  return sites.filter(({ first, inside, all, index }) => !inside && (WHOLE || all || first || index % SHARE === 0))
}

/** What is done to a call that is tried; `n` goes up by one from each to the next, so that errors and kills take turns. */
function actionsAt({ name, all }: Site & { readonly all: boolean }, n: number): string[] {
  const errnos = errnosFor(name)
  const errno = errnos[n % errnos.length]
  if (errno === undefined) return ["KILL"]
  if (all) return [...errnos, "KILL"]
  return WHOLE ? [errno, "KILL"] : [n % 3 === 0 ? "KILL" : errno]
}

/** What a command left that is not there for a reason. */
function leftovers(box: Box): string[] {
  const entries = box.stateEntries()
  return [...entries.map((name) => `state ${name}`), ...box.cgroupFolders().map((folder) => `cgroup ${folder}`)]
}

/** Names of things that say nothing to whoever reads them: a step has to be named by what it is for. */
const NAMELESS = /\b(stat|read|write|write to|read folder) descriptor \d|(send to|receive from) socket\b|\b(undefined|object Object)\b/

/** What is wrong with how the command ended. */
function faultsOf({ result, done, hung }: Report & { result: Result }, action: string, who: Who): string[] {
  const { code, stderr } = result
  const reached = done !== null
  if (hung) return ["it hangs"]
  if (/internal error|TypeError|ReferenceError|panic|Segmentation|Bun v|\.ts:\d|undefined/.test(stderr)) return [`a crash: ${stderr.slice(0, 300)}`]
  if (action === "KILL" && who === "runtime" && reached) return code === 137 ? [] : [`killed, yet it ends with ${code}`]
  if (code > 128 && code !== 137 && code !== 255) return [`it ends with ${code}: ${stderr.slice(0, 200)}`]
  if (NAMELESS.test(stderr)) return [`it does not say which step: ${stderr.slice(0, 200)}`]
  if (action === "EINTR" && who === "runtime" && done !== null && WAITS.has(NAMES.get(done[1]) ?? "") && /\(EINTR/.test(stderr)) return [`not tried again: ${stderr.slice(0, 200)}`]
  // `run` and `exec` hand on the program's own end
  if (code !== 0 && !/^(runts: \S[^\n]{12,}\n)+$/.test(stderr) && !(code === 137 && action === "KILL")) return [`${code} without a line that says why: ${JSON.stringify(stderr.slice(0, 200))}`]
  return []
}

/** One fault. @returns what is wrong, each in a line */
async function trial(scenario: Scenario, box: Box, site: Site, action: string): Promise<string[]> {
  await prepared(scenario, box)
  const told = await traced(scenario, box, site, action === "KILL" ? "KILL" : String(ERRNO[action as ErrnoName]))
  const { result, done } = told
  trials++
  if (done !== null) action === "KILL" ? killed++ : injected++
  const wrong = faultsOf(told, action, site.who)
  if (process.env.RUNTS_SAY === "1" && result.code !== 0) console.log(`# ${scenario.title} ${site.who} ${site.index} ${done === null ? "nothing" : NAMES.get(done[1])} ${action}: ${result.code} ${result.stderr.trim()}`)
  const alive = scenario.survives !== undefined && action !== "KILL"
  // what cannot be removed stays for `delete --force`; `run` is also the one that deletes
  if (result.code !== 0 && scenario.title.startsWith("create") && action !== "KILL" && !/runts: remove /.test(result.stderr) && leftovers(box).length > 0) wrong.push(`the failed command left ${leftovers(box).join(", ")}`)
  if (result.code === 0 && scenario.title.startsWith("delete") && leftovers(box).length > 0) wrong.push(`it succeeds, but leaves ${leftovers(box).join(", ")}`)
  // most commands that fail leave nothing, of which nothing could be told or deleted
  if (scenario.before === "nothing" && leftovers(box).length === 0) return inWords(wrong, site, told, action)
  const state = await call(box, "state", box.id)
  if (state.code !== 0 && !/does not exist/.test(state.stderr)) wrong.push(`state: ${state.stderr}`)
  if (scenario.survives !== undefined && (state.code !== 0 || !scenario.survives.includes(JSON.parse(state.stdout).status))) wrong.push(`the container is ${state.stdout || state.stderr}`)
  if (action === "KILL") {
    const list = await call(box, "list")
    if (list.code !== 0 && existsSync(box.root)) wrong.push(`list: ${list.stderr}`)
  }
  if (alive && wrong.length === 0) return []
  const deleted = await call(box, "delete", "--force", box.id)
  if (deleted.code !== 0) wrong.push(`delete --force: ${deleted.stderr}`)
  if (leftovers(box).length > 0) wrong.push(`after delete --force there is ${leftovers(box).join(", ")}`)
  return inWords(wrong, site, told, action)
}

function inWords(wrong: readonly string[], { who, index }: Site, { done }: Report, action: string): string[] {
  const name = done === null ? "nothing" : NAMES.get(done[1])
  return wrong.map((text) => `${who} ${index} ${name} ${action}: ${text}`)
}

const SKIP = HOST_ARCHITECTURE !== "x64" ? "the tracer is for x86-64" : runtimeName !== "runts" ? "it knows where runts makes its calls" : cgroupRoots.length === 0 ? "no cgroups" : undefined

for (const scenario of SCENARIOS.filter(({ title }) => title.includes(ONLY))) {
  t.test(`${scenario.title}: each system call fails, each process is killed at it`, SKIP === undefined ? {} : { skip: SKIP }, async (t) => {
    await each(t, scenario)
  })
}

async function each(t: Test, scenario: Scenario): Promise<void> {
  const boxes = Array.from({ length: WORKERS }, () => new Box())
  const listeners = boxes.map((box) => {
    box.args("/bin/sleep", "1000")
    scenario.configure?.(box)
    box.write()
    return startCommand([PYTHON, "-c", LISTENER, `${box.folder}/console`], { timeLimit: 24 * 3600 * 1000 })
  })
  try {
    const [first] = boxes as [Box]
    for (const listener of listeners) await until("the console socket", () => listener.stdout() !== "")
    await prepared(scenario, first)
    const { result, calls } = await traced(scenario, first, { who: "runtime", index: -1 }, "NONE")
    if (!t.equal(result.code, 0, `recorded: ${result.stderr}`)) return
    first.call(["delete", "--force", first.id])
    const turn = SCENARIOS.indexOf(scenario)
    const queue = chosen(scenario, calls).flatMap((site, n) => actionsAt(site, turn + n).map((action) => ({ site, action })))
    if (SITE !== undefined) {
      const [who, index, action] = SITE.split(" ") as [Who, string, string]
      queue.splice(0, Infinity, { site: { who, index: Number(index), name: "read", all: true }, action })
    }
    const problems: string[] = []
    const [before, from] = [injected + killed, performance.now()]
    await Promise.all(boxes.map(async (box) => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const { site, action } = next
        problems.push(...(await trial(scenario, box, site, action)))
      }
    }))
    t.same(problems, [])
    t.comment(`${calls.length} calls; ${injected + killed - before} faults in ${Math.round((performance.now() - from) / 1000)} s`)
  } finally {
    for (const { child } of listeners) child.kill("SIGKILL")
    for (const box of boxes) t.same(await box.close(), [], "nothing is left behind")
  }
}

t.test("how many there were", SKIP === undefined && ONLY === "" ? {} : { skip: SKIP ?? "only some were asked for" }, (t) => {
  t.comment(`${injected} system calls failed, ${killed} processes were killed, in ${trials} trials`)
  figure(t, "system calls made to fail", injected)
  figure(t, "processes killed between two system calls", killed)
  t.ok(injected > 100 && killed > 50, `${injected + killed} faults were injected`)
  t.ok(injected + killed > 0.9 * trials, `nearly all of ${trials} trials reached theirs`)
  t.end()
})

t.setTimeout(0)
