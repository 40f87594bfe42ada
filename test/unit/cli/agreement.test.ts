import t from "tap"
import { readByYargs } from "../../../src/cli/misuse.ts"
import { parse } from "../../../src/cli/parse.ts"
import { COMMANDS, GLOBAL_FLAGS } from "../../../src/cli/table.ts"
import type { Command, CommandName, Flag, Flags } from "../../../src/cli/table.ts"

/** Random numbers that are the same at each run (mulberry32). */
function generator(seed: number): (below: number) => number {
  return (below) => {
    seed = (seed + 0x6d2b79f5) | 0
    let x = Math.imul(seed ^ (seed >>> 15), seed | 1)
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61)
    return ((x ^ (x >>> 14)) >>> 0) % below
  }
}

const WORDS = ["x", "/run/x", "a=b", "A=1,2", "c-1", ".", "-", "9", "é", "a b", "__proto__", "x--y"]
/** Free positionals: yargs would take `true` after a boolean flag for its value, so it is not among them. */
const NAMES = ["c1", "web-1", "9", "-", "KILL", "a.b_c+d", "0", "1e3"]

/** Stands for a positional until the line is put together. */
const SLOT = "\0"

class Lines {
  readonly random: (below: number) => number
  constructor(seed: number) {
    this.random = generator(seed)
  }
  pick<T>(items: readonly T[]): T {
    return items[this.random(items.length)] as T
  }
  flag(long: string, flag: Flag): string[] {
    const name = flag.short !== undefined && this.random(2) === 0 ? flag.short : long
    const dashed = (this.random(2) === 0 ? "-" : "--") + name
    if (flag.kind === "boolean") return [this.pick([dashed, dashed, dashed + "=true", dashed + "=false"])]
    const value = flag.choices !== undefined ? this.pick(flag.choices)
      : flag.kind.startsWith("number") ? this.pick(["0", "1", "65534"]) : this.pick(WORDS)
    // yargs takes no lone dash as a word after a repeatable flag
    const apart = this.random(2) === 0 && !(value === "-" && flag.kind === "strings")
    return apart ? [dashed, value] : [`${dashed}=${value}`]
  }
  flags(flags: Flags): string[][] {
    const names = Object.keys(flags)
    if (names.length === 0) return []
    return Array.from({ length: this.random(5) }, () => {
      const long = this.pick(names)
      return this.flag(long, flags[long] as Flag)
    })
  }
  line(): string[] {
    const name = this.pick(Object.keys(COMMANDS).filter((command) => command !== "help") as CommandName[])
    const command: Command = COMMANDS[name]
    const flags = this.flags(command.flags)
    const required = command.positionals.filter((positional) => positional.optional === undefined).length
    const positionals = Array.from({ length: required + this.random(command.positionals.length - required + 1) }, () => [SLOT])
    let rest: string[][]
    if (command.passesOn) rest = [...flags, ...positionals, [this.pick(["ls", "--force", "-x"]), "--help", "--"].slice(0, this.random(4))]
    else rest = this.shuffle([...flags, ...positionals])
    // in the order of their places, wherever flags stand
    let place = 0
    const words = rest.flat().map((word) => (word === SLOT ? this.pick(command.positionals[place++]?.choices ?? NAMES) : word))
    return [...this.flags(GLOBAL_FLAGS).flat(), name, ...words]
  }
  shuffle<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.random(i + 1)
      ;[items[i], items[j]] = [items[j] as T, items[i] as T]
    }
    return items
  }
}

t.test("parse() and yargs read valid lines alike", async (t) => {
  const lines = new Lines(20261122)
  let compared = 0
  for (let i = 0; i < 600; i++) {
    const argv = lines.line()
    const outcome = parse(argv)
    if (outcome.kind !== "call") {
      t.fail("refused: " + JSON.stringify(argv), { outcome })
      continue
    }
    const { call } = outcome
    const mine = {
      globals: { ...outcome.globals }, command: call.command, flags: { ...call.flags },
      // "" is what was not given
      positionals: [call.action, call.id, ...call.rest].filter((word) => word !== ""),
    }
    const { globals: { version: _, ...globals }, ...theirs } = readByYargs(argv)
    if (JSON.stringify(sorted({ ...theirs, globals })) !== JSON.stringify(sorted(mine))) t.strictSame({ ...theirs, globals }, mine, JSON.stringify(argv))
    compared++
  }
  t.equal(compared, 600)
})

/** The same with keys in order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value) || typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, sorted(item)]))
}

/** A command that can stand alone. */
function needsNothing(word: string): boolean {
  const command: Command | undefined = Object.hasOwn(COMMANDS, word) ? COMMANDS[word as CommandName] : undefined
  return command?.positionals.every(({ optional }) => optional === true) === true
}

t.test("parse() and yargs refuse spoilt lines alike", async (t) => {
  const lines = new Lines(7)
  const spoilt: string[][] = []
  for (let i = 0; i < 60; i++) {
    const argv = lines.line()
    const at = argv.findIndex((word) => Object.hasOwn(COMMANDS, word))
    spoilt.push([...argv.slice(0, at + 1), "--no-such-flag", ...argv.slice(at + 1)])
    spoilt.push([...argv.slice(0, at), "--no-such-flag=1", ...argv.slice(at)])
    spoilt.push([...argv.slice(0, at), "nosuchcommand", ...argv.slice(at + 1)])
    spoilt.push([...argv.slice(0, at + 1), "--"])
  }
  spoilt.push(["list", "-f", "xml"], ["--log-format", "xml", "list"], ["create", "--preserve-fds", "x", "c"], ["exec", "-g", "-1", "c"])
  spoilt.push(["create", "c", "--pid-file"], ["--root"], ["list", "c"], ["kill", "a", "b", "c"], ["delete", "a", "--force", "b"])
  for (const argv of spoilt) {
    const mine = parse(argv).kind
    const needless = mine === "call" && needsNothing(argv.at(-2) ?? "") && argv.at(-1) === "--"
    if (!needless && mine !== "unsure") t.fail("accepted: " + JSON.stringify(argv))
    if (needless) readByYargs(argv)
    else t.throws(() => readByYargs(argv), JSON.stringify(argv))
  }
})
