import { DECODER } from "../kernel/structures.ts"
import type { Planner } from "../plan/planner.ts"
import { describeStep } from "../program/print.ts"
import { PointerArray, type Step } from "../program/program.ts"

export interface Outcome {
  readonly state: "done" | "failed" | "waits" | "not reached" | "skipped"
  readonly at?: number
  readonly took?: number
  readonly errno?: string
  readonly result?: number
}
export interface Line {
  readonly actor: "launcher" | "init" | "process"
  readonly sentence: string
  readonly call: string
  readonly pointer: string
  readonly step: number
  readonly plumbing?: true
  outcome?: Outcome
}

export function linesOf(planner: Planner, who: "init" | "process"): Line[] {
  const { steps } = planner.program
  const child = steps.find(({ target }) => target?.name === "child")?.target?.index ?? 0
  return steps.map((step, index) => {
    const { text, pointer, call } = describeStep(planner.program, index, DECODER)
    return {
      actor: index < child ? "launcher" : who, sentence: text, call: withoutSecrets(step, call), pointer, step: index,
      ...(step.kind !== "call" ? { plumbing: true as const } : {}),
    }
  })
}

/** Environments hold passwords, and what is recorded is shown to others. */
export function withoutSecrets({ name, args }: Step, call: string): string {
  const environment = args[2]
  if (name !== "execve" || !(environment instanceof PointerArray)) return call
  const count = environment.items.length
  const end = call.lastIndexOf(", [")
  return `${call.slice(0, end)}, [${count} ${count === 1 ? "variable" : "variables"}])`
}
