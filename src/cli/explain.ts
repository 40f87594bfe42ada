import { RuntsError } from "../error.ts"
import { explainBundle, type Explained } from "../explain/explain.ts"
import { explanationJson } from "../explain/json.ts"
import { explanationStrace, explanationText } from "../explain/text.ts"
import { tryStat } from "../host/file.ts"
import { isTerminal } from "../host/tty.ts"
import { ERRNO } from "../kernel/errno.ts"
import type { History } from "../trace/happened.ts"
import { print, STDOUT } from "./output.ts"
import { styleFor, widthOf } from "./style.ts"
import type { Call } from "./table.ts"

/** `runts explain` */
export async function main(call: Call<"explain">): Promise<number> {
  const { format, all } = call.flags
  const history = call.id === "" || call.id === "exec" || call.flags.bundle !== undefined ? undefined : await historyOf(call)
  if (history !== undefined && history.summary === undefined && format === "html") {
    throw new RuntsError(`the page shows what is made, and nothing can be made of the bundle ${history.explanation.bundle} as it is`, {
      code: "bundle-missing", hint: `\`runts check --bundle ${history.explanation.bundle}\` tells why; --format text and json have what happened`,
    })
  }
  const explained = history ?? (call.id === "exec" ? await execOf(call) : await creationOf(call))
  if (format === "json") print(explanationJson(explained))
  else if (format === "html") print(await page(explained as Explained))
  else if (format === "strace") print(explanationStrace(explained.explanation))
  else {
    const style = styleFor(STDOUT)
    if (history !== undefined) print((await import("../trace/happened-text.ts")).happenedText(history, style) + "\n")
    if (history?.explanation.lines.length === 0) return 0
    print(explanationText(explained.explanation, { style, width: isTerminal(STDOUT) ? widthOf(STDOUT) : undefined, all }))
  }
  return 0
}

/** What happened to the container of that name, if there is or was one; else its name is one to be. */
async function historyOf(call: Call<"explain">): Promise<History | undefined> {
  const { globals, id } = call
  checkCreation(call)
  const planned = tryStat("config.json") !== undefined
  const { explainContainer } = await import("../trace/happened.ts")
  const history = await explainContainer(globals, id).catch((error: unknown) => {
    // root's containers are not for others to see, but a bundle is
    if (planned && error instanceof RuntsError && error.details.errno === ERRNO.EACCES) return undefined
    throw error
  })
  if (history !== undefined || planned) return history
  throw new RuntsError(`there is no container ${JSON.stringify(id)}, nor a record of one that could not be made`, {
    code: "container-missing", hint: "runts keeps why the last containers failed; --bundle DIR shows what would be done with a bundle",
  })
}

async function creationOf(call: Call<"explain">): Promise<Explained> {
  checkCreation(call)
  return await explainBundle(call.globals, call.flags.bundle || ".", call.id)
}

/** What only `explain exec` takes. */
function checkCreation(call: Call<"explain">): void {
  const { process } = call.flags
  if (call.rest.length > 0) throw new RuntsError(`explain takes one name; ${JSON.stringify(call.rest[0])} is too much`, { code: "usage" })
  if (process !== undefined) throw new RuntsError("explain --process is for `explain exec`", { code: "usage" })
}

/** `explain exec ID -- CMD`, or `explain exec --bundle DIR -- CMD`. */
async function execOf(call: Call<"explain">): Promise<Explained> {
  const { bundle, process } = call.flags
  const { explainExec } = await import("../explain/exec.ts")
  const [id = "", ...args] = bundle === undefined ? call.rest : ["", ...call.rest]
  if (bundle === undefined && id === "") {
    throw new RuntsError("explain exec: neither container nor bundle is named", { code: "usage", hint: "`explain exec web1 -- ls`, or --bundle DIR" })
  }
  return await explainExec(call.globals, { id, bundle: bundle || ".", args, process: process || undefined })
}

/** The page, whose script is named by its digest. Few ask for it, so what makes it is loaded here. */
async function page(explained: Explained): Promise<string> {
  const [{ explanationHtml }, { PAGE_SCRIPT }, { createHash }] = await Promise.all([
    import("../explain/html.ts"), import("../explain/html-assets.ts"), import("node:crypto"),
  ])
  return explanationHtml(explained, createHash("sha256").update(PAGE_SCRIPT).digest("base64"))
}
