import { RuntsError } from "../error.ts"
import { sys } from "../ffi/index.ts"
import { writeFile } from "../host/file.ts"
import { hasOwnCapability } from "../host/privilege.ts"
import { AT_EACCESS, AT_FDCWD } from "../kernel/fs.ts"
import { NR } from "../kernel/syscalls.ts"
import type { IdMapping } from "../spec/types.gen.ts"
import { writeMap } from "./id-maps.ts"
import { runTool } from "./run-hook.ts"

export type IdKind = "uid" | "gid"

/** Folders in which newuidmap and newgidmap are looked for: they have rights that their caller lacks, so PATH has no say. */
const FOLDERS = ["/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin", "/sbin", "/run/wrappers/bin"] as const
const X_OK = 1
/** They look users up, which may ask a network. Seconds. */
const TIMEOUT_S = 30

/** The program that maps a user's ranges: newuidmap(1) or newgidmap(1); undefined where there is none. */
export function findMapper(kind: IdKind): string | undefined {
  for (const folder of FOLDERS) {
    const path = `${folder}/new${kind}map`
    if (sys(NR.faccessat2, AT_FDCWD, path, X_OK, AT_EACCESS) === 0) return path
  }
  return undefined
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

/** Gives a user namespace of an ordinary user its maps: the process in it waits for them. */
export function writeOwnMaps(pid: number, uids: readonly IdMapping[], gids: readonly IdMapping[]): void {
  writeIds(pid, "gid", gids)
  writeIds(pid, "uid", uids)
}

function writeIds(pid: number, kind: IdKind, mappings: readonly IdMapping[]): void {
  const pointer = `/linux/${kind}Mappings`
  const mayMap = hasOwnCapability(kind === "uid" ? "CAP_SETUID" : "CAP_SETGID")
  if (!mayMap && !isOwnId(kind, mappings)) return runMapper(pid, kind, mappings, pointer)
  if (!mayMap && kind === "gid") writeFile(`/proc/${pid}/setgroups`, "deny")
  writeMap(`/proc/${pid}/${kind}_map`, mappings, pointer)
}

function runMapper(pid: number, kind: IdKind, mappings: readonly IdMapping[], pointer: string): void {
  const path = findMapper(kind)
  const details = { code: "id-map-failed", pointer } as const
  if (path === undefined) {
    throw new RuntsError(`the ${kind} mappings take new${kind}map, which is in none of ${FOLDERS.join(", ")}`, {
      ...details, hint: "apt-get install uidmap, or map the caller's own id alone (`runts spec --rootless`)",
    })
  }
  const args = mappings.flatMap(({ containerID, hostID, size }) => [containerID, hostID, size]).map(String)
  const why = runTool(path, [String(pid), ...args], TIMEOUT_S)
  if (why === undefined) return
  throw new RuntsError(`write the ${kind} mappings: ${path}: ${why}`, {
    ...details,
    hint: `see the user's ranges in /etc/sub${kind}, and that ${path} is set-user-ID root or has its file capability`,
  })
}
