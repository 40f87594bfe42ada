import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, statfsSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import t from "tap"
import { defaultRootlessSpec, defaultSpec, formatSpec } from "../../../src/spec/default.ts"
import type { Spec } from "../../../src/spec/types.gen.ts"
import { checkRules } from "../../../src/spec/rules.ts"
import { load, warningsOf } from "./helpers.ts"
import type { Json } from "./helpers.ts"

const CGROUP2_SUPER_MAGIC = 0x63677270
const facts = { cgroup2: statfsSync("/sys/fs/cgroup").type === CGROUP2_SUPER_MAGIC }
const ids = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 }
const configs: [string, string[], Spec][] = [
  ["defaultSpec", [], defaultSpec(facts)],
  ["defaultRootlessSpec", ["--rootless"], defaultRootlessSpec(facts, ids)],
]

function hasRunc(): boolean {
  try {
    execFileSync("runc", ["--version"], { stdio: "ignore" })
    return true
  } catch {
    return false
  }
}

for (const [name, flags, spec] of configs) {
  t.test(`${name}: is a good config`, (t) => {
    t.same(warningsOf(() => checkRules(load(formatSpec(spec)))), [])
    t.end()
  })

  const skip = hasRunc() ? false : "runc is not installed"
  t.test(`${name}: is what runc writes but for ociVersion and ambient`, { skip }, (t) => {
    const folder = mkdtempSync(join(tmpdir(), "runts-spec-"))
    try {
      execFileSync("runc", ["spec", ...flags, "--bundle", folder])
      const theirs: Json = JSON.parse(readFileSync(join(folder, "config.json"), "utf8"))
      theirs.ociVersion = "1.3.0"
      delete theirs.process.capabilities.ambient
      delete theirs.process.capabilities.inheritable
      t.same(JSON.parse(formatSpec(spec)), theirs)
      t.equal(formatSpec(spec), JSON.stringify(theirs, null, "\t"), "members in runc's order, tabs, no final newline")
    } finally {
      rmSync(folder, { recursive: true })
    }
    t.end()
  })
}

t.test("defaultSpec: on cgroup v2 there is a cgroup namespace", (t) => {
  const has = (cgroup2: boolean) => defaultSpec({ cgroup2 }).linux?.namespaces?.some(({ type }) => type === "cgroup")
  t.equal(has(true), true)
  t.equal(has(false), false)
  t.end()
})

t.test("defaultSpec: no inheritable and no ambient capabilities", (t) => {
  t.same(Object.keys(defaultSpec(facts).process?.capabilities ?? {}), ["bounding", "effective", "permitted"])
  t.end()
})
