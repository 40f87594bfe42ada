import fc from "fast-check"
import t from "tap"
import { RuntsError } from "../../../src/error.ts"
import { answer } from "../../../src/cli/help.ts"
import { readByYargs } from "../../../src/cli/misuse.ts"
import { parse } from "../../../src/cli/parse.ts"
import { COMMANDS, GLOBAL_FLAGS } from "../../../src/cli/table.ts"
import type { Command, Flags } from "../../../src/cli/table.ts"
import { figure } from "../../../conformance/lib/share.ts"
import { rounds } from "./configs.ts"

/*
 * Any words whatever: what parse.ts takes, yargs reads alike; what it is not sure of, the explanation says something about, and never in the words
 * of an engine's error.
 */

const commands = Object.keys(COMMANDS)
const flagNames = [GLOBAL_FLAGS as Flags, ...Object.values(COMMANDS as Record<string, Command>).map(({ flags }) => flags)]
  .flatMap((flags) => Object.entries(flags).flatMap(([long, { short }]) => (short === undefined ? [long] : [long, short])))
const value = fc.oneof(fc.constantFrom("x", "/run/x", "a=b", "=", "", "0", "1", "-1", "65534", "4294967296", "1e3", "0x1", "json", "table", "text", "systemd", "auto", "KILL", "c1"),
  fc.string({ maxLength: 4 }))
const dashes = fc.constantFrom("-", "--")
/** One of the flags, with a value that is likely to do. */
function flagOf(flags: Flags): fc.Arbitrary<string[]> {
  if (Object.keys(flags).length === 0) return fc.constant([])
  return fc.tuple(fc.constantFrom(...Object.entries(flags)), dashes, fc.boolean(), fc.boolean(), value).map(([[long, flag], dash, short, apart, text]) => {
    const name = dash + (short ? (flag.short ?? long) : long)
    if (flag.kind === "boolean") return [apart ? name : `${name}=true`]
    const given = flag.choices !== undefined ? (flag.choices[0] as string) : flag.kind.startsWith("number") ? "7" : text
    return apart ? [name, given] : [`${name}=${given}`]
  })
}
const word = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(dashes, fc.constantFrom(...flagNames)).map(([dash, name]) => dash + name) },
  { weight: 3, arbitrary: fc.tuple(dashes, fc.constantFrom(...flagNames), value).map(([dash, name, text]) => `${dash}${name}=${text}`) },
  { weight: 2, arbitrary: fc.constantFrom(...commands) },
  { weight: 3, arbitrary: value },
  { weight: 1, arbitrary: fc.constantFrom("--", "-", "---", "--=", "-h", "--help", "--version", "-v", "--no-such", "-zz", "--no-debug", "--force=maybe", "__proto__", "--__proto__", "--constructor=1") },
)
/** A line with flags that its command has, and now and then others. */
const line = fc.constantFrom(...commands).chain((command) => {
  const { flags } = (COMMANDS as Record<string, Command>)[command] as Command
  return fc.tuple(fc.array(flagOf(GLOBAL_FLAGS), { maxLength: 2 }), fc.array(fc.oneof({ weight: 4, arbitrary: flagOf(flags) }, { weight: 4, arbitrary: value.map((one) => [one]) },
    { weight: 1, arbitrary: word.map((one) => [one]) }), { maxLength: 5 })).map(([before, after]) => [...before.flat(), command, ...after.flat()])
})
const argvs = fc.oneof({ weight: 4, arbitrary: line }, fc.array(word, { maxLength: 6 }))

/** The same with keys in order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value) || typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, sorted(item)]))
}

/** An empty name is as good as none. */
function named(positionals: readonly string[]): readonly string[] {
  return positionals[0] === "" ? positionals.slice(1) : positionals
}

t.test("any words: what is carried out is what yargs reads, what is not is explained in a sentence", async (t) => {
  const met: Record<string, number> = {}
  await fc.assert(fc.asyncProperty(argvs, async (argv) => {
    const outcome = parse(argv)
    met[outcome.kind] = (met[outcome.kind] ?? 0) + 1
    if (outcome.kind === "call") {
      const { call } = outcome
      const mine = {
        globals: { ...outcome.globals }, command: call.command, flags: { ...call.flags },
        positionals: named([call.action, call.id, ...call.rest].slice(call.action === "" ? 1 : 0)),
      }
      const { globals: { version: _, ...globals }, ...theirs } = readByYargs(argv)
      const [a, b] = [JSON.stringify(sorted({ ...theirs, positionals: named(theirs.positionals), globals })), JSON.stringify(sorted(mine))]
      if (a !== b) throw new Error(`yargs: ${a}\nparse: ${b}`)
    } else if (outcome.kind === "unsure") {
      const error: unknown = await answer(argv, outcome).catch((thrown: unknown) => thrown)
      if (!(error instanceof RuntsError)) throw new Error(`answered by ${String(error)}`)
      if (!/^[^\n]{5,}$/.test(error.message) || /undefined|\[object|NaN|Cannot (read|convert)|is not a function/.test(error.message)) throw new Error(error.message)
    }
  }), rounds(1000))
  figure(t, "random command lines", rounds(1000).numRuns)
  t.ok(["call", "help", "unsure"].every((kind) => (met[kind] ?? 0) > 0), JSON.stringify(met))
})

t.setTimeout(0)
