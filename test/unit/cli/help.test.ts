import t from "tap"
import { carryOut } from "../../../src/cli/dispatch.ts"
import { helpPage } from "../../../src/cli/manual/help-page.ts"
import { GROUPS, MANUAL } from "../../../src/cli/manual/text.ts"
import { parse } from "../../../src/cli/parse.ts"
import { COMMANDS, GLOBAL_FLAGS } from "../../../src/cli/table.ts"
import type { Command, CommandName, Flag } from "../../../src/cli/table.ts"
import { style } from "../../../src/cli/style.ts"
import { capture } from "./capture.ts"

const PLAIN = style(false)
const WIDTHS = [40, 60, 80, 100, 110, 200]
/** What any page may have beyond its width: a term, a word or words in backquotes that fit in no line. */
const TOO_LONG = /^ {2}(?: {4}|-., )?\S+(?: \S+){0,7}$|`[^`]{20,}`|^ +\S+$/

function page(name: CommandName | undefined, width = 100): string {
  return helpPage(name, { width, style: PLAIN })
}

t.test("helpPage() lists every command and global flag [help]", (t) => {
  const text = page(undefined)
  for (const [name, { summary }] of Object.entries(COMMANDS)) t.match(text, new RegExp(`^  ${name} +${summary.replace(/[()]/g, "\\$&")}$`, "m"), name)
  for (const long in GLOBAL_FLAGS) t.ok(text.includes("--" + long), long)
  t.end()
})

t.test("every command stands under one heading of help, and the manual's see-also are commands", (t) => {
  const grouped = GROUPS.flatMap(([, names]) => names)
  t.same(Object.keys(COMMANDS).filter((name) => grouped.filter((other) => other === name).length !== 1), [])
  t.same(Object.keys(MANUAL).filter((name) => !Object.hasOwn(COMMANDS, name)), [])
  t.same(Object.values(MANUAL).flatMap(({ see }) => see ?? []).filter((name) => !Object.hasOwn(COMMANDS, name)), [])
  t.end()
})

t.test("helpPage() shows a command's flags, but not the hidden ones, and its examples", (t) => {
  for (const name in COMMANDS) {
    const command: Command = COMMANDS[name as CommandName]
    const text = page(name as CommandName)
    t.ok(text.startsWith(`Usage: runts ${name}`), name)
    for (const long in command.flags) {
      const flag = command.flags[long] as Flag
      t.equal(new RegExp(`^ +(-., )?--${long}( |$)`, "m").test(text), flag.hidden !== true, `${name} --${long}`)
      if (flag.short !== undefined && !flag.hidden) t.ok(text.includes(`-${flag.short}, --${long}`), `${name} -${flag.short}`)
    }
    for (const [line] of command.examples) t.ok(text.includes(line), line)
  }
  t.end()
})

t.test("helpPage() keeps within the terminal's width, and within 110 columns", (t) => {
  for (const name of [undefined, ...(Object.keys(COMMANDS) as CommandName[])]) {
    for (const width of WIDTHS) {
      const long = page(name, width).split("\n").filter((line) => line.length > Math.min(110, width) && !TOO_LONG.test(line))
      t.same(long, [], `${name} at ${width}`)
    }
  }
  t.end()
})

t.test("helpPage() in colours has the same letters in the same places as without", (t) => {
  for (const name of [undefined, ...(Object.keys(COMMANDS) as CommandName[])]) {
    const coloured = helpPage(name, { width: 80, style: style(true) })
    t.match(coloured, "\x1b[")
    t.equal(coloured.replaceAll(/\x1b\[\d+m/g, ""), page(name, 80), String(name))
  }
  t.end()
})

t.test("every example in the table is a valid command line", async (t) => {
  for (const name in COMMANDS) {
    for (const [line] of (COMMANDS[name as CommandName] as Command).examples) {
      // what the shell does with the output is not runts' part
      const [program, ...argv] = (line.split(/ [|>] /)[0] as string).split(" ")
      t.equal(program, "runts")
      t.equal(parse(argv).kind, "call", line)
    }
  }
})

t.test("a misspelled command or flag gets the nearest name, and where to read on", async (t) => {
  for (const [argv, told] of [
    [["crate"], 'unknown command "crate", did you mean "create"?; see runts --help'],
    [["help", "strat"], 'unknown command "strat", did you mean "start"?; see runts --help'],
    [["xyzzy"], 'unknown command "xyzzy"; see runts --help'],
    [["run", "--bundel", "x", "c"], "unknown option --bundel, did you mean --bundle?; see runts run --help"],
    [["run", "--root", "x", "c"], '--root is a global option: put it before "run"; see runts run --help'],
    [["mounts", "ad", "c", "f"], '"mounts" takes "add" or "remove" as its first argument, not "ad"; see runts mounts --help'],
  ] as const) {
    const { result, stdout, stderr } = await capture(() => carryOut(argv, parse(argv)))
    t.same({ result, stdout, stderr }, { result: 1, stdout: "", stderr: `runts: ${told}\n` }, argv.join(" "))
  }
})

t.test("carryOut() prints help on stdout, with exit code 0 [help]", async (t) => {
  for (const argv of [[], ["--help"], ["help"], ["create", "-h"], ["help", "create"], ["state", "c1", "--help"]]) {
    const { result, stdout, stderr } = await capture(() => carryOut(argv, parse(argv)))
    t.equal(result, 0)
    t.equal(stderr, "")
    const command = argv.includes("create") ? "create" : argv.includes("state") ? "state" : undefined
    t.equal(stdout, page(command), argv.join(" "))
  }
})
