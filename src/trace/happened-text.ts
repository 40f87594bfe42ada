import type { Style } from "../cli/style.ts"
import { durationText } from "../explain/duration.ts"
import type { Line } from "../explain/model.ts"
import { printable } from "../explain/printable.ts"
import type { Happened, HappenedCall, History } from "./happened.ts"
import type { Phase } from "./record.ts"

/** How many of the longest steps are told. */
const LONGEST = 5
/** Phases that took less than this part of their call are told as one. */
const SMALL = 0.01
const BAR_WIDTH = 20

/** What happened to a container, in one sentence. */
export function statusText({ status, pid, error, stoppedAt }: Happened, id: string): string {
  const at = stoppedAt === undefined ? "" : `, at step ${stoppedAt}`
  if (status === "failed") return `${id} could not be made: ${error?.command ?? "create"} failed${at}`
  if (error !== undefined) return `${id} was made, but its start failed${at}`
  if (status === "created") return `${id} is created: its process ${pid} waits for \`runts start ${id}\`${at}`
  if (status === "stopped") return stoppedAt === undefined ? `${id} has stopped: its program ran` : `${id} has stopped: its process ended before it was started`
  if (status === "creating") return `${id} is being created`
  return `${id} is ${status}: its program runs as process ${pid}`
}

/** The phases of a call, those that took next to nothing as one. */
export function mainPhases({ phases, took = 0 }: HappenedCall): readonly Phase[] {
  const large = phases.filter((phase) => phase.took >= took * SMALL)
  const small = phases.filter((phase) => phase.took < took * SMALL)
  if (small.length < 2) return phases
  const rest = small.reduce((sum, phase) => sum + phase.took, 0)
  return [...large, { text: `${small.length} others, of less than ${Math.round(SMALL * 100)} % each`, pointer: "", at: 0, took: rest }]
}

/** Steps that took longest; what waits for others is not counted. */
export function longestSteps(lines: readonly Line[]): Line[] {
  const counted = lines.filter(({ outcome, call }) => outcome?.took !== undefined && outcome.state !== "waits" && !/^(accept4|recvfrom)\(/.test(call))
  return counted.toSorted((a, b) => (b.outcome?.took ?? 0) - (a.outcome?.took ?? 0)).slice(0, LONGEST)
}

/** What is told before the lines of an explanation: what came of the container, why, and where the time went. */
export function happenedText({ explanation, happened }: History, style: Style): string {
  const { id, bundle, lines } = explanation
  const parts = [`${style.bold(printable(statusText(happened, id)))}\n`]
  const { error, created, recorded, stoppedAt } = happened
  parts.push(style.dim(`bundle ${printable(bundle)}${created === undefined ? "" : `, created ${created}`}${error === undefined ? "" : `, failed ${error.when}`}`) + "\n")
  if (error !== undefined) {
    const line = lines.find(({ step }) => step !== undefined && step === stoppedAt)
    parts.push(`\n${style.red(printable(error.message))}\n`)
    const field = (name: string, value: string | undefined): void => {
      if (value !== undefined && value !== "") parts.push(`  ${style.dim(`${name}:`.padEnd(13))}${printable(value)}\n`)
    }
    field("code", error.code)
    field("config.json", error.pointer)
    field("step", line === undefined ? undefined : `${line.step}: ${line.sentence}`)
    field("system call", line === undefined ? error.syscall : line.call + (error.errno === undefined ? "" : ` = ${error.errno}`))
    field("try", error.hint)
  }
  if (lines.length === 0) return `${parts.join("")}\nIt failed before anything was made, so there are no steps. \`runts check\` tells all that is wrong with a bundle.\n`
  for (const call of happened.calls) parts.push(callText(call, style))
  if (recorded) parts.push(longestText(lines, style))
  else parts.push(style.dim(`\nNo times are known: only what is made with --trace FILE has them.\n`))
  parts.push("\n" + style.dim(legend(lines)) + "\n")
  return parts.join("")
}

function callText(call: HappenedCall, style: Style): string {
  const { command, began, took = 0 } = call
  const parts = [`\n${style.bold(`runts ${command}`)} took ${durationText(took)}  ${style.dim(began)}\n`]
  for (const { text, pointer, took: part } of mainPhases(call)) {
    const filled = took === 0 ? 0 : Math.round((part / took) * BAR_WIDTH)
    const bar = style.cyan("#".repeat(filled)) + style.dim(".".repeat(BAR_WIDTH - filled))
    parts.push(`  ${durationText(part).padStart(9)}  ${bar}  ${printable(text)}${pointer === "" ? "" : style.dim(`  [${printable(pointer)}]`)}\n`)
  }
  return parts.join("")
}

function longestText(lines: readonly Line[], style: Style): string {
  const longest = longestSteps(lines)
  if (longest.length === 0) return ""
  const parts = [`\n${style.bold("Its longest steps")}\n`]
  for (const { step, sentence, outcome } of longest) {
    parts.push(`  ${durationText(outcome?.took ?? 0).padStart(9)}  ${style.dim(String(step).padStart(5))}  ${printable(sentence)}\n`)
  }
  return parts.join("")
}

function legend(lines: readonly Line[]): string {
  const found = new Set(lines.map(({ outcome }) => outcome?.state))
  const marks = [["done", "+"], ["failed", "!"], ["waits", "*"], ["skipped", "~"], ["not reached", "-"]] as const
  return marks.filter(([state]) => found.has(state)).map(([state, mark]) => `${mark} ${state}`).join("   ")
}
