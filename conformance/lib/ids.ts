import { chmodSync, lchownSync, lstatSync, readdirSync } from "node:fs"
import { user } from "./environment.ts"

/*
 * Ids of containers that an ordinary user makes. Tests are written for root, and prepare as root: what they made is given to him.
 */

const S_IFMT = 0o170000
const S_IFDIR = 0o040000
const S_IFREG = 0o100000

/** The id that the host sees of one in a container that has no user namespace in its config. */
export function hostId(id: number): number {
  if (user === undefined) return id
  return id === 0 ? user.id : user.subids.first + id - 1
}

/** The host's id of what root made with an id of a container of the user's. */
function ofUser(id: number): number {
  return id === user?.id || id >= (user?.subids.first ?? 0) ? id : hostId(id)
}

/** Gives the user a tree: the files of root are his, those of other ids have the ids that his containers see as theirs. */
export function handOver(path: string): void {
  try {
    const { uid, gid, mode } = lstatSync(path)
    const [to, group] = [ofUser(uid), ofUser(gid)]
    if (to !== uid || group !== gid) {
      lchownSync(path, to, group)
      // which takes these bits away
      if ((mode & 0o6000) !== 0 && (mode & S_IFMT) === S_IFREG) chmodSync(path, mode & 0o7777)
    }
    if ((mode & S_IFMT) === S_IFDIR) for (const name of readdirSync(path)) handOver(`${path}/${name}`)
  } catch (error) {
    // exchanged or gone meanwhile, or a mount that is read-only
    if (!["ENOENT", "EROFS", "ENOTDIR", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error
  }
}
