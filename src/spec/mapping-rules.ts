import { namespaceIsNew, namespaceOf } from "./namespace.ts"
import type { Report } from "./rule.ts"
import type { IdMapping, Spec } from "./types.gen.ts"

/** user_namespaces(7): as many lines fit into a map. */
const MAPPINGS_MAX = 340
/** (uid_t) -1 is no id (credentials(7)), so a range ends before it. */
const ID_END = 0xffffffff

const KEYS = ["uidMappings", "gidMappings"] as const

/** Mappings of the container: for a new user namespace, and such as the kernel takes. */
export function mappingsFitUserNamespace({ linux }: Spec, report: Report): void {
  if (linux === undefined) return
  const user = namespaceOf(linux, "user")
  for (const key of KEYS) {
    const mappings = linux[key] ?? []
    if (user === undefined && mappings.length > 0) report(`/linux/${key}`, "needs a user namespace in /linux/namespaces")
    if (user !== undefined && namespaceIsNew(user) && mappings.length === 0) {
      report(`/linux/${key}`, "is empty; a new user namespace needs ids to be mapped")
    }
    mappingsAreTakenByKernel(mappings, `/linux/${key}`, report)
  }
}

/** Mappings of mounts: both kinds or none, and such as the kernel takes. */
export function mountMappingsAreWhole({ mounts }: Spec, report: Report): void {
  if (mounts === undefined) return
  for (let i = 0; i < mounts.length; i++) {
    const { uidMappings, gidMappings } = mounts[i] as (typeof mounts)[number]
    if (uidMappings === undefined && gidMappings === undefined) continue
    const [uids, gids] = [uidMappings ?? [], gidMappings ?? []]
    if ((uids.length === 0) !== (gids.length === 0)) {
      report(`/mounts/${i}`, `has ${uids.length === 0 ? "gidMappings but no uidMappings" : "uidMappings but no gidMappings"}`)
    }
    mappingsAreTakenByKernel(uids, `/mounts/${i}/uidMappings`, report)
    mappingsAreTakenByKernel(gids, `/mounts/${i}/gidMappings`, report)
  }
}

/** setresuid(2) and setresgid(2) refuse an id that a new user namespace does not map. */
export function processIdsAreMapped({ process, linux }: Spec, report: Report): void {
  const user = namespaceOf(linux, "user")
  if (process === undefined || user === undefined || !namespaceIsNew(user)) return
  for (const [id, key] of [["uid", "uidMappings"], ["gid", "gidMappings"]] as const) {
    const value = process.user[id] ?? 0
    const mappings = linux?.[key] ?? []
    if (mappings.length === 0 || mappings.some(({ containerID, size }) => value >= containerID && value < containerID + size)) continue
    report(`/process/user/${id}`, `${value} is not mapped by /linux/${key}`)
  }
}

/** As the kernel's map_write (kernel/user_namespace.c), which only says EINVAL. */
function mappingsAreTakenByKernel(mappings: readonly IdMapping[], at: string, report: Report): void {
  if (mappings.length > MAPPINGS_MAX) return report(at, `has ${mappings.length} mappings; the kernel takes ${MAPPINGS_MAX}`)
  for (let i = 0; i < mappings.length; i++) {
    const mapping = mappings[i] as IdMapping
    if (mapping.size === 0) report(`${at}/${i}/size`, "0; a mapping has one id or more")
    for (const key of ["containerID", "hostID"] as const) {
      if (mapping[key] + mapping.size > ID_END) report(`${at}/${i}/size`, `${mapping.size} ids from ${key} ${mapping[key]} on end above ${ID_END - 1}`)
      for (let first = 0; first < i; first++) {
        const other = mappings[first] as IdMapping
        if (mapping[key] >= other[key] + other.size || other[key] >= mapping[key] + mapping.size) continue
        report(`${at}/${i}/${key}`, `overlaps the ids of ${at}/${first}`)
      }
    }
  }
}
