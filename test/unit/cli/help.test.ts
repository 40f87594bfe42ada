import t from "tap"
import { carryOut } from "../../../src/cli/dispatch.ts"
import { helpText } from "../../../src/cli/help.ts"
import { parse } from "../../../src/cli/parse.ts"
import { COMMANDS, GLOBAL_FLAGS } from "../../../src/cli/table.ts"
import type { Command, CommandName, Flag } from "../../../src/cli/table.ts"
import { capture } from "./capture.ts"

t.test("helpText() lists every command and global flag", async (t) => {
  const text = await helpText(undefined)
  for (const name in COMMANDS) {
    t.ok(text.includes(`runts ${name}`), name)
    t.ok(text.includes(COMMANDS[name as CommandName].summary), name)
  }
  for (const long in GLOBAL_FLAGS) t.ok(text.includes("--" + long), long)
  for (const line of text.split("\n")) t.ok(line.length <= 110, line)
})

t.test("helpText() shows a command's flags, but not the hidden ones", async (t) => {
  for (const name in COMMANDS) {
    const command: Command = COMMANDS[name as CommandName]
    const text = await helpText(name as CommandName)
    t.ok(text.startsWith(`Usage: runts ${name}`), name)
    for (const long in command.flags) {
      const flag = command.flags[long] as Flag
      t.equal(text.includes(`--${long}`), flag.hidden !== true, `${name} --${long}`)
      if (flag.short !== undefined && !flag.hidden) t.ok(text.includes(`-${flag.short}, --${long}`), `${name} -${flag.short}`)
    }
    for (const [line] of command.examples) t.ok(text.includes(line), line)
  }
})

t.test("every example in the table is a valid command line", async (t) => {
  for (const name in COMMANDS) {
    for (const [line] of (COMMANDS[name as CommandName] as Command).examples) {
      const [program, ...argv] = line.split(" ")
      t.equal(program, "runts")
      t.equal(parse(argv).kind, "call", line)
    }
  }
})

t.test("carryOut() prints help on stdout, with exit code 0 [help]", async (t) => {
  for (const argv of [[], ["--help"], ["help"], ["create", "-h"], ["help", "create"], ["state", "c1", "--help"]]) {
    const { result, stdout, stderr } = await capture(() => carryOut(argv, parse(argv)))
    t.equal(result, 0)
    t.equal(stderr, "")
    const command = argv.includes("create") ? "create" : argv.includes("state") ? "state" : undefined
    t.equal(stdout, await helpText(command), argv.join(" "))
  }
})
