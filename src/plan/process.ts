import { AT_EACCESS, AT_EMPTY_PATH, AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_PATH, O_RDWR, STATX } from "../kernel/fs.ts"
import { KEYCTL, MSG_NOSIGNAL, SESSION_KEYRING_PERMISSIONS } from "../kernel/process.ts"
import type { Process } from "../spec/types.gen.ts"
import { SECOND_PAGE_ADDRESS } from "../program/layout.ts"
import { type Datum, type Label, type Load, PagesUpTo, type Step } from "../program/program.ts"
import type { HostFacts, LimitFacts, StdioFacts } from "./facts.ts"
import { MESSAGE, type Planner } from "./planner.ts"
import { planSeccomp } from "./seccomp.ts"
import { scratch } from "./targets.ts"

/** The first descriptor behind those that pass to the process. */
export function firstOwnDescriptor(preservedFds: number): number {
  return 3 + preservedFds
}

/** Puts the runtime's sockets right behind the descriptors that pass to the process, so that all above can be closed at once. */
export function settleChannels(planner: Planner, preservedFds: number, channel: { status: number; start: number | undefined }): number {
  const p = planner.program
  const start = firstOwnDescriptor(preservedFds)
  p.call("dup3", channel.status, planner.status, O_CLOEXEC).says("put the status socket in its place")
  if (channel.start !== undefined) p.call("dup3", channel.start, start, O_CLOEXEC).says("put the start socket in its place")
  return start
}

/** The status socket's number in a program: see `settleChannels`. */
export function statusDescriptor(preservedFds: number): number {
  return firstOwnDescriptor(preservedFds) + 1
}

/** Descriptors of the host end here: before privileges are dropped, and before anything of the image is run. */
export function closeHostDescriptors(planner: Planner, preservedFds: number): void {
  const first = statusDescriptor(preservedFds) + 1
  planner.at("").program.call("close_range", first, 0xffffffff, 0).says(`close all descriptors from ${first} up`)
}

/**
 * A session keyring of the container's own, so that it cannot reach its caller's keys (keyctl(2)); by its name a process that joins the
 * container finds it again.
 * @param joins it is the container's already, which may have given it other permissions since
 */
export function planKeyring(planner: Planner, id: string, joins: boolean): void {
  const p = planner.program
  planner.at("")
  const done = p.label("session keyring")
  const nameless = p.label("nameless session keyring")
  const join = p.call("keyctl", KEYCTL.JOIN_SESSION_KEYRING, `_ses.${id}`, 0, 0, 0).says("join a session keyring of its own")
  // a kernel without keys; and where a filter around the runtime refuses keyctl, it refuses it to the container too
  join.on("ENOSYS", done).on("EPERM", done).on("EACCES", nameless)
  if (!joins) p.call("keyctl", KEYCTL.SETPERM, join, SESSION_KEYRING_PERMISSIONS, 0, 0).says("let processes that join find the session keyring")
  planner.later(() => {
    planner.at("")
    p.here(nameless)
    p.call("keyctl", KEYCTL.JOIN_SESSION_KEYRING, 0, 0, 0, 0).says("make a session keyring without a name")
    p.jump(done)
  })
  p.here(done)
}

/**
 * stdin, stdout, stderr belong to the process's user, so that it can open /dev/stdout again; the host's /dev/null is replaced by the
 * container's, and never given away.
 */
export function planStdio(planner: Planner, stdio: readonly StdioFacts[], uid: number): void {
  const p = planner.program
  planner.at("")
  const nulls = stdio.filter((item) => item.isNull)
  if (nulls.length > 0) {
    const none = p.label("no /dev/null")
    const statx = scratch(planner, STATX.size)
    const fresh = p.call("openat", AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC, 0).on("any", none).says("open the container's /dev/null")
    p.call("statx", fresh, "", AT_EMPTY_PATH, 0x1, statx).says("is it the null device")
    p.test(statx.at(STATX.rdevMajor), 0xffffffff, "!=", 1, none)
    p.test(statx.at(STATX.rdevMinor), 0xffffffff, "!=", 3, none)
    for (const { fd } of nulls) p.call("dup3", fresh, fd, 0).says(`descriptor ${fd} is the container's /dev/null`)
    p.here(none)
  }
  for (const { fd, uid: owner, isNull } of stdio) {
    if (isNull || owner === uid) continue
    const step = p.call("fchown", fd, uid, -1).says(`give descriptor ${fd} to the process's user`)
    step.on("EPERM", "continue").on("EROFS", "continue").on("EINVAL", "continue").on("ENOSYS", "continue")
  }
}

/**
 * Changes to process.cwd as root. A folder that root may not enter (a network file system, say) is tried again as the user.
 * @returns the step, for `checkCwd`
 */
export function enterCwd(planner: Planner, cwd: string, makeMissing: boolean): Step {
  const p = planner.program
  planner.at("/process/cwd")
  const step = p.call("chdir", cwd).on("EACCES", "continue").says(`change to the working directory ${cwd}`)
  step.cell ??= p.buffer(8)
  if (makeMissing) {
    const resume = p.label("in the working directory")
    step.on("ENOENT", planner.serve({ kind: "cwd", pointer: p.pointer, path: cwd, resume }))
    p.here(resume)
  }
  return step
}

/** Tries again as the user what root was refused, and makes sure that the folder lies below the container's root. */
export function checkCwd(planner: Planner, cwd: string, entered: Step): void {
  const p = planner.program
  planner.at("/process/cwd")
  const inside = p.label("inside the root")
  const there = p.label("in the working directory")
  const eacces = BigInt.asUintN(64, -13n)
  p.test(entered, -1, "!=", eacces, there)
  p.call("chdir", cwd).says(`change to the working directory ${cwd} as the user`)
  p.here(there)
  const buffer = p.buffer(4096)
  p.call("getcwd", buffer, 4096).says("ask for the working directory")
  p.test(buffer, 0xff, "==", 0x2f, inside)
  p.fail(1).says(`the working directory ${cwd} is outside of the container's root`)
  p.here(inside)
}

const X_OK = 1

/**
 * Finds the program as execvp(3) would, with the process's own PATH, user and capabilities. It fails with the worst that was met:
 * EACCES before ENOENT; a path with a slash fails with its own errno, a folder with EISDIR.
 * @returns the address of the path to execute, as an argument
 */
export function findProgram(planner: Planner, args: readonly string[], env: readonly string[]): Load {
  const p = planner.program
  const name = args[0] ?? ""
  planner.at("/process/args/0")
  planner.lookup = name
  const chosen = p.buffer(8)
  const found = p.label("program found")
  const error = p.words([2])
  if (name.includes("/")) candidate(planner, name, chosen, error, found, true)
  else {
    const path = env.findLast((item) => item.startsWith("PATH="))?.slice(5) ?? ""
    if (path !== "" && name !== "") {
      for (const folder of path.split(":")) candidate(planner, `${folder === "" ? "." : folder}/${name}`, chosen, error, found, false)
    }
    p.fail(p.load(error)).says(`find ${JSON.stringify(name)} in PATH`)
  }
  p.here(found)
  return p.load(chosen)
}

/** Tests one path: goes to `found` if it can be executed, on with the next steps if not. */
function candidate(planner: Planner, path: string, chosen: Datum, error: Datum, found: Label, only: boolean): void {
  const p = planner.program
  const next = p.label("next candidate")
  const denied = p.label("permission denied")
  const isFile = p.label("no folder")
  p.store(chosen, p.words([p.string(path)]), 8)
  const access = p.call("faccessat2", AT_FDCWD, path, X_OK, AT_EACCESS).says(`is ${path} executable`)
  if (!only) access.on("ENOENT", next).on("ENOTDIR", next).on("EACCES", denied).on("ELOOP", next).on("ENAMETOOLONG", next)
  p.call("openat", AT_FDCWD, path, O_PATH | O_CLOEXEC | O_DIRECTORY, 0).on("any", isFile).says(`is ${path} a folder`)
  if (only) p.fail(21).says(`execute ${path}: it is a directory`)
  else {
    p.jump(next)
    p.here(denied)
    p.store(error, p.words([13]), 8)
    p.jump(next)
  }
  p.here(isFile)
  p.jump(found)
  p.here(next)
}

/**
 * Resource limits, late: a low one would stop the set-up itself. From outside they would come at any moment, and by a runtime without
 * CAP_SYS_RESOURCE not at all once the process has another user (prlimit(2)).
 */
export function planLimits(planner: Planner, limits: readonly LimitFacts[]): void {
  for (const { resource, value, text, pointer } of limits) {
    planner.at(pointer).program.call("prlimit64", 0, resource, value, 0).says(`set ${text}`)
  }
}

/**
 * Waits for `start` on the listening socket: a connection that does not send "S" (a probe, a `start` that died) is closed and the next one
 * awaited. From here on failures are reported on the connection.
 */
export function awaitStart(planner: Planner, start: number): Step {
  const p = planner.program
  planner.at("")
  const again = p.label("await start")
  const refuse = p.label("no start")
  const go = p.label("start")
  const byte = p.buffer(8)
  p.call("close", planner.status).says("the runtime needs to hear no more")
  // a container may wait for days: what has run need not stay in memory. Refused where pages are larger (arm64): then it stays.
  // This step itself is read once more when its call has returned, so that its own page must stay, too.
  const here = p.label("let go")
  p.here(here)
  p.call("munmap", SECOND_PAGE_ADDRESS, new PagesUpTo(SECOND_PAGE_ADDRESS, here)).orContinue().says("let go of the steps that have run")
  p.here(again)
  const connection = p.call("accept4", start, 0, 0, O_CLOEXEC).on("ECONNABORTED", again).on("EINTR", again).says("wait for start")
  p.call("recvfrom", connection, byte, 1, 0, 0, 0).on("any", refuse).says("is it start")
  p.test(byte, 0xff, "==", 0x53, go)
  p.here(refuse)
  p.call("close", connection).orContinue()
  p.jump(again)
  p.here(go)
  p.store(planner.statusCell, connection, 8)
  p.call("close", start).orContinue()
  return connection
}

/** Of a process whose config names none, as with runc. */
const UMASK = 0o022

/**
 * process.user.umask. Where it is unset the spec would leave the caller's, but engines depend on runc's 022: buildkitd runs with umask 0,
 * and what its RUN steps make could be written by everybody.
 */
export function planUmask(planner: Planner, process: Process): void {
  planner.at("/process/user/umask").program.call("umask", process.user.umask ?? UMASK).says("set the umask")
}

/**
 * The last steps: tell that the program starts, load the seccomp filter, and become the user's program.
 * @param path of the executable
 */
export function becomeProgram(
  planner: Planner, process: Process, facts: HostFacts & { readonly env: readonly string[] }, path: Load, channel: Step | number,
): void {
  const p = planner.program
  planner.at("")
  planner.started = p.steps.length
  const started = planner.words(MESSAGE.STARTED, 0)
  p.call("sendto", channel, started, 16, MSG_NOSIGNAL, 0, 0).says("report that the program starts")
  planSeccomp(planner, process, facts, channel)
  planner.at("/process/args/0")
  const args = process.args ?? []
  p.call("execve", path, p.stringArray(args), p.stringArray(facts.env)).says(`execute ${args[0] ?? ""}`)
}
