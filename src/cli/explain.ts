import { explainBundle, type Explained } from "../explain/explain.ts"
import { explanationJson } from "../explain/json.ts"
import { explanationStrace, explanationText } from "../explain/text.ts"
import { isTerminal } from "../host/tty.ts"
import { print, STDOUT } from "./output.ts"
import { styleFor, widthOf } from "./style.ts"
import type { Call } from "./table.ts"

/** `runts explain` */
export async function main(call: Call<"explain">): Promise<number> {
  const { format, all, bundle } = call.flags
  const explained = await explainBundle(call.globals, bundle || ".", call.id)
  if (format === "json") print(explanationJson(explained))
  else if (format === "html") print(await page(explained))
  else if (format === "strace") print(explanationStrace(explained.explanation))
  else print(explanationText(explained.explanation, { style: styleFor(STDOUT), width: isTerminal(STDOUT) ? widthOf(STDOUT) : undefined, all }))
  return 0
}

/** The page, whose script is named by its digest. Few ask for it, so what makes it is loaded here. */
async function page(explained: Explained): Promise<string> {
  const [{ explanationHtml }, { PAGE_SCRIPT }, { createHash }] = await Promise.all([
    import("../explain/html.ts"), import("../explain/html-assets.ts"), import("node:crypto"),
  ])
  return explanationHtml(explained, createHash("sha256").update(PAGE_SCRIPT).digest("base64"))
}
