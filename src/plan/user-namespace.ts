import { CLONE } from "../kernel/process.ts"
import { MESSAGE, Planner } from "./planner.ts"
import { settleChannels, statusDescriptor } from "./process.ts"
import { cleanProcess } from "./launcher.ts"

/** A process that holds a new user namespace until the runtime has given it its maps and opened it: for idmapped mounts. */
export function planUserNamespace(status: number): Planner {
  const planner = new Planner(statusDescriptor(0))
  const p = planner.program
  settleChannels(planner, 0, { status, start: undefined })
  cleanProcess(planner)
  p.call("unshare", CLONE.NEWUSER).says("a user namespace for an idmapped mount")
  planner.tell(MESSAGE.READY).says("report that it is there")
  planner.awaitGo()
  p.call("exit_group", 0)
  planner.placeBlocks()
  return planner
}

/** The same for a namespace that exists: a process that is in it shows its maps. */
export function planUserNamespaceMember(status: number, namespace: number): Planner {
  const planner = new Planner(statusDescriptor(0))
  const p = planner.program
  settleChannels(planner, 0, { status, start: undefined })
  cleanProcess(planner)
  p.call("setns", namespace, CLONE.NEWUSER).says("join the user namespace")
  planner.tell(MESSAGE.READY).says("report that it is there")
  planner.awaitGo()
  p.call("exit_group", 0)
  planner.placeBlocks()
  return planner
}
