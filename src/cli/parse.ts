import type { GlobalOptions } from "../lifecycle/requests.ts"
import { COMMANDS, GLOBAL_FLAGS } from "./table.ts"
import type { Call, Command, CommandName, Flag, Flags, Values } from "./table.ts"

/*
 * The parser of every command line that is carried out. It follows Go's flag package as runc uses it (one dash or two,
 * `--x v`, `--x=v`, the last of several wins) and never guesses: what it does not accept, help.ts explains with yargs.
 */

export type GlobalValues = Values<typeof GLOBAL_FLAGS>

/** What a command line asks for. `unsure`: it is not a valid call; `word` is where reading it ended ("" at the end). */
export type Outcome = { readonly globals: GlobalValues } & (
  | { readonly kind: "call"; readonly call: Call }
  | { readonly kind: "help"; readonly command: CommandName | undefined }
  | { readonly kind: "version" }
  | { readonly kind: "unsure"; readonly command: CommandName | undefined; readonly word: string }
)

type AnyValue = boolean | string | number | readonly string[] | readonly number[] | undefined
type AnyValues = Record<string, AnyValue>

/** What `scan` finds in one section of the command line. */
class Section {
  readonly values: AnyValues = {}
  readonly positionals: string[] = []
  /** Index after the last word read. */
  next: number
  help = false
  version = false
  /** Set when a word has no meaning. */
  unsure: string | undefined
  constructor(next: number) {
    this.next = next
  }
}

/** When flags end: at the first word that is none, after the first positional, or never (all words are read). */
type Extent = "globals" | "until-positional" | "all"

/** Reads flags and positionals of one section. */
function scan(argv: readonly string[], from: number, flags: Flags, extent: Extent): Section {
  const section = new Section(from)
  while (section.next < argv.length) {
    const word = argv[section.next] as string
    if (word.charCodeAt(0) !== 45 || word.length === 1) {
      if (extent === "globals") break
      section.positionals.push(word)
      section.next++
      if (extent === "all") continue
      takeRest(section, argv)
    } else if (word === "--") {
      section.next++
      if (extent === "globals") break
      takeRest(section, argv)
    } else {
      readFlag(section, argv, flags, extent)
      if (section.unsure !== undefined || section.help || section.version) break
    }
  }
  fillDefaults(section.values, flags)
  return section
}

/** All words left are positionals. `--` between a container's name and the command given to it ends nothing and is dropped. */
function takeRest(section: Section, argv: readonly string[]): void {
  if (argv[section.next] === "--" && section.positionals.length === 1) section.next++
  while (section.next < argv.length) section.positionals.push(argv[section.next++] as string)
}

function readFlag(section: Section, argv: readonly string[], flags: Flags, extent: Extent): void {
  const word = argv[section.next++] as string
  const start = word.charCodeAt(1) === 45 ? 2 : 1
  const equals = word.indexOf("=", start)
  const given = equals < 0 ? word.slice(start) : word.slice(start, equals)
  const name = flagName(flags, given)
  if (name === undefined) {
    if (given === "help" || given === "h") section.help = equals < 0
    else if (extent === "globals" && (given === "version" || given === "v")) section.version = equals < 0
    if (!section.help && !section.version) section.unsure = word
    return
  }
  const flag = flags[name] as Flag
  let text: string | undefined
  if (equals >= 0) text = word.slice(equals + 1)
  else if (flag.kind !== "boolean") {
    text = argv[section.next++]
    // a value that looks like a flag is more likely a forgotten value: `--x=-v` says it is meant; no flag looks like `-1`
    if (text === undefined || (text.charCodeAt(0) === 45 && text.length > 1 && !isNegative(text))) {
      section.unsure = word
      return
    }
  }
  if (!store(section.values, name, flag, text)) section.unsure = word
}

/** Whether a word is a negative number, as `--memory-swap -1` has it. */
function isNegative(word: string): boolean {
  return /^-\d+$/.test(word)
}

/** A flag's long name by its long or short name. */
function flagName(flags: Flags, given: string): string | undefined {
  if (Object.hasOwn(flags, given)) return given
  if (given.length === 1) for (const name in flags) if ((flags[name] as Flag).short === given) return name
  return undefined
}

/** @returns false if the text is no value of this flag */
function store(values: AnyValues, name: string, flag: Flag, text: string | undefined): boolean {
  switch (flag.kind) {
    case "boolean": {
      const value = text === undefined ? true : booleanOf(text)
      values[name] = value
      return value !== undefined
    }
    case "string":
      values[name] = text
      return flag.choices === undefined || flag.choices.includes(text as string)
    case "strings":
      ;((values[name] ??= []) as string[]).push(text as string)
      return true
    default: {
      const value = wholeNumber(text as string)
      if (value === undefined) return false
      if (flag.kind === "number") values[name] = value
      else ((values[name] ??= []) as number[]).push(value)
      return true
    }
  }
}

/** The spellings of Go's strconv.ParseBool. */
export function booleanOf(text: string): boolean | undefined {
  switch (text) {
    case "true": case "1": case "t": case "T": case "TRUE": case "True": return true
    case "false": case "0": case "f": case "F": case "FALSE": case "False": return false
    default: return undefined
  }
}

/** A decimal whole number from 0 to 2^32-1; undefined if the text is something else (leading zeros, signs, hexadecimal). */
export function wholeNumber(text: string): number | undefined {
  const value = Number(text)
  return value >= 0 && value <= 0xffffffff && String(value) === text && Number.isInteger(value) ? value : undefined
}

function fillDefaults(values: AnyValues, flags: Flags): void {
  for (const name in flags) {
    if (values[name] !== undefined) continue
    const flag = flags[name] as Flag
    values[name] = flag.kind === "boolean" ? false : flag.kind === "strings" || flag.kind === "numbers" ? [] : flag.default
  }
}

/** A command by its name or an alias. */
export function commandName(word: string): CommandName | undefined {
  if (Object.hasOwn(COMMANDS, word)) return word as CommandName
  for (const name in COMMANDS) if ((COMMANDS[name as CommandName] as Command).aliases?.includes(word)) return name as CommandName
  return undefined
}

/** @returns whether the number of positionals is one that the command takes */
function takes(command: Command, count: number): boolean {
  let least = 0
  for (const positional of command.positionals) if (positional.optional === undefined) least++
  return count >= least && (count <= command.positionals.length || command.positionals.at(-1)?.rest === true)
}

/** The global options as the lifecycle wants them. */
export function globalOptions(values: GlobalValues): GlobalOptions {
  return {
    root: values.root === "" ? undefined : values.root,
    cgroupManager: values["systemd-cgroup"] ? "systemd" : ((values["cgroup-manager"] ?? "cgroupfs") as GlobalOptions["cgroupManager"]),
    rootless: values.rootless as GlobalOptions["rootless"],
    debug: values.debug,
  }
}

/**
 * Reads a command line.
 * @param argv the words after the program's name
 */
export function parse(argv: readonly string[]): Outcome {
  const first = scan(argv, 0, GLOBAL_FLAGS, "globals")
  const globals = first.values as unknown as GlobalValues
  if (first.unsure !== undefined) return { kind: "unsure", globals, command: undefined, word: first.unsure }
  if (first.version) return { kind: "version", globals }
  if (first.help || first.next >= argv.length) return { kind: "help", globals, command: undefined }
  const word = argv[first.next] as string
  const name = commandName(word)
  if (name === undefined) return { kind: "unsure", globals, command: undefined, word }
  const command: Command = COMMANDS[name]
  const section = scan(argv, first.next + 1, command.flags, command.passesOn ? "until-positional" : "all")
  if (section.unsure !== undefined) return { kind: "unsure", globals, command: name, word: section.unsure }
  if (section.help) return { kind: "help", globals, command: name }
  const positionals = section.positionals
  if (!takes(command, positionals.length)) return { kind: "unsure", globals, command: name, word: "" }
  const actions = command.positionals[0]?.choices
  const action = actions === undefined ? "" : (positionals.shift() as string)
  if (actions?.includes(action) === false) return { kind: "unsure", globals, command: name, word: action }
  const id = positionals.shift() ?? ""
  const call = { command: name, globals: globalOptions(globals), flags: section.values, action, id, rest: positionals }
  return { kind: "call", globals, call: call as unknown as Call }
}
