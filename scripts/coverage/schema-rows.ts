import { readFileSync } from "node:fs"
import { CAPABILITIES } from "../../src/kernel/capabilities.ts"
import { mountOptionNames } from "../../src/kernel/mount-options.ts"
import { clauseOf } from "../../src/spec/clauses.ts"
import type { Row } from "./row.ts"

interface Node {
  readonly $ref?: string
  readonly type?: string
  readonly enum?: readonly string[]
  readonly properties?: Readonly<Record<string, Node>>
  readonly items?: Node
  readonly additionalProperties?: Node
}

/** Leaves that no Linux container has: whole objects of other platforms, and Windows' members of `process`. */
const OTHER_PLATFORMS = ["/solaris", "/windows", "/vm", "/zos", "/freebsd", "/process/commandLine", "/process/user/username"]

/** Words that config.json takes as plain strings, from the tables that read them. */
const WORD_TABLES: Readonly<Record<string, readonly string[]>> = {
  "/mounts/*/options": mountOptionNames(),
  "/process/capabilities/bounding": CAPABILITIES,
}

export interface SchemaRows {
  /** Every property that holds a value, not further properties. */
  readonly properties: readonly Row[]
  /** Every property that takes words of a list. */
  readonly enumerations: readonly Row[]
  /** Pointers that hold further properties, or items. */
  readonly inner: readonly string[]
}

/** The rows of config.json, as schemas/config.schema.json has them; array indices and map keys are `*`. */
export function schemaRows(): SchemaRows {
  const schema = JSON.parse(readFileSync(new URL("../../schemas/config.schema.json", import.meta.url), "utf8")) as Node & {
    $defs: Record<string, Node>
  }
  const properties: Row[] = []
  const enumerations: Row[] = []
  const inner: string[] = []
  const resolved = (node: Node): Node => {
    const name = node.$ref?.slice("#/$defs/".length)
    return name === undefined ? node : { ...(schema.$defs[name] as Node), ...node }
  }
  const leaf = (pointer: string, values: readonly string[] | undefined): void => {
    const section = clauseOf(pointer)
    if (section === undefined) throw new Error(`${pointer}: no clause of the specification in src/spec/clauses.ts`)
    properties.push({ kind: "property", name: pointer, section })
    const words = WORD_TABLES[pointer] ?? values?.filter((word) => word !== "")
    if (words !== undefined) enumerations.push({ kind: "words", name: pointer, section, words })
  }
  const walk = (node: Node, pointer: string): void => {
    if (OTHER_PLATFORMS.includes(pointer)) return
    const to = resolved(node)
    if (to.properties !== undefined) {
      inner.push(pointer)
      for (const key in to.properties) walk(to.properties[key] as Node, `${pointer}/${key}`)
      return
    }
    const item = to.type === "array" ? to.items : to.type === "object" ? to.additionalProperties : undefined
    const content = item === undefined ? undefined : resolved(item)
    if (content?.properties === undefined) return leaf(pointer, to.enum ?? content?.enum)
    inner.push(pointer)
    walk(content, `${pointer}/*`)
  }
  walk(schema, "")
  return { properties, enumerations, inner }
}
