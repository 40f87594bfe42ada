import { readdirSync, readFileSync } from "node:fs"
import { COMMANDS, GLOBAL_FLAGS } from "../../src/cli/table.ts"
import type { Command } from "../../src/cli/table.ts"
import type { Reference } from "./row.ts"

/** Where a test runs: `v1` and `v2` are this machine's two views of cgroups, `uml` a kernel of its own with v2, `unit` needs none. */
export type Place = "v1" | "v2" | "uml" | "unit"

export interface Test {
  readonly file: string
  readonly line: number
  /** Without what stands in square brackets at its end. */
  readonly title: string
  readonly references: readonly Reference[]
  /** What stands there and means nothing. */
  readonly unread: readonly string[]
  readonly places: readonly Place[]
  /** Names of `DIFFERENCES` (conformance/lib/ways.ts) for which it is left out with others who make containers. */
  readonly differs: readonly string[]
}

/** Calls that begin a test: `boxTest("title"`, `t.test("title"` and what test files call their own; a title may be a sum of texts. */
const LITERAL = /(?:"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`)/
const CALL = new RegExp(`\\b(?:\\w+\\.)?\\w*[tT]est\\(\\s*(${LITERAL.source}(?:\\s*\\+\\s*${LITERAL.source})*)`, "g")
const OPTIONS_CHARS_MAX = 600

/** The tests of all files below `root`/test, in the order of files and lines. */
export function readTests(root: URL): Test[] {
  const uml = umlShare(root)
  const tests: Test[] = []
  for (const file of testFiles(root, "test")) {
    const text = readFileSync(new URL(file, root), "utf8")
    for (const match of text.matchAll(CALL)) {
      const [call, title] = match as unknown as [string, string]
      const parts = title.match(new RegExp(LITERAL, "g")) ?? []
      const whole = parts.map((part) => (part.startsWith("`") ? part.slice(1, -1) : (JSON.parse(part) as string))).join("")
      const options = optionsAfter(text, match.index + call.length)
      const places = file.startsWith("test/unit/") ? ["unit"] as const : placesOf(file, options, uml)
      const line = text.slice(0, match.index).split("\n").length
      tests.push({ file, line, ...readTitle(whole, whole.includes("${") ? () => wordsOfLoop(text, match.index) : undefined), places, differs: differsOf(options) })
    }
  }
  return tests
}

function testFiles(root: URL, folder: string): string[] {
  const entries = readdirSync(new URL(`${folder}/`, root), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
  return entries.flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    return entry.isDirectory() ? testFiles(root, path) : path.endsWith(".test.ts") ? [path] : []
  })
}

/** Names of the test files that run under User Mode Linux, as the runner lists them. */
function umlShare(root: URL): string[] {
  const list = /const UML_SHARE = \[([^\]]*)\]/.exec(readFileSync(new URL("scripts/run-tests.mjs", root), "utf8"))?.[1]
  if (list === undefined) throw new Error("scripts/run-tests.mjs: no UML_SHARE")
  return [...list.matchAll(/"([^"]+)"/g)].map(([, name]) => name as string)
}

/** The text of a test's options, up to its function, with the constants of the file that it names. */
function optionsAfter(text: string, from: number): string {
  const rest = text.slice(from, from + OPTIONS_CHARS_MAX)
  const end = rest.search(/(async )?\([^()]*\) =>|function/)
  const options = end === -1 ? rest : rest.slice(0, end)
  const names = [...new Set(options.match(/\b[A-Za-z]\w*\b/g) ?? [])]
  // A constant ends where the next line begins with a letter
  const constants = names.map((name) => new RegExp(`^const ${name} = [^]*?\\n(?=[a-z/])`, "m").exec(text)?.[0] ?? "")
  return [options, ...constants].join(" ")
}

/** As conformance/lib/test.ts reads `needs` and `skipIn`. */
function placesOf(file: string, options: string, uml: readonly string[]): Place[] {
  const needs = /needs(?::| =) \[([^\]]*)\]/.exec(options)?.[1] ?? ""
  // suites of their own, each with the module on the kernel's command line
  if (/"(apparmor|selinux)"/.test(needs)) return ["uml"]
  const skipped = /skipIn: \{([^}]*)\}/.exec(options)?.[1] ?? ""
  const places: Place[] = []
  if (!/"(v2|controllers)"/.test(needs) && !skipped.includes("native")) places.push("v1")
  if (!/"(hybrid|controllers)"/.test(needs) && !skipped.includes("pure-v2")) places.push("v2")
  const name = file.slice(file.lastIndexOf("/") + 1, -".test.ts".length)
  if (uml.includes(name) && !/"(hybrid|time namespace)"/.test(needs) && !skipped.includes("uml")) places.push("uml")
  return places
}

/** Without those of a variable, as where a table's rows have their own: they stand in the document as the file's. */
function differsOf(options: string): string[] {
  return [...options.matchAll(/differs(?::| =) \[([^\]]*)\]/g)].flatMap(([, names = ""]) => [...names.matchAll(/"([^"]+)"/g)].map(([, name]) => name as string))
}

/**
 * The words of the table that the loop around a test goes through: its strings and keys. One of them stands where the title has a
 * placeholder.
 */
function wordsOfLoop(text: string, at: number): string[] {
  const loop = [...text.slice(0, at).matchAll(/^ *for \(const [^\n]*? of (?:Object\.\w+\()?(\w+|\[)/gm)].at(-1)
  if (loop === undefined) return []
  const [whole, name] = loop as unknown as [string, string]
  const start = name === "[" ? loop.index + whole.length : text.search(new RegExp(`^(export )?const ${name}\\b`, "m"))
  const table = start === -1 ? "" : name === "[" ? text.slice(start, at) : (/^[^]*?^[\]})]/m.exec(text.slice(start))?.[0] ?? "")
  const words = [...table.matchAll(/"([^"\\\n]+)"|\b(\w+):/g)].map(([, quoted, key]) => (quoted ?? key) as string)
  return [...new Set(words)].filter((word) => /\w/.test(word) && !/\s/.test(word))
}

/** Takes a title apart: `text [/pointer] [update --flag, --flag]`. @param words what placeholders may stand for */
export function readTitle(whole: string, words: () => readonly string[] = () => []): Pick<Test, "title" | "references" | "unread"> {
  const groups = /(?:\s*\[[^[\]]+\])+$/.exec(whole)?.[0] ?? ""
  const references: Reference[] = []
  const unread: string[] = []
  for (const [, content] of groups.matchAll(/\[([^[\]]+)\]/g)) {
    let command = ""
    for (const part of (content as string).split(/,\s*|\s+(?=\/)/)) {
      const read = part.includes("${")
        ? words().flatMap((word) => readReference(part.replaceAll(/\$\{\w+\}/g, word), command)).map((one) => ({ ...one, perhaps: true as const }))
        : readReference(part, command)
      if (read.length === 0) unread.push(part)
      references.push(...read)
      const [first] = part.split(" ")
      if (Object.hasOwn(COMMANDS, first as string)) command = first as string
    }
  }
  // Words in brackets that are no references are part of the sentence
  if (references.length === 0 && unread.every((part) => !/^(\/|--|annotation |clause )/.test(part))) return { title: whole, references: [], unread: [] }
  return { title: whole.slice(0, whole.length - groups.length), references, unread }
}

function readReference(part: string, command: string): Reference[] {
  if (part.startsWith("/")) {
    const [pointer, word] = part.split(/=(.*)/)
    const below = (pointer as string).endsWith("/**")
    const at = below ? (pointer as string).slice(0, -"/**".length) : (pointer as string)
    return [{ kind: "pointer", pointer: at, below, ...(word === undefined ? {} : { word }) }]
  }
  if (part.startsWith("clause ")) return [{ kind: "clause", name: part.slice("clause ".length) }]
  if (part.startsWith("annotation ")) return [{ kind: "annotation", name: part.slice("annotation ".length) }]
  const [first, ...rest] = part.split(/\s+/) as [string, ...string[]]
  if (first.startsWith("-")) return flags(command, [first, ...rest])
  if (!Object.hasOwn(COMMANDS, first)) return []
  // Words that are no flags are the command's own: [mounts add]
  const named = rest.filter((word) => word.startsWith("-"))
  return named.length === 0 ? [{ kind: "command", name: first }] : flags(first, named)
}

function flags(command: string, words: readonly string[]): Reference[] {
  const table = command === "" ? GLOBAL_FLAGS : (COMMANDS as Record<string, Command>)[command]?.flags
  return words.flatMap((word) => {
    const name = word.replace(/^--/, "")
    return table !== undefined && Object.hasOwn(table, name) ? [{ kind: "flag" as const, name: command === "" ? word : `${command} ${word}` }] : []
  })
}
