import { RuntsError } from "../error.ts"
import { entryRecord, openJoin } from "../host/cgroup/manager.ts"
import { close, open } from "../host/file.ts"
import type { HookConfinement } from "../plan/hook.ts"
import { cgroupOf } from "./container.ts"
import { hostFacts } from "./host-facts.ts"
import { joinRdt, rdtOf } from "./intel-rdt.ts"
import { divideLimits } from "./limits.ts"
import type { HookOptions, HookOutputs } from "./run-hook.ts"
import type { HandOver } from "./stored-seccomp.ts"
import type { SeccompFacts } from "../plan/facts.ts"
import { namespaceOf, pidInside } from "../host/procfs.ts"
import type { StoredState } from "../host/stored-state.ts"
import { O_DIRECTORY, O_PATH } from "../kernel/fs.ts"
import { CLONE, NAMESPACES, type NamespaceType } from "../kernel/process.ts"
import type { ProcessLabels } from "../plan/labels.ts"
import { warn } from "../log.ts"
import { phase } from "../trace.ts"
import { annotation } from "../spec/annotations.ts"
import type { Hook, Hooks, Process, Spec } from "../spec/types.gen.ts"
import { ociState } from "./oci-state.ts"
import type { ContainerStatus } from "./requests.ts"

type Runner = typeof import("./run-hook.ts").runHook
let loadedRunner: Runner | undefined

/** Makes hooks ready to run; to be awaited before any of these may. Few containers have hooks, and what runs them is large. */
export async function loadHookRunner(hooks: object | undefined): Promise<void> {
  if (hooks !== undefined && Object.keys(hooks).length > 0) loadedRunner ??= (await import("./run-hook.ts")).runHook
}

function runner(): Runner {
  if (loadedRunner === undefined) throw new Error("what runs hooks was not loaded")
  return loadedRunner
}

/** The state that hooks read on stdin (runtime-spec runtime.md, "State"). */
function hookState(state: StoredState, status: ContainerStatus): string {
  return JSON.stringify(ociState(state, status))
}

/** The same for a hook in the container's namespaces, which is told the pid as it is there. */
function stateInside(state: StoredState, status: ContainerStatus): string {
  return hookState({ ...state, pid: pidInside(state.pid) }, status)
}

/** Clone flags of the namespaces in which a process differs from this one, for setns(2) with its pidfd. */
export function differingNamespaces(pid: number): number {
  let flags = 0
  for (const type of Object.keys(NAMESPACES) as NamespaceType[]) {
    const theirs = namespaceOf(pid, type)
    const ours = namespaceOf("self", type)
    if (theirs !== undefined && ours !== undefined && theirs.ino !== ours.ino) flags += NAMESPACES[type].flag
  }
  return flags
}

/** Where hooks of a kind run: the working directory, and the container's namespaces if not the runtime's. */
interface Place {
  readonly cwd: string
  /** What a hook without an environment of its own gets, if not the caller's. */
  readonly environment?: readonly string[]
  readonly namespaces?: { readonly pidfd: number; readonly flags: number }
  readonly confinement?: HookConfinement
  readonly outputs: HookOutputs
  readonly born?: HookOptions["born"]
  readonly started?: HookOptions["started"]
}

/** Files that annotations name for what hooks print. */
function outputsOf(container: Pick<Spec, "annotations">): HookOutputs {
  return { stdout: annotation(container, "run.oci.hooks.stdout"), stderr: annotation(container, "run.oci.hooks.stderr") }
}

function runAll(kind: keyof Hooks, hooks: readonly Hook[] | undefined, state: string, place: Place): void {
  hooks?.forEach((hook, index) => {
    const pointer = `/hooks/${kind}/${index}`
    phase(`run the hook ${kind}[${index}]: ${hook.path}`, pointer)
    runner()(hook, state, { pointer, ...place })
  })
}

/** prestart and createRuntime in the runtime's namespaces, then createContainer in the container's, before its root is pivoted to. */
export function runCreationHooks(spec: Spec, state: StoredState, pidfd: number): void {
  const text = hookState(state, "creating")
  const outputs = outputsOf(spec)
  runAll("prestart", spec.hooks?.prestart, text, { cwd: state.bundle, outputs })
  runAll("createRuntime", spec.hooks?.createRuntime, text, { cwd: state.bundle, outputs })
  if ((spec.hooks?.createContainer?.length ?? 0) === 0) return
  runAll("createContainer", spec.hooks?.createContainer, stateInside(state, "creating"), {
    cwd: state.rootfs,
    // as with runc: no variable of the host comes into the container
    environment: [],
    outputs,
    namespaces: { pidfd, flags: differingNamespaces(state.pid) },
  })
}

/** What holds the container's process, and its startContainer hooks with it. */
interface Confined {
  /** That of config.json; its environment is for hooks without one. */
  readonly process: Process
  readonly labels: ProcessLabels | undefined
  readonly seccomp: SeccompFacts | undefined
  /** Takes the listeners that the filter makes. */
  readonly handOver: HandOver | undefined
}

/**
 * startContainer: in the container, its root included, before the user's program runs. What is executed comes from the image, so that it
 * has the container's cgroups, labels, user, capabilities, limits and keys, and none of the runtime's: as root of the host it could leave
 * by any device.
 */
export function runStartContainerHooks(state: StoredState, pidfd: number, { process, labels, seccomp, handOver }: Confined): void {
  const hooks = state.hooks?.startContainer as readonly Hook[] | undefined
  if ((hooks?.length ?? 0) === 0) return
  const cgroups = cgroupOf(state)
  const cgroup = cgroups === undefined ? { intoCgroup: undefined, procs: [] } : openJoin(entryRecord(cgroups), true)
  const flags = differingNamespaces(state.pid)
  const root = (flags & CLONE.NEWNS) === 0 ? open(`/proc/${state.pid}/root`, O_PATH | O_DIRECTORY) : undefined
  try {
    const joinsUser = (flags & CLONE.NEWUSER) !== 0
    const limits = divideLimits(process, joinsUser)
    const facts = hostFacts(state, joinsUser)
    runAll("startContainer", hooks, stateInside(state, "created"), {
      cwd: "/",
      environment: process.env ?? [],
      outputs: outputsOf(state),
      namespaces: { pidfd, flags },
      confinement: {
        process, cgroup, labels, root,
        facts: { ...facts, seccomp, ...(facts.unprivileged === true && seccomp?.listener === true ? { traceable: true } : {}) },
        keyring: state.noNewKeyring === true ? undefined : state.id,
        limits: limits.own,
      },
      born: (pid) => {
        joinRdt(rdtOf(state), pid)
        limits.fromOutside(pid)
      },
      ...(handOver && { started: (hook) => handOver({ state, status: "created", first: 0, ...hook }) }),
    })
  } finally {
    if (root !== undefined) close(root)
    if (cgroup.intoCgroup !== undefined) close(cgroup.intoCgroup)
    for (const { fd } of cgroup.procs) close(fd)
  }
}

/** poststart: in the runtime's namespaces, when the user's program runs. */
export function runPoststartHooks(state: StoredState): void {
  runAll("poststart", state.hooks?.poststart as readonly Hook[] | undefined, hookState(state, "running"), {
    cwd: state.bundle,
    outputs: outputsOf(state),
  })
}

/** poststop, when the container is gone: a failure is only warned of, and the next one runs all the same. */
export function runPoststopHooks(state: StoredState): void {
  const text = hookState({ ...state, pid: 0 }, "stopped")
  const hooks = state.hooks?.poststop as readonly Hook[] | undefined
  hooks?.forEach((hook, index) => {
    try {
      runner()(hook, text, { pointer: `/hooks/poststop/${index}`, cwd: state.bundle, outputs: outputsOf(state) })
    } catch (error) {
      warn(error instanceof RuntsError ? error.message : String(error))
    }
  })
}
