import t from "tap"
import { completions } from "../../../src/cli/completion/answer.ts"
import type { Known } from "../../../src/cli/completion/answer.ts"
import { joined, lines, unquoted } from "../../../src/cli/completion.ts"
import { COMMANDS, GLOBAL_FLAGS } from "../../../src/cli/table.ts"
import type { Command, Flag } from "../../../src/cli/table.ts"

const THERE: readonly Known[] = [
  { id: "a", status: "created" }, { id: "b", status: "running" }, { id: "c", status: "paused" }, { id: "d", status: "stopped" },
]

function answer(line: string, asked: (string | undefined)[] = []): string[] | string | undefined {
  const { candidates, paths } = completions(line.split(" "), (root) => {
    asked.push(root)
    return THERE
  })
  return paths ?? candidates.map(({ word }) => word)
}

t.test("completions() offers every command, and every flag that is shown [completion]", (t) => {
  t.same(answer(""), Object.keys(COMMANDS))
  t.same(answer("--debug "), Object.keys(COMMANDS))
  t.same(answer("help "), Object.keys(COMMANDS))
  t.same(answer("-"), [...Object.keys(GLOBAL_FLAGS), "help", "version"].map((name) => "--" + name))
  for (const [name, command] of Object.entries(COMMANDS as Record<string, Command>)) {
    const shown = Object.entries(command.flags).filter(([, flag]) => !flag.hidden).map(([long]) => "--" + long)
    t.same(answer(`${name} --`), [...shown, "--help"], name)
    for (const [long, flag] of Object.entries(command.flags) as [string, Flag][]) {
      const value = answer(`${name} --${long}=`)
      if (flag.choices !== undefined) t.same(value, flag.choices, `${name} --${long}`)
      if (flag.value === "DIR") t.equal(value, "folder")
      if (flag.value === "FILE" || flag.value === "SOCKET") t.equal(value, "file")
      if (flag.kind !== "boolean") t.same(answer(`${name} --${long} `), value, `${name} --${long}: apart, as joined`)
    }
  }
  t.end()
})

t.test("completions() offers the containers that a command has a use for, below the line's root", (t) => {
  for (const [line, ids] of [
    ["start ", ["a"]], ["exec ", ["a", "b"]], ["exec --tty ", ["a", "b"]], ["kill ", ["a", "b", "c"]], ["resume ", ["c"]], ["pause ", ["a", "b"]],
    ["state ", ["a", "b", "c", "d"]], ["delete --force ", ["a", "b", "c", "d"]], ["mounts add ", ["a", "b", "c", "d"]], ["create ", []], ["run ", []],
  ] as const) t.same(answer(line), ids, line)
  const asked: (string | undefined)[] = []
  for (const line of ["--root /x state ", "--root=/x --debug state ", "-root /x state ", "state "]) answer(line, asked)
  t.same(asked, ["/x", "/x", "/x", undefined])
  t.end()
})

t.test("completions() offers nothing where a word is another program's, or has no place", (t) => {
  for (const line of ["exec b ", "exec b ls ", "exec b ls --", "ps b -", "list ", "state a ", "nosuch ", "start --nosuch=", "exec -- b -"]) {
    t.same(answer(line), [], line)
  }
  t.end()
})

t.test("completions() does not offer a flag twice, but for those that may be", (t) => {
  const flags = answer("exec --tty -d --env A=1 --") as string[]
  t.notOk(flags.includes("--tty"))
  t.notOk(flags.includes("--detach"), "given by its letter")
  t.ok(flags.includes("--env"))
  t.same(answer("exec -e "), [], "the value of a letter")
  t.end()
})

t.test("lines() are in each shell's form [completion]", (t) => {
  const candidates = [{ word: "a:b", help: "first" }, { word: "c", help: "" }]
  t.same(lines("zsh", { candidates }, "a"), ["a\\:b:first", "c"])
  t.same(lines("fish", { candidates }, "a"), ["a:b\tfirst", "c"])
  t.same(lines("bash", { candidates }, "a"), ["a:b"])
  t.same(lines("bash", { candidates }, "--x=c"), ["c"])
  t.same(lines("bash", { candidates: [], paths: "folder" }, ""), [":folder"])
  t.end()
})

t.test("joined() and unquoted() undo what bash does with words", (t) => {
  t.same(joined(["--root", "=", "/x", "state", ""]), ["--root=/x", "state", ""])
  t.same(joined(["list", "--format", "="]), ["list", "--format="])
  t.same(joined(["exec", "--env", "A", "=", "1", "c"]), ["exec", "--env", "A=1", "c"])
  t.same(['"/a b"', "'/a b", "/a\\ b", "x\"y z\"'w'"].map(unquoted), ["/a b", "/a b", "/a b", "xy zw"])
  t.equal(unquoted("~/x"), `${process.env.HOME}/x`)
  t.end()
})
