import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import t from "tap"
import { checkout } from "../../../conformance/lib/environment.ts"
import { leavesStateRoot } from "../../../conformance/lib/peer.ts"

/*
 * crun 1.8.1 removes the machine's files with `delete --force /`. What may do harm is never handed to another runtime but below conformance/rigs/own-root.
 */

t.test("an id that leads out of the state root is known as such, in any command", (t) => {
  const prefix = ["--root", "/tmp/state"]
  for (const id of ["/", ".", "..", "../x", "a/../..", "//", "../../etc"]) {
    for (const verb of [["create", "--bundle", "/b"], ["run", "-b", "/b"], ["delete"], ["delete", "--force"], ["delete", "--force", "--"], ["kill"], ["state"]]) {
      t.ok(leavesStateRoot([...prefix, ...verb, id]), [...verb, id].join(" "))
    }
  }
  t.ok(leavesStateRoot(["kill", "/", "KILL"]))
  t.notOk(leavesStateRoot([...prefix, "create", "--bundle", "/b", "c1"]))
  t.notOk(leavesStateRoot([...prefix, "delete", "--force", "c.1"]))
  t.notOk(leavesStateRoot([...prefix, "exec", "--cwd", "/", "c1", "ls", "/"]), "what a container's own program is given")
  t.notOk(leavesStateRoot([...prefix, "kill", "c1", "0"]))
  t.end()
})

/** Runs a test file with a script named as a peer, which only tells how it was called. */
function calls(file: string): { said: string; output: string } {
  const folder = mkdtempSync(`${tmpdir()}/runts-peer-`)
  try {
    writeFileSync(`${folder}/crun`, `#!/bin/sh\n[ "$1" != --version ] || { echo crun version 1.8.1; exit; }\necho "$*" >>${folder}/calls\nexit 1\n`, { mode: 0o755 })
    const { stdout } = spawnSync(process.execPath, ["--import", "tsx", `${checkout}/${file}`], {
      cwd: checkout, encoding: "utf8", env: { ...process.env, RUNTIME: `${folder}/crun`, RUNTS_ATTACK: "1", RUNTS_TEST_ENV: "pure-v2" },
    })
    return { said: existsSync(`${folder}/calls`) ? readFileSync(`${folder}/calls`, "utf8") : "", output: stdout }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

// controls attack no runtime
const attackFiles = readdirSync(`${checkout}/test/integration`).filter((name) => /^attacks[\w-]*\.test\.ts$/.test(name) && !name.includes("controls"))
for (const file of attackFiles) {
  t.test(`${file}: no attack reaches another runtime outside of own-root`, { timeout: 120_000 }, (t) => {
    const { said, output } = calls(`test/integration/${file}`)
    t.equal(said, "", "the other runtime is not called")
    t.notMatch(output, /^not ok/m)
    for (const line of output.split("\n").filter((one) => /^ok \d+ - attack/.test(one))) t.match(line, /# SKIP/)
    t.end()
  })
}
