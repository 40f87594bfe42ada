import { native } from "../../ffi/index.ts"
import { cString } from "../../ffi/library.ts"
import { errnoText } from "../../kernel/errno.ts"
import { busLibrary } from "./library.ts"
import { type Typed, typesOf, type Value } from "../../spec/gvariant.ts"

/** libsystemd refused to do something that is the programmer's fault. */
export function check(result: number, what: string): number {
  if (result < 0) throw new Error(`libsystemd: ${what}: ${errnoText(-result)}`)
  return result
}

/** Holds an address that C writes. */
export function cell(): Buffer {
  return Buffer.alloc(8)
}

export function addressIn(of: Buffer): number {
  return Number(of.readBigUInt64LE())
}

/** Appends one value of a complete type to a message that is being made (sd_bus_message_append(3)). */
export function append(message: number, type: string, value: Value): void {
  const bus = busLibrary()
  const first = type[0] as string
  if (first === "a") return container(message, "a", type.slice(1), () => {
    for (const item of value as readonly Value[]) append(message, type.slice(1), item)
  })
  if (first === "v") {
    const { signature, value: inner } = value as Typed
    return container(message, "v", signature, () => append(message, signature, inner))
  }
  if (first === "(" || first === "{") {
    const inner = type.slice(1, -1)
    const parts = value as readonly Value[]
    return container(message, first === "(" ? "r" : "e", inner, () => {
      for (const [index, part] of typesOf(inner).entries()) append(message, part, parts[index] as Value)
    })
  }
  const bytes = basicBytes(first, value)
  check(bus.sd_bus_message_append_basic(message, first.charCodeAt(0), native.address(bytes)), `append a value of type ${type}`)
}

function container(message: number, kind: string, contents: string, fill: () => void): void {
  const bus = busLibrary()
  const text = cString(contents)
  check(bus.sd_bus_message_open_container(message, kind.charCodeAt(0), native.address(text)), `open a container of ${contents}`)
  fill()
  check(bus.sd_bus_message_close_container(message), "close a container")
}

/** A basic value as C has it. */
export function basicBytes(type: string, value: Value): Uint8Array {
  const bytes = Buffer.alloc(8)
  switch (type) {
    case "s": case "o": case "g": return cString(value as string)
    case "b": bytes.writeInt32LE(value === true ? 1 : 0); break
    case "y": bytes.writeUInt8(value as number); break
    case "n": bytes.writeInt16LE(value as number); break
    case "q": bytes.writeUInt16LE(value as number); break
    case "i": bytes.writeInt32LE(value as number); break
    case "u": bytes.writeUInt32LE(value as number); break
    case "x": bytes.writeBigInt64LE(BigInt(value as bigint)); break
    case "t": bytes.writeBigUInt64LE(BigInt(value as bigint)); break
    case "d": bytes.writeDoubleLE(value as number); break
    default: throw new Error(`no basic type of D-Bus: ${type}`)
  }
  return bytes
}

