import { RuntsError } from "../error.ts"
import { close, open, readText, writeFile } from "../host/file.ts"
import { isUnprivileged } from "../host/privilege.ts"
import { reap } from "../host/process.ts"
import { recv, send } from "../host/socket.ts"
import { ERRNO } from "../kernel/errno.ts"
import { O_RDONLY } from "../kernel/fs.ts"
import { MESSAGE, type Planner } from "../plan/planner.ts"
import { mountRequest } from "../plan/mount-request.ts"
import { planUserNamespace, planUserNamespaceMember } from "../plan/user-namespace.ts"
import { type IdmapOption, mountMappings } from "../plan/idmap-option.ts"
import type { IdMapping, Mount, Spec } from "../spec/types.gen.ts"
import { duplicate } from "./inherited.ts"
import { statusSocket } from "./launch.ts"
import { spawnProgram } from "./spawn-program.ts"

/** Descriptors of short-lived programs start here. */
const LEAST = 8

/** The lines of /proc/PID/uid_map (user_namespaces(7)). */
export function mapLines(mappings: readonly IdMapping[]): string {
  return mappings.map(({ containerID, hostID, size }) => `${containerID} ${hostID} ${size}\n`).join("")
}

/** Gives a new user namespace its maps: the process in it waits for them. */
export function writeMaps(pid: number, uids: readonly IdMapping[], gids: readonly IdMapping[], pointer: { uid: string; gid: string }): void {
  writeMap(`/proc/${pid}/uid_map`, uids, pointer.uid)
  writeMap(`/proc/${pid}/gid_map`, gids, pointer.gid)
}

/** Writes one map. @throws RuntsError where the kernel does not take it */
export function writeMap(path: string, mappings: readonly IdMapping[], pointer: string): void {
  if (mappings.length === 0) return
  try {
    writeFile(path, mapLines(mappings))
  } catch (error) {
    if (!(error instanceof RuntsError)) throw error
    throw new RuntsError(`write the id mappings: ${error.message}`, {
      ...error.details, code: "id-map-failed", pointer, hint: error.details.errno === ERRNO.EPERM ? whyDenied(mappings) : "ranges must not overlap, and at most 340 of them fit",
    })
  }
}

/** user_namespaces(7), "Defining user and group ID mappings": who may write which. */
function whyDenied(mappings: readonly IdMapping[]): string {
  return mappings.some(({ hostID }) => hostID === 0) ? "who maps the id 0 needs CAP_SETFCAP, since Linux 5.12"
    : "more than one's own id maps who has CAP_SETUID and CAP_SETGID, or calls newuidmap and newgidmap"
}

/** Runs one of the short programs of plan/user-namespace.ts; `use` is called while its process is in the namespace. */
function withMember<T>(makePlan: (status: number) => Planner, inherit: readonly number[], use: (pid: number) => T): T {
  const { ours, theirs } = statusSocket(LEAST)
  try {
    const planner = makePlan(theirs)
    let pid: number
    try {
      pid = spawnProgram(planner, "runts:userns", [theirs, ...inherit])
    } finally {
      close(theirs)
    }
    try {
      const message = Buffer.alloc(272)
      const length = recv(ours, "a program in a new user namespace", message)
      if (length === 0 || message.readUInt32LE(0) !== MESSAGE.READY) {
        const errno = length === 0 ? {} : { errno: Math.abs(Number(message.readBigInt64LE(8))) }
        throw new RuntsError("make or join a user namespace: not allowed here", {
          code: "namespace-failed", ...errno, hint: "see sysctl user.max_user_namespaces",
        })
      }
      return use(pid)
    } finally {
      try {
        send(ours, "it", new Uint8Array(1))
      } catch {
        // it has ended already
      }
      reap(pid)
    }
  } finally {
    close(ours)
  }
}

/** A new user namespace with these maps. @returns a close-on-exec descriptor */
export function makeUserNamespace(uids: readonly IdMapping[], gids: readonly IdMapping[], pointer: string): number {
  return withMember(planUserNamespace, [], (pid) => {
    const named = pointer.endsWith("/options")
    writeMaps(pid, uids, gids, { uid: named ? pointer : `${pointer}/uidMappings`, gid: named ? pointer : `${pointer}/gidMappings` })
    return open(`/proc/${pid}/ns/user`, O_RDONLY)
  })
}

/**
 * User namespaces for the idmapped mounts of a spec, by the mount's index: the mappings of crun's option, else the mount's own, else the
 * container's.
 * @param spec mappings of `linux` and the mounts
 * @param joinedUser the user namespace that the container is in by its path
 * @param keep takes each descriptor over and tells its number
 */
export function idmapNamespaces(spec: Pick<Spec, "linux" | "mounts">, joinedUser: number | undefined, keep: (fd: number) => number): Map<number, number> {
  const found = new Map<number, number>()
  const mounts = spec.mounts ?? []
  for (let index = 0; index < mounts.length; index++) {
    const mount = mounts[index] as Mount
    if (!mayBeIdmapped(mount)) continue
    const { idmap } = mountRequest(mount, index)
    if (idmap !== undefined) found.set(index, keep(idmapNamespace(spec, mount, index, idmap.option, joinedUser)))
  }
  return found
}

/** Whether a mount has mappings, or an option that asks for some: a look that costs less than reading all options. */
export function mayBeIdmapped({ uidMappings, options }: Mount): boolean {
  return (uidMappings?.length ?? 0) > 0 || options?.some((option) => option.startsWith("idmap") || option.startsWith("ridmap")) === true
}

/** Why an ordinary user cannot have an id-mapped mount. */
export function idmapDenied({ destination }: Mount, index: number): RuntsError {
  return new RuntsError(`mounts[${index}] (${destination}): an ordinary user may not make id-mapped mounts`, {
    code: "id-map-failed", pointer: `/mounts/${index}`, hint: "it takes CAP_SYS_ADMIN where the file system was mounted: call runts as root",
  })
}

function idmapNamespace(
  spec: Pick<Spec, "linux" | "mounts">, mount: Mount, index: number, option: IdmapOption | undefined, joinedUser: number | undefined,
): number {
  if (isUnprivileged()) throw idmapDenied(mount, index)
  const { uids, gids, pointer } = mountMappings(spec.linux, mount, index, option, joinedUser !== undefined)
  return uids.length > 0 ? makeUserNamespace(uids, gids, pointer) : duplicate(joinedUser as number)
}

/** A joined user namespace must have the mappings that the config names beside its path (engines send both). */
export function compareMaps(spec: Spec, namespace: number): void {
  const { uidMappings, gidMappings } = spec.linux ?? {}
  if ((uidMappings?.length ?? 0) === 0 && (gidMappings?.length ?? 0) === 0) return
  withMember((status) => planUserNamespaceMember(status, namespace), [namespace], (pid) => {
    compareMap(readText(`/proc/${pid}/uid_map`), uidMappings ?? [], "/linux/uidMappings")
    compareMap(readText(`/proc/${pid}/gid_map`), gidMappings ?? [], "/linux/gidMappings")
  })
}

function compareMap(text: string, wanted: readonly IdMapping[], pointer: string): void {
  const found = text.trim().split("\n").map((line) => line.trim().split(/\s+/).join(" ")).sort()
  const asked = mapLines(wanted).trim().split("\n").sort()
  if (found.join() === asked.join()) return
  throw new RuntsError(`the user namespace to join has the mappings ${JSON.stringify(found)}, but the config names ${JSON.stringify(asked)}`, {
    code: "id-map-failed",
    pointer, hint: "leave the mappings out, or make them equal",
  })
}
