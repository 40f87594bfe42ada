/** The whole, which takes hours (`scripts/test --all`), and not the share of it that the test command runs. */
export const WHOLE = process.env.RUNTS_ALL === "1"

/**
 * How many rounds a loop has: the test command's share, times RUNTS_ROUNDS, or the whole. The whole is for the machine as it is; in a view
 * of it, where paths and processes are the same and the cgroups alone are others, it is a tenth.
 */
export function roundsOf(share: number, whole: number): number {
  if (WHOLE) return process.env.RUNTS_TEST_ENV === "pure-v2" ? Math.ceil(whole / 10) : whole
  return Math.ceil(share * Number(process.env.RUNTS_ROUNDS ?? 1))
}

/** What whole runs count; the names are the words in which README tells them. */
export type FigureName =
  | "system calls made to fail" | "processes killed between two system calls" | "containers started while a neighbour exchanges paths"
  | "attempts at the runtime's file and processes from inside" | "random and changed configs compiled" | "random command lines"
  | "rounds of callers that use one container at once" | "containers at the same time" | "calls of state" | "lives of a container, one after the other"

/** A line of TAP that scripts/run-tests.mjs sums over files. */
export function figure(t: { comment(text: string): void }, name: FigureName, number: number): void {
  t.comment(`figure ${name}: ${number}`)
}
