import { sys } from "../../ffi/index.ts"
import { ERRNO } from "../../kernel/errno.ts"
import { O_CLOEXEC, O_NONBLOCK, O_RDONLY } from "../../kernel/fs.ts"
import { NR } from "../../kernel/syscalls.ts"
import { close } from "../file.ts"
import { POLLIN, POLLPRI } from "../poll.ts"
import { tryOpenBeneath, tryOpenCgroup, tryReadControl, tryWriteControl } from "./folder.ts"
import { controllerKey, UNIFIED } from "./record.ts"
import type { CgroupRecord } from "./record.ts"

/** Where the container's memory is limited, if anywhere. */
function memoryKey(record: CgroupRecord): string | undefined {
  return controllerKey(record, "memory") ?? (record.paths[UNIFIED] === undefined ? undefined : UNIFIED)
}

const V2_FILE = "memory.events"
const V1_FILE = "memory.oom_control"

/** Processes of the container's cgroup that the kernel killed for want of memory (cgroup-v2.rst, "memory.events"; Linux 4.13 on v1). */
export function oomKills(record: CgroupRecord): number {
  const key = memoryKey(record)
  const folder = key === undefined ? -1 : tryOpenCgroup(record, key)
  if (folder < 0) return 0
  try {
    return killsIn(tryReadControl(folder, key === UNIFIED ? V2_FILE : V1_FILE))
  } finally {
    close(folder)
  }
}

/** `oom_kill N` of either file. */
export function killsIn(text: string | undefined): number {
  return Number(/^oom_kill ([0-9]+)$/m.exec(text ?? "")?.[1] ?? 0)
}

/** Tells when memory runs out in a container's cgroup. */
export interface OomWatch {
  /** For poll(2). */
  readonly fd: number
  readonly events: number
  /** After poll(2), and once at the end: whether memory ran out since the last call. */
  happened(): boolean
  close(): void
}

/** @returns undefined where no memory controller is */
export function watchOom(record: CgroupRecord): OomWatch | undefined {
  const key = memoryKey(record)
  const folder = key === undefined ? -1 : tryOpenCgroup(record, key)
  if (folder < 0) return undefined
  const watch = key === UNIFIED ? watchUnified(folder) : watchV1(folder)
  if (watch === undefined) close(folder)
  return watch
}

/** memory.events tells of its changes, of which a kill is one. The counter is hierarchical: sub-cgroups count too. */
function watchUnified(folder: number): OomWatch | undefined {
  const fd = tryOpenBeneath(folder, V2_FILE, O_RDONLY)
  if (fd < 0) return undefined
  const buffer = Buffer.alloc(4096)
  const count = (): number => {
    const length = sys(NR.pread64, fd, buffer, buffer.length, 0)
    return length < 0 ? 0 : killsIn(buffer.toString("latin1", 0, length))
  }
  let known = count()
  return {
    fd,
    events: POLLPRI,
    happened() {
      const now = count()
      const more = now > known
      known = Math.max(known, now)
      return more
    },
    close() {
      close(fd)
      close(folder)
    },
  }
}

const EVENTFD_BYTES = 8

/** An eventfd registered with cgroup.event_control (cgroup-v1/memory.rst, "OOM Control"). It is told of the cgroup's removal, too. */
function watchV1(folder: number): OomWatch | undefined {
  const control = tryOpenBeneath(folder, V1_FILE, O_RDONLY)
  if (control < 0) return undefined
  const fd = sys(NR.eventfd2, 0, O_CLOEXEC | O_NONBLOCK)
  if (fd < 0 || tryWriteControl(folder, "cgroup.event_control", `${fd} ${control}`) < 0) {
    if (fd >= 0) close(fd)
    close(control)
    return undefined
  }
  const counter = Buffer.alloc(EVENTFD_BYTES)
  return {
    fd,
    events: POLLIN,
    happened() {
      if (sys(NR.read, fd, counter, EVENTFD_BYTES) < 0) return false
      const still = tryOpenBeneath(folder, V1_FILE, O_RDONLY)
      if (still >= 0) close(still)
      return still !== -ERRNO.ENOENT && still !== -ERRNO.ENODEV
    },
    close() {
      close(fd)
      close(control)
      close(folder)
    },
  }
}
