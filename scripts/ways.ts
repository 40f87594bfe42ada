/**
 * `npm run ways`: writes docs/ways.md, what differs where containers are not made by root with cgroupfs. `npm run ways -- --check` writes
 * nothing and fails where the document is old.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { waysDocument } from "./coverage/ways-document.ts"

const root = new URL("../", import.meta.url)
const path = new URL("docs/ways.md", root)
const text = waysDocument(root)

if (process.argv.includes("--check")) {
  if (readFileSync(path, "utf8") !== text) {
    console.error("docs/ways.md is not what the tests say; run `npm run ways`")
    process.exitCode = 1
  }
} else writeFileSync(path, text)
