import { readFileSync } from "node:fs"
import t from "tap"
import { FAILURES } from "../../../conformance/gallery/cases.ts"
import { galleryDocument } from "../../../conformance/gallery/document.ts"
import type { Recorded } from "../../../conformance/gallery/document.ts"
import { ERROR_CODES } from "../../../src/error-codes.ts"

const root = new URL("../../../", import.meta.url)
const recorded = JSON.parse(readFileSync(new URL("conformance/gallery/recorded.json", root), "utf8")) as Recorded

t.test("docs/errors.md is what the cases and the recorded messages make", (t) => {
  t.equal(readFileSync(new URL("docs/errors.md", root), "utf8"), galleryDocument(recorded), "run `npm run gallery -- --document`")
  t.end()
})

t.test("every failure of the gallery has a name of its own and a message of runts ", (t) => {
  const names = FAILURES.map(({ name }) => name)
  t.equal(new Set(names).size, names.length)
  t.same(names.filter((name) => !Object.hasOwn(ERROR_CODES, recorded.runts.messages[name]?.code ?? "")), [], "cases without a code")
  t.same(Object.keys(recorded.runts.messages).filter((name) => !names.includes(name)), [], "messages of no case")
  t.end()
})
