import { RuntsError } from "../error.ts"
import { close, open } from "../host/file.ts"
import { reap } from "../host/process.ts"
import { recv } from "../host/socket.ts"
import { isUnprivileged } from "../host/privilege.ts"
import type { ContainerDir } from "../host/store.ts"
import type { StoredState } from "../host/stored-state.ts"
import { O_RDONLY } from "../kernel/fs.ts"
import { CLONE } from "../kernel/process.ts"
import { cleanRelative } from "../path.ts"
import { MESSAGE } from "../plan/messages.ts"
import { mountLabel, mountRequest } from "../plan/mount-request.ts"
import { MOUNTS_AT_ONCE_MAX, planMountsAdd, planMountsRemove } from "../plan/mounts-exec.ts"
import type { Planner } from "../plan/planner.ts"
import { loadSpec } from "../spec/load.ts"
import type { Mount, Spec } from "../spec/types.gen.ts"
import { openInit, openWithState, statusOf } from "./container.ts"
import { mountSources } from "./facts.ts"
import { differingNamespaces } from "./hooks.ts"
import { hostFacts } from "./host-facts.ts"
import { idmapNamespaces } from "./id-maps.ts"
import { duplicate, Inherited } from "./inherited.ts"
import { kernelLog, LOG_BYTES, statusSocket } from "./launch.ts"
import { diedEarly, MESSAGE_BYTES, stepFailure } from "./outcome.ts"
import type { GlobalOptions } from "./requests.ts"
import { serve } from "./serve.ts"
import { spawnProgram } from "./spawn-program.ts"

/** Name of the program that changes mounts, in ps and errors. */
const HELPER_NAME = "runts:mounts"

/**
 * `mounts add`: mounts for a container that is created, running or paused; all of them or none. Sources are the host's, as in
 * config.json; destinations are resolved inside the container's root.
 */
export async function addMounts(globals: GlobalOptions, id: string, mounts: readonly Mount[]): Promise<void> {
  refuseTooMany(mounts)
  change(globals, id, ({ container, state, pidfd, inherited, status }) => {
    const { linux, annotations } = configOf(container)
    const config = { mounts, ...(linux === undefined ? {} : { linux }), ...(annotations === undefined ? {} : { annotations }) }
    const label = mountLabel(config as Spec)
    const namespaceFlags = differingNamespaces(state.pid)
    const user = (namespaceFlags & CLONE.NEWUSER) === 0 ? undefined : open(`/proc/${state.pid}/ns/user`, O_RDONLY)
    try {
      const { kernel, unprivileged } = hostFacts(config, user !== undefined)
      return planMountsAdd(mounts.map((mount, index) => mountRequest(mount, index, label)), {
        kernel,
        ...(unprivileged === true ? { unprivileged } : {}),
        bundle: state.bundle,
        sources: mountSources(config, state.bundle),
        existing: new Set(),
        idmaps: idmapNamespaces(config, user, (fd) => inherited.keep(fd)),
        cgroupMounts: undefined,
        status,
        pidfd,
        namespaceFlags,
        staging: container.path,
        label,
        isPrivate: PRIVATE_WORDS.includes(linux?.rootfsPropagation ?? ""),
      })
    } finally {
      if (user !== undefined) close(user)
    }
  })
}

/** Words of linux.rootfsPropagation with which the container hears of no later mount of the host. */
const PRIVATE_WORDS: readonly string[] = ["private", "rprivate"]

/** `mounts remove`: unmounts destinations, all of which must be mounts; only `destination` of each counts. */
export function removeMounts(globals: GlobalOptions, id: string, mounts: readonly Mount[]): void {
  refuseTooMany(mounts)
  const paths: { path: string; pointer: string }[] = []
  for (const [index, { destination }] of mounts.entries()) {
    const path = cleanRelative(destination)
    const pointer = `/mounts/${index}/destination`
    if (path === "") {
      throw new RuntsError(`mounts[${index}] (${destination}): the root of a container cannot be removed`, {
        code: "usage", pointer,
      })
    }
    if (!paths.some((other) => other.path === path)) paths.push({ path, pointer })
  }
  const rights = isUnprivileged() ? { unprivileged: true as const } : {}
  change(globals, id, ({ pidfd, status }) => planMountsRemove(paths, { status, pidfd, ...rights }))
}

function refuseTooMany(mounts: readonly Mount[]): void {
  if (mounts.length > MOUNTS_AT_ONCE_MAX) {
    throw new RuntsError(`${mounts.length} mounts are too many at once, the most is ${MOUNTS_AT_ONCE_MAX}`, {
      code: "usage", hint: "change them in several calls",
    })
  }
}

/** The config that the container was created by. */
function configOf(container: ContainerDir): Spec {
  return loadSpec(container.readConfigBytes(), "config.json")
}

/** What a plan that changes mounts is made from. */
interface Change {
  readonly container: ContainerDir
  readonly state: StoredState
  readonly inherited: Inherited
  /** Descriptors as the program inherits them. */
  readonly status: number
  readonly pidfd: number
}

/** Runs a program that changes the mounts of a container, which is locked meanwhile. */
function change(globals: GlobalOptions, id: string, plan: (change: Change) => Planner): void {
  const { container, state } = openWithState(globals, id, "exclusive")
  try {
    const status = statusOf(state)
    if (status === "stopped" || status === "creating") {
      throw new RuntsError(`container not running: it is ${status}`, { code: "container-not-running" })
    }
    if (state.namespaces.mount === undefined) {
      throw new RuntsError("the container has no mount namespace of its own: its mounts are the host's", {
        code: "container-wrong-status", hint: `mount below ${state.rootfs}`,
      })
    }
    const init = openInit(state)
    const inherited = new Inherited(0)
    try {
      const { ours, theirs } = statusSocket(inherited.least)
      try {
        const pidfd = inherited.keep(duplicate(init))
        runHelper(plan({ container, state, inherited, status: theirs, pidfd }), ours, theirs, inherited.all)
      } finally {
        close(ours)
      }
    } finally {
      inherited.close()
      close(init)
    }
  } finally {
    container.close()
  }
}

/** Starts a program and answers it until all its processes have ended. @throws RuntsError of the step that failed */
function runHelper(planner: Planner, ours: number, theirs: number, inherit: readonly number[]): void {
  let pid: number
  try {
    pid = spawnProgram(planner, HELPER_NAME, [theirs, ...inherit])
  } finally {
    close(theirs)
  }
  let failure: unknown
  let log = ""
  const message = Buffer.alloc(MESSAGE_BYTES + LOG_BYTES)
  for (;;) {
    message.fill(0)
    if (recv(ours, "the program that changes the mounts", message) === 0) break
    const kind = message.readUInt32LE(0)
    const number = message.readUInt32LE(4)
    if (kind === MESSAGE.LOG) log = kernelLog(message)
    else if (kind === MESSAGE.FAILED) failure ??= stepFailure(planner, number, Number(message.readBigInt64LE(8)), log)
    else if (kind === MESSAGE.SERVE) {
      const request = planner.requests[number]
      if (request === undefined) throw new Error(`the program asks for request ${number}, which is not planned`)
      try {
        serve(ours, planner, request)
      } catch (error) {
        failure ??= error
      }
    }
  }
  const ended = reap(pid)
  if (failure !== undefined) throw failure
  if (!("code" in ended) || ended.code !== 0) throw diedEarly("the program that changes the mounts", ended)
}
