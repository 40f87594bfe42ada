import { RuntsError } from "../error.ts"
import { sys } from "../ffi/index.ts"
import { close, listDir, tryReadText } from "../host/file.ts"
import { ERRNO } from "../kernel/errno.ts"
import { executableFormat, HEAD_BYTES } from "../kernel/executable-format.ts"
import type { ExecutableFormat } from "../kernel/executable-format.ts"
import { NR } from "../kernel/syscalls.ts"
import { blameExecutable } from "../lifecycle/executable/blame.ts"
import { type ContainerFiles, readSlice, type SeenFile } from "../lifecycle/executable/files.ts"
import { absolute, candidatePaths, COMPATIBLE_MACHINE, HOST_MACHINE, loaderOf } from "../lifecycle/executable/lookup.ts"
import { executionFailure, lookupFailure } from "../lifecycle/outcome.ts"
import type { FileStatus } from "../host/file.ts"
import { namespaceIsNew, namespaceOf } from "../spec/namespace.ts"
import type { IdMapping, Process, Spec } from "../spec/types.gen.ts"
import type { Host } from "./host.ts"

/*
 * The program of process.args, found as init and execve(2) will find it, in the container's files as the host sees them.
 */

const POINTER = "/process/args/0"
const EXECUTE = 1

/** What looking for a path comes to. */
type Outcome =
  | { readonly kind: "found"; readonly file: SeenFile }
  | { readonly kind: "refused"; readonly errno: number }
  | { readonly kind: "unknown" }

/** Tells whether the program can be found and executed. */
export function checkProgram({ spec, findings }: Host, files: ContainerFiles): void {
  const { process } = spec
  const name = process?.args?.[0] ?? ""
  if (process === undefined || name === "" || findings.has(POINTER)) return
  const outcome = find(spec, process, files)
  if (outcome.kind === "unknown") {
    findings.notice(`${POINTER}: whether ${JSON.stringify(name)} can be executed cannot be seen from here`, {
      code: "not-checked", pointer: POINTER,
    })
    return
  }
  const details = { code: "executable-not-found", pointer: POINTER } as const
  if (outcome.kind === "refused") {
    findings.take(blameExecutable(lookupFailure(name, outcome.errno), files, process), details)
    return
  }
  try {
    const errno = execution(outcome.file, process, files)
    if (errno !== 0) findings.take(blameExecutable(executionFailure(name, errno), files, process), details)
  } finally {
    close(outcome.file.fd)
  }
}

/** The first that may be executed; where there is none, EACCES if one of them may not be. */
function find(spec: Spec, process: Process, files: ContainerFiles): Outcome {
  let worst: Outcome = { kind: "refused", errno: ERRNO.ENOENT }
  const only = (process.args?.[0] ?? "").includes("/")
  for (const path of candidatePaths(process)) {
    const outcome = candidate(path, spec, process, files)
    if (outcome.kind !== "refused" || only) return outcome
    if (outcome.errno === ERRNO.EACCES) worst = outcome
  }
  return worst
}

function candidate(path: string, spec: Spec, process: Process, files: ContainerFiles): Outcome {
  const look = files.look(path)
  if (look.kind === "unknown") return look
  if (look.kind === "missing") {
    // the runtime's own rights, not the container's
    const hidden = look.errno === ERRNO.EACCES || look.errno === ERRNO.EPERM
    return hidden ? { kind: "unknown" } : { kind: "refused", errno: look.errno }
  }
  const { file } = look
  const isFolder = file.status.type === "dir"
  const user = new ContainerUser(spec, process)
  const may = user.mayEnter(file) && (isFolder || (!file.noexec && user.may(file.status, `/proc/self/fd/${file.fd}`)))
  if (may && !isFolder) return { kind: "found", file }
  close(file.fd)
  return { kind: "refused", errno: may ? ERRNO.EISDIR : ERRNO.EACCES }
}

/** The container's process as the host's files know it. */
class ContainerUser {
  private readonly process: Process
  private readonly uids: readonly IdMapping[] | undefined
  private readonly gids: readonly IdMapping[] | undefined
  private readonly joins: boolean

  constructor(spec: Spec, process: Process) {
    const user = namespaceOf(spec.linux, "user")
    this.process = process
    // a joined namespace has maps of its own, which config.json need not tell
    this.joins = user !== undefined && !namespaceIsNew(user)
    this.uids = user === undefined ? undefined : (spec.linux?.uidMappings ?? [])
    this.gids = user === undefined ? undefined : (spec.linux?.gidMappings ?? [])
  }

  /** Whether it may search all folders on the way. */
  mayEnter({ folders }: SeenFile): boolean {
    return folders.every(({ status }) => this.may(status, undefined))
  }

  /** Whether it may execute a file, or search a folder. @param path for a look at its access control list */
  may({ mode, uid, gid, type }: FileStatus, path: string | undefined): boolean {
    if (this.joins) return true
    const { user, capabilities } = this.process
    const effective: readonly string[] = capabilities?.effective ?? []
    const known = inside(uid, this.uids) !== undefined && inside(gid, this.gids) !== undefined
    const overrides = known && (effective.includes("CAP_DAC_OVERRIDE") || (type === "dir" && effective.includes("CAP_DAC_READ_SEARCH")))
    if (overrides) return type === "dir" || (mode & 0o111) !== 0
    const groups = [user.gid, ...(user.additionalGids ?? [])]
    const shift = inside(uid, this.uids) === user.uid ? 6 : groups.includes(inside(gid, this.gids) ?? -1) ? 3 : 0
    return ((mode >> shift) & EXECUTE) !== 0 || (path !== undefined && hasAccessList(path))
  }
}

/** An id of the host as the container has it; undefined where it has none. */
function inside(id: number, mappings: readonly IdMapping[] | undefined): number | undefined {
  if (mappings === undefined) return id
  const mapping = mappings.find(({ hostID, size }) => id >= hostID && id < hostID + size)
  return mapping === undefined ? undefined : id - mapping.hostID + mapping.containerID
}

/** acl(5): then the permission bits are not all there is. */
function hasAccessList(path: string): boolean {
  return sys(NR.getxattr, path, "system.posix_acl_access", 0, 0) > 0
}

/** Interpreters of interpreters; the kernel goes as far (BINPRM_MAX_RECURSION and what it counts). */
const INTERPRETERS_MAX = 4

/** What execve(2) would say of a file that may be executed. @returns 0, or the errno; 0 too where that cannot be seen */
function execution(file: SeenFile, process: Process, files: ContainerFiles, depth = 0): number {
  const head = readSlice(file, 0, HEAD_BYTES)
  if (head === undefined || takenByEmulator(head)) return 0
  const format = executableFormat(head)
  if (format.kind === "script") return format.windows && !hasArgument(head) ? ERRNO.ENOENT : interpreted(format.interpreter, process, files, depth)
  if (format.kind !== "elf") return ERRNO.ENOEXEC
  return elf(file, format, process, files)
}

/** `#!/bin/sh -e\r`: the carriage return is the argument's. */
function hasArgument(head: Buffer): boolean {
  const end = head.indexOf(0x0a)
  return /^#!\s*\S+[ \t]+\S/.test(head.toString("latin1", 0, end < 0 ? head.length : end))
}

function interpreted(interpreter: string, process: Process, files: ContainerFiles, depth: number): number {
  if (interpreter === "") return ERRNO.ENOEXEC
  if (depth >= INTERPRETERS_MAX) return ERRNO.ELOOP
  const look = files.look(absolute(interpreter, process))
  if (look.kind === "missing") return look.errno === ERRNO.EACCES ? 0 : look.errno
  if (look.kind === "unknown") return 0
  try {
    if (look.file.status.type !== "file" || (look.file.status.mode & 0o111) === 0) return ERRNO.EACCES
    return execution(look.file, process, files, depth + 1)
  } finally {
    close(look.file.fd)
  }
}

function elf(file: SeenFile, format: ExecutableFormat & { readonly kind: "elf" }, process: Process, files: ContainerFiles): number {
  if (format.machine === COMPATIBLE_MACHINE || (format.machine === HOST_MACHINE && format.bits === 32)) return 0
  if (format.machine !== HOST_MACHINE) return ERRNO.ENOEXEC
  const loader = loaderOf(file, format)
  if (loader === "") return 0
  const look = files.look(absolute(loader, process))
  if (look.kind === "found") close(look.file.fd)
  return look.kind === "missing" && look.errno !== ERRNO.EACCES ? look.errno : 0
}

const BINFMT = "/proc/sys/fs/binfmt_misc"

/** Whether binfmt_misc names an interpreter for what begins so (Documentation/admin-guide/binfmt-misc.rst); by name endings it does not look. */
function takenByEmulator(head: Buffer): boolean {
  try {
    if (tryReadText(`${BINFMT}/status`)?.trim() !== "enabled") return false
    return listDir(BINFMT).some((name) => name !== "status" && name !== "register" && matches(head, tryReadText(`${BINFMT}/${name}`) ?? ""))
  } catch (error) {
    if (error instanceof RuntsError) return false
    throw error
  }
}

function matches(head: Buffer, entry: string): boolean {
  if (!entry.startsWith("enabled")) return false
  if (/^extension /m.test(entry)) return true
  const magic = Buffer.from(/^magic (\w+)$/m.exec(entry)?.[1] ?? "", "hex")
  const mask = Buffer.from(/^mask (\w+)$/m.exec(entry)?.[1] ?? "ff".repeat(magic.length), "hex")
  const offset = Number(/^offset (\d+)$/m.exec(entry)?.[1] ?? 0)
  return magic.length > 0 && magic.every((byte, i) => ((head[offset + i] ?? 0) & (mask[i] as number)) === (byte & (mask[i] as number)))
}
