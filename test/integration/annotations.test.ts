import t from "tap"
import { expectSuccess } from "../../conformance/lib/command.ts"
import { boxTest } from "../../conformance/lib/test.ts"

const KEEP = "run.oci.keep_original_groups"
/** The runtime's caller is in these groups. */
const before = 'exec setpriv --groups 5,6 -- "$@"'
const groups = (text: string): number[] => text.trim().split(/\s+/).filter((gid) => gid !== "").map(Number).sort((a, b) => a - b)

boxTest("keep_original_groups: the caller's groups stay, also of exec [annotation run.oci.keep_original_groups]", { skipFor: { runc: "has it not" } },
  (t, box) => {
    box.config.annotations = { [KEEP]: "1" }
    box.config.process.user = { uid: 1000, gid: 1000, additionalGids: [77] }
    const list = ["/bin/sed", "-n", "s/^Groups://p", "/proc/self/status"]
    t.same(groups(expectSuccess(box.args(...list).run([], { before })).stdout), [5, 6])
    box.args("/bin/sleep", "1000").create([], { before })
    box.start()
    t.same(groups(expectSuccess(box.exec(list, [], { before })).stdout), [5, 6], "exec")
  })

boxTest("without keep_original_groups, or with 0, the caller's groups go [annotation run.oci.keep_original_groups]", (t, box) => {
  const list = ["/bin/sed", "-n", "s/^Groups://p", "/proc/self/status"]
  box.config.process.user = { uid: 1000, gid: 1000, additionalGids: [77] }
  t.same(groups(expectSuccess(box.args(...list).run([], { before })).stdout).filter((gid) => gid !== 1000), [77])
  box.config.annotations = { [KEEP]: "0" }
  t.same(groups(expectSuccess(box.args(...list).run([], { before })).stdout).filter((gid) => gid !== 1000), [77])
})

t.end()
