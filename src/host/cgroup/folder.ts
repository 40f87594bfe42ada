import { sys } from "../../ffi/index.ts"
import { ERRNO } from "../../kernel/errno.ts"
import {
  AT_EMPTY_PATH, DIRENT, O_CLOEXEC, O_DIRECTORY, O_PATH, O_RDONLY, O_WRONLY, RESOLVE_BENEATH, RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
} from "../../kernel/fs.ts"
import { OPEN_TREE_CLOEXEC, OPEN_TREE_CLONE } from "../../kernel/mount.ts"
import { NR } from "../../kernel/syscalls.ts"
import { close, open, stat } from "../file.ts"
import { poll, POLLPRI } from "../poll.ts"
import { cgroupError } from "./error.ts"
import { relativePath } from "./record.ts"
import type { CgroupRecord } from "./record.ts"

/*
 * Folders of cgroupfs by descriptor. Names from config.json and state.json are only ever resolved by openat2(2) beneath
 * the mount, so that no `..` and no mount trick leads to another hierarchy or out of cgroupfs.
 */

/** One descriptor for each mount, for the rest of this process: up to 13 hierarchies, each needed some five times. */
const mounts = new Map<string, number>()

/** An O_PATH descriptor of a mount point; shared, never to be closed. */
export function mountFd(mount: string): number {
  let fd = mounts.get(mount)
  if (fd === undefined) {
    fd = open(mount, O_PATH | O_DIRECTORY)
    mounts.set(mount, fd)
  }
  return fd
}

const OPEN_HOW_BYTES = 24
/** struct open_how: flags, mode, resolve, 64 bits each. */
const openHow = new Uint32Array([0, 0, 0, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS, 0])
const openHowBytes = new Uint8Array(openHow.buffer)

/**
 * Opens below a folder without ever leaving it (man openat2(2), RESOLVE_BENEATH).
 * @param path relative; "" is the folder itself
 * @param flags O_CLOEXEC is added
 * @returns a descriptor, or the negated errno
 */
export function tryOpenBeneath(folder: number, path: string, flags: number): number {
  openHow[0] = flags | O_CLOEXEC
  for (;;) {
    const fd = sys(NR.openat2, folder, path === "" ? "." : path, openHowBytes, OPEN_HOW_BYTES)
    if (fd !== -ERRNO.EINTR && fd !== -ERRNO.EAGAIN) return fd
  }
}

/** A container's cgroup in one hierarchy as an O_PATH descriptor. @returns the negated errno if it cannot be opened */
export function tryOpenCgroup(record: CgroupRecord, key: string): number {
  return tryOpenBeneath(mountFd(record.mounts[key] as string), relativePath(record, key), O_PATH | O_DIRECTORY)
}

/** As {@link tryOpenCgroup}; throws. */
export function openCgroup(record: CgroupRecord, key: string): number {
  const fd = tryOpenCgroup(record, key)
  if (fd < 0) throw cgroupError("open cgroup " + JSON.stringify(record.paths[key]), -fd, { syscall: "openat2" })
  return fd
}

/**
 * A cgroup's folder as the root of a mount that is attached nowhere, in place of a descriptor of it. The folder's own `..` leads up to
 * all of the host's files, and a container whose root has CAP_SYS_PTRACE reaches what a process that joins it has open.
 * @returns the descriptor itself where no mounts may be made (a runtime without CAP_SYS_ADMIN)
 */
export function detachedFolder(folder: number): number {
  const detached = sys(NR.open_tree, folder, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH)
  if (detached < 0) return folder
  close(folder)
  return detached
}

const DT_DIR = 4
const LISTING_BYTES = 16384
let listing: Buffer | undefined

/** Names of the sub-cgroups of a folder. @param folder any descriptor of it */
export function subCgroups(folder: number): string[] {
  // kernfs counts sub-folders in the link count; most cgroups have none and some 60 files to walk past
  if (stat({ dirfd: folder, path: "", flags: AT_EMPTY_PATH, name: "a cgroup" }).nlink === 2) return []
  return list(folder, true)
}

/** Names of the control files of a folder. @param folder any descriptor of it */
export function controlFiles(folder: number): string[] {
  return list(folder, false)
}

function list(folder: number, folders: boolean): string[] {
  const fd = tryOpenBeneath(folder, "", O_RDONLY | O_DIRECTORY)
  if (fd < 0) throw cgroupError("open a cgroup to list it", -fd, { syscall: "openat2" })
  const buffer = (listing ??= Buffer.allocUnsafeSlow(LISTING_BYTES))
  const names: string[] = []
  try {
    for (;;) {
      const length = sys(NR.getdents64, fd, buffer, LISTING_BYTES)
      if (length === 0) return names
      if (length < 0) throw cgroupError("list a cgroup", -length, { syscall: "getdents64" })
      for (let at = 0; at < length; at += buffer.readUInt16LE(at + DIRENT.recordLength)) {
        if ((buffer[at + DIRENT.type] === DT_DIR) !== folders) continue
        const start = at + DIRENT.name
        const name = buffer.toString("utf8", start, buffer.indexOf(0, start))
        if (name !== "." && name !== "..") names.push(name)
      }
    }
  } finally {
    close(fd)
  }
}

/** Writes a control file by one write(2). @returns 0, or the negated errno of opening or writing */
export function tryWriteControl(folder: number, name: string, value: string): number {
  const fd = tryOpenBeneath(folder, name, O_WRONLY)
  if (fd < 0) return fd
  let result: number
  do result = sys(NR.write, fd, value, Buffer.byteLength(value))
  while (result === -ERRNO.EINTR)
  close(fd)
  return result < 0 ? result : 0
}

/** As {@link tryWriteControl}; throws with the file's whole path. */
export function writeControl(folder: number, path: string, name: string, value: string, pointer?: string): void {
  const result = tryWriteControl(folder, name, value)
  if (result === 0) return
  const what = `write "${value}" to ${JSON.stringify(path + "/" + name)}`
  throw cgroupError(what, -result, pointer === undefined ? { syscall: "write" } : { syscall: "write", pointer })
}

const CONTROL_BYTES = 4096
let control: Buffer | undefined

/** A control file of at most 4 kB, without its final newline; undefined if it does not exist or the cgroup is gone. */
export function tryReadControl(folder: number, name: string): string | undefined {
  const fd = tryOpenBeneath(folder, name, O_RDONLY)
  if (fd === -ERRNO.ENOENT || fd === -ERRNO.ENODEV) return undefined
  if (fd < 0) throw cgroupError(`open cgroup file "${name}"`, -fd, { syscall: "openat2" })
  const buffer = (control ??= Buffer.allocUnsafeSlow(CONTROL_BYTES))
  let length: number
  do length = sys(NR.read, fd, buffer, CONTROL_BYTES)
  while (length === -ERRNO.EINTR)
  close(fd)
  if (length === -ERRNO.ENODEV) return undefined
  if (length < 0) throw cgroupError(`read cgroup file "${name}"`, -length, { syscall: "read" })
  return buffer.toString("latin1", 0, length > 0 && buffer[length - 1] === 10 ? length - 1 : length)
}

/** Sleeps, or less: until a control file that tells of its changes does so (cgroup-v2.rst). @param fd -1: only sleep */
export function sleep(milliseconds: number, fd = -1): void {
  poll(fd < 0 ? [] : [{ fd, events: POLLPRI, ready: 0 }], milliseconds)
}
