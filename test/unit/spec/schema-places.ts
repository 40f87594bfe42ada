import { readFileSync } from "node:fs"
import type { Json } from "./helpers.ts"

export const schema: Json = JSON.parse(readFileSync(new URL("../../../schemas/config.schema.json", import.meta.url), "utf8"))

/** A schema without its reference. */
export function resolve(node: Json): Json {
  return node.$ref === undefined ? node : { ...schema.$defs[node.$ref.slice("#/$defs/".length)], ...node }
}

/** The least value that is valid; with `full`, every member. */
export function sample(node: Json, full: boolean): Json {
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

/** A value of a config, with its schema. */
export interface Place {
  readonly pointer: string
  readonly node: Json
  /** The whole config with another value here; undefined takes the member away. */
  replaced(value: Json): Json
}

/** Every value below `value`, with its schema. */
export function* places(value: Json, pointer: string, node: Json, root: Json = value): Generator<Place> {
  const to = resolve(node)
  for (const key of Object.keys(value)) {
    const child = to.type === "array" ? to.items : (to.properties?.[key] ?? to.additionalProperties)
    const at = `${pointer}/${key}`
    yield { pointer: at, node: child, replaced: (next) => withValue(root, at, next) }
    if (typeof value[key] === "object") yield* places(value[key], at, child, root)
  }
}

/** A copy of `root` with another value at `pointer`; undefined takes the member away. */
export function withValue(root: Json, pointer: string, value: Json): Json {
  const copy = structuredClone(root)
  const parts = pointer.split("/").slice(1)
  const last = parts.pop() as string
  const parent = parts.reduce((node, part) => node[part], copy)
  if (value === undefined) delete parent[last]
  else parent[last] = value
  return copy
}
