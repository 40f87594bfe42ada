import { readFileSync, writeFileSync } from "node:fs"
import t from "tap"
import { expectSuccess } from "../../conformance/lib/command.ts"
import { user } from "../../conformance/lib/environment.ts"
import { status } from "../../conformance/lib/procfs.ts"
import { boxTest } from "../../conformance/lib/test.ts"
import { CAPABILITIES } from "../../src/kernel/capabilities.ts"

const ALL = [...CAPABILITIES]
const number = (name: string): bigint => BigInt(CAPABILITIES.indexOf(name as (typeof CAPABILITIES)[number]))
const mask = (names: readonly string[]): string => names.reduce((sum, name) => sum | (1n << number(name)), 0n).toString(16).padStart(16, "0")
/** What the runtime has: root what this process has, an ordinary user in his container's user namespace all. */
const own = user === undefined ? status(process.pid).CapPrm as string : mask(ALL)
const FIELDS = { bounding: "CapBnd", permitted: "CapPrm", effective: "CapEff", inheritable: "CapInh", ambient: "CapAmb" } as const
const refusesAll = { runc: "1.1 fails where the runtime lacks one", crun: "1.8 fails where the runtime lacks one" }

boxTest(
  "all capabilities: what the runtime has [/process/capabilities/bounding, /process/capabilities/effective, /process/capabilities/permitted]",
  { skipFor: refusesAll },
  async (t, box) => {
    box.config.process.capabilities = { bounding: ALL, effective: ALL, permitted: ALL }
    const log = `${box.folder}/log`
    box.args("/bin/sleep", "1000").write()
    expectSuccess(box.call(["--log", log, "create", "--bundle", box.bundle, box.id]))
    box.start()
    const fields = status(box.pid)
    for (const set of ["bounding", "permitted", "effective"] as const) t.equal(fields[FIELDS[set]], own, set)
    const missing = ALL.filter((name) => (BigInt(`0x${own}`) & (1n << number(name))) === 0n)
    const said = readFileSync(log, "utf8")
    for (const name of missing) t.match(said, new RegExp(`level=warning.*${name}`), name)
    t.equal(/cannot be granted/.test(said), missing.length > 0, "warned only where something is missing")
    const { stdout } = expectSuccess(box.exec(["/bin/grep", "CapEff", "/proc/self/status"]))
    t.equal(stdout, `CapEff:\t${own}\n`, "exec")
  },
)

boxTest("in a user namespace all capabilities there are can be given [/process/capabilities/*/*]", async (t, box) => {
  box.mapIds()
  box.config.process.capabilities = { bounding: ALL, effective: ALL, permitted: ALL }
  const fields = status(await box.launch("/bin/sleep", "1000"))
  t.equal(fields.CapEff, mask(ALL))
  t.equal(fields.CapBnd, mask(ALL))
})

boxTest(
  "what the other sets do not allow is left out with a warning [/process/capabilities/inheritable] [/process/capabilities/ambient]",
  { skipFor: { runc: "1.1 fails", crun: "fails" } },
  async (t, box) => {
    const log = `${box.folder}/log`
    box.config.process.capabilities = {
      bounding: ["CAP_KILL"], permitted: ["CAP_KILL"], effective: ["CAP_KILL", "CAP_CHOWN"], inheritable: ["CAP_KILL", "CAP_SETUID"],
      ambient: ["CAP_KILL", "CAP_SETGID"],
    }
    box.config.process.user = { uid: 1000, gid: 1000 }
    box.args("/bin/sleep", "1000").write()
    expectSuccess(box.call(["--log", log, "create", "--bundle", box.bundle, box.id]))
    box.start()
    const fields = status(box.pid)
    for (const field of Object.values(FIELDS)) t.equal(fields[field], mask(["CAP_KILL"]), field)
    const said = readFileSync(log, "utf8")
    for (const name of ["effective: CAP_CHOWN", "inheritable: CAP_SETUID", "ambient: CAP_SETGID"]) t.match(said, new RegExp(name))
  },
)

boxTest("an unknown name is warned of in each set, and the others hold [/process/capabilities]", { skipFor: { crun: "1.8 fails" } }, (t, box) => {
  const log = `${box.folder}/log`
  const names = ["CAP_KILL", "CAP_NONSENSE"]
  box.config.process.capabilities = { bounding: names, permitted: names, effective: names, inheritable: names, ambient: names }
  box.script("grep CapEff /proc/self/status").write()
  const { stdout } = expectSuccess(box.call(["--log", log, "run", "--bundle", box.bundle, box.id]))
  t.equal(stdout, `CapEff:\t${mask(["CAP_KILL"])}\n`)
  t.match(readFileSync(log, "utf8"), /CAP_NONSENSE/)
})

const mayLower = user === undefined && (BigInt(`0x${own}`) & (1n << number("CAP_SYS_RESOURCE"))) !== 0n

boxTest("oomScoreAdj: lowering takes CAP_SYS_RESOURCE, and the error says so; exec has its own [/process/oomScoreAdj]", async (t, box) => {
  box.config.process.oomScoreAdj = -500
  const result = box.args("/bin/sleep", "1000").tryCreate()
  t.equal(result.code === 0, mayLower)
  if (mayLower) t.equal(readFileSync(`/proc/${box.pid}/oom_score_adj`, "utf8"), "-500\n")
  else t.match(result.stderr, /oom.score.adj.*permission denied.*\/process\/oomScoreAdj/)
  if (mayLower) return
  box.config.process.oomScoreAdj = 300
  await box.launch("/bin/sleep", "1000")
  const file = `${box.folder}/process.json`
  writeFileSync(file, JSON.stringify({ ...box.config.process, oomScoreAdj: 400, args: ["/bin/cat", "/proc/self/oom_score_adj"] }))
  t.equal(expectSuccess(box.call(["exec", "--process", file, box.id])).stdout, "400\n")
})

boxTest("user.umask: also of exec [/process/user/umask]", async (t, box) => {
  box.config.process.user.umask = 0o027
  await box.launch("/bin/sleep", "1000")
  t.equal(expectSuccess(box.exec(["/bin/sh", "-c", "umask"])).stdout, "0027\n", "the container's")
  const file = `${box.folder}/process.json`
  const process = { ...box.config.process, user: { uid: 0, gid: 0, umask: 0o077, additionalGids: [5] }, args: ["/bin/sh", "-c", "umask; id -G"] }
  writeFileSync(file, JSON.stringify(process))
  t.equal(expectSuccess(box.call(["exec", "--process", file, box.id])).stdout, "0077\n0 5\n", "that of process.json")
})

t.end()
