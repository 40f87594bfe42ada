import { spawnSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { boxTest } from "../../conformance/lib/test.ts"

const OTHERS = { skipFor: { runc: "is no part of it", crun: "is no part of it" } } as const

/** A runtime of a name that nobody knows, which writes down what it is called with. */
const strange = (calls: string): string => `#!/bin/sh\necho "$*" >>${calls}\n[ "$1" = --version ] && echo "strange version 1.0"\n`

boxTest("attacks are not tried with other runtimes on the machine's own root, whatever their names", OTHERS, (t, box) => {
  for (const name of ["crun", "strange"]) {
    const calls = `${box.folder}/${name}.calls`
    writeFileSync(`${box.folder}/${name}`, strange(calls), { mode: 0o755 })
    const env = { ...process.env, RUNTIME: `${box.folder}/${name}`, RUNTS_ATTACK: "1" }
    const { stdout } = spawnSync(process.execPath, ["--import", "tsx", "test/integration/attacks.test.ts"], { encoding: "utf8", env })
    const points = stdout.match(/^(not )?ok .*$/gm) ?? []
    t.ok(points.length > 50)
    t.same(points.filter((point) => !/# SKIP (others than runts are attacked in conformance\/rigs\/own-root only|left out with)/.test(point)), [])
    t.equal(readFileSync(calls, "utf8"), "--version\n", "it was only asked who it is")
  }
})
