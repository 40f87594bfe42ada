import type { Judgement } from "../peers.ts"

/* runc 1.1.5 as Debian 12 has it, on a hybrid machine, and in a view of cgroup2 alone for what needs that. It follows runtime-spec 1.0.2. */

const NO_IDMAP = "it knows no id-mapped mounts, which came with 1.2: idmap, ridmap and the mappings of a mount are passed over without a word"
const NO_TIME = "it knows no time namespace, which came with 1.1: create fails (namespace does not exist)"
const RELATIVE = "it takes a path that is relative"

export const RUNC: readonly Judgement[] = [
  {
    clauses: ["runtime.md/delete-2"], verdict: "breaks", passing: true,
    why: "a created container is deleted with its waiting process, as the program delete of runtime-tools shows; a running one is refused",
  },
  { clauses: ["runtime.md/start-4"], verdict: "breaks", passing: true, why: "create already refuses a config without process, so start never comes to it" },
  { clauses: ["config.md/posix-platform-user-2"], verdict: "breaks", passing: true, why: "without umask it is 022, not the caller's" },
  {
    clauses: ["runtime.md/lifecycle-3"], verdict: "holds", despite: ["what happens to config.json after create"],
    why: "program, hooks and state are those of create; what fails is exec, no operation of the specification, which reads config.json again",
  },
  { clauses: ["runtime.md/lifecycle-17"], verdict: "breaks", why: "it stops at the first poststop hook that fails" },
  { clauses: ["config.md/specification-version-1"], verdict: "breaks", why: "it takes a config without ociVersion, and one whose ociVersion is no version" },
  { clauses: ["config.md/linux-mount-options-1"], verdict: "breaks", why: "it hands defaults to the file system as data, which tmpfs refuses (EINVAL); the others hold" },
  {
    clauses: ["config.md/linux-mount-options-9", "config.md/linux-mount-options-10", "config.md/linux-mount-options-11", "config.md/linux-mount-options-12"], verdict: "breaks",
    why: NO_IDMAP,
  },
  { clauses: ["config.md/posix-platform-mounts-1"], verdict: "breaks", why: NO_IDMAP },
  { clauses: ["config.md/process-7"], verdict: "breaks", why: "it takes a consoleSize without height or width" },
  { clauses: ["config.md/posix-process-5"], verdict: "breaks", why: "it takes an rlimit without soft" },
  {
    clauses: ["config.md/linux-process-3"], verdict: "breaks",
    why: "capabilities that the other sets do not allow make create fail (unable to apply caps: EPERM); of an unknown name it warns",
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
  { clauses: ["config.md/linux-process-16"], verdict: "breaks", why: "it does not know scheduler and ioPriority, and passes over them, whatever is missing" },
  { clauses: ["config.md/domainname-1"], verdict: "breaks", why: "it does not know domainname, which came with 1.1, and passes over it" },
  { clauses: ["config.md/posix-platform-hooks-1"], verdict: "breaks", why: "it takes a poststop hook whose path is relative" },
  { clauses: ["config.md/posix-platform-hooks-2"], verdict: "breaks", why: "it takes a timeout of 0" },
  { clauses: ["config.md/posix-platform-hooks-7"], verdict: "breaks", why: "it takes a poststop hook without path" },
  { clauses: ["config.md/poststart-1"], verdict: "breaks", why: "poststart hooks run in create, before the program" },
  { clauses: ["config.md/annotations-2"], verdict: "breaks", why: "it takes an annotation without a name" },
  { clauses: ["config-linux.md/namespaces-1"], verdict: "breaks", why: `${NO_TIME}; the other types work` },
  { clauses: ["config-linux.md/namespaces-2"], verdict: "breaks", why: RELATIVE },
  { clauses: ["config-linux.md/user-namespace-mappings-3"], verdict: "breaks", why: "it takes a mapping without containerID or hostID, as 0" },
  { clauses: ["config-linux.md/offset-for-time-namespace-1"], verdict: "breaks", why: NO_TIME },
  { clauses: ["config-linux.md/devices-2"], verdict: "breaks", why: "it puts the node in the place of the regular file that is there" },
  { clauses: ["config-linux.md/devices-4"], verdict: "breaks", why: "it takes a character device without major and minor" },
  { clauses: ["config-linux.md/devices-5"], verdict: "breaks", why: "it takes a device without path" },
  {
    clauses: [1, 2, 3, 4, 5, 6, 7].map((number) => `config-linux.md/network-devices-${number}`), verdict: "breaks",
    why: "it does not know netDevices, which came with 1.3.0, and passes over it",
  },
  {
    clauses: ["config-linux.md/network-devices-8", "config-linux.md/network-devices-9"], verdict: "skipped", despite: ["netDevices: into a network namespace that is joined"],
    why: "it does not know netDevices and moves no device, so there is none that it could leave alone",
  },
  {
    clauses: ["config-linux.md/control-groups-1"], verdict: "holds", despite: ["a cgroup that is in use by a process"],
    why: "a frozen cgroup is refused; whether it looks for processes too is its choice, and it does not",
  },
  { clauses: ["config-linux.md/cgroup-ownership-3"], verdict: "breaks", why: "the cgroup stays root's; it delegates with the systemd driver alone" },
  {
    clauses: [5, 6, 7].map((number) => `config-linux.md/cgroup-ownership-${number}`), verdict: "skipped",
    despite: ["only what the kernel lists for it is the user's", "without the kernel's list of files to delegate"],
    why: "it changes no owner here (see the third row), so there is nothing that could be too much or too little",
  },
  { clauses: ["config-linux.md/allowed-device-list-3"], verdict: "breaks", why: "it takes an entry without allow" },
  { clauses: ["config-linux.md/cpu-1"], verdict: "breaks", why: "it does not know burst and idle, which came with 1.1, and passes over them; the others are in the cgroup" },
  {
    clauses: ["config-linux.md/cpu-2"], verdict: "skipped", despite: ["v1: {\"cpu\":{\"quota\":10000,\"burst\":20000}}"],
    why: "it does not know burst, which came with 1.1",
  },
  { clauses: ["config-linux.md/block-io-2"], verdict: "breaks", why: "it takes a weightDevice without a weight" },
  { clauses: ["config-linux.md/block-io-3"], verdict: "breaks", why: "it takes an entry that throttles without rate" },
  {
    clauses: ["config-linux.md/huge-page-limits-1"], verdict: "breaks",
    why: "the limit of use is set, that of reservations (hugetlb.2MB.rsvd.max), which came with 1.1, is not; on a hybrid machine create fails",
  },
  {
    clauses: ["config-linux.md/pids-1"], verdict: "holds", despite: ["v1: {\"pids\":{\"limit\":9223372036854776000}}"],
    why: "33 and -1 are in the cgroup; the number of the test that fails is more than an int64 holds",
  },
  { clauses: ["config-linux.md/pids-2"], verdict: "breaks", why: "it takes 0 for no limit" },
  {
    clauses: ["config-linux.md/unified-4"], verdict: "skipped",
    why: "the machine's v1 hierarchies hold the controllers, here and in a view of cgroup2 alone",
  },
  { clauses: ["config-linux.md/intelrdt-2"], verdict: "breaks", why: "it takes a closID alone without a mounted resctrl; with a schema it is an error" },
  { clauses: ["config-linux.md/intelrdt-5"], verdict: "skipped", why: "no resctrl is mounted here, which is an error before it looks at a schema" },
  { clauses: ["config-linux.md/memory-policy-1", "config-linux.md/memory-policy-2", "config-linux.md/memory-policy-3"], verdict: "breaks", why: "it does not know memoryPolicy, which came with 1.3.0, and passes over it" },
  { clauses: ["config-linux.md/seccomp-2", "config-linux.md/seccomp-3"], verdict: "breaks", why: "it takes an errno with an action that returns none" },
  { clauses: ["config-linux.md/seccomp-8"], verdict: "breaks", why: "any flag is an error: seccomp flags are not yet supported by runc" },
  { clauses: ["config-linux.md/seccomp-9", "config-linux.md/seccomp-14"], verdict: "breaks", why: "it takes a rule without names" },
  {
    clauses: ["config-linux.md/seccomp-10", "config-linux.md/the-container-process-state-1", "config-linux.md/the-container-process-state-2"], verdict: "skipped",
    despite: ["SCMP_ACT_NOTIFY: the process state"],
    why: "a run whose mkdir(2) notifies hangs on this machine, and the state came in one try of four, then whole; why is not known",
  },
  { clauses: ["config-linux.md/seccomp-13"], verdict: "breaks", why: "it takes listenerMetadata without listenerPath" },
  { clauses: ["config-linux.md/rootfs-mount-propagation-1"], verdict: "breaks", why: "with shared and with unbindable the root is private; slave and private hold" },
  { clauses: ["config-linux.md/masked-paths-2", "config-linux.md/readonly-paths-2"], verdict: "breaks", why: RELATIVE },
  { clauses: ["config-linux.md/personality-1", "config-linux.md/personality-2"], verdict: "breaks", why: "it passes over personality: /proc/self/personality reads 0 with LINUX32" },
  { clauses: ["features.md/mount-options-1"], verdict: "breaks", why: "it names defaults, which it then hands to the file system, and tmpfs refuses that (EINVAL)" },
  {
    clauses: ["features.md/unsafe-annotations-in-configjson-1"], verdict: "skipped", despite: ["annotations that change what the runtime does"],
    why: "it has none of the annotations that the test looks for, and the property is younger",
  },
  {
    clauses: ["features-linux.md/memorypolicy-1", "features-linux.md/mountextensions-1"], verdict: "skipped", despite: ["memoryPolicy: each mode", "idmap is called enabled"],
    why: "it tells nothing of it, since it has neither memory policies nor id-mapped mounts",
  },
]
