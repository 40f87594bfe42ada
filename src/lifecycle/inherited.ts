import { sysError } from "../error.ts"
import { sys } from "../ffi/index.ts"
import { openJoin, type CgroupRecord } from "../host/cgroup/manager.ts"
import { listenFds, preservedFds } from "../host/fds.ts"
import { close } from "../host/file.ts"
import { NR } from "../kernel/syscalls.ts"
import type { CgroupJoinFacts } from "../plan/facts.ts"
import { statusDescriptor } from "../plan/process.ts"

const F_DUPFD_CLOEXEC = 1030

/** A descriptor's copy with a number from `least` up; close-on-exec. The descriptor itself stays. */
export function duplicate(fd: number, least = 3): number {
  const copy = sys(NR.fcntl, fd, F_DUPFD_CLOEXEC, least)
  if (copy < 0) throw sysError(`duplicate descriptor ${fd}`, -copy, { syscall: "fcntl" })
  return copy
}

/** A descriptor with a number from `least` up, in its place. */
export function lift(fd: number, least: number): number {
  const lifted = duplicate(fd, least)
  close(fd)
  return lifted
}

/**
 * Descriptors that a launcher inherits: those that pass to the process, and the runtime's own, whose numbers lie above all that the
 * program puts in place.
 */
export class Inherited {
  /** Variables that tell the process of passed descriptors (LISTEN_FDS). */
  readonly environment: readonly string[]
  /** 3 .. 3+N-1, which pass to the process. */
  readonly preserved: readonly number[]
  /** Numbers of the runtime's own begin here. */
  readonly least: number
  private readonly own: number[] = []

  /** @param preserveFds --preserve-fds */
  constructor(preserveFds: number) {
    const listen = listenFds()
    this.environment = listen.environment
    this.preserved = preservedFds(preserveFds, listen.count)
    this.least = statusDescriptor(this.preserved.length) + 1
  }

  /** Takes a descriptor over, under a new number. */
  keep(fd: number): number {
    const lifted = lift(fd, this.least)
    this.own.push(lifted)
    return lifted
  }

  /** Takes over what brings a process into its cgroups. @param seen, byFile see openJoin */
  join(cgroups: CgroupRecord | undefined, seen: boolean, byFile = false): CgroupJoinFacts {
    if (cgroups === undefined) return { intoCgroup: undefined, procs: [] }
    const join = openJoin(cgroups, seen, byFile)
    return {
      intoCgroup: join.intoCgroup === undefined ? undefined : this.keep(join.intoCgroup),
      procs: join.procs.map(({ controller, fd }) => ({ controller, fd: this.keep(fd) })),
    }
  }

  /** All of them, for the spawn. */
  get all(): number[] {
    return [...this.preserved, ...this.own]
  }

  /** Closes the runtime's own. */
  close(): void {
    this.own.forEach(close)
    this.own.length = 0
  }
}
