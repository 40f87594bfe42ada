import { readFileSync, writeFileSync } from "node:fs"
import t from "tap"
import { HOST_ARCHITECTURE } from "../../../src/kernel/syscalls.ts"
import { planCreate } from "../../../src/plan/create.ts"
import { printProgram } from "../../../src/program/print.ts"
import { defaultSpec } from "../../../src/spec/default.ts"
import type { Spec } from "../../../src/spec/types.gen.ts"
import { changed, factsFor } from "./helpers.ts"

/*
 * The whole program of the default config, as text. A change here is a change of what containers are: look at each line of the
 * difference before you write the files anew with
 *
 *     UPDATE_GOLDEN=1 npx tsx test/unit/plan/golden.test.ts
 */
const update = process.env.UPDATE_GOLDEN === "1"

/** Numbers of open flags differ on arm64 (kernel/fs.ts). */
const options = HOST_ARCHITECTURE === "x64" ? {} : { skip: "the files hold the flags of x86-64" }

/** Steps that are named by their distance. */
const NEAR = 40

/**
 * What printProgram() prints, with steps named by their distance and buffers without their number: a step more or less changes the
 * lines around it and not all that follow.
 */
function stable(text: string): string {
  let index = -1
  const distance = (number: string): string => {
    const by = Number(number) - index
    // far ahead are only the blocks behind the straight line, which have names; far back only what everything needs, as the root
    if (Math.abs(by) > NEAR) return by > 0 ? "the block" : `number ${number}`
    return by < 0 ? String(by) : `+${by}`
  }
  return text.replace(/.*\n/g, (line) => {
    const numbered = /^ *(\d+) {2}/.exec(line)
    if (numbered !== null) index = Number(numbered[1])
    return line
      .replace(/^ *\d+ {2}/, "").replace(/^ {3,}/, "    ")
      .replace(/\bstep (\d+)\b/g, (_, number: string) => `step ${distance(number)}`)
      .replace(/\bgo to (\d+) /g, (_, number: string) => `go to ${distance(number)} `)
      .replace(/\b(buffer|bytes) \d+(?=[[ ])/g, "$1")
  })
}

function golden(name: string, spec: Spec): void {
  const file = new URL(`golden/${name}.txt`, import.meta.url)
  const text = stable(printProgram(planCreate(spec, factsFor(spec)).program))
  if (update) writeFileSync(file, text)
  t.equal(text, readFileSync(file, "utf8"), `golden/${name}.txt`)
}

const spec = defaultSpec({ cgroup2: true })
const ids = [{ containerID: 0, hostID: 100000, size: 65536 }]

t.test("planCreate(): the default config, as `spec` writes it", options, (t) => {
  golden("default", spec)
  t.end()
})

t.test("planCreate(): the default config in a user namespace", options, (t) => {
  const user = changed(spec, {
    process: { terminal: false },
    linux: { namespaces: [...(spec.linux?.namespaces ?? []), { type: "user" }], uidMappings: ids, gidMappings: ids },
  })
  golden("user-namespace", user)
  t.end()
})
