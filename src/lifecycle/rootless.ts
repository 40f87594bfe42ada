import { RuntsError } from "../error.ts"
import { sys } from "../ffi/index.ts"
import { readText, tryReadText } from "../host/file.ts"
import { hasOwnCapability } from "../host/privilege.ts"
import { parseSubIds } from "../host/subids.ts"
import { NR } from "../kernel/syscalls.ts"
import { debug } from "../log.ts"
import { namespaceIsNew, namespaceOf } from "../spec/namespace.ts"
import type { IdMapping, Linux, Mount, Spec } from "../spec/types.gen.ts"
import { findMapper, type IdKind } from "./own-maps.ts"

/*
 * Containers of an ordinary user (user_namespaces(7)): whoever has no rights over the user namespace that he is in, needs a new one for
 * everything else that a container is made of. Loaded for such callers only.
 */

/** Where a user's ranges of ids are (subuid(5), subgid(5)). */
const RANGES = { uid: "/etc/subuid", gid: "/etc/subgid" } as const
/** user_namespaces(7): as many lines fit into a map. */
const MAPPINGS_MAX = 340

/**
 * The config as an ordinary user can have it: with a user namespace where it has none, and with mappings where it has none of those: the
 * container's root is the caller, and its other ids are those of his ranges, if newuidmap and newgidmap can map them.
 */
export function withUserNamespace(spec: Spec): Spec {
  const namespaces = spec.linux?.namespaces ?? []
  const user = namespaceOf(spec.linux, "user")
  if (user !== undefined && !namespaceIsNew(user)) return spec
  const { uidMappings = [], gidMappings = [] } = spec.linux ?? {}
  if (user !== undefined && (uidMappings.length > 0 || gidMappings.length > 0)) return spec
  // what is wrong with those is told by the rules
  if (user === undefined && (uidMappings.length > 0 || gidMappings.length > 0)) return spec
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
  const path = RANGES[kind]
  const text = tryReadText(path)
  if (text === undefined || findMapper("uid") === undefined || findMapper("gid") === undefined) return mappings
  let next = 1
  for (const { first, count } of parseSubIds(text, path, ownNames()).slice(0, MAPPINGS_MAX - 1)) {
    mappings.push({ containerID: next, hostID: first, size: count })
    next += count
  }
  if (next === 1) debug(`${path} has no line for ${ownNames().at(-1)}: the container has one ${kind} only`)
  return mappings
}

/** Root without CAP_SYS_ADMIN, as in a container of Docker's: all ids that it has itself, each as it is. */
function allIds(kind: IdKind): IdMapping[] {
  return readText(`/proc/self/${kind}_map`).trim().split("\n").map((line) => {
    const [inside, , size] = line.trim().split(/\s+/).map(Number) as [number, number, number]
    return { containerID: inside, hostID: inside, size }
  })
}

/** The caller as /etc/subuid may call him: his number, and his login name if he has one. */
function ownNames(): string[] {
  const uid = String(sys(NR.getuid))
  const name = (tryReadText("/etc/passwd") ?? "").split("\n").map((line) => line.split(":")).find((fields) => fields[2] === uid)?.[0]
  return name === undefined ? [uid] : [uid, name]
}

function isMapped(id: number, mappings: readonly IdMapping[]): boolean {
  return mappings.some(({ containerID, size }) => id >= containerID && id < containerID + size)
}

/** Says of ids that are not mapped why they are not, which the config could not: it names no mappings. */
function refuseUnmapped({ process }: Spec, { uidMappings = [], gidMappings = [] }: Linux): void {
  const { uid = 0, gid = 0, additionalGids = [] } = process?.user ?? {}
  const refuse = (id: number, kind: IdKind, mappings: readonly IdMapping[], pointer: string): void => {
    if (isMapped(id, mappings)) return
    const end = Math.max(...mappings.map(({ containerID, size }) => containerID + size))
    const has = end === 1 ? "0 only" : `0 to ${end - 1}`
    throw new RuntsError(`${pointer.slice(1).replaceAll("/", ".")}: ${id} is not mapped: of ${kind}s the container of user ${sys(NR.geteuid)} has ${has}`, {
      code: "id-map-failed", pointer, hint: more(kind),
    })
  }
  refuse(uid, "uid", uidMappings, "/process/user/uid")
  refuse(gid, "gid", gidMappings, "/process/user/gid")
  additionalGids.forEach((id, index) => refuse(id, "gid", gidMappings, `/process/user/additionalGids/${index}`))
}

/** What gives a user more ids. */
function more(kind: IdKind): string {
  const user = ownNames().at(-1)
  if (findMapper("uid") === undefined || findMapper("gid") === undefined) return "more take newuidmap and newgidmap: apt-get install uidmap"
  return `more take a range in ${RANGES[kind]}: usermod --add-sub${kind}s 100000-165535 ${user}`
}

/** Without owners that are not mapped: nothing could be theirs (`runts spec --rootless` leaves them out, too). */
function withMappedOwner(mount: Mount, { uidMappings = [], gidMappings = [] }: Linux): Mount {
  if (mount.type !== "devpts" && mount.type !== "tmpfs") return mount
  const options = mount.options?.filter((option) => {
    const [, kind, id] = /^(uid|gid)=(\d+)$/.exec(option) ?? []
    if (kind === undefined || isMapped(Number(id), kind === "uid" ? uidMappings : gidMappings)) return true
    debug(`${mount.destination}: the option ${option} is left out, as that id is not mapped`)
    return false
  })
  return options === undefined ? mount : { ...mount, options }
}
