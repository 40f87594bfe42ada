import { closeSync, openSync } from "node:fs"
import t from "tap"
import { listenFds, preservedFds, standardDescriptors } from "../../../src/host/fds.ts"
import { messageOf } from "./helpers.ts"

t.test("listenFds() counts only what is meant for this process", async (t) => {
  const pid = String(process.pid)
  t.strictSame(listenFds({ LISTEN_FDS: "2", LISTEN_PID: pid }), { count: 2, environment: ["LISTEN_FDS=2", "LISTEN_PID=1"] })
  t.strictSame(listenFds({ LISTEN_FDS: "1", LISTEN_PID: pid, LISTEN_FDNAMES: "web" }).environment, ["LISTEN_FDS=1", "LISTEN_PID=1", "LISTEN_FDNAMES=web"])
  for (const env of [{}, { LISTEN_FDS: "2" }, { LISTEN_FDS: "2", LISTEN_PID: "1" }, { LISTEN_FDS: "", LISTEN_PID: pid }, { LISTEN_FDS: "-1", LISTEN_PID: pid }]) {
    t.strictSame(listenFds(env), { count: 0, environment: [] }, JSON.stringify(env))
  }
})

t.test("preservedFds() wants all of them open", async (t) => {
  t.strictSame(preservedFds(0, 0), [])
  const opened: number[] = []
  for (let i = 0; i < 200; i++) opened.push(openSync("/dev/null", "r"))
  const gap = opened[opened.length - 1] as number
  t.strictSame(preservedFds(1, 1), [3, 4])
  t.equal(preservedFds(20, 3).length, 23)
  closeSync(gap)
  t.match(messageOf(() => preservedFds(gap - 2, 0)), new RegExp(`^--preserve-fds ${gap - 2}: descriptor ${gap} is not open$`))
  t.match(messageOf(() => preservedFds(0, gap - 2)), new RegExp(`^LISTEN_FDS=${gap - 2}: descriptor ${gap} is not open$`))
  for (const fd of opened.slice(0, -1)) closeSync(fd)
})

t.test("standardDescriptors() knows the host's null device", async (t) => {
  const found = standardDescriptors()
  t.strictSame(found.map(({ fd }) => fd), [0, 1, 2])
  const { spawnSync } = await import("node:child_process")
  const script = `import { standardDescriptors } from ${JSON.stringify(new URL("../../../src/host/fds.ts", import.meta.url).pathname)}; console.log(JSON.stringify(standardDescriptors().map((d) => d.isNull)))`
  const { writeFileSync } = await import("node:fs")
  const { temporaryFolder } = await import("./helpers.ts")
  const file = temporaryFolder() + "/std.ts"
  writeFileSync(file, script)
  const { stdout } = spawnSync(process.execPath, ["--import", "tsx", file], { stdio: ["ignore", "pipe", "inherit"], encoding: "utf8" })
  t.match(stdout, /^\[true,false,/)
})
