import { readdirSync, readFileSync } from "node:fs"
import t from "tap"
import { loadProcess, loadSpec } from "../../../src/spec/load.ts"
import { checkProcess, checkRules } from "../../../src/spec/rules.ts"
import { warningsOf } from "./helpers.ts"

const FOLDER = new URL("../../fixtures/engine-configs/", import.meta.url)
const names = readdirSync(FOLDER).filter((name) => name.endsWith(".json"))

/** A pod that has a host name and the host's uts namespace; runc refuses it too. */
const REFUSED = "cri-config-04.json"

t.test("loadSpec, checkRules: what containerd, docker, podman and CRI write has no fault and no warning", (t) => {
  t.ok(names.length >= 50, "the fixtures are there")
  for (const name of names) {
    const bytes = readFileSync(new URL(name, FOLDER))
    const warnings = warningsOf(() => {
      if (name.includes("process")) {
        const process = loadProcess(bytes, name)
        checkProcess(process, name)
        t.same(process, JSON.parse(bytes.toString()), name)
      } else {
        const spec = loadSpec(bytes, name)
        if (name === REFUSED) t.throws(() => checkRules(spec, name), { message: /\/hostname: "host" needs a uts namespace/ })
        else checkRules(spec, name)
        t.same(spec, JSON.parse(bytes.toString()), name)
      }
    })
    t.same(warnings, [], `${name}: no warning`)
  }
  t.end()
})
