import { RuntsError } from "../error.ts"
import { loadProcess, loadSpec } from "../spec/load.ts"
import { checkProcess } from "../spec/rules.ts"
import type { Process } from "../spec/types.gen.ts"
import { warn } from "../log.ts"
import { CAPABILITIES } from "../kernel/capabilities.ts"
import type { StoredSettings } from "../host/stored-state.ts"
import type { ExecRequest } from "./requests.ts"

const ID_MAX = 4294967294

/**
 * The process that `exec` is asked for: the --process file, else the container's own process with the flags over it.
 * @param file content of the --process file
 * @param config content of the container's config.json
 * @param settings what holds where the file says nothing
 */
export function execProcess(
  request: ExecRequest, file: Uint8Array | undefined, config: () => Uint8Array, settings: StoredSettings = {},
): Process {
  let process: Process
  if (file !== undefined) process = withLabels(loadProcess(file, request.process as string), settings)
  else {
    const base = loadSpec(config(), "config.json").process
    if (base === undefined) {
      throw new RuntsError("config.json has no process to take defaults from", { code: "usage", hint: "use --process" })
    }
    process = overlay(base, request)
  }
  if (request.tty && file !== undefined) process = { ...process, terminal: true }
  checkProcess(process, request.process ?? "exec")
  return process
}

/**
 * A file without labels has the container's, as with crun (runc: SELinux's only): no process is less confined than init because its file
 * left something out. "unconfined" is the word for a process without a profile.
 */
function withLabels(process: Process, { apparmorProfile, selinuxLabel }: StoredSettings): Process {
  return {
    ...process,
    ...(apparmorProfile === undefined || process.apparmorProfile ? {} : { apparmorProfile }),
    ...(selinuxLabel === undefined || process.selinuxLabel ? {} : { selinuxLabel }),
  }
}

function overlay(base: Process, request: ExecRequest): Process {
  const user = request.user === undefined ? base.user : { ...base.user, ...parseUser(request.user) }
  const groups = [...(base.user.additionalGids ?? []), ...request.additionalGids]
  return {
    ...base,
    args: request.args,
    cwd: request.cwd ?? base.cwd,
    env: [...(base.env ?? []), ...request.env],
    terminal: request.tty,
    user: groups.length === 0 ? user : { ...user, additionalGids: groups },
    ...(request.noNewPrivs ? { noNewPrivileges: true } : {}),
    ...(request.apparmor === undefined ? {} : { apparmorProfile: request.apparmor }),
    ...(request.processLabel === undefined ? {} : { selinuxLabel: request.processLabel }),
    ...(request.capabilities.length === 0 ? {} : { capabilities: addCapabilities(base, request.capabilities) }),
  }
}

/** UID or UID:GID, decimal; whatever else it might mean to somebody is refused (CVE-2026-30892: "1" read as root). */
export function parseUser(text: string): { uid: number; gid?: number } {
  const match = /^([0-9]{1,10})(?::([0-9]{1,10}))?$/.exec(text)
  const uid = Number(match?.[1])
  const gid = match?.[2] === undefined ? undefined : Number(match[2])
  if (match === null || uid > ID_MAX || (gid ?? 0) > ID_MAX) {
    throw new RuntsError(`--user ${JSON.stringify(text)} is not UID or UID:GID`, {
      code: "usage", hint: `decimal numbers up to ${ID_MAX}`,
    })
  }
  return gid === undefined ? { uid } : { uid, gid }
}

/** --cap adds to what the process may have and has; never to what it passes on through file capabilities (CVE-2022-29162). */
function addCapabilities(base: Process, names: readonly string[]): NonNullable<Process["capabilities"]> {
  for (const name of names) {
    if (!(CAPABILITIES as readonly string[]).includes(name)) warn(`--cap ${name}: no such capability is known; ignored`)
  }
  const add = (set: readonly string[] | undefined): string[] => [...new Set([...(set ?? []), ...names])]
  const { bounding, effective, permitted } = base.capabilities ?? {}
  return { ...base.capabilities, bounding: add(bounding), effective: add(effective), permitted: add(permitted) }
}
