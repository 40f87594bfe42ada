// Times runtimes side by side; `scripts/bench` runs it where /sys/fs/cgroup is cgroup2 alone (crun refuses a hybrid).
//
//   node scripts/bench.mjs [--runs N] [--json FILE] [--svg FILE] [--runtimes NAME,NAME]
//
// Each operation is run by all runtimes in turn, A B C A B C, so that what the machine does meanwhile hits all alike.
// Reported: the median of wall-clock milliseconds from fork to wait, the memory of a created container's init, the peak
// memory of each command, and the smallest memory in which a container starts.
import { spawnSync } from "node:child_process"
import { closeSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs"
import { arch, cpus, release, tmpdir } from "node:os"
import { basename, dirname, resolve } from "node:path"
import { fileURLToPath } from "node:url"

const checkout = resolve(dirname(fileURLToPath(import.meta.url)), "..")
const options = readOptions(process.argv.slice(2))
const work = mkdtempSync(`${tmpdir()}/runts-bench-`)
const group = `/runts-bench-${process.pid}`
const runtimes = options.runtimes.map((path) => ({ path, name: basename(path) })).filter(({ path, name }) => {
  const found = spawnSync(path, ["--version"], { stdio: "ignore" }).status === 0
  if (!found) console.error(`bench: no ${name} (${path}): left out`)
  return found
})
process.on("exit", cleanUp)
process.on("SIGINT", () => process.exit(130))

/** The operations of one cycle in order; each is timed by itself. `%` stands for the container's id. */
const STEPS = /** @type {const} */ ({
  create: ["create", "--bundle", "%bundle", "%"],
  state: ["state", "%"],
  start: ["start", "%"],
  exec: ["exec", "%", "/bin/true"],
  kill: ["kill", "%", "KILL"],
  delete: ["delete", "%"],
})

/** @type {Record<string, Record<string, number[]>>} milliseconds by operation and runtime */
const times = {}
/** @type {Record<string, Record<string, number>>} by measure and runtime; kB */
const memory = {}

prepare()
if (options.limits) console.log(JSON.stringify(smallestLimits()))
else {
  measureTimes()
  measureMemory()
  report()
}

/** @param {string[]} argv */
function readOptions(argv) {
  const found = {
    runs: 30, limits: false, json: "build/bench.json", svg: "docs/bench.svg",
    runtimes: [process.env.RUNTIME || `${checkout}/dist/runts`, "/usr/sbin/runc", "/usr/bin/crun"],
  }
  for (let i = 0; i < argv.length; i += 2) {
    const value = argv[i + 1]
    if (argv[i] === "--runs" && Number(value) > 0) found.runs = Number(value)
    else if (argv[i] === "--json" && value) found.json = value
    else if (argv[i] === "--svg" && value) found.svg = value
    else if (argv[i] === "--limits") (found.limits = true), i--
    else if (argv[i] === "--runtimes" && value) found.runtimes = value.split(",")
    else {
      console.error("usage: bench [--runs N] [--json FILE] [--svg FILE] [--runtimes PATH,PATH]")
      process.exit(2)
    }
  }
  return found
}

/** Two bundles: one whose program ends at once, one whose program stays. */
function prepare() {
  const busybox = ["/bin/busybox", "/usr/bin/busybox"].find((path) => existsSync(path))
  if (busybox === undefined) throw new Error("no /bin/busybox: install the package busybox-static")
  for (const [bundle, args] of /** @type {const} */ ([["short", ["/bin/true"]], ["long", ["/bin/sleep", "1000"]]])) {
    const root = `${work}/${bundle}/rootfs`
    for (const folder of ["bin", "dev", "etc", "proc", "sys", "tmp"]) mkdirSync(`${root}/${folder}`, { recursive: true })
    copyFileSync(busybox, `${root}/bin/true`)
    copyFileSync(busybox, `${root}/bin/sleep`)
    // Debian's runc writes the config: all three get the same file
    spawnSync("/usr/sbin/runc", ["spec"], { cwd: `${work}/${bundle}` })
    const file = `${work}/${bundle}/config.json`
    const config = JSON.parse(readFileSync(file, "utf8"))
    config.process.terminal = false
    config.process.args = args
    config.linux.cgroupsPath = `${group}/c`
    // without device rules: crun raises RLIMIT_MEMLOCK for them, which a machine without CAP_SYS_RESOURCE refuses
    delete config.linux.resources
    writeFileSync(file, JSON.stringify(config))
  }
}

/** @param {{ path: string, name: string }} runtime @param {readonly string[]} args @returns {number} milliseconds */
function call(runtime, args) {
  const errors = `${work}/errors`
  const err = openSync(errors, "w")
  const start = performance.now()
  const done = spawnSync(runtime.path, ["--root", `${work}/state-${runtime.name}`, ...args], { stdio: ["ignore", "ignore", err] })
  const milliseconds = performance.now() - start
  closeSync(err)
  if (done.status !== 0) throw new Error(`${runtime.name} ${args.join(" ")}: exit code ${done.status}: ${readFileSync(errors, "utf8")}`)
  return milliseconds
}

/** @param {string} operation @param {string} name @param {number} milliseconds */
function note(operation, name, milliseconds) {
  ((times[operation] ??= {})[name] ??= []).push(milliseconds)
}

function measureTimes() {
  for (let round = -1; round < options.runs; round++) { // the first round warms the caches up
    for (const runtime of runtimes) {
      const version = call(runtime, ["--version"])
      const run = call(runtime, ["run", "--bundle", `${work}/short`, "c"])
      if (round >= 0) note("--version", runtime.name, version), note("run /bin/true", runtime.name, run)
    }
    for (const runtime of runtimes) {
      for (const [operation, args] of Object.entries(STEPS)) {
        if (operation === "delete") waitUntilStopped()
        const milliseconds = call(runtime, args.map((arg) => (arg === "%" ? "c" : arg === "%bundle" ? `${work}/long` : arg)))
        if (round >= 0) note(operation, runtime.name, milliseconds)
      }
    }
    for (const runtime of runtimes) {
      const cycle = call(runtime, ["create", "--bundle", `${work}/long`, "c"]) + call(runtime, ["start", "c"])
        + call(runtime, ["delete", "--force", "c"])
      if (round >= 0) note("create+start+delete", runtime.name, cycle)
    }
  }
}

/** The program has died, and its zombie was reaped, when its cgroup is empty. */
function waitUntilStopped() {
  for (let tries = 0; tries < 500; tries++) {
    if (readFileSync(`/sys/fs/cgroup${group}/c/cgroup.procs`, "utf8") === "") return
    spawnSync("sleep", ["0.002"])
  }
}

function measureMemory() {
  for (const runtime of runtimes) {
    call(runtime, ["create", "--bundle", `${work}/long`, "c"])
    const pid = Number(readFileSync(`/sys/fs/cgroup${group}/c/cgroup.procs`, "utf8").split("\n")[0])
    const field = (/** @type {string} */ file, /** @type {RegExp} */ pattern) =>
      Number(pattern.exec(readFileSync(`/proc/${pid}/${file}`, "utf8"))?.[1] ?? 0)
    keep("init, resident", runtime.name, field("status", /VmRSS:\s+(\d+)/))
    keep("init, proportional", runtime.name, field("smaps_rollup", /Pss:\s+(\d+)/))
    call(runtime, ["delete", "--force", "c"])
  }
  for (const runtime of runtimes) for (const [operation, peak] of Object.entries(peaks(runtime))) keep(`peak of ${operation}`, runtime.name, peak)
  const limits = hasMemoryController() ? smallestLimits() : limitsInUml()
  for (const [name, kilobytes] of Object.entries(limits)) keep("smallest limit that starts", name, kilobytes)
}

function smallestLimits() {
  return Object.fromEntries(runtimes.map((runtime) => [runtime.name, smallestLimit(runtime)]))
}

function hasMemoryController() {
  const file = "/sys/fs/cgroup/cgroup.subtree_control"
  return existsSync(file) && readFileSync(file, "utf8").includes("memory")
}

/** @param {string} measure @param {string} name @param {number} kilobytes */
function keep(measure, name, kilobytes) {
  (memory[measure] ??= {})[name] = kilobytes
}

/**
 * Peak resident memory of each command, kB. The parent is busybox, whose `time -v` counts in 4-kB pages what the kernel
 * gives in kB; a larger parent would be measured instead of the command, since a child starts as its image.
 * @param {{ path: string, name: string }} runtime
 */
function peaks(runtime) {
  /** @type {Record<string, number>} */
  const found = {}
  const state = `${work}/state-${runtime.name}`
  const commands = Object.entries({ run: ["run", "--bundle", `${work}/short`, "%"], ...STEPS })
  for (const [name, args] of commands) {
    if (name === "delete") waitUntilStopped()
    const argv = args.map((arg) => (arg === "%" ? "c" : arg === "%bundle" ? `${work}/long` : arg))
    const out = openSync(`${work}/time`, "w")
    spawnSync("busybox", ["time", "-v", runtime.path, "--root", state, ...argv], { stdio: ["ignore", "ignore", out] })
    closeSync(out)
    found[name] = Number(/Maximum resident set size \(kbytes\): (\d+)/.exec(readFileSync(`${work}/time`, "utf8"))?.[1] ?? 0) / 4
  }
  return found
}

/** Where this view has no memory controller: the same measure on a kernel of its own that has one. @returns {Record<string, number>} */
function limitsInUml() {
  console.error("bench: no memory controller here; the smallest limits are found under User Mode Linux (a minute or two)")
  const paths = runtimes.map(({ path }) => path).join(",")
  const done = spawnSync(`${checkout}/conformance/rigs/uml`, [process.execPath, "scripts/bench.mjs", "--limits", "--runtimes", paths], {
    cwd: checkout, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"],
  })
  return done.status === 0 ? JSON.parse(done.stdout.trim().split("\n").at(-1) ?? "{}") : {}
}

/**
 * The smallest memory limit (kB) of the container's cgroup under which `run /bin/true` succeeds; found by halving.
 * @param {{ path: string, name: string }} runtime
 */
function smallestLimit(runtime) {
  const file = `${work}/short/config.json`
  const original = readFileSync(file, "utf8")
  let [fails, starts] = [0, 65_536]
  while (starts - fails > 64) {
    const middle = Math.floor((fails + starts) / 2)
    const config = JSON.parse(original)
    config.linux.resources = { ...config.linux.resources, memory: { limit: middle * 1024, swap: middle * 1024 } }
    writeFileSync(file, JSON.stringify(config))
    const done = spawnSync(runtime.path, ["--root", `${work}/state-${runtime.name}`, "run", "--bundle", `${work}/short`, "c"], { stdio: "ignore", timeout: 20_000 })
    if (done.status === 0) starts = middle
    else fails = middle
    spawnSync(runtime.path, ["--root", `${work}/state-${runtime.name}`, "delete", "--force", "c"], { stdio: "ignore" })
  }
  writeFileSync(file, original)
  return starts
}

/** @param {number[]} values */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? /** @type {number} */ (sorted[middle]) : (/** @type {number} */ (sorted[middle - 1]) + /** @type {number} */ (sorted[middle])) / 2
}

function report() {
  const names = runtimes.map(({ name }) => name)
  const [first, ...others] = names
  const medians = Object.fromEntries(Object.entries(times).map(([operation, byName]) =>
    [operation, Object.fromEntries(Object.entries(byName).map(([name, values]) => [name, median(values)]))]))
  const table = (/** @type {string} */ unit, /** @type {Record<string, Record<string, number>>} */ rows, /** @type {number} */ digits) => {
    console.log(`\n${unit.padEnd(28)}${names.map((name) => name.padStart(10)).join("")}${others.map((name) => `${name}/${first}`.padStart(13)).join("")}`)
    for (const [label, byName] of Object.entries(rows)) {
      const cells = names.map((name) => (byName[name] ? byName[name].toFixed(digits) : "-").padStart(10)).join("")
      const ratios = others.map((name) => (byName[name] && byName[first ?? ""] ? (byName[name] / /** @type {number} */ (byName[first ?? ""])).toFixed(2) : "-").padStart(13)).join("")
      console.log(`${label.padEnd(28)}${cells}${ratios}`)
    }
  }
  const machine = `${cpus().length} x ${cpus()[0]?.model ?? arch()}, Linux ${release().replace(/-.*/, "")}, ${options.runs} runs, medians`
  console.log(machine)
  table("milliseconds", medians, 2)
  table("kB", memory, 0)
  const versions = Object.fromEntries(runtimes.map(({ name, path }) => [name, spawnSync(path, ["--version"], { encoding: "utf8" }).stdout.split("\n")[0]]))
  for (const file of [options.json, options.svg]) mkdirSync(dirname(resolve(file)), { recursive: true })
  writeFileSync(options.json, JSON.stringify({ machine, versions, medianMilliseconds: medians, kilobytes: memory, milliseconds: times }, null, 1))
  writeFileSync(options.svg, draw(names, medians, machine))
  console.log(`\nwritten: ${options.json}, ${options.svg}`)
}

/** Horizontal bars, one group an operation; readable on light and dark grounds. @param {string[]} names @param {Record<string, Record<string, number>>} medians @param {string} machine */
function draw(names, medians, machine) {
  const COLOURS = ["#3178c6", "#9aa4ad", "#d19a66"]
  const operations = Object.keys(medians)
  const [left, width, bar, gap, top] = [150, 460, 11, 12, 44]
  const longest = Math.max(...operations.flatMap((operation) => Object.values(medians[operation] ?? {})))
  const parts = names.map((name, index) =>
    `<rect x="${left + index * 90}" y="14" width="11" height="11" fill="${COLOURS[index % 3]}"/><text x="${left + 16 + index * 90}" y="24">${name}</text>`)
  let y = top
  for (const operation of operations) {
    parts.push(`<text x="${left - 8}" y="${y + (names.length * bar) / 2 + 4}" text-anchor="end">${operation}</text>`)
    for (const [index, name] of names.entries()) {
      const value = medians[operation]?.[name] ?? 0
      const length = Math.max(1, (value / longest) * width)
      parts.push(`<rect x="${left}" y="${y}" width="${length.toFixed(1)}" height="${bar - 1}" fill="${COLOURS[index % 3]}"/>`
        + `<text x="${(left + length + 5).toFixed(1)}" y="${y + bar - 2}" font-size="9">${value.toFixed(1)}</text>`)
      y += bar
    }
    y += gap
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${left + width + 60} ${y + 16}" font-family="sans-serif" font-size="12">
<title>Median milliseconds of each command, shorter is better</title>
<style>text { fill: #57606a } @media (prefers-color-scheme: dark) { text { fill: #b1bac4 } }</style>
${parts.join("\n")}
<text x="${left}" y="${y + 8}" font-size="9">milliseconds, shorter is better; ${machine.replace(/&/g, "&amp;").replace(/</g, "&lt;")}</text>
</svg>
`
}

function cleanUp() {
  for (const runtime of runtimes) spawnSync(runtime.path, ["--root", `${work}/state-${runtime.name}`, "delete", "--force", "c"], { stdio: "ignore" })
  const remove = (/** @type {string} */ folder) => {
    if (!existsSync(folder)) return
    for (const entry of readdirSync(folder, { withFileTypes: true })) if (entry.isDirectory()) remove(`${folder}/${entry.name}`)
    try {
      rmdirSync(folder)
    } catch {
      // still in use: the kernel refuses
    }
  }
  remove(`/sys/fs/cgroup${group}`)
  rmSync(work, { recursive: true, force: true })
}
