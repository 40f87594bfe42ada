import { MOUNT_ATTR, MS } from "./mount.ts"

/**
 * What one word of a mount's `options` means.
 * - attr: attributes of the mount to set and to clear; recursive ones hold for the mounts below too (mount_setattr(2))
 * - super: a flag of the file system itself: the word fsconfig(2) knows (or none) and the flag of mount(2)
 * - propagation: an MS_ propagation type, applied after the mount is attached
 * - bind, idmap: how the mount comes to be
 * - special: handled by name where mounts are planned
 */
export type MountOption =
  | { readonly kind: "attr"; readonly set: number; readonly clear: number; readonly recursive: boolean }
  | { readonly kind: "super"; readonly word: string | undefined; readonly flag: number; readonly on: boolean }
  | { readonly kind: "propagation"; readonly type: number; readonly recursive: boolean }
  | { readonly kind: "bind" | "idmap"; readonly recursive: boolean }
  | { readonly kind: "none" | "remount" | "tmpcopyup" | "copy-symlink" | "src-nofollow" | "dest-nofollow" }

type AttrRow = readonly [set: number, clear: number]

/**
 * Attributes by their plain name; with "r" before it each is recursive. An atime mode replaces the others, so it clears the mask; its opposite takes
 * back that mode alone (`noatime,nostrictatime` is noatime), and relatime is what is left without one.
 */
const ATTRIBUTES: Readonly<Record<string, AttrRow>> = {
  ro: [MOUNT_ATTR.RDONLY, 0],
  rw: [0, MOUNT_ATTR.RDONLY],
  nosuid: [MOUNT_ATTR.NOSUID, 0],
  suid: [0, MOUNT_ATTR.NOSUID],
  nodev: [MOUNT_ATTR.NODEV, 0],
  dev: [0, MOUNT_ATTR.NODEV],
  noexec: [MOUNT_ATTR.NOEXEC, 0],
  exec: [0, MOUNT_ATTR.NOEXEC],
  noatime: [MOUNT_ATTR.NOATIME, MOUNT_ATTR.ATIME_MASK],
  atime: [0, MOUNT_ATTR.NOATIME],
  strictatime: [MOUNT_ATTR.STRICTATIME, MOUNT_ATTR.ATIME_MASK],
  nostrictatime: [0, MOUNT_ATTR.STRICTATIME],
  relatime: [MOUNT_ATTR.RELATIME, MOUNT_ATTR.ATIME_MASK],
  norelatime: [0, 0],
  nodiratime: [MOUNT_ATTR.NODIRATIME, 0],
  diratime: [0, MOUNT_ATTR.NODIRATIME],
  nosymfollow: [MOUNT_ATTR.NOSYMFOLLOW, 0],
  symfollow: [0, MOUNT_ATTR.NOSYMFOLLOW],
}

/** Flags of the file system that crun also knows with "r" before them, where they mean the same: there is no more than one to set. */
const RECURSIVE_SUPER: ReadonlySet<string> = new Set(["rsync", "rasync", "rdirsync", "rmand", "rnomand"])

const OTHERS: Readonly<Record<string, MountOption>> = {
  defaults: { kind: "none" },
  sync: { kind: "super", word: "sync", flag: MS.SYNCHRONOUS, on: true },
  async: { kind: "super", word: "async", flag: MS.SYNCHRONOUS, on: false },
  dirsync: { kind: "super", word: "dirsync", flag: MS.DIRSYNC, on: true },
  mand: { kind: "super", word: "mand", flag: MS.MANDLOCK, on: true },
  nomand: { kind: "super", word: "nomand", flag: MS.MANDLOCK, on: false },
  lazytime: { kind: "super", word: "lazytime", flag: MS.LAZYTIME, on: true },
  nolazytime: { kind: "super", word: "nolazytime", flag: MS.LAZYTIME, on: false },
  // fsconfig(2) knows no word for these: they need mount(2)
  iversion: { kind: "super", word: undefined, flag: MS.I_VERSION, on: true },
  noiversion: { kind: "super", word: undefined, flag: MS.I_VERSION, on: false },
  silent: { kind: "super", word: undefined, flag: MS.SILENT, on: true },
  loud: { kind: "super", word: undefined, flag: MS.SILENT, on: false },
  remount: { kind: "remount" },
  bind: { kind: "bind", recursive: false },
  rbind: { kind: "bind", recursive: true },
  private: { kind: "propagation", type: MS.PRIVATE, recursive: false },
  rprivate: { kind: "propagation", type: MS.PRIVATE, recursive: true },
  shared: { kind: "propagation", type: MS.SHARED, recursive: false },
  rshared: { kind: "propagation", type: MS.SHARED, recursive: true },
  slave: { kind: "propagation", type: MS.SLAVE, recursive: false },
  rslave: { kind: "propagation", type: MS.SLAVE, recursive: true },
  unbindable: { kind: "propagation", type: MS.UNBINDABLE, recursive: false },
  runbindable: { kind: "propagation", type: MS.UNBINDABLE, recursive: true },
  idmap: { kind: "idmap", recursive: false },
  ridmap: { kind: "idmap", recursive: true },
  tmpcopyup: { kind: "tmpcopyup" },
  // crun's: what becomes of symbolic links at a bind's source and destination
  "copy-symlink": { kind: "copy-symlink" },
  "src-nofollow": { kind: "src-nofollow" },
  "dest-nofollow": { kind: "dest-nofollow" },
}

/** The meaning of one word, or undefined: then it is data for the file system. */
export function mountOption(word: string): MountOption | undefined {
  if (Object.hasOwn(OTHERS, word)) return OTHERS[word]
  if (RECURSIVE_SUPER.has(word)) return OTHERS[word.slice(1)]
  const plain = Object.hasOwn(ATTRIBUTES, word) ? ATTRIBUTES[word] : undefined
  if (plain !== undefined) return { kind: "attr", set: plain[0], clear: plain[1], recursive: false }
  if (word.startsWith("r") && Object.hasOwn(ATTRIBUTES, word.slice(1))) {
    const recursive = ATTRIBUTES[word.slice(1)]
    if (recursive !== undefined) return { kind: "attr", set: recursive[0], clear: recursive[1], recursive: true }
  }
  return undefined
}

/** All words, for `features` and the docs. */
export function mountOptionNames(): string[] {
  const attributes = Object.keys(ATTRIBUTES)
  return [...Object.keys(OTHERS), ...RECURSIVE_SUPER, ...attributes, ...attributes.map((name) => "r" + name)].sort()
}

/** rootfsPropagation and propagation words (config-linux.md, "Rootfs Mount Propagation"). */
export function propagationFlags(word: string): number | undefined {
  const option = Object.hasOwn(OTHERS, word) ? OTHERS[word] : undefined
  if (option?.kind !== "propagation") return undefined
  return option.type | (option.recursive ? MS.REC : 0)
}
