import { RuntsError } from "../error.ts"
import { helpPage } from "./manual/help-page.ts"
import { print, STDOUT } from "./output.ts"
import { commandName } from "./parse.ts"
import type { Outcome } from "./parse.ts"
import { styleFor, widthOf } from "./style.ts"
import type { Call, CommandName } from "./table.ts"

/** Answers what is no plain call: help on stdout, or an error that says what is wrong. @returns the exit code */
export async function answer(argv: readonly string[], outcome: Outcome): Promise<number> {
  if (outcome.kind !== "unsure") {
    print(helpText(outcome.kind === "help" ? outcome.command : undefined))
    return 0
  }
  const { misuse } = await import("./misuse.ts")
  const { command, word } = outcome
  throw usageError(misuse(argv, word), command)
}

/** `runts help [command]` */
export async function main(call: Call<"help">): Promise<number> {
  const name = call.id === "" ? undefined : commandName(call.id)
  if (call.id !== "" && name === undefined) throw usageError((await import("./misuse.ts")).unknownCommand(call.id), undefined)
  print(call.flags.man ? (await import("./manual/man.ts")).manPage(name) : helpText(name))
  return 0
}

function usageError(message: string, command: CommandName | undefined): RuntsError {
  return new RuntsError(message, { code: "usage", hint: `see ${command === undefined ? "runts --help" : `runts ${command} --help`}` })
}

/** The help of runts, or of one command, for what is at stdout: a terminal's width and colours, or plain. */
function helpText(name: CommandName | undefined): string {
  return helpPage(name, { width: widthOf(STDOUT), style: styleFor(STDOUT) })
}
