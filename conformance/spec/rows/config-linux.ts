import { clauses, of } from "../clause.ts"

const V1 = "resources-v1: v1: ${JSON.stringify(resources)} is in the cgroup's files"
const V2 = "resources-v2: v2: ${JSON.stringify(resources)} is in the cgroup's files"
const REFUSED = ["resources-v1: v1: ${JSON.stringify(resources)} is refused", "resources-v2: v2: ${JSON.stringify(resources)} is refused"]
const RDT = "unit/host/intel-rdt: fake tree: "

export const CONFIG_LINUX = clauses("config-linux.md", {
  "Default Filesystems": [
    ["SHOULD", "/proc, /sys, /dev/pts and /dev/shm are there as procfs, sysfs, devpts and tmpfs where the config mounts them",
      ["mounts: mounts: proc, sysfs, tmpfs, devpts, mqueue"]],
  ],
  Namespaces: [
    ["SHOULD", "pid, network, mount, ipc, uts, user, cgroup and time are supported"],
    ["MUST", "path is absolute"],
    ["MUST", "the process is put into the namespace of path", ["namespaces: namespaces: each is joined by path"]],
    ["MUST", "a path that is no namespace of that type is an error"],
    ["MUST", "without path the namespace is new", ["namespaces: namespaces: each that is listed is new"]],
    ["MUST", "a type that is not listed is the runtime's",
      ["namespaces: namespaces: what is not listed is the caller's"]],
    ["MUST", "a type that comes twice is an error"],
  ],
  "User namespace mappings": [
    ["MUST", "uidMappings and gidMappings are the maps of the user namespace",
      ["namespaces: user namespace: maps, ids inside and outside", "namespaces: user namespace: several ranges"]],
    ["SHOULD NOT", "files change their owner for the sake of the mapping"],
  ],
  "Offset for Time Namespace": [
    ["MUST", "timeOffsets are those of the time namespace"],
  ],
  Devices: [
    ["MUST", "the devices listed are in the container, with type, numbers, mode and owner"],
    ["MUST", "another file at path is an error"],
    ["MUST", "path may be anywhere in the container (MAY for the config)",
      ["resources: devices: a fifo, and a node in a folder that is missing"]],
    ["MUST", "major and minor are there unless the type is p"],
  ],
  "Default Devices": [
    ["MUST", "/dev/null, zero, full, random, urandom and tty are supplied", ["mounts: /dev: the default nodes and links"]],
    ["MUST", "with terminal /dev/console is the pty", ["console: console socket: the terminal is 0, 1 and 2, /dev/console"]],
    ["MUST", "/dev/ptmx is that of the container's /dev/pts", ["mounts: /dev: the default nodes and links"]],
  ],
  "Network Devices": [
    ["MUST", "the devices listed are in the container",
      ["net-devices: netDevices: a device moves with its attributes and is up"]],
    ["MUST", "without name it keeps its own, with name it has that",
      ["net-devices: netDevices: it is renamed, and packets pass"]],
    ["MUST", "whether a device can be moved is checked",
      ["net-devices: netDevices: one that is missing is an error", "net-devices: netDevices: without a network namespace"]],
    ["MUST", "a name that is taken is an error", ["net-devices: netDevices: a name that is taken is an error"]],
    ["MUST", "a name with %d is a template for the kernel", ["net-devices: netDevices: names from a template"]],
    ["MUST", "attributes and permanent global addresses are kept",
      ["net-devices: netDevices: permanent global addresses are kept"]],
    ["MUST", "a device is up once it is moved", ["net-devices: netDevices: a device moves with its attributes and is up"]],
    ["MUST NOT", "the device is managed once it is in the container",
      ["net-devices: netDevices: into a network namespace that is joined; delete leaves"]],
    ["MUST NOT", "delete moves the device out of the namespace",
      ["net-devices: netDevices: into a network namespace that is joined; delete leaves"]],
  ],
  "Control groups": [
    ["MUST", "where a runtime checks whether the cgroup is fit, a cgroup that is not is an error",
      ["bad-input: a cgroup that is in use by a process"]],
  ],
  "Cgroups Path": [
    ["MUST", "an absolute cgroupsPath counts from the mount point of the cgroups",
      ["lifecycle: create, start, kill, delete: each state in turn"]],
    ["MUST", "the same cgroupsPath is always the same place"],
    ["MUST", "a cgroupsPath that is not valid is an error", ["attacks: attack: cgroupsPath cannot leave its hierarchy"]],
    ["MUST", "the cgroups are made where they are missing", ["lifecycle: create, start, kill, delete: each state in turn"]],
  ],
  "Cgroup ownership": [
    ["SHOULD NOT", "the owner of a v1 cgroup changes"],
    ["SHOULD NOT", "the owner of a cgroup changes without a new cgroup namespace"],
    ["SHOULD", "the owner changes where the cgroup file system is mounted writable"],
    ["SHOULD NOT", "the owner changes without such a mount"],
    ["SHOULD", "only the folder and the files of /sys/kernel/cgroup/delegate change"],
    ["MUST NOT", "a file of that list that is missing is an error"],
    ["MUST", "without that list cgroup.procs, cgroup.subtree_control and cgroup.threads are it"],
  ],
  "Allowed Device list": [
    ["MUST", "entries are applied in the order listed",
      ["cgroup: ${view}: applyDevices() grants the accesses that the rules name"]],
    ["MUST", "an entry without type, major or minor means all",
      ["cgroup: ${view}: applyDevices() grants the accesses that the rules name"]],
  ],
  Memory: [
    ["MUST", "limit, reservation, swap, swappiness and disableOOMKiller are in the cgroup", of("\"memory\":", V1, V2)],
    ["MUST", "with checkBeforeUpdate a limit below the usage is refused",
      ["update: update: checkBeforeUpdate refuses what would kill on v2"]],
    ["MUST", "-1 is no limit", of("\"memory\":.*:-1\\b", V1, V2)],
  ],
  CPU: [
    ["MUST", "shares, quota, period, burst, cpus, mems, idle and the real-time values are in the cgroup", of("\"cpu\":", V1, V2)],
    ["MUST", "burst is no larger than quota (MAY be an error)", of("burst", ...REFUSED)],
  ],
  "Block IO": [
    ["MUST", "weights and throttles are in the cgroup, or an error where the kernel has none", of("\"blockIO\":", V1, V2, ...REFUSED)],
    ["MUST", "an entry of weightDevice has weight or leafWeight"],
  ],
  "Huge page limits": [
    ["MUST", "limits are in the cgroup, for reservations where the kernel counts them",
      ["resources-v1: v1: huge pages are in the cgroup2 hierarchy"]],
    ["MUST", "pageSize is one that the machine has"],
  ],
  Network: [
    ["MUST", "classID and priorities are in the cgroup, or an error where there is none",
      ["resources-v2: hybrid with net_cls alone on v1", ...of("\"network\":", ...REFUSED)]],
  ],
  PIDs: [
    ["MUST", "limit is the largest number of tasks, -1 none", of("\"pids\":", V1, V2)],
    ["SHOULD", "0 is a limit like others"],
  ],
  RDMA: [
    ["MUST", "an entry has hcaHandles or hcaObjects"],
  ],
  Unified: [
    ["MUST", "the controllers that a file needs are enabled"],
    ["MUST", "files that the runtime does not know are written"],
    ["MUST", "a controller that is not there or cannot be enabled is an error"],
    ["MUST", "a v1 value that cannot be converted is an error on v2",
      of("swappiness|disableOOMKiller|realtime|\"network\":|leafWeight", "resources-v2: v2: ${JSON.stringify(resources)} is refused")],
  ],
  IntelRdt: [
    ["MUST", "the pid is in the tasks file of the class", [RDT + "without closID the class has the container's id"]],
    ["MUST", "without a mounted resctrl it is an error"],
    ["MUST NOT", "without intelRdt resctrl is touched"],
    ["MUST", "closID / is the default class", [RDT + "closID / is the default class"]],
    ["MUST", "memBwSchema starts with MB: and no schema holds a newline"],
    ["MUST", "l3CacheSchema is written first, then memBwSchema, schemata last",
      [RDT + "l3CacheSchema, then memBwSchema, then schemata"]],
    ["MUST NOT", "without schemas a schemata file is written", [RDT + "closID without a schema takes a class that is there"]],
    ["MUST", "without closID the class is named as the container and made",
      [RDT + "without closID the class has the container's id"]],
    ["MUST", "with closID and schemas a class that is missing is made", [RDT + "closID with a schema makes the class"]],
    ["MUST", "with closID and schemas a class that is there must have them, else it is an error",
      [RDT + "a closID that is there must match"]],
    ["MUST", "with closID alone the class must be there, else it is an error",
      [RDT + "closID without a schema takes a class that is there"]],
    ["MUST", "a class that was made without closID goes with the container",
      [RDT + "without closID the class has the container's id"]],
    ["MUST NOT", "another class goes with the container",
      [RDT + "closID with a schema makes the class", RDT + "a folder of the container's id that was there before stays"]],
    ["MUST", "with enableMonitoring the container has a monitoring group of its name, which goes with it; a failure is an error",
      [RDT + "a monitoring group of the container's own"]],
  ],
  "Memory policy": [
    ["MUST", "mode, nodes and flags are init's policy", ["memory-policy: each mode and flag is the kernel's policy of init"]],
    ["MUST", "what set_mempolicy(2) does not take is an error",
      ["memory-policy: a node that is not there fails create", "memory-policy: what the kernel takes nowhere"]],
  ],
  Sysctl: [
    ["MUST", "values are set in the container's namespaces", ["resources: sysctl: set in the container's namespaces only"]],
  ],
  Seccomp: [
    ["MUST", "defaultAction is for what no rule names", ["seccomp: seccomp: defaultAction is for what no rule names"]],
    ["MUST", "defaultErrnoRet with an action without errno is an error"],
    ["MUST", "errnoRet with an action without errno is an error"],
    ["MUST", "errnoRet is what ERRNO returns, EPERM without it", ["seccomp: seccomp: ERRNO returns errnoRet, EPERM without one"]],
    ["MUST", "each action is that of libseccomp", ["seccomp: seccomp: what each action does to a process"]],
    ["MUST", "each operator is that of libseccomp", ["seccomp: seccomp: each operator on 64 bits"]],
    ["MUST", "architectures are those of the filter", ["seccomp: seccomp: architectures: a call of another one is killed"]],
    ["MUST", "flags are those of seccomp(2)"],
    ["MUST", "names has an entry"],
    ["MUST", "one container process state is sent for each connection, which is closed then"],
    ["MUST", "a state that cannot be sent is an error", ["seccomp-notify: seccomp notify: without an agent nothing runs"]],
    ["MUST", "without SCMP_ACT_NOTIFY listenerPath has no effect"],
    ["MUST NOT", "listenerMetadata is there without listenerPath"],
  ],
  "The Container Process State": [
    ["MUST", "JSON as payload, descriptors by SCM_RIGHTS, in the first message"],
    ["MUST", "ociVersion, pid, state, fds and metadata are in it"],
  ],
  "Rootfs Mount Propagation": [
    ["MUST", "shared, slave, private and unbindable"],
  ],
  "Masked Paths": [
    ["MUST", "masked paths cannot be read", ["mounts: maskedPaths: files read as empty"]],
    ["MUST", "they are absolute"],
  ],
  "Readonly Paths": [
    ["MUST", "read-only paths cannot be written", ["mounts: readonlyPaths: read-only where the rest is not"]],
    ["MUST", "they are absolute"],
  ],
  "Mount Label": [
    ["MUST", "mountLabel is the SELinux context of the container's mounts", ["selinux: mountLabel labels new file systems"]],
  ],
  Personality: [
    ["MUST", "domain is the execution domain"],
  ],
})
