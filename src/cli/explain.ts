import { RuntsError } from "../error.ts"
import { explainBundle, type Explained } from "../explain/explain.ts"
import { explanationJson } from "../explain/json.ts"
import { explanationStrace, explanationText } from "../explain/text.ts"
import { isTerminal } from "../host/tty.ts"
import { print, STDOUT } from "./output.ts"
import { styleFor, widthOf } from "./style.ts"
import type { Call } from "./table.ts"

/** `runts explain` */
export async function main(call: Call<"explain">): Promise<number> {
  const { format, all } = call.flags
  const explained = call.id === "exec" ? await execOf(call) : await creationOf(call)
  if (format === "json") print(explanationJson(explained))
  else if (format === "html") print(await page(explained))
  else if (format === "strace") print(explanationStrace(explained.explanation))
  else print(explanationText(explained.explanation, { style: styleFor(STDOUT), width: isTerminal(STDOUT) ? widthOf(STDOUT) : undefined, all }))
  return 0
}

async function creationOf(call: Call<"explain">): Promise<Explained> {
  const { bundle, process } = call.flags
  if (call.rest.length > 0) throw new RuntsError(`explain takes one name; ${JSON.stringify(call.rest[0])} is too much`, { code: "usage" })
  if (process !== undefined) throw new RuntsError("explain --process is for `explain exec`", { code: "usage" })
  return await explainBundle(call.globals, bundle || ".", call.id)
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
