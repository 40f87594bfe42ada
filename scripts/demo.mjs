// What `scripts/demo` shows. Plain text in a pipe; colours on a terminal, unless NO_COLOR is set.
import { spawnSync } from "node:child_process"
import { closeSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, dirname, resolve } from "node:path"
import { fileURLToPath } from "node:url"

const checkout = resolve(dirname(fileURLToPath(import.meta.url)), "..")
const chosen = process.env.RUNTIME || `${checkout}/dist/runts`
const runtime = chosen.includes("/") ? resolve(chosen) : chosen
const name = basename(runtime)
const work = mkdtempSync(`${tmpdir()}/runts-demo-`)
const colourful = process.stdout.isTTY && !process.env.NO_COLOR
const paint = (/** @type {number} */ code, /** @type {string} */ text) => (colourful ? `\x1b[${code}m${text}\x1b[0m` : text)
const group = `/runts-demo-${process.pid}`
const id = "demo"
let problems = 0

process.on("exit", cleanUp)
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) process.on(signal, () => process.exit(130))

makeBundle()
heading(`A bundle: a folder with a root file system (busybox) and a config.json`)
show(["spec"], { says: `${name} spec writes a config.json to start from` })
configure(["sh", "-c", "echo \"hello from process $$ on $(hostname)\"; i=0; while sleep 1; do i=$((i+1)); done"])
note("edited: no terminal, a program that says hello and then counts seconds")

if (name === "runts") lookAhead()

heading("Its life, command by command")
const output = `${work}/output`
show(["create", "--pid-file", `${work}/pid`, id], { output, says: "namespaces, cgroup and mounts are made; the program waits" })
show(["state", id])
show(["start", id], { says: "now the program runs" })
spawnSync("sleep", ["0.1"])
note(`the program wrote: ${readFileSync(output, "utf8").trim()}`)
show(["exec", id, "sh", "-c", "id; ls /proc | grep -c '^[0-9]'"], { says: "another process in the same container" })
show(["ps", id])
show(["list"])
show(["pause", id], { says: "the kernel stops every process of the cgroup" })
show(["list"])
show(["resume", id])
show(["kill", id, "KILL"])
spawnSync("sleep", ["0.1"])
show(["state", id])
show(["delete", id], { says: "nothing is left" })
show(["list", "--quiet"])

heading("All at once")
configure(["sh", "-c", "read word; echo \"$word, says $(uname -s) inside; exit code 7 follows\"; exit 7"])
show(["run", id], { input: "one shot\n", code: 7, says: "create, start, wait, delete; the exit code is the program's" })

heading("When something is wrong")
configure(["/bin/nonesuch"])
if (name === "runts") show(["check"], { code: 1, says: "check finds it, and all else, before anything is run" })
show(["run", id], { code: 1, says: "a program that does not exist is found out before anything starts" })
console.log(problems === 0 ? paint(32, "\nThat is all.") : paint(31, `\n${problems} commands did not end as they should.`))
process.exitCode = problems === 0 ? 0 : 1

function makeBundle() {
  const root = `${work}/bundle/rootfs`
  for (const folder of ["bin", "dev", "etc", "proc", "root", "sys", "tmp"]) mkdirSync(`${root}/${folder}`, { recursive: true })
  const busybox = ["/bin/busybox", "/usr/bin/busybox"].find((path) => existsSync(path))
  if (busybox === undefined) throw new Error("no /bin/busybox: install the package busybox-static")
  copyFileSync(busybox, `${root}/bin/busybox`)
  spawnSync("chroot", [root, "/bin/busybox", "--install", "-s", "/bin"])
  writeFileSync(`${root}/etc/passwd`, "root:x:0:0:root:/root:/bin/sh\n")
  writeFileSync(`${root}/etc/group`, "root:x:0:\n")
}

/** What runts tells of the bundle before it is run; other runtimes have no such commands. */
function lookAhead() {
  heading("Before it runs")
  show(["check"], { says: "is anything wrong with it, on this machine?" })
  show(["explain", id], { says: "what would be done: no root needed, and nothing is changed", about: /^(What |Namespaces|Root file|Privileges)|clone3|host name to|sethostname|make it the root of|pivot_root|NEW_PRIVS|new privileges|execute sh/ })
  note("these are a few of its lines; `runts explain --format html` makes a page for a browser")
}

/** @param {string[]} args */
function configure(args) {
  const file = `${work}/bundle/config.json`
  const config = JSON.parse(readFileSync(file, "utf8"))
  config.process.terminal = false
  config.process.args = args
  config.hostname = "busybox"
  config.linux.cgroupsPath = `${group}/${id}`
  writeFileSync(file, JSON.stringify(config, null, 2))
}

/**
 * Runs the runtime and shows it: the command line, what it printed, how long it took.
 * @param {string[]} args @param {{ says?: string, input?: string, code?: number, output?: string, about?: RegExp }} [how] about: only these lines are shown
 */
function show(args, how = {}) {
  if (how.says) note(how.says)
  console.log(`${paint(90, "$")} ${paint(1, `${name} ${args.map(quote).join(" ")}`)}`)
  // output to files: a container that goes on would keep a pipe open
  const [out, err] = [how.output ?? `${work}/out`, `${work}/err`]
  const files = [openSync(out, "w"), openSync(err, "w")]
  const start = performance.now()
  const done = spawnSync(runtime, ["--root", `${work}/state`, ...args], {
    cwd: `${work}/bundle`, stdio: [how.input === undefined ? "ignore" : "pipe", files[0], files[1]], input: how.input, timeout: 30_000,
  })
  const milliseconds = performance.now() - start
  for (const fd of files) closeSync(fd)
  const text = (how.output ? "" : readFileSync(out, "utf8")) + readFileSync(err, "utf8")
  for (const line of text.trimEnd().split("\n")) if (line !== "" && (how.about?.test(line) ?? true)) console.log(`  ${line}`)
  const expected = how.code ?? 0
  if (done.status !== expected) problems++
  const code = done.status === 0 ? "" : `exit code ${done.status}, `
  console.log(paint(done.status === expected ? 36 : 31, `  (${code}${milliseconds.toFixed(1)} ms)`))
}

/** @param {string} word */
function quote(word) {
  const short = word
  return /^[\w./=:-]+$/.test(short) ? short : `'${short}'`
}

/** @param {string} text */
function heading(text) {
  console.log(`\n${paint(33, text)}\n${paint(33, "-".repeat(text.length))}`)
}

/** @param {string} text */
function note(text) {
  console.log(`${paint(90, `# ${text}`)}`)
}

function cleanUp() {
  spawnSync(runtime, ["--root", `${work}/state`, "delete", "--force", id], { stdio: "ignore" })
  const roots = readFileSync("/proc/self/mountinfo", "utf8").split("\n").map((line) => line.split(" ")[4] ?? "")
  for (const root of roots.filter((path) => path.startsWith("/sys/fs/cgroup"))) {
    try {
      rmdirSync(root + group)
    } catch {
      // no such group there
    }
  }
  rmSync(work, { recursive: true, force: true })
}
