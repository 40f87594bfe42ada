/** What came of an attempt: 0 or more, or a negated errno. */
export type Outcome = number

/** What a process found out by doing it: whether namespaces can be made, and file systems mounted in them. Not all is tried everywhere. */
export interface Trial {
  /** To give up all rights before; undefined where the caller has none. */
  readonly identity?: Outcome
  readonly user?: Outcome
  readonly mount?: Outcome
  readonly pid?: Outcome
  readonly network?: Outcome
  readonly ipc?: Outcome
  readonly uts?: Outcome
  readonly cgroup?: Outcome
  readonly time?: Outcome
  readonly proc?: Outcome
  readonly sysfs?: Outcome
  readonly tmpfs?: Outcome
  readonly devpts?: Outcome
  readonly mqueue?: Outcome
  readonly overlay?: Outcome
  /** Whether execve(2) enters a time namespace that was made before. */
  readonly execveEntersTime?: boolean
}

/** What the lifecycle does for an inspection, as it takes processes of runts' own making. */
export interface Trials {
  /**
   * Starts a process that tries; what is returned waits for it and must be called.
   * - own: with the caller's rights; in a user namespace if the caller is not root
   * - ordinary: as somebody without rights, in a user namespace of that user's
   * @throws RuntsError where no process can be started
   */
  attempt(who: "own" | "ordinary"): () => Trial
  /** A user namespace with mapped ids, for idmapped mounts. @returns a descriptor @throws RuntsError where it cannot be made */
  mappedNamespace(): number
}
