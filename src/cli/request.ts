import { RuntsError } from "../error.ts"
import type { CreateRequest } from "../lifecycle/requests.ts"
import type { Call } from "./table.ts"

/** The flags of `create` and `run` as the lifecycle wants them; an empty path is as good as none, as with runc. */
export function createRequest(call: Call<"create"> | Call<"run">): CreateRequest {
  refuseOtherCgroupManagers(call)
  const flags = call.flags
  return {
    id: call.id,
    bundle: flags.bundle || ".",
    consoleSocket: flags["console-socket"] || undefined,
    pidFile: flags["pid-file"] || undefined,
    pidfdSocket: flags["pidfd-socket"] || undefined,
    noPivot: flags["no-pivot"],
    noNewKeyring: flags["no-new-keyring"],
    preserveFds: flags["preserve-fds"],
  }
}

/**
 * Containers of another cgroup manager cannot be made yet. Only where one is made is this asked: the other commands go by
 * what the container's state says.
 */
function refuseOtherCgroupManagers(call: Call): void {
  const manager = call.cgroupManager
  if (manager === "cgroupfs" || manager === "systemd") return
  throw new RuntsError(
    `the cgroup manager "${manager}" is not supported yet`,
    { code: "config-unsupported", hint: "leave the option out, or set the engine's cgroup driver (cgroup manager) to cgroupfs or systemd" },
  )
}
