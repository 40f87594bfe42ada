import { sysError } from "../error.ts"
import { close, tryOpenAt, writeFileAtomically } from "../host/file.ts"
import { AT_FDCWD, O_DIRECTORY, O_RDONLY } from "../kernel/fs.ts"

/** Writes a pid file: the bare decimal number, in one step, whatever stood there (engines read it while it appears). */
export function writePidFile(path: string | undefined, pid: number): void {
  if (path === undefined) return
  const slash = path.lastIndexOf("/")
  const folder = tryOpenAt(AT_FDCWD, slash < 0 ? "." : path.slice(0, slash) || "/", O_RDONLY | O_DIRECTORY)
  if (folder < 0) throw sysError(`the folder of the pid file ${JSON.stringify(path)} (--pid-file)`, -folder, { syscall: "openat" })
  try {
    writeFileAtomically(folder, path.slice(slash + 1), String(pid), 0o644)
  } finally {
    close(folder)
  }
}
