import type { Point } from "./outcome.ts"

/*
 * What a test of ours cannot tell of another runtime. Fairness counts more than the score: what asks for more than the clause, or cannot be tried on
 * this machine, is not judged, and the report says so.
 */

/** Words in a point's reason, and why they are no judgement of a runtime other than ours. */
const NO_JUDGEMENT: readonly (readonly [RegExp, string])[] = [
  [/RLIM_MEMLOCK/, "it raises RLIMIT_MEMLOCK for its device filter, which the machine's root may not"],
  [/\bwords\b|says it otherwise|says only that/, "the test compares runts' words"],
]

/** Tests that ask a runtime for more than their clause does, by the beginning of their title; of which runtimes, and what. */
const ASKS_MORE: readonly (readonly [string, readonly string[], string])[] = [
  ["state: the fields that engines read", ["crun"], "the test compares the whole document, with what engines read besides the clause's fields"],
  ["pause, resume: states, and refusals", ["crun"], "the test wants resume of a running container refused; the clause is about states"],
  ["console socket: consoleSize of exec", ["crun"], "what fails is exec, which the specification does not have"],
  ["v2: unified names files of the cgroup", ["runc", "crun"], "what is refused in words of their own and what is taken is not told apart"],
  ["a cgroup that is in use by a process", ["crun"], "the clause lets a runtime share a cgroup; what it removes then is not told apart"],
  ["seccomp notify: ", ["crun"], "it hangs or its agent's answer is lost in the view of cgroup2; why is not known"],
  ["kill: names, numbers, any case", ["crun"], "one of many ways to write a signal's name is not taken, which the clause does not name"],
  ["v2: huge pages in use", ["runc", "crun"], "they do not read the number that the test gives as a limit, which the clause does not ask for"],
  ["v1: huge pages are in the cgroup2", ["runc"], "the test wants cgroup2's controllers used on a hybrid machine, which the clause does not"],
  ["hooks: all six", ["crun"], "held in one run and not in the next, on a busy machine"],
  ["hooks: prestart that fails", ["crun"], "exit codes and words, and what is left, are not told apart"],
  ["hooks: createRuntime that fails", ["crun"], "exit codes and words, and what is left, are not told apart"],
  ["hooks: startContainer that fails", ["crun"], "exit codes and words, and what is left, are not told apart"],
  ["create: refuses a newline", ["crun"], "which ids are valid is the runtime's to say"],
  ["create: refuses a blank", ["crun"], "which ids are valid is the runtime's to say"],
  ["ps: a missing container", ["crun"], "ps is no operation of the specification"],
  ["v1: {\"cpu\":{", ["runc"], "runc 1.1 does not know burst and idle, which came with later versions of the specification"],
  ["v1: {\"pids\":{", ["runc"], "it does not read the number that the test gives as no limit"],
  ["update: ", ["runc", "crun"], "update is no operation of the specification"],
]

/** Why a point says nothing of this runtime; undefined where it does. */
export function notJudged({ title, result, why }: Point, runtime: string): string | undefined {
  if (runtime === "runts" || result === "passed") return undefined
  const known = result === "failed" || why.startsWith(`${runtime} `)
  if (!known) return undefined
  const more = ASKS_MORE.find(([beginning, runtimes]) => result === "failed" && runtimes.includes(runtime) && title.startsWith(beginning))
  return more?.[2] ?? NO_JUDGEMENT.find(([pattern]) => pattern.test(why))?.[1]
}
