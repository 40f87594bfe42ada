import { native, sys } from "../ffi/index.ts"
import { RuntsError, sysError } from "../error.ts"
import { ERRNO } from "../kernel/errno.ts"
import { AT_EMPTY_PATH, O_CREAT, O_RDONLY, O_WRONLY } from "../kernel/fs.ts"
import { FSCONFIG, FSMOUNT_CLOEXEC, FSOPEN_CLOEXEC, MOUNT_ATTR } from "../kernel/mount.ts"
import { NR } from "../kernel/syscalls.ts"
import { close, openAt, writeAll } from "./file.ts"

const MFD_CLOEXEC = 0x1
const MFD_ALLOW_SEALING = 0x2
/** Since Linux 6.3; without it memfd_create warns there, with it older ones answer EINVAL. */
const MFD_EXEC = 0x10

const F_SETFD = 2
const FD_CLOEXEC = 1
const F_ADD_SEALS = 1033
const F_SEAL_SEAL = 0x1
const F_SEAL_SHRINK = 0x2
const F_SEAL_GROW = 0x4
const F_SEAL_WRITE = 0x8

const CLOSE_RANGE_CLOEXEC = 4

/**
 * A file in memory that can be executed and never changed again: a sealed memfd, or where the kernel does not let those be
 * executed (vm.memfd_noexec=2), a file on a tmpfs that is attached nowhere.
 * @param name shown as /proc/PID/exe
 * @returns a close-on-exec descriptor
 */
export function memfdExecutable(bytes: Uint8Array, name: string): number {
  const flags = MFD_CLOEXEC | MFD_ALLOW_SEALING
  let fd = sys(NR.memfd_create, name, flags | MFD_EXEC)
  if (fd === -ERRNO.EINVAL) fd = sys(NR.memfd_create, name, flags)
  if (fd === -ERRNO.EACCES) return tmpfsExecutable(bytes, name)
  if (fd < 0) throw sysError("make a file in memory", -fd, { syscall: "memfd_create" })
  try {
    writeAll(fd, bytes, name)
    const sealed = sys(NR.fcntl, fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)
    if (sealed < 0) throw sysError("seal a file in memory", -sealed, { syscall: "fcntl" })
  } catch (error) {
    close(fd)
    throw error
  }
  return fd
}

/** {@link memfdExecutable} without memfd; needs the right to mount. The mount lives as long as the descriptor. */
export function tmpfsExecutable(bytes: Uint8Array, name: string): number {
  const mount = privateTmpfs()
  try {
    // a file that is open for writing cannot be executed (ETXTBSY), so it is written, closed and opened again
    const writer = openAt(mount, name, O_WRONLY | O_CREAT, 0o500)
    try {
      writeAll(writer, bytes, name)
    } finally {
      close(writer)
    }
    // struct mount_attr: attr_set, attr_clr, propagation, userns_fd
    const attributes = Buffer.alloc(32)
    attributes[0] = MOUNT_ATTR.RDONLY
    const result = sys(NR.mount_setattr, mount, "", AT_EMPTY_PATH, attributes, attributes.length)
    if (result < 0) throw sysError("make the tmpfs of an executable read-only", -result, { syscall: "mount_setattr" })
    return openAt(mount, name, O_RDONLY)
  } finally {
    close(mount)
  }
}

function privateTmpfs(): number {
  const context = sys(NR.fsopen, "tmpfs", FSOPEN_CLOEXEC)
  if (context < 0) throw noPlace(-context, "fsopen")
  try {
    const created = sys(NR.fsconfig, context, FSCONFIG.CMD_CREATE, 0, 0, 0)
    if (created < 0) throw noPlace(-created, "fsconfig")
    const mount = sys(NR.fsmount, context, FSMOUNT_CLOEXEC, 0)
    if (mount < 0) throw noPlace(-mount, "fsmount")
    return mount
  } finally {
    close(context)
  }
}

function noPlace(errno: number, syscall: string): RuntsError {
  return sysError("make a private tmpfs for the container's first program", errno, {
    syscall, hint: "the kernel forbids executing files in memory too: see sysctl vm.memfd_noexec",
  })
}

export interface SpawnOptions {
  /** Descriptors that the child keeps, under their numbers, beside 0, 1 and 2; all others from 3 up are closed in it. */
  readonly inherit: readonly number[]
}

/** What posix_spawn(3) reads, kept alive while it does: argv, an empty envp, and the strings. */
let block: Buffer | undefined

/**
 * Starts the executable behind a descriptor with one argument and an empty environment. Descriptors from 3 up are made
 * close-on-exec in this process, also those a careless caller left open.
 * @returns the child's pid, to be waited for
 */
export function spawnImage(fd: number, argv0: string, options: SpawnOptions): number {
  const closed = sys(NR.close_range, 3, 0xffffffff, CLOSE_RANGE_CLOEXEC)
  if (closed < 0) throw sysError("make descriptors close-on-exec", -closed, { syscall: "close_range" })
  const path = "/proc/self/fd/" + fd
  const ARGV_BYTES = 24
  block = Buffer.alloc(ARGV_BYTES + path.length + 1 + Buffer.byteLength(argv0) + 1)
  const start = native.address(block)
  block.write(path, ARGV_BYTES)
  block.write(argv0, ARGV_BYTES + path.length + 1)
  const argument = start + ARGV_BYTES + path.length + 1
  block.writeUInt32LE(argument % 0x100000000, 0)
  block.writeUInt32LE(Math.floor(argument / 0x100000000), 4)
  // engines mark these close-on-exec too
  for (let fd = 0; fd < 3; fd++) sys(NR.fcntl, fd, F_SETFD, 0)
  let kept = 0
  try {
    for (; kept < options.inherit.length; kept++) {
      const result = sys(NR.fcntl, options.inherit[kept] as number, F_SETFD, 0)
      if (result < 0) throw sysError(`pass descriptor ${options.inherit[kept]} to ${JSON.stringify(argv0)}`, -result, { syscall: "fcntl" })
    }
    const pid = native.spawn(start + ARGV_BYTES, start, start + 8)
    if (pid < 0) throw sysError(`start ${JSON.stringify(argv0)}`, -pid, { syscall: "posix_spawn" })
    return pid
  } finally {
    while (kept > 0) sys(NR.fcntl, options.inherit[--kept] as number, F_SETFD, FD_CLOEXEC)
  }
}
