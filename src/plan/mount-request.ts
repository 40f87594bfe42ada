import { annotation } from "../spec/annotations.ts"
import type { Mount, Spec } from "../spec/types.gen.ts"
import { type IdmapOption, idmapOption } from "./idmap-option.ts"
import { RuntsError } from "../error.ts"
import { FSCONFIG_STRING_MAX, MOUNT_ATTR, SELINUX_CONTEXTS } from "../kernel/mount.ts"
import { mountOption } from "../kernel/mount-options.ts"

/** A mount option of SELinux: how the label is used, and the label, without quotes. */
export interface SecurityOption {
  readonly name: string
  readonly value: string
}

/**
 * File systems that linux.mountLabel is no option of, as with runc: of these the policy labels each file (proc, sysfs, cgroup),
 * or the root is labelled when it is mounted (mqueue).
 */
const UNLABELLED: ReadonlySet<string> = new Set(["proc", "sysfs", "mqueue", "cgroup", "cgroup2"])

/** linux.mountLabel as a mount option. @throws RuntsError where the annotation that says how names no such option */
export function mountLabel(spec: Spec): SecurityOption | undefined {
  const value = spec.linux?.mountLabel
  if (value === undefined || value === "") return undefined
  const name = annotation(spec, "run.oci.mount_context_type") ?? "context"
  if (!SELINUX_CONTEXTS.includes(name)) {
    const names = SELINUX_CONTEXTS.join(", ")
    throw new RuntsError(`annotation run.oci.mount_context_type: ${JSON.stringify(name)} is not one of ${names}`, {
      code: "config-schema",
      pointer: "/annotations/run.oci.mount_context_type",
    })
  }
  return { name, value }
}

/** An option such as context="a:b:c:s0:c1,c2"; the quotes are for mount(2), which separates options by commas. */
function securityOption(word: string): SecurityOption | undefined {
  const equals = word.indexOf("=")
  const name = word.slice(0, Math.max(0, equals))
  return SELINUX_CONTEXTS.includes(name) ? { name, value: word.slice(equals + 1).replace(/^"(.*)"$/s, "$1") } : undefined
}

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
  /** Data of a bind mount, `name=value`: mount(2) has no use for it. */
  readonly unused: readonly string[]
  /** Its own labels, else linux.mountLabel where the file system takes that. */
  readonly labels: readonly SecurityOption[]
  /** It takes mount(2): something that fsconfig(2) cannot say. */
  readonly legacy: boolean
  readonly tmpcopyup: boolean
  readonly remount: boolean
  readonly idmap: { readonly recursive: boolean; readonly option: IdmapOption | undefined } | undefined
  /** crun's: a source that is a symbolic link is made again at the destination, not mounted. */
  readonly copySymlink: boolean
  /** crun's: a symbolic link at the end of the source is itself what is bound. */
  readonly sourceNoFollow: boolean
  /** crun's: a symbolic link at the end of the destination is itself mounted on. */
  readonly destinationNoFollow: boolean
}

const ATIME_MASK = MOUNT_ATTR.ATIME_MASK

/** mount_setattr(2) clears the atime modes together or not at all. */
function whole(clear: number): number {
  return (clear & ATIME_MASK) === 0 ? clear : clear | ATIME_MASK
}

/** File systems whose mounts no kernel can id-map: what they show are the kernel's own objects, or other mounts. */
const NEVER_IDMAPPED: ReadonlySet<string> = new Set(["cgroup", "cgroup2", "proc", "sysfs", "devpts", "mqueue"])

/** A sentence for each mount with data that it has no use for. */
export function unusedData(requests: readonly MountRequest[]): string[] {
  return requests.filter(({ unused }) => unused.length > 0).map(({ index, mount, unused }) =>
    `mounts[${index}] (${mount.destination}): a bind mount takes no data; ${unused.join(", ")} has no effect`)
}

/** Words that contradict each other or the mount, each a rule. */
function refuseContradictions(request: MountRequest): void {
  const where = `mounts[${request.index}] (${request.mount.destination})`
  const refuse = (why: string, hint?: string): never => {
    throw new RuntsError(`${where}: ${why}`, {
      code: "mount-option", pointer: `${request.pointer}/options`, ...(hint === undefined ? {} : { hint }),
    })
  }
  const data = [...request.data, ...request.labels.map(({ name }) => name)]
  if (request.bind && data.length > 0) {
    refuse(`a bind mount takes no data, but has ${data.map((item) => JSON.stringify(item)).join(", ")}`, "check the spelling of the options")
  }
  if (request.copySymlink && (request.sourceNoFollow || request.destinationNoFollow)) {
    refuse("copy-symlink makes a symbolic link and no mount, so it excludes src-nofollow and dest-nofollow", "leave out one of them")
  }
  if (request.idmap === undefined) return
  if (request.remount) refuse("a mount that is in its place cannot be id-mapped any more, so idmap excludes remount", "id-map it where it is made")
  if (NEVER_IDMAPPED.has(request.type)) refuse(`a mount of type ${request.type} cannot be id-mapped`, "leave out idmap and the mappings")
}

/**
 * Sorts a mount's options.
 * @param label linux.mountLabel @throws RuntsError where words contradict each other or the mount
 */
export function mountRequest(mount: Mount, index: number, label?: SecurityOption): MountRequest {
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
  let idmap: MountRequest["idmap"]
  let copySymlink = false
  let sourceNoFollow = false
  let destinationNoFollow = false
  const propagation: { type: number; recursive: boolean }[] = []
  const superWords: string[] = []
  const words: string[] = []
  const labels: SecurityOption[] = []
  for (const word of mount.options ?? []) {
    // Buildah's volumes without options have one empty option
    if (word === "") continue
    const option = mountOption(word)
    if (option === undefined) {
      const own = word.includes("context=") ? securityOption(word) : undefined
      const mapped = idmapOption(word, index, mount.destination)
      if (own !== undefined) labels.push(own)
      else if (mapped !== undefined) idmap = { recursive: mapped.recursive, option: mapped }
      else words.push(word)
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
        idmap = { recursive: option.recursive || idmap?.recursive === true, option: idmap?.option }
        break
      case "tmpcopyup":
        tmpcopyup = true
        break
      case "remount":
        remount = true
        break
      case "copy-symlink":
        copySymlink = true
        break
      case "src-nofollow":
        sourceNoFollow = true
        break
      case "dest-nofollow":
        destinationNoFollow = true
        break
      case "none":
        break
    }
  }
  if ((mount.uidMappings?.length ?? 0) > 0) idmap ??= { recursive: false, option: undefined }
  if (label !== undefined && labels.length === 0 && !bind && !remount && !UNLABELLED.has(mount.type ?? "")) labels.push(label)
  for (const { value } of labels) legacy ||= Buffer.byteLength(value) > FSCONFIG_STRING_MAX
  const unused = bind ? words.filter((word) => /^\w+=/.test(word)) : []
  const data = bind ? words.filter((word) => !unused.includes(word)) : words
  for (const item of data) legacy ||= Buffer.byteLength(item) > FSCONFIG_STRING_MAX || item.includes(",")
  legacy ||= !bind && Buffer.byteLength(mount.source ?? "") > FSCONFIG_STRING_MAX
  const request: MountRequest = {
    index, mount, pointer: `/mounts/${index}`, type: bind ? "" : (mount.type ?? "none"), bind, bindRecursive, set, clear, recursiveSet,
    recursiveClear, propagation, superWords, superFlags, data, unused, labels, legacy, tmpcopyup, remount, idmap, copySymlink,
    sourceNoFollow, destinationNoFollow,
  }
  refuseContradictions(request)
  return request
}
