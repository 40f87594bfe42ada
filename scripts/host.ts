/** `npm run host`: writes docs/host.md. `npm run host -- --check` writes nothing and fails where the document is old. */
import { readFileSync, writeFileSync } from "node:fs"
import { hostDocument } from "./host/document.ts"

const path = new URL("../docs/host.md", import.meta.url)
const text = hostDocument()

if (!process.argv.includes("--check")) writeFileSync(path, text)
else if (readFileSync(path, "utf8") !== text) {
  console.error("docs/host.md is not what the table says; run `npm run host`")
  process.exitCode = 1
}
