import { readFileSync } from "node:fs"
import Ajv from "ajv/dist/2020.js"
import t from "tap"
import { generate } from "../../../scripts/generate.mjs"
import { isLinuxResources, isProcess, isSpec } from "../../../src/spec/accept.gen.ts"
import { schemaValues } from "../../../src/spec/names.gen.ts"
import { makeValidators } from "../../../src/spec/validate.gen.js"
import { minimal } from "./helpers.ts"
import { places, resolve, sample, schema } from "./schema-places.ts"

const ROOT = new URL("../../../", import.meta.url)

t.test("generate(): the committed files are what the schemas make", (t) => {
  const files = Object.entries(generate())
  t.equal(files.length, 5)
  for (const [path, text] of files) t.ok(readFileSync(new URL(path, ROOT), "utf8") === text, `${path} is current`)
  t.end()
})

t.test("schemas: are JSON Schema 2020-12, and without ajv's strict-mode complaints", (t) => {
  for (const name of ["config", "state", "features"]) {
    const json = JSON.parse(readFileSync(new URL(`schemas/${name}.schema.json`, ROOT), "utf8"))
    t.ok(new Ajv({ strict: true }).compile(json), name)
  }
  t.end()
})

t.test("isSpec, makeValidators().Spec: agree on every member of every object", (t) => {
  const { Spec } = makeValidators()
  const full = sample(schema, true)
  t.equal(Object.keys(full.linux).length, 17, "the sample has all members of linux")
  t.ok(isSpec(full) && Spec(full), "a config with every member")
  t.ok(isSpec({ ociVersion: "x" }) && Spec({ ociVersion: "x" }), "the least config")
  let count = 0
  for (const place of places(full, "", schema)) {
    for (const wrong of [null, 7.5, "?", -1e30, 1e30, [], {}, ["?"], [7], { x: 7.5 }, { x: null }, true]) {
      const bad = place.replaced(wrong)
      const slow = Spec(bad)
      if (isSpec(bad) !== slow) t.fail(`${place.pointer} = ${JSON.stringify(wrong)}: ajv says ${slow}`)
      count++
    }
    const missing = place.replaced(undefined)
    const text = JSON.parse(JSON.stringify(missing))
    if (isSpec(text) !== Spec(text)) t.fail(`${place.pointer} is missing`)
  }
  t.ok(count > 2000, `${count} values`)
  t.end()
})

t.test("makeValidators().Spec: a wrong type is a finding at the member itself", (t) => {
  const { Spec } = makeValidators()
  const full = sample(schema, true)
  let count = 0
  for (const place of places(full, "", schema)) {
    const to = resolve(place.node)
    const wrong = to.type === "integer" || to.type === "boolean" ? "?" : 7.5
    Spec(place.replaced(wrong))
    t.ok(Spec.errors?.some((finding) => finding.instancePath === place.pointer), place.pointer)
    if (to.minimum !== undefined) {
      Spec(place.replaced(to.minimum - Math.max(1, Math.abs(to.minimum))))
      t.equal(Spec.errors?.[0]?.keyword, "minimum", `${place.pointer}: below the minimum`)
      Spec(place.replaced(to.maximum * 2 + 1))
      t.equal(Spec.errors?.[0]?.keyword, "maximum", `${place.pointer}: above the maximum`)
      t.ok(isSpec(place.replaced(to.minimum)) && isSpec(place.replaced(to.maximum)), `${place.pointer}: the ends are valid`)
    }
    count++
  }
  t.ok(count > 200, `${count} places`)
  t.end()
})

t.test("isProcess, isLinuxResources: take their part of a config", (t) => {
  const process = minimal().process
  t.ok(isProcess(process))
  t.notOk(isProcess({ ...process, cwd: 1 }))
  t.ok(isLinuxResources({ pids: { limit: -1 } }))
  t.notOk(isLinuxResources({ pids: { limit: "1" } }))
  t.end()
})

t.test("schemaValues(): holds the enumerations and the hooks", (t) => {
  const values = schemaValues()
  t.same(values.NamespaceType, ["pid", "network", "mount", "ipc", "uts", "user", "cgroup", "time"])
  t.equal(values.Hooks.length, 6)
  t.equal(values.MemoryPolicyMode.length, 7)
  t.ok(values.SeccompArch.includes("SCMP_ARCH_X86_64"))
  t.notOk((values.LinuxRootfsPropagation as readonly string[]).includes(""), "no empty name")
  t.end()
})
