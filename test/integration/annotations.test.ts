import { readFileSync, statSync, writeFileSync } from "node:fs"
import t from "tap"
import { expectSuccess } from "../../conformance/lib/command.ts"
import type { HookName } from "../../conformance/lib/config.ts"
import { boxTest } from "../../conformance/lib/test.ts"

const KEEP = "run.oci.keep_original_groups"
/** The runtime's caller is in these groups. */
const before = 'exec setpriv --groups 5,6 -- "$@"'
const groups = (text: string): number[] => text.trim().split(/\s+/).filter((gid) => gid !== "").map(Number).sort((a, b) => a - b)

boxTest("keep_original_groups: the caller's groups stay, also of exec [annotation run.oci.keep_original_groups]", { differs: ["what root gives a caller"], skipFor: { runc: "has it not" } },
  (t, box) => {
    box.config.annotations = { [KEEP]: "1" }
    box.config.process.user = { uid: 1000, gid: 1000, additionalGids: [77] }
    const list = ["/bin/sed", "-n", "s/^Groups://p", "/proc/self/status"]
    t.same(groups(expectSuccess(box.args(...list).run([], { before })).stdout), [5, 6])
    box.args("/bin/sleep", "1000").create([], { before })
    box.start()
    t.same(groups(expectSuccess(box.exec(list, [], { before })).stdout), [5, 6], "exec")
  })

boxTest("without keep_original_groups, or with 0, the caller's groups go [annotation run.oci.keep_original_groups]", { differs: ["what root gives a caller"] }, (t, box) => {
  const list = ["/bin/sed", "-n", "s/^Groups://p", "/proc/self/status"]
  box.config.process.user = { uid: 1000, gid: 1000, additionalGids: [77] }
  t.same(groups(expectSuccess(box.args(...list).run([], { before })).stdout).filter((gid) => gid !== 1000), [77])
  box.config.annotations = { [KEEP]: "0" }
  t.same(groups(expectSuccess(box.args(...list).run([], { before })).stdout).filter((gid) => gid !== 1000), [77])
})

const ALL_HOOKS: readonly HookName[] = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"]

boxTest(
  "hooks.stdout and hooks.stderr: what each kind of hook prints is appended [annotation run.oci.hooks.stdout, annotation run.oci.hooks.stderr]",
  { skipFor: { runc: "has them not", crun: "1.8 lets no prestart hook print there" } },
  (t, box) => {
    const [out, err] = [`${box.folder}/hooks.out`, `${box.folder}/hooks.err`] as const
    writeFileSync(out, "before\n")
    box.config.annotations = { "run.oci.hooks.stdout": out, "run.oci.hooks.stderr": err }
    box.config.hooks = Object.fromEntries(
      ALL_HOOKS.map((name) => [name, [{ path: "/bin/sh", args: ["sh", "-c", `echo ${name}; echo error of ${name} >&2`], env: ["PATH=/bin"] }]]),
    )
    box.args("/bin/true").create()
    box.start()
    box.delete("--force")
    t.same(readFileSync(out, "utf8").trim().split("\n"), ["before", ...ALL_HOOKS])
    t.same(readFileSync(err, "utf8").trim().split("\n"), ALL_HOOKS.map((name) => `error of ${name}`))
    t.equal(statSync(err).mode & 0o777, 0o600, "a new file is for its owner")
  },
)

boxTest("hooks.stdout alone: the error of a failed hook still shows what it printed on stderr [annotation run.oci.hooks.stdout]",
  { skipFor: { runc: "has it not", crun: "shows no output" } }, (t, box) => {
    const out = `${box.folder}/hooks.out`
    box.config.annotations = { "run.oci.hooks.stdout": out }
    box.config.hooks = { createRuntime: [{ path: "/bin/sh", args: ["sh", "-c", "echo printed; echo problem >&2; exit 3"] }] }
    const result = box.tryCreate()
    t.not(result.code, 0)
    t.match(result.stderr, /createRuntime\[0\].*exit status 3.*problem/)
    t.equal(readFileSync(out, "utf8"), "printed\n")
  })

boxTest("hooks.stdout that cannot be opened, or is relative, is an error [annotation run.oci.hooks.stdout]", { skipFor: { runc: "has it not", crun: "takes it" } },
  (t, box) => {
    box.config.hooks = { createRuntime: [{ path: "/bin/true" }] }
    box.config.annotations = { "run.oci.hooks.stdout": "relative" }
    t.match(box.tryCreate().stderr, /\/annotations\/run\.oci\.hooks\.stdout.*not an absolute path/)
    box.config.annotations = { "run.oci.hooks.stdout": `${box.folder}/none/file` }
    const result = box.tryCreate()
    t.not(result.code, 0)
    t.match(result.stderr, /none\/file.*no such file or directory/)
  })

boxTest("handler: any is refused, but for a pod's sandbox [annotation run.oci.handler]", { skipFor: { runc: "has it not", crun: "1.8 has some" } }, (t, box) => {
  for (const handler of ["krun", "wasm", "crun"]) {
    box.config.annotations = { "run.oci.handler": handler }
    const result = box.tryCreate()
    t.not(result.code, 0)
    t.match(result.stderr, new RegExp(`/annotations/run\\.oci\\.handler.*${handler}`))
  }
  box.config.annotations = { "run.oci.handler": "" }
  t.equal(box.args("/bin/true").run().code, 0, "none")
  box.config.annotations = { "run.oci.handler": "wasm", "io.kubernetes.cri.container-type": "sandbox" }
  t.equal(box.run().code, 0, "a sandbox")
})

boxTest("annotations that mean nothing here are kept, and no error [/annotations, /annotations/*]", (t, box) => {
  box.config.annotations = { "run.oci.nonsense": "1", "com.example.key": "value", "org.criu.config": "/none" }
  box.args("/bin/sleep", "1000").create()
  t.match(box.state().annotations, box.config.annotations)
})

t.end()
