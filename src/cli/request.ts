import type { CreateRequest } from "../lifecycle/requests.ts"
import type { Call } from "./table.ts"

/** The flags of `create` and `run` as the lifecycle wants them; an empty path is as good as none, as with runc. */
export function createRequest(call: Call<"create"> | Call<"run">): CreateRequest {
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
