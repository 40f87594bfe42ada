import { readFileSync } from "node:fs"
import Ajv from "ajv/dist/2020.js"
import t from "tap"
import { generate } from "../../../scripts/generate.mjs"
import { isLinuxResources, isProcess, isSpec } from "../../../src/spec/accept.gen.ts"
import { schemaValues } from "../../../src/spec/names.gen.ts"
import { makeValidators } from "../../../src/spec/validate.gen.js"
import { minimal } from "./helpers.ts"
import type { Json } from "./helpers.ts"

const ROOT = new URL("../../../", import.meta.url)
const schema: Json = JSON.parse(readFileSync(new URL("schemas/config.schema.json", ROOT), "utf8"))

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

function resolve(node: Json): Json {
  return node.$ref === undefined ? node : { ...schema.$defs[node.$ref.slice("#/$defs/".length)], ...node }
}

/** The least value that is valid; with `full`, every member. */
function sample(node: Json, full: boolean): Json {
  const to = resolve(node)
  if (to.enum !== undefined) return to.enum.find((value: string) => value !== "")
  if (to.type === "string") return "x"
  if (to.type === "boolean") return true
  if (to.type === "integer") return to.minimum > 0 ? to.minimum : 0
  if (to.type === "array") return [sample(to.items, full)]
  const item = to.additionalProperties
  if (to.properties === undefined) return item === undefined ? {} : { x: sample(item, full) }
  const keys: string[] = full ? Object.keys(to.properties) : (to.required ?? [])
  return Object.fromEntries(keys.map((key) => [key, sample(to.properties[key], full)]))
}

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

interface Place {
  readonly pointer: string
  readonly node: Json
  /** The whole config with another value here; undefined takes the member away. */
  replaced(value: Json): Json
}

/** Every value below `value`, with its schema. */
function* places(value: Json, pointer: string, node: Json, root: Json = value): Generator<Place> {
  const to = resolve(node)
  for (const key of Object.keys(value)) {
    const child = to.type === "array" ? to.items : (to.properties?.[key] ?? to.additionalProperties)
    const at = `${pointer}/${key}`
    yield { pointer: at, node: child, replaced: (next) => withValue(root, at, next) }
    if (typeof value[key] === "object") yield* places(value[key], at, child, root)
  }
}

function withValue(root: Json, pointer: string, value: Json): Json {
  const copy = structuredClone(root)
  const parts = pointer.split("/").slice(1)
  const last = parts.pop() as string
  const parent = parts.reduce((node, part) => node[part], copy)
  if (value === undefined) delete parent[last]
  else parent[last] = value
  return copy
}
