// Builds the binary: `node scripts/build.mjs [--entry src/main.ts] [--out dist/runts] [--arch x64|arm64]`.
// Needs nothing but the packages of package.json and no network.
import { spawnSync } from "node:child_process"
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { basename, dirname, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { tsImport } from "tsx/esm/api"

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** By runts's name of the architecture: the package with bun for it, and bun's name of the target. */
const TARGETS = {
  x64: { package: "@oven/bun-linux-x64-baseline", target: "bun-linux-x64-baseline" },
  arm64: { package: "@oven/bun-linux-aarch64", target: "bun-linux-arm64" },
}

/** Nothing of the folder the binary is started in may change what it does. */
const AUTOLOAD_OFF = ["dotenv", "bunfig", "tsconfig", "package-json"].map((what) => `--no-compile-autoload-${what}`)

/** Runs are so short that compiling to machine code, and the threads for it, cost more than they save (some 0.5 ms). */
const JIT_POLICY = "--compile-jit-policy=100"

const { values } = parseArgs({
  options: {
    entry: { type: "string", default: join(root, "src/main.ts") },
    out: { type: "string", default: join(root, "dist/runts") },
    arch: { type: "string", default: process.arch },
  },
})

function bunOf(arch) {
  const target = TARGETS[arch]
  if (target === undefined) throw new Error(`no such architecture: "${arch}" (one of ${Object.keys(TARGETS).join(", ")})`)
  try {
    return createRequire(import.meta.url).resolve(`${target.package}/bin/bun`)
  } catch {
    throw new Error(`the package ${target.package} is not installed: run "npm ci"`)
  }
}

function commit() {
  const git = spawnSync("git", ["rev-parse", "HEAD"], { cwd: root, encoding: "utf8" })
  return git.status === 0 ? git.stdout.trim() : "unknown"
}

/** Compiles the entry with all it imports, as bytecode, into a copy of bun. */
function compile(arch, entry, out) {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
  const defines = {
    RUNTS_VERSION: JSON.stringify(version),
    RUNTS_COMMIT: JSON.stringify(commit()),
    RUNTS_DATE: JSON.stringify(commitDate()),
    RUNTS_PRELUDE: "true",
    // lets the bundler choose the architecture's numbers
    "process.arch": JSON.stringify(arch),
  }
  // modules with splitting: what is imported only when it is needed stays out of the chunk that every call loads
  const args = ["build", "--compile", "--minify", "--bytecode", "--format=esm", "--splitting", JIT_POLICY, ...AUTOLOAD_OFF]
  for (const [name, value] of Object.entries(defines)) args.push("--define", `${name}=${value}`)
  if (arch !== process.arch) args.push(`--target=${TARGETS[arch].target}`, `--compile-executable-path=${bunOf(arch)}`)
  // an empty environment: no variable of the builder's may change the binary
  const bun = spawnSync(bunOf(process.arch), [...args, entry, "--outfile", out], { cwd: root, env: {}, encoding: "utf8" })
  if (bun.error) throw bun.error
  if (bun.status !== 0) throw new Error(`bun build failed (${bun.signal ?? bun.status}):\n${bun.stdout}${bun.stderr}`)
}

/** The day of the commit: the same source makes the same man pages. */
function commitDate() {
  const git = spawnSync("git", ["show", "-s", "--format=%cs", "HEAD"], { cwd: root, encoding: "utf8" })
  return git.status === 0 ? git.stdout.trim() : new Date().toISOString().slice(0, 10)
}

/** Man pages from the command table, into man/man8 beside the binary. */
async function writeManPages(folder) {
  process.env.RUNTS_DATE = commitDate()
  const { manPages } = await tsImport("../src/cli/manual/man.ts", import.meta.url)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of manPages()) writeFileSync(join(folder, name), text)
}

/** The executable with the prelude in it. */
async function withPrelude(arch, executable) {
  const { attachPrelude } = await tsImport("../src/prelude/attach.ts", import.meta.url)
  const { emitPrelude } = await tsImport("../src/prelude/emit.ts", import.meta.url)
  const { alignCode } = await tsImport("../src/prelude/align.ts", import.meta.url)
  const aligned = alignCode(executable)
  const { header, code, codeOffset } = attachPrelude(aligned.subarray(0, 4096), aligned.length, (entry, engine) => emitPrelude(arch, entry, engine))
  const result = Buffer.alloc(codeOffset + code.length)
  result.set(aligned)
  result.set(header)
  result.set(code, codeOffset)
  return result
}

async function main() {
  const entry = resolve(values.entry)
  const out = resolve(values.out)
  // a folder, so that the name that bun writes into the binary is the final one
  const folder = `${out}.${process.pid}.tmp`
  const compiled = join(folder, basename(out))
  mkdirSync(folder, { recursive: true })
  try {
    compile(values.arch, entry, compiled)
    const executable = await withPrelude(values.arch, readFileSync(compiled))
    // one large write: the kernel then caches the file in large pieces, and the binary starts with fewer page faults
    const finished = join(folder, "finished")
    writeFileSync(finished, executable, { mode: 0o755, flush: true })
    renameSync(finished, out)
    if (entry === join(root, "src/main.ts")) await writeManPages(join(dirname(out), "man/man8"))
    console.log(`${out}: ${(executable.length / 1e6).toFixed(1)} MB for ${values.arch}`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

try {
  await main()
} catch (error) {
  console.error(`build: ${error.message}`)
  process.exitCode = 1
}
