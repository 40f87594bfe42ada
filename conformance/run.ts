import { spawn, spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { release } from "node:os"
import { basename } from "node:path"
import { attackOutcome, attackTests } from "./spec/attacks.ts"
import { type Outcome, specDocument } from "./spec/document.ts"
import { type CoveredClause, measureSpec } from "./spec/measure.ts"
import { type Point, outcomeOf, readPoints } from "./spec/outcome.ts"
import { reportDocument, type Run, type RuntimeReport, type ToolOutcome } from "./spec/report.ts"

/** A test file, or all validation programs. */
const RUN_SECONDS_MAX = 1200
const JOBS = 2
const USAGE = "usage: run [--runtime PATH]... [--file TEXT] [--environment native|pure-v2] [--out FOLDER] [--report FILE] [--known]"
const OWN = "runts"
/** As --file: the validation programs and nothing else. */
const TOOLS = "runtime-tools"

type Environment = "native" | "pure-v2"

interface Options {
  readonly runtimes: readonly string[]
  readonly file: string
  /** Where the tests run. Without the option: as the machine is, and what needs cgroup2 alone in a view of that. */
  readonly environment: Environment | undefined
  readonly out: string
  readonly report: string
  readonly known: boolean
}

/** What runs found of a runtime: FOLDER/NAME.found.json. */
interface Found {
  version: string
  environment: Environment | "both"
  /** When and with which commit of this checkout, each once: one where all was found in one run. */
  runs: Run[]
  /** By test file. */
  points: Record<string, Point[]>
  toolsVersion: string
  tools: ToolOutcome[]
}

const root = new URL("../", import.meta.url)
const coverage = measureSpec(root)
const attacks = attackTests(root)
process.exitCode = await main(readOptions(process.argv.slice(2)))

function readOptions(argv: readonly string[]): Options {
  const given = new Map<string, string>()
  const runtimes: string[] = []
  for (let i = 0; i < argv.length; i += 2) {
    const [name, value] = [argv[i] as string, argv[i + 1]]
    if (name === "--known") {
      given.set(name, "")
      i--
      continue
    }
    const known = ["--runtime", "--file", "--environment", "--out", "--report"].includes(name)
    if (!known || value === undefined || (name === "--environment" && !["native", "pure-v2"].includes(value))) {
      console.error(USAGE)
      process.exit(2)
    }
    if (name === "--runtime") runtimes.push(value)
    else given.set(name, value)
  }
  return {
    runtimes: runtimes.length > 0 ? runtimes : [process.env.RUNTIME || "dist/runts"],
    file: given.get("--file") ?? "",
    environment: given.get("--environment") as Environment | undefined,
    out: given.get("--out") ?? "build/conformance",
    report: given.get("--report") ?? "",
    known: given.has("--known"),
  }
}

/** @returns the exit code: 0 if no clause of any runtime fails, none that a peer fails is without a judgement, and no program's outcome is unexplained */
async function main(options: Options): Promise<number> {
  mkdirSync(options.out, { recursive: true })
  const reports: RuntimeReport[] = []
  let code = 0
  for (const runtime of options.runtimes) {
    const found = await find(runtime, options)
    const report = judge(basename(runtime), found)
    reports.push(report)
    write(report, options)
    // a file that ended badly without a failed test left a nameless point
    const broken = Object.values(found.points).some((points) => points.some(({ title }) => title === ""))
    const open = Object.entries(report.clauses).filter(([, { result }]) => result === "fails" || result === "not judged")
    for (const [id, { result, why }] of open) console.error(`# ${runtime}: ${id}: ${result}: ${why}`)
    if (broken || report.tools.some(({ verdict }) => verdict === "wrong") || open.length > 0) code = 1
  }
  if (options.report !== "") {
    const all = { kernel: release(), runtimes: reports }
    writeFileSync(`${options.report}.json`, `${JSON.stringify(all, null, 1)}\n`)
    writeFileSync(`${options.report}.md`, reportDocument(all))
    console.log(`# ${options.report}.md, ${options.report}.json`)
  }
  return code
}

/** Runs what is to be run with a runtime, and keeps what was found. */
async function find(runtime: string, options: Options): Promise<Found> {
  const path = `${options.out}/${basename(runtime)}.found.json`
  const before = existsSync(path) && (options.file !== "" || options.known) ? (JSON.parse(readFileSync(path, "utf8")) as Found) : undefined
  if (options.known && before !== undefined) return before
  const environment = options.environment ?? (basename(runtime) === "crun" ? "pure-v2" : "both")
  const found: Found = {
    version: versionOf(runtime), environment, runs: withRun(before?.runs ?? []), points: before?.points ?? {}, toolsVersion: before?.toolsVersion ?? "",
    tools: before?.tools ?? [],
  }
  const queue = [...new Set([...coverage.clauses.flatMap(({ tests }) => tests), ...attacks].map(({ file }) => file))]
    .filter((file) => file.startsWith("test/integration/") && file.includes(options.file))
  await Promise.all(Array.from({ length: JOBS }, async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const first = await runFile(file, runtime, environment === "both" ? "native" : environment, options.out)
      const needsV2 = environment === "both" && first.some(({ why }) => why === "native has no v2")
      found.points[file] = needsV2 ? [...first, ...await runFile(file, runtime, "pure-v2", options.out)] : first
      console.error(`# ${runtime}: ${file}: ${found.points[file]?.length ?? 0} tests`)
    }
  }))
  await runTools(runtime, options, found)
  writeFileSync(path, `${JSON.stringify(found, null, 1)}\n`)
  return found
}

/** The runs so far and this one, where it is another day's or another commit's. */
function withRun(before: readonly Run[]): Run[] {
  const said = spawnSync("git", ["describe", "--always", "--abbrev=10", "--dirty", "--exclude=*"], { encoding: "utf8" }).stdout ?? ""
  const run = { date: new Date().toISOString().slice(0, 10), commit: said.trim() || "unknown" }
  return before.some((one) => one.date === run.date && one.commit === run.commit) ? [...before] : [...before, run]
}

/** @returns a name and a version: `runc 1.1.5` */
function versionOf(runtime: string): string {
  const said = spawnSync(runtime, ["--version"], { encoding: "utf8" }).stdout ?? ""
  return `${basename(runtime)} ${/\d+\.\d+(\.\d+)?\S*/.exec(said)?.[0] ?? "of unknown version"}`
}

function judge(name: string, found: Found): RuntimeReport {
  const points = new Map(Object.entries(found.points))
  const outcome = (covered: CoveredClause): Outcome => {
    const { deviates } = covered.clause
    const measured = outcomeOf(covered, points, { name, version: found.version })
    return name === OWN && deviates !== undefined && measured.result !== "fails" ? { result: "differs", why: deviates } : measured
  }
  return {
    runtime: name, version: found.version, environment: found.environment, runs: found.runs,
    clauses: Object.fromEntries(coverage.clauses.map((one) => [one.clause.id, outcome(one)])),
    attacks: attacks.map((test) => attackOutcome(test, points, name)), toolsVersion: found.toolsVersion, tools: found.tools,
  }
}

/** A runtime's own documents, and TAP on stdout: of what was run, where a part was asked for. */
function write(report: RuntimeReport, { out, file }: Options): void {
  const outcomes = new Map(Object.entries(report.clauses))
  const chosen = coverage.clauses.filter(({ clause }) => file === "" || outcomes.get(clause.id)?.result !== "no test")
  writeTap(chosen, outcomes)
  writeFileSync(`${out}/${report.runtime}.md`, specDocument({ clauses: chosen, missing: [] }, { runtime: report.version, of: outcomes }))
  writeFileSync(`${out}/${report.runtime}.json`, `${JSON.stringify(report, null, 2)}\n`)
  for (const { title, result, why } of report.attacks) console.log(`# attack: ${title}: ${result}${why === "" ? "" : `: ${why}`}`)
  for (const { name, verdict } of report.tools) console.log(`# runtime-tools: ${name}: ${verdict}`)
  console.log(`# ${out}/${report.runtime}.md, ${out}/${report.runtime}.json`)
}

function writeTap(clauses: readonly CoveredClause[], outcomes: ReadonlyMap<string, Outcome>): void {
  console.log(`TAP version 13\n1..${clauses.length}`)
  for (const [index, { clause }] of clauses.entries()) {
    const { result, why } = outcomes.get(clause.id) as Outcome
    const otherwise = result === "differs" || result === "breaks"
    const mark = result === "holds" || result === "fails" ? "" : ` # ${otherwise ? "TODO" : "SKIP"} ${why}`
    const ok = result === "fails" || otherwise ? "not ok" : "ok"
    console.log(`${ok} ${index + 1} - ${clause.id}: ${clause.level}: ${clause.text.replaceAll("#", "\\#")}${mark}`)
    if (result === "fails") console.log(`  ${why}`)
  }
}

/** The points of one test file; one that fails where it did not end. */
async function runFile(file: string, runtime: string, environment: Environment, out: string): Promise<Point[]> {
  // others than runts get a root of their own: some change files of the machine, and all are attacked
  const hostile = basename(runtime) === OWN ? [] : ["conformance/rigs/own-root"]
  const view = environment === "native" ? ["unshare", "--mount", "--propagation", "private"] : ["conformance/rigs/pure-v2"]
  const env = { RUNTIME: runtime, RUNTS_TEST_ENV: environment, RUNTS_ATTACK: "1", RUNTS_KNOWN: "1" }
  const { code, output } = await run([...hostile, ...view, process.execPath, "--import", "tsx", file], env)
  keepTap(out, runtime, file, environment, output)
  const points = readPoints(output)
  if (code !== 0 && points.every(({ result }) => result !== "failed")) {
    console.error(`# ${file}: exit code ${code}\n${output.split("\n").slice(-20).join("\n")}`)
    return [...points, { title: "", result: "failed", why: "" }]
  }
  return points
}

/** What a file wrote, for who judges its failures: FOLDER/tap/NAME/FILE.ENVIRONMENT.tap. */
function keepTap(out: string, runtime: string, file: string, environment: Environment, output: string): void {
  const folder = `${out}/tap/${basename(runtime)}`
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}/${basename(file, ".test.ts")}.${environment}.tap`, output)
}

/** What a program that is to be explained says of itself. */
interface ToolResult {
  readonly name: string
  readonly verdict: ToolOutcome["verdict"]
  readonly why: readonly { why: string; clause?: string; sometimes?: true; points: readonly string[] }[]
  readonly failed: readonly string[]
}

async function runTools(runtime: string, { file, out }: Options, found: Found): Promise<void> {
  const json = `${out}/${basename(runtime)}-runtime-tools.json`
  rmSync(json, { force: true })
  const programs = file === TOOLS ? "" : file
  const { output } = await run(["conformance/runtime-tools/run", "--runtime", runtime, "--file", programs, "--json", json], {
    RUNTS_TEST_ENV: found.environment === "both" ? "native" : found.environment,
  })
  if (!existsSync(json)) {
    console.error(output) // what keeps them from being built is in it
    return
  }
  const { version, results } = JSON.parse(readFileSync(json, "utf8")) as { version: string; results: readonly ToolResult[] }
  const outcomes = results.map(({ name, verdict, why, failed }): ToolOutcome => {
    const explained = why.filter(({ points }) => failed.some((point) => points.some((pattern) => new RegExp(`^(?:${pattern})$`).test(point))))
    const words = verdict === "explained" ? explained.map((one) => one.why) : failed
    return { name, verdict, why: verdict === "passed" ? "" : words.join("; ") }
  })
  found.toolsVersion = version
  found.tools = [...found.tools.filter(({ name }) => !outcomes.some((one) => one.name === name)), ...outcomes]
}

function run(argv: readonly string[], env: Readonly<Record<string, string>>): Promise<{ code: number; output: string }> {
  return new Promise((settle) => {
    const [program, ...args] = argv as [string, ...string[]]
    const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"], detached: true })
    let output = ""
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (piece: Buffer) => (output += piece.toString()))
    const timer = setTimeout(() => {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL")
    }, RUN_SECONDS_MAX * 1000)
    child.on("exit", (code) => setTimeout(() => {
      clearTimeout(timer)
      // a process that a test left behind may hold these open for ever
      child.stdout.destroy()
      child.stderr.destroy()
      settle({ code: code ?? 137, output })
    }, 20))
  })
}
