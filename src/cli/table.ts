import type { ContainerStatus, GlobalOptions } from "../lifecycle/requests.ts"

/*
 * The command line of runts: one row a command, one entry a flag. The parser, the help, and whatever else tells of the
 * command line read it here, so a flag is written once. Names and meanings follow runc 1.5 (and crun where it says so).
 */

/**
 * - boolean: `--x`, `--x=true`, `--x=false`
 * - number: a whole number from 0 to 2^32-1
 * - strings, numbers: may be given several times, each adds one
 */
export type FlagKind = "boolean" | "string" | "number" | "strings" | "numbers"

export interface Flag {
  readonly kind: FlagKind
  /** One letter, given as `-b DIR`. */
  readonly short?: string
  /** What stands for the value in help. */
  readonly value?: string
  readonly default?: string | number
  readonly choices?: readonly string[]
  /** One line for people, without a final full stop. */
  readonly help: string
  /** Accepted, but not shown in help. */
  readonly hidden?: true
}

export type Flags = Readonly<Record<string, Flag>>

export interface Positional {
  readonly name: string
  readonly help: string
  readonly optional?: true
  /** Takes all that follow. */
  readonly rest?: true
  /** Only as the first: the words that it may be, each an action of the command. */
  readonly choices?: readonly string[]
  /** It names a container that is there: in what statuses the command has a use for it. For completion. */
  readonly statuses?: "any" | readonly ContainerStatus[]
}

export interface Command {
  readonly aliases?: readonly string[]
  /** One line in the list of commands. */
  readonly summary: string
  /** What a person needs to know beyond the summary. */
  readonly description?: string
  readonly positionals: readonly Positional[]
  readonly flags: Flags
  /** Whole command lines, each with what it does. */
  readonly examples: readonly (readonly [line: string, what: string])[]
  /** Words after the first positional belong to another program: no flag is looked for in them. */
  readonly passesOn?: true
  /** Exit code of runts' own failure; 1 unless told. */
  readonly failureCode?: number
  load(): Promise<CommandModule>
}

export interface CommandModule {
  /** Does the work. @returns the exit code */
  main(call: Call): number | Promise<number>
}

type Value<F extends Flag> = F["kind"] extends "boolean" ? boolean
  : F["kind"] extends "strings" ? readonly string[]
  : F["kind"] extends "numbers" ? readonly number[]
  : F["kind"] extends "number" ? number | (F extends { default: number } ? never : undefined)
  : string | (F extends { default: string } ? never : undefined)

/** The flags of a command with their values; a flag that was not given has its default, else undefined. */
export type Values<F extends Flags> = { readonly [Name in keyof F]: Value<F[Name]> }

export type CommandName = keyof typeof COMMANDS

/** A command line, understood. */
export interface Call<Name extends CommandName = CommandName> {
  readonly command: Name
  readonly globals: GlobalOptions
  readonly flags: Values<(typeof COMMANDS)[Name]["flags"]>
  /** What the command is to do, where its first positional has choices; else "". */
  readonly action: string
  /** The first positional (after the action); "" where there is none. */
  readonly id: string
  /** The positionals after it. */
  readonly rest: readonly string[]
}

/** Options before the command. */
export const GLOBAL_FLAGS = {
  root: { kind: "string", value: "DIR", help: "folder that holds the state of containers (default: /run/runts, rootless: $XDG_RUNTIME_DIR/runts)" },
  log: { kind: "string", value: "FILE", help: "file that log lines are appended to (default: errors go to stderr)" },
  "log-format": { kind: "string", value: "FORMAT", choices: ["text", "json"], default: "text", help: "format of log lines; json has a stable code and the facts of an error as fields" },
  debug: { kind: "boolean", help: "log what runts does, step by step" },
  "cgroup-manager": {
    kind: "string", value: "NAME", choices: ["cgroupfs", "systemd", "disabled"],
    help: "who makes cgroups: cgroupfs (runts itself), systemd (then cgroupsPath is slice:prefix:name) or nobody (disabled)",
  },
  "systemd-cgroup": { kind: "boolean", help: "the same as --cgroup-manager systemd" },
  rootless: {
    kind: "string", value: "WHEN", choices: ["true", "false", "auto"], default: "auto",
    help: "go on where cgroups cannot be written for lack of permission",
  },
} as const satisfies Flags

const ID = { name: "container-id", help: "name of the container", statuses: "any" } as const
const NEW_ID = { name: "container-id", help: "a name of your choice, unique below --root" } as const
const ALIVE = ["created", "running", "paused"] as const
const NO_FLAGS = {} as const satisfies Flags

const FORMAT = {
  kind: "string", short: "f", value: "FORMAT", choices: ["table", "json"], default: "table", help: "format of the output",
} as const satisfies Flag
const CONSOLE_SOCKET = {
  kind: "string", value: "SOCKET", help: "AF_UNIX socket that receives the terminal's master end",
} as const satisfies Flag
const PIDFD_SOCKET = {
  kind: "string", value: "SOCKET", help: "AF_UNIX socket that receives a pidfd of the process",
} as const satisfies Flag
const PID_FILE = { kind: "string", value: "FILE", help: "file that the process's pid is written to" } as const satisfies Flag
const PRESERVE_FDS = {
  kind: "number", value: "N", default: 0, help: "pass N more descriptors to the process, 3 and up, after those of LISTEN_FDS",
} as const satisfies Flag

const BUNDLE = { kind: "string", short: "b", value: "DIR", default: ".", help: "the bundle: a folder with config.json" } as const satisfies Flag
const TRACE = {
  kind: "string", value: "FILE", help: "record what is done and how long it takes: JSON, and a trace for ui.perfetto.dev",
} as const satisfies Flag

const CREATE_FLAGS = {
  bundle: BUNDLE,
  "console-socket": CONSOLE_SOCKET,
  "pidfd-socket": PIDFD_SOCKET,
  "pid-file": PID_FILE,
  "no-pivot": { kind: "boolean", help: "move the root instead of pivoting it, for a rootfs on a ramdisk" },
  "no-new-keyring": { kind: "boolean", help: "keep the caller's session keyring" },
  "preserve-fds": PRESERVE_FDS,
  trace: TRACE,
} as const satisfies Flags

export const COMMANDS = {
  create: {
    summary: "create a container; its process waits for `start`",
    description: "Reads config.json of the bundle and sets the container up, up to the point where its program would begin.",
    positionals: [NEW_ID],
    flags: CREATE_FLAGS,
    examples: [["runts create --bundle ./web web1", "make web1 from the bundle ./web"]],
    load: (): Promise<CommandModule> => import("./create.ts"),
  },
  start: {
    summary: "start the program of a created container",
    positionals: [{ ...ID, statuses: ["created"] }],
    flags: { trace: TRACE },
    examples: [["runts start web1", "start web1"]],
    load: (): Promise<CommandModule> => import("./start.ts"),
  },
  run: {
    summary: "create and start a container, and wait for it",
    description: "The exit code is the program's; 128 + N if signal N ended it.",
    positionals: [NEW_ID],
    flags: {
      ...CREATE_FLAGS,
      detach: { kind: "boolean", short: "d", help: "do not wait for the container" },
      keep: { kind: "boolean", help: "do not delete the container when it has ended" },
      "no-subreaper": { kind: "boolean", help: "do not adopt the orphans of the container while waiting" },
    },
    examples: [
      ["runts run web1", "run the bundle in the working folder"],
      ["runts run --bundle ./web --detach web1", "run ./web in the background"],
      ["runts run --trace t.json web1", "record each step's time"],
    ],
    load: (): Promise<CommandModule> => import("./run.ts"),
  },
  exec: {
    summary: "run another process in a container",
    description:
      "Words after the container's name are the command, flags included. Without --process, settings come from the bundle's " +
      "config.json. The exit code is the command's; 255 if it could not be run.",
    positionals: [{ ...ID, statuses: ["created", "running"] }, { name: "command", help: "the program and its arguments", optional: true, rest: true }],
    flags: {
      process: { kind: "string", short: "p", value: "FILE", help: "JSON file with the process (as `process` of config.json)" },
      env: { kind: "strings", short: "e", value: "NAME=VALUE", help: "set an environment variable; repeatable" },
      cwd: { kind: "string", value: "PATH", help: "working folder in the container" },
      tty: { kind: "boolean", short: "t", help: "give the process a terminal" },
      user: { kind: "string", short: "u", value: "UID[:GID]", help: "user and group, as numbers" },
      "additional-gids": { kind: "numbers", short: "g", value: "GID", help: "one more group; repeatable" },
      detach: { kind: "boolean", short: "d", help: "do not wait for the process" },
      "pid-file": PID_FILE,
      "console-socket": CONSOLE_SOCKET,
      "pidfd-socket": PIDFD_SOCKET,
      cap: { kind: "strings", short: "c", value: "CAP", help: "add a capability, as CAP_NET_ADMIN; repeatable" },
      "no-new-privs": { kind: "boolean", help: "the process cannot gain privileges by execve" },
      apparmor: { kind: "string", value: "PROFILE", help: "AppArmor profile of the process" },
      "process-label": { kind: "string", value: "LABEL", help: "SELinux label of the process" },
      cgroup: { kind: "strings", value: "[CONTROLLER:]PATH", help: "existing cgroup below the container's; repeatable" },
      "preserve-fds": PRESERVE_FDS,
      trace: TRACE,
      "ignore-paused": { kind: "boolean", help: "allow it in a paused container; the process runs when that is resumed" },
    },
    examples: [
      ["runts exec web1 ps -ef", "list the processes that web1 sees"],
      ["runts exec --tty web1 sh", "a shell in web1"],
    ],
    passesOn: true,
    failureCode: 255,
    load: (): Promise<CommandModule> => import("./exec.ts"),
  },
  kill: {
    summary: "send a signal to a container's first process",
    positionals: [{ ...ID, statuses: ALIVE }, { name: "signal", help: "name or number (default: TERM); 0 only asks whether it runs", optional: true }],
    flags: { all: { kind: "boolean", short: "a", hidden: true, help: "send it to every process of the container" } },
    examples: [["runts kill web1 KILL", "end web1 at once"], ["runts kill web1 RTMIN+3", "halt a systemd in web1"]],
    load: (): Promise<CommandModule> => import("./kill.ts"),
  },
  delete: {
    summary: "delete a stopped (or only created) container",
    positionals: [ID],
    flags: { force: { kind: "boolean", short: "f", help: "kill it first if it runs; no error if it does not exist" } },
    examples: [["runts delete web1", "delete web1"]],
    load: (): Promise<CommandModule> => import("./delete.ts"),
  },
  state: {
    summary: "print a container's state as JSON",
    positionals: [ID],
    flags: NO_FLAGS,
    examples: [["runts state web1", "id, pid, status, bundle ..."]],
    load: (): Promise<CommandModule> => import("./state.ts"),
  },
  list: {
    summary: "list containers",
    positionals: [],
    flags: { format: FORMAT, quiet: { kind: "boolean", short: "q", help: "only names" } },
    examples: [["runts list", "the containers of the default root"], ["runts --root /run/x list -q", "names of those below /run/x"]],
    load: (): Promise<CommandModule> => import("./list.ts"),
  },
  ps: {
    summary: "list a container's processes",
    description: "The table is that of the host's ps command, reduced to the container; words after the name go to ps (default: -ef).",
    positionals: [{ ...ID, statuses: ALIVE }, { name: "ps-option", help: "options of ps", optional: true, rest: true }],
    flags: { format: FORMAT },
    examples: [["runts ps web1", "as ps -ef"], ["runts ps --format json web1", "pids only"]],
    passesOn: true,
    load: (): Promise<CommandModule> => import("./ps.ts"),
  },
  events: {
    summary: "print figures and out-of-memory events",
    description:
      "One JSON object a line; processor time is in nanoseconds, memory in bytes. Without --stats it goes on until the container ends: type \"stats\" at every " +
      "interval, type \"oom\" whenever the memory limit kills a process.",
    positionals: [{ ...ID, statuses: ALIVE }],
    flags: {
      interval: { kind: "string", value: "DURATION", default: "5s", help: "time between two figures, as 500ms, 5s, 1m30s" },
      stats: { kind: "boolean", help: "print the figures once" },
    },
    examples: [["runts events --stats web1", "the figures of web1 now"], ["runts events --interval 1s web1", "every second, until web1 ends"]],
    load: (): Promise<CommandModule> => import("./events.ts"),
  },
  pause: {
    summary: "freeze all processes of a container",
    positionals: [{ ...ID, statuses: ["created", "running"] }],
    flags: NO_FLAGS,
    examples: [["runts pause web1", "freeze web1"]],
    load: (): Promise<CommandModule> => import("./pause.ts"),
  },
  resume: {
    summary: "let a paused container go on",
    positionals: [{ ...ID, statuses: ["paused"] }],
    flags: NO_FLAGS,
    examples: [["runts resume web1", "thaw web1"]],
    load: (): Promise<CommandModule> => import("./resume.ts"),
  },
  update: {
    summary: "change the limits of a container",
    description:
      "What is not given stays as it is. If the kernel refuses a value, those that were written before it are set back. With " +
      "--resources the other limits on the command line are ignored, as by runc.",
    positionals: [{ ...ID, statuses: ALIVE }],
    flags: {
      resources: { kind: "string", short: "r", value: "FILE", help: "JSON file with limits (as `linux.resources` of config.json); - is stdin" },
      devices: { kind: "boolean", help: "replace the device rules by those of --resources, which are ignored else" },
      memory: { kind: "string", value: "BYTES", help: "limit of memory, as 512m; -1 is none" },
      "memory-reservation": { kind: "string", value: "BYTES", help: "memory that is kept for the container when it gets scarce" },
      "memory-swap": { kind: "string", value: "BYTES", help: "limit of memory and swap together; -1 is none" },
      "cpu-share": { kind: "string", value: "N", help: "weight among others, from 2 to 262144 (1024 is usual)" },
      "cpu-quota": { kind: "string", value: "USEC", help: "processor time in each period; -1 is no limit" },
      "cpu-period": { kind: "string", value: "USEC", help: "length of a period" },
      "cpu-burst": { kind: "string", value: "USEC", help: "unused time that may be saved up beyond the quota" },
      "cpu-rt-period": { kind: "string", value: "USEC", help: "length of a period for realtime processes (cgroup v1)" },
      "cpu-rt-runtime": { kind: "string", value: "USEC", help: "their processor time in each period (cgroup v1)" },
      "cpu-idle": { kind: "string", value: "0|1", help: "1: runs only when nothing else wants to" },
      "cpuset-cpus": { kind: "string", value: "LIST", help: "processors, as 0-3,7" },
      "cpuset-mems": { kind: "string", value: "LIST", help: "memory nodes, as 0,1" },
      "blkio-weight": { kind: "string", value: "N", help: "weight of block I/O, from 10 to 1000" },
      "pids-limit": { kind: "string", value: "N", help: "number of processes and threads; -1 is no limit" },
      "l3-cache-schema": { kind: "string", value: "SCHEMA", help: "Intel RDT: share of the L3 cache, as L3:0=ff" },
      "mem-bw-schema": { kind: "string", value: "SCHEMA", help: "Intel RDT: share of memory bandwidth, as MB:0=50" },
      "kernel-memory": { kind: "string", value: "BYTES", hidden: true, help: "ignored: kernels have no such limit any more" },
      "kernel-memory-tcp": { kind: "string", value: "BYTES", hidden: true, help: "ignored: kernels have no such limit any more" },
    },
    examples: [
      ["runts update --memory 512m --memory-swap 1g web1", "change two limits of web1"],
      ["runts update --resources limits.json web1", "change those that limits.json has"],
    ],
    load: (): Promise<CommandModule> => import("./update.ts"),
  },
  mounts: {
    summary: "add mounts to a container that is there, or remove them",
    description:
      "FILE is a JSON array of mounts as config.json has them, or an object with such `mounts`; - is standard input. All are added or " +
      "none. Of mounts to remove only `destination` counts; symbolic links in it are not followed.",
    positionals: [
      { name: "action", help: "what to do", choices: ["add", "remove"] },
      ID,
      { name: "file", help: "JSON file with the mounts" },
    ],
    flags: NO_FLAGS,
    examples: [["runts mounts add web1 disk.json", "mount what disk.json names"], ["runts mounts remove web1 disk.json", "unmount it"]],
    load: (): Promise<CommandModule> => import("./mounts.ts"),
  },
  check: {
    summary: "tell what is wrong with a bundle before it is run",
    description:
      "Looks at config.json, at the files it names and at this host, and changes nothing. Findings are errors (create or start would " +
      "fail), warnings (something else would happen than is asked for) and notices.",
    positionals: [],
    flags: {
      bundle: { kind: "string", short: "b", value: "DIR", default: ".", help: "the bundle: a folder with config.json" },
      format: { kind: "string", short: "f", value: "FORMAT", choices: ["text", "json"], default: "text", help: "format of the output" },
      "config-only": { kind: "boolean", help: "look at config.json alone, for a container of another host or user" },
      strict: { kind: "boolean", help: "exit with 1 for warnings, too" },
    },
    examples: [
      ["runts check --bundle ./web", "what is wrong with ./web, here and for this user"],
      ["runts check --strict --format json", "for scripts: the bundle in the working folder, as JSON"],
    ],
    failureCode: 2,
    load: (): Promise<CommandModule> => import("./check.ts"),
  },
  spec: {
    summary: "write a config.json to start from",
    description: "It runs `sh` in a folder named rootfs beside it; edit it as you need.",
    positionals: [],
    flags: {
      bundle: { kind: "string", short: "b", value: "DIR", default: ".", help: "folder to write config.json to" },
      rootless: { kind: "boolean", help: "for a container that needs no root user on the host" },
    },
    examples: [["runts spec", "write ./config.json"]],
    load: (): Promise<CommandModule> => import("./spec.ts"),
  },
  explain: {
    summary: "show what making a container would do, or what it did",
    description:
      "Every operation in its order: what it is for, the system call with its arguments, and what in config.json asked for it. Nothing " +
      "is made or changed, and root is not needed. Given the name of a container, or of one that could not be made, it tells what became of " +
      "each operation, where it stopped, and, with a container made with --trace, how long each took. `explain exec` does the same for one " +
      "more process in a container.",
    positionals: [
      { name: "container-id", help: "a container, the name that one would have, or `exec`", optional: true, statuses: "any" },
      { name: "command", help: "of exec: the container's name and the command; with --bundle the command alone", optional: true, rest: true },
    ],
    flags: {
      bundle: { kind: "string", short: "b", value: "DIR", help: "what would be done with this bundle; else the container's, or the working folder" },
      process: { kind: "string", short: "p", value: "FILE", help: "of exec: JSON file with the process" },
      format: {
        kind: "string", short: "f", value: "FORMAT", choices: ["text", "json", "html", "strace"], default: "text", help: "format of the output",
      },
      all: { kind: "boolean", short: "a", help: "text: also housekeeping, and what runs only if something fails" },
    },
    examples: [
      ["runts explain --bundle ./web", "what create and start would do with ./web"],
      ["runts explain web1", "what happened to web1, and where it stopped"],
      ["runts explain --format html > web.html", "a page to look at in a browser"],
      ["runts explain exec web1 -- ls -l", "what exec would do in the running web1"],
    ],
    load: (): Promise<CommandModule> => import("./explain.ts"),
  },
  features: {
    summary: "print what this runtime supports as JSON",
    positionals: [],
    flags: NO_FLAGS,
    examples: [["runts features", "what engines read before they use it"]],
    load: (): Promise<CommandModule> => import("./features.ts"),
  },
  completion: {
    summary: "print what a shell needs to complete command lines",
    description: "With WORDs, those of a line from the program's name to the word being written, it prints what may stand there; the script calls it so.",
    positionals: [
      { name: "shell", help: "the shell that is to complete", choices: ["bash", "zsh", "fish"] },
      { name: "word", help: "words of a line", optional: true, rest: true },
    ],
    flags: NO_FLAGS,
    examples: [["runts completion bash", "a script for bash: source it, or save it as /etc/bash_completion.d/runts"]],
    passesOn: true,
    load: (): Promise<CommandModule> => import("./completion.ts"),
  },
  doctor: {
    summary: "tell what this machine has for containers, and what it lacks",
    description: "It asks the kernel itself, not its version. Nothing is changed.",
    positionals: [],
    flags: {
      format: { kind: "string", short: "f", value: "FORMAT", choices: ["text", "json"], default: "text", help: "format of the output" },
      all: { kind: "boolean", short: "a", help: "tell at length of what is there too, and of what most containers do well without" },
    },
    examples: [["runts doctor", "can root make containers here?"], ["runts doctor --format json", "the same for programs"]],
    load: (): Promise<CommandModule> => import("./doctor.ts"),
  },
  help: {
    aliases: ["h"],
    summary: "show help of runts or of one command",
    positionals: [{ name: "command", help: "a command of runts", optional: true }],
    flags: { man: { kind: "boolean", help: "print the man page, as roff: `runts help --man run | man -l -`" } },
    examples: [["runts help run", "the same as runts run --help"], ["runts help --man run", "the man page of run, for man -l -"]],
    load: (): Promise<CommandModule> => import("./help.ts"),
  },
} as const satisfies Record<string, Command>
