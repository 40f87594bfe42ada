import { CAPABILITIES } from "../../kernel/capabilities.ts"
import { SIGNALS } from "../../kernel/signals.ts"
import type { ContainerStatus } from "../../lifecycle/requests.ts"
import { HELP, VERSION } from "../manual/help-page.ts"
import { commandName } from "../parse.ts"
import { COMMANDS, GLOBAL_FLAGS } from "../table.ts"
import type { Command, CommandName, Flag, Flags, Positional } from "../table.ts"

/*
 * What may come next on a command line that is being written: read from the command table, as parse.ts reads a whole one.
 */

/** A word that may come next, and what it is, in a few words. */
export interface Candidate {
  readonly word: string
  readonly help: string
}

/** What may come next: words, or a path, which the shell completes itself. */
export interface Answer {
  readonly candidates: readonly Candidate[]
  readonly paths?: "file" | "folder"
}

/** A container as completion knows it. */
export interface Known {
  readonly id: string
  readonly status: ContainerStatus
}

/** Looks up the containers below a root (undefined: the default one). */
export type Containers = (root: string | undefined) => readonly Known[]

const NOTHING: Answer = { candidates: [] }

/** One section of the line: the flags before the command, or the command's own flags and positionals. */
interface Section {
  readonly positionals: readonly string[]
  /** Long names of the flags on the line, each with its last value. */
  readonly given: ReadonlyMap<string, string>
  /** The flag whose value comes next. */
  readonly waiting: Flag | undefined
  /** No flag comes any more: `--` was there, or the words belong to another program. */
  readonly ended: boolean
  /** How many words were read. */
  readonly length: number
}

/**
 * @param words the line's words after the program's name; the last is the one being written, perhaps ""
 */
export function completions(words: readonly string[], containers: Containers): Answer {
  const before = words.slice(0, -1)
  const word = words.at(-1) ?? ""
  const globals = read(before, { ...GLOBAL_FLAGS, version: VERSION, help: HELP }, "before a command")
  const name = before[globals.length]
  if (name === undefined) {
    const flags = { ...GLOBAL_FLAGS, help: HELP, version: VERSION }
    return ofFlag(word, flags, globals, commandWords)
  }
  const known = commandName(name)
  if (known === undefined) return NOTHING
  const command: Command = COMMANDS[known]
  const section = read(before.slice(globals.length + 1), { ...command.flags, help: HELP }, command.passesOn ? "up to a positional" : "everywhere")
  const root = globals.given.get("root") || undefined
  return ofFlag(word, { ...command.flags, help: HELP }, section, () => ofPositional(known, section.positionals, () => containers(root)))
}

/** Reads a section as parse.ts does, but what has no meaning is passed over. */
function read(words: readonly string[], flags: Flags, extent: "before a command" | "up to a positional" | "everywhere"): Section {
  const positionals: string[] = []
  const given = new Map<string, string>()
  let waiting: Flag | undefined
  let ended = false
  let at = 0
  for (; at < words.length; at++) {
    const word = words[at] as string
    if (waiting !== undefined) {
      given.set(nameOf(flags, waiting), word)
      waiting = undefined
    } else if (ended || !word.startsWith("-") || word === "-") {
      if (extent === "before a command") break
      positionals.push(word)
      ended ||= extent === "up to a positional"
    } else if (word === "--") ended = true
    else {
      const [dashed, value] = word.split(/=(.*)/s) as [string, string?]
      const flag = flagOf(flags, dashed.replace(/^--?/, ""))
      if (flag === undefined) continue
      given.set(nameOf(flags, flag), value ?? "")
      if (value === undefined && flag.kind !== "boolean") waiting = flag
    }
  }
  return { positionals, given, waiting, ended, length: at }
}

function flagOf(flags: Flags, name: string): Flag | undefined {
  return Object.hasOwn(flags, name) ? flags[name] : Object.values(flags).find(({ short }) => short === name)
}

function nameOf(flags: Flags, flag: Flag): string {
  return Object.keys(flags).find((name) => flags[name] === flag) as string
}

/** The word being written, where it is a flag or the value of one; else what `otherwise` says. */
function ofFlag(word: string, flags: Flags, { waiting, ended, given }: Section, otherwise: () => Answer): Answer {
  if (waiting !== undefined) return ofValue(waiting)
  if (ended || !word.startsWith("-")) return otherwise()
  const value = /^--?([^=]+)=/.exec(word)
  if (value !== null) {
    const flag = flagOf(flags, value[1] as string)
    return flag === undefined ? NOTHING : ofValue(flag)
  }
  const many = (flag: Flag): boolean => flag.kind === "strings" || flag.kind === "numbers"
  const left = Object.entries(flags).filter(([name, flag]) => !flag.hidden && (many(flag) || !given.has(name)))
  return { candidates: left.map(([name, { help }]) => ({ word: "--" + name, help })) }
}

/** A flag's value, by what stands for it in help. */
function ofValue(flag: Flag): Answer {
  if (flag.kind === "boolean") return { candidates: ["true", "false"].map((word) => ({ word, help: "" })) }
  if (flag.choices !== undefined) return { candidates: flag.choices.map((word) => ({ word, help: "" })) }
  if (flag.value === "FILE" || flag.value === "SOCKET") return { candidates: [], paths: "file" }
  if (flag.value === "DIR") return { candidates: [], paths: "folder" }
  if (flag.value === "CAP") return { candidates: CAPABILITIES.map((word) => ({ word, help: "" })) }
  return NOTHING
}

function ofPositional(command: CommandName, before: readonly string[], containers: () => readonly Known[]): Answer {
  const { positionals }: Command = COMMANDS[command]
  const positional: Positional | undefined = positionals[before.length]
  if (positional === undefined || (positional.rest && COMMANDS[command as "exec"].passesOn)) return NOTHING
  if (positional.choices !== undefined) return { candidates: positional.choices.map((word) => ({ word, help: "" })) }
  const { statuses } = positional
  if (statuses !== undefined) {
    const fitting = containers().filter(({ status }) => statuses === "any" || statuses.includes(status))
    return { candidates: fitting.map(({ id, status }) => ({ word: id, help: status })) }
  }
  if (positional.name === "file") return { candidates: [], paths: "file" }
  if (positional.name === "signal") return { candidates: Object.entries(SIGNALS).map(([word, n]) => ({ word, help: `signal ${n}` })) }
  if (positional.name === "command") return commandWords()
  return NOTHING
}

function commandWords(): Answer {
  return { candidates: Object.entries(COMMANDS).map(([word, { summary }]) => ({ word, help: summary })) }
}
