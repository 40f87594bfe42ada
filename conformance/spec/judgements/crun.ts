import type { Judgement } from "../peers.ts"

/* crun 1.8.1 as Debian 12 has it, in a view of cgroup2 alone, which is what it takes. It follows runtime-spec 1.0.2. */

const NO_FEATURES = "it has no features command, which a runtime may leave out"
const HELD_ELSEWHERE = "it refuses hybrid machines, and in a view of cgroup2 alone the machine's v1 hierarchies hold the controllers"
const RELATIVE = "it takes a path that is relative"
const HASTY = "a hook that ends before it has read its state counts as one that failed (EPIPE), now and then: that is no matter of the order"

export const CRUN: readonly Judgement[] = [
  {
    clauses: ["runtime.md/delete-2"], verdict: "breaks", passing: true,
    why: "a created container is deleted with its waiting process, as the program delete of runtime-tools shows; a running one is refused",
  },
  { clauses: ["runtime.md/start-4"], verdict: "breaks", passing: true, why: "create already refuses a config without process, so start never comes to it" },
  { clauses: ["config.md/posix-platform-user-2"], verdict: "breaks", passing: true, why: "without umask it is 022, not the caller's" },
  { clauses: ["runtime.md/state-8"], verdict: "breaks", why: "hooks in the container's namespaces read pid 0" },
  {
    clauses: ["runtime.md/lifecycle-14"], verdict: "breaks",
    why: "a poststart hook that fails is a warning and the program goes on, as the specification had it before 1.3.0",
  },
  { clauses: ["runtime.md/lifecycle-16"], verdict: "breaks", why: "where a createRuntime hook failed, poststop hooks are not called; after delete they are" },
  {
    clauses: ["runtime.md/lifecycle-17"], verdict: "breaks", passing: true,
    why: "where the first poststop hook fails before it has read its state, delete ends with an error (EPIPE) now and then, and the next hook is not called",
  },
  {
    clauses: ["runtime.md/errors-1"], verdict: "breaks",
    why: "create that fails with an unknown rlimit, or a namespace's path that is none, leaves the cgroup behind",
  },
  {
    clauses: ["runtime.md/delete-4"], verdict: "breaks",
    why: "it takes a cgroup in which another's process is, and delete kills that process and removes the cgroup",
  },
  {
    clauses: ["config.md/specification-version-2"], verdict: "holds", despite: ["every version from 1.0.0 is taken"],
    why: "it takes 1.0.0 to 1.1.0; the test asks for 1.2 too, which the clause lets an older runtime refuse",
  },
  { clauses: ["config.md/linux-mount-options-1"], verdict: "breaks", why: "it does not know iversion and loud, and hands them to the file system, which refuses them (EINVAL)" },
  { clauses: ["config.md/linux-mount-options-2"], verdict: "breaks", why: "it does not know noiversion, and hands it to the file system, which refuses it (EINVAL)" },
  { clauses: ["config.md/linux-mount-options-3"], verdict: "breaks", why: "it does not know silent, and hands it to the file system, which refuses it (EINVAL)" },
  { clauses: ["config.md/linux-mount-options-6"], verdict: "breaks", why: "shared, rshared, unbindable and runbindable have no effect on a new file system" },
  { clauses: ["config.md/linux-mount-options-7"], verdict: "breaks", why: "it does not know nosymfollow and symfollow, and hands them to the file system, which refuses them (EINVAL)" },
  {
    clauses: ["config.md/linux-mount-options-8"], verdict: "breaks",
    why: "rnoatime, rnodiratime, rdiratime and rstrictatime fail, rnosymfollow and rsymfollow have no effect; the others hold",
  },
  { clauses: ["config.md/linux-mount-options-9"], verdict: "breaks", why: "the bind is id-mapped, and the mount below it is changed too: its owner reads 65534" },
  { clauses: ["config.md/linux-mount-options-10"], verdict: "breaks", why: "the mount below is not id-mapped as the mappings say: its owner reads 65534" },
  { clauses: ["config.md/process-4"], verdict: "breaks", why: "it takes a cwd that is relative" },
  {
    clauses: ["config.md/process-3"], verdict: "holds", despite: ["console socket: consoleSize of exec"],
    why: "the container's terminal has the size; what fails now and then is exec, no operation of the specification",
  },
  { clauses: ["config.md/process-7"], verdict: "breaks", why: "it takes a consoleSize without height or width" },
  { clauses: ["config.md/posix-process-5"], verdict: "breaks", why: "it takes an rlimit without soft" },
  { clauses: ["config.md/linux-process-16"], verdict: "breaks", why: "it does not know scheduler and ioPriority, and passes over them, whatever is missing" },
  { clauses: ["config-linux.md/user-namespace-mappings-3"], verdict: "breaks", why: "it takes a mapping without containerID or hostID, as 0" },
  { clauses: ["config-linux.md/allowed-device-list-3"], verdict: "breaks", why: "it takes an entry without allow" },
  { clauses: ["config-linux.md/huge-page-limits-3"], verdict: "breaks", why: "it takes an entry without limit" },
  {
    clauses: ["config.md/linux-process-3"], verdict: "breaks",
    why: "capabilities that the other sets do not allow make create fail (capset: EPERM), and an unknown name is passed over without a warning in the log",
  },
  { clauses: ["config.md/linux-process-8", "config.md/linux-process-9"], verdict: "breaks", why: "it does not know process.scheduler, which came with 1.1, and passes over it" },
  { clauses: ["config.md/linux-process-11"], verdict: "breaks", why: "it does not know process.ioPriority, which came with 1.1, and passes over it" },
  {
    clauses: ["config.md/linux-process-12", "config.md/linux-process-13"], verdict: "breaks",
    why: "it does not know process.execCPUAffinity, which came with 1.2.1, and passes over it",
  },
  {
    clauses: ["config.md/linux-process-14"], verdict: "holds", despite: ["execCPUAffinity: without final the container's CPUs"],
    why: "it does not know process.execCPUAffinity, so it changes no affinity; the test wants initial to hold, and errors",
  },
  { clauses: ["config.md/posix-platform-hooks-1"], verdict: "breaks", why: "it takes a poststop hook whose path is relative" },
  { clauses: ["config.md/posix-platform-hooks-2"], verdict: "breaks", why: "it takes a timeout of 0" },
  { clauses: ["config.md/posix-platform-hooks-6"], verdict: "breaks", why: "startContainer hooks read a state whose bundle is / in place of the bundle; the others read what they should" },
  {
    clauses: [
      "runtime.md/lifecycle-4", "runtime.md/lifecycle-6", "runtime.md/lifecycle-8", "runtime.md/lifecycle-10", "runtime.md/lifecycle-13", "config.md/prestart-2",
      "config.md/createcontainer-hooks-2", "config.md/startcontainer-hooks-1", "config.md/startcontainer-hooks-2", "config.md/posix-platform-hooks-5",
    ],
    verdict: "holds", why: HASTY,
    despite: [
      "prestart hooks", "createRuntime hooks", "createContainer hooks", "startContainer hooks", "poststart hooks are invoked", "hooks: several of a kind run in the order listed",
    ],
  },
  {
    clauses: ["config.md/poststart-1"], verdict: "breaks", passing: true,
    why: "poststart hooks do not wait until the program is executed, and come first now and then (the program poststart of runtime-tools saw it)",
  },
  { clauses: ["config.md/annotations-2"], verdict: "breaks", why: "it takes an annotation without a name" },
  { clauses: ["config.md/valid-values-1"], verdict: "breaks", why: "it takes args that are a string, and a rootfsPropagation that is none" },
  {
    clauses: ["config-linux.md/namespaces-1"], verdict: "breaks",
    why: "a time namespace beside a pid namespace makes create fail (write to sync socket: Connection reset by peer); without the other it works",
  },
  { clauses: ["config-linux.md/namespaces-2"], verdict: "breaks", why: RELATIVE },
  {
    clauses: ["config-linux.md/namespaces-6"], verdict: "holds", despite: ["without a mount namespace the container has the runtime's"],
    why: "the container has the runtime's mount namespace and its root is the rootfs; what the test waits for is that its mounts can be taken away",
  },
  { clauses: ["config-linux.md/namespaces-7"], verdict: "breaks", why: "it takes a type that comes twice" },
  { clauses: ["config-linux.md/offset-for-time-namespace-1"], verdict: "breaks", why: "it passes over timeOffsets: /proc/PID/timens_offsets reads 0 for both clocks" },
  { clauses: ["config-linux.md/devices-2"], verdict: "breaks", why: "it takes a regular file at the path of a device, and leaves it there" },
  { clauses: ["config-linux.md/devices-4"], verdict: "breaks", why: "it takes a character device without major and minor" },
  {
    clauses: [1, 2, 3, 4, 5, 6, 7].map((number) => `config-linux.md/network-devices-${number}`), verdict: "breaks",
    why: "it does not know netDevices, which came with 1.3.0, and passes over it",
  },
  {
    clauses: ["config-linux.md/network-devices-8", "config-linux.md/network-devices-9"], verdict: "skipped", despite: ["netDevices: into a network namespace that is joined"],
    why: "it does not know netDevices and moves no device, so there is none that it could leave alone",
  },
  {
    clauses: ["config-linux.md/control-groups-1"], verdict: "holds", despite: ["a cgroup that is in use by a process", "create in a frozen cgroup"],
    why: "whether a runtime checks is its choice, and it does not: a cgroup that is in use is taken, create in a frozen one hangs",
  },
  { clauses: ["config-linux.md/cgroup-ownership-1"], verdict: "skipped", why: "it refuses hybrid machines, so it has no v1 cgroup here" },
  { clauses: ["config-linux.md/cgroup-ownership-3"], verdict: "breaks", why: "the cgroup stays root's" },
  {
    clauses: [5, 6, 7].map((number) => `config-linux.md/cgroup-ownership-${number}`), verdict: "skipped",
    despite: ["only what the kernel lists for it is the user's", "without the kernel's list of files to delegate"],
    why: "it changes no owner here (see the third row), so there is nothing that could be too much or too little",
  },
  {
    clauses: [
      ...[1, 2, 3].map((number) => `config-linux.md/memory-${number}`), "config-linux.md/cpu-1", "config-linux.md/cpu-2", "config-linux.md/block-io-1", "config-linux.md/network-1",
      "config-linux.md/pids-1", "config-linux.md/pids-2", "config-linux.md/unified-4",
    ],
    verdict: "skipped", why: HELD_ELSEWHERE,
  },
  { clauses: ["config-linux.md/huge-page-limits-1"], verdict: "breaks", why: "the limit of use is set, that of reservations (hugetlb.2MB.rsvd.max), which came with 1.1, is not" },
  { clauses: ["config-linux.md/rdma-1"], verdict: "breaks", why: "it takes an entry without a limit" },
  { clauses: ["config-linux.md/intelrdt-2", "config-linux.md/intelrdt-5"], verdict: "breaks", why: "it passes over intelRdt, whatever is in it" },
  { clauses: ["config-linux.md/memory-policy-1", "config-linux.md/memory-policy-2", "config-linux.md/memory-policy-3"], verdict: "breaks", why: "it does not know memoryPolicy, which came with 1.3.0, and passes over it" },
  { clauses: ["config-linux.md/seccomp-9"], verdict: "breaks", why: "it takes a rule without names" },
  { clauses: ["config-linux.md/seccomp-12"], verdict: "breaks", why: "it connects to listenerPath although no rule notifies, and fails where nobody listens" },
  { clauses: ["config-linux.md/seccomp-13"], verdict: "breaks", why: "it takes listenerMetadata without listenerPath" },
  { clauses: ["config-linux.md/masked-paths-2", "config-linux.md/readonly-paths-2"], verdict: "breaks", why: RELATIVE },
  {
    clauses: [
      "features.md/features-structure-1", ...[1, 2, 3, 4].map((number) => `features.md/specification-version-${number}`), "features.md/hooks-1", "features.md/mount-options-1",
      "features.md/mount-options-2", "features.md/annotations-1", "features.md/unsafe-annotations-in-configjson-1", "features-linux.md/namespaces-1", "features-linux.md/capabilities-1",
      ...[1, 2, 3, 4].map((number) => `features-linux.md/seccomp-${number}`), "features-linux.md/memorypolicy-1", "features-linux.md/mountextensions-1",
    ],
    verdict: "skipped", why: NO_FEATURES, despite: ["features:", "each ", "versions:", "no properties", "mount options:", "annotations", "seccomp:", "memoryPolicy:", "idmap is called"],
  },
]
