import { RuntsError } from "../../error.ts"
import { sys } from "../../ffi/index.ts"
import { NR } from "../../kernel/syscalls.ts"
import { readText, tryReadText, tryStat } from "../file.ts"
import { UNIFIED } from "./record.ts"
import type { CgroupMode } from "./record.ts"

/** A mounted hierarchy. */
export interface Hierarchy {
  /** As in /proc/PID/cgroup: "memory", "cpu,cpuacct", "name=systemd"; "" for cgroup2. */
  readonly name: string
  /** Mount point. */
  readonly mount: string
  /** The cgroup that is seen at the mount point; not "/" in a container that got a part of the host's tree. */
  readonly root: string
}

/** How this machine's cgroups are mounted. */
export interface CgroupLayout {
  readonly mode: CgroupMode
  readonly root: string
  /** All hierarchies; of v2 the one. */
  readonly controllers: readonly Hierarchy[]
  /** Mount point of cgroup2, if any. */
  readonly unified: string | undefined
}

const ROOT = "/sys/fs/cgroup"
/** statfs(2): f_type of cgroup2 (CGROUP2_SUPER_MAGIC of linux/magic.h). */
const CGROUP2_SUPER_MAGIC = 0x63677270
const STATFS_BYTES = 120

/** Asks the kernel: one statfs(2) where cgroup2 is all there is, else the mount table. */
export function readLayout(): CgroupLayout {
  const statfs = new Uint8Array(STATFS_BYTES)
  if (sys(NR.statfs, ROOT, statfs) === 0 && new Uint32Array(statfs.buffer)[0] === CGROUP2_SUPER_MAGIC) {
    return { mode: "v2", root: ROOT, controllers: [{ name: UNIFIED, mount: ROOT, root: "/" }], unified: ROOT }
  }
  return readMounted()
}

/** The layout by the mount table, which tells of v1 hierarchies beside a cgroup2 too. */
export function readMounted(): CgroupLayout {
  const mountinfo = readText("/proc/self/mountinfo")
  return parseLayout(mountinfo, ownCgroup(), mayCover(mountinfo) ? isOnTop : undefined)
}

/** Whether something may be mounted over cgroups: in a container that has the host's /sys, with its own /sys/fs/cgroup over the host's. */
function mayCover(mountinfo: string): boolean {
  return ["/sys", ROOT].some((point) => mountinfo.indexOf(` ${point} `) !== mountinfo.lastIndexOf(` ${point} `))
}

/** Whether a path leads to this mount. @param id as in mountinfo */
function isOnTop(mount: string, id: number): boolean {
  let found
  try {
    found = tryStat(mount)
  } catch (error) {
    if (error instanceof RuntsError) return false
    throw error
  }
  // Linux before 5.8 does not tell the mount
  return found !== undefined && (found.mountId === undefined || found.mountId === id)
}

/**
 * The layout by mount table and memberships (man proc(5)). Of a hierarchy that is mounted often the mount below
 * /sys/fs/cgroup counts, else the first.
 * @param own names of the hierarchies as keys @param isVisible tells of a mount, by its point and number, whether nothing covers it
 */
export function parseLayout(
  mountinfo: string, own: Readonly<Record<string, string>>, isVisible?: (mount: string, id: number) => boolean,
): CgroupLayout {
  const found = new Map<string, Hierarchy>()
  // few of the possibly thousands of lines matter, so lines are looked for instead of split
  for (let at = mountinfo.indexOf(" - cgroup"); at >= 0; at = mountinfo.indexOf(" - cgroup", at + 1)) {
    const end = mountinfo.indexOf("\n", at)
    const [type, , superOptions] = mountinfo.slice(at + 3, end < 0 ? undefined : end).split(" ")
    const fields = mountinfo.slice(mountinfo.lastIndexOf("\n", at) + 1, at).split(" ")
    const name = type === "cgroup2" ? UNIFIED : type === "cgroup" ? hierarchyName(superOptions ?? "", own) : undefined
    if (name === undefined) continue
    const mount = unescape(fields[4] as string)
    const known = found.get(name)
    if (known !== undefined && (isBelowRoot(known.mount) || !isBelowRoot(mount))) continue
    if (isVisible?.(mount, Number(fields[0])) === false) continue
    found.set(name, { name, mount, root: unescape(fields[3] as string) })
  }
  const unified = found.get(UNIFIED)
  const mode = unified === undefined || found.size === 0 ? "v1" : found.size === 1 ? "v2" : "hybrid"
  return { mode, root: ROOT, controllers: [...found.values()], unified: unified?.mount }
}

function isBelowRoot(mount: string): boolean {
  return mount === ROOT || mount.startsWith(ROOT + "/")
}

/** Finds the hierarchy among those of /proc/self/cgroup whose controllers, or name=, stand in the mount's options. */
function hierarchyName(superOptions: string, own: Readonly<Record<string, string>>): string | undefined {
  const options = superOptions.split(",")
  for (const name in own) {
    if (name !== UNIFIED && name.split(",").every((controller) => options.includes(controller))) return name
  }
  return undefined
}

/** mountinfo writes space, tab, newline and backslash as three octal digits. */
function unescape(field: string): string {
  if (!field.includes("\\")) return field
  return field.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
}

/**
 * The cgroups of a process by hierarchy: /proc/PID/cgroup (man cgroups(7)). Key as {@link Hierarchy.name}.
 * @throws if the process is gone
 */
export function ownCgroup(pid: number | "self" = "self"): Record<string, string> {
  const text = tryReadText(`/proc/${pid}/cgroup`)
  if (text === undefined) {
    throw new RuntsError(`/proc/${pid}/cgroup does not exist: the process is gone, or /proc is not mounted`, {
      code: "file-missing",
    })
  }
  return parseCgroupFile(text)
}

/** Lines `number:hierarchy:path`; the path may hold colons. */
export function parseCgroupFile(text: string): Record<string, string> {
  const own: Record<string, string> = {}
  for (const line of text.split("\n")) {
    const first = line.indexOf(":")
    const second = line.indexOf(":", first + 1)
    if (second > first) own[line.slice(first + 1, second)] = line.slice(second + 1)
  }
  return own
}
