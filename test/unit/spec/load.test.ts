import { readFileSync } from "node:fs"
import t from "tap"
import { loadProcess, loadResources, loadSpec } from "../../../src/spec/load.ts"
import { JSON_BYTES_MAX } from "../../../src/spec/json.ts"
import { bytesOf, errorOf, load, minimal, pointersOf, warningsOf } from "./helpers.ts"
import type { Json } from "./helpers.ts"

const schema: Json = JSON.parse(readFileSync(new URL("../../../schemas/config.schema.json", import.meta.url), "utf8"))

t.test("loadSpec: a valid config comes back as it is", (t) => {
  t.same(load(minimal()), minimal())
  t.same(warningsOf(() => load(minimal())), [])
  t.end()
})

t.test("loadSpec: process.user is completed with 0", (t) => {
  const config = minimal()
  delete config.process.user
  t.same(load(config).process?.user, { uid: 0, gid: 0 })
  config.process.user = { gid: 5, umask: 18 }
  t.same(load(config).process?.user, { uid: 0, gid: 5, umask: 18 })
  t.same(loadProcess(bytesOf({ cwd: "/", args: ["x"] }), "process.json").user, { uid: 0, gid: 0 })
  t.end()
})

t.test("loadSpec: other platforms' parts are accepted unread", (t) => {
  for (const key of ["solaris", "windows", "vm", "zos", "freebsd"]) {
    t.same(warningsOf(() => load({ ...minimal(), [key]: { any: ["thing"] } })), [], key)
    t.same(pointersOf(errorOf(() => load({ ...minimal(), [key]: "x" }))), [`/${key}`])
  }
  t.end()
})

t.test("loadSpec: all faults are listed, each with pointer, value and what was expected", (t) => {
  const config = minimal()
  config.process.cwd = 5
  config.process.noNewPrivileges = "yes"
  config.mounts = [{ destination: "/a" }, { source: "x" }]
  config.linux.namespaces[1] = { type: "utz" }
  config.linux.resources = { cpu: { shares: -1 }, pids: { limit: 1.5 }, blockIO: { weight: 70000 } }
  const error = errorOf(() => load(config))
  t.equal(error.message.split("\n")[0], "config.json: 7 faults")
  t.match(error.message, "\n  /process/cwd: 5 is a number; expected a string")
  t.match(error.message, "\n  /process/noNewPrivileges: \"yes\" is a string; expected true or false")
  t.match(error.message, "\n  /mounts/1/destination: missing; it is required")
  t.match(error.message, "\n  /linux/namespaces/1/type: \"utz\" is unknown; expected pid, network, mount, ipc, uts,")
  t.match(error.message, "\n  /linux/resources/cpu/shares: -1 is too small; expected at least 0")
  t.match(error.message, "\n  /linux/resources/pids/limit: 1.5 is a number; expected an integer")
  t.match(error.message, "\n  /linux/resources/blockIO/weight: 70000 is too large; expected at most 65535")
  t.ok(error.details.pointer?.startsWith("/"))
  t.end()
})

t.test("loadSpec: broken rules are told beside wrong types, but not of the same value", (t) => {
  const config = minimal()
  config.process.cwd = "tmp"
  config.process.user = { uid: "zero" }
  config.process.args = "sh"
  config.linux.maskedPaths = ["x"]
  t.same(pointersOf(errorOf(() => load(config))).sort(), ["/linux/maskedPaths/0", "/process/args", "/process/cwd", "/process/user/uid"])
  t.end()
})

t.test("loadSpec: one fault is one line", (t) => {
  const config = minimal()
  config.process.args = ["a", { b: 1 }]
  t.equal(errorOf(() => load(config)).message, "config.json: /process/args/1: an object; expected a string")
  config.process.args = "x".repeat(500)
  t.ok(errorOf(() => load(config)).message.length < 160, "long values are cut")
  t.end()
})

t.test("loadSpec: thousands of faults are cut", (t) => {
  const lines = errorOf(() => load({ ...minimal(), mounts: Array(3000).fill(7) })).message.split("\n")
  t.equal(lines[0], "config.json: 3000 faults")
  t.equal(lines.length, 52)
  t.equal(lines[51], "  and 2950 more")
  t.end()
})

t.test("loadSpec: every scalar of a wrong type is a fault with its pointer", (t) => {
  let count = 0
  for (const [pointer, node] of scalars()) {
    const wrong = node.type === "string" || node.enum !== undefined ? 7 : "seven"
    const error = errorOf(() => load(withValue(pointer, wrong)))
    if (!pointersOf(error).includes(pointer)) t.fail(`${pointer}: ${error.message}`)
    count++
  }
  t.ok(count > 150, `${count} scalars`)
  t.end()
})

t.test("loadSpec: null is absent in every optional member", (t) => {
  const config = minimal()
  Object.assign(config, { mounts: null, hooks: null, annotations: { a: "b", c: null }, hostname: null, windows: null })
  Object.assign(config.process, { env: null, capabilities: { bounding: null }, rlimits: null, oomScoreAdj: null })
  Object.assign(config.linux, { seccomp: null, resources: { devices: null, memory: { limit: null } }, sysctl: null })
  const spec = load(config)
  t.notOk(JSON.stringify(spec).includes("null"))
  t.same(spec.annotations, { a: "b" })
  t.same(spec.linux?.resources, { memory: {} })
  t.end()
})

t.test("loadSpec: null where something must be is a fault", (t) => {
  t.equal(errorOf(() => load({ ...minimal(), root: { path: null } })).message, "config.json: /root/path: missing; it is required")
  t.match(errorOf(() => load({ ...minimal(), mounts: [null] })).message, "/mounts/0: null; expected an object")
  t.end()
})

t.test("loadSpec: NUL bytes are refused in every string, keys too", (t) => {
  const config = minimal()
  config.process.env = ["A=b", "C=\0d"]
  config.annotations = { "a\0b": "c" }
  config.windows = { deep: ["\0"] }
  const error = errorOf(() => load(config))
  t.match(error.message, "config.json: 3 faults")
  t.match(error.message, "/process/env/1: \"C=\\u0000d\" holds a NUL byte")
  t.match(error.message, "/windows/deep/0: ")
  t.match(error.message, "\"/annotations/a\\u0000b\": the key holds a NUL byte")
  t.notOk(error.message.includes("\0"))
  const text = JSON.stringify({ ...minimal(), hostname: "a\\u0000" })
  t.equal(load(text).hostname, "a\\u0000", "an escaped backslash is not a NUL")
  t.end()
})

t.test("loadSpec: unknown keys are warned of, with the name that was meant", (t) => {
  const config = minimal()
  config.linux.rootPropagation = "shared"
  config.process.CWD = "/tmp"
  config.mounts = [{ destination: "/x", option: ["ro"] }]
  config.quite_another_thing = { a: 1 }
  config["a/b"] = 1
  t.same(
    warningsOf(() => load(config)).sort(),
    [
      "config.json: /a~1b: unknown key; it is ignored",
      "config.json: /linux/rootPropagation: unknown key; did you mean rootfsPropagation?",
      "config.json: /mounts/0/option: unknown key; did you mean options?",
      "config.json: /process/CWD: unknown key; did you mean cwd?",
      "config.json: /quite_another_thing: unknown key; it is ignored",
    ],
  )
  t.end()
})

t.test("loadSpec: __proto__ and other names of Object.prototype are keys as any", (t) => {
  const odd = "{\"__proto__\": {\"hostname\": \"x\"}, \"toString\": null, \"constructor\": 1,"
  const text = JSON.stringify(minimal()).replace("{", odd)
  const warnings = warningsOf(() => t.equal(load(text).hostname, undefined))
  t.equal(warnings.length, 2)
  t.end()
})

t.test("loadSpec: ociVersion 1.x is read, others are not", (t) => {
  for (const version of ["1.0.0", "1.0.0-rc5", "1.0.2-dev", "1.2.1", "1.3.0", "1.3.0+dev", "1.99.0"]) {
    t.equal(load({ ...minimal(), ociVersion: version }).ociVersion, version)
  }
  for (const version of ["", "1", "1.0", "1.", "1.0.", "1.x.0", "1.0.0x", "0.9.0", "2.0.0", "10.0.0", "v1.0.0"]) {
    const error = errorOf(() => load({ ...minimal(), ociVersion: version, root: 7 }))
    t.equal(error.message, `config.json: ociVersion: "${version}" is not supported, runts knows 1.0.0 to 1.3.0`)
    t.equal(error.details.pointer, "/ociVersion")
  }
  const config = minimal()
  delete config.ociVersion
  t.equal(errorOf(() => load(config)).message, "config.json: /ociVersion: missing; it is required")
  config.ociVersion = 1
  t.equal(errorOf(() => load(config)).message, "config.json: /ociVersion: 1 is a number; expected a string")
  t.end()
})

t.test("loadSpec, loadProcess, loadResources: what is not an object is refused", (t) => {
  for (const [text, shown] of [["[]", "an array"], ["null", "null"], ["7", "7"], ["\"x\"", "\"x\""], ["true", "true"]] as const) {
    for (const read of [loadSpec, loadProcess, loadResources]) {
      t.equal(errorOf(() => read(bytesOf(text), "f.json")).message, `f.json: holds ${shown}; expected an object`)
    }
  }
  t.end()
})

t.test("loadProcess: faults point into the process file", (t) => {
  const error = errorOf(() => loadProcess(bytesOf({ args: [1], user: { uid: -1 } }), "/tmp/p.json"))
  t.same(pointersOf(error).sort(), ["/args/0", "/cwd", "/user/uid"])
  t.match(error.message, /^\/tmp\/p\.json: 3 faults/)
  const warnings = warningsOf(() => loadProcess(bytesOf({ cwd: "/", arg: [] }), "p.json"))
  t.same(warnings, ["p.json: /arg: unknown key; did you mean args?"])
  t.end()
})

t.test("loadResources: reads linux.resources", (t) => {
  t.same(loadResources(bytesOf({ memory: { limit: -1, swap: null }, pids: null }), "-"), { memory: { limit: -1 } })
  t.equal(errorOf(() => loadResources(bytesOf({ memory: { limit: "1" } }), "-")).message,
    "-: /memory/limit: \"1\" is a string; expected an integer")
  t.end()
})

t.test("loadSpec: integers at the ends of 64 bits", (t) => {
  const text = (field: string) => `{"ociVersion":"1.3.0","linux":{"resources":{"memory":{"limit":${field}}}}}`
  t.equal(load(text("9223372036854771712")).linux?.resources?.memory?.limit, 2 ** 63 - 4096)
  t.equal(load(text("9223372036854775807")).linux?.resources?.memory?.limit, 2 ** 63)
  t.equal(load(text("-9223372036854775808")).linux?.resources?.memory?.limit, -(2 ** 63))
  t.match(errorOf(() => load(text("18446744073709551615"))).message, "is too large; expected at most 9223372036854775807")
  t.match(errorOf(() => load(text("1e400"))).message, "/linux/resources/memory/limit")
  t.equal(load(text("1e3")).linux?.resources?.memory?.limit, 1000)
  t.end()
})

t.test("loadSpec: rlimits and seccomp arguments are exact", (t) => {
  const text = JSON.stringify({
    ...minimal(),
    annotations: { id: "12345678901234567890", "quoted \"9007199254740993\"": "\\", x: "a: 9007199254740993, " },
    process: {
      cwd: "/",
      args: ["x"],
      rlimits: [{ type: "RLIMIT_CORE", soft: "S", hard: "H" }, { type: "RLIMIT_CPU", soft: 5, hard: 6 }],
    },
    linux: {
      resources: { memory: { limit: 9223372036854771712 } },
      seccomp: {
        defaultAction: "SCMP_ACT_ALLOW",
        syscalls: [
          { names: ["a"], action: "SCMP_ACT_LOG" },
          { names: ["b"], action: "SCMP_ACT_LOG", args: [{ index: 0, value: "V", valueTwo: 3, op: "SCMP_CMP_EQ" }] },
        ],
      },
    },
  }).replace("\"S\"", "9007199254740993").replace("\"H\"", " 18446744073709551615").replace("\"V\"", "18446744069414584321")
  const spec = load(text)
  t.same(spec.process?.rlimits?.[0], { type: "RLIMIT_CORE", soft: 9007199254740993n, hard: 18446744073709551615n })
  t.same(spec.process?.rlimits?.[1], { type: "RLIMIT_CPU", soft: 5, hard: 6 })
  const [arg] = spec.linux?.seccomp?.syscalls?.[1]?.args ?? []
  t.same(arg, { index: 0, value: 18446744069414584321n, valueTwo: 3, op: "SCMP_CMP_EQ" })
  t.equal(spec.annotations?.id, "12345678901234567890")
  t.equal(spec.annotations?.x, "a: 9007199254740993, ")
  t.equal(spec.linux?.resources?.memory?.limit, 9223372036854771712)
  t.end()
})

t.test("loadProcess: exact rlimits, in exponent notation too, and none above 64 bits", (t) => {
  const rlimits = (hard: string) => bytesOf(`{"cwd":"/","args":["x"],"rlimits":[{"type":"RLIMIT_AS","soft":0,"hard":${hard}}]}`)
  t.equal(loadProcess(rlimits("18446744073709551615"), "p").rlimits?.[0]?.hard, 2n ** 64n - 1n)
  t.equal(loadProcess(rlimits("1e19"), "p").rlimits?.[0]?.hard, 10n ** 19n)
  t.equal(loadProcess(rlimits("1.2345678901234567890e19"), "p").rlimits?.[0]?.hard, BigInt(1.2345678901234567890e19))
  t.equal(errorOf(() => loadProcess(rlimits("18446744073709551616"), "p")).message,
    "p: /rlimits/0/hard: 18446744073709551616 is too large; expected at most 18446744073709551615")
  t.match(errorOf(() => loadProcess(rlimits("18446744073709559999"), "p")).message, "too large")
  t.match(errorOf(() => loadProcess(rlimits("-9223372036854775809"), "p")).message, "too small")
  t.end()
})

t.test("loadSpec: 10 MB are read, 64 MiB and more are not", (t) => {
  const env = Array.from({ length: 100_000 }, (_, i) => `NAME_${i}=${"x".repeat(95)}`)
  const bytes = bytesOf({ ...minimal(), process: { ...minimal().process, env } })
  t.ok(bytes.length > 10_000_000)
  t.equal(loadSpec(bytes, "config.json").process?.env?.length, 100_000)
  t.match(errorOf(() => loadSpec(new Uint8Array(JSON_BYTES_MAX + 1), "config.json")).message, /67108865 bytes are too many/)
  t.end()
})

t.test("loadSpec: deep nesting is refused, not crashed on", (t) => {
  const deep = 100_000
  t.match(errorOf(() => load("[".repeat(deep))).message, "config.json:1:100001: not JSON: the file ends here; expected a value")
  t.match(errorOf(() => load("[".repeat(deep) + "]".repeat(deep))).message, /holds an array|nested too deeply/)
  const text = JSON.stringify(minimal()).replace("{", `{"foo": ${"{\"a\":".repeat(deep)}1${"}".repeat(deep)},`)
  t.match(errorOf(() => load(text)).message, /nested (deeper than 200 levels|too deeply)/)
  t.end()
})

/** Pointer and schema of every scalar of config.json, with `0` for the place in an array and `x` for that in a map. */
function* scalars(node: Json = schema, pointer = ""): Generator<[string, Json]> {
  const to = resolve(node)
  if (to.type === "array") yield* scalars(to.items, `${pointer}/0`)
  else if (to.properties !== undefined) {
    for (const key of Object.keys(to.properties)) yield* scalars(to.properties[key], `${pointer}/${key}`)
  } else if (to.type === "object") {
    if (to.additionalProperties !== undefined) yield* scalars(to.additionalProperties, `${pointer}/x`)
  } else yield [pointer, to]
}

function resolve(node: Json): Json {
  return node.$ref === undefined ? node : schema.$defs[node.$ref.slice("#/$defs/".length)]
}

/** A config with nothing but what leads to `pointer`. */
function withValue(pointer: string, value: unknown): Json {
  const parts = pointer.split("/").slice(1)
  const nested = parts.reduceRight((inner: unknown, part) => (part === "0" ? [inner] : { [part]: inner }), value) as Json
  return { ociVersion: "1.3.0", ...nested }
}
