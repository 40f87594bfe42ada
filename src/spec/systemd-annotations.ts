import { RuntsError } from "../error.ts"
import type { AnnotationName } from "./annotations.ts"
import { parseVariant, type Typed } from "./gvariant.ts"
import { pointerKey } from "./report.ts"
import type { Spec } from "./types.gen.ts"

/** Annotations with this prefix give properties of the container's unit, with the systemd cgroup driver, as with runc and crun. */
const PROPERTY_PREFIX = "org.systemd.property." satisfies AnnotationName

/**
 * The properties that annotations ask for, by name, in the order of config.json. A name that ends with "Sec" is of seconds: systemd's
 * property is one of microseconds (TimeoutStopSec is TimeoutStopUSec).
 * @throws RuntsError for what is no name of a property, or no value in GVariant's text form
 */
export function systemdProperties(of: Pick<Spec, "annotations">): (Typed & { readonly name: string })[] {
  const found: (Typed & { readonly name: string })[] = []
  for (const [key, text] of Object.entries(of.annotations ?? {})) {
    if (!key.startsWith(PROPERTY_PREFIX)) continue
    const name = key.slice(PROPERTY_PREFIX.length)
    const pointer = `/annotations/${pointerKey(key)}`
    if (name.length < 3 || !/^[A-Za-z]+$/.test(name)) {
      throw new RuntsError(`annotation ${key} name incorrect: ${JSON.stringify(name)} is no name of a property`, {
        code: "config-rule", pointer, hint: "expected three letters or more, as in org.systemd.property.MemoryHigh",
      })
    }
    let value: Typed
    try {
      value = parseVariant(text)
      found.push(/[a-z]Sec$/.test(name) ? { name: name.slice(0, -3) + "USec", ...microseconds(value) } : { name, ...value })
    } catch (error) {
      if (!(error instanceof RuntsError)) throw error
      throw new RuntsError(`annotation ${key}=${text} value parse error: ${error.message}`, {
        code: "config-rule", pointer, hint: "expected GVariant's text form, as true, uint64 5, 'text' or ['a.service', 'b.service']",
      })
    }
  }
  return found
}

/** uint64, of any number of seconds. */
function microseconds({ signature, value }: Typed): Typed {
  if (typeof value === "bigint" && value >= 0n) return { signature: "t", value: value * 1_000_000n }
  if (typeof value !== "number" || !(value >= 0)) throw new RuntsError(`a value of type ${signature} is no number of seconds`, { code: "config-rule" })
  return { signature: "t", value: BigInt(Math.round(value * 1e6)) }
}
