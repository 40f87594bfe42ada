import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { copyFileSync } from "node:fs"
import { join } from "node:path"
import t from "tap"
import { close } from "../../../src/host/file.ts"
import {
  exitCode, formatTime, isAlive, nanotimeUtc, pidfdOpen, pidfdSendSignal, processStartTime, processState, reap, reapAny, setPdeathsig,
  setSubreaper, waitPidfd,
} from "../../../src/host/process.ts"
import { messageOf, temporaryFolder } from "./helpers.ts"

t.test("processState() finds its fields behind a name with spaces and parentheses", async (t) => {
  const program = join(temporaryFolder(), "a) Z (b c")
  copyFileSync("/bin/sleep", program)
  const sleeper = spawn(program, ["60"])
  await once(sleeper, "spawn")
  const pid = sleeper.pid as number
  const state = processState(pid)
  t.match(state?.startTime ?? "", /^[0-9]{2,}$/)
  t.ok("SRD".includes(state?.state ?? "?"), `state ${state?.state}`)
  t.equal(state?.startTime, spawnSync("awk", ["{print $(NF-30)}", `/proc/${pid}/stat`], { encoding: "utf8" }).stdout.trim(), "as awk counts from the end")
  t.equal(processStartTime(pid), state?.startTime)
  t.ok(isAlive(pid, state?.startTime ?? ""))
  t.notOk(isAlive(pid, "1"), "another process with this pid")
  sleeper.kill("SIGKILL")
  await once(sleeper, "exit")
  t.notOk(isAlive(pid, state?.startTime ?? ""))
  t.equal(processState(pid), undefined)
  t.equal(pidfdOpen(pid), undefined)
})

t.test("a zombie is not alive, and reap() tells how it ended", async (t) => {
  // the shell has become a program that never waits by the time its child ends
  const parent = spawn("/bin/sh", ["-c", "sleep 0.2 & echo $!; exec sleep 60"])
  const [line] = (await once(parent.stdout, "data")) as [Buffer]
  const pid = Number(line.toString())
  const startTime = processStartTime(pid) ?? ""
  for (let i = 0; i < 100 && processState(pid)?.state !== "Z"; i++) await new Promise((resolve) => setTimeout(resolve, 10))
  t.equal(processState(pid)?.state, "Z")
  t.notOk(isAlive(pid, startTime))
  parent.kill("SIGKILL")
})

t.test("waitPidfd(), pidfdSendSignal() work on processes that are no children", async (t) => {
  const parent = spawn("/bin/sh", ["-c", "sleep 60 & echo $!; wait"])
  const [line] = (await once(parent.stdout, "data")) as [Buffer]
  const pidfd = pidfdOpen(Number(line.toString())) ?? -1
  t.ok(pidfd > 2)
  const before = performance.now()
  t.notOk(waitPidfd(pidfd, 30))
  t.ok(performance.now() - before >= 29)
  t.ok(pidfdSendSignal(pidfd, 0), "a probe")
  t.match(messageOf(() => pidfdSendSignal(pidfd, 99)), /send signal 99: invalid argument/)
  t.ok(pidfdSendSignal(pidfd, 15))
  t.ok(waitPidfd(pidfd, 5000))
  await once(parent, "exit")
  t.notOk(pidfdSendSignal(pidfd, 15), "it has gone")
  close(pidfd)
})

t.test("exitCode() is 128 + n for a signal", async (t) => {
  t.equal(exitCode({ code: 7 }), 7)
  t.equal(exitCode({ signal: 9 }), 137)
  t.match(messageOf(() => reap(1)), /wait for process 1: no child processes/)
  t.equal(reapAny(), undefined)
})

t.test("setSubreaper(), setPdeathsig() are seen by prctl", async (t) => {
  setSubreaper(true)
  setSubreaper(false)
  setPdeathsig(0)
  t.match(messageOf(() => setPdeathsig(999)), /set the parent-death signal: invalid argument/)
})

t.test("nanotimeUtc() is RFC 3339 with nanoseconds and without final zeros", async (t) => {
  const now = nanotimeUtc()
  t.match(now, /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{0,8}[1-9])?Z$/)
  t.ok(Math.abs(Date.parse(now) - Date.now()) < 1000)
  t.equal(formatTime(0, 0), "1970-01-01T00:00:00Z")
  t.equal(formatTime(1_700_000_000, 50), "2023-11-14T22:13:20.00000005Z")
  t.equal(formatTime(1_700_000_000, 120_000_000), "2023-11-14T22:13:20.12Z")
  t.equal(formatTime(4_500_000_000, 999_999_999), "2112-08-07T00:00:00.999999999Z".replace("2112-08-07T00:00:00", new Date(4.5e12).toISOString().slice(0, 19)))
})
