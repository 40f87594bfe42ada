import { O_DIRECTORY, O_PATH } from "../../../kernel/fs.ts"
import { close } from "../../file.ts"
import { controlFiles, mountFd, openCgroup, tryOpenBeneath, tryReadControl, tryWriteControl } from "../folder.ts"
import { relativePath, UNIFIED } from "../record.ts"
import type { CgroupRecord } from "../record.ts"
import type { Place } from "./field.ts"

/** A place that can be written to; whoever opened it closes `folder`. */
export interface OpenPlace extends Place {
  readonly record: CgroupRecord
  /** The hierarchy's key in the record. */
  readonly key: string
  readonly folder: number
  /** Whether the controller, which this place lacks, may be in a v1 hierarchy. */
  readonly held: boolean
  /** @returns 0, or the negated errno */
  write(file: string, text: string): number
}

/** Opens a container's cgroup. */
export function openPlace(record: CgroupRecord, key: string, controller: string, updating: boolean): OpenPlace {
  const folder = openCgroup(record, key)
  return {
    version: key === UNIFIED ? 2 : 1,
    controller, updating, record, key, folder,
    held: key === UNIFIED && record.mode === "hybrid",
    path: record.paths[key] as string,
    read: (file) => tryReadControl(folder, file),
    readAbove: (file) => readAbove(record, key, file),
    names: () => controlFiles(folder),
    write: (file, text) => tryWriteControl(folder, file, text),
  }
}

function readAbove(record: CgroupRecord, key: string, file: string): string | undefined {
  const path = relativePath(record, key)
  const parent = tryOpenBeneath(mountFd(record.mounts[key] as string), path.slice(0, Math.max(0, path.lastIndexOf("/"))), O_PATH | O_DIRECTORY)
  if (parent < 0) return undefined
  try {
    return tryReadControl(parent, file)
  } finally {
    close(parent)
  }
}

/**
 * Where v1 hierarchies hold most controllers, the rest is enabled in the cgroup2 hierarchy only when a container needs one
 * (where there is nothing but cgroup2, all were enabled when the cgroup was made). @returns whether it may have been done now
 */
export function enableInHybrid(place: OpenPlace): boolean {
  const { record, key, controller } = place
  if (key !== UNIFIED || record.mode !== "hybrid" || controller === "cgroup") return false
  const mount = mountFd(record.mounts[key] as string)
  const path = relativePath(record, key)
  let changed = false
  for (let slash = 0; slash >= 0; slash = path.indexOf("/", slash + 1)) {
    const folder = tryOpenBeneath(mount, path.slice(0, slash), O_PATH | O_DIRECTORY)
    if (folder < 0) return changed
    const enabled = tryReadControl(folder, "cgroup.subtree_control")?.split(" ").includes(controller) === true
    if (!enabled) changed = tryWriteControl(folder, "cgroup.subtree_control", "+" + controller) === 0 || changed
    close(folder)
  }
  return changed
}
