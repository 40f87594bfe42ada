import { isUnprivileged } from "../host/privilege.ts"
import { findMapper, SUBIDS } from "../host/subids.ts"
import { mapsHimself, noMapper, refusedMapping } from "../lifecycle/own-maps.ts"
import { namespaceIsNew, namespaceOf } from "../spec/namespace.ts"
import type { Host } from "./host.ts"

/** Whether an ordinary user can have the mappings that the config names, or that were found for him. */
export function checkIdMaps({ spec, findings }: Host): void {
  const user = namespaceOf(spec.linux, "user")
  if (user === undefined || !namespaceIsNew(user) || !isUnprivileged()) return
  for (const kind of ["uid", "gid"] as const) {
    const mappings = spec.linux?.[`${kind}Mappings`] ?? []
    const pointer = `/linux/${kind}Mappings`
    if (mappings.length === 0 || mapsHimself(kind, mappings)) continue
    if (findMapper(kind) === undefined) {
      findings.take(noMapper(kind), { code: "id-map-failed", pointer })
      continue
    }
    const refused = findings.attempt({ code: "id-map-failed", pointer }, () => refusedMapping(kind, mappings))
    if (refused === undefined) continue
    findings.error(`${pointer}/${mappings.indexOf(refused)}: ${SUBIDS[kind]} does not give this user the ids ${refused.hostID} to ${refused.hostID + refused.size - 1}`, {
      code: "id-map-failed", pointer: `${pointer}/${mappings.indexOf(refused)}`,
      remedy: `map his own id alone and those of his ranges, or have root give him these: usermod --add-sub${kind}s`,
    })
  }
}
