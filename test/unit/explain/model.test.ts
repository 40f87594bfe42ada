import { readFileSync } from "node:fs"
import t from "tap"
import { style } from "../../../src/cli/style.ts"
import { clauseOf, concernOfPointer } from "../../../src/explain/concerns.ts"
import { foldLines, planDecoder, programLines, type Explanation, type Line } from "../../../src/explain/model.ts"
import { printable } from "../../../src/explain/printable.ts"
import { wrap } from "../../../src/explain/wrap.ts"
import { explanationStrace, explanationText } from "../../../src/explain/text.ts"
import { planCreate } from "../../../src/plan/create.ts"
import { planExec } from "../../../src/plan/exec.ts"
import { defaultSpec } from "../../../src/spec/default.ts"
import type { Spec } from "../../../src/spec/types.gen.ts"
import { configNames, execFacts, factsFor, fullSpec, readConfig, withNamespaces } from "../plan/helpers.ts"

const seccomp = { filter: new Uint8Array(16), flags: 0, listener: true }
const names = new Map([[23, "the cgroup"]])

function linesFor(spec: Spec): Line[] {
  return programLines(planCreate(spec, factsFor(spec, { seccomp })), planDecoder(names), "init")
}

t.test("programLines(): every step of every plan has a sentence, a call and a concern", async (t) => {
  const specs = [...configNames.map((name) => ({ name, spec: readConfig(name) })), { name: "users", spec: withNamespaces("user", "mount", "pid", "cgroup", "time", "uts") }]
  for (const { name, spec } of specs) {
    const lines = linesFor(spec)
    t.strictSame(lines.filter(({ sentence, call }) => sentence === "" || call === ""), [], name)
  }
  const exec = programLines(planExec(fullSpec().process as NonNullable<Spec["process"]>, execFacts()), planDecoder(names), "process")
  t.strictSame(exec.filter(({ sentence }) => sentence === ""), [])
  t.strictSame([...new Set(exec.map(({ actor }) => actor))], ["launcher", "process"])
})

t.test("plans: a call that no sentence can be made for by rule has its own", async (t) => {
  for (const name of configNames) {
    const { steps } = planCreate(readConfig(name), factsFor(readConfig(name), { seccomp })).program
    t.strictSame(steps.filter(({ kind, name, text }) => kind === "call" && name !== "close" && text === "").map(({ name, pointer }) => `${name} ${pointer}`), [], name)
  }
})

t.test("programLines(): who does it, what about, and what runs only if something fails", async (t) => {
  const spec = defaultSpec({ cgroup2: true })
  const lines = linesFor(spec)
  const find = (text: RegExp): Line => lines.find(({ sentence }) => text.test(sentence)) as Line
  t.match(find(/in its new namespaces/), { actor: "launcher", concern: "namespaces", pointer: "/linux/namespaces", call: /flags=CLONE_NEWNS\|.*CLONE_INTO_CGROUP, exit_signal=0, cgroup=23<the cgroup>/ })
  t.match(find(/set the host name/), { actor: "init", concern: "namespaces", call: 'sethostname("runc", 4)' })
  t.match(find(/mount proc at \/proc$/), { concern: "mounts", pointer: "/mounts/0" })
  t.match(find(/drop CAP_SYS_ADMIN/), { concern: "privileges", call: "prctl(PR_CAPBSET_DROP, CAP_SYS_ADMIN, 0, 0, 0)" })
  t.match(find(/report that the container is created/), { call: /\{kind=READY\}/ })
  t.match(find(/link \/dev\/ptmx/), { concern: "devices" })
  t.match(find(/become user 0$/), { concern: "identity" })
  t.match(find(/^execute /), { concern: "process", pointer: "/process/args/0" })
  const execute = lines.findIndex(({ call }) => call.startsWith("execve("))
  t.ok(lines.slice(0, execute + 1).every(({ condition }) => condition === undefined), "the straight line has no conditions")
  t.ok(lines.slice(execute + 1).every(({ condition }) => condition !== undefined), "all behind it has")
  const target = find(/open the target \/proc$/)
  const made = lines.find(({ sentence, condition }) => sentence === "make the folder /proc" && condition !== undefined)
  t.equal(made?.condition, `if step ${target.step} fails with ENOENT`)
})

t.test("foldLines(): capabilities that are dropped one after another", async (t) => {
  const folded = foldLines(linesFor(defaultSpec({ cgroup2: true })).filter(({ concern }) => concern === "privileges"))
  const drops = folded.filter(({ sentence }) => sentence.startsWith("drop "))
  t.equal(drops.length, 1)
  t.match(drops[0], { sentence: "drop 38 capabilities from the bounding set", call: /for each of CAP_CHOWN .* CAP_CHECKPOINT_RESTORE$/ })
})

t.test("concernOfPointer(), clauseOf(): the longest prefix; every address is a heading of the specification", async (t) => {
  t.equal(concernOfPointer("/root/readonly"), "isolation")
  t.equal(concernOfPointer("/root/path"), "rootfs")
  t.equal(concernOfPointer("/process/user/umask"), "process")
  t.equal(concernOfPointer("/x"), undefined)
  t.equal(clauseOf("/linux/resources/memory/limit")?.title, "config-linux.md, Memory")
  t.equal(clauseOf("/linux/resources/unified/memory.max")?.title, "config-linux.md, Unified")
  t.equal(clauseOf("/linuxes"), undefined)
  const documented = readFileSync(new URL("../../../docs/conformance.md", import.meta.url), "utf8")
  const schema = JSON.parse(readFileSync(new URL("../../../schemas/config.schema.json", import.meta.url), "utf8")) as { $defs: Record<string, { properties: object }> }
  const keys = Object.keys(schema.$defs.Linux?.properties ?? {})
  t.ok(keys.includes("namespaces"))
  for (const key of keys) {
    const clause = clauseOf(`/linux/${key}/0`)
    t.ok(clause !== undefined && documented.includes(clause.address), `/linux/${key}: ${clause?.address}`)
  }
  for (const pointer of ["/root", "/mounts/1", "/process", "/process/user", "/process/capabilities", "/process/rlimits/0", "/hostname", "/domainname", "/hooks", "/annotations"]) {
    t.ok(documented.includes(clauseOf(pointer)?.address ?? "none"), `${pointer}: ${clauseOf(pointer)?.address}`)
  }
})

t.test("printable(): nothing in a config reaches the terminal as more than text", async (t) => {
  t.equal(printable("a\x1b[31mb\n\x7f\x9b\u202e\u200b"), "a\\x1b[31mb\\x0a\\x7f\\x9b\\u202e\\u200b")
  t.equal(printable("Grüße 日本 🙂"), "Grüße 日本 🙂")
  const hostile: Line = { actor: "init", concern: "mounts", sentence: "mount \x1b]0;owned\x07", call: "open(\u009b)", pointer: "/mounts/\x1b" }
  const explanation: Explanation = { subject: "create", id: "c", bundle: "/b", lines: [hostile], notes: [{ kind: "problem", text: "\x1b[2J", pointer: "\x1b" }] }
  for (const text of [explanationText(explanation, { style: style(false), width: 40, all: true }), explanationStrace(explanation)]) {
    // eslint-disable-next-line no-control-regex
    t.notMatch(text, /[\x00-\x09\x0b-\x1f\x7f-\x9f]/)
  }
})

t.test("wrap(): between arguments and between flags", async (t) => {
  t.equal(wrap("open_tree(AT_FDCWD, \"/a\", OPEN_TREE_CLONE|OPEN_TREE_CLOEXEC|AT_RECURSIVE)", 30, "    "), [
    "open_tree(AT_FDCWD, \"/a\",", "      OPEN_TREE_CLONE|", "      OPEN_TREE_CLOEXEC|", "      AT_RECURSIVE)",
  ].join("\n"))
  t.equal(wrap("x".repeat(50), 30, ""), "x".repeat(50), "a word is not broken")
  t.equal(wrap("f(1, 2)", 30, "    "), "f(1, 2)")
})

t.test("explanationText(): an outcome is told", async (t) => {
  const line: Line = { actor: "init", concern: "mounts", sentence: "mount it", call: "fsmount(3, 0, 0)", pointer: "/mounts/0", step: 7, outcome: { state: "failed", took: 1500, errno: "EPERM" } }
  const explanation: Explanation = { subject: "create", id: "c", bundle: "/b", lines: [line, { ...line, plumbing: true, outcome: { state: "done" } }], notes: [] }
  const text = explanationText(explanation, { style: style(false), width: undefined, all: false })
  t.match(text, /^What became of each operation: 1 operation; 1 more hold/)
  t.match(text, "!     7  mount it  [/mounts/0]\n       fsmount(3, 0, 0)\n       failed in 1.5 µs: EPERM\n")
})
