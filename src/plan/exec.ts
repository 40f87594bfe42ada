import type { Process } from "../spec/types.gen.ts"
import { AT_FDCWD } from "../kernel/fs.ts"
import { planConsole } from "./console.ts"
import { planCredentials } from "./credentials.ts"
import type { ExecFacts } from "./facts.ts"
import { becomeRoot, cleanProcess, cloneInto, enterRoot, joinCgroups, undumpable } from "./launcher.ts"
import { planLabels } from "./labels.ts"
import { MESSAGE, Planner } from "./planner.ts"
import {
  becomeProgram, checkCwd, closeHostDescriptors, enterCwd, findProgram, planKeyring, planLimits, planStdio, planUmask, settleChannels,
  statusDescriptor,
} from "./process.ts"
import { planAffinity, planExecutionSettings, planOomScore, planScheduling, resetAffinity } from "./scheduling.ts"

/** The program of one more process in a running container: joins all namespaces of its init at once, then as init does. */
export function planExec(process: Process, facts: ExecFacts): Planner {
  const planner = new Planner(statusDescriptor(facts.preservedFds))
  const p = planner.program
  settleChannels(planner, facts.preservedFds, facts.channel)
  cleanProcess(planner)
  if (facts.unprivileged === true) planOomScore(planner, process)
  undumpable(planner)
  planLabels(planner, facts.labels)
  const affinity = process.execCPUAffinity
  if (affinity?.initial) planAffinity(planner, affinity.initial, "initial")
  if (facts.namespaceFlags !== 0) p.call("setns", facts.pidfd, facts.namespaceFlags).says("join the container's namespaces")
  undumpable(planner)
  cloneInto(planner, 0, facts.cgroup)
  joinCgroups(planner, facts.cgroup)
  planner.at("")
  if (facts.joinsUser) becomeRoot(planner)
  undumpable(planner)
  p.call("setsid").says("lead a session of its own")
  if (affinity?.final) planAffinity(planner, affinity.final, "final")
  else resetAffinity(planner)
  // in a user namespace nobody has the host's CAP_SYS_NICE: the runtime does it from outside, unless it has no more rights itself
  if (!facts.joinsUser || facts.unprivileged === true) planScheduling(planner, process)
  planExecutionSettings(planner, facts.settings)
  enterRoot(planner, facts.root)
  if (process.terminal === true && facts.channel.console !== undefined) {
    const { user, consoleSize } = process
    planConsole(planner, { root: AT_FDCWD, socket: facts.channel.console, uid: user.uid, size: consoleSize, bindConsole: false })
  }
  closeHostDescriptors(planner, facts.preservedFds)
  if (!facts.noNewKeyring) planKeyring(planner, facts.id, true)
  if (process.terminal !== true) planStdio(planner, facts.stdio, process.user.uid)
  const entered = enterCwd(planner, process.cwd, false)
  planLimits(planner, facts.limits)
  planCredentials(planner, process, facts)
  planUmask(planner, process)
  checkCwd(planner, process.cwd, entered)
  const args = process.args ?? []
  const path = findProgram(planner, args, facts.env)
  planner.at("")
  planner.tell(MESSAGE.READY).says("report that the process is ready")
  planner.awaitGo()
  becomeProgram(planner, process, facts, path, planner.status)
  planner.placeBlocks()
  return planner
}
