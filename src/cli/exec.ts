import { RuntsError } from "../error.ts"
import { exec } from "../lifecycle/exec.ts"
import type { ExecRequest } from "../lifecycle/requests.ts"
import { attempt } from "./attempt.ts"
import type { Call } from "./table.ts"

/** `runts exec`: its exit code is the process's. */
export async function main(call: Call<"exec">): Promise<number> {
  const flags = call.flags
  const process = flags.process || undefined
  if (process === undefined && call.rest.length === 0) {
    throw new RuntsError(`exec in container ${JSON.stringify(call.id)}: no command given`, {
      code: "usage",
      hint: "put it after the container's name, or name a JSON file with --process",
    })
  }
  for (const variable of flags.env) {
    if (variable.indexOf("=") < 1) {
      throw new RuntsError(`--env ${JSON.stringify(variable)} has not the form NAME=VALUE`, { code: "usage" })
    }
  }
  const request: ExecRequest = {
    id: call.id,
    process,
    args: call.rest,
    cwd: flags.cwd || undefined,
    env: flags.env,
    tty: flags.tty,
    user: flags.user || undefined,
    additionalGids: flags["additional-gids"],
    consoleSocket: flags["console-socket"] || undefined,
    pidFile: flags["pid-file"] || undefined,
    pidfdSocket: flags["pidfd-socket"] || undefined,
    detach: flags.detach,
    processLabel: flags["process-label"] || undefined,
    apparmor: flags.apparmor || undefined,
    noNewPrivs: flags["no-new-privs"],
    capabilities: flags.cap,
    preserveFds: flags["preserve-fds"],
    cgroup: flags.cgroup,
    ignorePaused: flags["ignore-paused"],
  }
  return attempt(call, () => exec(call.globals, request))
}
