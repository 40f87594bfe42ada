import type { StoredState } from "../host/stored-state.ts"
import { OCI_VERSION } from "../spec/version.ts"
import type { ContainerStatus } from "./requests.ts"

/** The state of a container as others are told it (runtime-spec runtime.md, "State"): hooks on stdin, a seccomp agent with its listener. */
export function ociState({ id, pid, bundle, annotations }: StoredState, status: ContainerStatus): object {
  return { ociVersion: OCI_VERSION, id, status, pid, bundle, ...(annotations === undefined ? {} : { annotations }) }
}
