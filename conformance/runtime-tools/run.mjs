// See `run`. A program's outcome is the list of its failed points; expected.json names the points that fail for a reason.
import { spawn, spawnSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, delimiter, dirname, resolve } from "node:path"
import { fileURLToPath } from "node:url"

const here = dirname(fileURLToPath(import.meta.url))
const checkout = resolve(here, "../..")
const PROGRAM_SECONDS_MAX = 60
const PYTHON = existsSync("/usr/bin/python3") ? "/usr/bin/python3" : "python3"

/**
 * Why a program does not pass. `runtimes`: names, or "*" where it is the program's own fault. `points`: patterns of the points that
 * fail. `sometimes`: it may also pass, or some of the points may. `memlock`: runtimes that raise RLIMIT_MEMLOCK (see conformance/rigs/memlock.py).
 * @typedef {{ runtimes: "*" | string[], points: string[], why: string, clause?: string, sometimes?: true }} Expectation
 * @type {{ version: string, memlock: string[], programs: Record<string, Expectation[]> }}
 */
const expected = JSON.parse(readFileSync(`${here}/expected.json`, "utf8"))

const options = readOptions(process.argv.slice(2))
const cache = process.env.XDG_CACHE_HOME ? `${process.env.XDG_CACHE_HOME}/runts/runtime-tools` : `${checkout}/build/runtime-tools`
const tree = `${cache}/go/src/github.com/opencontainers/runtime-tools`
await main()

async function main() {
  const built = spawnSync(`${here}/build`, [cache], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] })
  if (built.status === 3) return skipAll(built.stdout.trim())
  if (built.status !== 0) throw new Error(`${here}/build: exit code ${built.status}`)
  const version = readFileSync(`${cache}/version`, "utf8").trim()
  const programs = readdirSync(`${tree}/programs`).filter((name) => name.includes(options.file)).sort()
  console.log("TAP version 13")
  console.log(`# runtime-tools ${version}, runtime ${options.runtime}`)
  if (version !== expected.version) console.log(`# expected.json was made with ${expected.version}`)
  console.log(`1..${programs.length}`)
  const results = []
  for (const [index, name] of programs.entries()) {
    const result = await runProgram(name)
    results.push(result)
    report(index + 1, result)
  }
  removeParents()
  if (options.json !== "") writeFileSync(options.json, `${JSON.stringify({ version, runtime: options.runtime, results }, null, 2)}\n`)
  process.exitCode = results.some(({ verdict }) => verdict === "wrong") ? 1 : 0
}

/** The cgroups above those of the programs' containers, which no runtime removes; relative ones are below this process's own. */
function removeParents() {
  const hierarchies = ["/sys/fs/cgroup", ...readdirSync("/sys/fs/cgroup").map((name) => `/sys/fs/cgroup/${name}`)]
  const own = readFileSync("/proc/self/cgroup", "utf8").trim().split("\n").map((line) => line.replace(/^[^:]*:[^:]*:/, ""))
  const roots = hierarchies.flatMap((hierarchy) => ["", ...new Set(own)].map((path) => hierarchy + path))
  for (const path of roots.flatMap((root) => ["testdir/cgrouptest", "testdir", "cgrouptest"].map((name) => `${root}/${name}`))) {
    try {
      rmdirSync(path)
    } catch {
      // not there, or in use
    }
  }
}

/** @param {string[]} argv */
function readOptions(argv) {
  const found = { runtime: process.env.RUNTIME || `${checkout}/dist/runts`, file: "", json: "" }
  for (let i = 0; i < argv.length; i += 2) {
    const value = argv[i + 1]
    if (value === undefined || !["--runtime", "--file", "--json"].includes(argv[i] ?? "")) {
      console.error("usage: run [--runtime PATH] [--file TEXT] [--json FILE]")
      process.exit(2)
    }
    found[/** @type {"runtime" | "file" | "json"} */ (argv[i]?.slice(2))] = value
  }
  return { ...found, runtime: locate(found.runtime) }
}

/** @param {string} name */
function locate(name) {
  if (name.includes("/")) return resolve(name)
  const found = (process.env.PATH ?? "").split(delimiter).map((folder) => `${folder}/${name}`).find((path) => existsSync(path))
  if (found === undefined) throw new Error(`no "${name}" in PATH`)
  return found
}

/** @param {string} reason */
function skipAll(reason) {
  console.log(`TAP version 13\n1..1\nok 1 - runtime-tools validation # SKIP ${reason}`)
}

/**
 * Runs one program with a state root and a folder for temporary files of its own, and removes what it leaves behind.
 * @param {string} name
 */
async function runProgram(name) {
  const folder = mkdtempSync(`${realpathSync(tmpdir())}/runtime-tools-`)
  spawnSync("chmod", ["755", folder])
  const wrapper = `${folder}/runtime`
  mkdirSync(`${folder}/tmp`)
  writeFileSync(wrapper, `#!/bin/sh\nexec '${options.runtime}' --root '${folder}/state' "$@"\n`, { mode: 0o755 })
  const start = performance.now()
  const done = await run([`${tree}/programs/${name}`], { ...process.env, RUNTIME: wrapper, TMPDIR: `${folder}/tmp` })
  if (existsSync(`${folder}/state`)) {
    for (const id of readdirSync(`${folder}/state`)) if (!/^[@.]/.test(id)) spawnSync(wrapper, ["delete", "--force", id])
  }
  rmSync(folder, { recursive: true, force: true })
  const { passed, skipped, failed } = readPoints(done.stdout, done.code)
  const seconds = (performance.now() - start) / 1000
  return { name, ...judge(name, failed), passed, skipped, failed, code: done.code, output: done.stdout + done.stderr, seconds }
}

/**
 * The failed points. An exit code other than 0 is one more. Some programs write no point: they tell of an error, or are content.
 * @param {string} text @param {number} code
 */
function readPoints(text, code) {
  const found = { passed: 0, skipped: 0, failed: /** @type {string[]} */ ([]) }
  for (const line of text.split("\n")) {
    const point = /^(not )?ok \d+(?: -)?(.*)$/.exec(line)
    if (point === null || /# TODO/i.test(line)) continue
    if (/# SKIP/i.test(line)) found.skipped++
    else if (point[1] === undefined) found.passed++
    else found.failed.push((point[2] ?? "").trim())
  }
  if (code !== 0) found.failed.push(`exit code ${code}`)
  else if (found.passed + found.skipped + found.failed.length === 0) {
    const error = /^\s*"error": (".*"),?$/m.exec(text)?.[1]
    if (error === undefined) found.passed++
    else found.failed.push(String(JSON.parse(error)).split("\n")[0] ?? "")
  }
  return found
}

/**
 * passed, explained (fails as expected.json says) or wrong.
 * @param {string} name @param {string[]} failed
 */
function judge(name, failed) {
  const own = (expected.programs[name] ?? []).filter(({ runtimes }) => runtimes === "*" || runtimes.includes(basename(options.runtime)))
  const matches = (/** @type {string} */ pattern, /** @type {string} */ point) => new RegExp(`^(?:${pattern})$`).test(point)
  const unexplained = failed.filter((point) => !own.some(({ points }) => points.some((pattern) => matches(pattern, point))))
  const passes = own.filter(({ sometimes }) => sometimes !== true)
    .flatMap(({ points }) => points.filter((pattern) => !failed.some((point) => matches(pattern, point))))
  const verdict = unexplained.length + passes.length > 0 ? "wrong" : failed.length > 0 ? "explained" : "passed"
  return { verdict, unexplained, passes, why: own }
}

/** @param {number} number @param {Awaited<ReturnType<typeof runProgram>>} result */
function report(number, result) {
  console.log(`${result.verdict === "wrong" ? "not ok" : "ok"} ${number} - ${result.name}${result.verdict === "explained" ? " (fails, explained)" : ""}`)
  for (const { why, clause } of result.failed.length > 0 ? result.why : []) console.log(`# ${why}${clause === undefined ? "" : ` (${clause})`}`)
  if (result.verdict !== "wrong") return
  for (const point of result.unexplained) console.log(`  failed and not explained: ${point}`)
  for (const pattern of result.passes) console.log(`  passes although expected to fail: ${pattern}`)
  console.log(result.output.trim().split("\n").slice(-60).join("\n").replace(/^/gm, "    | "))
}

/**
 * @param {string[]} argv @param {NodeJS.ProcessEnv} env
 * @returns {Promise<{ code: number, stdout: string, stderr: string }>}
 */
function run(argv, env) {
  return new Promise((settle) => {
    const where = process.env.RUNTS_TEST_ENV === "pure-v2" ? [`${checkout}/conformance/rigs/pure-v2`] : ["unshare", "--mount", "--propagation", "private"]
    const limit = expected.memlock.includes(basename(options.runtime)) ? [PYTHON, `${checkout}/conformance/rigs/memlock.py`] : []
    const [program, ...full] = [...where, ...limit, ...argv]
    const child = spawn(/** @type {string} */ (program), full, { cwd: tree, env, stdio: ["ignore", "pipe", "pipe"], detached: true })
    let stdout = ""
    let stderr = ""
    child.stdout.on("data", (piece) => (stdout += piece))
    child.stderr.on("data", (piece) => (stderr += piece))
    const timer = setTimeout(() => {
      stderr += `\nkilled: not finished after ${PROGRAM_SECONDS_MAX} s\n`
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL")
    }, PROGRAM_SECONDS_MAX * 1000)
    child.on("exit", (code) => setTimeout(() => {
      clearTimeout(timer)
      child.stdout.destroy()
      child.stderr.destroy()
      settle({ code: code ?? 137, stdout, stderr })
    }, 20))
  })
}
