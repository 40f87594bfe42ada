import { RuntsError } from "../error.ts"
import type { IdMapping, Linux, Mount } from "../spec/types.gen.ts"

/** A range of crun's `idmap=` option. */
export interface IdmapRange extends IdMapping {
  /** `@`: `hostID` is an id of the container, to be taken through its user namespace's mappings. */
  readonly relative: boolean
}

/** crun's option `idmap=uids=CONTAINER-HOST-SIZE#...;gids=...` (crun(1), "idmap mount options"); `ridmap=` for the mounts below too. */
export interface IdmapOption {
  readonly recursive: boolean
  /** undefined: those of the container. */
  readonly uids: readonly IdmapRange[] | undefined
  readonly gids: readonly IdmapRange[] | undefined
}

const RANGE = /^(@?)(\d{1,10})-(\d{1,10})-(\d{1,10})$/
const ID_MAX = 0xffffffff

/** Reads one word. @returns undefined where it is another option. @throws RuntsError where it is not well-formed */
export function idmapOption(word: string, index: number, destination: string): IdmapOption | undefined {
  const recursive = word.startsWith("ridmap=")
  if (!recursive && !word.startsWith("idmap=")) return undefined
  const refuse = (why: string): never => {
    throw new RuntsError(`mounts[${index}] (${destination}): ${JSON.stringify(word)}: ${why}`, {
      code: "mount-option",
      pointer: `/mounts/${index}/options`, hint: "the form is idmap=uids=0-1000-10#10-2000-1;gids=0-1000-10",
    })
  }
  const maps: { uids?: IdmapRange[]; gids?: IdmapRange[] } = {}
  for (const part of word.slice(word.indexOf("=") + 1).split(";")) {
    if (part === "") continue
    const kind = part.slice(0, 5)
    if (kind !== "uids=" && kind !== "gids=") return refuse(`${JSON.stringify(part)} is neither uids= nor gids=`)
    maps[kind === "uids=" ? "uids" : "gids"] = part.slice(5).split("#").map((text) => {
      const found = RANGE.exec(text)
      const [containerID, hostID, size] = [Number(found?.[2]), Number(found?.[3]), Number(found?.[4])]
      if (found === null || size === 0 || containerID + size > ID_MAX || hostID + size > ID_MAX) {
        return refuse(`${JSON.stringify(text)} is no range FROM-TO-SIZE of ids`)
      }
      return { containerID, hostID, size, relative: found[1] === "@" }
    })
  }
  if (maps.uids === undefined && maps.gids === undefined) return refuse("it names neither uids nor gids")
  return { recursive, uids: maps.uids, gids: maps.gids }
}

/**
 * The mappings of an option in absolute ids: a relative range is cut where the container's own mappings end, and moved as they move.
 * @param container the container's mappings, `linux.uidMappings` or `gidMappings`
 * @returns undefined where the container has no id for a relative range
 */
export function absoluteRanges(ranges: readonly IdmapRange[], container: readonly IdMapping[]): IdMapping[] | undefined {
  const absolute: IdMapping[] = []
  for (const { containerID, hostID, size, relative } of ranges) {
    if (!relative) {
      absolute.push({ containerID, hostID, size })
      continue
    }
    for (let done = 0; done < size;) {
      const id = hostID + done
      const own = container.find((mapping) => id >= mapping.containerID && id < mapping.containerID + mapping.size)
      if (own === undefined) return undefined
      const part = Math.min(size - done, own.containerID + own.size - id)
      absolute.push({ containerID: containerID + done, hostID: own.hostID + id - own.containerID, size: part })
      done += part
    }
  }
  return absolute
}

/** The mappings of an idmapped mount, and where config.json has them. Both are empty where they are those of a joined user namespace. */
export interface MountMappings {
  readonly uids: readonly IdMapping[]
  readonly gids: readonly IdMapping[]
  readonly pointer: string
}

/**
 * Those of crun's option, else the mount's own, else the container's.
 * @param joinsUser the container is in a user namespace that was there before
 * @throws RuntsError where there are none
 */
export function mountMappings(linux: Linux | undefined, mount: Mount, index: number, option: IdmapOption | undefined, joinsUser: boolean): MountMappings {
  const own = (mount.uidMappings?.length ?? 0) > 0
  const at = `/mounts/${index}${option === undefined ? "" : "/options"}`
  const mappingsOf = (ranges: readonly IdmapRange[] | undefined, mine: Mount["uidMappings"], container: Linux["uidMappings"]): readonly IdMapping[] => {
    if (ranges === undefined) return (own ? mine : container) ?? []
    const absolute = absoluteRanges(ranges, container ?? [])
    if (absolute !== undefined) return absolute
    throw new RuntsError(`mounts[${index}] (${mount.destination}): idmap: a relative range (@) leaves the container's id mappings`, {
      code: "id-map-failed",
      pointer: at, hint: "an id of the container must stand between the hyphens, and linux.uidMappings and gidMappings must hold it",
    })
  }
  const uids = mappingsOf(option?.uids, mount.uidMappings, linux?.uidMappings)
  const gids = mappingsOf(option?.gids, mount.gidMappings, linux?.gidMappings)
  const pointer = own || option !== undefined ? at : "/linux"
  if (uids.length > 0 && gids.length > 0) return { uids, gids, pointer }
  if (joinsUser && option === undefined) return { uids: [], gids: [], pointer }
  throw new RuntsError(`mounts[${index}] (${mount.destination}): idmap without mappings, and the container has no user namespace`, {
    code: "id-map-failed",
    pointer: `/mounts/${index}/options`, hint: "give the mount uidMappings and gidMappings",
  })
}
