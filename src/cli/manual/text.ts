import type { CommandName } from "../table.ts"

/*
 * What people are told beyond the command table: help on the terminal and man pages are made of both. Loaded only for them.
 * `like this` marks what is typed or printed literally.
 */

/** A term and what it means. */
export type Entry = readonly [term: string, text: string]

export interface Manual {
  /** Paragraphs after the description. */
  readonly more?: readonly string[]
  /** Exit codes, where there is more to say than of every command. */
  readonly exit?: readonly Entry[]
  readonly files?: readonly Entry[]
  readonly environment?: readonly Entry[]
  /** Related commands. */
  readonly see?: readonly CommandName[]
}

/** The commands in the order and under the headings in which people look for them. Names that this runts does not have are passed over. */
export const GROUPS: readonly (readonly [heading: string, commands: readonly string[]])[] = [
  ["A bundle, before it runs", ["spec", "check", "explain"]],
  ["The life of a container", ["create", "start", "run", "kill", "delete"]],
  ["Inside a container", ["exec", "ps", "mounts"]],
  ["Its limits", ["update", "pause", "resume"]],
  ["Looking at containers", ["list", "state", "events"]],
  ["This machine, and help", ["doctor", "features", "completion", "help"]],
]

/** First sentences of all help. */
export const INTRODUCTION =
  "Runs OCI containers. A container is made from a bundle: a folder with a config.json, which says what the container is, and a root " +
  "filesystem."

/** The first steps, as command lines. */
export const FIRST_STEPS: readonly Entry[] = [
  ["runts doctor", "can this machine run containers?"],
  ["runts spec", "write a config.json beside the root filesystem, the folder rootfs"],
  ["runts check", "is anything wrong with it?"],
  ["runts explain | less", "what would be done, system call by system call"],
  ["runts run web1", "run the bundle in the working folder as web1"],
  ["runts exec --tty web1 sh", "a shell in it, from another terminal"],
  ["runts kill web1", "ask it to end"],
]

/** How runts works, for the man page of the whole. */
export const DESCRIPTION: readonly string[] = [
  "runts is a low-level container runtime after the OCI runtime specification, with the command line of runc. Engines (containerd, Docker, " +
    "Podman, CRI-O, BuildKit) call it; a person can do so too.",
  "It checks config.json, makes it a list of system calls, and that a tiny program, which is the container's first process until it gives " +
    "way to the user's. No other program of the host is ever inside a container.",
  "An error is one line on stderr, and with --log in that file too: what failed, the errno, the place in config.json that asked for it, and " +
    "what to try. With `--log-format json` the same are fields, with a stable code. All faults of a config.json are named at once.",
]

/** Exit codes of every command that says nothing else. */
export const EXIT: readonly Entry[] = [
  ["0", "done"],
  ["1", "it failed; the line on stderr says why, and what was begun is undone"],
]

export const FILES: readonly Entry[] = [
  ["/run/runts", "the state of root's containers, a folder each; another one with --root"],
  ["$XDG_RUNTIME_DIR/runts", "the state of other users' containers"],
  ["BUNDLE/config.json", "what a container is: see config.md of the OCI runtime specification, and `runts spec`"],
]

export const ENVIRONMENT: readonly Entry[] = [
  ["XDG_RUNTIME_DIR", "where a user other than root keeps the state of containers; empty is as if unset"],
  ["NO_COLOR", "if not empty: no colours. There are none either where output is no terminal, or TERM is dumb"],
  ["COLUMNS", "width of help, in place of the terminal's"],
  ["LISTEN_FDS, LISTEN_PID", "sockets of systemd's socket activation; they pass to the container's process (sd_listen_fds(3))"],
  ["NOTIFY_SOCKET", "where systemd waits for READY=1; the container gets a socket of its own, and runts forwards it (sd_notify(3))"],
]

const PROGRAM_EXIT: readonly Entry[] = [
  ["0", "the program ended with 0; with --detach: it was started"],
  ["N", "the program ended with N; runts' own failure is 1, with a line on stderr"],
  ["128 + N", "signal N ended the program: 137 is KILL, often for lack of memory; 143 is TERM"],
]

const CREATE_ENVIRONMENT: readonly Entry[] = ENVIRONMENT.filter(([name]) => /LISTEN|NOTIFY/.test(name))

const STATE_FILES: readonly Entry[] = [
  ["ROOT/ID/state.json", "what is known of the container ID; ROOT is --root"],
  ["ROOT/ID/config.json", "the config that it was created from: a later change of the bundle's changes nothing"],
]

export const MANUAL: Partial<Record<CommandName, Manual>> = {
  create: {
    more: [
      "When it returns, namespaces, cgroup, mounts and devices are there, the hooks prestart, createRuntime and createContainer have run, and " +
        "it is certain that the program can be executed. `runts start` lets it run.",
      "With process.terminal, --console-socket names the socket that receives the terminal's master end (one descriptor by SCM_RIGHTS). If " +
        "anything fails, all is undone.",
    ],
    files: STATE_FILES,
    environment: CREATE_ENVIRONMENT,
    see: ["start", "run", "spec", "delete"],
  },
  start: {
    more: ["The hooks startContainer and poststart run. It returns when the program runs; who wants to wait for its end uses `runts run`."],
    see: ["create", "run", "exec"],
  },
  run: {
    more: [
      "In the foreground, signals that runts gets go to the program, a terminal is passed through, and the container is deleted at its end " +
        "unless --keep is given.",
    ],
    exit: PROGRAM_EXIT,
    files: STATE_FILES,
    environment: CREATE_ENVIRONMENT,
    see: ["create", "exec", "kill", "delete"],
  },
  exec: {
    more: [
      "The process joins the container's namespaces and cgroup, with the capabilities, limits, labels and seccomp filter of config.json, " +
        "changed by the options. It goes on when runts ends (--detach), and ends with the container.",
    ],
    exit: [
      ["N", "the command ended with N"],
      ["128 + N", "signal N ended the command"],
      ["255", "the command could not be run; the line on stderr says why"],
    ],
    see: ["ps", "run", "mounts"],
  },
  kill: {
    more: [
      "SIGNAL is a name with or without SIG, in any case, or a number: KILL, SIGTERM, 9, RTMIN+3. Where the container shares a pid namespace, " +
        "KILL ends all its processes; a paused one is woken by it.",
      "A program that is process 1 and sets no handler does not hear TERM or INT (pid_namespaces(7)): KILL ends it, or run it below an init.",
    ],
    exit: [["0", "sent; with signal 0: it runs"], ["1", "not sent: `container not running`, or there is no such container"]],
    see: ["delete", "pause", "exec"],
  },
  delete: {
    more: [
      "What the container had is removed: its cgroup, its state; poststop hooks run. The bundle stays. With --force, the container is killed " +
        "first, and one that does not exist is no error.",
    ],
    see: ["kill", "list"],
  },
  state: {
    more: ["The JSON is the State of the specification: ociVersion, id, status, pid (0 when stopped), bundle, annotations. Status is creating, created, running, paused or stopped."],
    see: ["list", "ps", "events"],
  },
  list: { files: STATE_FILES, see: ["state", "ps"] },
  ps: { see: ["exec", "state"] },
  events: { see: ["update", "state"] },
  pause: { more: ["The cgroup's freezer stops them: they do not notice, and use no processor until `runts resume`."], see: ["resume", "kill"] },
  resume: { see: ["pause"] },
  update: {
    more: ["BYTES may end in k, m, g or t. LIST is as cpuset(7) has it. On cgroup v2, weights and limits are converted as the kernel wants them."],
    see: ["events", "pause"],
  },
  mounts: {
    more: ["The mounts are made in the running container, so that its processes see them at once; where propagation allows, only they do."],
    see: ["exec", "create"],
  },
  spec: {
    more: ["The config.json has a small set of capabilities, private namespaces and a read-only root. An existing file is never overwritten."],
    files: [["config.json", "what it writes, in the working folder or that of --bundle"]],
    see: ["check", "explain", "run"],
  },
  check: {
    more: [
      "Each finding has its line of config.json, the clause of the specification and what to do. In brackets stands a stable code, by which " +
        "scripts tell findings apart.",
    ],
    exit: [
      ["0", "no errors: it can run here"],
      ["1", "errors; with --strict, warnings too"],
      ["2", "the bundle has no config.json that can be read, or the command line is wrong"],
    ],
    see: ["explain", "doctor", "spec"],
  },
  explain: {
    more: [
      "Formats: `text` is grouped by what the operations are for. `html` is one page for a browser: the container as nested boxes, its mounts, " +
        "what it may not do, and every system call; save it to a file. `strace` is one line each, in order. `json` is for programs.",
    ],
    see: ["check", "run", "exec"],
  },
  doctor: {
    more: ["Beside what is missing stand what that costs and how to get it. Called as another user, it tells of that user's containers."],
    exit: [["0", "who calls can make containers here"], ["1", "something without which no container can be made is missing"]],
    see: ["check", "features"],
  },
  features: { more: ["The JSON is the Features structure of the specification: namespaces, mount options, hooks, seccomp, annotations."], see: ["spec"] },
  completion: {
    more: [
      "bash: `source <(runts completion bash)` in ~/.bashrc. zsh: `source <(runts completion zsh)` after compinit, or saved as _runts in a " +
        "folder of $fpath. fish: saved as ~/.config/fish/completions/runts.fish.",
      "Commands, options and their values, names of containers (those that the command has a use for, below the line's --root), signals and files " +
        "are completed. What a container's program takes is not.",
    ],
    files: [
      ["/etc/bash_completion.d/runts", "where bash finds it"],
      ["/usr/share/zsh/vendor-completions/_runts", "where zsh finds it"],
      ["/usr/share/fish/vendor_completions.d/runts.fish", "where fish finds it"],
    ],
    see: ["help"],
  },
  help: { see: ["completion"] },
}
