import { RuntsError } from "../../error.ts"
import { sys } from "../../ffi/index.ts"
import { AT_EACCESS, AT_FDCWD } from "../../kernel/fs.ts"
import { NR } from "../../kernel/syscalls.ts"
import { ownCgroup } from "./layout.ts"
import type { CgroupLayout, Hierarchy } from "./layout.ts"
import { UNIFIED } from "./record.ts"
import type { CgroupRecord } from "./record.ts"
import { cleanRelative } from "../../path.ts"

/**
 * Where a container's cgroups are, by runc's rules for cgroupfs (runtime-spec config-linux.md, "Cgroups Path"):
 * absolute: below each mount. Relative: below the parent of runts' own cgroup on v2 (below runts' own cgroup where the caller may make
 * cgroups there only), below runts' own cgroup in each v1 hierarchy, below the mount in the cgroup2 hierarchy of hybrid. Missing or empty: the
 * relative path `id`. `..` never leads above the start of a path; "slice:prefix:name" has no meaning here and is a plain relative path.
 * @param own the runtime's own cgroups, asked for where they matter
 * @throws if the path names no cgroup below
 */
export function cgroupPaths(
  layout: CgroupLayout, cgroupsPath: string | undefined, id: string, own: () => Readonly<Record<string, string>> = ownCgroup,
): CgroupRecord {
  const given = cgroupsPath === undefined || cgroupsPath === "" ? id : cgroupsPath
  const path = cleanRelative(given)
  if (path === "") {
    throw new RuntsError(`linux.cgroupsPath ${JSON.stringify(given)} names no cgroup of the container's own`, {
      code: "cgroup-path-invalid",
      pointer: "/linux/cgroupsPath", hint: "name a cgroup that the container may have for itself, as /runts/" + id,
    })
  }
  const absolute = given.startsWith("/")
  const memberships = absolute ? undefined : own()
  const paths: Record<string, string> = {}
  const mounts: Record<string, string> = {}
  for (const hierarchy of layout.controllers) {
    const start = memberships === undefined ? "" : startOf(layout, hierarchy, memberships[hierarchy.name] ?? "/")
    mounts[hierarchy.name] = hierarchy.mount
    paths[hierarchy.name] = hierarchy.mount + "/" + (start === "" ? path : start + "/" + path)
  }
  return { mode: layout.mode, paths, mounts, created: [] }
}

/** Where relative paths begin, below the mount. */
function startOf(layout: CgroupLayout, hierarchy: Hierarchy, own: string): string {
  if (hierarchy.name !== UNIFIED) return ownFolder(hierarchy, own)
  if (layout.mode !== "v2") return ""
  const below = ownFolder(hierarchy, own)
  const beside = cleanRelative(below + "/..")
  return mayDivide(hierarchy, beside) || !mayDivide(hierarchy, below) ? beside : below
}

const W_OK = 2

/** Whether the caller may make cgroups in a folder, and move processes from there into them (cgroup-v2.rst, "Delegation Containment"). */
function mayDivide({ mount }: Hierarchy, path: string): boolean {
  const folder = `${mount}/${path}`
  return [folder, folder + "/cgroup.procs"].every((file) => sys(NR.faccessat2, AT_FDCWD, file, W_OK, AT_EACCESS) === 0)
}

/** The folder of a cgroup that a process is in, below the mount. @param own as /proc/PID/cgroup shows it */
export function ownFolder(hierarchy: Hierarchy, own: string): string {
  // a container that sees a part of the host's tree reads paths of the host in /proc/self/cgroup
  const { root } = hierarchy
  if (root !== "/" && (own === root || own.startsWith(root + "/"))) return cleanRelative(own.slice(root.length))
  return cleanRelative(own)
}
