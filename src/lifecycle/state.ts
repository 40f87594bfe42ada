import { RuntsError } from "../error.ts"
import { tryReadText } from "../host/file.ts"
import { openContainer, listContainers } from "../host/store.ts"
import type { StoredState } from "../host/stored-state.ts"
import { warn } from "../log.ts"
import { OCI_VERSION } from "../spec/version.ts"
import { openWithState, statusOf } from "./container.ts"
import type { ContainerState, GlobalOptions } from "./requests.ts"

function describe(state: StoredState, owner: string): ContainerState {
  const status = statusOf(state)
  return {
    ociVersion: OCI_VERSION,
    id: state.id,
    pid: status === "stopped" ? 0 : state.pid,
    status,
    bundle: state.bundle,
    rootfs: state.rootfs,
    created: state.created,
    ...(state.annotations === undefined ? {} : { annotations: state.annotations }),
    owner,
  }
}

/** `state`: what the container is now. */
export function state(globals: GlobalOptions, id: string): ContainerState {
  const { container, state: stored } = openWithState(globals, id, "none")
  container.close()
  return describe(stored, "")
}

/** `list`: all containers below the root. One that cannot be read is warned of and left out. */
export function list(globals: GlobalOptions): ContainerState[] {
  const found: ContainerState[] = []
  for (const id of listContainers(globals)) {
    try {
      const container = openContainer(globals, id, { lock: "none" })
      try {
        const stored = container.readState()
        if (stored !== undefined) found.push(describe(stored, userName(container.owner())))
      } finally {
        container.close()
      }
    } catch (error) {
      // deleted between the listing and now
      if (error instanceof RuntsError && error.details.errno === 2) continue
      warn(`container ${JSON.stringify(id)} is not listed: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  return found
}

let passwd: string | undefined

/** A host user's name, or #uid. */
function userName(uid: number): string {
  passwd ??= tryReadText("/etc/passwd") ?? ""
  for (const line of passwd.split("\n")) {
    const fields = line.split(":")
    if (fields[2] === String(uid)) return fields[0] as string
  }
  return `#${uid}`
}
