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

function golden(name: string, spec: Spec): void {
  const file = new URL(`golden/${name}.txt`, import.meta.url)
  const text = printProgram(planCreate(spec, factsFor(spec)).program)
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
