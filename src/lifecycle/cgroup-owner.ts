import type { CgroupRecord } from "../host/cgroup/manager.ts"
import { readText } from "../host/file.ts"
import { MOUNT_ATTR } from "../kernel/mount.ts"
import { cleanRelative } from "../path.ts"
import { mountRequest } from "../plan/mount-request.ts"
import { namespaceIsNew, namespaceOf } from "../spec/namespace.ts"
import type { Process, Spec } from "../spec/types.gen.ts"

/**
 * Whether the container's user gets its cgroup (config-linux.md, "Cgroup ownership"): cgroup v2, a cgroup namespace of the
 * container's own, and cgroupfs mounted writable. A mount of type cgroup or cgroup2 is one, whatever its source is called.
 */
export function ownsCgroup(spec: Spec, record: CgroupRecord): boolean {
  if (record.mode !== "v2" || record.paths[""] === undefined) return false
  const own = namespaceOf(spec.linux, "cgroup")
  if (own === undefined || !namespaceIsNew(own)) return false
  return (spec.mounts ?? []).some((mount, index) => {
    if ((mount.type !== "cgroup" && mount.type !== "cgroup2") || cleanRelative(mount.destination) !== "sys/fs/cgroup") return false
    const { set, recursiveSet } = mountRequest(mount, index)
    return ((set | recursiveSet) & MOUNT_ATTR.RDONLY) === 0
  })
}

/** Gives the container's cgroup to the user of its process, where the spec asks for it, or the one below in which it is to be. @param pid init, in its user namespace */
export async function giveCgroup(spec: Spec, process: Process, record: CgroupRecord, pid: number): Promise<void> {
  const owns = ownsCgroup(spec, record)
  if (!owns && record.leaf === undefined) return
  const mapped = namespaceOf(spec.linux, "user") !== undefined
  const uid = mapped ? hostId(readText(`/proc/${pid}/uid_map`), process.user.uid) : process.user.uid
  // root has made the cgroup and owns it
  const taker = uid === 0 ? undefined : uid
  if (taker === undefined && record.leaf === undefined) return
  const { delegateCgroup, enterLeaf } = await import("../host/cgroup/delegate.ts")
  if (owns && taker !== undefined) delegateCgroup(record, taker)
  if (record.leaf !== undefined) enterLeaf(record, pid, taker)
}

/** What an id of a user namespace is outside. @param map lines `inside outside count` (user_namespaces(7)) */
export function hostId(map: string, id: number): number | undefined {
  for (const line of map.split("\n")) {
    const [inside, outside, count] = line.trim().split(/\s+/).map(Number) as [number, number, number]
    if (id >= inside && id < inside + count) return outside + id - inside
  }
  return undefined
}
