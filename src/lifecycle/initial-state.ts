import { sys } from "../ffi/index.ts"
import type { CgroupRecord } from "../host/cgroup/manager.ts"
import { nanotimeUtc } from "../host/process.ts"
import { STATE_SCHEMA, type StoredState } from "../host/stored-state.ts"
import { NR } from "../kernel/syscalls.ts"
import { namespaceIsNew } from "../spec/namespace.ts"
import type { Spec } from "../spec/types.gen.ts"
import { version } from "../version.ts"
import { notifySocket } from "./notify-socket.ts"
import type { CreateRequest } from "./requests.ts"

/** The state of a container that is about to be made, with what later commands need of its config.json and flags. */
export function initialState(request: CreateRequest, spec: Spec, bundle: string, rootfs: string, record: CgroupRecord, rootless: boolean): StoredState {
  const namespaces: Record<string, string> = {}
  for (const namespace of spec.linux?.namespaces ?? []) namespaces[namespace.type] = namespaceIsNew(namespace) ? "new" : namespace.path as string
  return {
    schema: STATE_SCHEMA,
    runts: version,
    id: request.id,
    bundle,
    rootfs,
    created: nanotimeUtc(),
    ociVersion: spec.ociVersion,
    pid: 0,
    startTime: "",
    status: "creating",
    owner: sys(NR.geteuid),
    ...(spec.annotations === undefined ? {} : { annotations: spec.annotations }),
    cgroup: { ...record },
    systemdCgroup: record.systemd !== undefined,
    rootless,
    ...(spec.hooks === undefined ? {} : { hooks: spec.hooks as NonNullable<StoredState["hooks"]> }),
    namespaces,
    noPivot: request.noPivot,
    ...(request.noNewKeyring ? { noNewKeyring: true } : {}),
    ...(notifySocket() === undefined ? {} : { notify: true }),
    ...executionSettings(spec),
  }
}

/** What processes that join later need of config.json, which `exec --process` does not read. */
function executionSettings({ linux, process }: Spec): Pick<StoredState, "settings"> {
  const { personality, memoryPolicy } = linux ?? {}
  const { apparmorProfile, selinuxLabel } = process ?? {}
  const settings = {
    ...(personality === undefined ? {} : { personality }),
    ...(memoryPolicy === undefined ? {} : { memoryPolicy }),
    ...(apparmorProfile ? { apparmorProfile } : {}),
    ...(selinuxLabel ? { selinuxLabel } : {}),
  }
  return Object.keys(settings).length === 0 ? {} : { settings }
}
