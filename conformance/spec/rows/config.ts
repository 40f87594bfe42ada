import { clauses } from "../clause.ts"

const BAD = "bad-config: bad config.json: create and run end with code 1"
const WORDS = ["mount-options: every word on a new file system", "mount-options: every word that clears, on a bind"]
const NAMESPACES = "hooks: hooks: namespaces: the first two and the last two"
const ORDER = "hooks: hooks: all six, in order"

export const CONFIG = clauses("config.md", {
  "Specification version": [
    ["MUST", "ociVersion is there and a SemVer 2.0.0 version", [BAD, "bad-input: config.json: wrong values"]],
    ["MUST", "a config of an older or the same minor version of 1.x is taken"],
  ],
  Root: [
    ["MUST", "root is there", [BAD]],
    ["MUST", "root.path is absolute, or relative to the bundle"],
    ["MUST", "a folder exists at root.path, else it is an error", ["bad-input: root: missing, a file"]],
    ["MUST", "with readonly the root file system is read-only inside", ["mounts: root.readonly: the root cannot be written"]],
  ],
  Mounts: [
    ["MUST", "mounts are made in the order listed", ["mounts: mounts: a later mount covers an earlier one"]],
    ["MUST", "a destination that is relative counts from /", ["mount-options: fifos, sockets and files are bound; a relative destination"]],
    ["MUST", "the source of a bind is absolute or relative to the bundle", ["mounts: mounts: the type says nothing where an option says bind"]],
    ["MUST", "bind or rbind among the options makes a mount a bind, whatever its type", ["mounts: mounts: the type says nothing where an option says bind"]],
  ],
  "Linux mount options": [
    ["MUST", "async, atime, defaults, dev, diratime, dirsync, exec, iversion, lazytime, loud do what mount(8) says", WORDS],
    ["MUST", "noatime, nodev, nodiratime, noexec, noiversion, nolazytime, norelatime, nostrictatime, nosuid do what mount(8) says", WORDS],
    ["MUST", "relatime, ro, rw, silent, strictatime, suid, sync do what mount(8) says", WORDS],
    ["MUST", "remount", ["mount-options: remount changes what is named"]],
    ["MUST", "bind and rbind", ["mounts: mounts: rbind takes submounts along, bind does not"]],
    ["MUST", "private, shared, slave, unbindable and their recursive forms", ["mounts: mounts: propagation of each kind", "mount-options: propagation words hold for any type"]],
    ["SHOULD", "nosymfollow and symfollow", WORDS],
    ["SHOULD", "the recursive attributes: rro, rrw, rnosuid, rsuid, rnodev, rdev, rnoexec, rexec, the times, rnosymfollow, rsymfollow", ["mounts: mounts: ro leaves submounts alone, rro does not", "mount-corners: recursive flags come last and hold for the mount itself"]],
    ["SHOULD", "idmap: the mount is id-mapped", ["idmap: idmap takes the mount alone, ridmap what lies below it too"]],
    ["SHOULD", "ridmap: the mount and those below are id-mapped", ["idmap: idmap takes the mount alone, ridmap what lies below it too"]],
    ["MUST", "uidMappings and gidMappings of a mount are those of its id-mapped mount", ["mounts: mounts: id-mapped bind", "idmap: a bind's mappings without the word idmap"]],
    ["MUST", "idmap without mappings and without a user namespace is an error"],
    ["SHOULD NOT", "idmap and ridmap are passed to mount(2)", ["idmap: idmap takes the mount alone, ridmap what lies below it too"]],
    ["SHOULD", "unknown options go to the file system as data, which a bind has no use for", ["mounts: mounts: tmpfs data: size, mode, inodes"]],
  ],
  "POSIX-platform Mounts": [
    ["MUST", "uidMappings of a mount come with gidMappings and the other way round"],
  ],
  Process: [
    ["MUST", "with terminal the pty is the standard streams", ["console: console socket: the terminal is 0, 1 and 2"]],
    ["MUST", "consoleSize has no effect without terminal"],
    ["MUST", "consoleSize is the size of the terminal", ["console: console socket: consoleSize"]],
    ["MUST", "cwd is there, is absolute, and is the program's working folder", [BAD, "process: cwd: entered, and made where it is missing"]],
    ["MUST", "env is the program's environment", ["process: env: what is configured and HOME, no more"]],
    ["MUST", "args has an entry, and the first is looked up as execvp(3) does", [BAD, "process: args: found through the container's PATH"]],
  ],
  "POSIX process": [
    ["MUST", "an rlimit type that maps to nothing in the kernel is an error", [BAD, "process: rlimits: twice the same kind, and an unknown kind"]],
    ["MUST", "rlim_cur in the container is the soft value", ["process-tables: rlimits: every type, soft and hard"]],
    ["MUST", "rlim_max in the container is the hard value", ["process-tables: rlimits: every type, soft and hard"]],
    ["MUST", "a type that comes twice is an error", ["process: rlimits: twice the same kind, and an unknown kind"]],
  ],
  "Linux Process": [
    ["MUST", "apparmorProfile is the program's profile", ["apparmor: the profile holds from the program's first instruction"]],
    ["MUST", "each set of capabilities is as configured", ["process: capabilities: each set is exactly what is configured"]],
    ["MUST", "a capability that is unknown or cannot be granted is a warning", ["privileges: an unknown name is warned of in each set", "privileges: what the other sets do not allow"]],
    ["SHOULD NOT", "a capability that cannot be granted makes create fail", ["process: capabilities: an unknown name does not stop the container"]],
    ["MUST", "noNewPrivileges keeps the program from gaining privileges", ["process: noNewPrivileges: both ways"]],
    ["MUST", "oomScoreAdj is the program's oom_score_adj", ["process: oomScoreAdj: configured, or the caller's"]],
    ["MUST NOT", "without oomScoreAdj the value is changed", ["process: oomScoreAdj: configured, or the caller's"]],
    ["MUST", "scheduler: policy, nice, priority and flags; 0 for what is not set", ["process-tables: scheduler: every policy with its members", "scheduler: policy, nice value and priority"]],
    ["MUST", "scheduler: runtime, deadline and period; 0 for what is not set", ["scheduler: SCHED_DEADLINE and its flags"]],
    ["MUST", "selinuxLabel is the program's label", ["selinux: the label holds from the program's first instruction"]],
    ["MUST", "ioPriority holds for the process group", ["scheduling: process.ioPriority: holds for the process group"]],
    ["MUST", "execCPUAffinity.initial is the CPUs of the runtime's process before it enters the cgroup", ["scheduler: execCPUAffinity: initial is the launcher's"]],
    ["MUST", "execCPUAffinity.final is the CPUs of the process in the cgroup", ["scheduling: exec: execCPUAffinity picks the process's CPUs"]],
    ["SHOULD NOT", "without final the affinity is changed in the cgroup", ["scheduler: execCPUAffinity: without final the container's CPUs"]],
    ["MUST NOT", "execCPUAffinity holds for init", ["scheduling: exec: execCPUAffinity picks the process's CPUs, init's are all"]],
  ],
  "POSIX-platform User": [
    ["MUST", "uid and gid are those of the program in the container", ["process: user: uid, gid and additional groups"]],
    ["SHOULD", "without umask that of the caller is not changed", ["process: umask: 022 unless configured"],
      "022 unless configured, as runc and crun: a caller's umask would leak into the container"],
    ["MUST", "umask is the program's", ["process: umask: 022 unless configured"]],
    ["MUST", "additionalGids are the program's groups", ["process: user: uid, gid and additional groups"]],
  ],
  Hostname: [
    ["MUST", "hostname is the container's name", ["namespaces: hostname and domainname"]],
  ],
  Domainname: [
    ["MUST", "domainname is the container's domain name", ["namespaces: hostname and domainname"]],
  ],
  "POSIX-platform Hooks": [
    ["MUST", "a hook's path is absolute", [BAD]],
    ["MUST", "a hook's timeout is more than zero", [BAD]],
    ["MUST", "a hook that takes longer than its timeout is aborted", ["hooks: hooks: a timeout ends the hook", "hook-timeouts: hooks: ${name} that takes too long is ended"]],
    ["MUST", "a hook's args and env are those configured", ["hooks: hooks: arguments and environment are the configured ones"]],
    ["MUST", "hooks of a kind are called in the order listed", ["hooks: hooks: several of a kind run in the order listed"]],
    ["MUST", "hooks read the container's state on stdin", ["hooks: hooks: stdin is the state, with pid and status"]],
  ],
  Prestart: [
    ["MUST", "called in create, after the namespaces are made and before pivot_root", [ORDER]],
    ["MUST", "called before the createRuntime hooks", [ORDER]],
    ["MUST", "path resolves in the runtime's namespaces", [NAMESPACES]],
    ["MUST", "executed in the runtime's namespaces", [NAMESPACES]],
  ],
  "CreateRuntime Hooks": [
    ["MUST", "called in create, after the environment is made and before pivot_root", [ORDER]],
    ["MUST", "path resolves in the runtime's namespaces", [NAMESPACES]],
    ["MUST", "executed in the runtime's namespaces", [NAMESPACES]],
  ],
  "CreateContainer Hooks": [
    ["MUST", "called in create, after the mounts are made and before pivot_root"],
    ["MUST", "called after the createRuntime hooks", [ORDER]],
    ["MUST", "path resolves in the runtime's namespaces"],
    ["MUST", "executed in the container's namespaces", [NAMESPACES]],
  ],
  "StartContainer Hooks": [
    ["MUST", "called in start, before the user's program", [ORDER]],
    ["MUST", "path resolves in the container's namespaces"],
    ["MUST", "executed in the container's namespaces", [NAMESPACES]],
  ],
  Poststart: [
    ["MUST", "called after the user's program is executed and before start returns"],
    ["MUST", "path resolves in the runtime's namespaces", [NAMESPACES]],
    ["MUST", "executed in the runtime's namespaces", [NAMESPACES]],
  ],
  Poststop: [
    ["MUST", "called after the container is deleted and before delete returns"],
    ["MUST", "path resolves in the runtime's namespaces", [NAMESPACES]],
    ["MUST", "executed in the runtime's namespaces", [NAMESPACES]],
  ],
  Annotations: [
    ["MUST", "annotations is a map of strings"],
    ["MUST NOT", "a key is empty", [BAD]],
    ["MUST", "unknown keys are no error", ["annotations: annotations that mean nothing here are kept"]],
    ["MUST", "a value may be the empty string"],
  ],
  Extensibility: [
    ["MUST", "unknown properties are passed over, without an error", ["bad-input: config.json: properties nobody knows are passed over", "bad-config: unknown keys: a warning"]],
  ],
  "Valid values": [
    ["MUST", "a value that is invalid or not supported is an error", [BAD, "bad-input: config.json: wrong types", "bad-input: config.json: wrong values"]],
  ],
})
