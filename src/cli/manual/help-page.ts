import { version } from "../../version.ts"
import type { Style } from "../style.ts"
import { COMMANDS, GLOBAL_FLAGS } from "../table.ts"
import type { Command, CommandName, Flag, Flags, Positional } from "../table.ts"
import { columns, paragraph, wrap } from "./layout.ts"
import type { Bounds, Row } from "./layout.ts"
import { FIRST_STEPS, GROUPS, INTRODUCTION, MANUAL } from "./text.ts"
import type { Entry, Manual } from "./text.ts"

/*
 * Help as a person reads it on a terminal, from the command table and the manual's text.
 */

export const HELP = { kind: "boolean", short: "h", help: "show this help" } as const satisfies Flag
export const VERSION = { kind: "boolean", short: "v", help: "print the version" } as const satisfies Flag

/** Longer lines are hard to read, however wide the terminal is. */
const WIDTH_MAX = 110
/** Columns of options and examples: what is longer stands on a line of its own. */
const TERM_MOST = 30

/** How a page is set: its width in columns, and its colours. */
export interface Setting {
  readonly width: number
  readonly style: Style
}

/** The help of runts, or of one command. */
export function helpPage(name: CommandName | undefined, { width, style }: Setting): string {
  const page = new Page(Math.min(WIDTH_MAX, width), style)
  if (name === undefined) writeWhole(page)
  else writeCommand(page, name)
  return page.text()
}

class Page {
  readonly lines: string[] = []
  readonly width: number
  readonly style: Style
  constructor(width: number, style: Style) {
    this.width = width
    this.style = style
  }
  paragraph(text: string): void {
    this.lines.push(...paragraph(text, this.width, this.style), "")
  }
  usage(line: string): void {
    const head = "Usage: "
    const [first, ...others] = wrap(line, this.width - head.length) as [string, ...string[]]
    this.lines.push(this.style.bold(head.trimEnd()) + " " + first, ...others.map((rest) => " ".repeat(head.length) + rest), "")
  }
  section(heading: string, rows: readonly Row[], bounds: Bounds = { most: TERM_MOST }): void {
    if (rows.length === 0) return
    this.lines.push(this.style.bold(heading), ...columns(rows, this.width, bounds, this.style), "")
  }
  text(): string {
    return this.lines.join("\n").trimEnd() + "\n"
  }
}

function writeWhole(page: Page): void {
  const { style } = page
  page.paragraph(`runts ${version} ${INTRODUCTION.charAt(0).toLowerCase()}${INTRODUCTION.slice(1)}`)
  page.usage("runts [global options] <command> [options] [arguments]")
  for (const [heading, names] of GROUPS) {
    const known = names.filter((name) => Object.hasOwn(COMMANDS, name)) as CommandName[]
    page.section(heading, known.map((name) => row(name, COMMANDS[name].summary, style.cyan)), { least: widestCommand(), most: widestCommand() })
  }
  page.section("Global options (before the command)", flagRows({ ...GLOBAL_FLAGS, help: HELP, version: VERSION }, style))
  page.section("First steps", FIRST_STEPS.map(([line, what]) => row(line, what, style.green)))
  page.paragraph("`runts COMMAND --help` tells more of a command; `man runts`, or `runts help --man`, is the manual.")
}

/** All groups have the same columns. */
function widestCommand(): number {
  return Math.max(...Object.keys(COMMANDS).map((name) => name.length))
}

function writeCommand(page: Page, name: CommandName): void {
  const { style } = page
  const command: Command = COMMANDS[name]
  const manual: Manual = MANUAL[name] ?? {}
  page.usage(synopsis(name))
  page.paragraph(`${sentence(command.summary)} ${command.description ?? ""}`.trim())
  for (const text of manual.more ?? []) page.paragraph(text)
  page.section("Arguments", command.positionals.map((positional) => row(shownAs(positional), positional.help, style.cyan)))
  page.section("Options", flagRows({ ...command.flags, help: HELP }, style))
  page.section("Exit codes", entries(manual.exit, style))
  page.section("Examples", command.examples.map(([line, what]) => row(line, what, style.green)), { most: 44 })
  const see = (manual.see ?? []).map((other) => `\`${other}\``)
  page.paragraph(`${see.length > 0 ? `See also: ${see.join(", ")}. ` : ""}Global options: \`runts --help\`. Manual page: \`runts help --man ${name}\`.`)
}

function row(term: string, text: string, colour: (text: string) => string): Row {
  return { term, shown: colour(term), text }
}

function entries(list: readonly Entry[] | undefined, style: Style): Row[] {
  return (list ?? []).map(([term, text]) => row(term, text, style.cyan))
}

function flagRows(flags: Flags, style: Style): Row[] {
  const shown = Object.entries(flags).filter(([, flag]) => !flag.hidden)
  // without a single letter among them, none needs room
  const room = shown.some(([, { short }]) => short !== undefined) ? "    " : ""
  return shown.map(([long, flag]) => {
    const name = (flag.short === undefined ? room : `-${flag.short}, `) + "--" + long
    const value = valueOf(flag)
    return { term: name + value, shown: style.cyan(name) + style.dim(value), text: flag.help + defaultOf(flag) }
  })
}

function valueOf(flag: Flag): string {
  const value = flag.choices?.join("|") ?? flag.value
  return value === undefined ? "" : " " + value
}

function defaultOf(flag: Flag): string {
  return flag.default === undefined ? "" : ` (default: ${flag.default})`
}

/** A command's line, as `runts state <container-id>`. */
export function synopsis(name: CommandName): string {
  const command: Command = COMMANDS[name]
  return `runts ${name}${Object.keys(command.flags).length > 0 ? " [options]" : ""}${argumentsText(command.positionals)}`
}

function argumentsText(positionals: readonly Positional[]): string {
  return positionals.map((positional) => (positional.optional ? ` [${shownAs(positional)}]` : ` <${shownAs(positional)}>`)).join("")
}

/** How an argument is named in help: its choices, where it has some. */
export function shownAs({ name, rest, choices }: Positional): string {
  return rest ? name + "..." : (choices?.join("|") ?? name)
}

/** A summary as a sentence. */
export function sentence(clause: string): string {
  return clause.charAt(0).toUpperCase() + clause.slice(1) + "."
}
