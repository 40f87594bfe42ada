import { sys } from "../../ffi/index.ts"
import { ERRNO } from "../../kernel/errno.ts"
import { AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW } from "../../kernel/fs.ts"
import { NR } from "../../kernel/syscalls.ts"
import { close, tryReadText } from "../file.ts"
import { cgroupError } from "./error.ts"
import { openCgroup, tryWriteControl } from "./folder.ts"
import { enableChildren } from "./manager.ts"
import { entryRecord, UNIFIED } from "./record.ts"
import type { CgroupRecord } from "./record.ts"

/** What the kernel names, one a line, or before Linux 4.15 this list (config-linux.md, "Cgroup ownership"). */
const DELEGATE = "/sys/kernel/cgroup/delegate"
const FALLBACK = ["cgroup.procs", "cgroup.subtree_control", "cgroup.threads"]

/**
 * Gives a user the container's cgroup to divide further (cgroup-v2.rst, "Delegation"): the folder, and of its files those that make
 * and fill sub-cgroups, never those that hold the container's own limits. The group stays, as with runc.
 * @param uid of the runtime's user namespace
 */
export function delegateCgroup(record: CgroupRecord, uid: number): void {
  const folder = openCgroup(record, UNIFIED)
  try {
    give(folder, "", AT_EMPTY_PATH, uid, record)
    const listed = tryReadText(DELEGATE)?.split("\n").filter((name) => name !== "" && !name.includes("/"))
    // not every file is in every cgroup: some belong to a controller
    for (const name of listed ?? FALLBACK) give(folder, name, AT_SYMLINK_NOFOLLOW, uid, record)
  } finally {
    close(folder)
  }
}

/**
 * Makes the cgroup below the container's that its processes are to be in, brings its first process there and gives it to a user, with the
 * controllers that the container's has. The container's cgroup namespace, if it has one, begins above.
 * @param uid of the runtime's user namespace; undefined: it stays the runtime's
 */
export function enterLeaf(record: CgroupRecord, pid: number, uid: number | undefined): void {
  const details = { pointer: "/annotations/run.oci.delegate-cgroup" } as const
  const below = entryRecord(record)
  const above = openCgroup(record, UNIFIED)
  try {
    let path = ""
    for (const name of (record.leaf as string).split("/")) {
      path += path === "" ? name : "/" + name
      const made = sys(NR.mkdirat, above, path, 0o755)
      if (made < 0 && made !== -ERRNO.EEXIST) throw cgroupError(`create cgroup ${JSON.stringify(below.paths[UNIFIED])}`, -made, { syscall: "mkdirat", ...details })
    }
    const joined = tryWriteControl(above, path + "/cgroup.procs", String(pid))
    if (joined < 0) throw cgroupError(`bring process ${pid} into cgroup ${JSON.stringify(below.paths[UNIFIED])}`, -joined, { syscall: "write", ...details })
    enableChildren(above)
  } finally {
    close(above)
  }
  if (uid !== undefined) delegateCgroup(below, uid)
}

function give(folder: number, name: string, flags: number, uid: number, record: CgroupRecord): void {
  const result = sys(NR.fchownat, folder, name, uid, -1, flags)
  if (result >= 0 || result === -ERRNO.ENOENT) return
  const path = record.paths[UNIFIED] + (name === "" ? "" : "/" + name)
  throw cgroupError(`give ${JSON.stringify(path)} to user ${uid}`, -result, {
    syscall: "fchownat", pointer: "/linux/cgroupsPath",
  })
}
