import { sys } from "../../ffi/index.ts"
import { AT_EACCESS, AT_FDCWD, AT_SYMLINK_NOFOLLOW } from "../../kernel/fs.ts"
import { NR } from "../../kernel/syscalls.ts"
import { cgroupPaths } from "../cgroup/paths.ts"
import { tryStat } from "../file.ts"
import { findMapper, type IdKind, MAPPER_FOLDERS, SUBIDS } from "../subids.ts"
import { limited, missing, present, unknown } from "./ability.ts"
import type { Abilities, Ability, Answer, Remedy } from "./ability.ts"
import { canConnect } from "./bus.ts"
import { errorOf, readable } from "./inspection.ts"
import type { Inspection } from "./inspection.ts"

const UIDMAP = { debian: "apt-get install uidmap", fedora: "dnf install shadow-utils", alpine: "apk add shadow-uidmap" } as const

/** What ordinary users need. Rows that are `personal` are about one user, and not asked as root. */
export const ROOTLESS = {
  "straight-from-users": {
    group: "rootless",
    title: "containers straight from ordinary users",
    essential: ["rootless"],
    lack: "runts cannot make the user namespace that a container of an ordinary user is in",
    remedy: { text: "see user-namespaces-for-users and rights-in-user-namespaces" },
    source: "user_namespaces(7)",
    probe: probeStraight,
  },
  "user-namespaces-for-users": {
    group: "rootless",
    title: "user namespaces for ordinary users",
    essential: ["rootless"],
    lack: "ordinary users cannot make containers",
    remedy: { kernel: "CONFIG_USER_NS" },
    source: "user_namespaces(7)",
    probe: probeUserNamespaces,
  },
  "rights-in-user-namespaces": {
    group: "rootless",
    title: "rights in user namespaces",
    essential: ["rootless"],
    lack: "ordinary users cannot mount anything in their containers, so they cannot make any",
    remedy: {
      text: "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu 24.04), or give runts an AppArmor profile with `userns,`",
    },
    source: "https://ubuntu.com/blog/ubuntu-23-10-restricted-unprivileged-user-namespaces",
    probe: probeRights,
  },
  "users-mounts": {
    group: "rootless",
    title: "what ordinary users may mount",
    lack: "containers of ordinary users have these bound from the machine, or not at all",
    remedy: { text: "inside a container, start that with an unmasked /proc and /sys; overlay takes Linux 5.11 or later" },
    source: "user_namespaces(7)",
    probe: probeMounts,
  },
  "subuid": ranges("subuid", "user", "/etc/subuid", "--add-subuids"),
  "subgid": ranges("subgid", "group", "/etc/subgid", "--add-subgids"),
  "newuidmap": mapper("uid", 7),
  "newgidmap": mapper("gid", 6),
  "runtime-dir": {
    group: "rootless",
    title: "a folder of the user's own (XDG_RUNTIME_DIR)",
    personal: true,
    lack: "the state of containers, and sockets of engines, have no safe place",
    remedy: { text: "log in through PAM (ssh, machinectl shell USER@), not su; or set XDG_RUNTIME_DIR to a folder of mode 0700" },
    source: "pam_systemd(8), XDG Base Directory Specification",
    probe: probeRuntimeDir,
  },
  "cgroup-delegation": {
    group: "rootless",
    title: "cgroups of the user's own",
    personal: true,
    lack: "containers of this user have no cgroup: no limits, no pause, no figures; such as ask for some cannot be made",
    remedy: {
      text: "on cgroup2, call runts from a login session with systemd, or in a scope: systemd-run --user --scope -p Delegate=yes runts run ID",
    },
    source: "Documentation/admin-guide/cgroup-v2.rst, Delegation; systemd.resource-control(5)",
    probe: probeDelegation,
  },
  "user-bus": {
    group: "rootless",
    title: "the user's D-Bus",
    personal: true,
    minor: true,
    lack: "the user's systemd cannot be asked for cgroups (--systemd-cgroup)",
    remedy: { text: "loginctl enable-linger USER", debian: "apt-get install dbus-user-session", fedora: "dnf install dbus-daemon", alpine: "apk add dbus" },
    source: "dbus-daemon(1)",
    probe: probeUserBus,
  },
  "linger": {
    group: "rootless",
    title: "processes that outlive the login",
    personal: true,
    minor: true,
    lack: "systemd ends this user's containers at logout",
    remedy: { text: "loginctl enable-linger USER" },
    source: "loginctl(1)",
    probe: probeLinger,
  },
} as const satisfies Abilities

/** Who has rights over the user namespace that he is in needs no other one. */
function probeStraight(host: Inspection): Answer {
  if (host.role() !== "root" && host.hasCapability("CAP_SYS_ADMIN")) return present("in this user namespace")
  const { user, tmpfs } = host.trial("ordinary") ?? {}
  if (user === undefined) return unknown("no process could be started to try it")
  if (user < 0) return missing(`unshare: ${errorOf(user)}`)
  return tmpfs === undefined || tmpfs < 0 ? missing("no rights in a user namespace of its own") : present("runts makes the user namespace")
}

/** The trial is as an ordinary user; which of the many switches was turned off has to be looked up. */
function probeUserNamespaces(host: Inspection): Answer {
  const trial = host.trial("ordinary")
  if (trial?.user === undefined) return unknown("no process could be started to try it")
  if (trial.user >= 0) {
    return trial.identity !== undefined && trial.identity < 0 ? unknown(`tried as root only: no other user id is at hand (${errorOf(trial.identity)})`) : present()
  }
  const found = `unshare: ${errorOf(trial.user)}`
  for (const { path, off, remedy } of SWITCHES) {
    const value = host.text(path)
    if (value !== undefined && off(value)) return missing(`${found}; ${path.slice("/proc/sys/".length).replaceAll("/", ".")} is ${value}`, { remedy: { text: remedy } })
  }
  if (host.status("Seccomp") !== "0") return missing(found, { remedy: { text: "allow unshare and clone with CLONE_NEWUSER in the seccomp profile in force" } })
  return missing(found)
}

const SWITCHES: readonly { path: string; off: (value: string) => boolean; remedy: string }[] = [
  { path: "/proc/sys/user/max_user_namespaces", off: (value) => value === "0", remedy: "sysctl -w user.max_user_namespaces=10000" },
  { path: "/proc/sys/kernel/unprivileged_userns_clone", off: (value) => value === "0", remedy: "sysctl -w kernel.unprivileged_userns_clone=1" },
  {
    path: "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", off: (value) => value !== "0",
    remedy: "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
  },
]

/** AppArmor may let the namespace be made, and give no right in it. */
function probeRights(host: Inspection): Answer {
  const { user, tmpfs } = host.trial("ordinary") ?? {}
  if (user === undefined || user < 0 || tmpfs === undefined) return unknown("no user namespace could be made to try it")
  return tmpfs < 0 ? missing(`tmpfs in a user namespace: ${errorOf(tmpfs)}`) : present()
}

const MOUNTED = ["proc", "sysfs", "tmpfs", "devpts", "mqueue", "overlay"] as const

function probeMounts(host: Inspection): Answer {
  const trial = host.trial("ordinary")
  if (trial?.user === undefined || trial.user < 0) return unknown("no user namespace could be made to try it")
  // without layers overlay is refused with EINVAL, where it may be mounted at all
  const refused = MOUNTED.filter((name) => (name === "overlay" ? trial[name] === EPERM : (trial[name] ?? 0) < 0))
  if (refused.length === 0) return present(MOUNTED.filter((name) => trial[name] !== undefined).join(", "))
  return limited(`not ${refused.map((name) => `${name} (${errorOf(trial[name] as number)})`).join(", ")}`)
}

const EPERM = -1

/** A usual image has users up to here (nobody is 65534). */
const IDS_WANTED = 65536

function ranges(id: string, kind: "user" | "group", path: string, flag: string): Ability {
  return {
    group: "rootless",
    title: `${kind} ids for containers of ordinary users (${path})`,
    roles: ["root", "rootless"],
    lack: `such containers have one ${kind} id only: images with several ${kind}s cannot be unpacked or run`,
    remedy: { text: `usermod ${flag} 100000-165535 USER`, alpine: `echo USER:100000:65536 >>${path}` },
    source: `${id}(5)`,
    probe: (host) => probeRanges(host, path),
  }
}

interface Range {
  readonly user: string
  readonly first: number
  readonly count: number
}

function overlap(a: Range, b: Range): boolean {
  return a.first < b.first + b.count && b.first < a.first + a.count
}

/** Lines `user:first:count`, the user by name or number. As root: of all users. */
function probeRanges(host: Inspection, path: string): Answer {
  const text = host.text(path)
  if (text === undefined) return missing(`${path} cannot be read`)
  const all: Range[] = []
  for (const line of text.split("\n").filter((line) => line !== "" && !line.startsWith("#"))) {
    const [user = "", first, count, ...rest] = line.split(":")
    if (rest.length > 0 || !/^\d+$/.test(first ?? "") || !/^\d+$/.test(count ?? "")) return limited(`a line is not user:first:count: ${JSON.stringify(line)}`)
    all.push({ user, first: Number(first), count: Number(count) })
  }
  const names = host.role() === "root" ? undefined : ownNames(host)
  const own = names === undefined ? all : all.filter(({ user }) => names.includes(user))
  if (own.length === 0) return missing(names === undefined ? `${path} has no line` : `${path} has no line for ${names.at(-1)}`)
  const shared = own.map((one) => ({ one, other: all.find((other) => other.user !== one.user && overlap(one, other)) })).find(({ other }) => other !== undefined)
  if (shared?.other !== undefined) {
    const { one, other } = shared
    return limited(`ids from ${Math.max(one.first, other.first)} are ${one.user}'s and ${other.user}'s`, {
      lack: "containers of one user can reach files of the other's",
    })
  }
  const users = new Set(own.map(({ user }) => user))
  const counts = [...users].map((user) => ({ user, count: own.filter((one) => one.user === user).reduce((sum, one) => sum + one.count, 0) }))
  const short = counts.find(({ count }) => count < IDS_WANTED)
  if (short !== undefined) return limited(`${short.user} has ${short.count}, fewer than ${IDS_WANTED}`)
  return present(counts.map(({ user, count }) => `${user}: ${count}`).join(", "))
}

/** The caller's number, and name if it has one. */
function ownNames(host: Inspection): string[] {
  const uid = String(sys(NR.geteuid))
  const name = host.text("/etc/passwd")?.split("\n").map((line) => line.split(":")).find((fields) => fields[2] === uid)?.[0]
  return name === undefined ? [uid] : [uid, name]
}

function mapper(kind: IdKind, capability: number): Ability {
  const name = `new${kind}map`
  return {
    group: "rootless",
    title: name,
    lack: `ids of ${SUBIDS[kind]} cannot be mapped: containers of ordinary users have one id only`,
    remedy: UIDMAP,
    source: `${name}(1)`,
    probe: () => probeMapper(kind, capability),
  }
}

const S_ISUID = 0o4000
const XATTR_BYTES = 24

/** It does what its caller may not, so it is set-user-ID root, or its file has the one capability it needs. */
function probeMapper(kind: IdKind, capability: number): Answer {
  const path = findMapper(kind)
  if (path === undefined) return missing(`in none of ${MAPPER_FOLDERS.join(", ")}`)
  const status = readable(() => tryStat(path))
  if (status !== undefined && status.uid === 0 && (status.mode & S_ISUID) !== 0) return present(`${path}, set-user-ID root`)
  // struct vfs_cap_data: magic, then permitted and inheritable of each 32 capabilities
  const value = new Uint8Array(XATTR_BYTES)
  const length = sys(NR.getxattr, path, "security.capability", value, XATTR_BYTES)
  if (length >= 8 && (new DataView(value.buffer).getUint32(4, true) & (1 << capability)) !== 0) return present(`${path}, with a file capability`)
  return missing(`${path} is neither set-user-ID root nor has it file capabilities`, { remedy: { text: `chmod u+s ${path}` } })
}

function probeRuntimeDir(host: Inspection): Answer {
  const path = host.surroundings.environment("XDG_RUNTIME_DIR") ?? ""
  if (path === "") return missing("XDG_RUNTIME_DIR is not set")
  const status = readable(() => tryStat(path))
  if (status?.type !== "dir") return missing(`${path} is no folder that can be entered`)
  if (status.uid !== sys(NR.geteuid)) return missing(`${path} belongs to user ${status.uid}`)
  return (status.mode & 0o077) === 0 ? present(path) : limited(`${path} is open to others (mode ${status.mode.toString(8)})`)
}

const W_OK = 2
/** What engines set limits with. */
const CONTROLLERS = ["cpu", "cpuset", "io", "memory", "pids"]

/** Asked of the folders in which `run` without a cgroupsPath would make the container's: on cgroup2 that is beside its maker's. */
function probeDelegation(host: Inspection): Answer {
  const layout = host.layout()
  if (layout === undefined) return missing("no cgroups are mounted")
  const { mode, paths } = cgroupPaths(layout, "", "container", () => host.ownCgroup())
  for (const key in paths) {
    const folder = (paths[key] as string).slice(0, -"/container".length)
    // who moves a process must be able to write to what holds both its cgroups
    for (const path of mode === "v2" ? [folder, `${folder}/cgroup.procs`, `${folder}/cgroup.subtree_control`] : [folder]) {
      const result = sys(NR.faccessat2, AT_FDCWD, path, W_OK, AT_EACCESS)
      if (result < 0) return missing(`${path} cannot be written (${errorOf(result)})`, mode === "v2" ? {} : { remedy: UNIFIED_FIRST })
    }
  }
  if (mode !== "v2") return present()
  const folder = (paths[""] as string).slice(0, -"/container".length)
  const given = (host.text(`${folder}/cgroup.controllers`) ?? "").split(" ")
  const lacking = CONTROLLERS.filter((name) => !given.includes(name))
  if (lacking.length === 0) return present(folder)
  return limited(`${folder} has no ${lacking.join(", ")}`, {
    lack: `containers of this user have no limits of ${lacking.join(", ")}`,
    remedy: {
      text: "write [Service] and Delegate=cpu cpuset io memory pids to /etc/systemd/system/user@.service.d/delegate.conf, then systemctl daemon-reload, and log in anew",
    },
  })
}

const UNIFIED_FIRST: Remedy = { text: "boot with cgroup2 alone (see cgroup-unified): hierarchies of v1 cannot safely be given to users" }

function probeUserBus(host: Inspection): Answer {
  const { environment } = host.surroundings
  const address = /unix:path=([^,;]+)/.exec(environment("DBUS_SESSION_BUS_ADDRESS") ?? "")?.[1]
  const folder = environment("XDG_RUNTIME_DIR") ?? ""
  const path = address ?? (folder === "" ? undefined : `${folder}/bus`)
  if (path === undefined) return missing("neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR is set")
  return canConnect(path) ? present(path) : missing(`${path} does not answer`)
}

function probeLinger(host: Inspection): Answer {
  if (tryStat("/run/systemd/system") === undefined) return present("no systemd")
  const name = ownNames(host).at(-1) as string
  const path = `/var/lib/systemd/linger/${name}`
  return readable(() => tryStat({ dirfd: AT_FDCWD, path, flags: AT_SYMLINK_NOFOLLOW })) === undefined ? missing(`${path} does not exist`) : present()
}
