import type { Spec } from "../spec/types.gen.ts"

/** A version of the specification and the members that came with it: pointers in which * is any item or key. */
type Row = readonly [version: string, ...pointers: string[]]

/** By the ChangeLog of runtime-spec. */
const SINCE: readonly Row[] = [
  ["1.0.2", "/hooks/createRuntime", "/hooks/createContainer", "/hooks/startContainer", "/linux/personality", "/linux/seccomp/flags", "/linux/intelRdt/closID",
    "/linux/intelRdt/memBwSchema", "/linux/resources/rdma", "/process/user/umask"],
  ["1.1.0", "/domainname", "/linux/resources/unified", "/linux/resources/cpu/idle", "/linux/resources/cpu/burst", "/linux/resources/memory/checkBeforeUpdate",
    "/linux/seccomp/defaultErrnoRet", "/linux/seccomp/listenerPath", "/linux/seccomp/listenerMetadata", "/mounts/*/uidMappings", "/mounts/*/gidMappings",
    "/linux/timeOffsets", "/process/scheduler", "/process/ioPriority"],
  ["1.2.1", "/process/execCPUAffinity"],
  ["1.3.0", "/linux/netDevices", "/linux/memoryPolicy", "/linux/intelRdt/schemata", "/linux/intelRdt/enableMonitoring"],
]

/** A member that is newer than the config says it is. */
export interface NewerMember {
  readonly pointer: string
  readonly version: string
}

/** Members that are newer than ociVersion; none for a pre-release as 1.0.2-dev, which says little. */
export function newerMembers(spec: Spec): NewerMember[] {
  const own = numbers(spec.ociVersion)
  if (own === undefined) return []
  return SINCE.filter(([version]) => isOlder(own, numbers(version) as number[])).flatMap(([version, ...pointers]) =>
    pointers.flatMap((pointer) => present(spec, pointer.split("/").slice(1), "")).map((pointer) => ({ pointer, version })))
}

function numbers(version: string): number[] | undefined {
  return /^\d+\.\d+\.\d+$/.test(version) ? version.split(".").map(Number) : undefined
}

function isOlder(version: readonly number[], than: readonly number[]): boolean {
  const at = version.findIndex((part, index) => part !== than[index])
  return at >= 0 && (version[at] as number) < (than[at] as number)
}

/** The pointers that a pattern matches; empty lists and objects are not used. */
function present(value: unknown, [part, ...rest]: readonly string[], pointer: string): string[] {
  if (part === undefined) return isUsed(value) ? [pointer] : []
  if (typeof value !== "object" || value === null) return []
  const keys = part === "*" ? Object.keys(value) : Object.hasOwn(value, part) ? [part] : []
  return keys.flatMap((key) => present((value as Record<string, unknown>)[key], rest, `${pointer}/${key}`))
}

function isUsed(value: unknown): boolean {
  if (value === undefined || value === "" || value === false) return false
  return typeof value !== "object" || value === null || Object.keys(value).length > 0
}
