import { readFileSync } from "node:fs"
import fc from "fast-check"
import { roundsOf } from "../../../conformance/lib/share.ts"
import { configNames, CONFIGS, processNames } from "../plan/helpers.ts"
import type { Json } from "../spec/helpers.ts"
import { places, resolve, schema, withValue } from "../spec/schema-places.ts"

/*
 * Random JSON for fast-check: values by the schema, configs of engines with parts replaced by such values or by junk, and files whose bytes
 * were changed. RUNTS_SEED looks elsewhere, RUNTS_ROUNDS more often; a failure prints its seed and the smallest input that still fails.
 */

/** The whole is so many times the share. */
const WHOLE_IS = 50

/** Parameters of `fc.assert`. */
export function rounds(count: number): { seed: number; numRuns: number } {
  return { seed: Number(process.env.RUNTS_SEED ?? 20261122), numRuns: roundsOf(count, count * WHOLE_IS) }
}

/** Texts that have tripped somebody up. */
const TEXTS = [
  "", "/", ".", "..", "/..", "/../../etc", "a/../../b", "//", "/a//b/", "a b", "é", "\u{1d11e}", "x".repeat(300), "/" + "a/".repeat(40), "__proto__", "constructor",
  "=", "0", "-1", "1e9", "0x10", "+1", "rbind", "bind", "rro", "idmap", "ridmap", "tmpcopyup", "size=1", "mode=755", "ro", "/proc", "/proc/self", "/proc/../x", "/proc/self/exe",
  "/proc/cpuinfo", "/dev", "/dev/null", "/dev/pts/0", "/sys", "/sys/fs/cgroup", "/run", "proc", "sysfs", "tmpfs", "mqueue", "cgroup", "cgroup2", "devpts", "overlay", "none",
  "CAP_SYS_ADMIN", "CAP_NONE", "ALL", "RLIMIT_NOFILE", "rlimit_core", "0-3", "0-", "3-1", "9999999999999999999", "memory.max", "cpu.max", "../memory.max", "a/b", "max", "8:0 rbps=max",
  "L3:0=f", "MB:0=10", "net.ipv4.ip_forward", "net/ipv4/ip_forward", "kernel.shmmax", "fs.mqueue.msg_max", "../x", "run.oci.systemd.subgroup", "boottime", "monotonic", "c", "b", "p", "u", "a",
  "rwm", "\0", "\n", "a\nb", "\ud800", "%s", "$(id)", "1.0.0", "1.3.0", "9.9.9", "open", "clone", "no_such_call",
]
const NUMBERS = [0, 1, 2, 7, 9, 64, 1024, 65535, 65536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 2 ** 63, 2 ** 64 - 2048, -1, -1000, -(2 ** 31), -(2 ** 63)]

const text: fc.Arbitrary<string> = fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...TEXTS) }, fc.string({ maxLength: 8 }),
  fc.array(fc.constantFrom("..", ".", "", "a", "proc", "dev", "sys", "é"), { maxLength: 5 }).map((parts) => "/" + parts.join("/")))

/** Anything at all. */
const junk: fc.Arbitrary<Json> = fc.oneof(text, fc.constantFrom(...NUMBERS, 0.5, -0, 1e300), fc.boolean(), fc.constant(null), fc.jsonValue({ maxDepth: 2 }))

const known = new Map<Json, fc.Arbitrary<Json>>()

/** A value that the schema allows at this place. */
function valueOf(node: Json): fc.Arbitrary<Json> {
  let made = known.get(node)
  if (made === undefined) known.set(node, (made = madeFor(resolve(node))))
  return made
}

function madeFor(to: Json): fc.Arbitrary<Json> {
  if (to.enum !== undefined) return fc.constantFrom(...to.enum)
  if (to.type === "string") return text
  if (to.type === "boolean") return fc.boolean()
  if (to.type === "integer") {
    const [least, most] = [to.minimum ?? -(2 ** 63), to.maximum ?? 2 ** 63]
    return fc.oneof(fc.constantFrom(...NUMBERS.filter((number) => number >= least && number <= most), least), fc.nat(40).map((number) => Math.max(least, Math.min(most, number))))
  }
  if (to.type === "array") return fc.array(fc.nat(), { maxLength: 3 }).chain((items) => fc.tuple(...items.map(() => valueOf(to.items))))
  if (to.properties === undefined) {
    if (typeof to.additionalProperties !== "object") return fc.constant({})
    return fc.dictionary(text, valueOf(to.additionalProperties), { maxKeys: 3 }).map((value) => ({ ...value }))
  }
  const required: readonly string[] = to.required ?? []
  return fc.subarray(Object.keys(to.properties)).chain((some) => {
    const keys = [...new Set([...required, ...some])]
    return fc.tuple(...keys.map((key) => valueOf(to.properties[key]))).map((values) => Object.fromEntries(keys.map((key, i) => [key, values[i]])))
  })
}

/** A whole value of one of the schema's definitions, as "Process". */
export function valid(name: string): fc.Arbitrary<Json> {
  return valueOf({ $ref: `#/$defs/${name}` })
}

const read = (name: string): Json => JSON.parse(readFileSync(new URL(name, CONFIGS), "utf8"))

/** One of the files with up to six of its parts replaced, mostly by what the schema allows there. */
function mutants(names: readonly string[], node: Json): fc.Arbitrary<Json> {
  const files = names.map((name) => {
    const value = read(name)
    return { value, places: [...places(value, "", node)] }
  })
  return fc.constantFrom(...files).chain(({ value, places }) => {
    const change = fc.constantFrom(...places).chain((place) =>
      fc.oneof({ weight: 6, arbitrary: valueOf(place.node) }, { weight: 1, arbitrary: junk }, { weight: 1, arbitrary: fc.constant(undefined) })
        .map((next) => ({ pointer: place.pointer, next })))
    const extra = fc.constantFrom(...Object.keys(resolve(schema.$defs.Linux).properties)).chain((key) =>
      valueOf(resolve(schema.$defs.Linux).properties[key]).map((next) => ({ pointer: `/linux/${key}`, next })))
    const changes = node === schema ? fc.oneof({ weight: 2, arbitrary: change }, extra) : change
    return fc.array(changes, { minLength: 1, maxLength: 6 }).map((list) => list.reduce((config, { pointer, next }) => replaced(config, pointer, next), value))
  })
}

/** The value with another part; as it is where an earlier change has taken the place away. */
function replaced(value: Json, pointer: string, next: Json): Json {
  try {
    return withValue(value, pointer, next)
  } catch {
    return value
  }
}

/** Configs of engines with changes, and configs of nothing but the schema. */
export const configs: fc.Arbitrary<Json> = fc.oneof({ weight: 4, arbitrary: mutants(configNames, schema) }, valueOf(schema))

/** process.json of engines with changes, and such of nothing but the schema. */
export const processes: fc.Arbitrary<Json> = fc.oneof(mutants(processNames, schema.$defs.Process), valid("Process"))

/** config.json whose bytes were cut, doubled, overwritten. */
export const spoilt: fc.Arbitrary<Uint8Array> = fc.tuple(
  fc.constantFrom(...configNames),
  fc.array(fc.record({ at: fc.nat(), length: fc.nat(40), kind: fc.constantFrom("cut", "double", "put", "end"), bytes: fc.uint8Array({ maxLength: 5 }),
    text: fc.constantFrom('"', "{", "}", "[", "]", ",", ":", "\\u0000", "\\ud800", "\\", "-", "e999", "null", "//", "\u{feff}", '"a":1,', "9".repeat(400)) }), { minLength: 1, maxLength: 3 }),
).map(([name, edits]) => edits.reduce<Uint8Array>((file, { at, length, kind, bytes, text }) => {
  const from = at % (file.length + 1)
  const [before, part, after] = [file.subarray(0, from), file.subarray(from, from + length), file.subarray(from + length)]
  if (kind === "cut") return Buffer.concat([before, after])
  if (kind === "double") return Buffer.concat([before, part, part, after])
  if (kind === "end") return before
  return Buffer.concat([before, bytes, Buffer.from(text), part, after])
}, readFileSync(new URL(name, CONFIGS))))
