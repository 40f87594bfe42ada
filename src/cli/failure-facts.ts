import { RuntsError, type FailedHook, type FailedStep } from "../error.ts"
import type { ErrorCode } from "../error-codes.ts"
import { errnoName } from "../kernel/errno.ts"
import { Datum, WordArray, type Step } from "../program/program.ts"

/** A failure as data: what the log's error line carries beside level, msg and time. Only what is known is there. */
export interface FailureFacts {
  /** Of src/error-codes.ts. */
  readonly code: ErrorCode
  /** JSON pointer into config.json. */
  readonly pointer?: string
  /** `EPERM` */
  readonly errno?: string
  /** `fsmount` */
  readonly syscall?: string
  /** The system call with its arguments by name, as strace(1) prints it. */
  readonly call?: string
  /** The step of the container's program: its number, as `runts explain` counts, and what it was for. */
  readonly step?: { readonly index: number; readonly text: string }
  readonly hook?: FailedHook
  /** What the kernel said of a mount. */
  readonly kernelLog?: string
  readonly hint?: string
  /** Where the code is explained. */
  readonly docs: string
}

/** What is known of an error. What prints steps is loaded only for errors that have one. */
export async function factsOf(error: unknown): Promise<FailureFacts> {
  if (!(error instanceof RuntsError)) return { code: "internal", docs: docsOf("internal") }
  const { code, pointer, errno, syscall, step, hook, kernelLog, hint } = error.details
  return {
    code,
    ...(pointer === undefined || pointer === "" ? {} : { pointer }),
    ...(errno === undefined ? {} : { errno: errnoName(errno) }),
    ...(syscall === undefined ? {} : { syscall }),
    ...(step === undefined ? {} : await stepFacts(step, kernelLog ?? "")),
    ...(hook === undefined ? {} : { hook }),
    ...(kernelLog === undefined ? {} : { kernelLog }),
    ...(hint === undefined || hint === "" ? {} : { hint }),
    docs: docsOf(code),
  }
}

/** A call's arguments may be long: a list of groups, a table of data. */
const CALL_CHARS_MAX = 500

async function stepFacts({ program, index }: FailedStep, kernelLog: string): Promise<Pick<FailureFacts, "call" | "step">> {
  const [{ describeStep }, { DECODER }, { causeOf }] = await Promise.all([
    import("../program/print.ts"), import("../kernel/structures.ts"), import("../program/cause.ts"),
  ])
  const cause = causeOf(program, index, kernelLog)
  const told = cause ?? index
  const facts = { step: { index: told, text: program.steps[told]?.text ?? "" } }
  const step = cause === undefined ? undefined : program.steps[cause]
  if (step?.name === undefined) return facts
  if (step.name === "execve") return { ...facts, call: executionOf(step) }
  const { call } = describeStep(program, cause as number, DECODER)
  return { ...facts, call: call.length > CALL_CHARS_MAX ? `${call.slice(0, CALL_CHARS_MAX)}...` : call }
}

/** execve(2) without arguments and environment, which may hold what no log is to have. */
function executionOf({ args: [, args, env] }: Step): string {
  const [name, ...more] = itemsOf(args)
  return `execve(${name ?? "..."}, [${name ?? ""}${more.length === 0 ? "" : `, /* ${more.length} more */`}], [/* ${itemsOf(env).length} variables */])`
}

function itemsOf(array: Step["args"][number] | undefined): string[] {
  if (!(array instanceof WordArray)) return []
  return array.items.map((item) => (item instanceof Datum && typeof item.bytes === "string" ? JSON.stringify(item.bytes) : "..."))
}

function docsOf(code: ErrorCode): string {
  return `docs/error-codes.md#${code}`
}
