import { readFileSync } from "node:fs"
import t from "tap"
import { RuntsError } from "../../../src/error.ts"
import { planCreate } from "../../../src/plan/create.ts"
import { planExec } from "../../../src/plan/exec.ts"
import { assemble } from "../../../src/program/assemble.ts"
import { loadProcess, loadSpec } from "../../../src/spec/load.ts"
import { checkProcess, checkRules } from "../../../src/spec/rules.ts"
import { figure, roundsOf } from "../../../conformance/lib/share.ts"
import { configNames, CONFIGS, execFacts, factsFor, processNames } from "./helpers.ts"

/*
 * Real configs of engines with one to four random changes: whoever reads, checks and plans them answers with a program or with an error
 * of ours, never with one of the engine.
 */

type Json = any // eslint-disable-line

/** Changed by RUNTS_SEED, to look elsewhere. */
const SEED = Number(process.env.RUNTS_SEED ?? 20261122)
const CHANGES_MAX = 4
const ROUNDS = roundsOf(20, 1000)

/** Random numbers that are the same at each run (mulberry32). */
function generator(seed: number): (below: number) => number {
  return (below) => {
    seed = (seed + 0x6d2b79f5) | 0
    let x = Math.imul(seed ^ (seed >>> 15), seed | 1)
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61)
    return ((x ^ (x >>> 14)) >>> 0) % below
  }
}

const STRINGS = ["", "/", "..", "/../..", "a/../b", "\0", "é", "\ud800", "x".repeat(5000), "__proto__", "constructor", "=", "0", "-1", "rro", "bind", "/proc",
  "/proc/self", "/dev", "/dev/null", "size=1", "idmap", "SCMP_ACT_NOTIFY", "CAP_SYS_ADMIN", "user", "mount", "a b\n", "%d", "0-3", "/sys/fs/cgroup"]
const NUMBERS = [0, -0, -1, 1, 0.5, 7, 65535, 65536, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53, 2 ** 53 + 2, 2 ** 63, 2 ** 64, -(2 ** 63), 1e300]
const MEMBERS: readonly (readonly [key: string, value: Json])[] = [
  ["uidMappings", [{ containerID: 0, hostID: 1000, size: 10 }]], ["gidMappings", []], ["path", "/proc/1/ns/net"], ["options", ["rbind", "rro", "idmap"]],
  ["terminal", true], ["consoleSize", { height: 0, width: 65536 }], ["timeOffsets", { boottime: { secs: -1 } }], ["sysctl", { "net.x": "1" }],
  ["seccomp", { defaultAction: "SCMP_ACT_ERRNO", syscalls: [{ names: [], action: "SCMP_ACT_LOG", args: [] }] }], ["type", "u"],
  ["devices", [{ type: "p", path: "/x" }, { type: "b", path: "/dev/../x", major: 1, minor: 2 }]], ["rlimits", []], ["mounts", []], ["maskedPaths", ["/", "/proc"]],
  ["readonlyPaths", ["/sys", "/.."]], ["rootfsPropagation", "unbindable"], ["capabilities", {}], ["netDevices", { eth0: {} }], ["hooks", { poststop: [] }],
  ["memoryPolicy", { mode: "MPOL_BIND", nodes: "0-1023" }], ["personality", { domain: "LINUX32" }], ["scheduler", { policy: "SCHED_DEADLINE", runtime: 1 }],
]

/** Every object and array in a value. */
function containers(value: Json, found: Json[] = []): Json[] {
  if (typeof value !== "object" || value === null) return found
  found.push(value)
  for (const key of Object.keys(value)) containers(value[key], found)
  return found
}

/** Changes one thing somewhere. @returns what was done, for the message */
function mutate(root: Json, random: (below: number) => number): string {
  const pick = <T>(items: readonly T[]): T => items[random(items.length)] as T
  const place = pick(containers(root))
  const keys = Object.keys(place)
  const key = keys.length === 0 ? "new" : pick(keys)
  const any = (): Json => pick<() => Json>([
    () => pick(STRINGS), () => pick(NUMBERS), () => pick([true, false, null]), () => [], () => ({}), () => [pick(STRINGS)],
    () => structuredClone(pick(containers(root))),
  ])()
  const same = (): Json => (typeof place[key] === "string" ? pick(STRINGS) : typeof place[key] === "number" ? pick(NUMBERS) : any())
  const kind = random(7)
  if (kind === 0) place[key] = any()
  else if (kind === 1) place[key] = same()
  else if (kind === 2 && Array.isArray(place)) place.splice(random(place.length + 1), random(2), structuredClone(place[random(place.length)] ?? any()))
  else if (kind === 2) delete place[key]
  else if (kind === 3 && Array.isArray(place)) place.length = 0
  else if (kind === 3) place[pick(STRINGS)] = any()
  else if (kind === 4 && !Array.isArray(place)) Object.assign(place, Object.fromEntries([structuredClone(pick(MEMBERS))]))
  else if (kind === 5 && keys.length > 1) [place[key], place[pick(keys)]] = [place[pick(keys)], place[key]]
  else place[key] = same()
  return `${kind}:${key.slice(0, 40)}`
}

/** Runs `use` on mutants of each file; counts those that got through, fails on whatever is no error of ours. */
function tryMutants(t: { fail(text: string): void; comment(text: string): void }, names: readonly string[], use: (bytes: Uint8Array) => void): { taken: number; refused: number } {
  const random = generator(SEED)
  const count = { taken: 0, refused: 0 }
  for (const name of names) {
    const text = readFileSync(new URL(name, CONFIGS), "utf8")
    for (let round = 0; round < ROUNDS; round++) {
      const config = JSON.parse(text)
      const changes = Array.from({ length: 1 + random(CHANGES_MAX) }, () => mutate(config, random))
      try {
        use(new TextEncoder().encode(JSON.stringify(config)))
        count.taken++
      } catch (error) {
        if (error instanceof RuntsError && error.message !== "") count.refused++
        else t.fail(`${name}, seed ${SEED}, round ${round}, ${changes.join(" ")}: ${error instanceof Error ? error.stack : String(error)}`)
      }
    }
  }
  figure(t, "random and changed configs compiled", names.length * ROUNDS)
  return count
}

t.test("random changes of engines' configs: a program, or an error of ours", (t) => {
  const { taken, refused } = tryMutants(t, configNames, (bytes) => {
    const spec = loadSpec(bytes, "config.json")
    checkRules(spec)
    const planner = planCreate(spec, factsFor(spec))
    assemble(planner.program, { architecture: "x64", statusCell: planner.statusCell })
  })
  t.ok(taken > 200 && refused > 200, `${taken} became programs, ${refused} were refused`)
  t.end()
})

t.test("random changes of engines' process.json: a program, or an error of ours", (t) => {
  const { taken, refused } = tryMutants(t, processNames, (bytes) => {
    const process = loadProcess(bytes, "process.json")
    checkProcess(process, "process.json")
    const planner = planExec(process, execFacts())
    assemble(planner.program, { architecture: "arm64", statusCell: planner.statusCell })
  })
  t.ok(taken > 50 && refused > 50, `${taken} became programs, ${refused} were refused`)
  t.end()
})

t.setTimeout(0)
