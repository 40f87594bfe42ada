import type { CgroupRecord } from "../host/cgroup/record.ts"
import { hasCapability } from "../kernel/capabilities.ts"
import { NAMESPACES, type NamespaceType } from "../kernel/process.ts"
import { grantedCapabilities } from "../plan/capability-sets.ts"
import type { HostFacts } from "../plan/facts.ts"
import { namespaceIsNew } from "../spec/namespace.ts"
import type { Process, Spec } from "../spec/types.gen.ts"
import { capabilityList } from "./foresee.ts"

/** A namespace of the container's process. */
export interface NamespaceSummary {
  readonly type: NamespaceType
  /** new: made for it; joined: another one's, by path; host: the runtime's own. */
  readonly kind: "new" | "joined" | "host"
  readonly path?: string
  readonly pointer: string
}

export interface MountSummary {
  readonly destination: string
  /** `bind` or the file system's name. */
  readonly type: string
  readonly source: string
  readonly options: readonly string[]
  readonly readonly: boolean
  readonly pointer: string
}

/** What the container will be, for people: the page's picture. Everything in it is from config.json and the facts. */
export interface Summary {
  readonly program: readonly string[]
  readonly cwd: string
  readonly terminal: boolean
  readonly environment: number
  readonly user: { readonly uid: number; readonly gid: number; readonly groups: readonly number[] }
  readonly hostname: string
  readonly namespaces: readonly NamespaceSummary[]
  readonly idMappings: { readonly uids: readonly string[]; readonly gids: readonly string[] }
  readonly rootfs: { readonly path: string; readonly readonly: boolean }
  readonly mounts: readonly MountSummary[]
  readonly cgroups: readonly string[]
  readonly capabilities: { readonly kept: readonly string[]; readonly dropped: readonly string[] }
  readonly noNewPrivileges: boolean
  readonly seccomp: { readonly defaultAction: string; readonly rules: number; readonly instructions: number } | null
  readonly maskedPaths: readonly string[]
  readonly readonlyPaths: readonly string[]
  readonly hooks: readonly string[]
}

/** What the summary is made from: of a creation, or of an exec into a container. */
export interface SummaryFacts {
  readonly spec: Spec
  readonly facts: HostFacts & { readonly env: readonly string[]; readonly rootfs: string }
  readonly record: CgroupRecord | undefined
}

/** @param joined of an exec: clone flags of the namespaces that are the container's own */
export function summaryOf({ spec, facts, record }: SummaryFacts, joined?: number): Summary {
  const process = spec.process as Process
  const { linux } = spec
  const profile = linux?.seccomp
  return {
    program: process.args ?? [],
    cwd: process.cwd,
    terminal: process.terminal === true,
    environment: facts.env.length,
    user: { uid: process.user.uid, gid: process.user.gid, groups: process.user.additionalGids ?? [] },
    hostname: spec.hostname ?? "",
    namespaces: joined === undefined ? namespacesOf(spec) : joinedNamespaces(spec, joined),
    idMappings: { uids: rangesOf(linux?.uidMappings), gids: rangesOf(linux?.gidMappings) },
    rootfs: { path: facts.rootfs, readonly: spec.root?.readonly === true },
    mounts: mountsOf(spec),
    cgroups: Object.values(record?.paths ?? {}),
    capabilities: capabilitiesOf(process, facts),
    noNewPrivileges: process.noNewPrivileges === true,
    seccomp: facts.seccomp === undefined ? null : {
      defaultAction: profile?.defaultAction ?? "", rules: profile?.syscalls?.length ?? 0,
        instructions: facts.seccomp.filter.length / 8,
    },
    maskedPaths: linux?.maskedPaths ?? [],
    readonlyPaths: linux?.readonlyPaths ?? [],
    hooks: Object.entries(spec.hooks ?? {}).flatMap(([kind,
      hooks]) => (hooks as readonly { path: string }[]).map(({ path }) => `${kind}: ${path}`)),
  }
}

function namespacesOf(spec: Spec): NamespaceSummary[] {
  const listed = spec.linux?.namespaces ?? []
  return (Object.keys(NAMESPACES) as NamespaceType[]).map((type) => {
    const index = listed.findIndex((namespace) => namespace.type === type)
    const namespace = listed[index]
    if (namespace === undefined) return { type, kind: "host", pointer: "/linux/namespaces" }
    const pointer = `/linux/namespaces/${index}`
    return namespaceIsNew(namespace) ? { type, kind: "new", pointer } : { type, kind: "joined", path: namespace.path as string,
      pointer }
  })
}

/** Those of a running container that differ from the runtime's. */
function joinedNamespaces(spec: Spec, flags: number): NamespaceSummary[] {
  return namespacesOf(spec).map(({ type, pointer }) => {
    // setns(2) flags are bits of 32
    return (flags & NAMESPACES[type].flag) === 0 ? { type, kind: "host", pointer } : { type, kind: "joined", pointer }
  })
}

function rangesOf(mappings: readonly { containerID: number; hostID: number; size: number }[] | undefined): string[] {
  return (mappings ?? []).map(({ containerID, hostID,
    size }) => `${containerID}-${containerID + size - 1} = host ${hostID}-${hostID + size - 1}`)
}

function mountsOf(spec: Spec): MountSummary[] {
  return (spec.mounts ?? []).map((mount, index) => {
    const options = mount.options ?? []
    const bind = mount.type === "bind" || options.includes("bind") || options.includes("rbind")
    return {
      destination: mount.destination, type: bind ? "bind" : mount.type ?? "", source: mount.source ?? "", options,
      readonly: /^r?ro$/.test(options.findLast((option) => /^(r?ro|r?rw)$/.test(option)) ?? ""),
      pointer: `/mounts/${index}`,
    }
  })
}

function capabilitiesOf(process: Process, facts: HostFacts): Summary["capabilities"] {
  const { bounding } = grantedCapabilities(process.capabilities, facts, [])
  const all = { low: 0xffffffff, high: 0xffffffff }
  return {
    kept: capabilityList(bounding, facts.lastCapability),
    dropped: capabilityList(all, facts.lastCapability).filter((_, n) => !hasCapability(bounding, n)),
  }
}
