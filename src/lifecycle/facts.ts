import { RuntsError } from "../error.ts"
import { sys } from "../ffi/index.ts"
import { ownCgroup, type CgroupLayout } from "../host/cgroup/layout.ts"
import { ownFolder } from "../host/cgroup/paths.ts"
import type { CgroupRecord } from "../host/cgroup/record.ts"
import { close, realPath, tryReadLink, tryStat, type FileStatus } from "../host/file.ts"
import { mountPointOf, openNamespace } from "../host/procfs.ts"
import { AT_FDCWD, O_CLOEXEC, O_PATH, RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS } from "../kernel/fs.ts"
import { SUPER_MAGIC } from "../kernel/mount.ts"
import type { NamespaceType } from "../kernel/process.ts"
import { NR } from "../kernel/syscalls.ts"
import { type CgroupMountFacts, type MountSourceFacts, SYSTEMD_HIERARCHY } from "../plan/facts.ts"
import { absoluteSource } from "../plan/mounts.ts"
import { annotation } from "../spec/annotations.ts"
import { namespaceIsNew } from "../spec/namespace.ts"
import type { Mount, Spec } from "../spec/types.gen.ts"
import { cleanRelative } from "../path.ts"

/** The root filesystem's absolute path. @throws RuntsError where it is missing, no folder, or reached through a symlink */
export function rootfsPath(spec: Spec, bundle: string): string {
  const given = spec.root?.path ?? ""
  const path = cleanAbsolute(given.startsWith("/") ? given : `${bundle}/${given}`)
  const details = { code: "rootfs-invalid", pointer: "/root/path" } as const
  const status = tryStat(path)
  if (status === undefined) {
    throw new RuntsError(`root.path: the root filesystem ${JSON.stringify(path)} does not exist`, {
      ...details, code: "rootfs-missing", hint: "unpack an image there",
    })
  }
  if (status.type !== "dir") throw new RuntsError(`root.path: the root filesystem ${JSON.stringify(path)} is not a directory`, details)
  const real = realPath(path)
  if (real !== path) {
    throw new RuntsError(`root.path: invalid rootfs: ${JSON.stringify(path)} is not an absolute path, or a symlink`, {
      ...details, hint: `name the folder itself: ${JSON.stringify(real)}`,
    })
  }
  return path
}

function cleanAbsolute(path: string): string {
  return "/" + cleanRelative(path)
}

/** Opens all namespaces that are joined by path. */
export function openNamespaces(spec: Spec): Partial<Record<NamespaceType, number>> {
  const opened: Partial<Record<NamespaceType, number>> = {}
  try {
    for (const [index, namespace] of (spec.linux?.namespaces ?? []).entries()) {
      if (namespaceIsNew(namespace)) continue
      const type = namespace.type as NamespaceType
      try {
        opened[type] = openNamespace(namespace.path as string, type)
      } catch (error) {
        if (!(error instanceof RuntsError)) throw error
        throw new RuntsError(error.message, { ...error.details, pointer: `/linux/namespaces/${index}/path` })
      }
    }
  } catch (error) {
    for (const fd of Object.values(opened)) close(fd)
    throw error
  }
  return opened
}

/** Whether options make a mount a bind. */
function isBind(mount: Mount): boolean {
  return mount.type === "bind" || (mount.options?.some((option) => option === "bind" || option === "rbind") ?? false)
}

/** Looks at the sources of all bind mounts. @throws RuntsError for one that is missing */
export function mountSources(spec: Pick<Spec, "mounts">, bundle: string): Map<number, MountSourceFacts> {
  const sources = new Map<number, MountSourceFacts>()
  const mounts = spec.mounts ?? []
  for (let index = 0; index < mounts.length; index++) {
    const mount = mounts[index] as Mount
    if (hasSource(mount)) sources.set(index, mountSource(mount, index, bundle))
  }
  return sources
}

/** Whether a mount shows something of the host that must be there. */
export function hasSource(mount: Mount): boolean {
  return isBind(mount) && mount.options?.includes("remount") !== true
}

/** Looks at the source of one bind mount. @throws RuntsError where it is missing */
export function mountSource(mount: Mount, index: number, bundle: string): MountSourceFacts {
  const source = absoluteSource(bundle, mount.source ?? "")
  const keepsLink = mount.options?.some((option) => option === "copy-symlink" || option === "src-nofollow") === true
  const link = keepsLink ? tryReadLink(AT_FDCWD, source) : undefined
  if (typeof link === "string") return { isDirectory: false, isProcfs: false, link }
  const where = `mounts[${index}] (${mount.destination}): bind source`
  const pointer = `/mounts/${index}/source`
  const status = mount.source === undefined || mount.source === "" ? undefined : lookAt(source, where, pointer)
  if (status === undefined) {
    throw new RuntsError(`${where} ${JSON.stringify(source)}: no such file or directory`, { code: "mount-source-missing", errno: 2, pointer })
  }
  const isProcfs = cleanRelative(mount.destination) === "proc" && fileSystemOf(source) === SUPER_MAGIC.PROC
  return { isDirectory: status.type === "dir", isProcfs }
}

/** @throws RuntsError where the caller may not look, as an ordinary user into others' folders */
function lookAt(source: string, where: string, pointer: string): FileStatus | undefined {
  try {
    return tryStat(source)
  } catch (error) {
    if (!(error instanceof RuntsError)) throw error
    throw new RuntsError(`${where}: ${error.message}`, { ...error.details, pointer })
  }
}

function fileSystemOf(path: string): number {
  const statfs = Buffer.alloc(120)
  return sys(NR.statfs, path, statfs) < 0 ? 0 : statfs.readUInt32LE(0)
}

/** Mount targets that are in the rootfs already. What an earlier mount covers cannot be known from here and counts as missing. */
export function existingTargets(spec: Spec, rootFd: number): Set<number> {
  const existing = new Set<number>()
  const covered = new Set<string>()
  const how = Buffer.alloc(24)
  how.writeUInt32LE(O_PATH | O_CLOEXEC, 0)
  how.writeUInt32LE(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS, 16)
  const mounts = spec.mounts ?? []
  for (let index = 0; index < mounts.length; index++) {
    const path = cleanRelative((mounts[index] as Mount).destination)
    if (!liesBelow(path, covered)) {
      const fd = sys(NR.openat2, rootFd, path === "" ? "." : path, how, 24)
      if (fd >= 0) {
        existing.add(index)
        close(fd)
      }
    }
    covered.add(path)
  }
  return existing
}

/** Whether one of the folders above a path is among these; with the root among them all are. */
function liesBelow(path: string, folders: ReadonlySet<string>): boolean {
  if (folders.size === 0) return false
  for (let slash = path.lastIndexOf("/"); slash > 0; slash = path.lastIndexOf("/", slash - 1)) {
    if (folders.has(path.slice(0, slash))) return true
  }
  return folders.has("")
}

/** What a mount of type cgroup shows; undefined where the spec has none. A container without cgroups of its own is in those of this process. */
export function cgroupMounts(spec: Spec, layout: CgroupLayout, record: CgroupRecord): CgroupMountFacts | undefined {
  if (!(spec.mounts ?? []).some((mount) => mount.type === "cgroup" || mount.type === "cgroup2")) return undefined
  const paths = record.absence === undefined ? record.paths : { ...ownPaths(layout), ...record.paths }
  const hierarchies = layout.controllers
    .filter((hierarchy) => hierarchy.name !== "" && paths[hierarchy.name] !== undefined)
    .map(({ name, mount }) => ({ name, mount, folder: paths[name] as string }))
  const systemdAt = annotation(spec, "run.oci.systemd.force_cgroup_v1")
  if (systemdAt !== undefined && layout.mode === "v2" && paths[SYSTEMD_HIERARCHY] !== undefined) {
    hierarchies.push({ name: SYSTEMD_HIERARCHY, mount: `${layout.root}/systemd`, folder: paths[SYSTEMD_HIERARCHY] })
  }
  return {
    mode: layout.mode, hierarchies, unified: paths[""],
    ...(record.absence === undefined ? {} : { foreign: true }), ...(systemdAt === undefined ? {} : { systemdAt }),
  }
}

/** The cgroups that this process is in. */
function ownPaths(layout: CgroupLayout): Record<string, string> {
  const own = ownCgroup()
  const paths: Record<string, string> = {}
  for (const hierarchy of layout.controllers) {
    const path = own[hierarchy.name]
    if (path !== undefined) paths[hierarchy.name] = `${hierarchy.mount}/${ownFolder(hierarchy, path)}`.replace(/\/$/, "")
  }
  return paths
}

/**
 * The mount that must be private so that mounts of the container do not spread: with any rootfsPropagation that may leave it shared,
 * which are all but the recursive slave and private (the words without "r" change / alone).
 */
export function sharedParent(spec: Spec, rootfs: string): string | undefined {
  const word = spec.linux?.rootfsPropagation ?? ""
  return word === "" || word === "rslave" || word === "rprivate" ? undefined : mountPointOf(rootfs)
}

