import type { Architecture } from "../kernel/syscalls.ts"
import type { NamespaceType } from "../kernel/process.ts"
import type { ExecutionSettings } from "./scheduling.ts"
import type { CapabilityWords } from "../kernel/capabilities.ts"
import type { ProcessLabels } from "./labels.ts"

/**
 * What a plan must know of the machine, gathered beforehand by lifecycle. Plain data, so that a plan can be made anywhere, without
 * root and for another machine. Descriptor numbers are those that the launcher inherits.
 */
export interface HostFacts {
  readonly architecture: Architecture
  /** Kernel release, as [6, 18]. */
  readonly kernel: readonly [major: number, minor: number]
  /** Number of the last capability the kernel knows (/proc/sys/kernel/cap_last_cap). */
  readonly lastCapability: number
  /** Capabilities that the process can be given; undefined in a user namespace, whose root begins with all of them. */
  readonly grantable: GrantableCapabilities | undefined
  /**
   * The runtime has no rights over its own user namespace (an ordinary user's), and none over init but those of the owner of its user
   * namespace: init does itself what the launcher could not.
   */
  readonly unprivileged?: true
  /**
   * A runtime without rights over its own user namespace looks at the process while that waits (its namespaces, its descriptors), which
   * takes a dumpable one (ptrace(2), "Ptrace access mode checking").
   */
  readonly traceable?: true
  /** The container's user namespace denies setgroups(2). */
  readonly deniesGroups?: true
  /** The runtime itself is in a user namespace, and the process in none of its own: what the kernel keeps from such a one is bound. */
  readonly nested?: true
  /** The process keeps the additional groups of the runtime's caller. */
  readonly keepGroups: boolean
  /** The filter of its system calls; undefined without one. */
  readonly seccomp?: SeccompFacts | undefined
}

/** A filter as seccomp(2) takes it. */
export interface SeccompFacts {
  /** struct sock_filter, 8 bytes each. */
  readonly filter: Uint8Array
  /** SECCOMP_FILTER_FLAG_ bits. */
  readonly flags: number
  /** The call makes a listener, which the runtime takes and hands on. */
  readonly listener: boolean
}

/** What the runtime has itself: more cannot be given (capabilities(7)). */
export interface GrantableCapabilities {
  readonly permitted: CapabilityWords
  readonly bounding: CapabilityWords
}

/** Descriptors of the program's own talk with the runtime. */
export interface ChannelFacts {
  /** A SOCK_SEQPACKET socket to the runtime. */
  readonly status: number
  /** The listening start.sock; undefined where the runtime itself starts the container over `status` (run). */
  readonly start: number | undefined
  /** A connected SOCK_STREAM socket that takes the terminal's master; undefined without a terminal. */
  readonly console: number | undefined
}

/** How the process comes into its cgroup. */
export interface CgroupJoinFacts {
  /** The v2 cgroup's folder for CLONE_INTO_CGROUP. */
  readonly intoCgroup: number | undefined
  /** v1: cgroup.procs of each hierarchy, open for writing. */
  readonly procs: readonly { readonly controller: string; readonly fd: number }[]
  /** The runtime has systemd bring it there: it is made before there is a cgroup, and waits. */
  readonly waits?: true
}

/** With the systemd driver. */
export const UNIT_JOIN: CgroupJoinFacts = { intoCgroup: undefined, procs: [], waits: true }

/** One of the caller's standard descriptors. */
export interface StdioFacts {
  readonly fd: number
  readonly uid: number
  /** It is the host's /dev/null (char 1:3). */
  readonly isNull: boolean
}

/** A resource limit that the process sets itself before it gives up its identity. */
export interface LimitFacts {
  /** Number of setrlimit(2). */
  readonly resource: number
  /** struct rlimit64: soft, hard; 16 bytes. */
  readonly value: Uint8Array
  /** As RLIMIT_NOFILE to 1024:4096. */
  readonly text: string
  readonly pointer: string
}

export interface MountSourceFacts {
  /** The bind source is a folder. */
  readonly isDirectory: boolean
  /** It lies on a procfs. */
  readonly isProcfs: boolean
  /** Where it leads, if it is a symbolic link and the mount is not to follow it (copy-symlink, src-nofollow). */
  readonly link?: string
}

/** The v1 hierarchy without controllers that systemd keeps its processes in. */
export const SYSTEMD_HIERARCHY = "name=systemd"

/** A cgroup hierarchy to show in the container (mount type cgroup). */
export interface CgroupMountFacts {
  readonly mode: "v1" | "hybrid" | "v2"
  /** v1: each hierarchy with its mount point on the host and the container's own folder below it. */
  readonly hierarchies: readonly { readonly name: string; readonly mount: string; readonly folder: string }[]
  /** v2: the container's own folder. */
  readonly unified: string | undefined
  /** The path of the mount that shows only {@link SYSTEMD_HIERARCHY}, also where cgroup2 is all else that there is. */
  readonly systemdAt?: string
  /** They are not the container's own but its maker's: shown read-only, whatever the mount says. */
  readonly foreign?: true
}

export interface CreateFacts extends HostFacts {
  readonly id: string
  /** Absolute path of the bundle. */
  readonly bundle: string
  /** Absolute, resolved path of the rootfs. */
  readonly rootfs: string
  /** Where a private staging tmpfs may be mounted in the launcher's own mount namespace (the container's state folder). */
  readonly staging: string
  readonly channel: ChannelFacts
  readonly cgroup: CgroupJoinFacts
  readonly cgroupMounts: CgroupMountFacts | undefined
  /** Namespaces joined by path, opened by the runtime. */
  readonly namespaces: Readonly<Partial<Record<NamespaceType, number>>>
  /** Bind sources, by the mount's index. */
  readonly sources: ReadonlyMap<number, MountSourceFacts>
  /** Mount targets that exist in the rootfs already, by the mount's index; others are created when they are needed. */
  readonly existing: ReadonlySet<number>
  /** User namespaces for idmapped mounts, by the mount's index. */
  readonly idmaps: ReadonlyMap<number, number>
  readonly stdio: readonly StdioFacts[]
  /** Descriptors 3 .. 3+N-1 pass to the process. */
  readonly preservedFds: number
  /** None where the runtime sets them from outside, which it must where a user namespace takes the right to raise them. */
  readonly limits: readonly LimitFacts[]
  /** Mount point of the file system that holds the rootfs, where rootfsPropagation may leave it shared. */
  readonly rootfsParent: string | undefined
  readonly noPivot: boolean
  readonly noNewKeyring: boolean
  /** Hooks of the kinds that run while the container is being created are configured: init waits for them. */
  readonly waitsForHooks: boolean
  /** Environment of the process, complete (LISTEN_FDS and HOME are settled by the runtime). */
  readonly env: readonly string[]
  readonly labels: ProcessLabels | undefined
}

export interface ExecFacts extends HostFacts {
  readonly id: string
  /** What config.json of the container says of all its processes. */
  readonly settings: ExecutionSettings
  readonly noNewKeyring: boolean
  readonly channel: ChannelFacts
  readonly cgroup: CgroupJoinFacts
  /** pidfd of the container's init. */
  readonly pidfd: number
  /** Clone flags of the namespaces that differ from the runtime's own. */
  readonly namespaceFlags: number
  readonly joinsUser: boolean
  /** The container's root, where it has no mount namespace of its own. */
  readonly root: number | undefined
  readonly stdio: readonly StdioFacts[]
  readonly preservedFds: number
  /** None where the runtime sets them from outside, which it must where a user namespace takes the right to raise them. */
  readonly limits: readonly LimitFacts[]
  readonly env: readonly string[]
  readonly labels: ProcessLabels | undefined
}
