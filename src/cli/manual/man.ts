import { date, version } from "../../version.ts"
import { COMMANDS, GLOBAL_FLAGS } from "../table.ts"
import type { Command, CommandName, Flag, Flags } from "../table.ts"
import { HELP, sentence, shownAs, VERSION } from "./help-page.ts"
import { wrap } from "./layout.ts"
import { DESCRIPTION, ENVIRONMENT, EXIT, FILES, FIRST_STEPS, GROUPS, MANUAL } from "./text.ts"
import type { Entry, Manual } from "./text.ts"

/*
 * Man pages (man(7) macros, as groff and mandoc read them) from the command table and the manual's text.
 */

/** A page's name without its section: `runts` or `runts-create`. */
export function pageName(name: CommandName | undefined): string {
  return name === undefined ? "runts" : "runts-" + name
}

/** All pages, by file name, as `runts-create.8`. */
export function manPages(): Map<string, string> {
  const names = [undefined, ...(Object.keys(COMMANDS) as CommandName[])]
  return new Map(names.map((name) => [pageName(name) + ".8", manPage(name)]))
}

/** The page of runts, or of one command. */
export function manPage(name: CommandName | undefined): string {
  const head = `.TH ${literal(pageName(name).toUpperCase())} 8 "${date}" "runts ${version}" "runts manual"`
  return [head, ...(name === undefined ? wholePage() : commandPage(name))].join("\n") + "\n"
}

function wholePage(): string[] {
  return [
    ...section("NAME", ["runts \\- run OCI containers"]),
    ...section("SYNOPSIS", [`${bold("runts")} [global options] ${italic("command")} [options] [arguments]`]),
    ...section("DESCRIPTION", paragraphs(DESCRIPTION)),
    ".SH COMMANDS",
    ...GROUPS.flatMap(([heading, names]) => [`.SS ${text(heading)}`, ...names.filter((name) => Object.hasOwn(COMMANDS, name)).flatMap((name) =>
      tagged(`${bold("runts-" + name)}(8)`, sentence(COMMANDS[name as CommandName].summary)))]),
    ...section("OPTIONS", ["Before the command:", ...options({ ...GLOBAL_FLAGS, help: HELP, version: VERSION })]),
    ...section("EXIT STATUS", entries(EXIT)),
    ...section("ENVIRONMENT", entries(ENVIRONMENT)),
    ...section("FILES", entries(FILES)),
    ...section("EXAMPLES", examples(FIRST_STEPS)),
    ...seeAlso([]),
  ]
}

function commandPage(name: CommandName): string[] {
  const command: Command = COMMANDS[name]
  const manual: Manual = MANUAL[name] ?? {}
  const aliases = command.aliases === undefined ? [] : [`Another name of it is ${command.aliases.map((alias) => "`" + alias + "`").join(", ")}.`]
  return [
    ...section("NAME", [`${literal(pageName(name))} \\- ${text(command.summary)}`]),
    ...section("SYNOPSIS", [synopsis(name, command)]),
    ...section("DESCRIPTION", paragraphs([`${sentence(command.summary)} ${command.description ?? ""}`.trim(), ...(manual.more ?? []), ...aliases])),
    ...section("ARGUMENTS", command.positionals.flatMap((positional) => tagged(italic(shownAs(positional)), sentence(positional.help)))),
    ...section("OPTIONS", [...options({ ...command.flags, help: HELP }), ".PP", `Global options, before ${bold(name)}, are in ${bold("runts")}(8).`]),
    ...section("EXIT STATUS", entries(manual.exit ?? exitOf(command))),
    ...section("ENVIRONMENT", entries(manual.environment)),
    ...section("FILES", entries(manual.files)),
    ...section("EXAMPLES", examples(command.examples)),
    ...seeAlso(["runts", ...(manual.see ?? []).map(pageName)]),
  ]
}

function exitOf(command: Command): readonly Entry[] {
  return EXIT.map(([code, means]) => [code === "1" ? String(command.failureCode ?? 1) : code, means])
}

function synopsis(name: CommandName, command: Command): string {
  const words = command.positionals.map((positional) => {
    const word = italic(shownAs(positional))
    return positional.optional ? `[${word}]` : word
  })
  const flags = Object.keys(command.flags).length > 0 ? ["[options]"] : []
  return [bold("runts"), "[global options]", bold(name), ...flags, ...words].join(" ")
}

function seeAlso(pages: readonly string[]): string[] {
  const others = pages.map((page) => `${bold(page)}(8)`)
  return section("SEE ALSO", [[...others, `${bold("namespaces")}(7)`, `${bold("cgroups")}(7)`, `${bold("capabilities")}(7)`].join(", ")])
}

function section(heading: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`.SH ${heading}`, ...lines]
}

function paragraphs(texts: readonly string[]): string[] {
  return texts.flatMap((one, at) => (at === 0 ? [text(one)] : [".PP", text(one)]))
}

/** A tag and an indented text. */
function tagged(tag: string, body: string): string[] {
  return [".TP", tag, text(body)]
}

function entries(list: readonly Entry[] | undefined): string[] {
  return (list ?? []).flatMap(([term, meaning]) => tagged(bold(term), sentence(meaning)))
}

function options(flags: Flags): string[] {
  return Object.entries(flags).filter(([, flag]) => !flag.hidden).flatMap(([long, flag]) => {
    const names = [...(flag.short === undefined ? [] : [bold("-" + flag.short)]), bold("--" + long)].join(", ")
    return tagged(names + valueOf(flag), sentence(flag.help + (flag.default === undefined ? "" : ` (default: ${flag.default})`)))
  })
}

function valueOf(flag: Flag): string {
  if (flag.choices !== undefined) return " " + flag.choices.map(bold).join("|")
  return flag.value === undefined ? "" : " " + italic(flag.value)
}

function examples(list: readonly Entry[]): string[] {
  return list.flatMap(([line, what]) => [".PP", text(sentence(what)), ".PP", ".in +4n", ".EX", literal(line), ".EE", ".in"]).slice(1)
}

function bold(word: string): string {
  return `\\fB${literal(word)}\\fR`
}

function italic(word: string): string {
  return `\\fI${literal(word)}\\fR`
}

/** Longer lines of the page's source are bad style (mandoc -T lint). */
const SOURCE_WIDTH = 78

/** A text with what stands in backquotes in bold. A sentence begins a line, as man pages are written. */
function text(plain: string): string {
  const parts = plain.split(/`([^`]+)`/)
  const whole = parts.map((part, at) => (at % 2 === 1 ? bold(part) : escaped(part).replaceAll(/(?<=^|[\s(])--?(?=\w)/g, (minus) => minus.replaceAll("-", "\\-")))).join("")
  const lines = whole.split(/(?<=[\w)][.:;?]) (?=[A-Z\\])/).flatMap((line) => wrap(line, SOURCE_WIDTH))
  return lines.map(guarded).join("\n")
}

/** What is typed as it stands: every hyphen is a minus sign. */
function literal(word: string): string {
  return guarded(escaped(word).replaceAll("-", "\\-"))
}

/** groff_char(7): characters that are no plain text. */
function escaped(plain: string): string {
  return plain.replaceAll("\\", "\\e").replaceAll("~", "\\(ti").replaceAll("^", "\\(ha")
}

/** A line that begins with a dot or an apostrophe would be a request. */
function guarded(line: string): string {
  return line.replace(/^(?=[.'])/, "\\&")
}
