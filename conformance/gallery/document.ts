import { CHAPTERS } from "./cases.ts"
import type { Failure, Message } from "./failure.ts"

/** What the runtimes said, as it is committed: by runtime its version and, by failure, its message. */
export type Recorded = Readonly<Record<"runts" | "runc" | "crun", Recording>>

export interface Recording {
  /** First line of --version. */
  readonly version: string
  readonly messages: Readonly<Record<string, Message>>
}

const PEERS = ["runc", "crun"] as const

/** docs/errors.md */
export function galleryDocument(recorded: Recorded): string {
  const count = CHAPTERS.reduce((sum, { failures }) => sum + failures.length, 0)
  const lines = [
    "# A gallery of failures", "",
    `${count} containers that do not work, from faults that people meet: what is broken, what runts says, and what runc and crun say to the same. ` +
      "`npm run gallery` makes this page by bringing each failure about; a test does so with runts again and compares. " +
      "The codes are explained in [error-codes.md](error-codes.md).",
    "",
    `Recorded with ${PEERS.map((peer) => recorded[peer].version).join(" and ")}. Paths are shortened: the bundle is /web, its container web1. crun runs where ` +
      "/sys/fs/cgroup is cgroup2 alone (conformance/rigs/pure-v2), with ociVersion 1.0.2, the last that its version knows. Of runc's warnings that come before the error, " +
      "and of the time in front of each message, nothing is left out but the time.",
    "", ...summary(recorded), "",
  ]
  for (const { heading, failures } of CHAPTERS) {
    lines.push(`## ${heading}`, "")
    for (const failure of failures) lines.push(...entry(failure, recorded))
  }
  return lines.join("\n").trimEnd() + "\n"
}

/** How many of the failures each runtime notices, and of how many it names the place. */
function summary(recorded: Recorded): string[] {
  const rows = (["runts", ...PEERS] as const).map((runtime) => {
    const tried = CHAPTERS.flatMap(({ failures }) => failures).flatMap((failure) => {
      const message = recorded[runtime].messages[failure.name]
      return message === undefined ? [] : [{ failure, message }]
    })
    const noticed = tried.filter(({ message }) => message.exit !== 0)
    const named = noticed.filter(({ failure, message }) => failure.names.every((name) => matches(message.text, name)))
    return `| ${runtime} | ${tried.length} | ${noticed.length} | ${named.length} |`
  })
  return [
    "| | tried | refused or failed | message names what to look at |", "|---|---|---|---|", ...rows, "",
    "The last column counts the messages that name all that the case asks of runts' own: the culprit, and its place in config.json. The other runtimes were never meant to give that place, so their count says less.",
  ]
}

/** Whether a message has what it must name. */
export function matches(text: string, name: string | RegExp): boolean {
  return typeof name === "string" ? text.includes(name) : name.test(text)
}

function entry(failure: Failure, recorded: Recorded): string[] {
  const { name, title, learn, alone, note } = failure
  const message = recorded.runts.messages[name]
  const rows = PEERS.map((peer) => [peer, recorded[peer].messages[name]] as const)
  return [
    `### ${title}`, "", ...fence(brokenOf(failure)), "",
    `To know: ${learn}.${message?.code === undefined ? "" : ` Code: [\`${message.code}\`](error-codes.md).`}`, "",
    ...said("runts", message, undefined), ...rows.flatMap(([peer, its]) => said(peer, its, alone)), ...(note === undefined ? [] : [note, ""]),
  ]
}

function said(runtime: string, message: Message | undefined, alone: string | undefined): string[] {
  if (message === undefined) return [`**${runtime}**: ${alone === undefined ? "not tried, for lack of such a machine" : `not tried (${alone})`}`, ""]
  if (message.exit === 0) return [`**${runtime}** reports no error${message.text === "" ? "" : ", but says"}`, "", ...(message.text === "" ? [] : [...fence(message.text), ""])]
  if (message.exit === -1) return [`**${runtime}** did not end within 20 seconds`, "", ...(message.text === "" ? [] : [...fence(message.text), ""])]
  return [`**${runtime}** (exit code ${message.exit})`, "", ...fence(message.text || "(nothing)"), ""]
}

function fence(text: string): string[] {
  return ["```", ...text.split("\n"), "```"]
}

/** What is broken: the changed members of config.json, or what the case says. */
function brokenOf({ broken, config }: Failure): string {
  const changes = Object.entries(config ?? {}).map(([pointer, value]) => {
    const shown = pointer.replace(/\/-$/, ", one more")
    return value === undefined ? `${shown}: left out` : `${shown}: ${JSON.stringify(value)}`
  })
  return [...changes, ...(broken === undefined ? [] : [broken])].join("\n")
}
