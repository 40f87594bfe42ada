import { readFileSync } from "node:fs"
import t from "tap"
import { DIFFERENCES, filesAgain } from "../../../conformance/lib/ways.ts"
import { waysDocument } from "../../../scripts/coverage/ways-document.ts"

const root = new URL("../../../", import.meta.url)

t.test("docs/ways.md is what the table of differences and the tests' options make", (t) => {
  t.ok(readFileSync(new URL("docs/ways.md", root), "utf8") === waysDocument(root), "current: else `npm run ways`")
  t.end()
})

t.test("filesAgain(): what is about a cgroup is not for the user who has none; a share of what remains for systemd's slow kernel", (t) => {
  const files = ["lifecycle", "resources-v2", "completion", "concurrency", "mounts", "rootless"]
  t.same(filesAgain("rootless", files, true), ["lifecycle", "concurrency", "mounts"])
  t.same(filesAgain("rootless", files, false), ["lifecycle", "mounts"])
  t.same(filesAgain("delegated", files, true), ["lifecycle", "resources-v2", "concurrency", "mounts"])
  t.same(filesAgain("systemd", files, false), ["lifecycle", "resources-v2"])
  t.ok(DIFFERENCES["a cgroup"].files.includes("resources-v2"))
  t.end()
})

t.end()
