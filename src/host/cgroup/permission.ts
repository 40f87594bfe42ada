import { sys } from "../../ffi/index.ts"
import { AT_EACCESS, AT_FDCWD } from "../../kernel/fs.ts"
import { NR } from "../../kernel/syscalls.ts"
import type { CgroupRecord } from "./record.ts"

const W_OK = 2

/** A folder in which a cgroup would have to be made. */
export interface DeniedFolder {
  readonly folder: string
  /** Why it may not be made there, positive. */
  readonly errno: number
}

/** Where the caller may not make one of a container's cgroups: folders are made below the innermost one that is there. */
export function deniedFolder({ paths, mounts }: CgroupRecord, key: string): DeniedFolder | undefined {
  const mount = mounts[key] as string
  const access = (path: string, mode: number): number => -sys(NR.faccessat2, AT_FDCWD, path, mode, AT_EACCESS)
  let folder = paths[key] as string
  while (folder.length > mount.length && access(folder, 0) !== 0) folder = folder.slice(0, folder.lastIndexOf("/"))
  const errno = access(folder, W_OK)
  return errno === 0 ? undefined : { folder, errno }
}

/** Takes out of a record what may not be made. @returns the hierarchies that were left out */
export function leaveOutDenied(record: CgroupRecord): string[] {
  const left = Object.keys(record.paths).filter((key) => deniedFolder(record, key) !== undefined)
  record.paths = Object.fromEntries(Object.entries(record.paths).filter(([key]) => !left.includes(key)))
  return left
}
