import { sys } from "../../ffi/index.ts"
import { library } from "../../ffi/library.ts"
import { RuntsError } from "../../error.ts"
import { ERRNO } from "../../kernel/errno.ts"
import { AF_NETLINK } from "../../kernel/netlink.ts"
import { SECCOMP_ACTIONS, SECCOMP_FLAGS, SECCOMP_SET_MODE_FILTER } from "../../kernel/seccomp.ts"
import { SOCK_CLOEXEC } from "../../kernel/socket.ts"
import { NR } from "../../kernel/syscalls.ts"
import { close } from "../file.ts"
import { ownApparmorProfile, selinuxEnabled } from "../lsm.ts"
import { flagIsSupported } from "../seccomp/features.ts"
import { seccompVersion } from "../seccomp/library.ts"
import { limited, missing, present } from "./ability.ts"
import type { Abilities, Answer } from "./ability.ts"
import { errorOf } from "./inspection.ts"
import type { Inspection } from "./inspection.ts"

/** Confinement: seccomp, security modules. */
export const SECURITY = {
  "seccomp": {
    group: "security",
    title: "seccomp filters",
    lack: "containers with linux.seccomp cannot be made: nothing keeps them from rare and dangerous system calls",
    remedy: { kernel: "CONFIG_SECCOMP_FILTER" },
    source: "seccomp(2)",
    probe: probeSeccomp,
  },
  "libseccomp": {
    group: "security",
    title: "libseccomp",
    lack: "containers with linux.seccomp cannot be made: it turns profiles into filters",
    remedy: { debian: "apt-get install libseccomp2", fedora: "dnf install libseccomp", alpine: "apk add libseccomp" },
    source: "seccomp_init(3)",
    probe: probeLibrary,
  },
  "seccomp-notify": {
    group: "security",
    title: "system calls answered by another process (SCMP_ACT_NOTIFY)",
    since: "5.0",
    lack: "containers whose profile has SCMP_ACT_NOTIFY cannot be made",
    remedy: { text: "run Linux 5.0 or later" },
    source: "seccomp_unotify(2)",
    probe: () => probeAction("SCMP_ACT_NOTIFY"),
  },
  "seccomp-flags": {
    group: "security",
    title: "flags of seccomp filters",
    minor: true,
    lack: "containers whose linux.seccomp.flags name these cannot be made",
    remedy: { text: "run Linux 5.19 or later" },
    source: "seccomp(2)",
    probe: probeFlags,
  },
  "audit": {
    group: "security",
    title: "audit records",
    minor: true,
    lack: "the kernel does not log which system call a filter killed for (SCMP_ACT_LOG, SCMP_ACT_KILL)",
    remedy: { kernel: "CONFIG_AUDIT and CONFIG_AUDITSYSCALL" },
    source: "audit_open(3), seccomp(2)",
    probe: probeAudit,
  },
  "apparmor": {
    group: "security",
    title: "AppArmor",
    minor: true,
    lack: "containers with process.apparmorProfile cannot be made",
    remedy: {
      debian: "apt-get install apparmor, then boot with apparmor=1 security=apparmor", kernel: "CONFIG_SECURITY_APPARMOR",
      fedora: "not built in; SELinux is what Fedora has", alpine: "apk add apparmor, then boot with lsm=landlock,yama,apparmor",
    },
    source: "apparmor(7)",
    probe: probeApparmor,
  },
  "selinux": {
    group: "security",
    title: "SELinux",
    minor: true,
    lack: "process.selinuxLabel and linux.mountLabel confine nothing",
    remedy: { fedora: "set SELINUX=enforcing in /etc/selinux/config", debian: "apt-get install selinux-basics, then selinux-activate", kernel: "CONFIG_SECURITY_SELINUX" },
    source: "selinux(8)",
    probe: probeSelinux,
  },
  "landlock": {
    group: "security",
    title: "Landlock",
    since: "5.13",
    minor: true,
    lack: "programs in containers cannot restrict themselves further",
    remedy: { text: "boot with landlock in lsm= on the kernel's command line", kernel: "CONFIG_SECURITY_LANDLOCK" },
    source: "landlock(7)",
    probe: probeLandlock,
  },
  "ptrace": {
    group: "security",
    title: "reaching into own processes (yama)",
    lack: "SCMP_ACT_NOTIFY does not work: runts takes the listener out of the container's process",
    remedy: { text: "sysctl -w kernel.yama.ptrace_scope=1 (3 can only be left by booting anew)" },
    source: "Documentation/admin-guide/LSM/Yama.rst, pidfd_getfd(2)",
    probe: probeYama,
  },
  "lockdown": {
    group: "security",
    title: "no kernel lockdown",
    minor: true,
    lack: "privileged containers cannot load unsigned modules, write to /dev/mem or processor registers",
    remedy: { text: "none is needed for usual containers; it is set by secure boot or lockdown= on the kernel's command line" },
    source: "kernel_lockdown(7)",
    probe: probeLockdown,
  },
} as const satisfies Abilities

/** The kernel looks at flags, then at the filter, which here is none. */
function probeSeccomp(): Answer {
  const result = sys(NR.seccomp, SECCOMP_SET_MODE_FILTER, 0, 0)
  return result === -ERRNO.EFAULT ? present() : missing(`seccomp: ${errorOf(result)}`)
}

function probeLibrary(): Answer {
  try {
    const version = seccompVersion()
    const level = library("libseccomp.so.2", { seccomp_api_get: [0, "uint"] })?.seccomp_api_get()
    return present(level === undefined ? version : `${version}, API level ${level}`)
  } catch (error) {
    if (error instanceof RuntsError) return missing(error.message.replace(/^linux.seccomp needs /, ""))
    throw error
  }
}

const SECCOMP_GET_ACTION_AVAIL = 2

function probeAction(name: keyof typeof SECCOMP_ACTIONS): Answer {
  const result = sys(NR.seccomp, SECCOMP_GET_ACTION_AVAIL, 0, new Uint8Array(new Uint32Array([SECCOMP_ACTIONS[name]]).buffer))
  return result === 0 ? present() : missing(`seccomp: ${errorOf(result)}`)
}

function probeFlags(host: Inspection): Answer {
  const names = Object.keys(SECCOMP_FLAGS) as (keyof typeof SECCOMP_FLAGS)[]
  if (host.ask("seccomp").state !== "present") return missing("no seccomp filters")
  const lacking = names.filter((name) => !flagIsSupported(name))
  return lacking.length === 0 ? present() : limited(`not ${lacking.join(", ")}`)
}

const SOCK_RAW = 3
const NETLINK_AUDIT = 9

function probeAudit(): Answer {
  const socket = sys(NR.socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT)
  if (socket < 0) return missing(`socket: ${errorOf(socket)}`)
  close(socket)
  return present()
}

function probeApparmor(host: Inspection): Answer {
  const own = ownApparmorProfile()
  if (own === undefined) return missing("off, or not in this kernel")
  const profiles = host.text("/sys/kernel/security/apparmor/profiles")
  const loaded = profiles === undefined ? "" : `, ${profiles.split("\n").filter((line) => line !== "").length} profiles are loaded`
  return present(`runts is ${own}${loaded}`)
}

function probeSelinux(host: Inspection): Answer {
  if (!selinuxEnabled()) return missing("off, or not in this kernel")
  const enforcing = host.text("/sys/fs/selinux/enforce")
  if (enforcing === "0") return limited("permissive", { lack: "labels are set, but what they forbid is only logged", remedy: { text: "setenforce 1" } })
  return present(enforcing === "1" ? "enforcing" : "")
}

const LANDLOCK_CREATE_RULESET_VERSION = 1

function probeLandlock(): Answer {
  const version = sys(NR.landlock_create_ruleset, 0, 0, LANDLOCK_CREATE_RULESET_VERSION)
  if (version > 0) return present(`ABI ${version}`)
  return missing(version === -ERRNO.EOPNOTSUPP ? "built in, but off" : `landlock_create_ruleset: ${errorOf(version)}`)
}

/**
 * pidfd_getfd(2) asks as ptrace(2) does. 1 lets in parents (at `start` runts is none) and 1 and 2 who has CAP_SYS_PTRACE over the process:
 * root, or the owner of its user namespace; 3 nobody.
 */
function probeYama(host: Inspection): Answer {
  const scope = host.number("/proc/sys/kernel/yama/ptrace_scope")
  if (scope === undefined) return present("no yama")
  const found = `kernel.yama.ptrace_scope is ${scope}`
  if (scope >= 3) return missing(found)
  if (scope === 0 || host.role() === "rootless" || host.hasCapability("CAP_SYS_PTRACE")) return present(found)
  return limited(`${found}, and runts has no CAP_SYS_PTRACE: only containers with a user namespace`)
}

function probeLockdown(host: Inspection): Answer {
  const mode = /\[(\w+)\]/.exec(host.text("/sys/kernel/security/lockdown") ?? "")?.[1]
  return mode === undefined || mode === "none" ? present() : limited(mode)
}
