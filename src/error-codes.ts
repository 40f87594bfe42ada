/*
 * The stable codes of errors, for scripts and engines to branch on: `code` of the log's error line (--log-format json), of
 * `check --format json`, and of docs/error-codes.md, which is generated from here. A code keeps its meaning; new ones may come.
 * Loaded when something has failed and never before: on the hot path codes are string literals (the type ErrorCode).
 */

/** What is to be known of a code. Sentences begin with a capital and have no final full stop. */
export interface ErrorCodeInfo {
  /** The heading that it stands under in docs/error-codes.md. */
  readonly area: ErrorArea
  /** What has happened. */
  readonly means: string
  /** What usually causes it. */
  readonly cause: string
  /** What to do where the error's own hint says nothing nearer. */
  readonly remedy: string
}

export type ErrorArea =
  | "Command line" | "Bundle and config.json" | "The container and its state" | "The program to run" | "Root filesystem and mounts"
  | "Namespaces and ids" | "Cgroups and resources" | "Privileges and isolation" | "Hooks and other programs" | "The host"

/** By code. */
export const ERROR_CODES = {
  "usage": {
    area: "Command line",
    means: "The command line is not one that runts takes",
    cause: "A misspelled command or option, a missing argument, a value out of range, or options that do not go together",
    remedy: "See `runts COMMAND --help`; a global option (--root, --log) goes before the command",
  },
  "id-invalid": {
    area: "Command line",
    means: "The container id is empty or has a character that ids cannot have",
    cause: "An id made from an image's or a service's name, with a / or a : in it",
    remedy: "Use letters, digits and _ + - . only, at most 255 of them, and neither . nor .. alone",
  },
  "descriptor-missing": {
    area: "Command line",
    means: "A descriptor that is to be passed to the container is not open",
    cause: "--preserve-fds or LISTEN_FDS counts more descriptors than the caller has open from 3 on",
    remedy: "Pass as many descriptors open as are announced, without holes",
  },
  "console-required": {
    area: "Command line",
    means: "process.terminal and the way the container is started do not go together",
    cause: "A terminal in the background without --console-socket, a console socket without a terminal, or a foreground run whose stdin is no terminal",
    remedy: "Set process.terminal to false, or run in the foreground of a terminal, or give --console-socket",
  },
  "bundle-missing": {
    area: "Bundle and config.json",
    means: "There is no bundle: the folder or its config.json does not exist",
    cause: "The wrong working folder or --bundle, or a bundle that was not unpacked yet",
    remedy: "Name the folder that holds config.json with --bundle; `runts spec` writes a config.json to begin with",
  },
  "config-unreadable": {
    area: "Bundle and config.json",
    means: "A file of configuration cannot be read as text",
    cause: "It is a directory, is far too large, is not UTF-8, or may not be read by this user",
    remedy: "Put a JSON file in UTF-8 there, readable by whoever runs runts",
  },
  "config-syntax": {
    area: "Bundle and config.json",
    means: "The file is not JSON, or has a member twice",
    cause: "A missing or extra comma, a comment, single quotes, a file cut short while it was written",
    remedy: "Correct the line and column that the message names",
  },
  "config-schema": {
    area: "Bundle and config.json",
    means: "A member has the wrong type, is out of range or is missing",
    cause: "A number in quotes, a string in place of an array, a misspelled name of a capability, namespace or system-call action",
    remedy: "Correct the value at the pointer; `runts check` lists all that is wrong",
  },
  "config-unknown-version": {
    area: "Bundle and config.json",
    means: "ociVersion is not a version of the runtime specification that runts knows",
    cause: "A config.json made for a later specification, or a version that is no version",
    remedy: "Set ociVersion to the version that the config is written for",
  },
  "config-unknown-key": {
    area: "Bundle and config.json",
    means: "config.json has a member that the specification does not know; it is ignored, as the specification says",
    cause: "A misspelled name, a name in the wrong object, or an extension of another runtime",
    remedy: "Correct the name, or leave the member out",
  },
  "config-rule": {
    area: "Bundle and config.json",
    means: "A value breaks a rule of the specification, or contradicts another value of the config",
    cause: "A setting whose namespace is not made new, a relative path where only an absolute one counts, two entries for one thing",
    remedy: "See the clause that the message names; `runts check` lists all that is wrong",
  },
  "config-unsupported": {
    area: "Bundle and config.json",
    means: "The config asks for something valid that runts does not do",
    cause: "An annotation of another runtime, or a combination that the kernel has no way to make",
    remedy: "Leave it out, or use what the hint names in its place",
  },
  "config-deprecated": {
    area: "Bundle and config.json",
    means: "config.json uses what the specification advises against, and a later version may drop",
    cause: "A config written for an older version of the specification, or by a tool that was",
    remedy: "Use what the message names in its place",
  },
  "config-no-effect": {
    area: "Bundle and config.json",
    means: "A value is taken and changes nothing",
    cause: "A setting for another platform or another setting's opposite, or a name that this version does not know",
    remedy: "Leave it out, or set what it depends on",
  },
  "config-repeated": {
    area: "Bundle and config.json",
    means: "Something is in config.json twice, and only one of the two counts",
    cause: "Two tools that each added the same, or a list that was pasted into itself",
    remedy: "Leave out the one that is not meant",
  },
  "config-hidden": {
    area: "Bundle and config.json",
    means: "A mount is hidden by a later one, so that the container does not see it",
    cause: "Mounts are made in their order: one at a folder covers those that were made below it before",
    remedy: "Put the mount of the outer folder first",
  },
  "config-version-low": {
    area: "Bundle and config.json",
    means: "config.json uses members that are newer than its ociVersion",
    cause: "An ociVersion that was copied from an old example",
    remedy: "Set ociVersion to the version that has them: other runtimes may ignore them else",
  },
  "config-weak": {
    area: "Bundle and config.json",
    means: "The config is allowed, and isolates the container less than one would think",
    cause: "A privileged container, a namespace or a filter that was left out, a host's folder that is shared",
    remedy: "Nothing, if it is meant so",
  },
  "not-checked": {
    area: "Bundle and config.json",
    means: "`runts check` could not look at something, so that it says nothing of it",
    cause: "A file that this user may not read, or a part of the root filesystem that only exists once it is mounted",
    remedy: "Run the check as the user who will create the container",
  },
  "container-exists": {
    area: "The container and its state",
    means: "A container with this id is there already",
    cause: "The id of an earlier container that was not deleted, or two callers that chose one id",
    remedy: "Delete it (`runts delete ID`), or choose another id; `runts list` shows who is there",
  },
  "container-missing": {
    area: "The container and its state",
    means: "There is no container with this id below --root",
    cause: "It was deleted, was made with another --root or by another user, or never was",
    remedy: "`runts list` shows who is there; give the --root that it was created with",
  },
  "container-not-running": {
    area: "The container and its state",
    means: "The container's process has ended, or has not come so far yet",
    cause: "The program of the container exited or was killed meanwhile",
    remedy: "`runts state ID` tells its status; start a new container if it has stopped",
  },
  "container-wrong-status": {
    area: "The container and its state",
    means: "The container's status does not allow the operation",
    cause: "start of a container that runs, delete of one that runs, exec in a paused one",
    remedy: "`runts state ID` tells its status; kill, resume or create it first",
  },
  "container-busy": {
    area: "The container and its state",
    means: "Another call of runts works on this container",
    cause: "A hook, a seccomp agent or a file system that does not answer holds up the other call",
    remedy: "Wait for the other call or end it; `runts delete --force ID` ends it with the container",
  },
  "container-unkillable": {
    area: "The container and its state",
    means: "The container's process was killed and has not ended in time",
    cause: "It waits inside the kernel for a device or a network file system, or is being traced",
    remedy: "Look at its state in /proc/PID/status and /proc/PID/stack; end what it waits for and delete the container again",
  },
  "init-died": {
    area: "The container and its state",
    means: "The container's first process ended during the set-up without saying why",
    cause: "Something killed it: an administrator, a limit on processes or CPU time, the kernel for want of memory",
    remedy: "Look into the kernel's log (dmesg) and at the limits in linux.resources and process.rlimits",
  },
  "state-damaged": {
    area: "The container and its state",
    means: "The container's files below --root are incomplete or not as runts writes them",
    cause: "A full disk, a crash of the machine, another version of runts, or somebody who edited or removed them",
    remedy: "`runts delete --force ID` removes the container",
  },
  "executable-not-found": {
    area: "The program to run",
    means: "The program of process.args is not in the container's root filesystem",
    cause: "A misspelled path, a PATH in process.env without its folder (or no PATH at all), a mount that hides it, an image without it",
    remedy: "Give its absolute path inside the root filesystem, and set PATH in process.env",
  },
  "executable-not-permitted": {
    area: "The program to run",
    means: "The program is there, and the container's user may not execute it",
    cause: "It has no execute permission, a folder above it cannot be searched by the user, or AppArmor or SELinux forbid it",
    remedy: "chmod +x the file in the root filesystem, or run as another process.user",
  },
  "executable-is-directory": {
    area: "The program to run",
    means: "process.args names a directory as the program",
    cause: "The path of a folder in place of the program in it",
    remedy: "Name the program itself",
  },
  "executable-noexec": {
    area: "The program to run",
    means: "The program lies on a mount with the option noexec",
    cause: "A volume or tmpfs with noexec, or a bundle on a file system of the host that is mounted so",
    remedy: "Mount it without noexec, or move the program to another file system",
  },
  "executable-interpreter-missing": {
    area: "The program to run",
    means: "The program is there; what is to run it (the #! line's interpreter, or the ELF loader) is not",
    cause: "A script for a shell that the image lacks, Windows line ends after #!, a program linked for glibc in an image with musl or the other way round",
    remedy: "Install the interpreter in the root filesystem, convert the script's line ends, or link the program statically",
  },
  "executable-wrong-architecture": {
    area: "The program to run",
    means: "The program is made for another processor than the host has",
    cause: "An image for another platform, and no emulation for it in the kernel's binfmt_misc",
    remedy: "Take the image for this host's platform, or register qemu-user in binfmt_misc (the package qemu-user-static)",
  },
  "executable-format": {
    area: "The program to run",
    means: "The kernel does not know the program's format",
    cause: "A script without a #! line, an empty file, a file that is text or data and no program",
    remedy: "Begin a script with a line as #!/bin/sh, or name the interpreter in process.args",
  },
  "working-directory": {
    area: "The program to run",
    means: "process.cwd cannot be entered or made",
    cause: "A file where the folder should be, or a folder that the container's user may not enter",
    remedy: "Set process.cwd to a folder that the user may enter",
  },
  "killed-by-seccomp": {
    area: "The program to run",
    means: "The container's seccomp filter killed the program for a system call",
    cause: "A profile with SCMP_ACT_KILL, made for another program, libc or processor",
    remedy: "Allow the system call in linux.seccomp.syscalls, or make the action SCMP_ACT_ERRNO or SCMP_ACT_LOG to find what is needed",
  },
  "out-of-memory": {
    area: "The program to run",
    means: "The kernel killed a process of the container because its memory limit was reached",
    cause: "A limit in linux.resources.memory below what the program, or already the set-up, takes",
    remedy: "Raise linux.resources.memory.limit",
  },
  "rootfs-missing": {
    area: "Root filesystem and mounts",
    means: "The folder that root.path names does not exist",
    cause: "An image that was not unpacked, or a relative path that starts at the bundle and was meant from elsewhere",
    remedy: "Unpack the image there, or correct root.path",
  },
  "rootfs-invalid": {
    area: "Root filesystem and mounts",
    means: "What root.path names cannot be a root filesystem",
    cause: "A file, a symbolic link, or the host's own root",
    remedy: "Name a folder of the container's own",
  },
  "mount-source-missing": {
    area: "Root filesystem and mounts",
    means: "What a bind mount is to show does not exist",
    cause: "A misspelled source, or one that is relative to the bundle and was meant from elsewhere",
    remedy: "Make the source on the host, or correct it",
  },
  "mount-target": {
    area: "Root filesystem and mounts",
    means: "The place in the root filesystem that a mount goes to cannot be reached or made",
    cause: "A file where a folder is needed or the other way round, a read-only root filesystem without the folder, a loop of symbolic links",
    remedy: "Make the target in the image, or choose another destination",
  },
  "mount-option": {
    area: "Root filesystem and mounts",
    means: "A mount has an option that it cannot have",
    cause: "Options that contradict each other, data for a bind mount, an option that the kernel or the file system does not know",
    remedy: "Correct mounts[].options; `runts features` lists those that runts knows",
  },
  "mount-type": {
    area: "Root filesystem and mounts",
    means: "The kernel has no file system of the mount's type",
    cause: "A misspelled type, or a file system whose module is not loaded",
    remedy: "See /proc/filesystems, and load the module on the host",
  },
  "mount-not-permitted": {
    area: "Root filesystem and mounts",
    means: "The kernel does not allow the mount to this process",
    cause: "A user namespace that the kernel lets mount only some file systems, a masked /proc around the runtime, no CAP_SYS_ADMIN",
    remedy: "Bind-mount it from the host in place of mounting it anew, or run with more privileges",
  },
  "mount-failed": {
    area: "Root filesystem and mounts",
    means: "A mount or a part of the root filesystem could not be set up",
    cause: "Options or a source that the file system refuses: the kernel's own words are part of the message where it has any",
    remedy: "See the kernel's log (dmesg) too; try the same mount on the host with mount(8)",
  },
  "device-failed": {
    area: "Root filesystem and mounts",
    means: "A device node of the container could not be made",
    cause: "A number that no device can have, a place in /dev that is taken, a user namespace and a node that the host lacks",
    remedy: "Correct linux.devices; without privileges a device must exist on the host at the same path",
  },
  "sysctl-failed": {
    area: "Root filesystem and mounts",
    means: "A kernel parameter of linux.sysctl could not be set",
    cause: "A parameter that this kernel lacks, a value that it refuses, or one that the container's namespaces do not have of their own",
    remedy: "Try it with sysctl(8) on the host, and see that the container has a namespace of its own for it",
  },
  "namespace-invalid": {
    area: "Namespaces and ids",
    means: "A path in linux.namespaces is not a namespace of its type, or cannot be joined",
    cause: "The process whose /proc/PID/ns it was has ended, or the path is another type's",
    remedy: "Correct the path; lsns(8) lists the namespaces that are there",
  },
  "namespace-failed": {
    area: "Namespaces and ids",
    means: "A namespace could not be made or joined",
    cause: "No privilege for it, unprivileged user namespaces turned off, a limit in /proc/sys/user, a kernel without it",
    remedy: "`runts doctor` tells what this host allows",
  },
  "id-map-failed": {
    area: "Namespaces and ids",
    means: "The id mappings of a user namespace or a mount could not be had",
    cause: "Ranges that /etc/subuid and /etc/subgid do not give to this user, no newuidmap, ranges that overlap",
    remedy: "`runts doctor` tells which ranges this user has",
  },
  "net-device-failed": {
    area: "Namespaces and ids",
    means: "A network device of linux.netDevices could not be moved into the container",
    cause: "It does not exist, its name is taken there, or the container shares the host's network",
    remedy: "See `ip link` on the host; give the container a network namespace of its own",
  },
  "cgroup-path-invalid": {
    area: "Cgroups and resources",
    means: "linux.cgroupsPath names no cgroup that a container could have",
    cause: "The root of a hierarchy, a path with .., or one that another container uses",
    remedy: "Name a cgroup of the container's own",
  },
  "cgroup-not-empty": {
    area: "Cgroups and resources",
    means: "The container's cgroup has processes in it already",
    cause: "What an earlier container or a crashed runtime left, or two containers with one cgroupsPath",
    remedy: "End the processes in its cgroup.procs, or choose another linux.cgroupsPath",
  },
  "cgroup-frozen": {
    area: "Cgroups and resources",
    means: "The container's cgroup is frozen, or does not freeze",
    cause: "An earlier container that was paused and not deleted; processes that wait inside the kernel",
    remedy: "Write 0 to its cgroup.freeze (v1: THAWED to freezer.state), or choose another linux.cgroupsPath",
  },
  "cgroup-controller-missing": {
    area: "Cgroups and resources",
    means: "The cgroup controller that a limit needs is not available to the container",
    cause: "Not mounted (v1), not in the parent's cgroup.subtree_control or not delegated to this user (v2), or turned off at boot",
    remedy: "`runts doctor` shows the controllers; without root let systemd delegate them (Delegate=yes)",
  },
  "cgroup-absent": {
    area: "Cgroups and resources",
    means: "The container has no cgroup, and what is asked for takes one",
    cause: "It was made with --cgroup-manager disabled, or by a user who may make no cgroups",
    remedy: "Make the container again with a cgroup: by root, or in a part of the tree that is delegated to the user",
  },
  "cgroup-not-permitted": {
    area: "Cgroups and resources",
    means: "This user may not make or change the container's cgroup",
    cause: "A runtime without root and no delegated cgroup, or cgroupfs mounted read-only",
    remedy: "Have a cgroup delegated (systemd-run --user --scope -p Delegate=yes), or leave linux.resources and linux.cgroupsPath out",
  },
  "cgroup-failed": {
    area: "Cgroups and resources",
    means: "The kernel refused an operation on the container's cgroup",
    cause: "The cgroup was removed meanwhile, is threaded, or has a limit on its descendants",
    remedy: "Look at the cgroup that the message names: cgroup.type, cgroup.max.descendants",
  },
  "systemd-unavailable": {
    area: "Cgroups and resources",
    means: "The systemd cgroup driver was asked for, and systemd cannot be reached or does not answer",
    cause: "A machine that systemd did not start, no D-Bus, a bus or a systemd that hangs, no libsystemd, a user without a session",
    remedy: "See `systemctl status dbus`; where no systemd runs use the cgroup driver cgroupfs",
  },
  "systemd-unit": {
    area: "Cgroups and resources",
    means: "systemd refused to make, change or stop the container's unit",
    cause: "A unit of that name, a slice that is masked, a property that this systemd does not know or that has another type",
    remedy: "See `systemctl status` of the unit that the message names; correct linux.cgroupsPath or the annotations org.systemd.property.*",
  },
  "resource-value": {
    area: "Cgroups and resources",
    means: "A value of linux.resources cannot be set",
    cause: "Out of the kernel's range, below what is in use, or more than the parent cgroup has",
    remedy: "Correct the value at the pointer",
  },
  "resource-unavailable": {
    area: "Cgroups and resources",
    means: "This kernel or cgroup version has no such limit",
    cause: "A field of cgroup v1 on v2 or the other way round, a kernel built without it, resctrl not mounted",
    remedy: "Leave the field out, or use what its hint names on this cgroup version",
  },
  "user-failed": {
    area: "Privileges and isolation",
    means: "The process could not become process.user",
    cause: "A uid or gid outside the container's id mappings, or groups where the user namespace denies setgroups",
    remedy: "Map the ids in linux.uidMappings and gidMappings, or choose others",
  },
  "capability-failed": {
    area: "Privileges and isolation",
    means: "The capabilities of process.capabilities could not be set",
    cause: "runts itself does not have them: a container in a container, or no root",
    remedy: "Leave out what the runtime does not have: CapBnd in /proc/self/status tells",
  },
  "limit-failed": {
    area: "Privileges and isolation",
    means: "A limit or priority of the process (rlimits, oomScoreAdj, scheduler, ioPriority, execCPUAffinity) could not be set",
    cause: "Raising one takes a privilege: CAP_SYS_RESOURCE or CAP_SYS_NICE",
    remedy: "Ask for no more than the runtime has, or run it as root",
  },
  "seccomp-profile": {
    area: "Privileges and isolation",
    means: "linux.seccomp cannot be made a filter",
    cause: "An action, flag or architecture that the installed libseccomp does not know, or more rules than a filter can hold",
    remedy: "Correct the profile, or install a newer libseccomp",
  },
  "seccomp-unavailable": {
    area: "Privileges and isolation",
    means: "linux.seccomp is asked for, and libseccomp cannot be loaded",
    cause: "libseccomp.so.2 is not installed",
    remedy: "Install libseccomp (the package libseccomp2 or libseccomp)",
  },
  "seccomp-failed": {
    area: "Privileges and isolation",
    means: "The kernel did not take the container's seccomp filter, or nobody took its listener",
    cause: "No noNewPrivileges and no CAP_SYS_ADMIN, a kernel that does not know a flag, an agent that does not listen on listenerPath",
    remedy: "Set process.noNewPrivileges; see that the agent runs",
  },
  "apparmor-failed": {
    area: "Privileges and isolation",
    means: "process.apparmorProfile cannot be applied",
    cause: "AppArmor is off on this host, or the profile is not loaded",
    remedy: "Load the profile (apparmor_parser --replace FILE; aa-status lists them), or leave process.apparmorProfile out",
  },
  "selinux-failed": {
    area: "Privileges and isolation",
    means: "process.selinuxLabel or linux.mountLabel cannot be applied",
    cause: "SELinux is off on this host, or its policy has no such context",
    remedy: "Correct the label (user:role:type:level), or leave it out",
  },
  "isolation-failed": {
    area: "Privileges and isolation",
    means: "A path could not be masked or made read-only, or another part of the isolation could not be set up",
    cause: "A kernel or security module that forbids it to this process",
    remedy: "Correct what the pointer names; without privileges leave it out",
  },
  "hook-failed": {
    area: "Hooks and other programs",
    means: "A hook could not be executed, or ended with another exit code than 0",
    cause: "What the hook met: see what it printed",
    remedy: "Run the hook by hand with the container's state (`runts state ID`) on its stdin",
  },
  "hook-timeout": {
    area: "Hooks and other programs",
    means: "A hook took longer than its timeout, and was killed",
    cause: "A hook that waits for a network, a lock or its own stdin",
    remedy: "Raise the hook's timeout (seconds), or find what it waits for",
  },
  "socket-failed": {
    area: "Hooks and other programs",
    means: "A socket that runts was told to use (console, pidfd, notify, seccomp listener) could not be used",
    cause: "Nobody listens there, or the path does not exist or is too long",
    remedy: "Start what listens on it before the container is created",
  },
  "permission-denied": {
    area: "The host",
    means: "The kernel did not allow runts an operation outside the container",
    cause: "A file or folder of another user, a missing capability, AppArmor or SELinux around the runtime",
    remedy: "Run as root, or give this user the right; `runts doctor` tells what this host allows",
  },
  "file-missing": {
    area: "The host",
    means: "A file or folder of the host does not exist",
    cause: "A misspelled path, or /proc, /sys or /dev not mounted around the runtime",
    remedy: "Correct the path that the message names",
  },
  "resources-exhausted": {
    area: "The host",
    means: "The host has no more memory, disk space, descriptors, processes or namespaces",
    cause: "A full disk or tmpfs, limits of the caller (ulimit), of its cgroup or of the kernel",
    remedy: "Free or raise what the errno names: ENOSPC space or inodes, EMFILE descriptors, EAGAIN processes, ENOMEM memory",
  },
  "kernel-unsupported": {
    area: "The host",
    means: "The kernel is too old, or was built without something that is needed",
    cause: "A system call or flag of a newer kernel, or a container or sandbox around runts that hides system calls",
    remedy: "`runts doctor` tells what this kernel has",
  },
  "program-missing": {
    area: "The host",
    means: "A program of the host that runts needs for this could not be run",
    cause: "It is not installed (newuidmap, ps)",
    remedy: "Install the package that the message names",
  },
  "system-call": {
    area: "The host",
    means: "A system call failed with an error that has no nearer code",
    cause: "The errno says what the kernel objected to",
    remedy: "See the man page of the system call that the message names for this errno",
  },
  "internal": {
    area: "The host",
    means: "Something happened inside runts that should be impossible",
    cause: "A fault of runts",
    remedy: "Report it with the command line and config.json; `runts --debug` prints where it happened",
  },
} as const satisfies Record<string, ErrorCodeInfo>

/** A stable code of an error. */
export type ErrorCode = keyof typeof ERROR_CODES
