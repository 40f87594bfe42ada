import { readdirSync, readFileSync, readlinkSync } from "node:fs"

/** Fields of /proc/PID/status by name (man proc_pid_status(5)); values as text. */
export function status(pid: number): Record<string, string> {
  const fields: Record<string, string> = {}
  for (const line of readFileSync(`/proc/${pid}/status`, "utf8").split("\n")) {
    const colon = line.indexOf(":")
    if (colon > 0) fields[line.slice(0, colon)] = line.slice(colon + 1).trim()
  }
  return fields
}

/** One line of /proc/PID/mountinfo (man proc_pid_mountinfo(5)). */
export interface MountEntry {
  id: number
  parent: number
  root: string
  target: string
  options: string[]
  propagation: string[]
  type: string
  source: string
  superOptions: string[]
}

/** Parses the text of a mountinfo file. */
export function parseMountinfo(text: string): MountEntry[] {
  const entries: MountEntry[] = []
  for (const line of text.split("\n")) {
    const [left, right] = line.split(" - ")
    if (left === undefined || right === undefined) continue
    const [id, parent, , root, target, options, ...propagation] = left.split(" ")
    const [type, source, superOptions] = right.split(" ")
    entries.push({
      id: Number(id), parent: Number(parent), root: unescape(root), target: unescape(target), options: (options ?? "").split(","),
      propagation, type: type ?? "", source: unescape(source), superOptions: (superOptions ?? "").split(","),
    })
  }
  return entries
}

/** The mounts that a process sees. */
export function mountinfo(pid: number | "self"): MountEntry[] {
  return parseMountinfo(readFileSync(`/proc/${pid}/mountinfo`, "utf8"))
}

function unescape(text = ""): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)))
}

/** A process's cgroup paths by controller list; the one of cgroup2 under "". */
export function cgroupsOf(pid: number): Record<string, string> {
  const paths: Record<string, string> = {}
  for (const line of readFileSync(`/proc/${pid}/cgroup`, "utf8").trim().split("\n")) {
    const [, name, ...path] = line.split(":")
    if (name !== undefined) paths[name] = path.join(":")
  }
  return paths
}

/** A namespace's identity as `mnt:[4026531841]`. */
export function namespaceOf(pid: number | "self", file: string): string {
  return readlinkSync(`/proc/${pid}/ns/${file}`)
}

/** What each of a process's descriptors refers to. */
export function descriptors(pid: number): Record<number, string> {
  const found: Record<number, string> = {}
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      found[Number(fd)] = readlinkSync(`/proc/${pid}/fd/${fd}`)
    } catch {
      // closed since
    }
  }
  return found
}

/** True while a process exists and is no zombie. */
export function isAlive(pid: number): boolean {
  try {
    return !status(pid).State?.startsWith("Z")
  } catch {
    return false
  }
}

/** Pids of the processes whose environment holds `text`, or whose cgroup path does; this process is left out. */
export function processesWith(text: string, cgroup: string): { pid: number; command: string }[] {
  const found = []
  for (const name of readdirSync("/proc")) {
    const pid = Number(name)
    if (!(pid > 1) || pid === process.pid) continue
    try {
      const ours = readFileSync(`/proc/${pid}/environ`, "utf8").includes(text)
        || readFileSync(`/proc/${pid}/cgroup`, "utf8").includes(`:${cgroup}`)
      if (ours && isAlive(pid)) found.push({ pid, command: readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ") })
    } catch {
      // gone since
    }
  }
  return found
}

/** The mount whose target is `target` (the last one, which is on top), or a failure that names it. */
export function mountAt(entries: readonly MountEntry[], target: string): MountEntry {
  const entry = entries.findLast((candidate) => candidate.target === target)
  if (entry === undefined) throw new Error(`nothing is mounted at ${target}; mounts: ${entries.map((e) => e.target).join(" ")}`)
  return entry
}

/** Whether this process has every capability that the kernel knows. */
export function hasAllCapabilities(): boolean {
  const last = Number(readFileSync("/proc/sys/kernel/cap_last_cap", "utf8"))
  return BigInt(`0x${status(process.pid).CapEff}`) === 2n ** BigInt(last + 1) - 1n
}
