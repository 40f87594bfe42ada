/** Who makes a container's cgroups: runts itself, systemd, or nobody. */
export type CgroupManager = "cgroupfs" | "systemd" | "disabled"

/** Global options, as given before the command; undefined where the user said nothing. */
export interface GlobalOptions {
  /** --root: the folder that holds a folder for each container. */
  readonly root: string | undefined
  readonly cgroupManager: CgroupManager
  readonly rootless: "true" | "false" | "auto"
  readonly debug: boolean
}

/** What `create` and `run` are asked for. */
export interface CreateRequest {
  readonly id: string
  /** Bundle folder as given (default: the working directory). */
  readonly bundle: string
  readonly consoleSocket: string | undefined
  readonly pidFile: string | undefined
  /** --pidfd-socket: path of a stream socket. */
  readonly pidfdSocket: string | undefined
  readonly noPivot: boolean
  readonly noNewKeyring: boolean
  /** Descriptors 3 .. 3+N-1 that pass to the container's process (after those of LISTEN_FDS). */
  readonly preserveFds: number
}

export interface RunRequest extends CreateRequest {
  readonly detach: boolean
  readonly keep: boolean
  readonly noSubreaper: boolean
}

/** What `exec` is asked for: a process file, or flags over the bundle's `process`. */
export interface ExecRequest {
  readonly id: string
  /** --process: path of a JSON file with the spec's process object. */
  readonly process: string | undefined
  /** The command after the id; empty if --process gives it. */
  readonly args: readonly string[]
  readonly cwd: string | undefined
  /** NAME=value each. */
  readonly env: readonly string[]
  readonly tty: boolean
  /** UID[:GID] */
  readonly user: string | undefined
  readonly additionalGids: readonly number[]
  readonly consoleSocket: string | undefined
  readonly pidFile: string | undefined
  /** --pidfd-socket: path of a stream socket. */
  readonly pidfdSocket: string | undefined
  readonly detach: boolean
  readonly processLabel: string | undefined
  readonly apparmor: string | undefined
  readonly noNewPrivs: boolean
  readonly capabilities: readonly string[]
  readonly preserveFds: number
  /** [controller:]path each, below the container's cgroup. */
  readonly cgroup: readonly string[]
  readonly ignorePaused: boolean
}

export type ContainerStatus = "creating" | "created" | "running" | "paused" | "stopped"

/** What `state` and `list --format json` print (runtime-spec runtime.md, "State", with runc's fields). */
export interface ContainerState {
  readonly ociVersion: string
  readonly id: string
  /** Host pid of init; 0 when stopped. */
  readonly pid: number
  readonly status: ContainerStatus
  readonly bundle: string
  readonly rootfs: string
  /** RFC 3339 with nanoseconds, UTC. */
  readonly created: string
  readonly annotations?: Readonly<Record<string, string>>
  /** User name of the state folder's owner; "" for `state`. */
  readonly owner: string
}
