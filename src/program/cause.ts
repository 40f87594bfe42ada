import { Datum, Load, type Program, Step } from "./program.ts"

/**
 * The step whose error a failed step stands for: itself, or where it only reports what an earlier one met (`fail`), that one.
 * @param index of the step that failed
 * @param kernelLog what the kernel said of a mount, which names the option in quotes: steps that share a place for their result are told apart by it
 * @returns its index; undefined where it cannot be known
 */
export function causeOf(program: Program, index: number, kernelLog = ""): number | undefined {
  const { steps } = program
  const failed = steps[index]
  if (failed === undefined || failed.kind !== "fail") return failed === undefined ? undefined : index
  const [from] = failed.args
  if (from instanceof Step) return steps.indexOf(from)
  if (!(from instanceof Load)) return undefined
  const found = steps.flatMap((step, number) => (step.cell !== undefined && step.cell === from.from.datum ? [number] : []))
  if (found.length <= 1) return found[0]
  const named = found.filter((number) => (steps[number] as Step).args.some((arg) => {
    return arg instanceof Datum && typeof arg.bytes === "string" && arg.bytes !== "" && kernelLog.includes(`'${arg.bytes}'`)
  }))
  return named.length === 1 ? named[0] : undefined
}
