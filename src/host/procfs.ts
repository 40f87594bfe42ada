import { sys } from "../ffi/index.ts"
import { RuntsError, sysError } from "../error.ts"
import { AT_EMPTY_PATH, AT_FDCWD, O_NOCTTY, O_NONBLOCK, O_PATH, O_RDONLY } from "../kernel/fs.ts"
import { IOCTL, NAMESPACES, type NamespaceType } from "../kernel/process.ts"
import { NR } from "../kernel/syscalls.ts"
import { close, open, readText, stat, tryOpenAt, tryStat } from "./file.ts"

/** A namespace's identity: two files of it are the same exactly if both numbers are (namespaces(7)). */
export interface NamespaceId {
  readonly dev: number
  readonly ino: number
}

/** The namespace a process is in; undefined if there is no such process, or the kernel has no such type. */
export function namespaceOf(pid: number | "self", type: NamespaceType): NamespaceId | undefined {
  const status = tryStat(`/proc/${pid}/ns/${NAMESPACES[type].file}`)
  return status === undefined ? undefined : { dev: status.dev, ino: status.ino }
}

/** A process's pid as it sees it itself, in its own pid namespace (proc_pid_status(5), NSpid); `pid` if there is no such process. */
export function pidInside(pid: number): number {
  const inner = /^NSpid:.*\s(\d+)$/m.exec(readText(`/proc/${pid}/status`) ?? "")?.[1]
  return inner === undefined ? pid : Number(inner)
}

/** Whether an open namespace is the one this process is in. */
export function isOwnNamespace(fd: number, type: NamespaceType): boolean {
  const own = namespaceOf("self", type)
  const other = stat({ dirfd: fd, path: "", flags: AT_EMPTY_PATH, name: "the " + type + " namespace" })
  return own !== undefined && own.ino === other.ino && own.dev === other.dev
}

const NSFS_MAGIC = 0x6e736673
const STATFS_BYTES = 120

/**
 * Opens a namespace by path, as /proc/PID/ns/net or a bind mount of one.
 * @returns a close-on-exec descriptor for setns(2)
 * @throws RuntsError where it is not there, no namespace, or one of another type
 */
export function openNamespace(path: string, expected: NamespaceType): number {
  const quoted = JSON.stringify(path)
  const fd = tryOpenAt(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
  if (fd < 0) throw sysError(`open the ${expected} namespace ${quoted}`, -fd, { code: "namespace-invalid", syscall: "openat" })
  const status = Buffer.alloc(STATFS_BYTES)
  // the file system first: the number of the ioctl may mean something else to a device
  if (sys(NR.fstatfs, fd, status) < 0 || status.readUInt32LE(0) !== NSFS_MAGIC) {
    close(fd)
    throw new RuntsError(`${quoted} is not a namespace, but a ${expected} namespace is needed`, { code: "namespace-invalid" })
  }
  const flag = sys(NR.ioctl, fd, IOCTL.NS_GET_NSTYPE)
  if (flag === NAMESPACES[expected].flag) return fd
  close(fd)
  if (flag < 0) throw sysError(`ask ${quoted} for its type`, -flag, { syscall: "ioctl" })
  throw new RuntsError(`${quoted} is a ${typeName(flag)} namespace, but a ${expected} namespace is needed`, {
    code: "namespace-invalid",
  })
}

function typeName(flag: number): string {
  for (const type in NAMESPACES) if (NAMESPACES[type as NamespaceType].flag === flag) return type
  return `0x${flag.toString(16)}`
}

/** A line of /proc/PID/mountinfo (proc_pid_mountinfo(5)). */
export interface MountInfo {
  readonly id: number
  readonly parent: number
  /** The folder of the file system that is mounted. */
  readonly root: string
  readonly mountPoint: string
  /** Comma-separated: ro, nosuid ... */
  readonly options: string
  /** `shared:1`, `master:2` ...: space-separated, "" for a private mount. */
  readonly propagation: string
  readonly type: string
  readonly source: string
  /** Comma-separated, of the file system. */
  readonly superOptions: string
}

/** Spaces, tabs, newlines and backslashes are written as three octal digits. */
function unescape(text: string): string {
  if (!text.includes("\\")) return text
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)))
}

/** The mounts that a process sees, in the order in which they were attached. */
export function mounts(pid: number | "self" = "self"): MountInfo[] {
  return parseMountInfo(readText(`/proc/${pid}/mountinfo`))
}

export function parseMountInfo(text: string): MountInfo[] {
  const found: MountInfo[] = []
  for (const line of text.split("\n")) {
    const fields = line.split(" ")
    // optional fields end with a hyphen; none of them is one
    const hyphen = fields.indexOf("-", 6)
    if (hyphen < 0) continue
    found.push({
      id: Number(fields[0]),
      parent: Number(fields[1]),
      root: unescape(fields[3] as string),
      mountPoint: unescape(fields[4] as string),
      options: fields[5] as string,
      propagation: fields.slice(6, hyphen).join(" "),
      type: fields[hyphen + 1] as string,
      source: unescape(fields[hyphen + 2] as string),
      superOptions: fields[hyphen + 3] ?? "",
    })
  }
  return found
}

/** The mount a path lies on (symbolic links are followed); undefined where mountinfo does not show it (chroot). */
export function mountOf(path: string): MountInfo | undefined {
  const fd = open(path, O_PATH)
  let id: number | undefined
  try {
    id = stat({ dirfd: fd, path: "", flags: AT_EMPTY_PATH, name: JSON.stringify(path) }).mountId
  } finally {
    close(fd)
  }
  return id === undefined ? undefined : mounts().find((mount) => mount.id === id)
}

/** The mount point of the file system that a path lies on. */
export function mountPointOf(path: string): string | undefined {
  return mountOf(path)?.mountPoint
}
