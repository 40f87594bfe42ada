import t from "tap"
import { loadSpec } from "../../../src/spec/load.ts"
import { checkRules } from "../../../src/spec/rules.ts"
import type { Spec } from "../../../src/spec/types.gen.ts"
import { bytesOf } from "./helpers.ts"

/** What is said of a config whose user has these ids, in a user namespace that maps from `containerID` on. */
function said(user: object, containerID: number): string {
  const mappings = [{ containerID, hostID: 100_000, size: 1000 }]
  const config = {
    ociVersion: "1.3.0", root: { path: "rootfs" }, process: { user, cwd: "/", args: ["x"] },
    linux: { namespaces: [{ type: "user" }], uidMappings: mappings, gidMappings: mappings },
  }
  try {
    checkRules(loadSpec(bytesOf(config), "config.json") as Spec)
    return ""
  } catch (error) {
    return (error as Error).message
  }
}

t.test("an id that is not there is 0 where mappings are compared, never undefined [/process/user/uid, /process/user/gid]", (t) => {
  t.equal(said({ uid: 0, gid: 0 }, 0), "", "0 is mapped")
  for (const user of [{}, { uid: 0 }, { gid: 0 }]) {
    t.notMatch(said(user, 0), /is not mapped/, JSON.stringify(user))
    t.match(said(user, 1), /0 is not mapped by \/linux\/uidMappings/, JSON.stringify(user))
    t.notMatch(said(user, 1), /undefined/)
  }
  t.end()
})
