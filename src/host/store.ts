import { sys } from "../ffi/index.ts"
import { RuntsError, sysError } from "../error.ts"
import { ERRNO } from "../kernel/errno.ts"
import {
  AT_EMPTY_PATH, AT_FDCWD, AT_REMOVEDIR, AT_SYMLINK_NOFOLLOW, O_CREAT, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_TRUNC,
  O_WRONLY,
} from "../kernel/fs.ts"
import { NR } from "../kernel/syscalls.ts"
import {
  absolutePath, close, getcwd, listDir, mkdirAll, openAt, readAll, removeTreeAt, stat, tryOpenAt, tryStat,
  tryUnlinkAt, writeAll, writeFileAtomically, type FileStatus,
} from "./file.ts"
import { sleep } from "./poll.ts"
import { inUserNamespace } from "./user-namespace.ts"
import { parseState, removal, type StoredState } from "./stored-state.ts"

/*
 * The state store: a folder for each container below the state root, with
 *
 *   state.json   StoredState; there from the moment init exists until the container is deleted
 *   config.json  the bundle's config.json as it was at create
 *   start.sock   made by lifecycle; where init waits for `start`
 *   seccomp.bpf  the filter of its processes' system calls, where it has one
 *   trace.*      what --trace recorded, where it was made so: trace.json.gz, and trace.times, into which init writes when its steps begin
 *
 * Who changes a container holds an exclusive lock on its folder (flock(2) on the folder's descriptor, so that a killed runts
 * unlocks, and that the lock goes with the folder). A folder without state.json is half-made: its maker still works on it, or
 * was killed; whoever gets the lock knows which.
 */

export type LockKind = "none" | "shared" | "exclusive"

const SEEK_SET = 0
const LOCK_SH = 1
const LOCK_EX = 2
const LOCK_NB = 4
const LOCK_UN = 8

/** How long a command waits for another one that works on the same container, in milliseconds. */
const LOCK_TIMEOUT_MS = 30_000
const LOCK_POLL_MS = 5

const STATE_FILE = "state.json"
const CONFIG_FILE = "config.json"
const FILTER_FILE = "seccomp.bpf"
/** Beside the containers: why others could not be made (src/trace/failures.ts). No id begins so. */
export const FAILURES_FOLDER = "@failures"
/** Leaves room for what a temporary file adds, and the ending. */
const FAILURE_ID_MAX = 230
const DEFAULT_ROOT = "/run/runts"

/** Bytes of a file's name (NAME_MAX). */
const ID_BYTES_MAX = 255

const quote = JSON.stringify

/** Where containers are kept. */
export interface StateRoot {
  /** Absolute path. */
  readonly path: string
  /** Given by --root: then it must exist for `list`. */
  readonly explicit: boolean
  /** Below XDG_RUNTIME_DIR, whose cleaners spare folders with the sticky bit (XDG Base Directory Specification). */
  readonly sticky: boolean
}

/** The part of the global options that the store needs. */
export interface StoreOptions {
  readonly root: string | undefined
}

/**
 * The state root: --root; else /run/runts for root; else $XDG_RUNTIME_DIR/runts for other users, and for the root of a user
 * namespace who is somebody else outside (USER is not "root"), as runc decides. An empty variable counts as unset.
 */
export function stateRoot(globals: StoreOptions): StateRoot {
  const given = globals.root
  if (given !== undefined && given !== "") {
    return { path: absolutePath(given, given.startsWith("/") ? "/" : getcwd()), explicit: true, sticky: false }
  }
  const runtimeDir = process.env.XDG_RUNTIME_DIR
  if (runtimeDir === undefined || runtimeDir === "" || !usesRuntimeDir()) {
    return { path: DEFAULT_ROOT, explicit: false, sticky: false }
  }
  const path = absolutePath(runtimeDir, "/")
  const owner = tryStat(path)?.uid
  // whoever owns it could put a folder of his own in the place of that of the containers
  if (owner !== undefined && owner !== sys(NR.geteuid)) {
    throw new RuntsError(`XDG_RUNTIME_DIR is ${quote(path)}, which belongs to user ${owner}, not to user ${sys(NR.geteuid)} who calls`, {
      code: "permission-denied", hint: RUNTIME_DIR_HINT,
    })
  }
  return { path: path + "/runts", explicit: false, sticky: true }
}

const RUNTIME_DIR_HINT = "set it to a folder of your own of mode 0700 (logging in through PAM does), or name one with --root"

function usesRuntimeDir(): boolean {
  if (sys(NR.geteuid) !== 0) return true
  return process.env.USER !== "root" && inUserNamespace()
}

/** Refuses what is no container id: it is a folder's name, and engines put it into paths and cgroup names. */
export function checkId(id: string): void {
  if (id === "") throw new RuntsError("container id cannot be empty", { code: "id-invalid" })
  if (!isId(id)) {
    throw new RuntsError(`invalid container ID format: ${quote(id.length > 80 ? id.slice(0, 80) + "..." : id)}`, {
      code: "id-invalid",
      hint: `an id holds letters, digits, "_", "+", "-" and ".", ${ID_BYTES_MAX} at most, and is not "." or ".."`,
    })
  }
}

function isId(id: string): boolean {
  if (id.length > ID_BYTES_MAX || id === "." || id === "..") return false
  for (let i = 0; i < id.length; i++) {
    const c = id.charCodeAt(i)
    const letter = (c >= 97 && c <= 122) || (c >= 65 && c <= 90)
    const digit = c >= 48 && c <= 57
    if (!letter && !digit && c !== 95 /* _ */ && c !== 43 /* + */ && c !== 45 /* - */ && c !== 46 /* . */) return false
  }
  return id.length > 0
}

/** Between its making and its lock a folder looks like what a killed `create` left, and `delete` removes it: who has made it tries again. */
const CLAIM_TRIES = 10

/**
 * Makes the folder of a new container, locked exclusively. Between its birth and its lock another command may remove it as
 * half-made; this one then says so.
 * @throws RuntsError "container with given ID already exists"
 */
export function claim(globals: StoreOptions, id: string): ContainerDir {
  checkId(id)
  keepOwnRights()
  const root = stateRoot(globals)
  for (let tries = 0; tries < CLAIM_TRIES; tries++) {
    const container = tryClaim(root, id)
    if (container === undefined) continue
    forgetFailure(root, id)
    return container
  }
  throw new RuntsError(`container ${quote(id)} was deleted while it was being created`, { code: "container-missing" })
}

/** A caller's umask that takes the owner's rights would keep everybody but root from what he makes himself. */
function keepOwnRights(): void {
  const umask = sys(NR.umask, 0o077)
  sys(NR.umask, umask & 0o077)
}

/** @returns undefined if somebody has removed the folder before it was locked */
function tryClaim(root: StateRoot, id: string): ContainerDir | undefined {
  const path = root.path + "/" + id
  let result = sys(NR.mkdirat, AT_FDCWD, path, 0o700)
  if (result === -ERRNO.ENOENT) {
    makeRoot(root)
    result = sys(NR.mkdirat, AT_FDCWD, path, 0o700)
  }
  if (result === -ERRNO.EEXIST) {
    throw new RuntsError(`container with given ID already exists: ${quote(id)} in ${root.path}`, {
      code: "container-exists",
      hint: "choose another id, or delete that container",
    })
  }
  if (result < 0) throw sysError(`create the container's folder ${quote(path)}`, -result, { syscall: "mkdirat", ...rightsHint(result) })
  const fd = openFolder(path)
  if (fd === -ERRNO.ENOENT) return undefined
  if (fd < 0) {
    sys(NR.unlinkat, AT_FDCWD, path, AT_REMOVEDIR)
    throw sysError(`open the container's folder ${quote(path)}`, -fd, { syscall: "openat", ...rightsHint(fd) })
  }
  const container = new ContainerDir(id, path, fd)
  if (!lockedOrRemoved(container)) return container
  container.close()
  return undefined
}

/** Locks a folder that was just made; one that cannot be locked does not stay. @returns true if somebody has removed it meanwhile */
function lockedOrRemoved(container: ContainerDir): boolean {
  try {
    container.lock("exclusive")
    return container.isRemoved()
  } catch (error) {
    container.close()
    sys(NR.unlinkat, AT_FDCWD, container.path, AT_REMOVEDIR)
    throw error
  }
}

/** Why an earlier container of that name failed says nothing of this one. Where others write beside, the folder may be a symlink of theirs. */
function forgetFailure(root: StateRoot, id: string): void {
  const folder = openFolder(`${root.path}/${FAILURES_FOLDER}`)
  if (folder < 0) return
  sys(NR.unlinkat, folder, failureFile(id), 0)
  close(folder)
}

/** In {@link FAILURES_FOLDER}: why a container of that name could not be made, or of one whose long name begins so. */
export function failureFile(id: string): string {
  return `${id.slice(0, FAILURE_ID_MAX)}.json.gz`
}

/** Makes the state root where it is missing. For who keeps something beside the containers; `claim` does so for itself. */
export function makeStateRoot(globals: StoreOptions): void {
  makeRoot(stateRoot(globals))
}

function makeRoot(root: StateRoot): void {
  try {
    mkdirAll(root.path, 0o700)
  } catch (error) {
    if (!(error instanceof RuntsError)) throw error
    const hint = root.explicit ? "give a folder that can be made with --root" : sys(NR.geteuid) === 0 ? "--root names another folder for the state of containers"
      : root.sticky ? RUNTIME_DIR_HINT : `XDG_RUNTIME_DIR is not set: ${RUNTIME_DIR_HINT}`
    throw new RuntsError(`the folder for the state of containers: ${error.message}`, { ...error.details, hint })
  }
  if (root.sticky) sys(NR.fchmodat, AT_FDCWD, root.path, 0o1700)
}

function openFolder(path: string): number {
  return tryOpenAt(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
}

export interface LockOptions {
  /** "none" sees the container at one instant; "shared" keeps others from changing it; "exclusive" may change it. */
  readonly lock: LockKind
  /** How long to wait for the lock, in milliseconds. */
  readonly timeoutMs?: number
}

/**
 * Opens a container's folder.
 * @throws RuntsError "container does not exist"
 */
export function openContainer(globals: StoreOptions, id: string, options: LockOptions): ContainerDir {
  checkId(id)
  const root = stateRoot(globals).path
  const path = root + "/" + id
  for (;;) {
    const fd = openFolder(path)
    if (fd === -ERRNO.ENOENT) {
      throw new RuntsError(`container does not exist: ${quote(id)} in ${root}`, {
        code: "container-missing", errno: ERRNO.ENOENT, hint: "`runts list` shows who is there; --root names another folder",
      })
    }
    if (fd < 0) throw sysError(`open the container's folder ${quote(path)}`, -fd, { syscall: "openat", ...rightsHint(fd) })
    const container = new ContainerDir(id, path, fd)
    if (options.lock === "none") return container
    try {
      container.lock(options.lock, options.timeoutMs)
      // whoever held the lock before may have deleted it; a new container may have its name by now
      if (!container.isRemoved()) return container
    } catch (error) {
      // or a second try of this process would wait for itself
      container.close()
      throw error
    }
    container.close()
  }
}

/** @param result of a system call on the state root */
function rightsHint(result: number): { readonly hint?: string } {
  if (result !== -ERRNO.EACCES) return {}
  const unset = sys(NR.geteuid) !== 0 && (process.env.XDG_RUNTIME_DIR ?? "") === ""
  return { hint: unset ? `XDG_RUNTIME_DIR is not set: ${RUNTIME_DIR_HINT}` : "call runts as root, or name a folder of your own with --root" }
}

/** Ids of all containers, in the order of the file system. A missing root is an error only if --root named it. */
export function listContainers(globals: StoreOptions): string[] {
  const root = stateRoot(globals)
  const fd = tryOpenAt(AT_FDCWD, root.path, O_RDONLY | O_DIRECTORY)
  if (fd === -ERRNO.ENOENT && !root.explicit) return []
  if (fd < 0) throw sysError(`open the state root ${quote(root.path)}`, -fd, { syscall: "openat", ...rightsHint(fd) })
  try {
    return listDir(fd, root.path).filter((name) => isId(name) && tryStat({ dirfd: fd, path: name, flags: AT_SYMLINK_NOFOLLOW })?.type === "dir")
  } finally {
    close(fd)
  }
}

/** A container's folder, open. */
export class ContainerDir {
  readonly id: string
  /** Absolute path of the folder. */
  readonly path: string
  /** Descriptor of the folder (O_RDONLY), close-on-exec: the lock lives as long as it. -1 once closed. */
  fd: number
  constructor(id: string, path: string, fd: number) {
    this.id = id
    this.path = path
    this.fd = fd
  }

  /** Takes the lock, or changes its kind (which is not atomic, flock(2)). @param timeoutMs milliseconds */
  lock(kind: "shared" | "exclusive", timeoutMs = LOCK_TIMEOUT_MS): void {
    const operation = (kind === "shared" ? LOCK_SH : LOCK_EX) | LOCK_NB
    let deadline = 0
    for (;;) {
      const result = sys(NR.flock, this.fd, operation)
      if (result === 0) return
      if (result !== -ERRNO.EAGAIN && result !== -ERRNO.EINTR) {
        throw sysError(`lock ${quote(this.path)}`, -result, { syscall: "flock" })
      }
      const now = performance.now()
      if (deadline === 0) deadline = now + timeoutMs
      else if (now >= deadline) {
        throw new RuntsError(`container ${quote(this.id)} is in use: another runts has worked on it for ${timeoutMs} ms`, {
          code: "container-busy",
          hint: "a hook may hang; see which runts process still runs",
        })
      }
      sleep(LOCK_POLL_MS)
    }
  }

  unlock(): void {
    sys(NR.flock, this.fd, LOCK_UN)
  }

  /** Whether the folder has no name any more. */
  isRemoved(): boolean {
    return this.status().nlink === 0
  }

  /** Uid of the folder's owner. */
  owner(): number {
    return this.status().uid
  }

  private status(): FileStatus {
    return stat({ dirfd: this.fd, path: "", flags: AT_EMPTY_PATH, name: quote(this.path) })
  }

  /**
   * The state; undefined where the container is half-made.
   * @throws RuntsError where the file is not what this version of runts writes
   */
  readState(): StoredState | undefined {
    const bytes = this.read(STATE_FILE)
    if (bytes === undefined) return undefined
    return parseState(Buffer.from(bytes).toString("utf8"), this.id, this.path + "/" + STATE_FILE)
  }

  /** The config.json of `create`. @throws RuntsError where it is gone, as from a container that is being deleted */
  readConfigBytes(): Uint8Array {
    return this.read(CONFIG_FILE) ?? this.gone("config.json")
  }

  /** A file of the folder; undefined where there is none. */
  read(name: string): Uint8Array | undefined {
    const what = `read ${quote(this.path + "/" + name)}`
    // O_NONBLOCK: a FIFO in its place must not hang
    const fd = tryOpenAt(this.fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    if (fd === -ERRNO.ENOENT) return undefined
    if (fd < 0) throw sysError(what, -fd, removal(this.id))
    try {
      return readAll(fd, name)
    } catch (error) {
      const errno = error instanceof RuntsError ? error.details.errno : undefined
      throw errno === undefined ? error : sysError(what, errno, removal(this.id))
    } finally {
      close(fd)
    }
  }

  /** Replaces the state: others see the old one or this one. */
  writeState(state: StoredState): void {
    writeFileAtomically(this.fd, STATE_FILE, JSON.stringify(state), 0o600)
  }

  /** Keeps a copy of the bundle's config.json. */
  writeConfig(bytes: Uint8Array): void {
    this.write(CONFIG_FILE, bytes)
  }

  /** Keeps the seccomp filter, for the processes that come later. */
  writeFilter(bytes: Uint8Array): void {
    this.write(FILTER_FILE, bytes)
  }

  /** The seccomp filter of `create`. @throws RuntsError where it is gone: nothing may run in the container without it */
  readFilter(): Uint8Array {
    return this.read(FILTER_FILE) ?? this.gone("seccomp filter")
  }

  private gone(what: string): never {
    throw new RuntsError(`the ${what} of container ${quote(this.id)} is gone from its state folder`, {
      code: "state-damaged", errno: ERRNO.ENOENT, ...removal(this.id),
    })
  }

  private write(name: string, bytes: Uint8Array): void {
    const fd = openAt(this.fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600)
    try {
      writeAll(fd, bytes, this.path + "/" + name)
    } finally {
      close(fd)
    }
  }

  /**
   * Removes everything in the folder, then the folder. state.json goes last, so that a removal that was interrupted leaves a
   * container that can be deleted again. Symbolic links are removed, not followed.
   */
  remove(): void {
    // where the caller's limit of descriptors is why it is removed, there is no other one; reading a folder moves its position
    sys(NR.lseek, this.fd, 0, SEEK_SET)
    for (const name of listDir(this.fd, this.path)) if (name !== STATE_FILE) removeTreeAt(this.fd, name, this.path + "/" + name)
    removeTreeAt(this.fd, STATE_FILE, this.path + "/" + STATE_FILE)
    const result = tryUnlinkAt(AT_FDCWD, this.path, AT_REMOVEDIR)
    if (result < 0 && result !== -ERRNO.ENOENT) {
      throw sysError(`remove the container's folder ${quote(this.path)}`, -result, { syscall: "unlinkat" })
    }
  }

  /** Closes the folder, which unlocks it. */
  close(): void {
    if (this.fd >= 0) close(this.fd)
    this.fd = -1
  }
}
