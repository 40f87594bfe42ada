import { sys } from "../ffi/index.ts"
import { RuntsError } from "../error.ts"
import { AT_EMPTY_PATH } from "../kernel/fs.ts"
import { NR } from "../kernel/syscalls.ts"
import { prelude } from "../prelude/prelude.ts"
import { stat } from "./file.ts"

/** Descriptors that systemd-style socket activation passed to this process (sd_listen_fds(3)). */
export interface ListenFds {
  /** 3 .. 3+count-1 */
  readonly count: number
  /** What the container's process is told: it is pid 1 of its namespace. */
  readonly environment: readonly string[]
}

/** LISTEN_FDS counts only where LISTEN_PID names this very process: engines leave the variables set for others. */
export function listenFds(environment: NodeJS.ProcessEnv = process.env): ListenFds {
  const text = environment.LISTEN_FDS
  if (text === undefined || environment.LISTEN_PID !== String(sys(NR.getpid))) return { count: 0, environment: [] }
  const count = /^[0-9]{1,4}$/.test(text) ? Number(text) : 0
  if (count === 0) return { count, environment: [] }
  const told = ["LISTEN_FDS=" + count, "LISTEN_PID=1"]
  const names = environment.LISTEN_FDNAMES
  if (names !== undefined) told.push("LISTEN_FDNAMES=" + names)
  return { count, environment: told }
}

/** The first descriptor after the standard ones. */
const FIRST = 3

/**
 * Descriptors that pass to the container's process: first those of LISTEN_FDS, then `count` more (--preserve-fds).
 * @throws RuntsError where the caller did not pass one of them open
 */
export function preservedFds(count: number, listen: number): number[] {
  const fds: number[] = []
  for (let fd = FIRST; fd < FIRST + listen + count; fd++) {
    if (!prelude.wasOpen(fd)) {
      const option = fd < FIRST + listen ? `LISTEN_FDS=${listen}` : `--preserve-fds ${count}`
      const last = FIRST + listen + count - 1
      throw new RuntsError(`${option}: descriptor ${fd} is not open`, {
        code: "descriptor-missing", hint: `pass descriptors ${FIRST} to ${last} open`,
      })
    }
    fds.push(fd)
  }
  return fds
}

/** One of the descriptors 0 to 2. */
export interface StandardDescriptor {
  readonly fd: number
  readonly uid: number
  /** It is the host's /dev/null (character device 1:3). */
  readonly isNull: boolean
}

const STANDARD = ["standard input", "standard output", "standard error"] as const

/** What the caller gave as standard input, output and error; the prelude has opened /dev/null for those that were closed. */
export function standardDescriptors(): StandardDescriptor[] {
  const found: StandardDescriptor[] = []
  for (let fd = 0; fd < FIRST; fd++) {
    const status = stat({ dirfd: fd, path: "", flags: AT_EMPTY_PATH, name: STANDARD[fd] as string })
    found.push({ fd, uid: status.uid, isNull: status.type === "char" && status.rdevMajor === 1 && status.rdevMinor === 3 })
  }
  return found
}
