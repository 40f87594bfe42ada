import { AT_FDCWD } from "../../../src/kernel/fs.ts"
import type { CreateFacts } from "../../../src/plan/facts.ts"
import type { Planner } from "../../../src/plan/planner.ts"
import { type Arg, Step } from "../../../src/program/program.ts"
import type { Spec } from "../../../src/spec/types.gen.ts"
import { textOf } from "./helpers.ts"

/*
 * Which paths a program of `create` may hand to the kernel: named by the config and looked up on the host's side on purpose, or below the
 * root by descriptor, or of a short list. Nothing else may be reached by name.
 */

/** A config with the facts that it is planned with. */
export interface Case {
  readonly spec: Spec
  readonly facts: CreateFacts
}

/** Arguments that are paths, with the argument that holds the folder they start at; -1: they start at the working directory. */
const PATHS: Readonly<Record<string, readonly (readonly [path: number, folder: number])[]>> = {
  openat: [[1, 0]], openat2: [[1, 0]], open_tree: [[1, 0]], move_mount: [[1, 0], [3, 2]], mkdirat: [[1, 0]], mknodat: [[1, 0]],
  symlinkat: [[2, 1]], unlinkat: [[1, 0]], fchownat: [[1, 0]], fchmodat: [[1, 0]], faccessat2: [[1, 0]], statx: [[1, 0]],
  mount_setattr: [[1, 0]], fspick: [[1, 0]], mount: [[1, -1]], umount2: [[0, -1]],
  pivot_root: [[0, -1], [1, -1]], chroot: [[0, -1]], chdir: [[0, -1]],
}

/** Host paths that no config names, by the call that may use them. */
const HOST_PATHS: Readonly<Record<string, readonly string[]>> = {
  openat: ["/", "/proc/self/timens_offsets", "/proc", "."],
  open_tree: ["/dev/null", "/proc", "/sys", "/dev/mqueue", "/sys/fs/cgroup"],
  faccessat2: ["/proc/kcore"], mount: ["/", "."], umount2: [".", "/proc", "/sys"], move_mount: ["/"],
  pivot_root: ["."], chroot: ["."], chdir: ["/"],
}

/** Calls that take texts which are no paths of theirs: names, values, the program's own arguments; those of no other call may begin with /. */
const TEXTS: ReadonlySet<string> = new Set(["fsconfig", "fsopen", "keyctl", "sethostname", "setdomainname", "write", "sendto", "execve", "fsetxattr"])

/** Paths by the call that may use them. */
type NamedPaths = Readonly<Record<string, ReadonlySet<string>>>

/** Host paths that the config, or the facts, name; and names below the working directory, which is the staging folder by then. */
function named({ spec, facts }: Case): NamedPaths {
  const sources = (spec.mounts ?? []).map(({ source }) => (source?.startsWith("/") ? source : `${facts.bundle}/${source ?? ""}`))
  const staged = ["root", ...(spec.mounts ?? []).map((_, i) => `m${i}`)]
  const folders = (facts.cgroupMounts?.hierarchies ?? []).map(({ folder }) => folder)
  const trees = [facts.rootfs, ...sources, ...staged, ...folders, facts.cgroupMounts?.unified ?? "",
    ...(spec.linux?.devices ?? []).map((device) => device.path)]
  return {
    open_tree: new Set([...trees, ...["null", "zero", "full", "random", "urandom", "tty"].map((device) => `/dev/${device}`)]),
    mkdirat: new Set(staged), mknodat: new Set(staged),
    move_mount: new Set([facts.rootfs, facts.staging, ...staged]), mount: new Set([facts.rootfsParent ?? ""]),
  }
}

/** What is wrong with a path argument; undefined if nothing. */
function fault(step: Step, path: string, folder: Arg | undefined, allowed: NamedPaths): string | undefined {
  const call = step.name as string
  const byDescriptor = folder instanceof Step || (typeof folder === "number" && folder >= 0)
  if (!byDescriptor) {
    if (folder !== undefined && folder !== AT_FDCWD) return `starts at ${String(folder)}`
    if (HOST_PATHS[call]?.includes(path) || allowed[call]?.has(path)) return undefined
    return "is reached by name"
  }
  if (path.startsWith("/")) return "is absolute, so its descriptor means nothing"
  if (path.split("/").includes("..")) return "holds .."
  if (call === "openat2" || path === "" || path === "." || !path.includes("/")) return undefined
  // the private procfs is no place that an image can have changed
  return call === "openat" && path.startsWith("sys/") ? undefined : "has folders that are not looked up in the root"
}

/** The first path of the plan that is reached as none may be, in words; undefined if there is none. */
export function pathFault(planner: Planner, input: Case): string | undefined {
  const { steps } = planner.program
  const allowed = named(input)
  // from here on / is the container's root, and the program's own look-ups (cwd, PATH, /dev/null) are to follow its links
  const inside = steps.findIndex((step) => step.name === "chdir" && textOf(step.args[0]) === "/")
  const execve = steps.findLastIndex((step) => step.name === "execve")
  for (const [index, step] of steps.entries()) {
    if (index > inside && index <= execve) continue
    const paths = step.name === undefined || TEXTS.has(step.name) ? [] : PATHS[step.name]
    if (paths === undefined && step.args.some((arg) => textOf(arg)?.startsWith("/"))) return `step ${index}: nobody says which paths ${step.name} may take`
    for (const [at, folder] of paths ?? []) {
      const path = textOf(step.args[at])
      if (path === undefined) continue
      const what = fault(step, path, folder < 0 ? undefined : step.args[folder], allowed)
      if (what !== undefined) return `step ${index}, ${step.name}: ${JSON.stringify(path)} ${what} (${step.text})`
    }
  }
  return undefined
}
