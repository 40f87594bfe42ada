import { list } from "../lifecycle/state.ts"
import { completions } from "./completion/answer.ts"
import type { Answer, Candidate } from "./completion/answer.ts"
import { completionScript } from "./completion/scripts.ts"
import type { Shell } from "./completion/scripts.ts"
import { print } from "./output.ts"
import type { Call } from "./table.ts"

/** `runts completion`: a shell's script, or, as that script asks, what may come next on a line. */
export function main(call: Call<"completion">): number {
  const shell = call.action as Shell
  // the words include the program's name, so there is always one
  const [program, ...words] = [call.id, ...call.rest]
  if (program === "") print(completionScript(shell))
  else print(linesFor(shell, shell === "bash" ? joined(words) : words, call.globals.rootless))
  return 0
}

function linesFor(shell: Shell, words: readonly string[], rootless: Call["globals"]["rootless"]): string {
  const answer = completions(words.map(unquoted), (root) => {
    try {
      return list({ root, cgroupManager: "cgroupfs", rootless, debug: false })
    } catch {
      return [] // a root that is missing or not ours to read: no name to offer
    }
  })
  return lines(shell, answer, unquoted(words.at(-1) ?? "")).map((line) => line + "\n").join("")
}

/** An answer in a shell's own form: a candidate a line, or `:file`, `:folder` where the shell is to complete a path. */
export function lines(shell: Shell, { candidates, paths }: Answer, word: string): string[] {
  if (paths !== undefined) return [":" + paths]
  if (shell === "zsh") return candidates.map(zshLine)
  if (shell === "fish") return candidates.map(({ word: candidate, help }) => candidate + (help === "" ? "" : "\t" + help))
  // bash takes what it is given, so only what begins alike; of --flag=VALUE it completes VALUE alone
  const begun = /^--?[^=]+=(.*)$/s.exec(word)?.[1] ?? word
  return candidates.map(({ word: candidate }) => candidate).filter((candidate) => candidate.startsWith(begun))
}

/** `word:help`, colons in the word escaped (zshcompsys(1), _describe). */
function zshLine({ word, help }: Candidate): string {
  return word.replaceAll(/[\\:]/g, "\\$&") + (help === "" ? "" : ":" + help)
}

/** Puts together what bash takes apart: `--flag`, `=`, `value` are one word (COMP_WORDBREAKS, bash(1)). */
export function joined(words: readonly string[]): string[] {
  const whole: string[] = []
  words.forEach((word, at) => {
    const last = whole.at(-1)
    if (last !== undefined && (word === "=" || (words[at - 1] === "=" && last.endsWith("=")))) whole[whole.length - 1] = last + word
    else whole.push(word)
  })
  return whole
}

/** A word as the shell would hand it on, but for variables: quotes and backslashes gone, `~/` resolved. */
export function unquoted(word: string): string {
  const plain = word.replaceAll(/\\(.)|"([^"]*)"?|'([^']*)'?/gs, (_, escaped?: string, double?: string, single?: string) => escaped ?? double ?? single ?? "")
  return plain.startsWith("~/") && process.env.HOME !== undefined ? process.env.HOME + plain.slice(1) : plain
}
