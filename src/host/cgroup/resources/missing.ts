import { sys } from "../../../ffi/index.ts"
import { AT_EACCESS, AT_FDCWD } from "../../../kernel/fs.ts"
import { NR } from "../../../kernel/syscalls.ts"
import { tryReadText, tryStat } from "../../file.ts"

/*
 * Why a cgroup of v2 lacks a controller that its hierarchy has, and what to do. Only asked when something has failed.
 */

const W_OK = 2

/**
 * What keeps a cgroup from having a controller: looked for in the cgroup on the way down that has it and does not hand it on
 * (cgroup-v2.rst, "Enabling and Disabling", "No Internal Process Constraint").
 * @param mount mount point of cgroup2
 * @param path the cgroup's folder below it; need not be there
 * @returns one clause for people; undefined where nothing does
 */
export function obstacle(mount: string, path: string, controller: string): string | undefined {
  let holder: string | undefined
  for (let end = mount.length; end >= 0 && end < path.length; end = path.indexOf("/", end + 1)) {
    const folder = path.slice(0, end)
    const available = words(`${folder}/cgroup.controllers`)
    if (available === undefined) break
    if (!available.includes(controller)) {
      if (holder !== undefined) break
      return `${folder} has only: ${available.join(" ") || "none"}; the others are in use by cgroup v1, not in this kernel, or not handed on`
    }
    holder = folder
    if (words(`${folder}/cgroup.subtree_control`)?.includes(controller) !== true) break
  }
  if (holder === undefined || words(`${holder}/cgroup.subtree_control`)?.includes(controller) === true) return undefined
  if (sys(NR.faccessat2, AT_FDCWD, `${holder}/cgroup.subtree_control`, W_OK, AT_EACCESS) < 0) {
    return `${holder} does not hand it on, and this user may not change that: have a cgroup delegated with it ` +
      `(systemd-run --user --scope -p Delegate=yes runts ..., and Delegate=${controller} of user@.service)`
  }
  const held = words(`${holder}/cgroup.procs`)?.length ?? 0
  // the root of all has no cgroup.type, and may do both
  if (held === 0 || tryStat(`${holder}/cgroup.type`) === undefined) return undefined
  return `${holder} has ${held === 1 ? "a process" : `${held} processes`} of its own, so that the kernel gives cgroups below it no controllers ` +
    `(no internal processes): first move all to one below it, as mkdir ${holder}/main; echo PID >${holder}/main/cgroup.procs`
}

function words(file: string): string[] | undefined {
  try {
    return tryReadText(file)?.split(/\s+/).filter((word) => word !== "")
  } catch {
    return undefined
  }
}
