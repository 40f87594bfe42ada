import { explainBundle } from "../explain/explain.ts"
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
  else if (format === "strace") print(explanationStrace(explained.explanation))
  else print(explanationText(explained.explanation, { style: styleFor(STDOUT), width: isTerminal(STDOUT) ? widthOf(STDOUT) : undefined, all }))
  return 0
}
