import t, { type Test } from "tap"
import type { Box } from "../../conformance/lib/box.ts"
import { command, expectSuccess, said } from "../../conformance/lib/command.ts"
import { runtimePath } from "../../conformance/lib/environment.ts"
import { boxTest } from "../../conformance/lib/test.ts"

/* features.md and features-linux.md: what a runtime says of itself is true of it; see docs/conformance.md. */

const NONE = { skipFor: { crun: "1.8 has no such command" } } as const
const LATE = { skipFor: { crun: "1.8 has no such command", runc: "1.1 says none of it" } } as const

interface Features {
  ociVersionMin: string
  ociVersionMax: string
  hooks: string[]
  mountOptions: string[]
  annotations?: Record<string, unknown>
  potentiallyUnsafeConfigAnnotations?: string[]
  linux: {
    seccomp: { actions: string[]; operators: string[]; archs: string[]; knownFlags?: string[]; supportedFlags?: string[] }
    memoryPolicy?: { modes: string[]; flags: string[] }
    mountExtensions?: { idmap?: { enabled: boolean } }
  }
}

function features(): Features {
  return JSON.parse(expectSuccess(command([runtimePath, "features"])).stdout) as Features
}

/** Properties of the structure and of its `linux`, by the version that brought them. */
const KNOWN = ["ociVersionMin", "ociVersionMax", "hooks", "mountOptions", "linux", "annotations", "potentiallyUnsafeConfigAnnotations"]
const KNOWN_LINUX = [
  "namespaces", "capabilities", "cgroup", "seccomp", "apparmor", "selinux", "intelRdt", "memoryPolicy", "mountExtensions", "netDevices",
]

boxTest("versions: both are there, in order, and taken as ociVersion [features] [clause features.md/specification-version-1, " +
  "clause features.md/specification-version-2, clause features.md/specification-version-3]", NONE, (t, box) => {
  const { ociVersionMin, ociVersionMax } = features()
  const numbers = [ociVersionMin, ociVersionMax].map((version) => {
    t.match(version, /^\d+\.\d+\.\d+([-+][\w.+-]+)?$/)
    const [major = 0, minor = 0, patch = 0] = version.split(/[-+]/)[0]?.split(".").map(Number) ?? []
    return major * 1e6 + minor * 1e3 + patch
  }) as [number, number]
  t.ok(numbers[0] <= numbers[1])
  for (const version of [ociVersionMin, ociVersionMax]) {
    box.config.ociVersion = version
    t.equal(box.run().code, 0, version)
  }
})

boxTest("no properties but those that the specification defines [features] [clause features.md/specification-version-4]", NONE, (t) => {
  const document = features()
  t.same(Object.keys(document).filter((name) => !KNOWN.includes(name)), [])
  t.same(Object.keys(document.linux).filter((name) => !KNOWN_LINUX.includes(name)), [])
})

boxTest("each hook that is named is called [features] [clause features.md/hooks-1]", { skipFor: { ...NONE.skipFor, runc: "1.1 loses poststart hooks of a run" } }, (t, box) => {
  const { hooks } = features()
  box.config.hooks = Object.fromEntries(hooks.map((name) => [name, [{
    path: "/bin/sh", args: ["sh", "-c", `: >${name === "startContainer" ? "" : box.rootfs}/called-${name}`],
  }]]))
  t.equal(box.args("/bin/true").run().code, 0)
  for (const name of hooks) t.equal(command(["test", "-e", `${box.rootfs}/called-${name}`]).code, 0, name)
})

boxTest("mount options: words, no data of file systems [features] [clause features.md/mount-options-2]", NONE, (t) => {
  const { mountOptions } = features()
  t.same(mountOptions.filter((word) => /=|^(mode|size|uid|gid|nr_inodes|newinstance|ptmxmode|lowerdir|upperdir|workdir|hidepid)$/.test(word)), [])
  t.equal(new Set(mountOptions).size, mountOptions.length)
})

boxTest("annotations: a map of strings with names [features] [clause features.md/annotations-1]", NONE, (t) => {
  for (const [name, value] of Object.entries(features().annotations ?? {})) {
    t.not(name, "")
    t.type(value, "string", name)
  }
})

boxTest("annotations that change what the runtime does are named [features] [clause features.md/unsafe-annotations-in-configjson-1]", LATE, (t) => {
  const named = features().potentiallyUnsafeConfigAnnotations ?? []
  t.ok(named.includes("run.oci.keep_original_groups") || named.includes("run.oci."), named.join())
})

/** Whether create takes a seccomp profile: true, or the message of an error that is not about a word it does not know. */
function recognized(t: Test, box: Box, what: string, seccomp: object): void {
  box.config.linux.seccomp = seccomp
  const result = box.args("/bin/true").run()
  if (result.code !== 0) t.notMatch(said(result), /unknown|not recognized|invalid (string|value)|is not (one|a valid)|did you mean/, what)
  else t.pass(what)
}

boxTest("seccomp: each action, operator and architecture that is named is recognized [features] [clause features-linux.md/seccomp-1, " +
  "clause features-linux.md/seccomp-2, clause features-linux.md/seccomp-3]", NONE, (t, box) => {
  const { actions, operators, archs } = features().linux.seccomp
  const rule = { names: ["personality"], action: "SCMP_ACT_ERRNO" }
  for (const action of actions) recognized(t, box, action, { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ ...rule, action }] })
  for (const op of operators) {
    recognized(t, box, op, { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ ...rule, args: [{ index: 0, value: 7, valueTwo: 7, op }] }] })
  }
  for (const arch of archs) recognized(t, box, arch, { defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_X86_64", arch], syscalls: [rule] })
  for (const wrong of [{ syscalls: [{ ...rule, action: "SCMP_ACT_NONE" }] }, { architectures: ["SCMP_ARCH_NONE"], syscalls: [rule] }]) {
    box.config.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", ...wrong }
    t.not(box.run().code, 0, "a word that is none")
  }
})

boxTest("seccomp: each flag that is named is recognized, and works where it is called supported [features] [clause features-linux.md/seccomp-4]",
  { skipFor: { ...NONE.skipFor, runc: "1.1 names no flags" } }, (t, box) => {
  const { knownFlags = [], supportedFlags = [] } = features().linux.seccomp
  const profile = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["personality"], action: "SCMP_ACT_ERRNO" }] }
  for (const flag of knownFlags) recognized(t, box, flag, { ...profile, flags: [flag] })
  for (const flag of supportedFlags.filter((name) => name !== "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV")) {
    box.config.linux.seccomp = { ...profile, flags: [flag] }
    const result = box.run()
    t.equal(result.code, 0, `${flag}: ${result.stderr}`)
  }
})

boxTest("memoryPolicy: each mode and flag that is named is recognized [features] [clause features-linux.md/memorypolicy-1]", LATE, (t, box) => {
  const { modes, flags } = features().linux.memoryPolicy ?? { modes: [], flags: [] }
  t.ok(modes.length > 0)
  for (const policy of [...modes.map((mode) => ({ mode })), ...flags.map((flag) => ({ mode: "MPOL_BIND", nodes: "0", flags: [flag] }))]) {
    box.config.linux.memoryPolicy = policy
    const result = box.args("/bin/true").run()
    if (result.code !== 0) t.notMatch(said(result), /unknown|did you mean/, JSON.stringify(policy))
  }
})

boxTest("idmap is called enabled, and mappings of a mount are recognized [features] [clause features-linux.md/mountextensions-1]", LATE, (t, box) => {
  t.equal(features().linux.mountExtensions?.idmap?.enabled, true)
  const ids = [{ containerID: 0, hostID: 4321, size: 10 }]
  box.config.mounts.push({ destination: "/mnt", type: "bind", source: box.rootfs, options: ["bind", "idmap"], uidMappings: ids, gidMappings: ids })
  t.equal(box.inside("stat -c %u /mnt/bin"), "4321")
})

t.end()
