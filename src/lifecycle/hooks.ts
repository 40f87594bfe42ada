import { RuntsError } from "../error.ts"
import { runHook } from "../host/hooks.ts"
import { namespaceOf } from "../host/procfs.ts"
import type { StoredState } from "../host/stored-state.ts"
import { NAMESPACES, type NamespaceType } from "../kernel/process.ts"
import { warn } from "../log.ts"
import type { Hook, Hooks, Spec } from "../spec/types.gen.ts"
import { OCI_VERSION } from "../spec/version.ts"
import type { ContainerStatus } from "./requests.ts"

/** The state that hooks read on stdin (runtime-spec runtime.md, "State"). */
function hookState(state: StoredState, status: ContainerStatus): string {
  const { id, pid, bundle, annotations } = state
  return JSON.stringify({ ociVersion: OCI_VERSION, id, status, pid, bundle, ...(annotations === undefined ? {} : { annotations }) })
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

function runAll(kind: keyof Hooks, hooks: readonly Hook[] | undefined, state: string, namespaces?: { pidfd: number; flags: number }): void {
  hooks?.forEach((hook, index) => {
    runHook(hook, state, { pointer: `/hooks/${kind}/${index}`, ...(namespaces === undefined ? {} : { namespaces }) })
  })
}

/** prestart and createRuntime in the runtime's namespaces, then createContainer in the container's, before its root is pivoted to. */
export function runCreationHooks(spec: Spec, state: StoredState, pidfd: number): void {
  const text = hookState(state, "creating")
  runAll("prestart", spec.hooks?.prestart, text)
  runAll("createRuntime", spec.hooks?.createRuntime, text)
  if ((spec.hooks?.createContainer?.length ?? 0) === 0) return
  runAll("createContainer", spec.hooks?.createContainer, text, { pidfd, flags: differingNamespaces(state.pid) })
}

/** startContainer: in the container, its root included, before the user's program runs. */
export function runStartContainerHooks(state: StoredState, pidfd: number): void {
  const hooks = state.hooks?.startContainer as readonly Hook[] | undefined
  if ((hooks?.length ?? 0) === 0) return
  runAll("startContainer", hooks, hookState(state, "created"), { pidfd, flags: differingNamespaces(state.pid) })
}

/** poststart: in the runtime's namespaces, when the user's program runs. */
export function runPoststartHooks(state: StoredState): void {
  runAll("poststart", state.hooks?.poststart as readonly Hook[] | undefined, hookState(state, "running"))
}

/** poststop, when the container is gone: a failure is only warned of, and the next one runs all the same. */
export function runPoststopHooks(state: StoredState): void {
  const text = hookState({ ...state, pid: 0 }, "stopped")
  const hooks = state.hooks?.poststop as readonly Hook[] | undefined
  hooks?.forEach((hook, index) => {
    try {
      runHook(hook, text, { pointer: `/hooks/poststop/${index}` })
    } catch (error) {
      warn(error instanceof RuntsError ? error.message : String(error))
    }
  })
}
