import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import t from "tap"
import Ajv2020 from "ajv/dist/2020.js"
import { carryOut } from "../../../src/cli/dispatch.ts"
import { parse } from "../../../src/cli/parse.ts"
import { createRequest } from "../../../src/cli/request.ts"
import type { Call } from "../../../src/cli/table.ts"
import { ANNOTATIONS } from "../../../src/spec/annotations.ts"
import type { AnnotationName } from "../../../src/spec/annotations.ts"
import { versionText } from "../../../src/cli/version.ts"
import { capture } from "./capture.ts"

const root = join(import.meta.dirname, "../../..")
const folder = mkdtempSync(join(tmpdir(), "runts-commands-"))
t.teardown(() => rmSync(folder, { recursive: true }))

function runts(...argv: string[]) {
  return capture(() => carryOut(argv, parse(argv)))
}
function created(...argv: string[]) {
  const outcome = parse(argv)
  if (outcome.kind !== "call") throw new Error("refused")
  return createRequest(outcome.call as Call<"create">)
}

t.test("versionText() is what engines take apart", async (t) => {
  const lines = versionText().split("\n")
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string }
  t.equal(lines[0], `runts version ${version}`)
  t.match(lines[1], /^commit: \S+$/)
  t.equal(lines[2], "spec: 1.3.0")
  t.equal(lines.filter((line) => line.includes("version")).length, 1)
})

t.test("main.ts prints the version and ends", async (t) => {
  for (const flag of ["--version", "-v"]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", join(root, "src/main.ts"), flag], { encoding: "utf8", cwd: root })
    t.strictSame([status, stdout, stderr], [0, versionText() + "\n", ""])
  }
})

t.test("main.ts ends with the command's exit code", async (t) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", join(root, "src/main.ts"), "nosuch"], { encoding: "utf8", cwd: root })
  t.strictSame([status, stdout, stderr], [1, "", 'runts: unknown command "nosuch"; see runts --help\n'])
})

t.test("features prints a document that follows the schema and that engines accept [features]", async (t) => {
  const { result, stdout, stderr } = await runts("features")
  t.strictSame([result, stderr], [0, ""])
  const document = JSON.parse(stdout)
  const schema = createRequire(import.meta.url)("../../../schemas/features.schema.json")
  const validate = new Ajv2020({ strict: false }).compile(schema)
  t.ok(validate(document), JSON.stringify(validate.errors))
  t.match(document, { ociVersionMin: "1.0.0", ociVersionMax: "1.3.0", linux: { mountExtensions: { idmap: { enabled: true } } } })
  t.ok(document.mountOptions.includes("rro"), "Docker then makes ro binds recursive")
  t.ok(document.linux.namespaces.includes("user"), "CRI's user namespaces")
  t.ok(document.linux.capabilities.includes("CAP_CHECKPOINT_RESTORE"))
  t.strictSame(document.mountOptions, [...new Set(document.mountOptions)].sort())
  t.same(document.potentiallyUnsafeConfigAnnotations, Object.keys(ANNOTATIONS).filter((name) => ANNOTATIONS[name as AnnotationName].potentiallyUnsafe).sort())
})

t.test("createRequest() passes what was asked for", async (t) => {
  t.strictSame(created("create", "c"), {
    id: "c", bundle: ".", consoleSocket: undefined, pidFile: undefined, pidfdSocket: undefined, noPivot: false, noNewKeyring: false, preserveFds: 0,
  })
  t.strictSame(created("create", "-b", "/b", "--pid-file", "/p", "--console-socket", "/s", "--pidfd-socket", "/d", "--no-pivot", "--no-new-keyring", "--preserve-fds", "2", "c"), {
    id: "c", bundle: "/b", consoleSocket: "/s", pidFile: "/p", pidfdSocket: "/d", noPivot: true, noNewKeyring: true, preserveFds: 2,
  })
  t.equal(created("create", "--pid-file=", "c").pidFile, undefined)
})

t.test("one cgroup manager may be named, twice too [--systemd-cgroup, --cgroup-manager]", async (t) => {
  const root = ["--root", join(folder, "none")]
  for (const agreeing of [["--systemd-cgroup"], ["--systemd-cgroup", "--cgroup-manager=systemd"], ["--cgroup-manager", "disabled"]]) {
    t.match((await runts(...root, ...agreeing, "state", "c")).stderr, /container does not exist/, agreeing.join(" "))
  }
  for (const manager of ["cgroupfs", "disabled"]) {
    const { result, stderr } = await runts(...root, "--systemd-cgroup", "--cgroup-manager", manager, "state", "c")
    t.equal(result, 1)
    t.match(stderr, `--systemd-cgroup and --cgroup-manager ${manager} contradict each other`)
  }
})

t.test("spec writes config.json once [spec, --bundle]", async (t) => {
  const first = await runts("spec", "--bundle", folder)
  t.strictSame(first, { result: 0, stdout: "", stderr: "" })
  const text = readFileSync(join(folder, "config.json"), "utf8")
  t.match(JSON.parse(text), { ociVersion: /^1\./ })
  t.match(text, /^\{\n\t"ociVersion"/)
  const second = await runts("spec", "--bundle", folder)
  t.equal(second.result, 1)
  t.equal(second.stderr, `runts: ${folder}/config.json exists, and spec overwrites nothing; remove it first, or write one elsewhere with --bundle DIR\n`)
  const missing = await runts("spec", "--bundle", folder + "/none")
  t.match(missing, { result: 1, stderr: /no such file or directory/ })
})

t.test("spec --rootless maps the caller to root [spec --rootless]", async (t) => {
  const bundle = mkdtempSync(join(folder, "rootless-"))
  t.equal((await runts("spec", "--rootless", "-b", bundle)).result, 0)
  const config = JSON.parse(readFileSync(join(bundle, "config.json"), "utf8"))
  t.strictSame(config.linux.uidMappings, [{ containerID: 0, hostID: process.getuid?.(), size: 1 }])
})

t.test("list, state and delete find no container below an empty root [list, --format, --quiet]", async (t) => {
  const root = mkdtempSync(join(folder, "root-"))
  t.strictSame(await runts("--root", root, "list"), {
    result: 0, stdout: "ID          PID         STATUS      BUNDLE      CREATED     OWNER\n", stderr: "",
  })
  t.strictSame(await runts("--root", root, "list", "--format", "json"), { result: 0, stdout: "null\n", stderr: "" })
  t.strictSame(await runts("--root", root, "list", "-q"), { result: 0, stdout: "", stderr: "" })
  for (const argv of [["state", "c"], ["delete", "c"], ["kill", "c"], ["start", "c"], ["pause", "c"], ["ps", "c"]]) {
    t.match(await runts("--root", root, ...argv), { result: 1, stdout: "", stderr: /^runts: [^\n]*does not exist[^\n]*\n$/ }, argv.join(" "))
  }
  t.match(await runts("--root", root, "exec", "c", "ls"), { result: 255, stderr: /does not exist/ })
  t.strictSame(await runts("--root", root, "delete", "--force", "c"), { result: 0, stdout: "", stderr: "" })
  t.match(await runts("--root", root, "kill", "c", "BOGUS"), { result: 1, stderr: /unknown signal "BOGUS"/ })
  t.match(await runts("--root", root, "exec", "c"), { result: 255, stderr: /no command given/ })
  t.match(await runts("--root", root, "exec", "-e", "=x", "c", "ls"), { result: 255, stderr: /has not the form NAME=VALUE/ })
})
