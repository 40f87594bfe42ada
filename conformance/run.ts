import { spawn } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { basename } from "node:path"
import { type CoveredClause, measureSpec } from "./spec/measure.ts"
import { type Outcome, specDocument } from "./spec/document.ts"
import { type Point, readPoints, outcomeOf } from "./spec/outcome.ts"

const FILE_SECONDS_MAX = 300
const JOBS = 2
const USAGE = "usage: run [--runtime PATH] [--file TEXT] [--environment native|pure-v2] [--out FOLDER]"

type Environment = "native" | "pure-v2"

interface Options {
  readonly runtime: string
  readonly file: string
  /** Where the tests run. Without the option: as the machine is, and what needs cgroup2 alone in a view of that. */
  readonly environment: Environment | "both"
  readonly out: string
}

const root = new URL("../", import.meta.url)
process.exitCode = await main(readOptions(process.argv.slice(2)))

function readOptions(argv: readonly string[]): Options {
  const given = new Map<string, string>()
  for (let i = 0; i < argv.length; i += 2) {
    const [name, value] = [argv[i] as string, argv[i + 1]]
    const known = ["--runtime", "--file", "--environment", "--out"].includes(name)
    if (!known || value === undefined || (name === "--environment" && !["native", "pure-v2"].includes(value))) {
      console.error(USAGE)
      process.exit(2)
    }
    given.set(name, value)
  }
  const runtime = given.get("--runtime") ?? process.env.RUNTIME ?? "dist/runts"
  return {
    runtime,
    file: given.get("--file") ?? "",
    environment: (given.get("--environment") ?? (basename(runtime) === "crun" ? "pure-v2" : "both")) as Options["environment"],
    out: given.get("--out") ?? "build/conformance",
  }
}

/** @returns the exit code: 0 if no clause fails and no program's outcome is unexplained */
async function main(options: Options): Promise<number> {
  const name = basename(options.runtime)
  const coverage = measureSpec(root)
  const files = [...new Set(coverage.clauses.flatMap(({ tests }) => tests.map(({ file }) => file)))]
    .filter((file) => file.startsWith("test/integration/") && file.includes(options.file))
  const points = new Map<string, Point[]>()
  const queue = [...files]
  await Promise.all(Array.from({ length: JOBS }, async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const { environment, runtime } = options
      const first = await runFile(file, runtime, environment === "both" ? "native" : environment)
      const needsV2 = environment === "both" && first.some(({ why }) => why === "native has no v2")
      points.set(file, needsV2 ? [...first, ...await runFile(file, runtime, "pure-v2")] : first)
      console.error(`# ${file}: ${points.get(file)?.length ?? 0} tests`)
    }
  }))
  const outcomes = new Map(coverage.clauses.map((one) => [one.clause.id, outcomeOf(one.clause.id, one.tests, points, name)]))
  const chosen = coverage.clauses.filter(({ clause }) => options.file === "" || outcomes.get(clause.id)?.result !== "no test")
  writeTap(chosen, outcomes)
  mkdirSync(options.out, { recursive: true })
  writeFileSync(`${options.out}/${name}.md`, specDocument({ clauses: chosen, missing: [] }, { runtime: name, of: outcomes }))
  const toolsCode = await runTools(options, `${options.out}/${name}-runtime-tools.json`)
  const rows = chosen.map(({ clause }) => ({ id: clause.id, level: clause.level, text: clause.text, ...outcomes.get(clause.id) }))
  const report = { runtime: options.runtime, environment: options.environment, clauses: rows }
  writeFileSync(`${options.out}/${name}.json`, `${JSON.stringify(report, null, 2)}\n`)
  console.log(`# ${options.out}/${name}.md, ${options.out}/${name}.json`)
  // a file that ended badly without a failed test left a nameless point
  const broken = [...points.values()].some((found) => found.some(({ title }) => title === ""))
  return broken || toolsCode !== 0 || rows.some(({ result }) => result === "fails") ? 1 : 0
}

function writeTap(clauses: readonly CoveredClause[], outcomes: ReadonlyMap<string, Outcome>): void {
  console.log(`TAP version 13\n1..${clauses.length}`)
  for (const [index, { clause }] of clauses.entries()) {
    const { result, why } = outcomes.get(clause.id) as Outcome
    const mark = result === "holds" || result === "fails" ? "" : ` # ${result === "differs" ? "TODO" : "SKIP"} ${why}`
    const ok = result === "fails" || result === "differs" ? "not ok" : "ok"
    console.log(`${ok} ${index + 1} - ${clause.id}: ${clause.level}: ${clause.text.replaceAll("#", "\\#")}${mark}`)
    if (result === "fails") console.log(`  ${why}`)
  }
}

/** The points of one test file; one that fails where it did not end. */
async function runFile(file: string, runtime: string, environment: Environment): Promise<Point[]> {
  const where = environment === "native" ? ["unshare", "--mount", "--propagation", "private"] : ["conformance/rigs/pure-v2"]
  const env = { RUNTIME: runtime, RUNTS_TEST_ENV: environment }
  const { code, output } = await run([...where, process.execPath, "--import", "tsx", file], env)
  const points = readPoints(output)
  if (code !== 0 && points.every(({ result }) => result !== "failed")) {
    console.error(`# ${file}: exit code ${code}\n${output.split("\n").slice(-20).join("\n")}`)
    return [...points, { title: "", result: "failed", why: "" }]
  }
  return points
}

async function runTools({ runtime, file, environment }: Options, json: string): Promise<number> {
  const { code, output } = await run(["conformance/runtime-tools/run", "--runtime", runtime, "--file", file, "--json", json], {
    RUNTS_TEST_ENV: environment === "both" ? "native" : environment,
  })
  console.log(output.replace(/^(?=.)/gm, "# "))
  return code
}

function run(argv: readonly string[], env: Readonly<Record<string, string>>): Promise<{ code: number; output: string }> {
  return new Promise((settle) => {
    const [program, ...args] = argv as [string, ...string[]]
    const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"], detached: true })
    let output = ""
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (piece: Buffer) => (output += piece.toString()))
    const timer = setTimeout(() => {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL")
    }, FILE_SECONDS_MAX * 1000)
    child.on("exit", (code) => setTimeout(() => {
      clearTimeout(timer)
      // a process that a test left behind may hold these open for ever
      child.stdout.destroy()
      child.stderr.destroy()
      settle({ code: code ?? 137, output })
    }, 20))
  })
}
