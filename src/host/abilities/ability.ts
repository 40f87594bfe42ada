import type { Inspection } from "./inspection.ts"

/*
 * What a machine can have that containers profit from. A row is one ability, with the question that finds out whether it is there; the
 * rows are in the files beside this one, by group. `doctor` asks all, `check` those that a config.json needs.
 */

/** In the order in which they are told. */
export const GROUPS = ["caller", "kernel", "namespaces", "mounts", "cgroups", "security", "limits", "tools", "rootless"] as const
export type Group = (typeof GROUPS)[number]

/**
 * - present: it is there
 * - limited: a part of it is there; `found` tells which
 * - missing: it is not there
 * - unknown: this caller cannot find out; `found` tells why
 */
export type State = "present" | "limited" | "missing" | "unknown"

/** What a probe found. */
export interface Answer {
  readonly state: State
  /** What the kernel or a file said, as a clause: "ENOSYS", "2.5.4", "/etc/subuid has no line for alice"; "" if there is nothing to say. */
  readonly found: string
  /** In place of the row's, where it is another thing that is lacking. */
  readonly lack?: string
  /** In place of the row's. */
  readonly remedy?: Remedy
}

/** How to get what is missing. At least one of these is there; commands are whole lines for a root shell. */
export interface Remedy {
  /** One clause, good on every machine. */
  readonly text?: string
  readonly debian?: string
  readonly fedora?: string
  readonly alpine?: string
  /** Options of the kernel's configuration (make menuconfig), as "CONFIG_MEMCG". */
  readonly kernel?: string
}

/** Who makes containers: somebody with all rights on the machine, or an ordinary user (also root of a user namespace). */
export type Role = "root" | "rootless"

/** One row of the table; its id is the key it has there (stable: scripts go by it). */
export interface Ability {
  readonly group: Group
  /** What it is, as a noun: "limit of memory". */
  readonly title: string
  /** Roles whose containers cannot be made at all without it; for others its lack costs what `lack` says. */
  readonly essential?: readonly Role[]
  /** Roles for whom it matters; both unless told. */
  readonly roles?: readonly Role[]
  /** About one user, so that root is not asked: root would not be told of others. */
  readonly personal?: true
  /** Most containers do well without it: what is missing is told in a few words. */
  readonly minor?: true
  /** The first Linux that has it, as "5.12". For people; nobody goes by it. */
  readonly since?: string
  /** What containers cannot have, or must do without, where it is missing: a clause. */
  readonly lack: string
  readonly remedy: Remedy
  /** Where it is described: a man page or a document of the kernel's tree. */
  readonly source: string
  /** Asks the machine. Leaves nothing behind, changes nothing, throws nothing. */
  probe(host: Inspection): Answer
}

export type Abilities = Readonly<Record<string, Ability>>

export function present(found = ""): Answer {
  return { state: "present", found }
}

export function missing(found = "", other: Pick<Answer, "lack" | "remedy"> = {}): Answer {
  return { state: "missing", found, ...other }
}

export function limited(found: string, other: Pick<Answer, "lack" | "remedy"> = {}): Answer {
  return { state: "limited", found, ...other }
}

export function unknown(found: string): Answer {
  return { state: "unknown", found }
}
