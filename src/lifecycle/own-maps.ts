import { RuntsError } from "../error.ts"
import { sys } from "../ffi/index.ts"
import { writeFile } from "../host/file.ts"
import { hasOwnCapability } from "../host/privilege.ts"
import { findMapper, type IdKind, MAPPER_FOLDERS, ownSubIds, SUBIDS } from "../host/subids.ts"
import { NR } from "../kernel/syscalls.ts"
import type { CreateFacts } from "../plan/facts.ts"
import type { IdMapping, Spec } from "../spec/types.gen.ts"
import { writeMap } from "./id-maps.ts"
import { runTool } from "./run-hook.ts"

/** They look users up, which may ask a network. Seconds. */
const TIMEOUT_S = 30

/** What a container's plan must know of an ordinary user who makes it. */
export function factsOfUser({ linux }: Spec): Pick<CreateFacts, "traceable" | "deniesGroups"> {
  // who is root of a user namespace that is joined, and sees init there, could take hold of it (CVE-2016-9962)
  const isNew = (type: string): boolean => linux?.namespaces?.some((namespace) => namespace.type === type && (namespace.path ?? "") === "") === true
  return {
    ...(isNew("user") || isNew("pid") ? { traceable: true } : {}),
    ...(deniesGroups(linux?.gidMappings ?? []) ? { deniesGroups: true } : {}),
  }
}

/**
 * Whether the container's user namespace can have additional groups: the kernel denies setgroups(2) where its caller maps his own group
 * himself (user_namespaces(7), "The /proc/pid/setgroups file").
 */
export function deniesGroups(gids: readonly IdMapping[]): boolean {
  return !hasOwnCapability("CAP_SETGID") && isOwnId("gid", gids)
}

/** Whether the kernel lets the caller write these mappings himself: that of his own id alone. */
function isOwnId(kind: IdKind, [mapping, ...more]: readonly IdMapping[]): boolean {
  const own = sys(kind === "uid" ? NR.geteuid : NR.getegid)
  return mapping !== undefined && more.length === 0 && mapping.size === 1 && mapping.hostID === own
}

/** Who writes mappings: the caller himself, or newuidmap and newgidmap for him. */
export function mapsHimself(kind: IdKind, mappings: readonly IdMapping[]): boolean {
  return hasOwnCapability(kind === "uid" ? "CAP_SETUID" : "CAP_SETGID") || isOwnId(kind, mappings)
}

/** The first mapping that newuidmap or newgidmap would refuse the caller: neither his own id alone nor within his ranges. */
export function refusedMapping(kind: IdKind, mappings: readonly IdMapping[]): IdMapping | undefined {
  const ranges = ownSubIds(kind)
  return mappings.find((mapping) => !isOwnId(kind, [mapping])
    && !ranges.some(({ first, count }) => mapping.hostID >= first && mapping.hostID + mapping.size <= first + count))
}

/** Why there is no program that would write mappings for the caller. */
export function noMapper(kind: IdKind): RuntsError {
  return new RuntsError(`the ${kind} mappings take new${kind}map, which is in none of ${MAPPER_FOLDERS.join(", ")}`, {
    code: "id-map-failed", pointer: `/linux/${kind}Mappings`, hint: "apt-get install uidmap, or map the caller's own id alone (`runts spec --rootless`)",
  })
}

/** Gives a user namespace of an ordinary user its maps: the process in it waits for them. */
export function writeOwnMaps(pid: number, uids: readonly IdMapping[], gids: readonly IdMapping[]): void {
  writeIds(pid, "gid", gids)
  writeIds(pid, "uid", uids)
}

function writeIds(pid: number, kind: IdKind, mappings: readonly IdMapping[]): void {
  const pointer = `/linux/${kind}Mappings`
  if (!mapsHimself(kind, mappings)) return runMapper(pid, kind, mappings, pointer)
  if (kind === "gid" && deniesGroups(mappings)) writeFile(`/proc/${pid}/setgroups`, "deny")
  writeMap(`/proc/${pid}/${kind}_map`, mappings, pointer)
}

function runMapper(pid: number, kind: IdKind, mappings: readonly IdMapping[], pointer: string): void {
  const path = findMapper(kind)
  if (path === undefined) throw noMapper(kind)
  const args = mappings.flatMap(({ containerID, hostID, size }) => [containerID, hostID, size]).map(String)
  const why = runTool(path, [String(pid), ...args], TIMEOUT_S)
  if (why === undefined) return
  throw new RuntsError(`write the ${kind} mappings: ${path}: ${why}`, {
    code: "id-map-failed", pointer,
    hint: `see the user's ranges in ${SUBIDS[kind]}, and that ${path} is set-user-ID root or has its file capability`,
  })
}
