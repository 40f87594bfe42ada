import yargs from "yargs"
import type { Argv, Options } from "yargs"
import { RuntsError } from "../error.ts"
import { print } from "./output.ts"
import { commandName, wholeNumber } from "./parse.ts"
import type { Outcome } from "./parse.ts"
import { COMMANDS, GLOBAL_FLAGS } from "./table.ts"
import type { Call, Command, CommandName, Flag, Flags, Positional } from "./table.ts"

/*
 * What people see of the command line, by yargs from the command table: help, and what is wrong with a line that parse.ts
 * refused. Loaded only then, for yargs takes longer to load than a container to start.
 */

/** yargs reads as parse.ts does: Go's rules. */
const PARSER = {
  "boolean-negation": false, "camel-case-expansion": false, "dot-notation": false,
  "greedy-arrays": false, "parse-numbers": false, "parse-positional-numbers": false, "short-option-groups": false,
  "strip-aliased": true,
} as const

/** yargs' sentences in ours. Podman's probes look for `flag needs an argument`. */
const SENTENCES = {
  "Not enough arguments following: %s": "flag needs an argument: --%s",
  "Unknown argument: %s": { one: "unknown option: %s", other: "unknown options: %s" },
  "Invalid values:": "invalid value:",
  "Argument: %s, Given: %s, Choices: %s": "--%s is %s, must be one of %s",
}

/** What `yargs` made of a command line. */
export interface YargsReading {
  readonly globals: Record<string, unknown>
  readonly command: CommandName
  readonly flags: Record<string, unknown>
  readonly positionals: readonly string[]
}

/** Answers what is no plain call: help on stdout, or an error that says what is wrong. @returns the exit code */
export async function answer(argv: readonly string[], outcome: Outcome): Promise<number> {
  if (outcome.kind !== "unsure") {
    print(await helpText(outcome.kind === "help" ? outcome.command : undefined))
    return 0
  }
  const { command, word } = outcome
  const whole = command === undefined ? "runts --help" : `runts ${command} --help`
  throw new RuntsError(problem(argv, word), { code: "usage", hint: `see ${whole}` })
}

/** `runts help [command]` */
export async function main(call: Call<"help">): Promise<number> {
  const name = call.id === "" ? undefined : commandName(call.id)
  if (call.id !== "" && name === undefined) {
    throw new RuntsError(unknownCommand(call.id), { code: "usage", hint: "see runts --help" })
  }
  print(await helpText(name))
  return 0
}

/** What is wrong with a command line that parse.ts refused at `word`. */
function problem(argv: readonly string[], word: string): string {
  try {
    readByYargs(argv)
  } catch (error) {
    // yargs itself trips over names that every object has, as --constructor=1
    if (!(error instanceof TypeError)) return (error as Error).message.replace(/\s*\n\s*/g, " ")
  }
  return word === "" ? "the command line ends too early" : `cannot make sense of ${JSON.stringify(word)}`
}

/** Reads a command line with yargs. @throws Error with one sentence (perhaps of several lines) if it is not valid */
export function readByYargs(argv: readonly string[]): YargsReading {
  const { flags: globals, positionals: words } = section("runts", argv, { ...GLOBAL_FLAGS, version: VERSION }, true)
  const [word, ...rest] = words
  if (word === undefined) throw new Error("no command given")
  const name = commandName(word)
  if (name === undefined) throw new Error(unknownCommand(word))
  const command: Command = COMMANDS[name]
  const { flags, positionals } = section(name, rest, command.flags, command.passesOn === true)
  checkCount(name, command.positionals, positionals.length)
  checkAction(name, command.positionals[0]?.choices, positionals[0] ?? "")
  return { globals, command: name, flags, positionals }
}

const VERSION = { kind: "boolean", short: "v", help: "print the version" } as const satisfies Flag
const HELP = { kind: "boolean", short: "h", help: "show this help" } as const satisfies Flag

/** Reads the flags and positionals of one section with a yargs of its own. */
function section(name: string, argv: readonly string[], flags: Flags, halt: boolean) {
  let failure: Error | undefined
  const all: Flags = { ...flags, help: HELP }
  const parser = blank(argv)
    .parserConfiguration({ ...PARSER, "halt-at-non-option": halt })
    .strictOptions()
    .fail((message, error) => {
      failure ??= error ?? new Error(message)
    })
  for (const long in all) parser.option(long, parserOption(long, all[long] as Flag))
  const parsed = parser.parseSync() as Record<string, unknown> & { _: (string | number)[] }
  if (failure !== undefined) throw withSuggestion(failure, name, argv, Object.keys(all))
  const values: Record<string, unknown> = {}
  for (const long in flags) {
    const flag = flags[long] as Flag
    const many = flag.kind === "strings" || flag.kind === "numbers"
    const value = parsed[long] ?? (flag.kind === "boolean" ? false : many ? [] : flag.default)
    // yargs collects; of several the last counts
    values[long] = Array.isArray(value) && !many ? value.at(-1) : value
  }
  const positionals = parsed._.map(String)
  // what parse.ts drops: `--` before the command's words
  if (halt && positionals[0] === "--") positionals.shift()
  else if (halt && name !== "runts" && positionals[1] === "--") positionals.splice(1, 1)
  return { flags: values, positionals }
}

function blank(argv: readonly string[]): Argv {
  // the folder is for finding package.json files, which we have no use for (and the working folder may be gone)
  return yargs([...argv], "/").scriptName("runts").help(false).version(false).exitProcess(false).detectLocale(false)
    .showHelpOnFail(false).updateStrings(SENTENCES as unknown as Record<string, string>)
}

function parserOption(long: string, flag: Flag): Options {
  const option: Options = {}
  if (flag.short !== undefined) option.alias = flag.short
  if (flag.kind === "boolean") return { ...option, type: "boolean" }
  Object.assign(option, { type: "string", nargs: 1, array: flag.kind === "strings" || flag.kind === "numbers" })
  if (flag.choices !== undefined) option.choices = flag.choices
  if (flag.kind === "number" || flag.kind === "numbers") {
    option.coerce = (given: string | string[]) => [given].flat().map((text) => numberOf(long, text))
  }
  return option
}

function numberOf(long: string, text: string): number {
  const value = wholeNumber(text)
  if (value === undefined) throw new Error(`invalid value ${JSON.stringify(text)} for --${long}: not a whole number from 0`)
  return value
}

function checkCount(name: CommandName, positionals: readonly Positional[], count: number): void {
  const required = positionals.filter((positional) => positional.optional === undefined)
  const missing = required[count]
  if (missing !== undefined) throw new Error(`"${name}" requires an argument: <${missing.name}>`)
  if (count > positionals.length && positionals.at(-1)?.rest === undefined) {
    const most = positionals.length === 0 ? "no argument" : positionals.length === 1 ? "one argument" : `${positionals.length} arguments`
    throw new Error(`"${name}" takes ${most}, ${count} given`)
  }
}

function checkAction(name: CommandName, actions: readonly string[] | undefined, word: string): void {
  if (actions === undefined || actions.includes(word)) return
  throw new Error(`"${name}" takes ${actions.map((action) => JSON.stringify(action)).join(" or ")} as its first argument, not ${JSON.stringify(word)}`)
}

function unknownCommand(word: string): string {
  const near = nearest(word, Object.keys(COMMANDS))
  return `unknown command ${JSON.stringify(word)}` + (near === undefined ? "" : `, did you mean ${JSON.stringify(near)}?`)
}

/** Adds the nearest option to yargs' error on an unknown one, or says that it goes before the command. */
function withSuggestion(failure: Error, name: string, argv: readonly string[], names: readonly string[]): Error {
  const unknown = /^unknown options?: ([^,]+)/.exec(failure.message)?.[1]?.trim()
  if (unknown === undefined) return failure
  if (name !== "runts" && Object.hasOwn(GLOBAL_FLAGS, unknown)) {
    return new Error(`--${unknown} is a global option: put it before "${name}"`)
  }
  const dashed = argv.find((word) => word.startsWith("-") && word.replace(/^--?|=.*$/gs, "") === unknown) ?? "--" + unknown
  const near = nearest(unknown, names)
  return new Error(`unknown option ${dashed}` + (near === undefined ? "" : `, did you mean --${near}?`))
}

/** The name that a word most likely stands for: at most a third of its letters differ. */
function nearest(word: string, names: readonly string[]): string | undefined {
  let best: string | undefined
  let least = Math.floor(word.length / 3) + 1
  for (const name of names) {
    const d = distance(word, name)
    if (d < least) {
      least = d
      best = name
    }
  }
  return best
}

/** Levenshtein's distance: letters to insert, delete or replace. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replace = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min((row[j] as number) + 1, (next[j - 1] as number) + 1, replace))
    }
    row = next
  }
  return row[b.length] as number
}

const WIDTH_MAX = 110

/** The help of runts, or of one command. */
export async function helpText(name: CommandName | undefined): Promise<string> {
  const parser = blank([]).wrap(Math.min(WIDTH_MAX, Number(process.env["COLUMNS"]) || WIDTH_MAX))
  const text = await (name === undefined ? describeAll(parser) : describeCommand(parser, name)).getHelp()
  return text.trimEnd() + "\n"
}

function describeAll(parser: Argv): Argv {
  parser.usage(
    "Usage: runts [global options] <command> [options] [arguments]\n\n" +
      "Runs OCI containers. A container is made from a bundle: a folder with a config.json and a root filesystem.",
  )
  for (const name in COMMANDS) {
    const command: Command = COMMANDS[name as CommandName]
    parser.command(name + argumentsText(command.positionals), command.summary, () => {}, () => {})
  }
  for (const long in GLOBAL_FLAGS) describeFlag(parser, long, GLOBAL_FLAGS[long as keyof typeof GLOBAL_FLAGS])
  describeFlag(parser, "help", HELP)
  describeFlag(parser, "version", VERSION)
  parser.example("runts spec", "write a config.json to start from")
  parser.example("runts run web1", "run the bundle in the working folder as web1")
  parser.example("runts exec --tty web1 sh", "a shell in it")
  return parser.epilogue("`runts <command> --help` tells more of a command.")
}

function describeCommand(parser: Argv, name: CommandName): Argv {
  const command: Command = COMMANDS[name]
  const head = `Usage: runts ${name}${Object.keys(command.flags).length > 0 ? " [options]" : ""}${argumentsText(command.positionals)}`
  parser.usage([head, `${sentence(command.summary)} ${command.description ?? ""}`.trim()].join("\n\n"))
  for (const positional of command.positionals) {
    const shown = positional.rest ? positional.name + "..." : (positional.choices?.join("|") ?? positional.name)
    parser.positional(shown, { describe: positional.help })
  }
  for (const long in command.flags) describeFlag(parser, long, command.flags[long] as Flag)
  describeFlag(parser, "help", HELP)
  for (const [line, what] of command.examples) parser.example(line, what)
  return parser
}

function sentence(clause: string): string {
  return clause.charAt(0).toUpperCase() + clause.slice(1) + "."
}

function argumentsText(positionals: readonly Positional[]): string {
  return positionals.map(({ name, optional, rest, choices }) => {
    const shown = rest ? name + "..." : (choices?.join("|") ?? name)
    return optional ? ` [${shown}]` : ` <${shown}>`
  }).join("")
}

/** Shows an option; its value's name is made part of its own, for yargs prints types instead. */
function describeFlag(parser: Argv, long: string, flag: Flag): void {
  const option: Options = { describe: flag.help }
  if (flag.short !== undefined) option.alias = flag.short
  if (flag.hidden) option.hidden = true
  if (flag.default !== undefined) option.defaultDescription = String(flag.default)
  const value = flag.choices?.join("|") ?? flag.value
  parser.option(value === undefined ? long : `${long} ${value}`, option)
}
