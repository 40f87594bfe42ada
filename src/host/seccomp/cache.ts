import { sys } from "../../ffi/index.ts"
import { AT_EMPTY_PATH, AT_FDCWD, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } from "../../kernel/fs.ts"
import { BPF_INSTRUCTION_BYTES } from "../../kernel/seccomp.ts"
import { NR } from "../../kernel/syscalls.ts"
import { debug } from "../../log.ts"
import { close, listDir, mkdirAll, readAll, stat, tryOpenAt, tryStat, tryUnlinkAt, writeFileAtomically } from "../file.ts"

/*
 * Compiled filters, so that libseccomp need not be loaded and asked (some 20 ms for an engine's default profile) for each container.
 * A file is a line of text, the key, and the filter, all twice: the halves must be the same, the key the asked one, byte for byte, and the
 * libseccomp that made it the one that is installed. The file's name is a weak hash of the key: who collides is compiled anew.
 */

/** How many filters are kept; when it is one more, all others go. */
const FILES_MAX = 32

/** A folder of compiled filters. */
export interface FilterCache {
  /** Absolute path. */
  readonly path: string
}

/** The filter of a key; undefined where there is none, or it cannot be relied upon. */
export function cachedFilter(cache: FilterCache, key: string): Uint8Array | undefined {
  const folder = openOwn(cache)
  if (folder < 0) return undefined
  const fd = tryOpenAt(folder, fileName(key), O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  close(folder)
  if (fd < 0) return undefined
  try {
    return parse(readAll(fd, "a kept seccomp filter"), Buffer.from(key, "utf8"))
  } finally {
    close(fd)
  }
}

/** Keeps a filter; a failure to do so is only told to the log. @param library path of the libseccomp that made it */
export function keepFilter(cache: FilterCache, key: string, filter: Uint8Array, library: string | undefined): void {
  const stamp = library === undefined ? undefined : stampOf(library)
  // who made it must be seen again
  if (library === undefined || stamp === undefined) return
  try {
    mkdirAll(cache.path, 0o700)
    const folder = openOwn(cache)
    if (folder < 0) return
    try {
      const name = fileName(key)
      const keyBytes = Buffer.from(key, "utf8")
      const line = Buffer.from(`${MAGIC} ${keyBytes.length} ${filter.length} ${stamp} ${library}\n`, "utf8")
      writeFileAtomically(folder, name, Buffer.concat([line, keyBytes, filter, line, keyBytes, filter]), 0o600)
      const names = listDir(folder, cache.path)
      if (names.length > FILES_MAX) for (const other of names) if (other !== name) tryUnlinkAt(folder, other)
    } finally {
      close(folder)
    }
  } catch (error) {
    debug(`seccomp: the filter is not kept for next time: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** First word of the line; then lengths of key and filter in bytes, the library's stamp and path. */
const MAGIC = "runts-seccomp"

function parse(bytes: Uint8Array, key: Uint8Array): Uint8Array | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const lineLength = file.indexOf(10) + 1
  const words = file.toString("utf8", 0, lineLength - 1).split(" ")
  if (words[0] !== MAGIC || Number(words[1]) !== key.length) return undefined
  const filterLength = Number(words[2])
  const filterStart = lineLength + key.length
  const end = filterStart + filterLength
  // compared by native code: a sum over the filter would take longer than all the rest
  if (file.length !== end * 2 || file.compare(file, end, end * 2, 0, end) !== 0) return undefined
  if (file.compare(key, 0, key.length, lineLength, filterStart) !== 0) return undefined
  if (filterLength === 0 || filterLength % BPF_INSTRUCTION_BYTES !== 0) return undefined
  return stampOf(words.slice(4).join(" ")) === words[3] ? bytes.subarray(filterStart, end) : undefined
}

/** What tells a library's file from the one that an upgrade brings. */
function stampOf(path: string): string | undefined {
  const status = tryStat(path)
  return status === undefined ? undefined : `${status.dev}:${status.ino}:${status.size}`
}

/** The cache's folder if it is ours alone, as the state root may lie where others write. @returns a descriptor, or a negative number */
function openOwn(cache: FilterCache): number {
  const folder = tryOpenAt(AT_FDCWD, cache.path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
  if (folder < 0) return folder
  const { uid, mode } = stat({ dirfd: folder, path: "", flags: AT_EMPTY_PATH, name: JSON.stringify(cache.path) })
  if (uid === sys(NR.geteuid) && (mode & 0o022) === 0) return folder
  debug(`seccomp: ${cache.path} is not used: others may write there`)
  close(folder)
  return -1
}

/** Characters of the key that make its file's name. */
const SAMPLES = 64

function fileName(key: string): string {
  let hash = key.length
  const step = Math.max(1, key.length / SAMPLES)
  for (let at = 0; at < key.length; at += step) hash = (Math.imul(hash, 31) + key.charCodeAt(at | 0)) | 0
  return `${key.length.toString(16)}-${(hash >>> 0).toString(16)}`
}
