import { sys } from "../../ffi/index.ts"
import { ERRNO } from "../../kernel/errno.ts"
import { AT_EMPTY_PATH, AT_FDCWD } from "../../kernel/fs.ts"
import {
  FSCONFIG, FSOPEN_CLOEXEC, MOUNT_ATTR, OPEN_TREE_CLOEXEC, OPEN_TREE_CLONE, SUPER_MAGIC,
} from "../../kernel/mount.ts"
import { NR } from "../../kernel/syscalls.ts"
import { close, tryReadText, tryStat } from "../file.ts"
import { tryMountSetattr } from "../probe.ts"
import { limited, missing, present, unknown } from "./ability.ts"
import type { Abilities, Ability, Answer } from "./ability.ts"
import { answerOf, errorOf, readable } from "./inspection.ts"
import type { Inspection } from "./inspection.ts"
import type { Trial } from "./trial.ts"

const BOTH = ["root", "rootless"] as const
const SOURCE_API = "fsopen(2), Documentation/filesystems/mount_api.rst"

/** The mount API and file systems. */
export const MOUNTS = {
  "mount-setattr": {
    group: "mounts",
    title: "mount_setattr(2)",
    since: "5.12",
    essential: BOTH,
    lack: "no mount can be made read-only with all that is below it, or be idmapped",
    remedy: { text: "run Linux 5.12 or later" },
    source: "mount_setattr(2)",
    probe: () => answerOf("mount_setattr", tryMountSetattr()),
  },
  "open-tree": {
    group: "mounts",
    title: "open_tree(2)",
    since: "5.2",
    essential: BOTH,
    lack: "bind mounts cannot be made by descriptor: no container can be made",
    remedy: { text: "run Linux 5.2 or later" },
    source: SOURCE_API,
    probe: (host) => host.asks("open_tree", -1, "", NO_SUCH_FLAGS),
  },
  "fsopen": {
    group: "mounts",
    title: "fsopen(2), fsconfig(2), fsmount(2), move_mount(2)",
    since: "5.2",
    essential: BOTH,
    lack: "file systems cannot be mounted by descriptor: no container can be made",
    remedy: { text: "run Linux 5.2 or later" },
    source: SOURCE_API,
    probe: probeMountApi,
  },
  "move-mount-beneath": {
    group: "mounts",
    title: "mounting beneath a mount (MOVE_MOUNT_BENEATH)",
    since: "6.5",
    minor: true,
    lack: "a mount of a running container cannot be replaced without a gap (runts does not do so yet)",
    remedy: { text: "run Linux 6.5 or later" },
    source: "Documentation/filesystems/mount_api.rst",
    probe: probeBeneath,
  },
  "idmapped-mounts": {
    group: "mounts",
    title: "idmapped mounts",
    since: "5.12",
    roles: ["root"],
    lack: "mounts with uidMappings, gidMappings or idmap cannot be made there",
    remedy: { text: "keep root filesystems and volumes on ext4, xfs, btrfs or (from Linux 6.3) tmpfs" },
    source: "mount_setattr(2), ID-mapped mounts",
    probe: probeIdmapped,
  },
  "proc-mounted": {
    group: "mounts",
    title: "/proc",
    essential: BOTH,
    lack: "runts cannot see processes, namespaces and mounts",
    remedy: { text: "mount -t proc proc /proc" },
    source: "proc(5)",
    probe: probeProc,
  },
  "new-proc": fileSystem("proc", "a /proc of its own", "a container's /proc is a bind of the one here, as masked as that", {
    text: "start the outer container with an unmasked /proc (Docker: --security-opt systempaths=unconfined; Podman: --security-opt unmask=ALL)",
  }),
  "new-sysfs": fileSystem("sysfs", "a /sys of its own", "a container's /sys is a bind of the one here", {
    text: "start the outer container with an unmasked /sys and a network namespace (Podman: --security-opt unmask=ALL)",
  }),
  "new-tmpfs": fileSystem("tmpfs", "tmpfs", "containers cannot have a /dev, /run or /dev/shm of their own", { kernel: "CONFIG_TMPFS" }),
  "new-devpts": fileSystem("devpts", "devpts", "containers cannot have terminals of their own", { kernel: "CONFIG_UNIX98_PTYS" }),
  "new-mqueue": fileSystem("mqueue", "mqueue", "containers cannot have /dev/mqueue", { kernel: "CONFIG_POSIX_MQUEUE" }),
  "overlay": {
    group: "mounts",
    title: "overlay file systems",
    lack: "mounts of type overlay cannot be made, and engines unpack every layer of an image anew",
    remedy: { text: "modprobe overlay", kernel: "CONFIG_OVERLAY_FS" },
    source: "Documentation/filesystems/overlayfs.rst",
    probe: probeOverlay,
  },
  "overlay-lowerdir-plus": {
    group: "mounts",
    title: "overlay layers one by one (lowerdir+)",
    since: "6.8",
    roles: ["root"],
    minor: true,
    lack: "the layers of an overlay must fit into one option, and their paths hold no colons",
    remedy: { text: "run Linux 6.8 or later" },
    source: "Documentation/filesystems/overlayfs.rst",
    probe: probeLowerdirPlus,
  },
  "dev-fuse": {
    group: "mounts",
    title: "/dev/fuse",
    minor: true,
    lack: "file systems of user programs (fuse-overlayfs, sshfs, lxcfs) cannot be used",
    remedy: { text: "modprobe fuse", kernel: "CONFIG_FUSE_FS" },
    source: "fuse(4)",
    probe: () => device("/dev/fuse", 10, 229),
  },
  "device-nodes": {
    group: "mounts",
    title: "device nodes for containers with mapped ids",
    lack: "containers in a user namespace do not have these in /dev: they are bound from here",
    remedy: { text: "mount -t devtmpfs dev /dev, or mknod -m 666 /dev/null c 1 3 and so on" },
    source: "config-linux.md, Default Devices",
    probe: probeNodes,
  },
  "executable-folders": {
    group: "mounts",
    title: "folders where root filesystems can be executed",
    minor: true,
    lack: "programs of a root filesystem that lies there cannot be executed",
    remedy: { text: "keep bundles elsewhere, or mount -o remount,exec the folder" },
    source: "mount(8), noexec",
    probe: probeNoexec,
  },
} as const satisfies Abilities

const NO_SUCH_FLAGS = 0xfffe
const MOVE_MOUNT_BENEATH = 0x200

/** What needs the right to mount is refused before its arguments are looked at: then a process in namespaces of its own has tried it. */
function probeMountApi(host: Inspection): Answer {
  if (!host.hasCapability("CAP_SYS_ADMIN")) {
    for (const call of ["fsopen", "fsmount", "move_mount"] as const) {
      const answer = host.asks(call, -1, NO_SUCH_FLAGS, 0, 0, 0)
      if (answer.found.endsWith("ENOSYS")) return answer
    }
    const result = host.trial("own")?.tmpfs
    if (result === undefined) return unknown("this user may not mount")
    return result < 0 ? unknown(`tmpfs in a user namespace: ${errorOf(result)}`) : present("in a user namespace")
  }
  const answers = [
    host.asks("fsopen", "", NO_SUCH_FLAGS), host.asks("fsconfig", -1, 0, 0, 0, 0), host.asks("fsmount", -1, NO_SUCH_FLAGS, 0),
    host.asks("move_mount", -1, "", -1, "", NO_SUCH_FLAGS << 16),
  ]
  return answers.find(({ state }) => state === "missing") ?? present()
}

/** A kernel that does not know the flag says so before it looks at the paths. */
function probeBeneath(host: Inspection): Answer {
  if (!host.hasCapability("CAP_SYS_ADMIN")) return unknown("takes CAP_SYS_ADMIN to ask")
  const result = sys(NR.move_mount, -1, "x", -1, "x", MOVE_MOUNT_BENEATH)
  return result === -ERRNO.EBADF ? present() : missing(`move_mount: ${errorOf(result)}`)
}

/** The file systems that root filesystems and volumes may be on here: one mount of each is cloned, and mapped where nobody sees it. */
function probeIdmapped(host: Inspection): Answer {
  if (!host.hasCapability("CAP_SYS_ADMIN")) return unknown("takes CAP_SYS_ADMIN to ask")
  const places = new Map<string, string>()
  for (const { type, mountPoint } of host.mounts()) if (CONTENT.has(type) && !places.has(type)) places.set(type, mountPoint)
  if (places.size === 0) return unknown("no file system of files is mounted")
  const namespace = host.surroundings.trials.mappedNamespace()
  try {
    const results = [...places].map(([type, place]) => ({ type, result: mapClone(place, namespace) }))
    const able = results.filter(({ result }) => result === 0).map(({ type }) => type)
    const unable = results.filter(({ result }) => result < 0).map(({ type, result }) => `${type}: ${errorOf(result)}`)
    if (able.length === 0) return missing(unable.join(", "))
    return unable.length === 0 ? present(able.join(", ")) : limited(`${able.join(", ")}; not ${unable.join(", ")}`)
  } finally {
    close(namespace)
  }
}

/** None of a network: whose server is gone, that would not answer. */
const CONTENT: ReadonlySet<string> = new Set([
  "ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "zfs", "bcachefs", "tmpfs", "overlay", "squashfs", "erofs", "vfat", "exfat", "ntfs3",
])

/** @returns 0, or a negated errno; the clone goes with its descriptor */
function mapClone(place: string, namespace: number): number {
  const clone = sys(NR.open_tree, AT_FDCWD, place, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC)
  if (clone < 0) return clone
  try {
    // struct mount_attr: attr_set, attr_clr, propagation, userns_fd
    const attributes = new BigUint64Array([BigInt(MOUNT_ATTR.IDMAP), 0n, 0n, BigInt(namespace)])
    return sys(NR.mount_setattr, clone, "", AT_EMPTY_PATH, new Uint8Array(attributes.buffer), 32)
  } finally {
    close(clone)
  }
}

const STATFS_BYTES = 120

function probeProc(): Answer {
  const buffer = new Uint8Array(STATFS_BYTES)
  const result = sys(NR.statfs, "/proc", buffer)
  return result === 0 && new DataView(buffer.buffer).getUint32(0, true) === SUPER_MAGIC.PROC ? present() : missing("/proc is no procfs")
}

/** What every container has mounted; tried in namespaces of its own, and attached nowhere. */
function fileSystem(name: "proc" | "sysfs" | "tmpfs" | "devpts" | "mqueue", title: string, lack: string, remedy: Ability["remedy"]): Ability {
  return { group: "mounts", title, lack, remedy, source: `user_namespaces(7), mount(8)`, probe: (host) => probeFileSystem(host, name) }
}

function probeFileSystem(host: Inspection, name: keyof Trial & string): Answer {
  if (!host.fileSystems().has(name)) return missing("not in /proc/filesystems")
  const result = host.trial("own")?.[name]
  if (typeof result !== "number") return unknown("no process could be started to try it")
  return result < 0 ? missing(`${name} in new namespaces: ${errorOf(result)}`) : present()
}

function probeOverlay(host: Inspection): Answer {
  if (host.fileSystems().has("overlay")) return present()
  const release = host.text("/proc/sys/kernel/osrelease") ?? ""
  const modules = readable(() => tryReadText(`/lib/modules/${release}/modules.dep`)) ?? ""
  return modules.includes("/overlay.ko") ? limited("a module that is not loaded: only root has it loaded by mounting") : missing("not in /proc/filesystems")
}

function probeLowerdirPlus(host: Inspection): Answer {
  if (!host.fileSystems().has("overlay")) return unknown("no overlay to ask")
  const context = sys(NR.fsopen, "overlay", FSOPEN_CLOEXEC)
  if (context < 0) return unknown(`fsopen: ${errorOf(context)}`)
  const result = sys(NR.fsconfig, context, FSCONFIG.SET_STRING, "lowerdir+", "/", 0)
  close(context)
  return result < 0 ? missing(`lowerdir+: ${errorOf(result)}`) : present()
}

function device(path: string, major: number, minor: number): Answer {
  const status = tryStat(path)
  if (status === undefined) return missing(`${path} does not exist`)
  return isDevice(status, major, minor) ? present() : missing(`${path} is another file`)
}

function isDevice(status: ReturnType<typeof tryStat>, major: number, minor: number): boolean {
  return status?.type === "char" && status.rdevMajor === major && status.rdevMinor === minor
}

/** runtime-spec config-linux.md, "Default Devices". */
const NODES: readonly (readonly [name: string, major: number, minor: number])[] = [
  ["null", 1, 3], ["zero", 1, 5], ["full", 1, 7], ["random", 1, 8], ["urandom", 1, 9], ["tty", 5, 0],
]

function probeNodes(): Answer {
  const lacking = NODES.filter(([name, major, minor]) => !isDevice(tryStat(`/dev/${name}`), major, minor)).map(([name]) => `/dev/${name}`)
  if (lacking.length === 0) return present()
  const found = `no ${lacking.join(", ")}`
  return lacking.length === NODES.length ? missing(found) : limited(found)
}

/** By the mount table: a network file system whose server is gone would not answer. */
function probeNoexec(host: Inspection): Answer {
  const folders = ["/", "/var/lib", "/run", "/tmp", "/home"].filter((path) => {
    const mount = host.mounts().findLast(({ mountPoint }) => mountPoint === "/" || path === mountPoint || path.startsWith(`${mountPoint}/`))
    return mount?.options.split(",").includes("noexec") === true
  })
  return folders.length === 0 ? present() : limited(`noexec: ${folders.join(", ")}`)
}
