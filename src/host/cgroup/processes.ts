import { sysError } from "../../error.ts"
import { sys } from "../../ffi/index.ts"
import { ERRNO } from "../../kernel/errno.ts"
import { O_DIRECTORY, O_PATH, O_RDONLY } from "../../kernel/fs.ts"
import { NR } from "../../kernel/syscalls.ts"
import { close, readAll } from "../file.ts"
import { cgroupError } from "./error.ts"
import { subCgroups, tryOpenBeneath, tryOpenCgroup, tryReadControl, tryWriteControl } from "./folder.ts"
import { freeze, thawAll } from "./freezer.ts"
import { controllerKey, UNIFIED } from "./record.ts"
import type { CgroupRecord } from "./record.ts"

/** The hierarchy whose members are the container's processes: the one of cgroup2, or as with runc that of `devices`. */
function memberKey(record: CgroupRecord): string | undefined {
  if (record.mode === "v2" && record.paths[UNIFIED] !== undefined) return UNIFIED
  return controllerKey(record, "devices") ?? Object.keys(record.paths)[0]
}

/** Host pids of all processes in the container's cgroup and below it; none if it does not exist. */
export function processes(record: CgroupRecord): number[] {
  const key = memberKey(record)
  return key === undefined ? [] : processesIn(record, key)
}

/** As {@link processes}, of one hierarchy. */
export function processesIn(record: CgroupRecord, key: string): number[] {
  const pids = new Set<number>()
  const folder = tryOpenCgroup(record, key)
  if (folder === -ERRNO.ENOENT) return []
  if (folder < 0) throw cgroupError("open cgroup " + JSON.stringify(record.paths[key]), -folder, { syscall: "openat2" })
  try {
    // "populated" speaks for the whole subtree
    if (key !== UNIFIED || tryReadControl(folder, "cgroup.events")?.includes("populated 0") !== true) collect(folder, pids)
  } finally {
    close(folder)
  }
  return [...pids]
}

/** Who cannot be listed could not be killed either: what is not simply gone is an error. */
function isGone(errno: number): boolean {
  return errno === ERRNO.ENOENT || errno === ERRNO.ENODEV
}

function collect(folder: number, pids: Set<number>): void {
  const fd = tryOpenBeneath(folder, "cgroup.procs", O_RDONLY)
  if (fd < 0) {
    if (isGone(-fd)) return
    throw cgroupError("open a cgroup's cgroup.procs", -fd, { syscall: "openat2" })
  }
  try {
    // 0 is a process that this pid namespace does not see
    for (const line of Buffer.from(readAll(fd, "cgroup.procs").buffer).toString("latin1").split("\n")) {
      if (line !== "" && line !== "0") pids.add(Number(line))
    }
  } catch (error) {
    const errno = (error as { details?: { errno?: number } }).details?.errno
    // a threaded cgroup, whose processes its domain lists; a cgroup that is gone
    if (errno === undefined || (errno !== ERRNO.EOPNOTSUPP && !isGone(errno))) throw error
  } finally {
    close(fd)
  }
  for (const name of subCgroups(folder)) {
    const child = tryOpenBeneath(folder, name, O_PATH | O_DIRECTORY)
    if (child < 0) {
      if (isGone(-child)) continue
      throw cgroupError(`open sub-cgroup ${JSON.stringify(name)}`, -child, { syscall: "openat2" })
    }
    try {
      collect(child, pids)
    } finally {
      close(child)
    }
  }
}

const SIGKILL = 9

/**
 * Sends a signal to every process of the container, also where its init is gone. SIGKILL reaches all of them, however fast
 * they fork, and frozen ones too.
 */
export function killAll(record: CgroupRecord, signal: number): void {
  const key = memberKey(record)
  if (key === undefined) return
  if (signal !== SIGKILL) return signalEach(record, key, signal)
  const killed = record.paths[UNIFIED] !== undefined && killUnified(record)
  if (record.mode === "v2") {
    if (!killed) killFrozen(record, key)
    return
  }
  // in hybrid mode members of the v1 hierarchies need not be members of the cgroup2 one: they may have moved themselves
  const gone = killed ? new Set(processesIn(record, UNIFIED)) : undefined
  if (gone === undefined || processesIn(record, key).some((pid) => !gone.has(pid))) killFrozen(record, key)
  else thawAll(record)
}

/** cgroup.kill, Linux 5.14. */
function killUnified(record: CgroupRecord): boolean {
  const folder = tryOpenCgroup(record, UNIFIED)
  if (folder < 0) return folder === -ERRNO.ENOENT
  const result = tryWriteControl(folder, "cgroup.kill", "1")
  close(folder)
  return result === 0 || result === -ERRNO.ENODEV
}

/** Processes that are frozen cannot fork between the list and the signal; they die when thawed. */
function killFrozen(record: CgroupRecord, key: string): void {
  if (processesIn(record, key).length === 0) {
    thawAll(record)
    return
  }
  try {
    freeze(record, true)
  } catch {
    // without a freezer, or with a process that the kernel cannot stop: what can be killed is killed
  }
  try {
    signalEach(record, key, SIGKILL)
  } finally {
    thawAll(record)
  }
}

/**
 * By pidfd: a pid may pass to a stranger between list and signal. A pid that is still listed once its pidfd is open belonged
 * to the member that the pidfd holds, or that member is dead and the signal goes nowhere.
 */
function signalEach(record: CgroupRecord, key: string, signal: number): void {
  const handles = new Map<number, number>()
  let refused: { pid: number; errno: number } | undefined
  for (const pid of processesIn(record, key)) {
    const fd = sys(NR.pidfd_open, pid, 0)
    if (fd >= 0) handles.set(pid, fd)
    // EINVAL: a thread's id, of a threaded cgroup
    else if (fd !== -ERRNO.ESRCH && fd !== -ERRNO.EINVAL) refused ??= { pid, errno: -fd }
  }
  for (const pid of processesIn(record, key)) {
    const fd = handles.get(pid)
    if (fd === undefined) continue
    const result = sys(NR.pidfd_send_signal, fd, signal, 0, 0)
    if (result < 0 && result !== -ERRNO.ESRCH) refused ??= { pid, errno: -result }
  }
  for (const fd of handles.values()) close(fd)
  if (refused !== undefined) {
    const what = `send signal ${signal} to process ${refused.pid} of cgroup ${JSON.stringify(record.paths[key])}`
    throw sysError(what, refused.errno, { syscall: "pidfd_send_signal" })
  }
}
