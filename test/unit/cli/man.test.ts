/* The man pages, read by the two programs that show them: neither may have anything to say of them. */
import { spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import t from "tap"
import { carryOut } from "../../../src/cli/dispatch.ts"
import { manPage, manPages } from "../../../src/cli/manual/man.ts"
import { parse } from "../../../src/cli/parse.ts"
import { COMMANDS, GLOBAL_FLAGS } from "../../../src/cli/table.ts"
import type { Command, Flag, Flags } from "../../../src/cli/table.ts"
import { capture } from "./capture.ts"

const folder = mkdtempSync(join(tmpdir(), "runts-man-"))
t.teardown(() => rmSync(folder, { recursive: true }))
for (const [name, text] of manPages()) writeFileSync(join(folder, name), text)
const files = readdirSync(folder).map((name) => join(folder, name))

function skipWithout(program: string): { skip?: string } {
  return spawnSync(program, ["-h"]).error === undefined ? {} : { skip: `${program} is not installed (scripts/setup)` }
}

function shown(file: string): string {
  const env = { ...process.env, MANWIDTH: "100", LC_ALL: "C.UTF-8" }
  const { stdout, stderr, status } = spawnSync("man", ["--warnings", "-E", "UTF-8", "-P", "cat", "-l", file], { encoding: "utf8", env })
  t.equal(stderr, "", file)
  t.equal(status, 0, file)
  return stdout
}

t.test("there is a page for runts and for each command", (t) => {
  t.same([...manPages().keys()].sort(), ["runts.8", ...Object.keys(COMMANDS).map((name) => `runts-${name}.8`)].sort())
  t.end()
})

t.test("man shows every page without a warning, with all that the table tells [help --man]", skipWithout("man"), (t) => {
  const all: Record<string, Flags> = { "runts.8": GLOBAL_FLAGS }
  for (const [name, { flags }] of Object.entries(COMMANDS as Record<string, Command>)) all[`runts-${name}.8`] = flags
  for (const file of files) {
    const name = file.slice(folder.length + 1)
    const text = shown(file)
    t.match(text, /^NAME$/m)
    t.match(text, new RegExp(`^ +${name.slice(0, -2)} - \\S`, "m"))
    for (const [long, flag] of Object.entries(all[name] as Flags) as [string, Flag][]) {
      t.equal(new RegExp(`^ +(-., )?--${long}\\b`, "m").test(text), flag.hidden !== true, `${name} --${long}`)
    }
    t.notMatch(text, /`|undefined/, name)
  }
  t.end()
})

t.test("mandoc has no fault to find in the pages [help --man]", skipWithout("mandoc"), (t) => {
  const { stdout, stderr } = spawnSync("mandoc", ["-T", "lint", "-W", "style", ...files], { encoding: "utf8" })
  // pages that are not installed here, and the base system that mandoc takes this for
  const said = (stdout + stderr).split("\n").filter((line) => line !== "" && !/referenced manual not found|operating system/.test(line))
  t.same(said, [])
  t.end()
})

t.test("runts help --man prints the page [help --man]", async (t) => {
  for (const [argv, name] of [[["help", "--man"], undefined], [["help", "--man", "exec"], "exec"]] as const) {
    const { result, stdout } = await capture(() => carryOut(argv, parse(argv)))
    t.equal(result, 0)
    t.equal(stdout, manPage(name))
  }
})
