import { BPF_INSTRUCTION_BYTES, SECCOMP_SET_MODE_FILTER } from "../kernel/seccomp.ts"
import type { Process } from "../spec/types.gen.ts"
import type { Step } from "../program/program.ts"
import { settleCapabilities } from "./credentials.ts"
import type { HostFacts } from "./facts.ts"
import type { Planner } from "./planner.ts"

/**
 * Loads the filter, as late as can be: it holds for all that comes after, which is the execve and, where the process may gain
 * privileges, the capset before it that gives up CAP_SYS_ADMIN. A profile that notifies may be asked about these two and about read(2).
 * @param channel socket to the runtime, on which it says that it holds the listener
 */
export function planSeccomp(planner: Planner, process: Process, facts: HostFacts, channel: Step | number): void {
  const seccomp = facts.seccomp
  if (seccomp === undefined) return
  const p = planner.program
  planner.at("/linux/seccomp")
  // struct sock_fprog: u16 number of instructions, their address
  const program = p.words([seccomp.filter.length / BPF_INSTRUCTION_BYTES, p.bytes(seccomp.filter)])
  p.call("seccomp", SECCOMP_SET_MODE_FILTER, seccomp.flags, program).says("load the seccomp filter")
  if (seccomp.listener) awaitListenerTaken(planner, channel)
  settleCapabilities(planner, process, facts)
}

/** The listener would be closed by execve. That it is there is seen by the runtime; init has nothing to say that might be filtered. */
function awaitListenerTaken(planner: Planner, channel: Step | number): void {
  const p = planner.program
  const again = p.label("await the runtime")
  const taken = p.label("listener taken")
  p.here(again)
  const received = p.call("read", channel, p.buffer(8), 1).on("EINTR", again).says("wait until the runtime has the seccomp listener")
  p.test(received, -1, "!=", 0, taken)
  p.call("exit_group", 1).says("end, as the runtime has gone")
  p.here(taken)
}
