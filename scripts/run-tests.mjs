// Runs the suites and sums them up; `scripts/test` is the way in. Last line: `N passed, N failed[, N skipped]`.
//
//   node scripts/run-tests.mjs [--all] [--engines] [--systemd] [--suite NAME]... [--file TEXT] [--list]
//
// A test file is a program that writes TAP (https://testanything.org); what is counted are its top-level test points, and what it calls a
// figure (conformance/lib/share.ts). What each file wrote is in build/tap/SUITE/; with --all, docs/whole-run.json is told of each suite that was run,
// and with --file of the files that were run again.
import { spawn } from "node:child_process"
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, dirname, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { tsImport } from "tsx/esm/api"
import { figuresOf, recordWhole } from "./whole-run.mjs"

const { filesAgain } = /** @type {typeof import("../conformance/lib/ways.ts")} */ (await tsImport("../conformance/lib/ways.ts", import.meta.url))

const checkout = resolve(dirname(fileURLToPath(import.meta.url)), "..")
process.chdir(checkout)
const built = "build/tests"
const taps = "build/tap"
/** The interleavings and the races have this many times their rounds, and take as long. */
const rounds = Number(process.env.RUNTS_ROUNDS ?? 1)

/** Test files that also run under User Mode Linux: what depends on the kernel's cgroups and namespaces. It has one slow cpu. */
const UML_SHARE = [
  "cgroup", "delegation", "doctor", "events", "features", "lifecycle", "mounts-command", "namespaces", "nested-users", "oom",
  "pause", "process", "process-tables", "resources", "resources-v2", "run", "seccomp", "seccomp-notify", "update",
]

/** Engines that also run under User Mode Linux. */
const ENGINES_UML_SHARE = ["conmon", "containerd", "podman"]

/**
 * How a suite's files are run. `command` gives the argument vector of one file; without it all run at once under User Mode Linux, with
 * `kernel` on its command line and `modules` loaded, and `systemd` (see conformance/rigs/uml). `way`: how the tests make containers
 * (conformance/lib/environment.ts).
 * @typedef {{ name: string, says: string, files: () => string[], command?: (file: string) => string[], kernel?: string, modules?: string, systemd?: string, way?: string, jobs: number, seconds: number }} Suite
 * @type {Suite[]}
 */
const SUITES = [
  {
    name: "unit", says: "pure code and single parts, in this process's engine", files: () => findTests("test/unit"),
    command: (file) => [process.execPath, "--import", "tsx", file], jobs: 2, seconds: 120,
  },
  {
    name: "native", says: "the binary on this machine as it is", files: integration,
    command: (file) => ["unshare", "--mount", "--propagation", "private", ...nodeFor(file)], jobs: 2, seconds: 300,
  },
  {
    name: "pure-v2", says: "the binary where /sys/fs/cgroup is cgroup2 alone", files: integration,
    command: (file) => ["conformance/rigs/pure-v2", ...nodeFor(file)], jobs: 2, seconds: 300,
  },
  {
    name: "rootless", says: "the integration tests again, by an ordinary user, on this machine as it is", files: () => again("rootless"),
    command: (file) => ["conformance/rigs/rootless", ...nodeFor(file)], jobs: 2, seconds: 300,
  },
  {
    name: "uml", says: "the binary on a kernel of its own with all v2 controllers (User Mode Linux)",
    files: () => integration().filter((file) => UML_SHARE.includes(testName(file))), kernel: "", jobs: 1, seconds: 1200,
  },
  {
    name: "apparmor", says: "the binary on a kernel with AppArmor (User Mode Linux)",
    files: () => integration().filter((file) => testName(file) === "apparmor"), kernel: "apparmor=1 security=apparmor", jobs: 1, seconds: 600,
  },
  {
    name: "selinux", says: "the binary on a kernel with SELinux and a small policy (User Mode Linux)",
    files: () => integration().filter((file) => testName(file) === "selinux"), kernel: "selinux=1 security=selinux enforcing=0", jobs: 1,
    seconds: 600,
  },
  {
    name: "systemd", says: "the systemd cgroup driver under systemd as the first process, on cgroup v2 (User Mode Linux)",
    files: () => findTests("test/systemd"), kernel: "", systemd: "yes", jobs: 1, seconds: 900,
  },
  {
    name: "systemd-v1", says: "the same where systemd keeps cgroup v1",
    files: () => findTests("test/systemd"), kernel: "", systemd: "v1", jobs: 1, seconds: 900,
  },
  {
    name: "systemd-user", says: "the same driver with an ordinary user's own systemd (User Mode Linux)",
    files: () => findTests("test/systemd-user"), kernel: "", systemd: "user", jobs: 1, seconds: 900,
  },
  {
    name: "again-systemd", says: "the integration tests again, with units of systemd in place of cgroupfs (a share; --all: each)",
    files: () => again("systemd"), kernel: "", systemd: "yes", way: "systemd", jobs: 1, seconds: 1200,
  },
  {
    name: "engines", says: "the binary beneath real engines, each with a daemon and folders of its own", files: () => findTests("conformance/engines"),
    command: nodeFor, jobs: 2, seconds: 600,
  },
  {
    name: "engines-v2", says: "the binary beneath real engines on a kernel of its own with all v2 controllers (User Mode Linux)",
    files: () => findTests("conformance/engines").filter((file) => ENGINES_UML_SHARE.includes(testName(file))),
    kernel: "", modules: "overlay veth bridge", jobs: 1, seconds: 600,
  },
  {
    name: "engines-systemd", says: "engines that leave cgroups to systemd, root's and an ordinary user's, under systemd as the first process (User Mode Linux)",
    files: () => findTests("conformance/engines-systemd"), kernel: "", modules: "overlay veth bridge", systemd: "user", jobs: 1, seconds: 1500,
  },
  {
    name: "faults", says: "system calls that fail, processes that are killed: each step of each command (a fixed share; --all: each call)",
    files: () => findTests("conformance/faults"), command: nodeFor, jobs: 1, seconds: 1200,
  },
  {
    name: "load", says: "many containers, many calls, many lives (a small share; --all: the whole)", files: () => findTests("conformance/load"),
    command: nodeFor, jobs: 1, seconds: 600,
  },
  {
    name: "runtime-tools", says: "the validation programs of opencontainers/runtime-tools, built with Debian's Go",
    files: () => ["conformance/runtime-tools/run"], command: (file) => [file], jobs: 1, seconds: 600,
  },
]

const KERNELS_AT_ONCE = 2

/** With --all, suites that else run a share take so many times as long. */
const ALL_TAKES = 30

/** @typedef {Record<string, number>} Figures */
/** @type {{ suite: string, file: string, passed: number, failed: number, skipped: string[], seconds: number, figures: Figures }[]} */
const results = []
const options = readOptions(process.argv.slice(2))
if (options.list) {
  for (const suite of SUITES) console.log(`${suite.name.padEnd(10)} ${String(suite.files().length).padStart(3)} files  ${suite.says}`)
} else {
  await main()
}

async function main() {
  if (options.suites.length === 0) await typeCheck()
  await bundle()
  rmSync(taps, { recursive: true, force: true })
  const chosen = SUITES.filter(({ name }) => options.suites.length === 0 || options.suites.includes(name))
    .map((suite) => ({ suite, files: suite.files().filter((file) => file.includes(options.file)) }))
  if (chosen.every(({ files }) => files.length === 0) && options.file !== "") {
    console.error(`no test file of ${options.suites.join(", ") || "any suite"} has ${JSON.stringify(options.file)} in its path: --list, and ls test`)
    process.exitCode = 2
    return
  }
  /** Runs of kernels. @type {(() => Promise<void>)[]} */
  const boots = []
  for (const { suite, files } of chosen) {
    if (files.length === 0) {
      if (options.file !== "") continue
      console.log(`\n${suite.name}: ${suite.says}`)
      record(suite.name, "(no test files)", { passed: 0, failed: 1, skipped: [], details: "the suite has no tests" }, 0)
    } else if (suite.kernel === undefined) {
      console.log(`\n${suite.name}: ${suite.says}`)
      await runFiles(suite, files)
    } else boots.push(() => runInUml(suite, files))
  }
  // a kernel has one processor: as many at a time as the machine has
  await parallel(KERNELS_AT_ONCE, boots, (boot) => boot())
  const whole = process.env.RUNTS_ALL === "1" && (process.env.RUNTIME ?? "") === ""
  if (whole) for (const { suite } of chosen) recordWhole(suite.name, results.filter((result) => result.suite === suite.name), options.file !== "")
  summary()
}

/**
 * Does all, so many at a time.
 * @template T @param {number} limit @param {readonly T[]} all @param {(one: T) => Promise<void>} work
 */
async function parallel(limit, all, work) {
  const queue = [...all]
  const worker = async () => {
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) await work(one)
  }
  await Promise.all(Array.from({ length: limit }, worker))
}

/** @param {string[]} argv */
function readOptions(argv) {
  const found = { suites: /** @type {string[]} */ ([]), file: "", list: false }
  for (let i = 0; i < argv.length; i++) {
    const value = argv[i + 1] ?? ""
    if (argv[i] === "--suite" && SUITES.some(({ name }) => name === value)) found.suites.push(value), i++
    else if (argv[i] === "--file") (found.file = value), i++
    else if (argv[i] === "--engines") found.suites.push("engines", "engines-v2", "engines-systemd")
    else if (argv[i] === "--systemd") found.suites.push("systemd", "systemd-v1", "systemd-user")
    else if (argv[i] === "--all") process.env.RUNTS_ALL = "1"
    else if (argv[i] === "--list") found.list = true
    else {
      console.error(`usage: run-tests.mjs [--all] [--engines] [--systemd] [--suite ${SUITES.map(({ name }) => name).join("|")}]... [--file TEXT] [--list]`)
      process.exit(2)
    }
  }
  return found
}

/** @param {string} folder @returns {string[]} */
function findTests(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1)).flatMap((entry) => {
    if (entry.isDirectory()) return findTests(`${folder}/${entry.name}`)
    return entry.name.endsWith(".test.ts") ? [`${folder}/${entry.name}`] : []
  })
}

function integration() {
  return findTests("test/integration")
}

/** Those that run again where containers are made in another way. @param {import("../conformance/lib/ways.ts").Way} way */
function again(way) {
  const names = filesAgain(way, integration().map(testName), process.env.RUNTS_ALL === "1")
  return integration().filter((file) => names.includes(testName(file)))
}

/** @param {string} file */
function testName(file) {
  return basename(file, ".test.ts")
}

/** @param {string} file */
function nodeFor(file) {
  return [process.execPath, "--enable-source-maps", `${built}/${testName(file)}.mjs`]
}

async function typeCheck() {
  const done = await run([process.execPath, "node_modules/typescript/bin/tsc", "--noEmit", "-p", "."], 300)
  const ok = done.code === 0
  console.log("types: the compiler's check of every file")
  record("types", "tsc", { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: [], details: done.output }, done.seconds)
}

/** One JavaScript file a test: no translation at run time, which costs seconds under User Mode Linux. */
async function bundle() {
  const { build } = await import("esbuild")
  rmSync(built, { recursive: true, force: true })
  await build({
    entryPoints: [...integration(), ...findTests("test/systemd"), ...findTests("test/systemd-user"), ...["engines", "engines-systemd", "faults", "load"].flatMap((folder) => findTests(`conformance/${folder}`))], bundle: true, packages: "external", platform: "node", format: "esm", target: "node20", sourcemap: "inline",
    outdir: built, entryNames: "[name]", outExtension: { ".js": ".mjs" }, logLevel: "error",
  })
  for (const file of readdirSync(built)) {
    // the entry's name ends in .test
    if (file.endsWith(".test.mjs")) {
      writeFileSync(`${built}/${file.replace(".test.mjs", ".mjs")}`, readFileSync(`${built}/${file}`))
      rmSync(`${built}/${file}`)
    }
  }
}

/** @param {Suite} suite @param {string[]} files */
async function runFiles(suite, files) {
  await parallel(suite.jobs, files, async (file) => {
    const done = await run(/** @type {(file: string) => string[]} */ (suite.command)(file), suite.seconds * rounds, {}, tapFile(suite.name, file))
    record(suite.name, file, readTap(done.output, done.code), done.seconds)
  })
}

/** Where a file's TAP goes. @param {string} suite @param {string} file */
function tapFile(suite, file) {
  mkdirSync(`${taps}/${suite}`, { recursive: true })
  return `${taps}/${suite}/${file.replace(/^(test|conformance)\//, "").replace(/\.test\.ts$/, "").replaceAll("/", ".")}.tap`
}

/**
 * All files under one kernel. User Mode Linux 6.1 panics now and then by itself when a cgroup with a tiny memory limit runs out of it
 * (clear_user in execve); what a panic kept from ending is run once more, and said to be.
 * @param {Suite} suite @param {string[]} files
 */
async function runInUml(suite, files) {
  const share = mkdtempSync(`${tmpdir()}/runts-share-`)
  const read = (/** @type {string} */ file, /** @type {string} */ kind) => {
    const path = `${share}/${testName(file)}.${kind}`
    return existsSync(path) ? readFileSync(path, "utf8") : ""
  }
  const ended = (/** @type {string} */ file) => read(file, "code") !== ""
  const boot = (/** @type {string[]} */ pending) => {
    const script = pending.map((file) => {
      const base = `${share}/${testName(file)}`
      return `date +%s >${base}.start; timeout ${Math.max(400, suite.seconds - 600)} ${nodeFor(file).join(" ")} >${base}.tap 2>&1; echo $? >${base}.code; date +%s >${base}.end`
    }).join("\n")
    return run(["conformance/rigs/uml", "sh", "-c", script], suite.seconds, {
      RUNTS_UML_SHARE: share, UML_KERNEL: suite.kernel ?? "", UML_MODULES: suite.modules ?? "", UML_SYSTEMD: suite.systemd ?? "",
      RUNTS_TEST_WAY: suite.way ?? "plain", UML_SECONDS: String(suite.seconds),
    })
  }
  let done = await boot(files)
  const again = files.filter((file) => !ended(file))
  if (again.length > 0 && done.code === 125) {
    console.log(`  ${suite.name}: the kernel ended by itself; once more: ${again.map(testName).join(", ")}\n${done.output.trim().split("\n").slice(-60).join("\n")}`)
    done = await boot(again)
  }
  console.log(`\n${suite.name}: ${suite.says}`)
  for (const file of files) {
    writeFileSync(tapFile(suite.name, file), read(file, "tap"))
    const tap = readTap(read(file, "tap"), ended(file) ? Number(read(file, "code")) : 125)
    if (!ended(file)) tap.details += `\nnot finished; the rig said:\n${done.output}`
    record(suite.name, file, tap, Math.max(0, Number(read(file, "end")) - Number(read(file, "start"))))
  }
  rmSync(share, { recursive: true, force: true })
}

/**
 * Runs a command to its end or its time limit.
 * @param {string[]} argv @param {number} limit seconds @param {Record<string, string>} [env] @param {string} [copy] file that takes the output while it comes
 * @returns {Promise<{ code: number, output: string, seconds: number }>}
 */
function run(argv, limit, env = {}, copy = "") {
  const start = performance.now()
  const seconds = limit * (process.env.RUNTS_ALL === "1" ? ALL_TAKES : 1)
  return new Promise((settle) => {
    const child = spawn(/** @type {string} */ (argv[0]), argv.slice(1), {
      // tap's own limit of 30 s tells nothing but how busy the machine is
      env: { ...process.env, TAP_TIMEOUT: String(seconds), ...env }, stdio: ["ignore", "pipe", "pipe"], detached: true,
    })
    let output = ""
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (piece) => {
        output += piece
        if (copy !== "") appendFileSync(copy, piece)
      })
    }
    const timer = setTimeout(() => {
      output += `\nkilled: not finished after ${seconds} s\n`
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL")
    }, seconds * 1000)
    const end = (/** @type {number} */ code) => {
      clearTimeout(timer)
      // a process that a test left behind may hold these open for ever
      child.stdout.destroy()
      child.stderr.destroy()
      settle({ code, output, seconds: (performance.now() - start) / 1000 })
    }
    child.on("error", (error) => ((output += error.message), end(127)))
    child.on("exit", (code) => setTimeout(() => end(code ?? 137), 20))
  })
}

/**
 * Counts the top-level test points of a TAP stream. A program that ends badly without a failed point, or has no point at
 * all, is one failure.
 * @param {string} text @param {number} code
 */
function readTap(text, code) {
  const found = { passed: 0, failed: 0, skipped: /** @type {string[]} */ ([]), details: "", figures: figuresOf(text) }
  const lines = text.split("\n")
  for (const line of lines) {
    const point = /^(not )?ok \d+(?: - (.*))?$/.exec(line)
    if (point === null) continue
    const skip = /# SKIP\s*(.*)$/i.exec(line)
    if (skip !== null) found.skipped.push(skip[1] || "no reason given")
    else if (point[1] !== undefined && !/# TODO/i.test(line)) found.failed++
    else found.passed++
  }
  if (found.failed === 0 && (code !== 0 || found.passed + found.skipped.length === 0)) {
    found.failed = 1
    found.details = `exit code ${code} without a failed test\n${lines.slice(-30).join("\n")}`
  } else if (found.failed > 0) found.details = failures(lines)
  return found
}

/** The failed points and what stands below each. @param {string[]} lines */
function failures(lines) {
  const shown = []
  let depth = -1
  for (const line of lines) {
    const indent = line.length - line.trimStart().length
    if (/^\s*not ok/.test(line)) depth = indent
    else if (depth >= 0 && line.trim() !== "" && (indent < depth || /^\s*ok /.test(line) || line.startsWith("#"))) depth = -1
    if (depth >= 0 && line.trim() !== "") shown.push(line)
  }
  return shown.slice(0, 120).join("\n")
}

/**
 * @param {string} suite @param {string} file @param {{ passed: number, failed: number, skipped: string[], details: string, figures?: Figures }} counts
 * @param {number} seconds
 */
function record(suite, file, counts, seconds) {
  results.push({ suite, file, passed: counts.passed, failed: counts.failed, skipped: counts.skipped, seconds, figures: counts.figures ?? {} })
  const numbers = `${String(counts.passed).padStart(4)} passed ${String(counts.failed).padStart(3)} failed ${String(counts.skipped.length).padStart(3)} skipped`
  console.log(`  ${counts.failed > 0 ? "FAIL" : " ok "} ${file.padEnd(44)} ${numbers} ${seconds.toFixed(1).padStart(6)} s`)
  if (counts.failed > 0) console.log(counts.details.replace(/^/gm, "       "))
}

function summary() {
  const reasons = new Map()
  for (const { skipped } of results) for (const reason of skipped) reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
  if (reasons.size > 0) console.log("\nskipped, and why:")
  for (const [reason, count] of reasons) console.log(`  ${String(count).padStart(3)}  ${reason}`)
  const failed = results.filter((result) => result.failed > 0)
  if (failed.length > 0) console.log(`\nfailed:\n${failed.map(({ suite, file }) => `  ${suite}: ${file}`).join("\n")}`)
  mkdirSync("build", { recursive: true })
  writeFileSync("build/test-results.json", JSON.stringify(results, null, 2))
  const total = (/** @type {(result: typeof results[number]) => number} */ pick) => results.reduce((sum, result) => sum + pick(result), 0)
  const sums = [total(({ passed }) => passed), total(({ failed }) => failed), total(({ skipped }) => skipped.length)]
  console.log(`\n${sums[0]} passed, ${sums[1]} failed${sums[2] > 0 ? `, ${sums[2]} skipped` : ""}`)
  process.exitCode = sums[1] > 0 || sums[0] === 0 ? 1 : 0
}
