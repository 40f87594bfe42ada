import type { Test } from "tap"
import { runtimeName } from "./environment.ts"

/** True if the runtime under test is another than the one that these tests were written with. */
export const peer = runtimeName !== "runts"

/** What failed commands said, and their exit codes. Only kept of a peer. */
const complaints: string[] = []
const codes = new Set<number>()

/** 128 and the number of the last signal that there is. */
const SIGNALLED_MAX = 128 + 64

const VERBS_WITH_ID_LAST = ["create", "run"]
const VERBS_WITH_ID = ["start", "kill", "delete", "state", "ps", "pause", "resume", "update", "checkpoint", "restore", "events"]
const VALUES_BEFORE_ID = ["--bundle", "-b", "--root", "--log", "--pid-file", "--console-socket"]

/**
 * True if the arguments give a container an id that is a way out of the state root: dots and slashes, or a path with a ".." in it. A runtime that
 * takes it for a folder's name would remove that folder: crun 1.8.1 does, with `delete --force /`.
 */
export function leavesStateRoot(args: readonly string[]): boolean {
  const last = args.at(-1) ?? ""
  if (args.some((word) => VERBS_WITH_ID_LAST.includes(word))) return isWayOut(last) && !VALUES_BEFORE_ID.includes(args.at(-2) ?? "")
  const verb = args.findIndex((word) => VERBS_WITH_ID.includes(word))
  return verb >= 0 && args.slice(verb + 1).some(isWayOut)
}

function isWayOut(id: string): boolean {
  return /^[./]+$/.test(id) || id.split("/").includes("..")
}

/** Throws before a peer is called with what might remove folders of the machine. */
export function refuseHarm(args: readonly string[]): void {
  if (peer && leavesStateRoot(args)) throw new Error(`not called, since it might harm the machine: ${runtimeName} ${args.join(" ")}`)
}

/** Keeps what a failed command said, for `judgeWords`. A signal or a time limit that ended it is no refusal; crun ends with 253 or 255. */
export function complained(code: number, stderr: string): void {
  if (!peer || code <= 0 || (code >= 128 && code <= SIGNALLED_MAX)) return
  complaints.push(plain(stderr))
  codes.add(code)
}

/**
 * The words of a refusal are runts' own, and its exit code: of a peer it counts that it refuses. In the place of `t.match`, what a failed command said may
 * be anything, and in the place of `t.equal` with 1 its code anything but 0; all else is compared as ever.
 */
export function judgeWords(test: Test): Test {
  if (!peer) return test
  const match = test.match.bind(test)
  const judged = (found: unknown, pattern: unknown, ...more: unknown[]): boolean => {
    const refused = typeof found === "string" && complaints.some((one) => one === plain(found))
    return refused ? test.pass("refused, in words of its own") : (match as (...all: unknown[]) => boolean)(found, pattern, ...more)
  }
  const equal = test.equal.bind(test)
  const judgedCode = (found: unknown, wanted: unknown, ...more: unknown[]): boolean => {
    const refused = wanted === 1 && typeof found === "number" && found !== 1 && codes.has(found)
    return refused ? test.pass("refused, with an exit code of its own") : (equal as unknown as (...all: unknown[]) => boolean)(found, wanted, ...more)
  }
  return new Proxy(test, {
    get: (target, name) => {
      const member: unknown = name === "match" ? judged : name === "equal" ? judgedCode : Reflect.get(target, name, target)
      return typeof member === "function" ? (member.bind(target) as unknown) : member
    },
  })
}

function plain(text: string): string {
  return text.replaceAll('\\"', '"').trim()
}
