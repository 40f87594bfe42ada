import yargs from "yargs"
import type { Argv, Options } from "yargs"
import { HELP, VERSION } from "./manual/help-page.ts"
import { nearestName } from "../spec/report.ts"
import { booleanOf, commandName, wholeNumber } from "./parse.ts"
import { COMMANDS, GLOBAL_FLAGS } from "./table.ts"
import type { Command, CommandName, Flag, Flags, Positional } from "./table.ts"

/*
 * What is wrong with a command line that parse.ts refused: yargs says it, from the command table. Loaded only then, for yargs
 * takes longer to load than a container to start.
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

/** What is wrong with a command line that parse.ts refused at `word`, as one sentence. */
export function misuse(argv: readonly string[], word: string): string {
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

/** Reads the flags and positionals of one section with a yargs of its own. */
function section(name: string, argv: readonly string[], flags: Flags, halt: boolean) {
  let failure: Error | undefined
  const all: Flags = { ...flags, help: HELP }
  const parser = blank(plainBooleans(argv, all, halt))
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

/** Go's words for true and false (strconv.ParseBool) as the one that yargs knows of each. */
function plainBooleans(argv: readonly string[], flags: Flags, halt: boolean): string[] {
  const words = [...argv]
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string
    if (word === "--" || (halt && !/^-./.test(word))) break
    const [, dashes = "", name = "", text] = /^(--?)([^-=][^=]*)(?:=(.*))?$/s.exec(word) ?? []
    const [long, flag] = Object.entries(flags).find(([long, { short }]) => name === long || name === short) ?? []
    if (long === undefined || flag === undefined) continue
    const value = text === undefined ? undefined : booleanOf(text)
    if (flag.kind !== "boolean") i += text === undefined ? 1 : 0
    else if (value !== undefined) words[i] = `${dashes}${name}=${value}`
  }
  return words
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

export function unknownCommand(word: string): string {
  const near = nearestName(word, Object.keys(COMMANDS))
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
  const near = nearestName(unknown, names)
  return new Error(`unknown option ${dashed}` + (near === undefined ? "" : `, did you mean --${near}?`))
}
