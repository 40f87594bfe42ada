// What the last whole run (`scripts/test --all`) found, suite by suite: docs/whole-run.json, and README's lines of it.
//
//   node scripts/whole-run.mjs [--check]      writes README's lines; --check: fails where they are old
import { execFileSync } from "node:child_process"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { cpus, release, totalmem } from "node:os"
import { resolve } from "node:path"
import { fileURLToPath } from "node:url"

const checkout = fileURLToPath(new URL("../", import.meta.url))
const path = `${checkout}docs/whole-run.json`
const BEGIN = "<!-- the last whole run: `npm run figures` -->"
const END = "<!-- end -->"

/**
 * A suite's part. `date`: when it ended. `commit`: of what was run; with "+" where files differed from it.
 * @typedef {{ date: string, commit: string, kernel: string, machine: string, seconds: number, passed: number, failed: number, skipped: number, figures: Record<string, number> }} SuiteRun
 * @typedef {Record<string, SuiteRun>} WholeRun
 */

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) main(process.argv.slice(2))

/** @param {string[]} argv */
function main(argv) {
  const readme = readFileSync(`${checkout}README.md`, "utf8")
  const text = withFigures(readme, readWhole())
  if (argv.includes("--check")) {
    if (text !== readme) throw new Error("README's figures are not those of docs/whole-run.json; run `npm run figures`")
  } else writeFileSync(`${checkout}README.md`, text)
}

/** @returns {WholeRun} */
export function readWhole() {
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {}
}

/** The sums of a TAP stream's lines `# figure NAME: NUMBER`. @param {string} text @returns {Record<string, number>} */
export function figuresOf(text) {
  /** @type {Record<string, number>} */
  const found = {}
  for (const [, name = "", number] of text.matchAll(/^ *# figure ([^:\n]+): (\d+)$/gm)) found[name] = (found[name] ?? 0) + Number(number)
  return found
}

/**
 * Puts a suite's results into docs/whole-run.json.
 * @param {string} suite @param {readonly { passed: number, failed: number, skipped: string[], seconds: number, figures: Record<string, number> }[]} results
 */
export function recordWhole(suite, results) {
  const sum = (/** @type {(result: typeof results[number]) => number} */ pick) => results.reduce((total, result) => total + pick(result), 0)
  /** @type {Record<string, number>} */
  const figures = {}
  for (const result of results) for (const [name, number] of Object.entries(result.figures)) figures[name] = (figures[name] ?? 0) + number
  const run = {
    date: new Date().toISOString().slice(0, 16).replace("T", " "), commit: commit(), kernel: release(), machine: machine(), seconds: Math.round(sum(({ seconds }) => seconds)),
    passed: sum(({ passed }) => passed), failed: sum(({ failed }) => failed), skipped: sum(({ skipped }) => skipped.length), figures,
  }
  writeFileSync(path, `${JSON.stringify({ ...readWhole(), [suite]: run }, null, 2)}\n`)
}

function commit() {
  const git = (/** @type {string[]} */ ...args) => execFileSync("git", args, { cwd: checkout, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim()
  try {
    const changed = git("status", "--porcelain", "--untracked-files=no").split("\n").filter((line) => line !== "" && !line.endsWith("docs/whole-run.json"))
    return git("rev-parse", "--short", "HEAD") + (changed.length > 0 ? "+" : "")
  } catch {
    return "unknown" // no git, or no checkout of it
  }
}

function machine() {
  return `${cpus().length} cores of ${cpus()[0]?.model.replaceAll(/\((R|TM)\)/g, "") ?? "?"}, ${Math.round(totalmem() / 2 ** 30)} GiB`
}

/** README with the lines between the two marks made anew. @param {string} readme @param {WholeRun} whole */
export function withFigures(readme, whole) {
  const [from, to] = [readme.indexOf(BEGIN), readme.indexOf(END)]
  if (from < 0 || to < from) throw new Error(`README.md has no ${BEGIN} ... ${END}`)
  return `${readme.slice(0, from)}${BEGIN}\n${figuresText(whole)}\n${readme.slice(to)}`
}

/** @param {WholeRun} whole */
export function figuresText(whole) {
  const runs = Object.values(whole)
  if (runs.length === 0) return "No whole run is on record."
  const days = runs.map(({ date }) => date.slice(0, 10)).sort()
  const sum = (/** @type {(run: SuiteRun) => number} */ pick) => runs.reduce((total, run) => total + pick(run), 0).toLocaleString("en")
  /** @type {Record<string, number>} */
  const figures = {}
  for (const run of runs) for (const [name, number] of Object.entries(run.figures)) figures[name] = (figures[name] ?? 0) + number
  const when = days[0] === days.at(-1) ? days[0] : `${days[0]} to ${days.at(-1)}`
  const suites = Object.keys(whole).join(", ")
  const hours = (runs.reduce((total, { seconds }) => total + seconds, 0) / 3600).toFixed(1)
  return [
    `**The last whole run** (${when}, ${[...new Set(runs.map(({ commit }) => commit))].join(", ")}; ${[...new Set(runs.map(({ machine }) => machine))].join(", ")}; Linux `
      + `${[...new Set(runs.map(({ kernel }) => kernel))].join(", ")}; ${hours} hours of test files; suites ${suites}): **${sum(({ passed }) => passed)} passed, ${sum(({ failed }) => failed)} failed**, `
      + `${sum(({ skipped }) => skipped)} skipped.`,
    "",
    "| it had | |", "|---|---|",
    ...Object.entries(figures).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, number]) => `| ${name} | ${number.toLocaleString("en")} |`),
    ...runs.some(({ failed }) => failed > 0) ? ["", `Failed: ${Object.entries(whole).filter(([, { failed }]) => failed > 0).map(([name, { failed }]) => `${failed} of ${name}`).join(", ")}.`] : [],
  ].join("\n")
}
