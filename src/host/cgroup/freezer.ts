import { RuntsError } from "../../error.ts"
import { close } from "../file.ts"
import { O_DIRECTORY, O_PATH } from "../../kernel/fs.ts"
import { openCgroup, sleep, subCgroups, tryOpenBeneath, tryOpenCgroup, tryReadControl, tryWriteControl, writeControl } from "./folder.ts"
import { controllerKey, UNIFIED } from "./record.ts"
import type { CgroupRecord } from "./record.ts"

/** The v1 freezer where it is mounted, as with runc; else cgroup2's. */
function freezerKey(record: CgroupRecord): string | undefined {
  return controllerKey(record, "freezer") ?? (record.paths[UNIFIED] === undefined ? undefined : UNIFIED)
}

/** A process in an uninterruptible sleep (a slow disk, NFS) stops only when it wakes up. */
const TIMEOUT_MS = 10_000

/**
 * Stops or continues all processes of the container (cgroup-v2.rst, "cgroup.freeze"; cgroup-v1/freezer-subsystem.rst).
 * Returns when they have stopped. On failure the cgroup is thawed again.
 */
export function freeze(record: CgroupRecord, frozen: boolean): void {
  const key = freezerKey(record)
  if (key === undefined) {
    throw new RuntsError("cannot pause or resume: no freezer cgroup is mounted", { code: "cgroup-controller-missing" })
  }
  const path = record.paths[key] as string
  const folder = openCgroup(record, key)
  try {
    if (key === UNIFIED) freezeUnified(folder, path, frozen)
    else freezeV1(folder, path, frozen)
  } finally {
    close(folder)
  }
}

function freezeUnified(folder: number, path: string, frozen: boolean): void {
  writeControl(folder, path, "cgroup.freeze", frozen ? "1" : "0")
  if (!frozen || isStopped(folder)) return
  const deadline = Date.now() + TIMEOUT_MS
  const events = tryOpenBeneath(folder, "cgroup.events", 0)
  try {
    // a change of cgroup.events ends the sleep; one that came before poll(2) is why it is short
    while (!isStopped(folder)) {
      if (Date.now() > deadline) {
        writeControl(folder, path, "cgroup.freeze", "0")
        throw unable(path)
      }
      sleep(10, events)
    }
  } finally {
    close(events)
  }
}

function isStopped(folder: number): boolean {
  return tryReadControl(folder, "cgroup.events")?.includes("frozen 1") ?? false
}

/**
 * FREEZING can last for ever when a process forks, or joins, at the wrong moment: the state is written again and again,
 * and now and then the processes are let run for a while.
 */
function freezeV1(folder: number, path: string, frozen: boolean): void {
  if (!frozen) return writeControl(folder, path, "freezer.state", "THAWED")
  const deadline = Date.now() + TIMEOUT_MS
  for (let round = 1; ; round++) {
    writeControl(folder, path, "freezer.state", "FROZEN")
    if (tryReadControl(folder, "freezer.state") === "FROZEN") return
    if (Date.now() > deadline) break
    if (round % 50 === 0) {
      writeControl(folder, path, "freezer.state", "THAWED")
      sleep(10)
    } else if (round > 5) {
      sleep(round < 25 ? 0.1 : 2)
    }
  }
  writeControl(folder, path, "freezer.state", "THAWED")
  throw unable(path)
}

function unable(path: string): RuntsError {
  return new RuntsError(`unable to freeze: processes of ${path} did not stop within ${TIMEOUT_MS / 1000} s`, {
    code: "cgroup-frozen",
    hint: "a process that waits for a disk or a network file system cannot be stopped; try again",
  })
}

/**
 * Lets processes that were killed come to their end: on v1 those in a frozen cgroup do not, and the container can have frozen cgroups of
 * its own below (a paused container in a container). On v2 SIGKILL ends frozen ones too; there only the container's own is thawed.
 */
export function thawAll(record: CgroupRecord): void {
  const key = freezerKey(record)
  if (key === undefined) return
  const folder = tryOpenCgroup(record, key)
  if (folder < 0) return
  try {
    if (key !== UNIFIED) thawTree(folder)
    else if (tryReadControl(folder, "cgroup.freeze") === "1") tryWriteControl(folder, "cgroup.freeze", "0")
  } finally {
    close(folder)
  }
}

/** Top down: what is thawed below a frozen cgroup stays frozen (cgroup-v1/freezer-subsystem.rst). Best effort, as any may vanish. */
function thawTree(folder: number): void {
  if (tryReadControl(folder, "freezer.self_freezing") !== "0") tryWriteControl(folder, "freezer.state", "THAWED")
  for (const name of subCgroups(folder)) {
    const child = tryOpenBeneath(folder, name, O_PATH | O_DIRECTORY)
    if (child < 0) continue
    thawTree(child)
    close(child)
  }
}

/** Whether the container is paused, by itself: a frozen ancestor does not count. */
export function isFrozen(record: CgroupRecord): boolean {
  const key = freezerKey(record)
  if (key === undefined) return false
  const folder = tryOpenCgroup(record, key)
  if (folder < 0) return false
  try {
    return tryReadControl(folder, key === UNIFIED ? "cgroup.freeze" : "freezer.self_freezing") === "1"
  } finally {
    close(folder)
  }
}

/** Whether a process that joins stops at once, because the cgroup or an ancestor is frozen. */
export function stopsMembers(folder: number, key: string): boolean {
  if (key === UNIFIED) return isStopped(folder)
  const state = tryReadControl(folder, "freezer.state")
  return state !== undefined && state !== "THAWED"
}
