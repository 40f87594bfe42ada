import { createHash } from "node:crypto"
import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs"
import type { Test } from "tap"
import type { Box } from "./box.ts"
import type { Result } from "./command.ts"
import { runtimeName, runtimePath, scratch } from "./environment.ts"

/** What must be as it was, whatever a container tries: a folder of the host's, mounts, core_pattern, the runtime's binary. */
export class Canary {
  readonly folder: string
  private readonly before: string
  constructor(box: Box) {
    this.folder = `${box.folder}/canary`
    mkdirSync(`${this.folder}/below`, { recursive: true })
    for (const name of ["ptmx", "null", "console", "secret", "below/file"]) {
      writeFileSync(`${this.folder}/${name}`, `canary of the host ${name}`)
    }
    chmodSync(`${this.folder}/secret`, 0o600)
    // of an ordinary user it is his own: all that he could lose
    box.handOver()
    this.before = this.look()
  }
  look(): string {
    const seen = [readFileSync("/proc/sys/kernel/core_pattern", "utf8"), binaryHash()]
    // overlay and others change nothing here: target and type only, as other tests run beside
    for (const line of readFileSync("/proc/self/mountinfo", "utf8").split("\n")) if (line.includes(scratch)) seen.push(line)
    const walk = (path: string): void => {
      const status = lstatSync(path)
      const content = status.isFile() ? readFileSync(path, "utf8") : status.isSymbolicLink() ? readlinkSync(path) : ""
      seen.push(`${path} ${status.mode} ${status.uid} ${status.gid} ${status.rdev} ${content}`)
      if (status.isDirectory()) for (const name of readdirSync(path).sort()) walk(`${path}/${name}`)
    }
    walk(this.folder)
    return seen.join("\n")
  }
  check(t: Test, what: string): void {
    t.equal(this.look(), this.before, `${what}: the host is as it was`)
  }
}

/** Exit codes of what a signal ended. */
const SIGNALS_FROM = 129
const SIGNALS_TO = 128 + 64

let hash: string | undefined
let hashedAt = 0
/** Read again only when the file's change time moves: it is large. */
function binaryHash(): string {
  const { ctimeMs } = lstatSync(runtimePath)
  if (hash === undefined || ctimeMs !== hashedAt) hash = createHash("sha256").update(readFileSync(runtimePath)).digest("hex")
  hashedAt = ctimeMs
  return hash
}

/** A failure as one sentence on stderr; neither a crash nor a signal's end nor a time limit's. */
export function refused(t: Test, result: Result, what: string): void {
  const ordinary = result.code > 0 && !(result.code >= SIGNALS_FROM && result.code <= SIGNALS_TO)
  t.ok(ordinary, `${what}: refused (${result.code}: ${result.stderr.trim().slice(0, 200)})`)
  t.notMatch(result.stderr, /internal error|undefined|TypeError|at .*\.ts/, `${what}: in a sentence`)
}

/**
 * runts refuses such a thing in a sentence. Nothing asks that of others: of them it is enough that they neither crash nor hang.
 * @returns true if another took it; whether the attacker got anything by that is then the test's to see
 */
export function refusedOrTaken(t: Test, result: Result, what: string): boolean {
  if (result.code === 0 && runtimeName !== "runts") return true
  refused(t, result, what)
  return false
}
