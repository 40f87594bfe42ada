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
 * What a file of tests came to. `commit`: of what was run; with "+" where files differed from it.
 * @typedef {{ commit: string, passed: number, failed: number, skipped: number, seconds: number, figures: Record<string, number> }} FileRun
 * A suite's part: the sums of its files. `date`: when the last of them ended. A file that failed and was run again counts as it was then.
 * @typedef {{ date: string, kernel: string, machine: string, seconds: number, passed: number, failed: number, skipped: number, figures: Record<string, number>, files: Record<string, FileRun> }} SuiteRun
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
 * @param {string} suite
 * @param {readonly { file: string, passed: number, failed: number, skipped: string[], seconds: number, figures: Record<string, number> }[]} results
 * @param {boolean} again they are some of its files, run again; the others stay as they are on record
 */
export function recordWhole(suite, results, again) {
  const whole = readWhole()
  // some files are no whole run
  if (again && whole[suite] === undefined) return
  const at = commit()
  const now = results.map(({ file, passed, failed, skipped, seconds, figures }) =>
    [file, { commit: at, passed, failed, skipped: skipped.length, seconds: Math.round(seconds), figures }])
  /** @type {Record<string, FileRun>} */
  const files = { ...(again ? whole[suite]?.files : {}), ...Object.fromEntries(now) }
  writeFileSync(path, `${JSON.stringify({ ...whole, [suite]: suiteRun(files) }, null, 1)}\n`)
}

/** @param {Record<string, FileRun>} files @returns {SuiteRun} */
function suiteRun(files) {
  const all = Object.values(files)
  const sum = (/** @type {(file: FileRun) => number} */ pick) => all.reduce((total, file) => total + pick(file), 0)
  return {
    date: new Date().toISOString().slice(0, 16).replace("T", " "), kernel: release(), machine: machine(), seconds: sum(({ seconds }) => seconds),
    passed: sum(({ passed }) => passed), failed: sum(({ failed }) => failed), skipped: sum(({ skipped }) => skipped), figures: summed(all), files,
  }
}

/** The figures of several. @param {readonly { figures: Record<string, number> }[]} runs */
function summed(runs) {
  /** @type {Record<string, number>} */
  const figures = {}
  for (const run of runs) for (const [name, number] of Object.entries(run.figures)) figures[name] = (figures[name] ?? 0) + number
  return figures
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
  const figures = summed(runs)
  const when = days[0] === days.at(-1) ? days[0] : `${days[0]} to ${days.at(-1)}`
  const suites = Object.keys(whole).join(", ")
  const hours = (runs.reduce((total, { seconds }) => total + seconds, 0) / 3600).toFixed(1)
  return [
    `**The last whole run** (${when}, ${[...new Set(runs.flatMap(({ files }) => Object.values(files).map(({ commit }) => commit)))].sort().join(", ")}; ${[...new Set(runs.map(({ machine }) => machine))].join(", ")}; Linux `
      + `${[...new Set(runs.map(({ kernel }) => kernel))].join(", ")}; ${hours} hours of test files; suites ${suites}): **${sum(({ passed }) => passed)} passed, ${sum(({ failed }) => failed)} failed**, `
      + `${sum(({ skipped }) => skipped)} skipped.`,
    "",
    "| it had | |", "|---|---|",
    ...Object.entries(figures).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, number]) => `| ${name} | ${number.toLocaleString("en")} |`),
    ...runs.some(({ failed }) => failed > 0) ? ["", `Failed: ${Object.entries(whole).filter(([, { failed }]) => failed > 0).map(([name, { failed }]) => `${failed} of ${name}`).join(", ")}.`] : [],
  ].join("\n")
}
