import { close, open, writeFileAtomically } from "../host/file.ts"
import { O_DIRECTORY, O_RDONLY } from "../kernel/fs.ts"

/** Writes a pid file: the bare decimal number, in one step, whatever stood there (engines read it while it appears). */
export function writePidFile(path: string | undefined, pid: number): void {
  if (path === undefined) return
  const slash = path.lastIndexOf("/")
  const folder = open(slash < 0 ? "." : path.slice(0, slash) || "/", O_RDONLY | O_DIRECTORY)
  try {
    writeFileAtomically(folder, path.slice(slash + 1), String(pid), 0o644)
  } finally {
    close(folder)
  }
}
