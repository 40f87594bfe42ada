import { RuntsError } from "../../error.ts"
import { sys } from "../../ffi/index.ts"
import { debug } from "../../log.ts"
import { ERRNO } from "../../kernel/errno.ts"
import { AT_FDCWD, AT_REMOVEDIR, O_DIRECTORY, O_PATH, O_WRONLY } from "../../kernel/fs.ts"
import { NR } from "../../kernel/syscalls.ts"
import { close, tryUnlinkAt } from "../file.ts"
import {
  detachedFolder, mountFd, openCgroup, sleep, subCgroups, tryOpenBeneath, tryOpenCgroup, tryReadControl, tryWriteControl,
} from "./folder.ts"
import { cgroupError, isDenied } from "./error.ts"
import { stopsMembers } from "./freezer.ts"
import { processesIn } from "./processes.ts"
import { controllerKey, relativePath, UNIFIED } from "./record.ts"
import type { CgroupRecord } from "./record.ts"

export { cgroupPaths } from "./paths.ts"
export { applyDevices } from "./devices.ts"
export { applyLimits } from "./resources.ts"
export { freeze, isFrozen, thawAll } from "./freezer.ts"
export { killAll, processes } from "./processes.ts"
export { absentRecord, entryRecord, hasCgroups } from "./record.ts"
export type { CgroupMode, CgroupRecord } from "./record.ts"

const quote = JSON.stringify

/** How {@link createCgroups} treats what the caller may not do. */
export interface CreateOptions {
  /** Asked of a hierarchy where folders may not be made (EACCES, EPERM, EROFS): whether it is left out of the record, in place of an error. */
  mayLeaveOut?(): boolean
}

/**
 * Refuses cgroups that are there and hold processes or are frozen. For the moment before the state names them: whoever deletes
 * a container, after a crash too, kills what is in its cgroups. Notes in `record.created` those that are missing: what
 * {@link createCgroups} will make unless somebody interferes.
 */
export function checkCgroups(record: CgroupRecord): void {
  const missing: string[] = []
  record.created = missing
  for (const key in record.paths) {
    const folder = tryOpenCgroup(record, key)
    if (folder < 0) {
      missing.push(record.paths[key] as string)
      continue
    }
    try {
      refuseOccupied(record, key)
      refuseFrozen(record, key, folder)
    } finally {
      close(folder)
    }
  }
}

/**
 * Makes the container's cgroups, with missing parents, and notes in `record.created` what it made. Controllers are enabled
 * on the way down on v2. A cgroup that is there already must be empty and nothing above may be frozen: a process that joins a
 * frozen cgroup never comes to run. On failure nothing is left.
 */
export function createCgroups(record: CgroupRecord, options: CreateOptions = {}): void {
  const folders: Folders = { created: [], adopted: [] }
  const paths: Record<string, string> = {}
  try {
    for (const key in record.paths) {
      if (createCgroup(record, key, folders, options)) paths[key] = record.paths[key] as string
      else record.absence = "denied"
    }
  } catch (error) {
    const { created } = folders
    for (let i = created.length - 1; i >= 0; i--) tryUnlinkAt(AT_FDCWD, created[i] as string, AT_REMOVEDIR)
    throw error
  }
  record.paths = paths
  record.created = folders.adopted.concat(folders.created)
}

/** Whether the container has the cgroups that were foreseen ({@link checkCgroups}): then the state that names them need not be written anew. */
export function asForeseen(foreseen: readonly string[], record: CgroupRecord): boolean {
  if (record.absence === "denied") return false
  for (const key in record.paths) {
    const path = record.paths[key] as string
    if (foreseen.includes(path) !== record.created.includes(path)) return false
  }
  return true
}

/** What is the container's from now on: folders made, and empty ones that were there. */
interface Folders {
  readonly created: string[]
  readonly adopted: string[]
}

/** @returns false if it may not be made and is left out */
function createCgroup(record: CgroupRecord, key: string, { created, adopted }: Folders, options: CreateOptions): boolean {
  const mount = record.mounts[key] as string
  const relative = relativePath(record, key)
  if (relative === "") {
    throw new RuntsError(`${mount} is the root of a hierarchy and cannot be a container's cgroup`, {
      code: "cgroup-path-invalid",
    })
  }
  if (key === UNIFIED && record.mode === "v2") enableControllers(mountFd(mount), relative)
  const before = created.length
  const folder = tryMakeFolder(mountFd(mount), mount, relative, key === UNIFIED && record.mode === "v2", created)
  if (folder < 0) {
    if (isDenied(-folder) && options.mayLeaveOut?.() === true) {
      debug(`left out cgroup ${record.paths[key]}: no permission to make it`)
      return false
    }
    throw cgroupError("create cgroup " + quote(record.paths[key]), -folder, { syscall: "mkdirat", pointer: "/linux/cgroupsPath", ...deniedHint(record, -folder) })
  }
  try {
    if (created.length === before) {
      refuseOccupied(record, key)
      // empty and without sub-cgroups: an interrupted create left it, or an engine made it for this container
      if (subCgroups(folder).length === 0) adopted.push(record.paths[key] as string)
    }
    refuseFrozen(record, key, folder)
    if (key.split(",").includes("cpuset")) fillCpuset(mountFd(mount), relative)
  } finally {
    close(folder)
  }
  return true
}

/** What to do for who may make no cgroups. @param errno positive */
function deniedHint({ mode }: CgroupRecord, errno: number): { readonly hint?: string } {
  if (errno === ERRNO.EROFS) return { hint: "cgroupfs is mounted read-only here: mount it writable, or do without cgroups (--cgroup-manager disabled)" }
  if (!isDenied(errno)) return {}
  const without = "leave out linux.cgroupsPath and linux.resources"
  if (mode !== "v2") return { hint: `ordinary users have no cgroups in v1 hierarchies: ${without}` }
  return { hint: `${without}, or call runts where the user has a part of the tree: systemd-run --user --scope -p Delegate=yes runts ...` }
}

/** Only where the container's processes are counted, as with runc: engines keep helpers in other hierarchies. */
function refuseOccupied(record: CgroupRecord, key: string): void {
  const count = processesIn(record, key).length
  if (count === 0) return
  throw new RuntsError(`container's cgroup is not empty: ${count} process(es) found`, {
    code: "cgroup-not-empty",
    hint: `end the processes of ${record.paths[key]}, or choose another linux.cgroupsPath`,
  })
}

function refuseFrozen(record: CgroupRecord, key: string, folder: number): void {
  if (key !== UNIFIED && key !== controllerKey(record, "freezer")) return
  if (!stopsMembers(folder, key)) return
  throw new RuntsError("container's cgroup unexpectedly frozen", {
    code: "cgroup-frozen",
    hint: `thaw ${record.paths[key]} and what is above it, or choose another linux.cgroupsPath`,
  })
}

/** @returns an O_PATH descriptor of the folder, made if missing with its parents; or the negated errno */
function tryMakeFolder(mount: number, mountPath: string, path: string, enable: boolean, created: string[]): number {
  const present = tryOpenBeneath(mount, path, O_PATH | O_DIRECTORY)
  if (present !== -ERRNO.ENOENT) return present
  const slash = path.lastIndexOf("/")
  const parent = slash < 0 ? mount : tryMakeFolder(mount, mountPath, path.slice(0, slash), enable, created)
  if (parent < 0) return parent
  try {
    if (enable && parent !== mount) enableChildren(parent)
    const made = sys(NR.mkdirat, parent, path.slice(slash + 1), 0o755)
    if (made === 0) created.push(mountPath + "/" + path)
    else if (made !== -ERRNO.EEXIST) return made
    return tryOpenBeneath(parent, path.slice(slash + 1), O_PATH | O_DIRECTORY)
  } finally {
    if (parent !== mount) close(parent)
  }
}

/** Makes all controllers of the root available in the cgroup `path`, as far as its ancestors exist. */
function enableControllers(root: number, path: string): void {
  enableChildren(root)
  for (let slash = path.indexOf("/"); slash >= 0; slash = path.indexOf("/", slash + 1)) {
    const folder = tryOpenBeneath(root, path.slice(0, slash), O_PATH | O_DIRECTORY)
    if (folder < 0) return
    enableChildren(folder)
    close(folder)
  }
}

/**
 * Best effort (cgroup-v2.rst, "Enabling and Disabling"): a cgroup that holds processes cannot, or one controller of several
 * may be refused. Whoever needs a controller that is missing then says so.
 */
export function enableChildren(folder: number): void {
  const available = tryReadControl(folder, "cgroup.controllers")
  if (available === undefined || available === "") return
  const enabled = tryReadControl(folder, "cgroup.subtree_control") ?? ""
  if (available === enabled) return
  const already = enabled.split(" ")
  const missing = available.split(" ").filter((controller) => !already.includes(controller))
  if (missing.length === 0 || !mayHandOn(folder) || tryWriteControl(folder, "cgroup.subtree_control", "+" + missing.join(" +")) === 0) return
  for (const controller of missing) {
    const result = tryWriteControl(folder, "cgroup.subtree_control", "+" + controller)
    if (result < 0) debug(`cgroup controller ${controller} cannot be enabled: errno ${-result}`)
  }
}

/**
 * Whether controllers of a cgroup can go to those below it: that of a cgroup with processes of its own cannot (cgroup-v2.rst, "No Internal
 * Process Constraint"), but for cpu and pids, which would make it the root of threads, and all below it invalid. The root of all, which has no
 * cgroup.type, can do both.
 */
function mayHandOn(folder: number): boolean {
  const type = tryReadControl(folder, "cgroup.type")
  return type === undefined || (type === "domain" && tryReadControl(folder, "cgroup.procs") === "")
}

/**
 * Takes over the cgroups of a unit that systemd has made, makes those that it leaves alone, and brings a process into all of them. What was
 * made before an error is in the record too.
 */
export function adoptCgroups(record: CgroupRecord, pid: number): void {
  const created: string[] = []
  for (const key in record.paths) {
    const mount = record.mounts[key] as string
    const relative = relativePath(record, key)
    const divides = key === UNIFIED && record.mode === "v2"
    if (divides) enableControllers(mountFd(mount), relative)
    const folder = tryMakeFolder(mountFd(mount), mount, relative, divides, created)
    const failed = (what: string, errno: number, syscall: string): RuntsError => {
      return cgroupError(`${what} ${quote(record.paths[key])}`, errno, { syscall, pointer: "/linux/cgroupsPath" })
    }
    if (folder < 0) throw failed("create cgroup", -folder, "mkdirat")
    try {
      refuseFrozen(record, key, folder)
      if (key.split(",").includes("cpuset")) fillCpuset(mountFd(mount), relative)
      const joined = tryWriteControl(folder, "cgroup.procs", String(pid))
      if (joined < 0) throw failed(`bring process ${pid} into cgroup`, -joined, "write")
      // the unit's own folder held the process until now, and could hand nothing on
      if (divides && record.systemd?.subgroup !== undefined) enableControllers(mountFd(mount), relative)
    } finally {
      close(folder)
    }
  }
}

const CPUSET_FILES = ["cpuset.cpus", "cpuset.mems"] as const

/** A v1 cpuset is born without processors and memory nodes, and nobody can join it (cgroup-v1/cpusets.rst). */
function fillCpuset(mount: number, path: string): void {
  let parent = mount
  for (let slash = path.indexOf("/"); parent >= 0; slash = path.indexOf("/", slash + 1)) {
    const name = slash < 0 ? path : path.slice(0, slash)
    const folder = tryOpenBeneath(mount, name, O_PATH | O_DIRECTORY)
    if (folder < 0) break
    for (const file of CPUSET_FILES) {
      if (tryReadControl(folder, file) !== "") continue
      const value = tryReadControl(parent, file)
      const result = value === undefined ? -ERRNO.ENOENT : tryWriteControl(folder, file, value)
      if (result < 0) throw cgroupError(`copy ${file} from the parent to cpuset ${quote(name)}`, -result, { syscall: "write" })
    }
    if (parent !== mount) close(parent)
    parent = folder
    if (slash < 0) break
  }
  if (parent !== mount) close(parent)
}

/** Descriptors by which the container's init comes into its cgroups. Close-on-exec; the caller closes them. */
export interface CgroupJoin {
  /** For clone3(2) with CLONE_INTO_CGROUP: O_PATH descriptor of the cgroup2 folder, also in hybrid mode. */
  readonly intoCgroup: number | undefined
  /** cgroup.procs of each v1 hierarchy: init writes "0" to each, back to back (only the first write waits). */
  readonly procs: readonly { readonly controller: string; readonly fd: number }[]
}

/**
 * Opens the container's cgroups for a process that is to join them.
 * @param seen the container's processes see it while it has these descriptors: they must lead nowhere else
 * @param byFile cgroup2 too is joined by writing, with the rights of whoever has opened the file: of the runtime
 */
export function openJoin(record: CgroupRecord, seen: boolean, byFile = false): CgroupJoin {
  let intoCgroup: number | undefined
  const procs: { controller: string; fd: number }[] = []
  try {
    for (const key in record.paths) {
      if (key === UNIFIED && !byFile) {
        intoCgroup = openCgroup(record, key)
        if (seen) intoCgroup = detachedFolder(intoCgroup)
        continue
      }
      const mount = mountFd(record.mounts[key] as string)
      const fd = tryOpenBeneath(mount, relativePath(record, key) + "/cgroup.procs", O_WRONLY)
      if (fd < 0) throw cgroupError("open " + quote(record.paths[key] + "/cgroup.procs"), -fd, { syscall: "openat2" })
      procs.push({ controller: key === UNIFIED ? "cgroup2" : key, fd })
    }
  } catch (error) {
    if (intoCgroup !== undefined) close(intoCgroup)
    for (const { fd } of procs) close(fd)
    throw error
  }
  return { intoCgroup, procs }
}

/** A process that was just killed leaves its cgroup when the kernel has torn down its memory. */
const REMOVE_TIMEOUT_MS = 10_000
/** For a cgroup that is not ours: whoever uses it need not go away. */
const REMOVE_FOREIGN_TIMEOUT_MS = 100

/**
 * Removes the container's cgroups with all sub-cgroups the container made. Parents stay, as with runc: other containers may
 * be about to use them. A cgroup that was there before with sub-cgroups loses none of them, and goes only if it is empty.
 * @throws if processes stay in a cgroup for 10 s
 */
export function removeCgroups(record: CgroupRecord): void {
  let failure: RuntsError | undefined
  for (const key in record.paths) {
    const relative = relativePath(record, key)
    if (relative === "") continue
    const mount = tryMount(record.mounts[key] as string)
    if (mount === -ERRNO.ENOENT) continue
    const path = record.paths[key] as string
    const own = record.created.includes(path)
    const result = mount < 0 ? mount : removeCgroup(mount, relative, own)
    if (result === 0) continue
    if (!own) debug(`left cgroup ${path}: it was there before the container and is in use`)
    // the others go all the same: what stays is one folder, not a dozen
    else failure ??= cgroupError("remove cgroup " + quote(path), -result, {
      syscall: "unlinkat", hint: leftoverHint(record, key),
    })
  }
  if (failure !== undefined) throw failure
}

function leftoverHint(record: CgroupRecord, key: string): string {
  const pids = processesIn(record, key)
  return pids.length === 0 ? "see what is in it" : `processes that do not end: ${pids.slice(0, 10).join(" ")}`
}

/** A hierarchy that is mounted no more holds nothing of the container. @returns a descriptor, or the negated errno */
function tryMount(mount: string): number {
  try {
    return mountFd(mount)
  } catch (error) {
    if (error instanceof RuntsError && error.details.errno !== undefined) return -error.details.errno
    throw error
  }
}

/** @returns 0, or the negated errno when the time is over */
function removeCgroup(mount: number, path: string, own: boolean): number {
  const deadline = Date.now() + (own ? REMOVE_TIMEOUT_MS : REMOVE_FOREIGN_TIMEOUT_MS)
  for (let pause = 0.2; ; pause = Math.min(pause * 2, 100)) {
    const result = tryUnlinkAt(mount, path, AT_REMOVEDIR)
    if (result === 0 || result === -ERRNO.ENOENT) return 0
    if (result !== -ERRNO.EBUSY || Date.now() > deadline) return result
    // sub-cgroups answer EBUSY on cgroupfs, as processes do
    const children = eachSubCgroup(mount, path, own)
    if (children > 0 && !own) return result
    if (children === 0 || pause > 0.2) sleep(pause)
  }
}

/** Removes sub-cgroups, deepest first and as far as they go at once, or only counts them. @returns how many there were */
function eachSubCgroup(mount: number, path: string, remove: boolean): number {
  const folder = tryOpenBeneath(mount, path, O_PATH | O_DIRECTORY)
  if (folder < 0) return 0
  try {
    const names = subCgroups(folder)
    if (remove) for (const name of names) {
      eachSubCgroup(folder, name, true)
      tryUnlinkAt(folder, name, AT_REMOVEDIR)
    }
    return names.length
  } finally {
    close(folder)
  }
}
