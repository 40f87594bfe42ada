// Builds a probe with the prelude and starts it as callers may: each test changes one thing of the caller.
import { spawnSync } from "node:child_process"
import type { SpawnSyncOptions } from "node:child_process"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import t from "tap"
import type { Test } from "tap"
import { native, sys } from "../../src/ffi/index.ts"
import { NR } from "../../src/kernel/syscalls.ts"

interface Report {
  arguments: string[]
  rawArguments: string[]
  environment: Record<string, string>
  callerEnvironment: string[]
  nofile: { soft: number; hard: number }
  open: number[]
  ignored: number[]
  blocked: number[]
  stdio: { flags: number; target: string | number }[]
  cwd: string
  deletedCwd: string | null
  spawnFailure: number
  child: number
  inherited: number
}

const SIGHUP = 1
const SIGUSR1 = 10
const SIGPIPE = 13
const SIGCHLD = 17
const EXITED_7 = 7 << 8

if (process.arch !== "x64") {
  t.pass("no prelude for this machine", { skip: true })
  process.exit(0)
}

const root = join(import.meta.dirname, "../..")
const folder = t.testdir()
const probe = join(folder, "probe")
const build = spawnSync(process.execPath, ["scripts/build.mjs", "--entry", "test/fixtures/prelude-probe.ts", "--out", probe], { cwd: root })
t.equal(build.status, 0, "the probe builds")

/** Runs a shell script in which $P is the probe. The probe's report is its standard output. */
function shell(script: string, options: SpawnSyncOptions = {}): Report {
  const result = spawnSync("/bin/sh", ["-c", script], { env: { P: probe, PATH: process.env["PATH"] }, ...options, encoding: "utf8" })
  if (result.status !== 0) throw new Error(`probe: ${result.signal ?? result.status}: ${result.stderr}${result.stdout}`)
  return JSON.parse(result.stdout as string) as Report
}

/** What no test may break: the process works and can run programs that have stdio. */
function works(t: Test, report: Report): void {
  t.equal(report.child, EXITED_7, "a child runs and can be waited for")
  t.equal(report.spawnFailure, -2, "a missing program is ENOENT")
  t.strictSame(report.stdio.map((fd) => fd.flags), [0, 0, 0], "stdio is open and not close-on-exec")
}

t.test("arguments reach the script as they are", async (t) => {
  const words = ["--help", "-v", "run", "-e", "1", "--inspect", "--", "a b", "", "é"]
  const result = spawnSync(probe, words, { env: {}, encoding: "utf8" })
  const report = JSON.parse(result.stdout) as Report
  t.strictSame(report.arguments, words)
  t.strictSame(report.rawArguments.map((hex) => Buffer.from(hex, "hex").toString()), words)
  works(t, report)
  t.strictSame(shell("exec $P $(printf '\\377\\376')").rawArguments, ["fffe"], "bytes that are not UTF-8")
})

t.test("an empty argv", async (t) => {
  const out = join(folder, "argc0.json")
  const [path, variable, none] = [Buffer.from(probe + "\0"), Buffer.from(`RUNTS_OUT=${out}\0`), Buffer.alloc(8)]
  const env = Buffer.alloc(16)
  env.writeBigUInt64LE(BigInt(native.address(variable)))
  const pid = native.spawn(native.address(path), native.address(none), native.address(env))
  const status = Buffer.alloc(4)
  t.equal(sys(NR.wait4, pid, status, 0, 0), pid)
  t.equal(status.readInt32LE(), 0)
  t.strictSame((JSON.parse(readFileSync(out, "utf8")) as Report).rawArguments, [])
})

t.test("the caller's RLIMIT_NOFILE is known", async (t) => {
  const report = shell("ulimit -Sn 512; ulimit -Hn 4096; exec $P")
  t.strictSame(report.nofile, { soft: 512, hard: 4096 })
  works(t, report)
})

t.test("ignored and blocked signals are known, and harmless", async (t) => {
  const report = shell("exec env --ignore-signal=CHLD --ignore-signal=HUP --block-signal=USR1 --block-signal=CHLD $P")
  t.strictSame(report.ignored, [SIGHUP, SIGCHLD])
  t.strictSame(report.blocked, [SIGUSR1, SIGCHLD])
  works(t, report)
  t.notOk(shell("exec env --default-signal=PIPE $P").ignored.includes(SIGPIPE), "SIGPIPE, which the engine ignores")
})

t.test("closed stdio is /dev/null, not close-on-exec", async (t) => {
  for (const closed of ["0<&-", "2>&-", "0<&- 2>&-", "0<&- 1>&- 2>&-"]) {
    const out = join(folder, "stdio.json")
    const report = shell(`RUNTS_OUT=${out} $P ${closed}; cat ${out}`)
    works(t, report)
    for (const fd of [0, 1, 2]) {
      const isClosed = closed.includes(`${fd}<`) || closed.includes(`${fd}>`)
      t.equal(report.open.includes(fd), !isClosed, `${closed}: descriptor ${fd} was ${isClosed ? "closed" : "open"}`)
      if (isClosed) t.equal(report.stdio[fd]?.target, "/dev/null", `${closed}: descriptor ${fd}`)
    }
    t.equal(report.inherited, 0, `${closed}: children can use stdio`)
  }
})

t.test("open descriptors are told apart from the engine's own", async (t) => {
  t.strictSame(shell("exec $P").open.filter((fd) => fd < 10), [0, 1, 2])
  const report = shell("exec 3</dev/null 5</dev/null 9</dev/null; exec $P")
  t.strictSame(report.open.filter((fd) => fd < 10), [0, 1, 2, 3, 5, 9])
  works(t, report)
})

t.test("a deleted working folder is kept as a descriptor", async (t) => {
  const gone = join(folder, "gone")
  mkdirSync(gone)
  const report = shell(`cd ${gone} && rmdir ${gone} && exec $P`)
  t.equal(report.cwd, "/")
  t.equal(report.deletedCwd, `${gone} (deleted)`)
  works(t, report)
  t.equal(shell("exec $P", { cwd: folder }).deletedCwd, null, "another one is left alone")
})

t.test("variables of the engine have no effect, and reach children", async (t) => {
  const evil = join(folder, "evil.js")
  writeFileSync(evil, "console.log('evil'); process.exit(3)")
  const env = {
    P: probe, PATH: process.env["PATH"], BUN_OPTIONS: `--preload ${evil}`, BUN_BE_BUN: "1", BUN_JSC_useJIT: "0",
    BUN_INSPECT: "ws://127.0.0.1:1/", NODE_OPTIONS: `--require ${evil}`, BUN_CONFIG_FILE: evil, BUN_JSC_validateOptions: "1",
    BUN_PROBE: "kept for hooks", RUNTS_PROBE: "kept for hooks", HOMEX: "x", TERM: "dumb",
  }
  const report = shell("exec $P", { env })
  t.strictSame(Object.keys(report.environment).sort(), ["PATH", "RUNTS_PROBE", "TERM"])
  for (const name of ["BUN_OPTIONS", "NODE_OPTIONS", "BUN_PROBE", "HOMEX"] as const) {
    t.ok(report.callerEnvironment.includes(`${name}=${env[name]}`), `${name} is the caller's`)
  }
  t.equal(report.inherited, 0, "a child that gets the caller's environment sees them")
  works(t, report)
})

t.test("files of the working folder and of HOME have no effect", async (t) => {
  const place = t.testdir({
    "evil.js": "console.log('evil'); process.exit(3)",
    "bunfig.toml": 'preload = ["./evil.js"]',
    ".bunfig.toml": 'preload = ["./evil.js"]',
    ".env": "BUN_PROBE=1\nRUNTS_PROBE=1",
    "package.json": "{",
    "tsconfig.json": "{",
  })
  const report = shell("exec $P", { cwd: place, env: { P: probe, HOME: place, XDG_CONFIG_HOME: place } })
  t.strictSame(report.environment, { HOME: place })
  works(t, report)
})

t.test("an empty environment and a huge one", async (t) => {
  const empty = shell("exec env -i $P")
  t.strictSame([empty.environment, empty.callerEnvironment], [{}, []])
  works(t, empty)
  const env: Record<string, string> = { P: probe, RUNTS_LAST: "z" }
  for (let i = 0; i < 5000; i++) env[`VARIABLE_${i}`] = "v".repeat(i % 100)
  env["RUNTS_LONG"] = "l".repeat(100_000)
  const huge = shell("exec $P", { env, maxBuffer: 1e7 })
  t.equal(huge.environment["RUNTS_LAST"], "z")
  t.equal(huge.environment["RUNTS_LONG"]?.length, 100_000)
  t.notOk("VARIABLE_7" in huge.environment)
  t.equal(huge.callerEnvironment.filter((text) => text.startsWith("VARIABLE_")).length, 5000)
  works(t, huge)
})

t.test("HOME and TMPDIR unset, /tmp not writable", { skip: process.getuid?.() !== 0 && "needs root" }, async (t) => {
  // read-only, not hidden: the checkout itself may lie there
  const script = "for d in /tmp /var/tmp; do mount --bind $d $d; mount -o remount,bind,ro $d; done; exec env -u HOME -u TMPDIR $P"
  works(t, shell(`exec unshare -m sh -c '${script}'`))
})

t.test("the signal handler writes signals to a pipe while ppoll(2) blocks", async (t) => {
  const result = spawnSync(probe, ["signals"], { env: { PATH: process.env["PATH"] }, encoding: "utf8", timeout: 20_000 })
  const { received, polled } = JSON.parse(result.stdout) as { received: number[]; polled: number }
  t.strictSame(received, [SIGUSR1, 15])
  t.ok(polled === 1 || polled === -4, "the poll ended by the pipe or by EINTR")
})
