import { close, listDir, tryReadText } from "../host/file.ts"
import { pidfdOpen, pidfdSendSignal } from "../host/process.ts"
import { namespaceOf, type NamespaceId } from "../host/procfs.ts"
import type { StoredState } from "../host/stored-state.ts"
import type { NamespaceType } from "../kernel/process.ts"
import { initIsAlive } from "./container.ts"

/*
 * The processes of a container that no cgroup counts. They are told by a namespace that the container has for itself and, as a process may
 * leave that for one of its own, by their ancestors. What has done both and lost its parent is not found, unless the container has its own pid
 * namespace, where a lost child passes to init.
 */

/** Namespaces that tell a container's processes, the best first. */
const TELLING: readonly NamespaceType[] = ["pid", "mount", "user", "ipc", "uts", "network", "cgroup"]
const SIGKILL = 9
/** Rounds of listing and killing: who forks in between is met in the next. */
const ROUNDS_MAX = 50

/** Finds them while init is alive, and goes on finding them when it has ended since. */
export class Members {
  private readonly init: number
  private readonly type: NamespaceType | undefined
  private readonly namespace: NamespaceId | undefined

  constructor(state: StoredState) {
    this.init = initIsAlive(state) ? state.pid : 0
    this.type = TELLING.find((type) => state.namespaces[type] === "new")
    this.namespace = this.init === 0 || this.type === undefined ? undefined : namespaceIn(this.init, this.type)
  }

  /** Host pids; none where init had ended before. */
  list(): number[] {
    if (this.init === 0) return []
    const parents = new Map<number, number>()
    const found = new Set<number>([this.init])
    for (const name of listDir("/proc")) {
      const pid = Number(name)
      const parent = pid > 0 ? parentOf(pid) : undefined
      if (parent === undefined) continue
      parents.set(pid, parent)
      if (this.tells(pid)) found.add(pid)
    }
    for (let before = 0; before < found.size;) {
      before = found.size
      for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid)
    }
    return [...found].filter((pid) => parents.has(pid))
  }

  /** Sends a signal to all. SIGKILL reaches also those that are forked meanwhile. */
  signal(signal: number): void {
    for (let round = 0; round < ROUNDS_MAX && this.signalOnce(signal); round++) if (signal !== SIGKILL) return
  }

  /** By pidfd, looked at again once that is open: a pid may pass to a stranger between list and signal. @returns whether any was there */
  private signalOnce(signal: number): boolean {
    const handles = new Map<number, number>()
    try {
      for (const pid of this.list()) {
        const pidfd = pidfdOpen(pid)
        if (pidfd !== undefined) handles.set(pid, pidfd)
      }
      let any = false
      for (const pid of this.list()) {
        const pidfd = handles.get(pid)
        if (pidfd !== undefined && pidfdSendSignal(pidfd, signal)) any = true
      }
      return any
    } finally {
      for (const pidfd of handles.values()) close(pidfd)
    }
  }

  private tells(pid: number): boolean {
    if (this.type === undefined || this.namespace === undefined) return false
    const found = namespaceIn(pid, this.type)
    return found !== undefined && found.ino === this.namespace.ino && found.dev === this.namespace.dev
  }
}

/** undefined also where it may not be seen: then it is nobody's of this user. */
function namespaceIn(pid: number, type: NamespaceType): NamespaceId | undefined {
  try {
    return namespaceOf(pid, type)
  } catch {
    return undefined
  }
}

/** Field 4 of /proc/PID/stat; undefined of a process that is gone or a zombie. */
function parentOf(pid: number): number | undefined {
  const text = tryReadText(`/proc/${pid}/stat`)
  if (text === undefined) return undefined
  const [state, parent] = text.slice(text.lastIndexOf(")") + 2).split(" ") as [string, string]
  return state === "Z" || state === "X" ? undefined : Number(parent)
}
