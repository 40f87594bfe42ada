import { O_CLOEXEC, O_PATH, STATFS_FLAGS, ST_RDONLY } from "../kernel/fs.ts"
import { FSCONFIG, FSPICK_CLOEXEC, FSPICK_EMPTY_PATH, MOUNT_ATTR } from "../kernel/mount.ts"
import type { Step } from "../program/program.ts"
import { configureLabels, mountLog } from "./file-system.ts"
import type { MountRequest } from "./mount-request.ts"
import { applyAttributes, type MountContext, propagate } from "./mounts.ts"
import { openInRoot, scratch } from "./targets.ts"

/** `remount`: changes the attributes that are named, and for a file system its options, of what is mounted there already. */
export function remount(context: MountContext, request: MountRequest, path: string): void {
  const { planner } = context
  const p = planner.program
  const where = path === "" ? "." : path
  const place = openInRoot(planner, context.root, where, O_PATH | O_CLOEXEC).says(`open the mount at /${path}`)
  // /dev stays writable until the devices are made
  const late = path === "dev" && ((request.set | request.recursiveSet) & MOUNT_ATTR.RDONLY) !== 0
  const writable = { ...request, set: request.set & ~MOUNT_ATTR.RDONLY, recursiveSet: request.recursiveSet & ~MOUNT_ATTR.RDONLY }
  applyAttributes(planner, late ? writable : request, place, path)
  if (!request.bind) {
    if (request.data.length + request.superWords.length + request.labels.length > 0) reconfigure(context, request, place, path, false)
    else if ((request.clear & MOUNT_ATTR.RDONLY) !== 0) makeWritable(context, request, place, path)
  }
  propagate(context, request, place, path)
  if (late) context.lateReadonly.push({ mount: place, pointer: request.pointer, path })
  else p.call("close", place)
}

/** Where the mount is writable now and its file system still is not. */
function makeWritable(context: MountContext, request: MountRequest, place: Step, path: string): void {
  const { planner } = context
  const p = planner.program
  const done = p.label("writable")
  const statfs = scratch(planner, 120)
  p.call("fstatfs", place, statfs).says(`look at the file system at /${path}`)
  p.test(statfs.at(STATFS_FLAGS), ST_RDONLY, "==", 0, done)
  reconfigure(context, request, place, path, true)
  p.here(done)
}

/** Gives the file system behind a mount its options. */
function reconfigure(context: MountContext, request: MountRequest, place: Step, path: string, writable: boolean): void {
  const { planner } = context
  const p = planner.program
  const name = `${request.type === "none" ? "the file system" : request.type} at /${path} again`
  const picked = p.call("fspick", place, "", FSPICK_CLOEXEC | FSPICK_EMPTY_PATH).says(`pick the file system at /${path}`)
  const error = p.buffer(8)
  const log = p.label("remount log")
  const configure = (command: number, key: string | number, value: string | number, what: string): Step => {
    const step = p.call("fsconfig", picked, command, key, value, 0).on("any", log).says(`mount ${name}: ${what}`)
    step.cell = error
    return step
  }
  for (const word of writable ? ["rw"] : request.superWords) configure(FSCONFIG.SET_FLAG, word, 0, word)
  for (const item of request.data) {
    const equals = item.indexOf("=")
    if (equals < 0) configure(FSCONFIG.SET_FLAG, item, 0, `option ${item}`)
    else configure(FSCONFIG.SET_STRING, item.slice(0, equals), item.slice(equals + 1), `option ${item}`)
  }
  configureLabels(planner, picked, request.labels, `mount ${name}`)
  const last = configure(FSCONFIG.CMD_RECONFIGURE, 0, 0, "reconfigure")
  mountLog(planner, log, picked, error, last, name)
  p.call("close", picked)
}
