import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import fc from "fast-check"
import t from "tap"
import { check, count } from "../../../src/check/check.ts"
import { textReport } from "../../../src/cli/check-text.ts"
import { style } from "../../../src/cli/style.ts"
import { configs, rounds, spoilt } from "../property/configs.ts"

const bundle = mkdtempSync("/tmp/check-property-")
mkdirSync(`${bundle}/rootfs/bin`, { recursive: true })
t.setTimeout(0)
t.teardown(() => rmSync(bundle, { recursive: true }))

/** Whatever is in the file, there is a report that can be printed. */
async function reportOf(content: string | Uint8Array): Promise<string> {
  writeFileSync(`${bundle}/config.json`, content)
  const report = await check({ bundle, configOnly: false })
  for (const { line, column, span } of report.findings) {
    if ((line === undefined) !== (column === undefined) || (span !== undefined && span.end > report.text.length)) throw new Error("a place that is none")
  }
  const text = textReport(report, style(false), 100)
  if (/[\u0000-\u0009\u000b-\u001f\u007f]/.test(text)) throw new Error(`control characters in ${JSON.stringify(text)}`)
  if (!report.readable && count(report, "error") === 0) throw new Error("unreadable, and no error")
  return text
}

t.test("check: whatever a config asks for, this host is looked at without tripping", async (t) => {
  await fc.assert(fc.asyncProperty(configs, async (config) => (await reportOf(JSON.stringify(config))) !== ""), rounds(30))
  t.pass("reports")
})

t.test("check: whatever bytes config.json has, there is a report", async (t) => {
  await fc.assert(fc.asyncProperty(spoilt, async (bytes) => (await reportOf(bytes)) !== ""), rounds(30))
  t.pass("reports")
})
