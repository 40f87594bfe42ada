/** How containers are made: by root with cgroupfs, by root as units of systemd, by an ordinary user, or by him where a cgroup is delegated to him. */
export type Way = "plain" | "systemd" | "rootless" | "delegated"

/** Something that cannot be as it is for root with cgroupfs, and why: what the kernel, systemd or the specification says. */
export interface Difference {
  readonly ways: readonly Way[]
  readonly why: string
  /** Test files that are about nothing else, and are left out. */
  readonly files?: readonly string[]
}

const USER = ["rootless", "delegated"] as const

/** By the words with which tests name them (`differs`). docs/ways.md is made of this table and the tests' titles. */
export const DIFFERENCES = {
  "a cgroup": {
    ways: ["rootless"],
    why: "nobody has given the user a cgroup, and on cgroup v1 nobody should: there is none of the container's to limit, freeze, count or show",
    files: ["resources", "resources-v1", "resources-v2", "update", "events", "oom", "delegation", "cgroup-mounts", "interleavings"],
  },
  "a strange process": {
    ways: ["rootless"],
    why: "processes of a container that has neither a pid namespace of its own nor a cgroup are not known to be its own when init has ended",
  },
  "locked mounts": {
    ways: USER,
    why: "flags of mounts are locked where they come from a mount namespace of another user namespace (mount_namespaces(7)): the user has no right to make"
      + " them before that of the container, so that its root, with CAP_SYS_ADMIN there, may change them; flags of the host's own mounts it may not clear",
    files: ["locked-mounts"],
  },
  "remounted file systems": {
    ways: USER,
    why: "the options of a whole file system are changed by who has CAP_SYS_ADMIN in the user namespace in which it was mounted",
  },
  "id-mapped mounts": {
    ways: USER,
    why: "MOUNT_ATTR_IDMAP wants CAP_SYS_ADMIN in the user namespace in which the file system was mounted (mount_setattr(2))",
    files: ["idmap"],
  },
  "devices of the network": {
    ways: USER,
    why: "a device is taken out of the host's network namespace by who has CAP_NET_ADMIN there",
    files: ["net-devices"],
  },
  "classes of resctrl": { ways: USER, why: "classes of service are folders that root makes in resctrl; their limits are of the whole machine's caches", files: ["intel-rdt"] },
  "a tracer": {
    ways: USER,
    why: "newuidmap(1) is set-user-ID root, and the kernel gives no such rights to what an ordinary user traces (execve(2)): the ids cannot be mapped under strace, nor"
      + " can it read the memory of what has entered the container",
  },
  "what root gives a caller": {
    ways: USER, why: "the test makes the process that calls runts as only root can: with groups, a mount namespace or a seccomp filter of its own",
  },
  "the host's mount namespace": { ways: USER, why: "mount(2) takes CAP_SYS_ADMIN in the user namespace that owns the mount namespace: he may not mount in the host's" },
  "mounts apart": {
    ways: USER,
    why: "mounts that come from a mount namespace of another user namespace stay together (mount_namespaces(7)): a folder with mounts below it can be bound"
      + " with rbind only, else what they cover would come to light",
  },
  "device nodes": {
    ways: USER,
    why: "mknod(2) of a device is refused in every user namespace but the first: the host's own nodes are bound, with the owner and mode that they have",
  },
  "priorities": {
    ways: USER,
    why: "real-time policies and io classes, deadlines and nice values below one's own take CAP_SYS_NICE of the host (sched(7), ioprio_set(2))",
  },
  "the host's user namespace": { ways: USER, why: "there is always a user namespace of the container's own: runts adds it, and the mappings, where config.json has none" },
  "ids of others": { ways: USER, why: "only the user himself and the ids of his ranges in /etc/subuid and /etc/subgid can be mapped (user_namespaces(7))" },
  "namespaces of others": { ways: USER, why: "to join a namespace by its path takes CAP_SYS_ADMIN in the user namespace that owns it (setns(2))" },
  "trusted attributes": { ways: USER, why: "attributes trusted.* are for CAP_SYS_ADMIN of the first user namespace (xattr(7)): a copy of a folder is without them" },
  "the caller's keyring": {
    ways: USER,
    why: "a process without a session keyring has that of its user in its user namespace (user-session-keyring(7)), which is another in the container",
  },
  "what --rootless false says": { ways: USER, why: "it says that nothing is to be done that only a user without rights needs: his containers cannot be made so" },
  "a view of his keys": { ways: USER, why: "/proc/keys shows root, who runs the tests, none of an ordinary user's keys (proc_keys(5))" },
  "a cpu limit of less than a hundredth": {
    ways: ["systemd"],
    why: "systemd keeps a cpu's quota in hundredths of its time and has a least value of its own: what is smaller is rounded up, as with runc, and not refused",
  },
  "values of systemd's own": {
    ways: ["systemd"],
    why: "what systemd has a property for is read by systemd's rules before anything is written, and refused in words about the property's type",
  },
  "controllers of systemd's choice": {
    ways: ["systemd"],
    why: "systemd switches on the controllers of its own properties: cpuset with AllowedCPUs, hugetlb never, cpu for every unit, and where the kernel has"
      + " CONFIG_RT_GROUP_SCHED nothing in a cgroup with cpu may be scheduled in real time",
  },
  "an empty cgroup": {
    ways: ["systemd"],
    why: "systemd removes a scope when its last process has ended: of a container that is stopped the state stays, not its cgroup",
  },
  "hierarchies of the test's own": {
    ways: ["systemd"], why: "the test makes another view of cgroups than systemd has, which makes the units in its own",
  },
} as const satisfies Record<string, Difference>

export type DifferenceName = keyof typeof DIFFERENCES

/** Files that say nothing of who makes containers: no container is made in them, or by functions and not by the runtime's command. */
export const OF_NOBODY = [
  "apparmor", "attack-guard", "bad-config", "cgroup", "check", "check-host", "check-systemd", "completion", "doctor", "doctor-hang", "explain", "features", "gallery", "prelude", "selinux",
  "spec-features", "systemd-bus", "systemd-errors",
] as const

/** Of the rest, what runs again where the whole would take too long: what is about cgroups, and what ends and frees containers. */
const SYSTEMD_SHARE = [
  "cgroup-mounts", "delegation", "events", "lifecycle", "pause", "resources-v2", "robustness", "run", "update",
]

/** Long, and about the runtime's own processes: with --all. */
const ROOTLESS_LONG = ["concurrency"]

/** Which of the integration tests' files (their names) run again in a way. `whole`: all that say something. */
export function filesAgain(way: Way, files: readonly string[], whole: boolean): string[] {
  const left = Object.values<Difference>(DIFFERENCES).flatMap(({ ways, files: own = [] }) => (ways.includes(way) ? own : []))
  const all = files.filter((file) => !OF_NOBODY.some((one) => one === file) && !left.includes(file) && !file.startsWith("rootless") && !file.startsWith("nested"))
  if (whole) return all
  return way === "systemd" ? all.filter((file) => SYSTEMD_SHARE.includes(file)) : all.filter((file) => !ROOTLESS_LONG.includes(file))
}
