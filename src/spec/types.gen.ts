// Made by scripts/generate.mjs from schemas/; do not edit.

/** config.json (runtime-spec 1.3.0): Linux in full, other platforms unread; a null optional member is an absent one. */
export interface Spec {
  /** Version of the runtime specification the bundle was written for (config.md, Specification version). */
  readonly ociVersion: string
  readonly root?: Root
  /** Mounted in this order on top of the root (config.md, Mounts). */
  readonly mounts?: readonly Mount[]
  readonly process?: Process
  /** Host name inside the container's UTS namespace. */
  readonly hostname?: string
  /** NIS domain name inside the container's UTS namespace. */
  readonly domainname?: string
  readonly hooks?: Hooks
  /** Metadata; a few names have a meaning for runtimes, all are shown by `state`. */
  readonly annotations?: Readonly<Record<string, string>>
  readonly linux?: Linux
  readonly solaris?: Readonly<Record<string, unknown>>
  readonly windows?: Readonly<Record<string, unknown>>
  readonly vm?: Readonly<Record<string, unknown>>
  readonly zos?: Readonly<Record<string, unknown>>
  readonly freebsd?: Readonly<Record<string, unknown>>
}

/** The container's root file system (config.md, Root). */
export interface Root {
  /** Absolute, or relative to the bundle. */
  readonly path: string
  readonly readonly?: boolean
}

/** One mount (config.md, Mounts). */
export interface Mount {
  /** Path inside the container. */
  readonly destination: string
  /** Device, or for bind mounts a path: absolute, or relative to the bundle. */
  readonly source?: string
  /** File system type; bind mounts are recognised by their options. */
  readonly type?: string
  /** As in fstab(5); what is not known is passed to the file system. */
  readonly options?: readonly string[]
  readonly uidMappings?: readonly IdMapping[]
  readonly gidMappings?: readonly IdMapping[]
}

/** A range of user or group ids (config-linux.md, User namespace mappings). */
export interface IdMapping {
  /** First id inside. */
  readonly containerID: number
  /** First id outside. */
  readonly hostID: number
  /** Number of ids. */
  readonly size: number
}

/** The container's process, or one that joins it (config.md, Process). */
export interface Process {
  /** Whether a pseudo-terminal is the process's stdio. */
  readonly terminal?: boolean
  readonly consoleSize?: ConsoleSize
  /** Working directory, an absolute path inside the container. */
  readonly cwd: string
  /** NAME=value each. */
  readonly env?: readonly string[]
  /** argv of execve(2). */
  readonly args?: readonly string[]
  /** Windows only; not read. */
  readonly commandLine?: string
  readonly user: User
  readonly capabilities?: Capabilities
  readonly rlimits?: readonly Rlimit[]
  readonly noNewPrivileges?: boolean
  readonly apparmorProfile?: string
  readonly selinuxLabel?: string
  /** proc(5), /proc/PID/oom_score_adj. */
  readonly oomScoreAdj?: number
  readonly scheduler?: Scheduler
  readonly ioPriority?: IoPriority
  readonly execCPUAffinity?: ExecCpuAffinity
}

/** Size of the terminal in characters. */
export interface ConsoleSize {
  readonly height: number
  readonly width: number
}

/** The process's credentials (config.md, POSIX-platform User). */
export interface User {
  /** As seen inside; 0 if missing, as runc reads it. */
  readonly uid: number
  /** As seen inside; 0 if missing, as runc reads it. */
  readonly gid: number
  readonly umask?: number
  readonly additionalGids?: readonly number[]
  /** Windows only; not read. */
  readonly username?: string
}

/** capabilities(7) sets, names as CAP_CHOWN. Names that are not known are skipped with a warning. */
export interface Capabilities {
  readonly bounding?: readonly string[]
  readonly effective?: readonly string[]
  readonly inheritable?: readonly string[]
  readonly permitted?: readonly string[]
  readonly ambient?: readonly string[]
}

/** A pair of resource limits, getrlimit(2). */
export interface Rlimit {
  readonly type: 
    | "RLIMIT_AS"
    | "RLIMIT_CORE"
    | "RLIMIT_CPU"
    | "RLIMIT_DATA"
    | "RLIMIT_FSIZE"
    | "RLIMIT_LOCKS"
    | "RLIMIT_MEMLOCK"
    | "RLIMIT_MSGQUEUE"
    | "RLIMIT_NICE"
    | "RLIMIT_NOFILE"
    | "RLIMIT_NPROC"
    | "RLIMIT_RSS"
    | "RLIMIT_RTPRIO"
    | "RLIMIT_RTTIME"
    | "RLIMIT_SIGPENDING"
    | "RLIMIT_STACK"
  readonly soft: number | bigint
  /** 18446744073709551615 is RLIM_INFINITY. */
  readonly hard: number | bigint
}

/** sched_setattr(2); runtime, deadline and period in nanoseconds. */
export interface Scheduler {
  readonly policy: 
    | "SCHED_OTHER"
    | "SCHED_FIFO"
    | "SCHED_RR"
    | "SCHED_BATCH"
    | "SCHED_ISO"
    | "SCHED_IDLE"
    | "SCHED_DEADLINE"
  readonly nice?: number
  readonly priority?: number
  readonly flags?: readonly (
    | "SCHED_FLAG_RESET_ON_FORK"
    | "SCHED_FLAG_RECLAIM"
    | "SCHED_FLAG_DL_OVERRUN"
    | "SCHED_FLAG_KEEP_POLICY"
    | "SCHED_FLAG_KEEP_PARAMS"
    | "SCHED_FLAG_UTIL_CLAMP_MIN"
    | "SCHED_FLAG_UTIL_CLAMP_MAX")[]
  readonly runtime?: number
  readonly deadline?: number
  readonly period?: number
}

/** ioprio_set(2). */
export interface IoPriority {
  readonly class: "IOPRIO_CLASS_RT" | "IOPRIO_CLASS_BE" | "IOPRIO_CLASS_IDLE"
  readonly priority?: number
}

/** CPUs of a process that joins the container, as lists like 0-3,7: before and after it enters the container's cgroup. */
export interface ExecCpuAffinity {
  readonly initial?: string
  readonly final?: string
}

/** Programs run at points of the container's life (config.md, POSIX-platform Hooks). */
export interface Hooks {
  /** Deprecated, still used by engines: runtime's namespaces, during create. */
  readonly prestart?: readonly Hook[]
  /** Runtime's namespaces, during create, before pivot_root. */
  readonly createRuntime?: readonly Hook[]
  /** Container's namespaces, during create, before pivot_root. */
  readonly createContainer?: readonly Hook[]
  /** Container's namespaces and root, during start. */
  readonly startContainer?: readonly Hook[]
  /** Runtime's namespaces, after the user's process started. */
  readonly poststart?: readonly Hook[]
  /** Runtime's namespaces, after the container is deleted. */
  readonly poststop?: readonly Hook[]
}

/** One hook. */
export interface Hook {
  /** Absolute path of the program. */
  readonly path: string
  /** argv, argv[0] included. */
  readonly args?: readonly string[]
  readonly env?: readonly string[]
  /** Seconds. */
  readonly timeout?: number
}

/** What only Linux has (config-linux.md). */
export interface Linux {
  readonly namespaces?: readonly Namespace[]
  readonly uidMappings?: readonly IdMapping[]
  readonly gidMappings?: readonly IdMapping[]
  /** By clock: monotonic, boottime. */
  readonly timeOffsets?: Readonly<Record<string, TimeOffset>>
  readonly devices?: readonly Device[]
  /** Host network devices that move into the container, by name. */
  readonly netDevices?: Readonly<Record<string, NetDevice>>
  /** Path below the cgroup mounts, or slice:prefix:name with systemd. */
  readonly cgroupsPath?: string
  readonly resources?: LinuxResources
  readonly intelRdt?: IntelRdt
  readonly memoryPolicy?: MemoryPolicy
  /** Kernel parameters of the container's namespaces. */
  readonly sysctl?: Readonly<Record<string, string>>
  readonly seccomp?: Seccomp
  /** Propagation of the root mount; empty is unset. */
  readonly rootfsPropagation?: 
    | ""
    | "shared"
    | "rshared"
    | "slave"
    | "rslave"
    | "private"
    | "rprivate"
    | "unbindable"
    | "runbindable"
  /** Absolute paths made unreadable. */
  readonly maskedPaths?: readonly string[]
  /** Absolute paths made read-only. */
  readonly readonlyPaths?: readonly string[]
  /** SELinux context of the mounts. */
  readonly mountLabel?: string
  readonly personality?: Personality
}

/** A namespace to make, or to join if a path is given. */
export interface Namespace {
  readonly type: "pid" | "network" | "mount" | "ipc" | "uts" | "user" | "cgroup" | "time"
  readonly path?: string
}

/** Offset of a clock, time_namespaces(7). */
export interface TimeOffset {
  readonly secs?: number
  readonly nanosecs?: number
}

/** A device node to make, mknod(2). */
export interface Device {
  readonly type: "c" | "b" | "u" | "p"
  readonly path: string
  readonly major?: number
  readonly minor?: number
  readonly fileMode?: number
  readonly uid?: number
  readonly gid?: number
}

/** What becomes of a moved network device. */
export interface NetDevice {
  /** Name inside; unchanged if missing. */
  readonly name?: string
}

/** resctrl groups (config-linux.md, IntelRdt). */
export interface IntelRdt {
  readonly closID?: string
  readonly schemata?: readonly string[]
  readonly l3CacheSchema?: string
  readonly memBwSchema?: string
  readonly enableMonitoring?: boolean
  /** Before 1.3. */
  readonly enableCMT?: boolean
  /** Before 1.3. */
  readonly enableMBM?: boolean
}

/** set_mempolicy(2). */
export interface MemoryPolicy {
  readonly mode: 
    | "MPOL_DEFAULT"
    | "MPOL_PREFERRED"
    | "MPOL_BIND"
    | "MPOL_INTERLEAVE"
    | "MPOL_LOCAL"
    | "MPOL_PREFERRED_MANY"
    | "MPOL_WEIGHTED_INTERLEAVE"
  /** A list like 0-3,7. */
  readonly nodes?: string
  readonly flags?: readonly ("MPOL_F_NUMA_BALANCING" | "MPOL_F_RELATIVE_NODES" | "MPOL_F_STATIC_NODES")[]
}

/** personality(2). */
export interface Personality {
  readonly domain: "LINUX" | "LINUX32"
  readonly flags?: readonly string[]
}

/** Limits of the container's cgroup, cgroups(7) (config-linux.md, Control groups). */
export interface LinuxResources {
  readonly devices?: readonly DeviceRule[]
  readonly memory?: LinuxMemory
  readonly cpu?: LinuxCpu
  readonly pids?: LinuxPids
  readonly blockIO?: LinuxBlockIo
  readonly hugepageLimits?: readonly HugepageLimit[]
  readonly network?: LinuxNetwork
  /** By device name. */
  readonly rdma?: Readonly<Record<string, RdmaLimit>>
  /** Files of the cgroup v2 folder and what to write. */
  readonly unified?: Readonly<Record<string, string>>
}

/** A row of the list of allowed and denied devices. */
export interface DeviceRule {
  readonly allow: boolean
  /** a, empty or missing: all. */
  readonly type?: "" | "a" | "c" | "b"
  /** -1 or missing: all. */
  readonly major?: number
  /** -1 or missing: all. */
  readonly minor?: number
  /** Letters of rwm. */
  readonly access?: string
}

/** Memory limits in bytes; -1 is unlimited. */
export interface LinuxMemory {
  readonly limit?: number
  readonly reservation?: number
  /** Memory and swap together. */
  readonly swap?: number
  readonly kernel?: number
  readonly kernelTCP?: number
  readonly swappiness?: number
  readonly disableOOMKiller?: boolean
  readonly useHierarchy?: boolean
  readonly checkBeforeUpdate?: boolean
}

/** CPU shares and limits; times in microseconds. */
export interface LinuxCpu {
  readonly shares?: number
  readonly quota?: number
  readonly burst?: number
  readonly period?: number
  readonly realtimeRuntime?: number
  readonly realtimePeriod?: number
  /** A list like 0-3,7. */
  readonly cpus?: string
  /** A list like 0-3,7. */
  readonly mems?: string
  readonly idle?: number
}

/** Number of tasks. */
export interface LinuxPids {
  /** -1 is unlimited. */
  readonly limit?: number
}

/** Weights and rates of block devices. */
export interface LinuxBlockIo {
  readonly weight?: number
  readonly leafWeight?: number
  readonly weightDevice?: readonly WeightDevice[]
  readonly throttleReadBpsDevice?: readonly ThrottleDevice[]
  readonly throttleWriteBpsDevice?: readonly ThrottleDevice[]
  readonly throttleReadIOPSDevice?: readonly ThrottleDevice[]
  readonly throttleWriteIOPSDevice?: readonly ThrottleDevice[]
}

/** Weights of one device. */
export interface WeightDevice {
  readonly major: number
  readonly minor: number
  readonly weight?: number
  readonly leafWeight?: number
}

/** A rate of one device, per second. */
export interface ThrottleDevice {
  readonly major: number
  readonly minor: number
  readonly rate: number
}

/** Limit of one size of huge pages, in bytes. */
export interface HugepageLimit {
  /** As 64KB, 2MB, 1GB. */
  readonly pageSize: string
  readonly limit: number
}

/** Classes and priorities of network packets; cgroup v1 only. */
export interface LinuxNetwork {
  readonly classID?: number
  readonly priorities?: readonly InterfacePriority[]
}

/** Priority of one network interface. */
export interface InterfacePriority {
  readonly name: string
  readonly priority: number
}

/** Limits of one RDMA device. */
export interface RdmaLimit {
  readonly hcaHandles?: number
  readonly hcaObjects?: number
}

/** The system call filter, seccomp(2) (config-linux.md, Seccomp). */
export interface Seccomp {
  readonly defaultAction: SeccompAction
  readonly defaultErrnoRet?: number
  readonly architectures?: readonly SeccompArch[]
  readonly flags?: readonly SeccompFlag[]
  /** Socket that receives the notify descriptor. */
  readonly listenerPath?: string
  readonly listenerMetadata?: string
  readonly syscalls?: readonly SeccompSyscall[]
}

export type SeccompAction = 
  | "SCMP_ACT_ALLOW"
  | "SCMP_ACT_ERRNO"
  | "SCMP_ACT_KILL"
  | "SCMP_ACT_KILL_PROCESS"
  | "SCMP_ACT_KILL_THREAD"
  | "SCMP_ACT_LOG"
  | "SCMP_ACT_NOTIFY"
  | "SCMP_ACT_TRACE"
  | "SCMP_ACT_TRAP"

export type SeccompArch = 
  | "SCMP_ARCH_X86_64"
  | "SCMP_ARCH_X86"
  | "SCMP_ARCH_X32"
  | "SCMP_ARCH_AARCH64"
  | "SCMP_ARCH_ARM"
  | "SCMP_ARCH_MIPS"
  | "SCMP_ARCH_MIPS64"
  | "SCMP_ARCH_MIPS64N32"
  | "SCMP_ARCH_MIPSEL"
  | "SCMP_ARCH_MIPSEL64"
  | "SCMP_ARCH_MIPSEL64N32"
  | "SCMP_ARCH_PPC"
  | "SCMP_ARCH_PPC64"
  | "SCMP_ARCH_PPC64LE"
  | "SCMP_ARCH_S390"
  | "SCMP_ARCH_S390X"
  | "SCMP_ARCH_PARISC"
  | "SCMP_ARCH_PARISC64"
  | "SCMP_ARCH_RISCV64"
  | "SCMP_ARCH_LOONGARCH64"
  | "SCMP_ARCH_M68K"
  | "SCMP_ARCH_SH"
  | "SCMP_ARCH_SHEB"

export type SeccompFlag = 
  | "SECCOMP_FILTER_FLAG_TSYNC"
  | "SECCOMP_FILTER_FLAG_LOG"
  | "SECCOMP_FILTER_FLAG_SPEC_ALLOW"
  | "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"

export type SeccompOperator = 
  | "SCMP_CMP_NE"
  | "SCMP_CMP_LT"
  | "SCMP_CMP_LE"
  | "SCMP_CMP_EQ"
  | "SCMP_CMP_GE"
  | "SCMP_CMP_GT"
  | "SCMP_CMP_MASKED_EQ"

/** What happens to some system calls. */
export interface SeccompSyscall {
  readonly names: readonly string[]
  readonly action: SeccompAction
  readonly errnoRet?: number
  readonly args?: readonly SeccompArg[]
}

/** A condition on one argument of a system call. */
export interface SeccompArg {
  readonly index: number
  readonly value: number | bigint
  /** The value, where op is SCMP_CMP_MASKED_EQ and value the mask. */
  readonly valueTwo?: number | bigint
  readonly op: SeccompOperator
}

/** A container's state as hooks read it on stdin and `state` prints it (runtime.md, State). */
export interface State {
  readonly ociVersion: string
  readonly id: string
  /** `paused` is runc's addition. */
  readonly status: "creating" | "created" | "running" | "paused" | "stopped"
  /** Of the container's process, as the host sees it; not for stopped ones. */
  readonly pid?: number
  /** Absolute path. */
  readonly bundle: string
  readonly annotations?: Readonly<Record<string, string>>
}

/** What the runtime knows, as `features` prints it (features.md, features-linux.md); says nothing of the host. */
export interface Features {
  readonly ociVersionMin: string
  readonly ociVersionMax: string
  readonly hooks?: readonly string[]
  /** Without those that are passed to file systems. */
  readonly mountOptions?: readonly string[]
  readonly annotations?: Readonly<Record<string, string>>
  /** A final dot makes a prefix. */
  readonly potentiallyUnsafeConfigAnnotations?: readonly string[]
  readonly linux?: FeaturesLinux
}

/** Names known of each part of config-linux.md. */
export interface FeaturesLinux {
  readonly namespaces?: readonly string[]
  readonly capabilities?: readonly string[]
  readonly cgroup?: FeaturesCgroup
  readonly seccomp?: FeaturesSeccomp
  readonly apparmor?: FeaturesEnabled
  readonly selinux?: FeaturesEnabled
  readonly intelRdt?: FeaturesIntelRdt
  readonly memoryPolicy?: FeaturesMemoryPolicy
  readonly mountExtensions?: FeaturesMountExtensions
  readonly netDevices?: FeaturesEnabled
}

/** Whether a part is there at all. */
export interface FeaturesEnabled {
  readonly enabled?: boolean
}

/** cgroup versions and drivers. */
export interface FeaturesCgroup {
  readonly v1?: boolean
  readonly v2?: boolean
  readonly systemd?: boolean
  readonly systemdUser?: boolean
  readonly rdma?: boolean
}

/** Names known in linux.seccomp. */
export interface FeaturesSeccomp {
  readonly enabled?: boolean
  readonly actions?: readonly string[]
  readonly operators?: readonly string[]
  readonly archs?: readonly string[]
  readonly knownFlags?: readonly string[]
  /** Those of the known ones that this kernel takes. */
  readonly supportedFlags?: readonly string[]
}

/** Parts of linux.intelRdt. */
export interface FeaturesIntelRdt {
  readonly enabled?: boolean
  readonly schemata?: boolean
  readonly monitoring?: boolean
}

/** Names known in linux.memoryPolicy. */
export interface FeaturesMemoryPolicy {
  readonly modes?: readonly string[]
  readonly flags?: readonly string[]
}

/** What mounts can do beyond options. */
export interface FeaturesMountExtensions {
  readonly idmap?: FeaturesEnabled
}
