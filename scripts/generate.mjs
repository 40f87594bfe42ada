/**
 * Makes the generated files of src/spec from schemas/*.json. Same schemas, same bytes: the files are committed, and a test
 * compares. `node scripts/generate.mjs` writes them; `generate()` only returns them.
 *
 * - types.gen.ts     the types of config.json, state and features
 * - accept.gen.ts    "valid, and no unknown keys", as small as can be: it runs cold in every create
 * - validate.gen.js  ajv's validators, which tell every fault; they run only when `accept` said no
 * - names.gen.ts     the values of the schema's enumerations, for `features`
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import Ajv from "ajv/dist/2020.js"
import standaloneCode from "ajv/dist/standalone/index.js"

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..")
const HEADER = "// Made by scripts/generate.mjs from schemas/; do not edit.\n"
const LINE_MAX = 120

function readSchema(name) {
  return JSON.parse(readFileSync(join(ROOT, "schemas", `${name}.schema.json`), "utf8"))
}

/** The schema's objects and enumerations by type name; the root is one of them. */
function definitions(schema) {
  const { $defs, ...root } = schema
  return { ...$defs, [schema.title]: root }
}

const refName = (ref) => ref.slice("#/$defs/".length)
const isRecord = (schema) => schema.properties !== undefined
const capital = (name) => name[0].toUpperCase() + name.slice(1)

/** What a reference stands for, with the reference's own keywords (description, default) on top. */
function resolve(schema, defs) {
  return schema.$ref === undefined ? schema : { ...defs[refName(schema.$ref)], ...schema }
}

// ---------------------------------------------------------------------------------------------------------------- types

function docComment(text, indent) {
  return text === undefined ? "" : `${indent}/** ${text} */\n`
}

function union(values, indent) {
  const texts = values.map((value) => JSON.stringify(value))
  const line = texts.join(" | ")
  return line.length + indent.length + 30 <= LINE_MAX ? line : texts.map((text) => `\n${indent}  | ${text}`).join("")
}

/** The TypeScript type of a schema, readonly throughout. */
function typeOf(schema, defs, indent) {
  if (schema.$ref !== undefined) {
    const name = refName(schema.$ref)
    if (isRecord(defs[name]) || defs[name].enum !== undefined) return name
    return name === "exactUint64" ? "number | bigint" : typeOf(defs[name], defs, indent)
  }
  if (schema.enum !== undefined) return union(schema.enum, indent)
  if (schema.type === "array") {
    const item = typeOf(schema.items, defs, indent)
    return schema.items.enum === undefined ? `readonly ${item}[]` : `readonly (${item})[]`
  }
  if (schema.type === "object") {
    const value = schema.additionalProperties
    return `Readonly<Record<string, ${value === undefined ? "unknown" : typeOf(value, defs, indent)}>>`
  }
  return schema.type === "integer" ? "number" : schema.type
}

function typeDefinition(name, schema, defs) {
  const doc = docComment(schema.description, "")
  if (schema.enum !== undefined) return `${doc}export type ${name} = ${union(schema.enum, "")}\n`
  const members = Object.entries(schema.properties).map(([key, member]) => {
    const present = schema.required?.includes(key) || member.default !== undefined
    const comment = docComment(member.description, "  ")
    return `${comment}  readonly ${key}${present ? "" : "?"}: ${typeOf(member, defs, "  ")}\n`
  })
  return `${doc}export interface ${name} {\n${members.join("")}}\n`
}

function typesFile(schemas) {
  const parts = [HEADER]
  for (const schema of schemas) {
    const defs = definitions(schema)
    const names = [schema.title, ...Object.keys(schema.$defs)].filter((name) => isRecord(defs[name]) || defs[name].enum)
    for (const name of names) parts.push(typeDefinition(name, defs[name], defs))
  }
  return parts.join("\n")
}

// --------------------------------------------------------------------------------------------------------------- accept

const ACCEPT_HELPERS = `
function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

function isInteger(value: unknown, minimum: number, maximum: number): boolean {
  return typeof value === "number" && value >= minimum && value <= maximum && Math.floor(value) === value
}

function isString(value: unknown): boolean {
  return typeof value === "string"
}

function isArray(value: unknown, isItem: (item: unknown) => boolean): boolean {
  if (!Array.isArray(value)) return false
  for (let i = 0; i < value.length; i++) if (!isItem(value[i])) return false
  return true
}

function isStrings(value: unknown): boolean {
  if (!Array.isArray(value)) return false
  for (let i = 0; i < value.length; i++) if (typeof value[i] !== "string") return false
  return true
}

function isMap(value: unknown, isMember: (member: unknown) => boolean): boolean {
  if (!isRecord(value)) return false
  for (const key in value) if (!isMember(value[key])) return false
  return true
}
`

/** Writes the functions of accept.gen.ts: one for each object and enumeration. */
class AcceptWriter {
  constructor(defs) {
    this.defs = defs
    this.functions = new Map()
  }

  /** An expression that is true if `value` (an expression) is what `schema` says; `name` is for functions it needs. */
  check(schema, value, name) {
    const to = resolve(schema, this.defs)
    if (isRecord(to)) return `${this.object(refName(schema.$ref), to)}(${value})`
    if (to.enum !== undefined) return `${this.enumeration(schema.$ref === undefined ? name : refName(schema.$ref), to)}(${value})`
    if (to.type === "string") return `typeof ${value} === "string"`
    if (to.type === "boolean") return `typeof ${value} === "boolean"`
    if (to.type === "integer") return `isInteger(${value}, ${to.minimum}, ${to.maximum})`
    if (to.type === "array") {
      return to.items.type === "string" ? `isStrings(${value})` : `isArray(${value}, ${this.predicate(to.items, `${name}Item`)})`
    }
    if (to.type !== "object") throw new Error(`${name}: no code for ${JSON.stringify(schema)}`)
    return to.additionalProperties === undefined
      ? `isRecord(${value})`
      : `isMap(${value}, ${this.predicate(to.additionalProperties, `${name}Member`)})`
  }

  /** A function of one argument, as an expression. */
  predicate(schema, name) {
    if (schema.type === "string") return "isString"
    const call = this.check(schema, "item", name)
    return call.endsWith("(item)") ? call.slice(0, -"(item)".length) : `(item) => ${call}`
  }

  enumeration(name, schema) {
    const cases = schema.enum.map((value) => `    case ${JSON.stringify(value)}:\n`).join("")
    this.functions.set(`is${name}`, `  switch (value) {\n${cases}      return true\n  }\n  return false\n`)
    return `is${name}`
  }

  object(name, schema) {
    const title = `is${name}`
    if (this.functions.has(title)) return title
    this.functions.set(title, "")
    const required = schema.required ?? []
    // Members that are checked alike share their code
    const cases = new Map()
    for (const [key, member] of Object.entries(schema.properties)) {
      const check = this.check(member, "member", `${name}${capital(key)}`)
      const refusal = check.startsWith("typeof") ? check.replace("===", "!==") : `!${check}`
      const count = required.includes(key) ? "        required++\n" : ""
      const code = `        if (${refusal}) return false\n${count}        break\n`
      cases.set(code, `${cases.get(code) ?? ""}      case ${JSON.stringify(key)}:\n`)
    }
    const switchBody = [...cases].map(([code, keys]) => keys + code).join("")
    const body =
      "  if (!isRecord(value)) return false\n" +
      (required.length > 0 ? "  let required = 0\n" : "") +
      "  for (const key in value) {\n    const member = value[key]\n    switch (key) {\n" +
      `${switchBody}      default:\n        return false\n    }\n  }\n` +
      `  return ${required.length > 0 ? `required === ${required.length}` : "true"}\n`
    this.functions.set(title, body)
    return title
  }
}

function acceptFile(schema, entries) {
  const writer = new AcceptWriter(definitions(schema))
  for (const name of entries) writer.object(name, writer.defs[name])
  const parts = [`${HEADER}${ACCEPT_HELPERS}`]
  for (const [title, body] of writer.functions) {
    const exported = entries.includes(title.slice(2))
    const doc = `/** Whether \`value\` is a valid ${title.slice(2)} without nulls and without unknown keys. */\nexport `
    parts.push(`${exported ? doc : ""}function ${title}(value: unknown): boolean {\n${body}}\n`)
  }
  return parts.join("\n")
}

// ------------------------------------------------------------------------------------------------------------- validate

/**
 * The schema without room for unknown keys, of which `load` makes warnings. By `propertyNames`, not `additionalProperties`:
 * ajv's finding then holds the names that are known.
 */
function closed(schema) {
  const close = (node) => (isRecord(node) ? { ...node, propertyNames: { enum: Object.keys(node.properties) } } : node)
  const $defs = Object.fromEntries(Object.entries(schema.$defs).map(([name, node]) => [name, close(node)]))
  return { ...close(schema), $defs }
}

function validateFile(schema, entries) {
  const ajv = new Ajv({ allErrors: true, messages: false, inlineRefs: false, code: { source: true, lines: true } })
  ajv.addSchema(closed(schema))
  const refs = {}
  for (const name of entries) {
    refs[name] = name === schema.title ? schema.$id : `${schema.$id}#/$defs/${name}`
  }
  const code = standaloneCode(ajv, refs)
  if (code.includes("require(")) throw new Error("validate.gen.js: ajv's code needs its run-time library")
  // In a function, so that a binary that holds this file pays for it only when a config has faults
  return `${HEADER}\nexport function makeValidators() {\nconst exports = {}\n${code}\nreturn exports\n}\n`
}

const VALIDATE_TYPES = `${HEADER}
/** One finding of ajv (ajv.js.org, Validation errors). */
export interface Finding {
  readonly instancePath: string
  readonly schemaPath: string
  readonly keyword: string
  readonly params: Readonly<Record<string, unknown>>
  /** The unknown key, where the finding is about a key. */
  readonly propertyName?: string
}

/** A validator of ajv: all findings are in \`errors\` after a call that answered false. */
export interface Validator {
  (value: unknown): boolean
  errors?: readonly Finding[] | null
}

/** Makes the validators, which takes some milliseconds in a cold process. Unknown keys are findings too. */
export function makeValidators(): { readonly Spec: Validator; readonly Process: Validator; readonly LinuxResources: Validator }
`

// ---------------------------------------------------------------------------------------------------------------- names

function nameRow(key, names) {
  const text = names.map((name) => JSON.stringify(name))
  const line = `    ${key}: [${text.join(", ")}],\n`
  return line.length <= LINE_MAX ? line : `    ${key}: [\n${text.map((name) => `      ${name},\n`).join("")}    ],\n`
}

function namesFile(schema) {
  const values = [nameRow("Hooks", Object.keys(schema.$defs.Hooks.properties))]
  for (const [name, definition] of Object.entries(definitions(schema))) {
    if (definition.enum !== undefined) values.push(nameRow(name, definition.enum))
    for (const [key, member] of Object.entries(definition.properties ?? {})) {
      const list = member.enum ?? member.items?.enum
      if (list !== undefined) values.push(nameRow(`${name}${capital(key)}`, list.filter((value) => value !== "")))
    }
  }
  return `${HEADER}
/** The values of each enumeration of config.json, by type name, or type and member name; and the hooks. */
export function schemaValues() {
  return {
${values.join("")}  } as const
}
`
}

/** All generated files: path below the repository, and text. */
export function generate() {
  const [config, state, features] = ["config", "state", "features"].map(readSchema)
  const entries = ["Spec", "Process", "LinuxResources"]
  return {
    "src/spec/types.gen.ts": typesFile([config, state, features]),
    "src/spec/accept.gen.ts": acceptFile(config, entries),
    "src/spec/validate.gen.js": validateFile(config, entries),
    "src/spec/validate.gen.d.ts": VALIDATE_TYPES,
    "src/spec/names.gen.ts": namesFile(config),
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of Object.entries(generate())) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true })
    writeFileSync(join(ROOT, path), text)
  }
}
