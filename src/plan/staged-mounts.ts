import { AT_FDCWD } from "../kernel/fs.ts"
import { fileSystem } from "./file-system.ts"
import type { StagedTree } from "./launcher.ts"
import { detachedLegacy } from "./legacy-mount.ts"
import type { MountRequest, SecurityOption } from "./mount-request.ts"
import { absoluteSource, applyAttributes, copiesSymlink, lockedAttributes, type MountFacts, newAttributes } from "./mounts.ts"
import type { Planner } from "./planner.ts"
import type { Step } from "../program/program.ts"
import { cleanRelative } from "../path.ts"

/**
 * What the launcher stages for a container with a user namespace: bind sources, which its ids may not be able to reach, and file systems
 * that are id-mapped, which only who rules the host's user namespace may do.
 * @param staged takes the name of each, by the mount's index
 * @param label linux.mountLabel
 */
export function stagedMounts(
  planner: Planner, facts: MountFacts, mounts: readonly MountRequest[], staged: Map<number, string>, label: SecurityOption | undefined,
): StagedTree[] {
  const trees: StagedTree[] = []
  for (const request of mounts) {
    if (request.remount || copiesSymlink(facts, request)) continue
    const userNamespace = facts.idmaps.get(request.index)
    const source = facts.sources.get(request.index)
    if (request.bind ? source === undefined : userNamespace === undefined) continue
    const name = `m${request.index}`
    staged.set(request.index, name)
    trees.push({
      name,
      source: request.bind ? absoluteSource(facts.bundle, request.mount.source ?? "") : () => stagedFileSystem(planner, request, name, label),
      recursive: request.bindRecursive,
      isDirectory: source?.isDirectory ?? true,
      noFollow: request.sourceNoFollow,
      userNamespace,
      idmapRecursive: request.idmap?.recursive === true,
      pointer: request.pointer,
      what: request.bind ? `the source of ${request.mount.destination}` : request.mount.destination,
      ...(request.bind ? { prepare: (clone: Step) => lockAttributes(planner, request, clone) } : { type: request.type }),
    })
  }
  return trees
}

function lockAttributes(planner: Planner, request: MountRequest, clone: Step): void {
  applyAttributes(planner, lockedAttributes(request), clone, cleanRelative(request.mount.destination))
}

function stagedFileSystem(planner: Planner, request: MountRequest, name: string, label: SecurityOption | undefined): Step {
  const path = cleanRelative(request.mount.destination)
  const { attributes } = newAttributes(request, path)
  if (request.legacy) {
    planner.program.call("mkdirat", AT_FDCWD, `${name}.made`, 0o755).says(`stage ${request.type}: folder`)
    return detachedLegacy(planner, request, attributes, `${name}.made`, path)
  }
  return fileSystem({ planner, userNamespace: false, label }, request, path, attributes)
}
