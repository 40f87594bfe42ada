import { RuntsError } from "../error.ts"
import type { CgroupLayout } from "../host/cgroup/layout.ts"
import { UNIFIED, type CgroupRecord } from "../host/cgroup/record.ts"
import { leaveOutDenied } from "../host/cgroup/permission.ts"
import { unitNames, unitRecord } from "../host/cgroup/systemd-names.ts"
import { standardDescriptors } from "../host/fds.ts"
import { absolutePath, close, open } from "../host/file.ts"
import { isUnprivileged } from "../host/privilege.ts"
import { isOwnNamespace, openNamespace } from "../host/procfs.ts"
import { stateRoot } from "../host/store.ts"
import { sys } from "../ffi/index.ts"
import { CAPABILITIES, hasCapability } from "../kernel/capabilities.ts"
import { O_DIRECTORY, O_PATH } from "../kernel/fs.ts"
import type { NamespaceType } from "../kernel/process.ts"
import { NR } from "../kernel/syscalls.ts"
import type { Bundle } from "../lifecycle/bundle.ts"
import { processEnvironment } from "../lifecycle/environment.ts"
import { foreseeCgroups, heedAnnotations, layoutFor, mayLeaveOut } from "../lifecycle/cgroup-choice.ts"
import { cgroupMounts, existingTargets, hasSource, mountSource, rootfsPath, sharedParent } from "../lifecycle/facts.ts"
import { hostFacts } from "../lifecycle/host-facts.ts"
import { processLabels } from "../lifecycle/labels.ts"
import { divideLimits } from "../lifecycle/limits.ts"
import type { GlobalOptions } from "../lifecycle/requests.ts"
import { filterFlags } from "../lifecycle/seccomp-flags.ts"
import { UNIT_JOIN, type CgroupJoinFacts, type CreateFacts, type HostFacts, type MountSourceFacts, type SeccompFacts } from "../plan/facts.ts"
import type { ProcessLabels } from "../plan/labels.ts"
import { mountRequest } from "../plan/mount-request.ts"
import { firstOwnDescriptor, statusDescriptor } from "../plan/process.ts"
import { annotatedCgroup, annotation, annotationIsOn } from "../spec/annotations.ts"
import { namespaceIsNew, namespaceOf } from "../spec/namespace.ts"
import { checkHostNamespaces } from "../spec/rules.ts"
import type { Process, Seccomp, Spec } from "../spec/types.gen.ts"
import type { Note } from "./model.ts"

/*
 * The facts of a plan, as lifecycle/creation.ts gathers them while it makes a container, here without making anything: what would be made
 * is given the name or number it would have, and what only root can look at is assumed, and said.
 */

/** A creation that was only thought through. */
export interface Foreseen {
  readonly spec: Spec
  readonly facts: CreateFacts
  readonly record: CgroupRecord
  readonly layout: CgroupLayout
  /** The container's folder below the state root. */
  readonly folder: string
  /** What the descriptors are that a program inherits, by number. */
  readonly descriptors: ReadonlyMap<number, string>
  /** runts is root here, so that what it has is what the container gets. */
  readonly root: boolean
}

/** Collects what could not be known. */
export class Notes {
  readonly list: Note[] = []
  assume(text: string, pointer = ""): void {
    this.list.push({ kind: "assumed", text, pointer })
  }
  /** Why the caller could not have the container himself: then it is explained as root would make it. */
  unfit(error: RuntsError): void {
    const { pointer, hint } = error.details
    this.problem(`${error.message}${hint === undefined ? "" : `; ${hint}`}`, pointer)
  }
  problem(text: string, pointer = ""): void {
    this.list.push({ kind: "problem", text, pointer })
  }
  warn(text: string, pointer = ""): void {
    this.list.push({ kind: "warning", text, pointer })
  }
  /** Does something that a create would fail of; then it goes on with another value. */
  try<T>(what: () => T, otherwise: T, pointer = ""): T {
    try {
      return what()
    } catch (error) {
      if (!(error instanceof RuntsError)) throw error
      const denied = error.details.errno === 13 || error.details.errno === 1
      if (denied) this.assume(`not looked at, for lack of permission: ${error.message}`, error.details.pointer ?? pointer)
      else this.problem(error.message, error.details.pointer ?? pointer)
      return otherwise
    }
  }
}

/** Numbers for descriptors that would be opened. */
export class Descriptors {
  readonly names = new Map<number, string>([[0, "stdin"], [1, "stdout"], [2, "stderr"]])
  private next: number
  constructor(preservedFds: number, start: boolean) {
    for (let fd = 3; fd < firstOwnDescriptor(preservedFds); fd++) this.names.set(fd, "preserved")
    if (start) this.names.set(firstOwnDescriptor(preservedFds), "start.sock")
    this.names.set(statusDescriptor(preservedFds), "status socket")
    this.next = statusDescriptor(preservedFds) + 1
  }
  keep(name: string): number {
    this.names.set(this.next, name)
    return this.next++
  }
}

export function isRoot(): boolean {
  return sys(NR.geteuid) === 0
}

/** Facts of the machine; who is not root sees what root would have. */
export function foreseeHost(container: Pick<Spec, "annotations">, userNamespace: boolean): HostFacts {
  const facts = hostFacts(container, userNamespace)
  if (facts.grantable === undefined || isRoot()) return facts
  const all = { low: 0xffffffff, high: facts.lastCapability < 32 ? 0 : 2 ** (facts.lastCapability - 31) - 1 }
  return { ...facts, grantable: { permitted: all, bounding: all } }
}

export function foreseeJoin(record: CgroupRecord, descriptors: Descriptors): CgroupJoinFacts {
  let intoCgroup: number | undefined
  const procs: { controller: string; fd: number }[] = []
  for (const key in record.paths) {
    if (key === UNIFIED) intoCgroup = descriptors.keep(record.paths[key] as string)
    else procs.push({ controller: key, fd: descriptors.keep(`${record.paths[key]}/cgroup.procs`) })
  }
  return { intoCgroup, procs }
}

/** @param id "" where none was given */
export async function foreseeCreate(globals: GlobalOptions, loaded: Bundle, id: string, notes: Notes): Promise<Foreseen> {
  const { spec, bundle } = loaded
  const process = spec.process as Process
  const name = id === "" ? "ID" : id
  const layout = layoutFor(globals)
  const record = globals.cgroupManager === "systemd" ? unitRecord(layout, unitNames(spec.linux?.cgroupsPath, name, "system.slice"), "", false, notes.try(() => annotatedCgroup(spec, "run.oci.systemd.subgroup"), undefined))
    : foreseeCgroups(globals, layout, spec, name)
  await heedAnnotations(record, spec).catch((error: unknown) => notes.try(() => { throw error }, undefined, "/annotations"))
  if (record.systemd === undefined && mayLeaveOut(globals, record, spec)) {
    for (const key of leaveOutDenied(record)) notes.assume(`no ${key === UNIFIED ? "" : `${key} `}cgroup: this user may make none`, "/linux")
  }
  const descriptors = new Descriptors(0, true)
  const folder = `${stateRoot(globals).path}/${name}`
  const root = isRoot()
  const outside = namespaceOf(spec.linux, "user") !== undefined
  const rootless = outside && isUnprivileged() ? await import("../lifecycle/own-maps.ts") : undefined
  if (rootless !== undefined) notes.assume(`runts is run by this user, ${sys(NR.geteuid)}, in a user namespace of the container's own: called as root, explain tells what root would do`)
  else if (!root) notes.assume("runts is run by root, with all capabilities")
  const found = notes.try(() => rootfsPath(spec, bundle), undefined, "/root/path")
  const rootfs = found ?? absolutePath(spec.root?.path ?? "", bundle)
  const channel = {
    status: descriptors.keep("status socket"), start: descriptors.keep("start.sock"),
    console: process.terminal === true ? descriptors.keep("console socket") : undefined,
  }
  const cgroup = record.systemd === undefined ? foreseeJoin(record, descriptors) : UNIT_JOIN
  const namespaces = foreseeNamespaces(spec, descriptors, notes)
  const rootFd = found === undefined ? -1 : notes.try(() => open(found, O_PATH | O_DIRECTORY), -1, "/root/path")
  try {
    const facts: CreateFacts = {
      ...foreseeHost(spec, outside),
      seccomp: await foreseeSeccomp(spec, notes),
      id: name, bundle, rootfs, staging: folder, channel, cgroup,
      cgroupMounts: cgroupMounts(spec, layout, record),
      namespaces,
      sources: foreseeSources(spec, bundle, notes),
      existing: rootFd < 0 ? new Set() : existingTargets(spec, rootFd),
      idmaps: foreseeIdmaps(spec, descriptors),
      stdio: process.terminal === true ? [] : standardDescriptors(),
      preservedFds: 0,
      limits: divideLimits(process, outside).own,
      ...rootless?.factsOfUser(spec),
      rootfsParent: notes.try(() => sharedParent(spec, rootfs), undefined, "/linux/rootfsPropagation"),
      noPivot: false,
      noNewKeyring: false,
      waitsForHooks: hasCreationHooks(spec),
      env: processEnvironment(process.env ?? [], process.user.uid, rootFd, []),
      labels: await foreseeLabels(process, spec.linux?.mountLabel, notes),
    }
    return { spec, facts, record, layout, folder, descriptors: descriptors.names, root }
  } finally {
    if (rootFd >= 0) close(rootFd)
  }
}

function hasCreationHooks(spec: Spec): boolean {
  const { prestart, createRuntime, createContainer } = spec.hooks ?? {}
  return (prestart?.length ?? 0) + (createRuntime?.length ?? 0) + (createContainer?.length ?? 0) > 0
}

/** Namespaces joined by path are looked at and closed again. */
function foreseeNamespaces(spec: Spec, descriptors: Descriptors, notes: Notes): Partial<Record<NamespaceType, number>> {
  const found: Partial<Record<NamespaceType, number>> = {}
  const hosts: NamespaceType[] = []
  for (const [index, namespace] of (spec.linux?.namespaces ?? []).entries()) {
    if (namespaceIsNew(namespace)) continue
    const type = namespace.type as NamespaceType
    const pointer = `/linux/namespaces/${index}/path`
    const fd = notes.try(() => openNamespace(namespace.path as string, type), -1, pointer)
    if (fd >= 0) {
      if (isOwnNamespace(fd, type)) hosts.push(type)
      close(fd)
    }
    found[type] = descriptors.keep(`${type} namespace ${namespace.path}`)
  }
  if (hosts.length > 0) checkHostNamespaces(spec, hosts)
  return found
}

function foreseeSources(spec: Spec, bundle: string, notes: Notes): Map<number, MountSourceFacts> {
  const sources = new Map<number, MountSourceFacts>()
  const otherwise = { isDirectory: true, isProcfs: false }
  for (const [index, mount] of (spec.mounts ?? []).entries()) {
    if (hasSource(mount)) sources.set(index,
      notes.try(() => mountSource(mount, index, bundle), otherwise, `/mounts/${index}/source`))
  }
  return sources
}

function foreseeIdmaps(spec: Spec, descriptors: Descriptors): Map<number, number> {
  const found = new Map<number, number>()
  for (const [index, mount] of (spec.mounts ?? []).entries()) {
    if (mountRequest(mount, index).idmap !== undefined) found.set(index,
      descriptors.keep(`user namespace with the mappings of ${mount.destination}`))
  }
  return found
}

export async function foreseeLabels(process: Process, mountLabel: string | undefined,
  notes: Notes): Promise<ProcessLabels | undefined> {
  try {
    return await processLabels(process, mountLabel)
  } catch (error) {
    if (!(error instanceof RuntsError)) throw error
    notes.problem(error.message, error.details.pointer)
    return undefined
  }
}

/** The filter is made and not kept. */
export async function foreseeSeccomp(spec: Spec, notes: Notes): Promise<SeccompFacts | undefined> {
  const raw = annotation(spec, "run.oci.seccomp_bpf_data")
  const profile = spec.linux?.seccomp
  if (raw !== undefined) return { filter: new Uint8Array(Buffer.from(raw, "base64")), flags: filterFlags(undefined, false),
    listener: false }
  if (profile === undefined) return undefined
  const notifies = profile.syscalls?.some(({ action }) => action === "SCMP_ACT_NOTIFY") === true
  const flags = filterFlags(profile.flags, notifies)
  try {
    const { compileProfile } = await import("../host/seccomp/compile.ts")
    const { defaultAction, defaultErrnoRet, architectures, syscalls } = profile as Seccomp
    const filter = compileProfile({
      defaultAction, ...(defaultErrnoRet === undefined ? {} : { defaultErrnoRet }), architectures: architectures ?? [],
        syscalls: syscalls ?? [],
    }, { failOnUnknown: annotationIsOn(spec, "run.oci.seccomp_fail_unknown_syscall") })
    return { filter, flags, listener: notifies }
  } catch (error) {
    if (!(error instanceof RuntsError)) throw error
    notes.problem(error.message, error.details.pointer ?? "/linux/seccomp")
    return { filter: new Uint8Array(0), flags, listener: notifies }
  }
}

/** Names of the capabilities in two words. */
export function capabilityList(words: { readonly low: number; readonly high: number }, last: number): string[] {
  const names: string[] = []
  for (let n = 0; n <= last; n++) if (hasCapability(words, n)) names.push(CAPABILITIES[n] ?? `capability ${n}`)
  return names
}

