import { RuntsError } from "../error.ts"
import type { MemoryPolicy, Personality } from "../spec/types.gen.ts"

/** Version of the layout of state.json; a runts reads only its own. */
export const STATE_SCHEMA = 1

/** One hook as config.json had it when the container was created (runtime-spec config.md, "POSIX-platform Hooks"). */
export interface StoredHook {
  readonly path: string
  readonly args?: readonly string[]
  readonly env?: readonly string[]
  /** Seconds. */
  readonly timeout?: number
}

/** A step of a program as errors tell of it. */
export interface ToldStep {
  /** The system call's. */
  readonly name: string | undefined
  readonly text: string
  readonly pointer: string
}

/** Steps of a program, from the one with index `first` on. */
export interface LastSteps {
  readonly first: number
  readonly steps: readonly ToldStep[]
}

/** What of config.json holds for processes that join, whose own file says nothing of it. */
export interface StoredSettings {
  /** linux.personality. */
  readonly personality?: Personality
  /** linux.memoryPolicy. */
  readonly memoryPolicy?: MemoryPolicy
  /** process.apparmorProfile. */
  readonly apparmorProfile?: string
  /** process.selinuxLabel. */
  readonly selinuxLabel?: string
}

/** What later commands need of a container's seccomp filter; the filter itself is a file beside. */
export interface StoredSeccomp {
  /** SECCOMP_FILTER_FLAG_ bits. */
  readonly flags: number
  /** Where the listener of SCMP_ACT_NOTIFY goes; undefined where nothing notifies. */
  readonly listener?: { readonly path: string; readonly metadata: string }
  /** Where init waits for `start`: what it does between STARTED and execve. */
  readonly last?: LastSteps
  /** The first descriptor of init that may be its listener. */
  readonly firstFd?: number
}

/** What state.json keeps of a container, so that later commands need neither the flags nor the bundle of `create`. */
export interface StoredState {
  readonly schema: typeof STATE_SCHEMA
  /** Version of the runts that made the container. */
  readonly runts: string
  readonly id: string
  /** Absolute path. */
  readonly bundle: string
  /** Absolute path. */
  readonly rootfs: string
  /** RFC 3339 with nanoseconds, UTC. */
  readonly created: string
  readonly ociVersion: string
  /** Host pid of init; 0 before there is one. */
  readonly pid: number
  /** Start time of init in clock ticks after boot, as /proc/PID/stat shows it; "" before there is one. */
  readonly startTime: string
  /** The last known one: `created` and `running` hold only while (pid, startTime) is alive. */
  readonly status: "creating" | "created" | "running" | "stopped"
  /** Uid that made the container. */
  readonly owner: number
  readonly annotations?: Readonly<Record<string, string>>
  /** Record of the cgroup manager; undefined without cgroups. */
  readonly cgroup?: object
  readonly systemdCgroup: boolean
  readonly rootless: boolean
  /** By name: poststart, poststop ... */
  readonly hooks?: Readonly<Record<string, readonly StoredHook[]>>
  /** By type of config.json: "new", or the path joined. */
  readonly namespaces: Readonly<Record<string, string>>
  readonly noPivot: boolean
  /** --no-new-keyring: processes that join keep their caller's session keyring too. */
  readonly noNewKeyring?: boolean
  /** It was made under NOTIFY_SOCKET: `start` listens to it where it has that variable, too. */
  readonly notify?: boolean
  readonly settings?: StoredSettings
  readonly seccomp?: StoredSeccomp
  /** More that lifecycle keeps. */
  readonly [more: string]: unknown
}

/** What must be there with which type before anything is done with a state. */
const REQUIRED = {
  runts: "string", id: "string", bundle: "string", rootfs: "string", created: "string", ociVersion: "string", pid: "number",
  startTime: "string", status: "string", owner: "number", systemdCgroup: "boolean", rootless: "boolean", namespaces: "object",
  noPivot: "boolean",
} as const satisfies Partial<Record<keyof StoredState, string>>

const STATUSES: readonly string[] = ["creating", "created", "running", "stopped"] satisfies StoredState["status"][]

/**
 * state.json's content.
 * @param where the file's path
 * @throws RuntsError that says what is wrong with which file and what to do
 */
export function parseState(text: string, id: string, where: string): StoredState {
  const damaged = (why: string): RuntsError => {
    return new RuntsError(`state of container ${JSON.stringify(id)} in ${where} ${why}`, {
      code: "state-damaged", ...removal(id),
    })
  }
  let found: Record<string, unknown>
  try {
    found = JSON.parse(text) as Record<string, unknown>
  } catch {
    throw damaged(text.length === 0 ? "is empty" : "is damaged: not JSON, or only a part of it")
  }
  if (found === null || typeof found !== "object" || Array.isArray(found)) throw damaged("is damaged: not a JSON object")
  if (found.schema !== STATE_SCHEMA) {
    const schema = JSON.stringify(found.schema) ?? "none"
    throw damaged(`has schema ${schema}, this runts knows ${STATE_SCHEMA}: another version made the container`)
  }
  for (const name in REQUIRED) {
    const value = found[name]
    const type = REQUIRED[name as keyof typeof REQUIRED]
    if (value === null || typeof value !== type) {
      throw damaged(`is damaged: ${name} is ${value === undefined ? "missing" : `not ${type === "object" ? "an" : "a"} ${type}`}`)
    }
  }
  if (found.id !== id) throw damaged(`is damaged: it belongs to container ${JSON.stringify(found.id)}`)
  if (!STATUSES.includes(found.status as string)) throw damaged(`is damaged: status is ${JSON.stringify(found.status)}`)
  const pid = found.pid as number
  // a pid that kill(2) would take as "everybody" or a process group must never come out of a file
  if (!Number.isInteger(pid) || pid < 0) throw damaged(`is damaged: pid is ${pid}`)
  return found as unknown as StoredState
}

/** What to do with a container whose state cannot be used. */
export function removal(id: string): { readonly hint: string } {
  return { hint: `\`runts delete --force ${id}\` removes the container` }
}
