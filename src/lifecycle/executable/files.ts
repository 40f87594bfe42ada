import { sys } from "../../ffi/index.ts"
import { close, stat, tryOpenAt, tryReadLink, type FileStatus } from "../../host/file.ts"
import { ERRNO } from "../../kernel/errno.ts"
import { AT_EMPTY_PATH, AT_FDCWD, O_NOFOLLOW, O_NONBLOCK, O_PATH, O_RDONLY, STATFS_FLAGS, ST_NOEXEC } from "../../kernel/fs.ts"
import { MOUNT_ATTR } from "../../kernel/mount.ts"
import { NR } from "../../kernel/syscalls.ts"
import { cleanRelative } from "../../path.ts"
import { mountRequest } from "../../plan/mount-request.ts"
import type { Mount } from "../../spec/types.gen.ts"

/** A mount of the container that config.json makes, as far as it can be seen from the host. */
export interface SeenMount {
  /** Where it is in the container, without a leading slash. */
  readonly path: string
  /** The host's file or folder that it shows; undefined where what is in it cannot be seen (a tmpfs, an overlay). */
  readonly source: string | undefined
  readonly noexec: boolean
}

/** What a path leads to. */
export type Look =
  | { readonly kind: "found"; readonly file: SeenFile }
  /** @see SeenFolder */
  | { readonly kind: "missing"; readonly path: string; readonly errno: number; readonly link: string | undefined; readonly folders: readonly SeenFolder[] }
  | { readonly kind: "unknown" }

/** A folder on the way to a file. */
export interface SeenFolder {
  readonly path: string
  readonly status: FileStatus
}

/** A file of the container; its descriptor (O_PATH) is the caller's to close. */
export interface SeenFile extends SeenFolder {
  readonly fd: number
  readonly noexec: boolean
  /** From the root to the folder that it is in. */
  readonly folders: readonly SeenFolder[]
}

/** Mounts of config.json. */
export function seenMounts(mounts: readonly Mount[], bundle: string): SeenMount[] {
  return mounts.map((mount, index) => {
    const { bind, set, recursiveSet } = mountRequest(mount, index, undefined)
    const source = mount.source ?? ""
    return {
      path: cleanRelative(mount.destination),
      source: !bind ? undefined : source.startsWith("/") ? source : `${bundle}/${source}`,
      noexec: ((set | recursiveSet) & MOUNT_ATTR.NOEXEC) !== 0,
    }
  })
}

const LINKS_MAX = 40
/** For paths with many .. in their links. */
const STEPS_MAX = 4000

/**
 * The files of a container as its processes see them, looked at from the host: symbolic links lead to where they do inside, and are never
 * followed by the kernel, so that no image can make the runtime look at (or wait for) a file of the host.
 */
export class ContainerFiles {
  private readonly root: string
  private readonly mounts: readonly SeenMount[]

  /** @param root of the container, as a path of the host: its folder, or /proc/PID/root of a process in it @param mounts what is mounted below */
  constructor(root: string, mounts: readonly SeenMount[]) {
    this.root = root
    this.mounts = mounts
  }

  /** Follows a path from the container's root. */
  look(path: string): Look {
    let rest = parts(path)
    let done: string[] = []
    let folders: SeenFolder[] = []
    let link: string | undefined
    let noexec = false
    let links = 0
    let fd = tryOpenAt(AT_FDCWD, this.root, O_PATH)
    const missing = (errno: number, at: readonly string[]): Look => ({ kind: "missing", path: `/${at.join("/")}`, errno, link, folders })
    try {
      for (let step = 0; step < STEPS_MAX && fd >= 0; step++) {
        const status = stat({ dirfd: fd, path: "", flags: AT_EMPTY_PATH, name: JSON.stringify(`/${done.join("/")}`) })
        const here = `/${done.join("/")}`
        const part = rest[0]
        if (part === undefined) {
          const file: SeenFile = { fd, path: here, status, folders, noexec: noexec || isNoexec(fd) }
          fd = -1
          return { kind: "found", file }
        }
        if (status.type !== "dir") return missing(ERRNO.ENOTDIR, done)
        if (part === "..") [rest, done, folders, fd] = [[...done.slice(0, -1), ...rest.slice(1)], [], [], this.reopen(fd)]
        else {
          folders.push({ path: here, status })
          const next = [...done, part]
          const mount = this.mounts.findLast((item) => item.path === next.join("/"))
          if (mount !== undefined && mount.source === undefined) return { kind: "unknown" }
          noexec = mount?.noexec ?? noexec
          const opened = mount?.source === undefined ? tryOpenAt(fd, part, O_PATH | O_NOFOLLOW) : tryOpenAt(AT_FDCWD, mount.source, O_PATH)
          if (opened < 0) return missing(-opened, next)
          const target = tryReadLink(opened, "")
          if (typeof target === "string") {
            close(opened)
            if (links++ >= LINKS_MAX) return missing(ERRNO.ELOOP, next)
            link = `/${next.join("/")}`
            rest = [...parts(target), ...rest.slice(1)]
            // /proc/self/exe and the like lead to what no path names
            if (target.startsWith("/")) [done, folders, fd] = [[], [], this.reopen(fd)]
            else folders.pop()
          } else {
            close(fd)
            fd = opened
            done = next
            rest = rest.slice(1)
          }
        }
      }
      return { kind: "unknown" }
    } finally {
      if (fd >= 0) close(fd)
    }
  }

  private reopen(fd: number): number {
    close(fd)
    return tryOpenAt(AT_FDCWD, this.root, O_PATH)
  }
}

/** Bytes of a regular file from an offset on; fewer where it ends; undefined of what may not be read. */
export function readSlice({ fd, status }: SeenFile, offset: number, length: number): Buffer | undefined {
  if (status.type !== "file") return undefined
  const readable = tryOpenAt(AT_FDCWD, `/proc/self/fd/${fd}`, O_RDONLY | O_NONBLOCK)
  if (readable < 0) return undefined
  const buffer = Buffer.alloc(length)
  const n = sys(NR.pread64, readable, buffer, length, offset)
  close(readable)
  return n < 0 ? undefined : buffer.subarray(0, n)
}

function parts(path: string): string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".")
}

function isNoexec(fd: number): boolean {
  const buffer = Buffer.alloc(120)
  return sys(NR.fstatfs, fd, buffer) === 0 && (buffer.readUInt32LE(STATFS_FLAGS) & ST_NOEXEC) !== 0
}
