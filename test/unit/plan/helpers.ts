import { readdirSync, readFileSync } from "node:fs"
import type { NamespaceType } from "../../../src/kernel/process.ts"
import { planCreate } from "../../../src/plan/create.ts"
import type { CreateFacts, ExecFacts, MountSourceFacts } from "../../../src/plan/facts.ts"
import type { Planner } from "../../../src/plan/planner.ts"
import { type Arg, Datum, Pointer, Step, WordArray } from "../../../src/program/program.ts"
import { loadSpec } from "../../../src/spec/load.ts"
import type { Spec } from "../../../src/spec/types.gen.ts"
import { cleanRelative } from "../../../src/path.ts"

export const CONFIGS = new URL("../../fixtures/engine-configs/", import.meta.url)
export const configNames = readdirSync(CONFIGS).filter((name) => /config.*\.json$/.test(name))
export const processNames = readdirSync(CONFIGS).filter((name) => /process.*\.json$/.test(name))

/** The last capability of Linux 6.18. */
const LAST_CAPABILITY = 40

export function readConfig(name: string): Spec {
  return loadSpec(readFileSync(new URL(name, CONFIGS)), name)
}

const isBind = (spec: Spec, index: number): boolean => {
  const mount = spec.mounts?.[index]
  return mount?.type === "bind" || mount?.options?.some((option) => option === "bind" || option === "rbind") === true
}

/** Facts of a machine that does not exist, in which everything the spec names is there. */
export function factsFor(spec: Spec, more: Partial<CreateFacts> = {}): CreateFacts {
  const sources = new Map<number, MountSourceFacts>()
  const idmaps = new Map<number, number>()
  spec.mounts?.forEach((mount, index) => {
    const source = mount.source ?? ""
    const isDirectory = !/\.\w+$|hosts$|hostname$|resolv/.test(source)
    if (isBind(spec, index)) sources.set(index, { isDirectory, isProcfs: cleanRelative(mount.destination) === "proc" })
    if ((mount.uidMappings?.length ?? 0) > 0) idmaps.set(index, 60 + index)
  })
  const namespaces: Partial<Record<NamespaceType, number>> = {}
  spec.linux?.namespaces?.forEach(({ type, path }, index) => {
    if (path !== undefined && path !== "") namespaces[type as NamespaceType] = 40 + index
  })
  return {
    architecture: "x64", kernel: [6, 18], lastCapability: LAST_CAPABILITY, grantable: undefined, keepGroups: false,
    id: "c1", bundle: "/bundle", rootfs: "/bundle/rootfs", staging: "/run/runts/c1",
    channel: { status: 20, start: 21, console: spec.process?.terminal === true ? 22 : undefined },
    cgroup: { intoCgroup: 23, procs: [] },
    cgroupMounts: { mode: "v2", hierarchies: [], unified: "/sys/fs/cgroup/c1" },
    namespaces, sources, existing: new Set(), idmaps,
    stdio: spec.process?.terminal === true ? [] : [0, 1, 2].map((fd) => ({ fd, uid: 1000, isNull: fd === 0 })),
    preservedFds: 0, rootfsParent: undefined, noPivot: false, noNewKeyring: false, waitsForHooks: true,
    env: spec.process?.env ?? [], limits: [], labels: undefined,
    ...more,
  }
}

export const execFacts = (more: Partial<ExecFacts> = {}): ExecFacts => ({
  architecture: "x64", kernel: [6, 18], lastCapability: LAST_CAPABILITY, grantable: undefined, keepGroups: false, id: "c1", settings: {}, noNewKeyring: false,
  channel: { status: 20, start: undefined, console: 22 },
  cgroup: { intoCgroup: undefined, procs: [{ controller: "pids", fd: 24 }] },
  pidfd: 25, namespaceFlags: 0x6c020000, joinsUser: false, root: undefined, stdio: [], preservedFds: 0, env: ["PATH=/bin"], limits: [], labels: undefined,
  ...more,
})

/** A small config with one of everything whose order matters. */
export function fullSpec(): Spec {
  return {
    ociVersion: "1.3.0",
    hostname: "h",
    root: { path: "rootfs", readonly: true },
    process: {
      cwd: "/work", args: ["prog"], env: ["PATH=/bin:/usr/bin"], user: { uid: 5, gid: 6, additionalGids: [7] },
      noNewPrivileges: true, capabilities: { bounding: ["CAP_KILL"], effective: ["CAP_KILL"], permitted: ["CAP_KILL"] },
    },
    mounts: [
      { destination: "/proc", type: "proc", source: "proc" },
      { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["mode=755", "ro"] },
      { destination: "/vol", type: "bind", source: "/host/vol", options: ["rbind", "ro", "rprivate"] },
    ],
    linux: {
      namespaces: [{ type: "pid" }, { type: "network" }, { type: "ipc" }, { type: "uts" }, { type: "mount" }],
      maskedPaths: ["/proc/kcore", "/vol/secret"],
      readonlyPaths: ["/proc/sys"],
      sysctl: { "net.ipv4.ip_forward": "1" },
    },
  }
}

/** A deep copy with changes; `linux` and `process` are merged, not replaced. */
export function changed(spec: Spec, change: { [key in keyof Spec]?: Partial<Spec[key]> | undefined }): Spec {
  const copy = structuredClone(spec) as unknown as Record<string, unknown>
  for (const [key, value] of Object.entries(change)) {
    const old = copy[key]
    const merges = typeof value === "object" && !Array.isArray(value) && typeof old === "object" && value !== null
    copy[key] = merges ? { ...old, ...value } : value
  }
  return copy as unknown as Spec
}

export function withNamespaces(...namespaces: (NamespaceType | { type: NamespaceType; path: string })[]): Spec {
  const list = namespaces.map((item) => (typeof item === "string" ? { type: item } : item))
  const ids = [{ containerID: 0, hostID: 1000, size: 10 }]
  const user = list.some(({ type }) => type === "user") ? { uidMappings: ids, gidMappings: ids } : {}
  return changed(fullSpec(), { linux: { namespaces: list, ...user } })
}

/** A created plan's steps, straight line and blocks. */
export function stepsOf(spec: Spec, more: Partial<CreateFacts> = {}): readonly Step[] {
  return planCreate(spec, factsFor(spec, more)).program.steps
}

/** The string behind an argument; undefined where it is none. */
export function textOf(arg: Arg | undefined): string | undefined {
  if (typeof arg === "string") return arg
  return arg instanceof Datum && typeof arg.bytes === "string" ? arg.bytes : undefined
}

/** The numbers of a structure of 8-byte words. */
export function wordsOf(arg: Arg | undefined): number[] {
  if (!(arg instanceof WordArray)) throw new Error("the argument is no array of words")
  return arg.items.map((item) => (item instanceof Datum || item instanceof Pointer ? NaN : Number(item)))
}

/** Whether a step is this call, with these arguments where they are given (undefined: any). */
export function isCall(step: Step, name: string, ...args: (number | string | undefined)[]): boolean {
  if (step.kind !== "call" || step.name !== name) return false
  const given = (i: number, wanted: unknown): unknown => (typeof wanted === "string" ? textOf(step.args[i]) : step.args[i])
  return args.every((wanted, i) => wanted === undefined || given(i, wanted) === wanted)
}

/** Indices of the steps that are this call. */
export function calls(steps: readonly Step[], name: string, ...args: (number | string | undefined)[]): number[] {
  return steps.flatMap((step, index) => (isCall(step, name, ...args) ? [index] : []))
}

/** The index of the only step whose sentence matches. */
export function says(steps: readonly Step[], what: RegExp): number {
  const found = steps.flatMap((step, index) => (what.test(step.text) ? [index] : []))
  if (found.length !== 1) throw new Error(`${found.length} steps say ${what}`)
  return found[0] as number
}

/** The steps that run before the program becomes the user's, without the blocks behind it. */
export function straightLine(planner: Planner): readonly Step[] {
  const end = planner.program.steps.findLastIndex((step) => step.name === "execve")
  return planner.program.steps.slice(0, end + 1)
}
