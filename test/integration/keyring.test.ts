import { existsSync, readFileSync } from "node:fs"
import t from "tap"
import { expectSuccess, until } from "../../conformance/lib/command.ts"
import type { Box } from "../../conformance/lib/box.ts"
import { boxTest } from "../../conformance/lib/test.ts"

/** A line of /proc/keys (keyrings(7)). */
interface Key {
  serial: string
  permissions: string
  uid: string
  name: string
}

function keys(text: string): Key[] {
  return text.trim().split("\n").flatMap((line) => {
    const [serial = "", , , , permissions = "", uid = "", , type, name = ""] = line.trim().split(/\s+/)
    return type === "keyring" ? [{ serial, permissions, uid, name: name.replace(/:$/, "") }] : []
  })
}

const named = (text: string, box: Box): Key[] => keys(text).filter(({ name }) => name === `_ses.${box.id}`)
const onHost = (box: Box): Key[] => named(readFileSync("/proc/keys", "utf8"), box)
const options = existsSync("/proc/keys") ? {} : { skipIn: { uml: "its kernel is built without keys" } }

/** A session keyring with all for its possessor; its user can search it too, which joining it by name takes. */
const PERMISSIONS = "3f1b0000"

function showKeys(box: Box): void {
  box.config.linux.maskedPaths = []
  box.args("/bin/sleep", "1000")
}

boxTest("a session keyring _ses.ID of its own, which exec joins, and which goes with the container [create] [exec]", { ...options, differs: ["a view of his keys"] }, async (t, box) => {
  showKeys(box)
  await box.launch()
  const [own, ...others] = onHost(box)
  t.same(others, [])
  t.equal(own?.permissions, PERMISSIONS)
  const inside = named(expectSuccess(box.exec(["/bin/cat", "/proc/keys"])).stdout, box)
  t.same(inside.map(({ serial }) => serial), [own?.serial], "exec sees that one, and has made no other")
  expectSuccess(box.exec(["/bin/sleep", "1001"], ["--detach"]))
  t.same(onHost(box).map(({ serial }) => serial), [own?.serial])
  box.delete("--force")
  await until("the keyring to go", () => onHost(box).length === 0)
})

boxTest("--no-new-keyring: neither init nor exec has one [create --no-new-keyring] [run --no-new-keyring]", options, (t, box) => {
  showKeys(box)
  box.create(["--no-new-keyring"])
  box.start()
  expectSuccess(box.exec(["/bin/true"]))
  expectSuccess(box.exec(["/bin/sleep", "1001"], ["--detach"]))
  t.same(onHost(box), [])
  box.delete("--force")
  box.script("cat /proc/keys")
  t.same(named(expectSuccess(box.run(["--no-new-keyring"])).stdout, box), [], "run")
  t.equal(named(expectSuccess(box.run()).stdout, box).length, 1, "run without the flag")
})

boxTest("in a user namespace exec joins the keyring, too [exec]", { ...options, skipFor: { runc: "1.1 makes another one" } }, async (t, box) => {
  showKeys(box)
  box.mapIds()
  await box.launch()
  const list = (): string[] => named(expectSuccess(box.exec(["/bin/cat", "/proc/keys"])).stdout, box).map(({ serial }) => serial)
  const first = list()
  t.equal(first.length, 1)
  t.same(list(), first)
})

boxTest("a user who is not root keeps the keyring [/process/user/uid]", options, async (t, box) => {
  showKeys(box)
  box.config.process.user = { uid: 1000, gid: 1000 }
  await box.launch()
  const inside = named(expectSuccess(box.exec(["/bin/cat", "/proc/keys"])).stdout, box)
  t.equal(inside.length, 1, "exec of that user possesses it, and so can view it")
})

t.end()
