import { RuntsError } from "../error.ts"
import { COMMANDS } from "./table.ts"
import type { Command } from "./table.ts"
import type { GlobalValues, Outcome } from "./parse.ts"
import { openLog } from "./log.ts"
import { exit } from "./output.ts"

/** Carries out a command line and ends the process. */
export async function dispatch(argv: readonly string[], outcome: Outcome): Promise<never> {
  exit(await carryOut(argv, outcome))
}

/** @returns the exit code; failures are printed and logged, once */
export async function carryOut(argv: readonly string[], outcome: Outcome): Promise<number> {
  const name = outcome.kind === "call" ? outcome.call.command : outcome.kind === "version" ? undefined : outcome.command
  const command: Command | undefined = name === undefined ? undefined : COMMANDS[name]
  try {
    const { log, debug } = outcome.globals
    openLog({ file: log, format: outcome.globals["log-format"], debug })
    refuseContradiction(outcome.globals)
    if (outcome.kind === "call") return await (await (command as Command).load()).main(outcome.call)
    const { answer } = await import("./help.ts")
    return await answer(argv, outcome)
  } catch (error) {
    const { report } = await import("./failure.ts")
    return await report(error, command?.failureCode ?? 1, outcome)
  }
}

/** One option says systemd, the other something else: whichever counted, somebody would be surprised. */
function refuseContradiction({ "systemd-cgroup": systemd, "cgroup-manager": manager }: GlobalValues): void {
  if (!systemd || manager === undefined || manager === "systemd") return
  throw new RuntsError(`--systemd-cgroup and --cgroup-manager ${manager} contradict each other`, {
    code: "usage", hint: "leave one of them out",
  })
}
