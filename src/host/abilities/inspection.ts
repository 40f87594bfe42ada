import { RuntsError } from "../../error.ts"
import { sys } from "../../ffi/index.ts"
import { hasCapability, parseCapabilities, CAPABILITIES } from "../../kernel/capabilities.ts"
import type { Capability } from "../../kernel/capabilities.ts"
import { ERRNO, errnoName } from "../../kernel/errno.ts"
import { HOST_ARCHITECTURE, NR, syscallNumbers } from "../../kernel/syscalls.ts"
import type { SyscallName } from "../../kernel/syscalls.ts"
import type { SysArg } from "../../ffi/index.ts"
import { ownCgroup, readLayout } from "../cgroup/layout.ts"
import type { CgroupLayout } from "../cgroup/layout.ts"
import { tryReadText, tryStat } from "../file.ts"
import { fileSystems } from "../probe.ts"
import { mounts, namespaceOf } from "../procfs.ts"
import type { MountInfo } from "../procfs.ts"
import { missing, present, unknown } from "./ability.ts"
import type { Answer, Role } from "./ability.ts"
import { ABILITIES } from "./table.ts"
import type { AbilityId } from "./table.ts"
import type { Trial, Trials } from "./trial.ts"

/** /proc/PID/ns/user of the initial user namespace: PROC_USER_INIT_INO of linux/proc_ns.h. */
const INITIAL_USER_NAMESPACE = 0xeffffffd

/** What an inspection needs of who asks. */
export interface Surroundings {
  /** The folder of containers' states. */
  readonly stateRoot: string
  /** A variable of the caller's environment. */
  environment(name: string): string | undefined
  readonly trials: Trials
}

/** One look at the machine: what was asked once is not asked again. */
export class Inspection {
  readonly surroundings: Surroundings
  private readonly answers = new Map<AbilityId, Answer>()
  private readonly kept = new Map<string, unknown>()

  constructor(surroundings: Surroundings) {
    this.surroundings = surroundings
  }

  /** What the machine says of one ability. */
  ask(id: AbilityId): Answer {
    let answer = this.answers.get(id)
    if (answer === undefined) {
      answer = this.probe(id)
      this.answers.set(id, answer)
    }
    return answer
  }

  /** A probe that trips over something nobody thought of has not found out. */
  private probe(id: AbilityId): Answer {
    try {
      return ABILITIES[id].probe(this)
    } catch (error) {
      if (error instanceof RuntsError) return unknown(error.message)
      throw error
    }
  }

  private once<T>(key: string, find: () => T): T {
    if (!this.kept.has(key)) this.kept.set(key, find())
    return this.kept.get(key) as T
  }

  /** A file's text without white space at its ends; undefined where it cannot be read. */
  text(path: string): string | undefined {
    return this.once(path, () => readable(() => tryReadText(path)?.trim()))
  }

  /** The number in a file of /proc/sys; undefined where there is none. */
  number(path: string): number | undefined {
    const text = this.text(path)
    return text === undefined || !/^-?\d+$/.test(text) ? undefined : Number(text)
  }

  /** How cgroups are mounted, as far as that can be reached (something may be mounted over it); undefined where none are. */
  layout(): CgroupLayout | undefined {
    return this.once("layout", () => {
      const layout = readable(readLayout)
      const reached = (layout?.controllers ?? []).filter(({ mount }) => readable(() => tryStat(`${mount}/cgroup.procs`)) !== undefined)
      return layout === undefined || reached.length === 0 ? undefined : { ...layout, controllers: reached }
    })
  }

  /** The caller's cgroups by hierarchy. */
  ownCgroup(): Readonly<Record<string, string>> {
    return this.once("own cgroup", () => readable(ownCgroup)) ?? {}
  }

  /** The mount table; empty where it cannot be read. */
  mounts(): readonly MountInfo[] {
    return this.once("mounts", () => readable(() => mounts())) ?? []
  }

  /** Names of file systems that can be mounted now; a module may bring more. */
  fileSystems(): ReadonlySet<string> {
    return this.once("file systems", () => new Set(readable(fileSystems) ?? []))
  }

  /** What a process of its own found out; undefined where none can be started. */
  trial(who: "own" | "ordinary"): Trial | undefined {
    const collect = this.begun(who)
    return collect === undefined ? undefined : this.once(`trial ${this.trialOf(who)}`, () => readable(collect))
  }

  /** Has the processes of both trials work side by side, for who will ask for both. */
  beginTrials(): void {
    this.begun("own")
    this.begun("ordinary")
  }

  private begun(who: "own" | "ordinary"): (() => Trial) | undefined {
    const own = this.trialOf(who)
    return this.once(`begun ${own}`, () => readable(() => this.surroundings.trials.attempt(own)))
  }

  /** An ordinary user's own is the ordinary one. */
  private trialOf(who: "own" | "ordinary"): "own" | "ordinary" {
    return this.role() === "rootless" ? "own" : who
  }

  /** Root of the machine, or not. */
  role(): Role {
    return this.once("role", () => (sys(NR.geteuid) === 0 && this.inInitialUserNamespace() ? "root" : "rootless"))
  }

  /** Whether ids here are the machine's; true where /proc cannot tell. */
  inInitialUserNamespace(): boolean {
    return (namespaceOf("self", "user")?.ino ?? INITIAL_USER_NAMESPACE) === INITIAL_USER_NAMESPACE
  }

  /** A line of /proc/self/status. */
  status(name: string): string | undefined {
    return new RegExp(`^${name}:\\s*(.*)$`, "m").exec(this.text("/proc/self/status") ?? "")?.[1]
  }

  /** Whether the caller has a capability in effect. */
  hasCapability(name: Capability): boolean {
    const words = this.status("CapEff")
    return words !== undefined && hasCapability(parseCapabilities(words), CAPABILITIES.indexOf(name))
  }

  /** Whether a system call is there, by a call that cannot succeed. */
  asks(name: SyscallName, ...args: readonly SysArg[]): Answer {
    return answerOf(name, sys(syscallNumbers(HOST_ARCHITECTURE).get(name) as number, ...args))
  }
}

/**
 * What the result of a call that cannot succeed says of the call. Where the kernel itself would find fault with the arguments, EPERM is the
 * answer of a filter, mostly that of the container that runts runs in.
 */
export function answerOf(name: SyscallName, result: number): Answer {
  if (result === -ERRNO.ENOSYS) return missing(`${name}: ENOSYS`)
  if (result !== -ERRNO.EPERM) return present()
  return missing(`${name}: EPERM`, { remedy: { text: `allow ${name} in the seccomp profile of the container that this runs in` } })
}

/** An errno's name, of a result that is negative. */
export function errorOf(result: number): string {
  return errnoName(-result)
}

/** What `read` tells; undefined where it says that it cannot. */
export function readable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof RuntsError) return undefined
    throw error
  }
}
