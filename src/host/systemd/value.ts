import type { Typed, Value } from "../../spec/gvariant.ts"

/** A property of a unit. */
export interface Property extends Typed {
  readonly name: string
}

export function property(name: string, signature: string, value: Value): Property {
  return { name, signature, value }
}
