import type { CgroupLayout } from "../host/cgroup/layout.ts"
import { applyLimits, asForeseen, checkCgroups, createCgroups, killAll, removeCgroups, type CgroupRecord } from "../host/cgroup/manager.ts"
import { standardDescriptors } from "../host/fds.ts"
import { close, open } from "../host/file.ts"
import { processStartTime } from "../host/process.ts"
import { isRootless, isUnprivileged } from "../host/privilege.ts"
import { isOwnNamespace } from "../host/procfs.ts"
import { connectUnixPath, listenUnix } from "../host/socket.ts"
import { claim, type ContainerDir } from "../host/store.ts"
import type { StoredState } from "../host/stored-state.ts"
import { O_DIRECTORY, O_PATH } from "../kernel/fs.ts"
import { debug, debugging, warn } from "../log.ts"
import { planCreate } from "../plan/create.ts"
import { UNIT_JOIN, type CreateFacts } from "../plan/facts.ts"
import type { ProcessLabels } from "../plan/labels.ts"
import { annotation } from "../spec/annotations.ts"
import { namespaceOf } from "../spec/namespace.ts"
import { checkHostNamespaces } from "../spec/rules.ts"
import type { Program } from "../program/program.ts"
import { phase, tracing } from "../trace.ts"
import type { Process, Spec } from "../spec/types.gen.ts"
import { blameOom } from "./blame-oom.ts"
import { blameSurroundings } from "./blame-surroundings.ts"
import type { Bundle } from "./bundle.ts"
import { seeExecutable } from "./executable.ts"
import { foreseeCgroups, heedAnnotations, layoutFor, limitDevices, mayLeaveOut } from "./cgroup-choice.ts"
import { giveCgroup } from "./cgroup-owner.ts"
import { processEnvironment } from "./environment.ts"
import { cgroupMounts, existingTargets, mountSources, openNamespaces, rootfsPath, sharedParent } from "./facts.ts"
import { hostFacts } from "./host-facts.ts"
import { loadHookRunner, runCreationHooks, runPoststopHooks } from "./hooks.ts"
import { hostMountsOf, releaseHostMounts } from "./host-mounts.ts"
import { compareMaps, idmapNamespaces, writeMaps } from "./id-maps.ts"
import { Inherited } from "./inherited.ts"
import { initialState } from "./initial-state.ts"
import { foreseeRdt, joinRdt, loadRdt, makeRdt, rdtOf, undoRdt } from "./intel-rdt.ts"
import { Launch, loadServe, statusSocket } from "./launch.ts"
import type { NetDevices } from "./net-devices.ts"
import { notifySocket } from "./notify-socket.ts"
import { lastSteps, START_SOCKET } from "./outcome.ts"
import type { CreateRequest, GlobalOptions } from "./requests.ts"
import { divideLimits, scheduleFromOutside } from "./limits.ts"
import { processLabels } from "./labels.ts"
import type { PreparedSeccomp } from "./seccomp.ts"
import { seccompFacts } from "./stored-seccomp.ts"
import { foreseeUnit, type ForeseenUnit } from "./systemd.ts"
import { refuseUnsupported } from "./unsupported.ts"
import { thisWorker, type Worker } from "./worker.ts"

/** A container that was created: its init waits for the last go. */
export interface Created {
  readonly container: ContainerDir
  readonly spec: Spec
  readonly launch: Launch
  state: StoredState
}

export interface CreationOptions {
  /** Init waits on start.sock for `start`; else on the status socket for this process. */
  readonly startSocket: boolean
  /** A socket of this process that takes the terminal's master, in place of --console-socket. */
  readonly console?: number
}

/** Undo steps of what was acquired, run backwards on failure; the first error is the one that counts. */
class Undo {
  private readonly steps: (() => void)[] = []
  add(step: () => void): void {
    this.steps.push(step)
  }
  run(): void {
    for (let step = this.steps.pop(); step !== undefined; step = this.steps.pop()) {
      try {
        step()
      } catch (error) {
        warn(`clean up after a failure: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
  }
}

/** For --debug: what will be done in which order, without arguments, as they may be secrets of the environment. */
function tellSteps({ steps }: Program): void {
  for (const [index, { kind, name, text, pointer }] of steps.entries()) {
    debug([`step ${index}: ${name ?? kind}`, text, pointer].filter((part) => part !== "").join(" - "))
  }
}

/**
 * Creates a container: everything up to the point where only `start` is missing (runtime-spec runtime.md, "Lifecycle", steps 1 to 5).
 * On failure nothing is left; if hooks had run already, poststop hooks run.
 */
export async function createContainer(globals: GlobalOptions, request: CreateRequest, loaded: Bundle, options: CreationOptions): Promise<Created> {
  const { bundle, bytes, spec } = loaded
  const process = spec.process as Process
  phase("prepare labels, hooks and the seccomp filter")
  refuseUnsupported(spec)
  const labels = await processLabels(process, spec.linux?.mountLabel)
  await loadHookRunner(spec.hooks)
  await loadRdt(spec.linux?.intelRdt)
  const seccomp = await seccompOf(globals, spec)
  const undo = new Undo()
  try {
    phase("claim the container's name")
    const container = claim(globals, request.id)
    tracing()?.container(container)
    undo.add(() => container.close())
    let cgroupsLeft = false
    undo.add(() => {
      // as long as there is something to remove, `delete --force` must find out about it
      if (!cgroupsLeft) container.remove()
    })
    phase("find the container's cgroups and write down what is to be made")
    const layout = layoutFor(globals)
    const unit = globals.cgroupManager === "systemd" ? await foreseeUnit(layout, spec, request.id) : undefined
    if (unit !== undefined) undo.add(() => unit.close())
    const record = unit?.record ?? foreseeCgroups(globals, layout, spec, request.id)
    await heedAnnotations(record, spec)
    const rootfs = rootfsPath(spec, bundle)
    const rdt = foreseeRdt(spec.linux?.intelRdt, request.id)
    const state: StoredState = {
      ...initialState(request, spec, bundle, rootfs, record, isRootless(globals.rootless)),
      ...hostMountsOf(spec, rootfs),
      ...(rdt === undefined ? {} : { intelRdt: rdt }),
      ...(seccomp === undefined ? {} : { seccomp: seccomp.stored }),
    }
    const worker = thisWorker()
    const creating: StoredState = { ...state, worker }
    // before anything of it is written down: what is recorded as the container's may be killed and removed
    checkCgroups(record)
    // systemd makes a unit whole, or not at all
    if (unit !== undefined) record.created = Object.values(record.paths)
    const foreseen = record.created
    container.writeConfig(bytes)
    if (seccomp !== undefined) container.writeFilter(seccomp.filter)
    container.writeState({ ...creating, cgroup: { ...record } })
    if (unit === undefined) {
      phase("make the cgroups", "/linux/cgroupsPath")
      createCgroups(record, { mayLeaveOut: () => mayLeaveOut(globals, record, spec) })
    }
    undo.add(() => {
      cgroupsLeft = true
      if (unit === undefined) killAll(record, 9)
      releaseHostMounts(state)
      if (unit === undefined) removeCgroups(record)
      else unit.remove()
      cgroupsLeft = false
    })
    if (!asForeseen(foreseen, record)) container.writeState({ ...creating, cgroup: { ...record } })
    if (unit === undefined) {
      phase("set the cgroups' limits", "/linux/resources")
      limitDevices(record, spec)
      await applyLimits(record, spec.linux?.resources)
    }
    if (rdt !== undefined) {
      phase("make the resctrl group", "/linux/intelRdt")
      makeRdt(rdt, spec.linux?.intelRdt ?? {})
      undo.add(() => undoRdt(rdt))
    }
    const told = notifySocket() === undefined ? spec : (await import("./notify.ts")).withNotifySocket(container, spec)
    return await launchInit({
      globals, request, options, spec: told, process: told.process as Process, bundle, container, layout, record, state, worker, labels, seccomp, undo, unit,
    })
  } catch (error) {
    undo.run()
    const told = isUnprivileged() ? (await import("./blame-user-namespace.ts")).blameUserNamespace(error) : error
    throw await seeExecutable(told, () => ({ root: rootfsPath(spec, bundle), bundle, mounts: spec.mounts ?? [], process }))
  }
}

/** Everything that is known when init is to be launched. */
interface Creating {
  readonly seccomp: PreparedSeccomp | undefined
  readonly globals: GlobalOptions
  readonly request: CreateRequest
  readonly options: CreationOptions
  readonly spec: Spec
  readonly process: Process
  readonly bundle: string
  readonly container: ContainerDir
  readonly layout: CgroupLayout
  readonly record: CgroupRecord
  readonly state: StoredState
  readonly worker: Worker
  readonly labels: ProcessLabels | undefined
  readonly undo: Undo
  readonly unit: ForeseenUnit | undefined
}

/** The seccomp filter; what makes it is loaded only where there is one. */
async function seccompOf(globals: GlobalOptions, spec: Spec): Promise<PreparedSeccomp | undefined> {
  if (spec.linux?.seccomp === undefined && annotation(spec, "run.oci.seccomp_bpf_data") === undefined) return undefined
  return (await import("./seccomp.ts")).prepareSeccomp(globals, spec)
}

async function launchInit(creating: Creating): Promise<Created> {
  const { spec, process, container, record, undo, request, bundle } = creating
  phase("open what the program is to inherit, and look at what it will meet")
  const sendPidfd = await pidfdSender(creating)
  const inherited = new Inherited(request.preserveFds)
  undo.add(() => inherited.close())
  const { ours, theirs } = statusSocket(inherited.least)
  undo.add(() => close(ours))
  const start = creating.options.startSocket ? inherited.keep(listenUnix(container.fd, START_SOCKET)) : undefined
  const console = consoleDescriptor(creating, inherited)
  const cgroup = creating.unit === undefined ? inherited.join(record, false) : UNIT_JOIN
  const namespaces = openNamespaces(spec)
  const joined = Object.keys(namespaces) as (keyof typeof namespaces)[]
  for (const type of joined) namespaces[type] = inherited.keep(namespaces[type] as number)
  if (namespaces.user !== undefined) compareMaps(spec, namespaces.user)
  const hosts = joined.filter((type) => isOwnNamespace(namespaces[type] as number, type))
  if (hosts.length > 0) checkHostNamespaces(spec, hosts)
  const idmaps = idmapNamespaces(spec, namespaces.user, (fd) => inherited.keep(fd))
  const rootFd = open(creating.state.rootfs, O_PATH | O_DIRECTORY)
  const outside = namespaceOf(spec.linux, "user") !== undefined
  // an ordinary user: what he may not do to a process from outside, it does itself
  const rootless = outside && isUnprivileged() ? await import("./own-maps.ts") : undefined
  const limits = divideLimits(process, outside)
  let facts: CreateFacts
  try {
    facts = {
      ...hostFacts(spec, outside),
      seccomp: seccompFacts(creating.seccomp?.stored, () => (creating.seccomp as PreparedSeccomp).filter),
      id: request.id,
      bundle,
      rootfs: creating.state.rootfs,
      staging: container.path,
      channel: { status: theirs, start, console },
      cgroup,
      cgroupMounts: cgroupMounts(spec, creating.layout, record),
      namespaces,
      sources: mountSources(spec, bundle),
      existing: existingTargets(spec, rootFd),
      idmaps,
      stdio: process.terminal === true ? [] : standardDescriptors(),
      preservedFds: inherited.preserved.length,
      limits: limits.own,
      ...rootless?.factsOfUser(spec),
      rootfsParent: sharedParent(spec, creating.state.rootfs),
      noPivot: request.noPivot,
      noNewKeyring: request.noNewKeyring,
      waitsForHooks: hasCreationHooks(spec),
      env: processEnvironment(process.env ?? [], process.user.uid, rootFd, inherited.environment),
      labels: creating.labels,
    }
  } finally {
    close(rootFd)
  }
  phase("plan: make system calls of the config")
  const planner = planCreate(spec, facts)
  if (debugging()) tellSteps(planner.program)
  await loadServe(planner)
  const launch = new Launch(planner, ours)
  const netDevices = await loadNetDevices(spec)
  let hooksRan = false
  let startTime = ""
  const writesCreated = creating.options.startSocket || (spec.hooks?.startContainer?.length ?? 0) > 0
  undo.add(() => {
    if (hooksRan) runPoststopHooks({ ...creating.state, pid: 0, status: "stopped" })
  })
  undo.add(() => launch.kill())
  undo.add(() => netDevices?.restore())
  blameOom(record, () => blameSurroundings(record, () => launch.run(theirs, [theirs, ...inherited.all], {
    pid: (pid) => {
      joinRdt(rdtOf(creating.state), pid)
      limits.fromOutside(pid)
      startTime = processStartTime(pid) ?? ""
      // while init sets itself up there is time for this; `created` is too short a moment of `run` to be worth writing after it
      if (!writesCreated) container.writeState({ ...creating.state, worker: creating.worker, pid, startTime, cgroup: { ...record } })
    },
    cgroup: (pid) => creating.unit?.start(pid),
    maps: (pid) => {
      const [uids, gids] = [spec.linux?.uidMappings ?? [], spec.linux?.gidMappings ?? []]
      if (rootless === undefined) writeMaps(pid, uids, gids, { uid: "/linux/uidMappings", gid: "/linux/gidMappings" })
      else rootless.writeOwnMaps(pid, uids, gids)
    },
    devices: (pid) => netDevices?.move(pid),
    hooks: (pid) => {
      hooksRan = true
      runCreationHooks(spec, { ...creating.state, pid }, launch.pidfd)
    },
  })))
  phase("finish from outside, and write down that it is created")
  if (outside && rootless === undefined) await scheduleFromOutside(launch.pid, process)
  await giveCgroup(spec, process, record, launch.pid)
  sendPidfd?.(launch.pidfd)
  inherited.close()
  const seccomp = creating.seccomp && { ...creating.seccomp.stored, firstFd: launch.firstFd, last: lastSteps(planner) }
  const state: StoredState = {
    ...creating.state, pid: launch.pid, startTime, status: "created", cgroup: { ...record }, ...(seccomp && { seccomp }),
  }
  if (writesCreated) container.writeState(state)
  netDevices?.keep()
  creating.unit?.close()
  return { container, spec, launch, state }
}

/** What moves linux.netDevices; few containers have any. */
async function loadNetDevices({ linux }: Spec): Promise<NetDevices | undefined> {
  const devices = linux?.netDevices
  if (devices === undefined || Object.keys(devices).length === 0) return undefined
  return new (await import("./net-devices.ts")).NetDevices(devices)
}

function hasCreationHooks(spec: Spec): boolean {
  const { prestart, createRuntime, createContainer } = spec.hooks ?? {}
  return (prestart?.length ?? 0) + (createRuntime?.length ?? 0) + (createContainer?.length ?? 0) > 0
}

/** What sends init's pidfd where somebody wants it: few do. */
async function pidfdSender({ spec, request }: Creating): Promise<((pidfd: number) => void) | undefined> {
  if (request.pidfdSocket === undefined && annotation(spec, "run.oci.pidfd_receiver") === undefined) return undefined
  const { connectInitReceivers, sendPidfd } = await import("./pidfd-socket.ts")
  const connections = connectInitReceivers(spec, request.pidfdSocket)
  return (pidfd) => sendPidfd(connections, pidfd, "standard")
}

/** The descriptor that takes the terminal's master: --console-socket, or a socket of this process. */
function consoleDescriptor({ process, options, request }: Creating, inherited: Inherited): number | undefined {
  if (process.terminal !== true) return undefined
  if (options.console !== undefined) return inherited.keep(options.console)
  return inherited.keep(connectUnixPath(request.consoleSocket as string))
}
