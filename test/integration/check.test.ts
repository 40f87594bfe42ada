import { readFileSync, writeFileSync } from "node:fs"
import { Ajv2020 } from "ajv/dist/2020.js"
import t, { type Test } from "tap"
import type { Box } from "../../conformance/lib/box.ts"
import { boxTest } from "../../conformance/lib/test.ts"

const OURS = { skipFor: { runc: "has no such command", crun: "has no such command" } } as const

const schema: object = JSON.parse(readFileSync(new URL("../../schemas/check.schema.json", import.meta.url), "utf8"))
const isReport = new Ajv2020({ formats: { uri: true } }).compile(schema)

interface Report {
  file: string
  scope: string
  readable: boolean
  counts: { error: number; warning: number; notice: number }
  findings: { severity: string; code: string; pointer: string; message: string; line?: number; column?: number; clause?: string; link?: string; remedy?: string }[]
}

/** `check --format json` of a box as its files are, with the exit code. */
function checked(t: Test, box: Box, ...flags: string[]): Report & { code: number | null } {
  const { code, stdout, stderr } = box.call(["check", "--bundle", box.bundle, "--format", "json", ...flags])
  t.equal(stderr, "")
  const report = JSON.parse(stdout) as Report
  t.ok(isReport(report), JSON.stringify(isReport.errors))
  return { ...report, code }
}

boxTest("a sound bundle: one line, exit code 0; the container runs [check, check --bundle]", OURS, (t, box) => {
  box.args("/bin/true").write()
  const { code, stdout, stderr } = box.call(["check", "--bundle", box.bundle])
  t.match(stdout, /^(.*notice.*; )?(nothing wrong: )?it can run here\n$/m)
  t.equal(stderr, "")
  t.equal(code, 0)
  t.equal(checked(t, box).counts.error, 0)
  t.equal(box.run().code, 0)
})

boxTest("every fault is told at its line, with clause and remedy; plain text where it is piped [check, check --format]", OURS, (t, box) => {
  box.config.process.cwd = "tmp"
  box.config.process.consoleSize = { width: 80, height: 25 } as never
  box.config.linux.maskedPath = [] as never
  writeFileSync(`${box.bundle}/config.json`, JSON.stringify(box.config, null, 2))
  const lines = readFileSync(`${box.bundle}/config.json`, "utf8").split("\n")
  const report = checked(t, box)
  t.equal(report.code, 1)
  t.same(report.counts, { error: 1, warning: 2, notice: report.counts.notice })
  t.equal(report.file, `${box.bundle}/config.json`)
  for (const [pointer, code, words] of [["/process/cwd", "config-rule", '"cwd": "tmp"'], ["/process/consoleSize", "config-no-effect", '"consoleSize"'], ["/linux/maskedPath", "config-unknown-key", '"maskedPath"']]) {
    const finding = report.findings.find((one) => one.pointer === pointer)
    t.equal(finding?.code, code)
    t.match(lines[(finding?.line ?? 0) - 1], words)
  }
  const { code, stdout } = box.call(["check", "--bundle", box.bundle])
  t.equal(code, 1)
  t.notMatch(stdout, "\x1b")
  const at = report.findings.find(({ pointer }) => pointer === "/process/cwd")
  t.ok(stdout.includes(`${box.bundle}/config.json:${at?.line}:${at?.column}: error: /process/cwd: "tmp" is not an absolute path [config-rule]\n`), stdout)
  t.match(stdout, /\n *\d+ \| "cwd": "tmp",?\n +\| {8}\^{5}\n/)
  t.match(stdout, /= see: config\.md, Process\n/)
  t.match(stdout, /\n1 error, 2 warnings.*; it cannot run\n$/)
})

boxTest("warnings are no failure, but with --strict they are [check --strict]", OURS, (t, box) => {
  box.config.process.env = [...(box.config.process.env ?? []), "NOTHING"]
  box.write()
  t.equal(checked(t, box).code, 0)
  t.equal(checked(t, box, "--strict").code, 1)
  t.equal(box.args("/bin/true").run().code, 0)
})

boxTest("--config-only: not a file of the bundle is looked at, nor this host [check --config-only]", OURS, (t, box) => {
  box.config.root.path = "/no/such/folder"
  box.config.mounts.push({ destination: "/x", type: "bind", source: "/no/such/file", options: ["bind"] })
  box.write()
  const report = checked(t, box, "--config-only")
  t.equal(report.scope, "config")
  t.equal(report.code, 0)
  t.equal(report.counts.error, 0)
})

boxTest("what is no config.json: exit code 2, the place where it ends to be JSON, and no noise [check]", OURS, (t, box) => {
  const file = `${box.bundle}/config.json`
  const none = box.call(["check", "--bundle", `${box.folder}/nowhere`, "--format", "json"])
  t.equal(none.code, 2)
  t.equal((JSON.parse(none.stdout) as Report).findings[0]?.code, "bundle-missing")
  const cases: readonly (readonly [Buffer | string, string, number?, number?])[] = [
    ['{\n  "ociVersion": "1.0.2",\n}', "config-syntax", 3, 1],
    ["", "config-syntax", 1, 1],
    ["[".repeat(200_000), "config-syntax"],
    [Buffer.from([0x7b, 0xff, 0xfe]), "config-unreadable"],
    [Buffer.alloc(100_000), "config-syntax", 1, 1],
  ]
  for (const [content, code, line, column] of cases) {
    writeFileSync(file, content)
    const report = checked(t, box)
    t.equal(report.code, 2)
    t.equal(report.readable, false)
    t.equal(report.findings.length, 1)
    t.equal(report.findings[0]?.code, code)
    if (line !== undefined) t.same([report.findings[0]?.line, report.findings[0]?.column], [line, column])
    const text = box.call(["check", "--bundle", box.bundle])
    t.equal(text.code, 2)
    t.match(text.stdout, /could not be read: nothing else was looked at\n$/)
    t.ok(text.stdout.length < 2000)
  }
})

boxTest("a config that is huge, or deep, or all on one line is told of in lines that can be read [check]", OURS, (t, box) => {
  box.config.process.cwd = "tmp"
  box.config.annotations = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`key${i}`, "x".repeat(100)]))
  box.write()
  const { code, stdout } = box.call(["check", "--bundle", box.bundle, "--config-only"])
  t.equal(code, 1)
  for (const line of stdout.split("\n")) t.ok(line.length < 200, line.slice(0, 300))
  t.match(stdout, /\.\.\. .*"cwd":"tmp".* \.\.\.\n +\| +\^{5}\n/)
  const deep = JSON.stringify(box.config).replace('"cwd":"tmp"', `"cwd":"/","x":${"[".repeat(5000)}${"]".repeat(5000)}`)
  writeFileSync(`${box.bundle}/config.json`, deep)
  t.equal(checked(t, box, "--config-only").code, 1)
})

t.end()
