import type { Arg, Datum, Label, Step } from "../program/program.ts"
import { O_CLOEXEC, O_DIRECTORY, O_NOFOLLOW, O_PATH, RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS } from "../kernel/fs.ts"
import { SUPER_MAGIC } from "../kernel/mount.ts"
import type { Planner } from "./planner.ts"

/** Every look-up below the rootfs: symlinks stay inside, magic links of procfs are refused (openat2(2)). */
export const IN_ROOT = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS

/**
 * Opens what is there, inside the root. Where a symlink on the way leads up by `..` the kernel cannot tell whether that stays inside when
 * anything on the machine is mounted or renamed meanwhile (EAGAIN): then it is asked again.
 */
export function openInRoot(planner: Planner, root: Arg, path: string, flags: number, resolve = IN_ROOT): Step {
  const p = planner.program
  const again = p.label("again")
  p.here(again)
  return p.call("openat2", root, path, ...planner.openHow(flags, resolve)).on("EAGAIN", again)
}

/** Files and folders that may be mounted on below /proc: what lxcfs and others emulate (as runc has them). */
const PROC_TARGETS: ReadonlySet<string> = new Set([
  "proc/cpuinfo", "proc/diskstats", "proc/meminfo", "proc/stat", "proc/swaps", "proc/uptime", "proc/loadavg", "proc/slabinfo",
  "proc/sys/kernel/ns_last_pid", "proc/sys/crypto/fips_enabled",
])

export function mayMountBelowProc(path: string): boolean {
  return PROC_TARGETS.has(path)
}

export interface TargetRequest {
  /** Below the root (`cleanRelative`). */
  readonly path: string
  readonly directory: boolean
  /** The target is known to be there (facts): nothing is made in the straight line. */
  readonly exists: boolean
  /** No part of the path may be a symlink (proc and sysfs: a symlink there is an attack). */
  readonly noSymlinks?: boolean
  /** A symlink at the end of the path is itself the target (crun's dest-nofollow). */
  readonly noFollow?: boolean
  /** Where the steps go on if the target had to be made. */
  readonly whenMade?: (step: Step) => void
}

/**
 * Opens (O_PATH) the place to mount on, inside the root. A missing folder or file is made if its parent is there; whatever is more
 * (several missing parts, dangling symlinks, rename races) is left to the runtime, which walks through `serve`.
 * @returns the step (or cell) whose result is the descriptor
 */
export function openTarget(planner: Planner, root: Step, request: TargetRequest): Step {
  const p = planner.program
  if (request.path === "") {
    return p.call("openat2", root, ".", ...planner.openHow(O_PATH | O_CLOEXEC | O_DIRECTORY, IN_ROOT)).says("open the root")
  }
  const resolve = request.noSymlinks === true ? IN_ROOT | RESOLVE_NO_SYMLINKS : IN_ROOT
  const noFollow = request.noFollow === true
  const flags = O_PATH | O_CLOEXEC | (request.directory ? O_DIRECTORY : 0) | (noFollow ? O_NOFOLLOW : 0)
  const target = p.call("openat2", root, request.path, ...planner.openHow(flags, resolve)).says(`open the target /${request.path}`)
  const cell = resultCell(planner, target)
  const resume = p.label("target open")
  const noSymlinks = request.noSymlinks === true
  const made = request.exists ? resume : p.label("target made")
  const help = planner.serve({
    kind: "target", pointer: p.pointer, path: request.path, directory: request.directory, noSymlinks, noFollow,
    result: cell, resume, made,
  })
  target.on("EAGAIN", help)
  if (request.exists) target.on("ENOENT", help)
  else target.on("ENOENT", makeTarget(planner, root, request, flags, resolve, target, { resume, made, help }))
  p.here(resume)
  return target
}

/** Where making a target goes on: with it open, just made, or with the runtime's help. */
interface MakeLabels {
  readonly resume: Label
  readonly made: Label
  readonly help: Label
}

/** The block that makes a missing target whose parent is there. */
function makeTarget(
  planner: Planner, root: Step, request: TargetRequest, flags: number, resolve: number, target: Step, { resume, made: wasMade, help }: MakeLabels,
): Label {
  const p = planner.program
  const block = p.label("make target")
  const pointer = p.pointer
  const slash = request.path.lastIndexOf("/")
  const parentPath = slash < 0 ? "." : request.path.slice(0, slash)
  const name = request.path.slice(slash + 1)
  planner.later(() => {
    p.pointer = pointer
    p.here(block)
    const how = planner.openHow(O_PATH | O_CLOEXEC | O_DIRECTORY, resolve)
    const parent = p.call("openat2", root, parentPath, ...how).on("any", help).says(`open /${parentPath}`)
    if (request.directory) p.call("mkdirat", parent, name, 0o755).on("EEXIST", help).says(`make the folder /${request.path}`)
    else p.call("mknodat", parent, name, 0o100644, 0).on("EEXIST", help).says(`make the file /${request.path}`)
    const own = planner.openHow(flags, RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS)
    const made = p.call("openat2", parent, name, ...own).on("any", help).says(`open the target /${request.path}`)
    p.store(resultCell(planner, target), made, 8)
    p.call("close", parent)
    p.here(wasMade)
    request.whenMade?.(target)
    p.jump(resume)
  })
  return block
}

/** The cell of a step's result, made if nothing uses it yet. */
export function resultCell(planner: Planner, step: Step): Datum {
  return (step.cell ??= planner.program.buffer(8))
}

/** Fails with EPERM if the target lies on a procfs: nothing may hide parts of /proc but what `mayMountBelowProc` lists. */
export function refuseProcfs(planner: Planner, target: Step, path: string): void {
  const p = planner.program
  const fine = p.label("not procfs")
  const statfs = scratch(planner, 120)
  p.call("fstatfs", target, statfs).says(`look at the file system below /${path}`)
  p.test(statfs, 0xffffffff, "!=", SUPER_MAGIC.PROC, fine)
  p.fail(1).says(`mount on /${path}: it lies inside /proc, which must not be covered`)
  p.here(fine)
}

const scratches = new WeakMap<Planner, Map<number, Datum>>()

/** Memory that a call fills and the next step reads; shared by all who ask for that size. */
export function scratch(planner: Planner, size: number): Datum {
  let sizes = scratches.get(planner)
  if (sizes === undefined) scratches.set(planner, (sizes = new Map()))
  let datum = sizes.get(size)
  if (datum === undefined) sizes.set(size, (datum = planner.program.buffer(size)))
  return datum
}
