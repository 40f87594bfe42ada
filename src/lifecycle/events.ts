import { RuntsError } from "../error.ts"
import { processes, type CgroupRecord } from "../host/cgroup/manager.ts"
import { watchOom } from "../host/cgroup/oom.ts"
import { readStats, type CgroupStats } from "../host/cgroup/stats.ts"
import { parseInterfaces, type InterfaceCounts } from "../host/cgroup/stats-text.ts"
import { close, tryReadText } from "../host/file.ts"
import type { RdtStats } from "../host/intel-rdt.ts"
import { POLLERR, POLLHUP, POLLIN, poll, type Interest } from "../host/poll.ts"
import { namespaceOf } from "../host/procfs.ts"
import type { StoredState } from "../host/stored-state.ts"
import { needCgroup, openInit, openWithState, statusOf } from "./container.ts"
import { loadRdt, rdtOf, rdtStats } from "./intel-rdt.ts"
import type { GlobalOptions } from "./requests.ts"

/** What `events` tells at one moment; keys and their order are those of runc's types/events.go. */
export interface Stats extends CgroupStats {
  /** Intel RDT: empty without linux.intelRdt. */
  readonly intel_rdt: RdtStats
  readonly network_interfaces: readonly InterfaceCounts[] | null
}

export type ContainerEvent =
  | { readonly type: "stats"; readonly id: string; readonly data: Stats }
  | { readonly type: "oom"; readonly id: string }

/** What `events` is asked for. */
export interface EventsRequest {
  readonly id: string
  /** Milliseconds between two figures. */
  readonly intervalMs: number
  /** The figures once, and nothing else. */
  readonly statsOnly: boolean
}

/**
 * `events`: the container's figures at every interval and an event whenever its memory runs out, until it ends or nobody listens.
 * @param emit takes each event
 * @param output descriptor that `emit` writes to: when its reader is gone, this ends
 */
export async function events(
  globals: GlobalOptions, request: EventsRequest, emit: (event: ContainerEvent) => void, output: number,
): Promise<void> {
  const { id } = request
  const { container, state } = openWithState(globals, id, "none")
  container.close()
  await loadRdt(rdtOf(state))
  const status = statusOf(state)
  if (status === "stopped" || status === "creating") {
    throw new RuntsError(`container with id ${id} is not running`, { code: "container-not-running" })
  }
  const record = needCgroup(state, "to count for it")
  const stats = (): void => emit({ type: "stats", id, data: statsOf(state, record) })
  if (request.statsOnly) stats()
  else stream(state, record, request, { stats, oom: () => emit({ type: "oom", id }) }, output)
}

function statsOf(state: StoredState, record: CgroupRecord): Stats {
  const { cpu, cpuset, memory, pids, blkio, hugetlb } = readStats(record)
  return { cpu, cpuset, memory, pids, blkio, hugetlb, intel_rdt: rdtStats(state), network_interfaces: interfacesOf(state.pid) }
}

/** Of a network namespace that is not the runtime's own; null without interfaces, as with runc. */
function interfacesOf(pid: number): readonly InterfaceCounts[] | null {
  const inside = namespaceOf(pid, "network")
  if (inside === undefined || inside.ino === namespaceOf("self", "network")?.ino) return null
  const found = parseInterfaces(tryReadText(`/proc/${pid}/net/dev`))
  return found.length === 0 ? null : found
}

/** How often a container whose init is gone is looked at for its other processes: with a shared pid namespace they live on. */
const LOOK_AGAIN_MS = 100

/** poll(2) is asked for no more; a longer interval is waited for in parts. */
const WAIT_MAX_MS = 1e9

interface Told {
  stats(): void
  oom(): void
}

function stream(state: StoredState, record: CgroupRecord, request: EventsRequest, told: Told, output: number): void {
  const oom = watchOom(record)
  let pidfd = openInit(state)
  try {
    let next = performance.now() + request.intervalMs
    for (;;) {
      const wait = Math.min(Math.max(0, next - performance.now()), WAIT_MAX_MS)
      const listener: Interest = { fd: output, events: 0, ready: 0 }
      const init: Interest = { fd: pidfd, events: POLLIN, ready: 0 }
      // a descriptor of -1 is left out (poll(2))
      const memory: Interest = { fd: oom?.fd ?? -1, events: oom?.events ?? 0, ready: 0 }
      poll([listener, init, memory], pidfd < 0 ? Math.min(wait, LOOK_AGAIN_MS) : wait)
      if ((listener.ready & (POLLERR | POLLHUP)) !== 0) return
      if (init.ready !== 0) {
        close(pidfd)
        pidfd = -1
      }
      const ended = pidfd < 0 && processes(record).length === 0
      // what the container died of may have come between the two looks
      if ((memory.ready !== 0 || ended) && oom?.happened() === true) told.oom()
      if (ended) return
      if (performance.now() < next) continue
      told.stats()
      next = Math.max(next + request.intervalMs, performance.now())
    }
  } finally {
    oom?.close()
    if (pidfd >= 0) close(pidfd)
  }
}
