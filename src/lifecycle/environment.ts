import { AT_EMPTY_PATH, O_CLOEXEC, O_NONBLOCK, O_NOCTTY, O_RDONLY, RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS } from "../kernel/fs.ts"
import { sys } from "../ffi/index.ts"
import { close, stat, readAll } from "../host/file.ts"
import { NR } from "../kernel/syscalls.ts"

/** A password file of an image is read up to this size. */
const PASSWD_BYTES_MAX = 1 << 20

/**
 * The process's environment, complete: of equal names the last one counts; HOME, if absent or empty, comes from the container's
 * /etc/passwd by uid, else it is "/".
 * @param rootFd a descriptor of the container's root
 * @param more further variables: LISTEN_FDS and the like
 */
export function processEnvironment(env: readonly string[], uid: number, rootFd: number, more: readonly string[]): string[] {
  const byName = new Map<string, string>()
  for (const item of env) add(byName, item)
  for (const item of more) add(byName, item)
  const home = byName.get("HOME")
  if (home === undefined || home === "HOME=") byName.set("HOME", "HOME=" + homeOf(uid, rootFd))
  return [...byName.values()]
}

function add(byName: Map<string, string>, item: string): void {
  const equals = item.indexOf("=")
  byName.set(equals < 0 ? item : item.slice(0, equals), item)
}

function homeOf(uid: number, rootFd: number): string {
  const text = readInside(rootFd, "etc/passwd")
  if (text === undefined) return "/"
  for (const line of text.split("\n")) {
    const fields = line.split(":")
    if (fields.length >= 6 && fields[2] === String(uid)) return fields[5] === "" ? "/" : (fields[5] as string)
  }
  return "/"
}

/** A small regular file inside a root that may be hostile; undefined for whatever else is there. */
export function readInside(rootFd: number, path: string): string | undefined {
  const how = Buffer.alloc(24)
  how.writeUInt32LE(O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0)
  how.writeUInt32LE(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS, 16)
  const fd = sys(NR.openat2, rootFd, path, how, 24)
  if (fd < 0) return undefined
  const name = JSON.stringify("/" + path) + " of the root file system"
  try {
    const status = stat({ dirfd: fd, path: "", flags: AT_EMPTY_PATH, name })
    if (status.type !== "file" || status.size > PASSWD_BYTES_MAX) return undefined
    return Buffer.from(readAll(fd, "/" + path)).toString("utf8")
  } finally {
    close(fd)
  }
}
