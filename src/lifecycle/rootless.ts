import { RuntsError } from "../error.ts"
import { sys } from "../ffi/index.ts"
import { readText } from "../host/file.ts"
import { hasOwnCapability } from "../host/privilege.ts"
import { findMapper, type IdKind, ownNames, ownSubIds, type SubIds, SUBIDS } from "../host/subids.ts"
import { PR } from "../kernel/process.ts"
import { NR } from "../kernel/syscalls.ts"
import { debug } from "../log.ts"
import { namespaceIsNew, namespaceOf } from "../spec/namespace.ts"
import { idmapDenied, mayBeIdmapped } from "./id-maps.ts"
import { pointerKey } from "../spec/report.ts"
import { mapLines } from "./id-maps.ts"
import type { IdMapping, Linux, Mount, Spec } from "../spec/types.gen.ts"

/*
 * Containers of an ordinary user (user_namespaces(7)): whoever has no rights over the user namespace that he is in, needs a new one for
 * everything else that a container is made of. Loaded for such callers only.
 */

/** user_namespaces(7): as many lines fit into a map. */
const MAPPINGS_MAX = 340
/** And they are written in one piece, shorter than a page. */
const MAP_BYTES_MAX = 4095

/**
 * The config as an ordinary user can have it: with a user namespace where it has none, and with mappings where it has none of those: the
 * container's root is the caller, and its other ids are those of his ranges, if newuidmap and newgidmap can map them.
 */
export function rootlessSpec(spec: Spec): Spec {
  const fitted = withUserNamespace(spec)
  refuse(fitted)
  return fitted
}

function withUserNamespace(spec: Spec): Spec {
  const namespaces = spec.linux?.namespaces ?? []
  const user = namespaceOf(spec.linux, "user")
  if (user !== undefined && !namespaceIsNew(user)) return spec
  const { uidMappings = [], gidMappings = [] } = spec.linux ?? {}
  // mappings without a namespace are told by the rules
  if (uidMappings.length > 0 || gidMappings.length > 0) return spec
  const linux: Linux = {
    ...spec.linux,
    namespaces: user === undefined ? [...namespaces, { type: "user" }] : namespaces,
    uidMappings: ownMappings("uid"),
    gidMappings: ownMappings("gid"),
  }
  refuseUnmapped(spec, linux)
  const { mounts } = spec
  return { ...spec, linux, ...(mounts === undefined ? {} : { mounts: mounts.map((mount) => withMappedOwner(mount, linux)) }) }
}

/** What the caller can map. */
function ownMappings(kind: IdKind): IdMapping[] {
  const own = sys(kind === "uid" ? NR.geteuid : NR.getegid)
  if (own === 0 && hasOwnCapability(kind === "uid" ? "CAP_SETUID" : "CAP_SETGID")) return allIds(kind)
  const mappings: IdMapping[] = [{ containerID: 0, hostID: own, size: 1 }]
  if (findMapper("uid") === undefined || findMapper("gid") === undefined) return mappings
  if (sys(NR.prctl, PR.GET_NO_NEW_PRIVS, 0, 0, 0, 0) === 1) {
    debug("no_new_privs is on, with which newuidmap and newgidmap can map nothing: the container has one id only")
    return mappings
  }
  let next = 1
  for (const range of ownSubIds(kind).slice(0, MAPPINGS_MAX - 1)) {
    refuseRange(kind, own, range)
    const { first, count } = range
    if (mapLines([...mappings, { containerID: next, hostID: first, size: count }]).length > MAP_BYTES_MAX) {
      debug(`${SUBIDS[kind]}: ranges from line ${range.line} on are left out, as a map has no room for more`)
      break
    }
    mappings.push({ containerID: next, hostID: first, size: count })
    next += count
  }
  if (next === 1) debug(`${SUBIDS[kind]} has no line for ${ownNames().at(-1)}: the container has one ${kind} only`)
  return mappings
}

/** No range may hold root, who would be in the container's reach, nor the caller, who is the container's root already. */
function refuseRange(kind: IdKind, own: number, { first, count, line }: SubIds): void {
  const wrong = first === 0 ? "begin with 0, which is root's: a process of the container could be root outside of it"
    : own >= first && own < first + count ? `hold the user's own, ${own}, which is the container's root already` : undefined
  if (wrong === undefined) return
  throw new RuntsError(`${SUBIDS[kind]}, line ${line}: the ${count} ids from ${first} on ${wrong}`, {
    code: "id-map-failed", hint: `have root give the user others (usermod --del-sub${kind}s, --add-sub${kind}s), or map the user's own id alone (\`runts spec --rootless\`)`,
  })
}

/** Root without CAP_SYS_ADMIN, as in a container of Docker's: all ids that it has itself, each as it is. */
function allIds(kind: IdKind): IdMapping[] {
  return readText(`/proc/self/${kind}_map`).trim().split("\n").map((line) => {
    const [inside, , size] = line.trim().split(/\s+/).map(Number) as [number, number, number]
    return { containerID: inside, hostID: inside, size }
  })
}

function isMapped(id: number, mappings: readonly IdMapping[]): boolean {
  return mappings.some(({ containerID, size }) => id >= containerID && id < containerID + size)
}

/** Says of ids that are not mapped why they are not, which the config could not: it names no mappings. */
function refuseUnmapped({ process }: Spec, { uidMappings = [], gidMappings = [] }: Linux): void {
  const { uid = 0, gid = 0, additionalGids = [] } = process?.user ?? {}
  const need = (id: number, kind: IdKind, mappings: readonly IdMapping[], pointer: string): void => {
    if (isMapped(id, mappings)) return
    const end = Math.max(...mappings.map(({ containerID, size }) => containerID + size))
    const has = end === 1 ? "0 only" : `0 to ${end - 1}`
    throw new RuntsError(`${pointer.slice(1).replaceAll("/", ".")}: ${id} is not mapped: of ${kind}s the container of user ${sys(NR.geteuid)} has ${has}`, {
      code: "id-map-failed", pointer, hint: more(kind),
    })
  }
  need(uid, "uid", uidMappings, "/process/user/uid")
  need(gid, "gid", gidMappings, "/process/user/gid")
  additionalGids.forEach((id, index) => need(id, "gid", gidMappings, `/process/user/additionalGids/${index}`))
}

/** What gives a user more ids. */
function more(kind: IdKind): string {
  const user = ownNames().at(-1)
  if (sys(NR.prctl, PR.GET_NO_NEW_PRIVS, 0, 0, 0, 0) === 1) return "more take newuidmap and newgidmap, which no_new_privs makes powerless: call runts without it"
  if (findMapper("uid") === undefined || findMapper("gid") === undefined) return "more take newuidmap and newgidmap: apt-get install uidmap"
  return `more take a range in ${SUBIDS[kind]}: usermod --add-sub${kind}s 100000-165535 ${user}`
}

/** What no ordinary user can have, told before anything is made. */
function refuse(spec: Spec): void {
  const device = Object.keys(spec.linux?.netDevices ?? {})[0]
  if (device !== undefined) {
    throw new RuntsError("linux.netDevices: an ordinary user may not take network devices from the host's network namespace", {
      code: "net-device-failed", pointer: `/linux/netDevices/${pointerKey(device)}`, hint: "call runts as root, or leave them out",
    })
  }
  if (spec.linux?.intelRdt !== undefined) {
    throw new RuntsError("linux.intelRdt: an ordinary user may not make resctrl groups", {
      code: "resource-unavailable", pointer: "/linux/intelRdt", hint: "call runts as root, or leave it out",
    })
  }
  spec.mounts?.forEach((mount, index) => {
    if (mayBeIdmapped(mount)) throw idmapDenied(mount, index)
  })
  const user = namespaceOf(spec.linux, "user")
  if (user === undefined || !namespaceIsNew(user)) return
  for (const kind of ["uid", "gid"] as const) {
    const mappings = spec.linux?.[`${kind}Mappings`] ?? []
    if (mappings.length === 0 || isMapped(0, mappings)) continue
    throw new RuntsError(`linux.${kind}Mappings: ${kind} 0 of the container is not mapped, as whom it is set up`, {
      code: "id-map-failed", pointer: `/linux/${kind}Mappings`, hint: 'add {"containerID": 0, "hostID": ' + `${sys(kind === "uid" ? NR.geteuid : NR.getegid)}, "size": 1}`,
    })
  }
  spec.linux?.namespaces?.forEach((namespace, index) => {
    if (namespaceIsNew(namespace)) return
    throw new RuntsError(`linux.namespaces: the ${namespace.type} namespace ${JSON.stringify(namespace.path)} cannot be joined from a new user namespace`, {
      code: "namespace-failed", pointer: `/linux/namespaces/${index}/path`,
      hint: `who is not root joins the user namespace that it belongs to, too: {"type": "user", "path": "/proc/PID/ns/user"}`,
    })
  })
  spec.mounts?.forEach((mount, index) => refuseUnmappedOwners(mount, index, spec.linux ?? {}))
}

const OWNER = /^(uid|gid)=(\d+)$/

/** The kernel makes no file system whose root belongs to somebody who is not mapped. */
function refuseUnmappedOwners({ destination, options }: Mount, index: number, { uidMappings = [], gidMappings = [] }: Linux): void {
  options?.forEach((option, at) => {
    const [, kind, id] = OWNER.exec(option) ?? []
    if (kind === undefined || isMapped(Number(id), kind === "uid" ? uidMappings : gidMappings)) return
    throw new RuntsError(`mounts[${index}] (${destination}): cannot specify ${kind}= mount options for unmapped ${kind} in rootless containers: ${option}`, {
      code: "mount-option", pointer: `/mounts/${index}/options/${at}`, hint: `leave it out, or map that id in linux.${kind}Mappings`,
    })
  })
}

/** Without owners that are not mapped: nothing could be theirs (`runts spec --rootless` leaves them out, too). */
function withMappedOwner(mount: Mount, { uidMappings = [], gidMappings = [] }: Linux): Mount {
  if (mount.type !== "devpts" && mount.type !== "tmpfs") return mount
  const options = mount.options?.filter((option) => {
    const [, kind, id] = OWNER.exec(option) ?? []
    if (kind === undefined || isMapped(Number(id), kind === "uid" ? uidMappings : gidMappings)) return true
    debug(`${mount.destination}: the option ${option} is left out, as that id is not mapped`)
    return false
  })
  return options === undefined ? mount : { ...mount, options }
}
