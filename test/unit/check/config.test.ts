import { readFileSync } from "node:fs"
import fc from "fast-check"
import t from "tap"
import { ERROR_CODES } from "../../../src/error-codes.ts"
import { RuntsError } from "../../../src/error.ts"
import { setLogSink } from "../../../src/log.ts"
import { defaultRootlessSpec, defaultSpec } from "../../../src/spec/default.ts"
import { loadSpec } from "../../../src/spec/load.ts"
import { checkRules } from "../../../src/spec/rules.ts"
import { planCreate } from "../../../src/plan/create.ts"
import { configNames, CONFIGS, factsFor } from "../plan/helpers.ts"
import { configs, rounds } from "../property/configs.ts"
import { findingsOf, ownFindingsOf, told } from "./helpers.ts"

type Json = any

const base = (): Json => JSON.parse(JSON.stringify({ ...defaultSpec({ cgroup2: true }), process: { ...defaultSpec({ cgroup2: true }).process, terminal: false } }))

function changed(change: (config: Json) => void): string[] {
  const config = base()
  change(config)
  return told(findingsOf(JSON.stringify(config)))
}

t.test("the configs that `spec` writes have nothing wrong", (t) => {
  for (const spec of [defaultSpec({ cgroup2: true }), defaultSpec({ cgroup2: false }), defaultRootlessSpec({ cgroup2: true }, { uid: 1000, gid: 1000 })]) {
    t.same(told(findingsOf(JSON.stringify(spec))), [])
  }
  t.end()
})

t.test("the configs of engines have no errors, and no warnings", (t) => {
  const warnings = new Set<string>()
  for (const name of configNames) {
    for (const { severity, code, pointer } of findingsOf(readFileSync(new URL(name, CONFIGS), "utf8"))) {
      // a pod in the host's network, with its name: refused by runc, too
      const refused = name === "cri-config-04.json" && pointer === "/hostname"
      t.equal(severity === "error", refused, `${name}: ${pointer}`)
      if (severity === "warning") warnings.add(`${code} ${pointer}`)
    }
  }
  t.same([...warnings], [])
  t.end()
})

/** What is changed in a sound config, and all that is found then. */
const CASES: readonly (readonly [what: string, change: (config: Json) => void, ...found: string[]])[] = [
  ["version", (c) => (c.ociVersion = "2.0.0"), "error config-unknown-version /ociVersion"],
  ["version and more", (c) => { c.ociVersion = "2.0.0"; c.process.cwd = 5 }, "error config-unknown-version /ociVersion", "error config-schema /process/cwd"],
  ["type", (c) => (c.process.user.uid = "0"), "error config-schema /process/user/uid"],
  ["several", (c) => { c.process.cwd = "tmp"; c.linux.maskedPaths.push("x"); c.hooks = { prestart: [{ path: "x" }] } },
    "error config-rule /hooks/prestart/0/path", "error config-rule /linux/maskedPaths/10", "error config-rule /process/cwd", "notice config-deprecated /hooks/prestart"],
  ["types and rules at once", (c) => { c.process.cwd = 7; c.hostname = "h".repeat(65) }, "error config-schema /process/cwd", "error config-rule /hostname"],
  ["unknown key", (c) => (c.linux.maskedPath = []), "warning config-unknown-key /linux/maskedPath"],
  ["unknown capability", (c) => c.process.capabilities.bounding.push("CAP_X"), "warning config-no-effect /process/capabilities/bounding/3"],
  ["relative destination", (c) => c.mounts.push({ destination: "x", type: "tmpfs" }), "warning config-deprecated /mounts/7/destination"],
  ["older version", (c) => { c.ociVersion = "1.0.2"; c.process.scheduler = { policy: "SCHED_OTHER" } }, "notice config-version-low /process/scheduler"],
  ["other platform", (c) => (c.windows = {}), "warning config-no-effect /windows"],
  ["console size", (c) => (c.process.consoleSize = { width: 80, height: 25 }), "warning config-no-effect /process/consoleSize"],
  ["environment", (c) => c.process.env.push("X", "A=1", "A=2", "A=1"), "warning config-no-effect /process/env/2", "warning config-repeated /process/env/4"],
  ["no PATH", (c) => (c.process.env = []), "error executable-not-found /process/args/0"],
  ["user name", (c) => (c.process.user.username = "alice"), "warning config-no-effect /process/user/username"],
  ["capabilities that depend on others", (c) => (c.process.capabilities.ambient = ["CAP_KILL"]), "warning config-no-effect /process/capabilities/ambient"],
  ["mighty root", (c) => c.process.capabilities.bounding.push("CAP_SYS_ADMIN"), "notice config-weak /process/capabilities"],
  ["mighty root in a user namespace", (c) => {
    c.process.capabilities.bounding.push("CAP_SYS_ADMIN")
    c.linux.namespaces.push({ type: "user" })
    c.linux.uidMappings = c.linux.gidMappings = [{ containerID: 0, hostID: 100000, size: 1000 }]
  }],
  ["host's root in a user namespace", (c) => {
    c.linux.namespaces.push({ type: "user" })
    c.linux.uidMappings = c.linux.gidMappings = [{ containerID: 0, hostID: 0, size: 1000 }]
  }, "notice config-weak /linux/uidMappings/0/hostID"],
  ["misspelled annotation", (c) => (c.annotations = { "run.oci.hooks.stdot": "/x", "org.example": "y" }), "warning config-no-effect /annotations/run.oci.hooks.stdot"],
  ["no pid namespace", (c) => (c.linux.namespaces = c.linux.namespaces.filter(({ type }: Json) => type !== "pid")), "notice config-weak /linux/namespaces"],
  ["shared propagation", (c) => (c.linux.rootfsPropagation = "rshared"), "notice config-weak /linux/rootfsPropagation"],
  ["host's tree", (c) => c.mounts.push({ destination: "/host", type: "bind", source: "/", options: ["rbind"] }), "notice config-weak /mounts/7/source"],
  ["reservation", (c) => (c.linux.resources.memory = { limit: 4096, reservation: 8192 }), "warning config-no-effect /linux/resources/memory/reservation"],
  ["kernel memory", (c) => (c.linux.resources.memory = { kernel: 8192 }), "warning config-deprecated /linux/resources/memory/kernel"],
  ["period", (c) => (c.linux.resources.cpu = { period: 100000 }), "notice config-no-effect /linux/resources/cpu/period"],
  ["enableCMT", (c) => (c.linux.intelRdt = { enableCMT: true }), "warning config-deprecated /linux/intelRdt/enableCMT"],
  ["seccomp", (c) => (c.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [
    { names: ["read"], action: "SCMP_ACT_ALLOW" },
    { names: ["write"], action: "SCMP_ACT_KILL", args: [{ index: 0, value: 1, op: "SCMP_CMP_EQ" }, { index: 0, value: 2, op: "SCMP_CMP_EQ" }] },
  ] }), "notice config-no-effect /linux/seccomp/syscalls/0/action", "notice config-weak /linux/seccomp/syscalls/1/args"],
  ["no such user", (c) => (c.process.user.uid = 0xffffffff), "error config-rule /process/user/uid"],
  ["device number", (c) => (c.linux.devices = [{ type: "p", path: "/dev/x" }, { type: "c", path: "/dev/y", major: 4096, minor: 1 }]), "error config-rule /linux/devices/1/major"],
  ["device rule", (c) => c.linux.resources.devices.push({ allow: true, type: "c", major: -7 }), "error config-schema /linux/resources/devices/1/major"],
  ["option of a bind", (c) => c.mounts.push({ destination: "/x", type: "bind", source: "/x", options: ["bnd"] }), "error mount-option /mounts/7/options"],
  ["two mounts with faults", (c) => c.mounts.push({ destination: "/x", source: "/x" }, { destination: "/proc/x", type: "tmpfs" }), "error config-rule /mounts/7/type", "error config-rule /mounts/8/destination"],
  ["opposites", (c) => c.mounts.push({ destination: "/x", type: "tmpfs", options: ["ro", "rw"] }), "warning config-repeated /mounts/7/options/1"],
  ["hidden mounts", (c) => c.mounts.push({ destination: "/dev/", type: "tmpfs" }), "warning config-hidden /mounts/7/destination"],
  ["a mount over another", (c) => c.mounts.push({ destination: "/dev/shm", type: "tmpfs" }), "notice config-hidden /mounts/7/destination"],
  ["remounts hide nothing", (c) => c.mounts.push({ destination: "/dev", options: ["remount", "ro"] })],
  ["data of a bind", (c) => c.mounts.push({ destination: "/x", type: "bind", source: "/x", options: ["size=1"] }), "warning config-no-effect /mounts/7/options"],
  ["idmap without mappings", (c) => c.mounts.push({ destination: "/x", type: "bind", source: "/x", options: ["bind", "idmap"] }), "error id-map-failed /mounts/7/options"],
  ["idmap of ids that the container has not", (c) => c.mounts.push({ destination: "/x", type: "bind", source: "/x", options: ["bind", "idmap=uids=0-@5-1"] }), "error mount-option /mounts/7/options"],
  ["terminal without devpts", (c) => { c.process.terminal = true; c.mounts.splice(2, 1) }, "error mount-failed /process/terminal"],
  ["user namespace without mount namespace", (c) => {
    c.linux = { namespaces: [{ type: "user" }, { type: "pid" }], uidMappings: [{ containerID: 0, hostID: 1, size: 1 }], gidMappings: [{ containerID: 0, hostID: 1, size: 1 }] }
    delete c.hostname
  }, "notice config-weak /linux/namespaces", "error config-unsupported /linux/namespaces"],
]

for (const [what, change, ...found] of CASES) {
  t.test(`check: ${what}`, (t) => {
    t.same(changed(change).sort(), [...found].sort())
    t.end()
  })
}

t.test("a key that is there twice, and one whose value is null", (t) => {
  const text = JSON.stringify(base()).replace('"hostname":', '"hostname":null,"hostname":')
  t.same(told(findingsOf(text)), ["warning config-repeated /hostname"])
  t.end()
})

t.test("what config.json holds instead of an object is told", (t) => {
  for (const text of ["5", "null", "[]", '"x"', "true"]) t.match(told(findingsOf(text)), [/^error config-schema $/], text)
  t.end()
})

/** The faults of config.json alone that create ends with. */
function refusal(text: string): RuntsError | undefined {
  const before = setLogSink({ write() {} })
  try {
    checkRules(loadSpec(Buffer.from(text), "config.json"))
    return undefined
  } catch (error) {
    if (error instanceof RuntsError) return error
    throw error
  } finally {
    setLogSink(before)
  }
}

t.test("what create refuses of any config, check finds, with the same code; and its codes are known", (t) => {
  let refused = 0
  fc.assert(fc.property(configs, (config) => {
    const text = JSON.stringify(config)
    const findings = findingsOf(text)
    const error = refusal(text)
    for (const { code, message } of findings) if (!Object.hasOwn(ERROR_CODES, code) || message === "") return false
    if (error === undefined) return !ownFindingsOf(text).some(({ severity }) => severity === "error")
    refused++
    return findings.some(({ severity, pointer, code }) => {
      return severity === "error" && pointer === (error.details.pointer ?? "") && code === (error.details.code ?? code)
    })
  }), rounds(400))
  t.ok(refused > 20, `${refused} configs were refused`)
  t.end()
})

t.test("what no plan can be made of, check finds, at the same place and with the same code", (t) => {
  let refused = 0
  const before = setLogSink({ write() {} })
  t.teardown(() => setLogSink(before))
  fc.assert(fc.property(configs, (config) => {
    const text = JSON.stringify(config)
    if (refusal(text) !== undefined) return true
    const spec = loadSpec(Buffer.from(text), "config.json")
    try {
      planCreate(spec, factsFor(spec))
      return true
    } catch (error) {
      if (!(error instanceof RuntsError)) throw error
      refused++
      const { pointer, code } = error.details
      return findingsOf(text).some((finding) => finding.severity === "error" && finding.pointer === pointer && finding.code === code)
    }
  }), rounds(400))
  t.ok(refused > 5, `${refused} plans were refused`)
  t.end()
})
