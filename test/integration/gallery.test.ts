/* The gallery of failures: each is brought about, and runts says what docs/errors.md shows, with the place and what to try. */
import { readFileSync } from "node:fs"
import t from "tap"
import { FAILURES } from "../../conformance/gallery/cases.ts"
import { matches } from "../../conformance/gallery/document.ts"
import type { Recorded } from "../../conformance/gallery/document.ts"
import { bringAbout, Stage } from "../../conformance/gallery/failure.ts"
import { checkout, runtimeName } from "../../conformance/lib/environment.ts"
import { has } from "../../conformance/lib/need.ts"

t.setTimeout(0)
const recorded = JSON.parse(readFileSync(`${checkout}/conformance/gallery/recorded.json`, "utf8")) as Recorded

for (const failure of FAILURES) {
  const missing = (failure.needs ?? []).find((need) => !has(need))
  const skip = runtimeName !== "runts" ? "what others say is recorded by npm run gallery" : missing === undefined ? undefined : `needs: ${missing}`
  t.test(`gallery: ${failure.title}`, skip === undefined ? {} : { skip }, async (t) => {
    const box = new Stage()
    try {
      const message = bringAbout(failure, box)
      t.not(message.exit, 0, "it fails")
      t.equal(message.text.split("\n").length, 1, "in one line")
      t.equal(typeof message.code, "string", "with a code")
      for (const name of failure.names) t.ok(matches(message.text, name), `names ${String(name)}`, { said: message.text })
      if (failure.remedy !== undefined) t.ok(matches(message.text, failure.remedy), `says to try ${String(failure.remedy)}`, { said: message.text })
      t.same(message, recorded.runts.messages[failure.name], "as docs/errors.md shows it (npm run gallery)")
    } finally {
      t.same(await box.close(), [], "nothing is left behind")
    }
  })
}
