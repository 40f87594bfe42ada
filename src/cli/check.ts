import { check, count } from "../check/check.ts"
import { CONFIG_FILE } from "../check/config.ts"
import { isTerminal } from "../host/tty.ts"
import { print, STDOUT } from "./output.ts"
import type { Call } from "./table.ts"

/** `runts check`. @returns 0, 1 where something is wrong, 2 where config.json cannot be read */
export async function main({ flags, globals }: Call<"check">): Promise<number> {
  const report = await check({ bundle: flags.bundle || ".", configOnly: flags["config-only"], cgroupManager: globals.cgroupManager })
  if (flags.format === "json") print((await import("./check-json.ts")).jsonReport(report))
  else {
    const [{ textReport }, { safe }, { styleFor, widthOf }] = await Promise.all([import("./check-text.ts"), import("./frame.ts"), import("./style.ts")])
    const folder = (flags.bundle || ".").replace(/(?!^)\/+$/, "")
    const file = folder === "." ? CONFIG_FILE : `${folder}/${CONFIG_FILE}`
    print(textReport(report, styleFor(STDOUT), widthOf(STDOUT), isTerminal(STDOUT), safe(file)))
  }
  if (!report.readable) return 2
  return count(report, "error") > 0 || (flags.strict && count(report, "warning") > 0) ? 1 : 0
}
