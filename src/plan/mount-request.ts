import type { Mount } from "../spec/types.gen.ts"
import { RuntsError } from "../error.ts"
import { FSCONFIG_STRING_MAX, MOUNT_ATTR } from "../kernel/mount.ts"
import { mountOption } from "../kernel/mount-options.ts"

/** One entry of `mounts`, its options sorted by what they mean. */
export interface MountRequest {
  readonly index: number
  readonly mount: Mount
  readonly pointer: string
  /** The file system type, "" for a bind. */
  readonly type: string
  readonly bind: boolean
  readonly bindRecursive: boolean
  /** Attributes of this mount only. */
  set: number
  clear: number
  /** Attributes of it and all mounts below. */
  recursiveSet: number
  recursiveClear: number
  /** Propagation types in the order given: MS_ type and whether recursive. */
  readonly propagation: readonly { readonly type: number; readonly recursive: boolean }[]
  /** Words and flags of the file system itself: for fsconfig(2) and, with `superFlags`, for mount(2). */
  readonly superWords: readonly string[]
  readonly superFlags: number
  /** Data for the file system, as given. */
  readonly data: readonly string[]
  /** It takes mount(2): something that fsconfig(2) cannot say. */
  readonly legacy: boolean
  readonly tmpcopyup: boolean
  readonly remount: boolean
  readonly idmap: { readonly recursive: boolean } | undefined
}

const ATIME_MASK = MOUNT_ATTR.ATIME_MASK

/** mount_setattr(2) clears the atime modes together or not at all. */
function whole(clear: number): number {
  return (clear & ATIME_MASK) === 0 ? clear : clear | ATIME_MASK
}

/** Sorts a mount's options. @throws RuntsError where words contradict the mount. */
export function mountRequest(mount: Mount, index: number): MountRequest {
  let bind = mount.type === "bind"
  let bindRecursive = false
  let set = 0
  let clear = 0
  let recursiveSet = 0
  let recursiveClear = 0
  let superFlags = 0
  let legacy = false
  let tmpcopyup = false
  let remount = false
  let idmap: { recursive: boolean } | undefined
  const propagation: { type: number; recursive: boolean }[] = []
  const superWords: string[] = []
  const data: string[] = []
  for (const word of mount.options ?? []) {
    const option = mountOption(word)
    if (option === undefined) {
      data.push(word)
      continue
    }
    switch (option.kind) {
      case "attr":
        if (option.recursive) {
          recursiveSet = (recursiveSet & ~option.clear) | option.set
          recursiveClear = (recursiveClear & ~(option.set & ~ATIME_MASK)) | whole(option.clear)
        } else {
          set = (set & ~option.clear) | option.set
          clear = (clear & ~(option.set & ~ATIME_MASK)) | whole(option.clear)
        }
        break
      case "super":
        if (option.on) superFlags |= option.flag
        else superFlags &= ~option.flag
        if (option.word !== undefined) superWords.push(option.word)
        // "silent" asks the kernel to log less and "loud" for the default: neither is worth the old call
        else if (word === "iversion") legacy = true
        break
      case "propagation":
        propagation.push(option)
        break
      case "bind":
        bind = true
        bindRecursive ||= option.recursive
        break
      case "idmap":
        idmap = { recursive: option.recursive }
        break
      case "tmpcopyup":
        tmpcopyup = true
        break
      case "remount":
        remount = true
        break
      case "none":
        break
    }
  }
  const pointer = `/mounts/${index}`
  if ((mount.uidMappings?.length ?? 0) > 0) idmap ??= { recursive: false }
  if (bind && data.length > 0) {
    throw new RuntsError(`mounts[${index}] (${mount.destination}): a bind mount takes no data, but has ${data.map((d) => JSON.stringify(d)).join(", ")}`, {
      pointer: pointer + "/options",
      hint: "check the spelling of the options",
    })
  }
  for (const item of data) legacy ||= Buffer.byteLength(item) > FSCONFIG_STRING_MAX || item.includes(",")
  legacy ||= !bind && Buffer.byteLength(mount.source ?? "") > FSCONFIG_STRING_MAX
  return {
    index, mount, pointer, type: bind ? "" : (mount.type ?? "none"), bind, bindRecursive, set, clear, recursiveSet, recursiveClear,
    propagation, superWords, superFlags, data, legacy, tmpcopyup, remount, idmap,
  }
}
