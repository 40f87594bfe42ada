import { sys } from "../../ffi/index.ts"
import type { SysArg } from "../../ffi/index.ts"
import { ERRNO } from "../../kernel/errno.ts"
import { AT_FDCWD } from "../../kernel/fs.ts"
import { CLONE } from "../../kernel/process.ts"
import { NR } from "../../kernel/syscalls.ts"
import type { SyscallName } from "../../kernel/syscalls.ts"
import { close, tryStat } from "../file.ts"
import { isTooOld, OLDEST_KERNEL, parseRelease } from "../kernel-release.ts"
import { limited, missing, present, unknown } from "./ability.ts"
import type { Abilities, Ability, Answer } from "./ability.ts"
import { errorOf } from "./inspection.ts"
import type { Inspection } from "./inspection.ts"

const NEWER = "run a newer kernel"
const BOTH = ["root", "rootless"] as const

/** The kernel, and system calls that are not about mounts. */
export const KERNEL = {
  "kernel-release": {
    group: "kernel",
    title: `Linux ${OLDEST_KERNEL.join(".")} or later`,
    essential: BOTH,
    lack: "runts needs mount_setattr, clone3, openat2 and close_range, and refuses to make containers",
    remedy: {
      text: NEWER, debian: "Debian 12 and later have one; on 11: apt-get install -t bullseye-backports linux-image-amd64", fedora: "dnf upgrade kernel", alpine: "apk upgrade linux-lts",
    },
    source: "uname(2)",
    probe: probeRelease,
  },
  "clone3": systemCall("clone3", "5.3", "no container can be made", [0, 0]),
  "clone-into-cgroup": {
    group: "kernel",
    title: "processes born in their cgroup (CLONE_INTO_CGROUP)",
    since: "5.7",
    essential: BOTH,
    lack: "a container's first process cannot be put into its cgroup2 before it runs",
    remedy: { text: NEWER },
    source: "clone(2), CLONE_INTO_CGROUP",
    probe: probeIntoCgroup,
  },
  "openat2": systemCall("openat2", "5.6", "paths cannot be kept inside a root filesystem while they are opened: no container can be made", [
    AT_FDCWD, "", 0, 0,
  ]),
  "close-range": systemCall("close_range", "5.9", "descriptors of the host could leak into containers: none is made", [5, 4, 0]),
  "pidfd-open": systemCall("pidfd_open", "5.3", "processes cannot be held while their pids may be used anew: no container can be made", [-1, 0]),
  "pidfd-send-signal": systemCall("pidfd_send_signal", "5.1", "containers cannot be signalled without the danger to hit another process", [
    -1, 0, 0, 0,
  ]),
  "pidfd-getfd": {
    ...systemCall("pidfd_getfd", "5.6", "seccomp filters with SCMP_ACT_NOTIFY cannot hand their listener over", [-1, -1, 0]),
    essential: [],
  },
  "statx-mount-id": {
    group: "kernel",
    title: "mount ids (statx)",
    since: "5.8",
    essential: BOTH,
    lack: "a mount cannot be told from the folder that it is on",
    remedy: { text: NEWER },
    source: "statx(2), STATX_MNT_ID",
    probe: () => (tryStat("/")?.mountId === undefined ? missing("statx does not tell it") : present()),
  },
  "memfd-exec": {
    group: "kernel",
    title: "executing files in memory (memfd_create)",
    since: "3.17",
    essential: BOTH,
    lack: "no container can be made: its first program is a file in memory",
    remedy: { text: "sysctl -w vm.memfd_noexec=1 (or 0); it holds for a pid namespace and those below it" },
    source: "memfd_create(2), Documentation/admin-guide/sysctl/vm.rst",
    probe: probeMemfd,
  },
  "time-at-execve": {
    group: "kernel",
    title: "execve(2) enters a time namespace",
    since: "6.1",
    minor: true,
    lack: "a new time namespace in a new user namespace is refused",
    remedy: { text: NEWER },
    source: "time_namespaces(7)",
    probe: probeTimeAtExecve,
  },
  "keyrings": {
    group: "kernel",
    title: "session keyrings",
    since: "2.6",
    minor: true,
    lack: "there are no kernel keys: none to be protected, and none for programs that want them",
    remedy: { kernel: "CONFIG_KEYS", text: "or allow keyctl in the seccomp profile of the container that this runs in" },
    source: "keyrings(7)",
    // KEYCTL_GET_KEYRING_ID of a keyring that is not made for the question
    probe: (host) => host.asks("keyctl", 0, KEY_SPEC_SESSION_KEYRING, 0, 0, 0),
  },
  "memory-policy": {
    group: "kernel",
    title: "memory policies (NUMA)",
    minor: true,
    lack: "containers with linux.memoryPolicy cannot be made",
    remedy: { kernel: "CONFIG_NUMA" },
    source: "set_mempolicy(2)",
    probe: (host) => host.asks("get_mempolicy", 0, 0, 0, 0, NO_SUCH_FLAG),
  },
} as const satisfies Abilities

const KEY_SPEC_SESSION_KEYRING = -3
const NO_SUCH_FLAG = 0x4000
const BAD_DESCRIPTOR = 0x7ffffffe

/** A system call that every container needs. @param args with which it cannot succeed, and whose fault the kernel finds before it asks for rights */
function systemCall(name: SyscallName, since: string, lack: string, args: readonly SysArg[]): Ability {
  return {
    group: "kernel",
    title: `${name}(2)`,
    since,
    essential: BOTH,
    lack,
    remedy: { text: `run Linux ${since} or later` },
    source: `${name}(2)`,
    probe: (host) => host.asks(name, ...args),
  }
}

function probeRelease(host: Inspection): Answer {
  const release = host.text("/proc/sys/kernel/osrelease")
  if (release === undefined) return unknown("/proc/sys/kernel/osrelease cannot be read")
  return isTooOld(...parseRelease(release)) ? missing(`Linux ${release}`) : present(`Linux ${release}`)
}

/** A kernel that knows the flag looks for the cgroup, and finds a descriptor that is none; one without cgroups would make a process. */
function probeIntoCgroup(host: Inspection): Answer {
  if (host.text("/proc/self/cgroup") === undefined) return unknown("/proc/self/cgroup cannot be read")
  // struct clone_args: flags pidfd child_tid parent_tid exit_signal stack stack_size tls set_tid set_tid_size cgroup
  const args = new BigUint64Array(11)
  args[0] = BigInt(CLONE.INTO_CGROUP)
  args[10] = BigInt(BAD_DESCRIPTOR)
  const bytes = new Uint8Array(args.buffer)
  const result = sys(NR.clone3, bytes, bytes.length)
  return result === -ERRNO.EBADF ? present() : missing(`clone3: ${errorOf(result)}`)
}

const MFD_CLOEXEC = 0x1
/** Since Linux 6.3; older ones answer EINVAL, and let all be executed. */
const MFD_EXEC = 0x10

function probeMemfd(host: Inspection): Answer {
  let result = sys(NR.memfd_create, "runts:doctor", MFD_CLOEXEC | MFD_EXEC)
  if (result === -ERRNO.EINVAL) result = sys(NR.memfd_create, "runts:doctor", MFD_CLOEXEC)
  if (result >= 0) close(result)
  const policy = host.text("/proc/sys/vm/memfd_noexec")
  const found = policy === undefined ? "" : `vm.memfd_noexec is ${policy}`
  if (result >= 0) return present(found)
  if (result !== -ERRNO.EACCES) return missing(`memfd_create: ${errorOf(result)}`)
  if (host.role() === "root") return limited(found, { lack: "containers are started from a private tmpfs instead, which takes longer" })
  return missing(found, { lack: "ordinary users cannot make containers: their first program is a file in memory" })
}

function probeTimeAtExecve(host: Inspection): Answer {
  const { execveEntersTime } = host.trial("own") ?? {}
  if (execveEntersTime === undefined) return unknown("no time namespace could be made to try it")
  return execveEntersTime ? present() : missing("execve stayed in the old one")
}
