import type { MountRequest } from "./mount-request.ts"
import type { MountContext } from "./mounts.ts"
import { openTarget, refuseProcfs } from "./targets.ts"

const EEXIST = 17

/** crun's `copy-symlink`: the link that the source is, made at the destination; one that is there already must lead to the same. */
export function copySymlink(context: MountContext, request: MountRequest, path: string): void {
  const { planner, facts } = context
  const p = planner.program
  const text = facts.sources.get(request.index)?.link ?? ""
  const slash = path.lastIndexOf("/")
  const folder = slash < 0 ? "" : path.slice(0, slash)
  const name = path.slice(slash + 1)
  const done = p.label("link made")
  const there = p.label("link there")
  const differs = p.label("link differs")
  const parent = openTarget(planner, context.root, { path: folder, directory: true, exists: false })
  refuseProcfs(planner, parent, folder)
  p.call("symlinkat", text, parent, name).on("EEXIST", there).says(`make the symbolic link /${path} to ${text}`)
  p.here(done)
  p.call("close", parent)
  const pointer = p.pointer
  planner.later(() => {
    p.pointer = pointer
    p.here(there)
    const bytes = Buffer.from(text, "utf8")
    const found = p.buffer((bytes.length + 8) & -8)
    const length = p.call("readlinkat", parent, name, found, bytes.length + 1).on("any", differs).says(`read the symbolic link /${path}`)
    p.test(length, -1, "!=", bytes.length, differs)
    for (let at = 0; at < bytes.length; at += 8) {
      const part = Buffer.alloc(8)
      const size = bytes.copy(part, 0, at, at + 8)
      p.test(found.at(at), size === 8 ? -1 : 2n ** BigInt(8 * size) - 1n, "!=", part.readBigUInt64LE(), differs)
    }
    p.jump(done)
    p.here(differs)
    p.fail(EEXIST).says(`make the symbolic link /${path} to ${text}`)
  })
}
