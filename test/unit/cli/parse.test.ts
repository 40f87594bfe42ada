import t from "tap"
import { parse, wholeNumber } from "../../../src/cli/parse.ts"
import type { Call } from "../../../src/cli/table.ts"

/** A command line as one string; words have no spaces here. */
function call(line: string): Call {
  const outcome = parse(line.split(" "))
  if (outcome.kind !== "call") throw new Error(`refused: ${line}: ${JSON.stringify(outcome)}`)
  return outcome.call
}
const kind = (line: string) => parse(line === "" ? [] : line.split(" ")).kind
const word = (line: string) => {
  const outcome = parse(line.split(" "))
  return outcome.kind === "unsure" ? outcome.word : outcome.kind
}

t.test("parse() takes containerd's command lines", async (t) => {
  const G = "--root /run/containerd/runc/k8s.io --log /b/log.json --log-format json"
  const create = parse(
    `${G} create --bundle /b --pid-file /b/init.pid --console-socket /s --no-pivot --no-new-keyring c1`.split(" "),
  )
  t.equal(create.kind, "call")
  t.match(create.globals, { root: "/run/containerd/runc/k8s.io", log: "/b/log.json", "log-format": "json", debug: false })
  if (create.kind !== "call") return
  t.strictSame(create.call.flags, {
    bundle: "/b", "console-socket": "/s", "pidfd-socket": undefined, "pid-file": "/b/init.pid", "no-pivot": true,
    "no-new-keyring": true, "preserve-fds": 0, trace: undefined,
  })
  t.equal(create.call.id, "c1")
  for (const command of ["start", "pause", "resume", "delete", "state"]) t.equal(call(`${G} ${command} c1`).command, command)
  t.match(call(`${G} ps --format json c1`), { command: "ps", id: "c1", flags: { format: "json" }, rest: [] })
  const exec = call(`${G} exec --process /tmp/runc-process1 --console-socket /s --detach --pid-file /b/e.pid c1`)
  t.match(exec, { id: "c1", flags: { process: "/tmp/runc-process1", detach: true, "pid-file": "/b/e.pid" }, rest: [] })
  t.match(call(`${G} kill --all c1 9`), { id: "c1", rest: ["9"], flags: { all: true } })
  t.match(call(`${G} kill c1 37`), { id: "c1", rest: ["37"], flags: { all: false } })
  t.match(call(`${G} delete --force c1`), { id: "c1", flags: { force: true } })
  t.equal(call("features").command, "features")
  t.equal(call(`${G} --systemd-cgroup create --bundle /b c1`).globals.cgroupManager, "systemd")
})

t.test("parse() takes conmon's, CRI-O's and Podman's command lines", async (t) => {
  t.match(call("create --bundle /b --pid-file /p --preserve-fds 2 --console-socket /s c1").flags, { "preserve-fds": 2 })
  t.match(call("--cgroup-manager disabled create --bundle /b --pid-file /p c1"), { globals: { cgroupManager: "disabled" }, id: "c1" })
  t.match(call("--root=/run/runts exec --pid-file /p --process /f --detach --console-socket /s c1"), { id: "c1" })
  t.match(call("--root /r --systemd-cgroup start c1"), { command: "start", globals: { root: "/r", cgroupManager: "systemd" } })
  t.match(call("--root /r kill c1 KILL"), { rest: ["KILL"] })
  t.match(call("--root /r kill -a c1 9"), { rest: ["9"], flags: { all: true } })
  t.match(call("exec --process /f c1"), { flags: { detach: false } })
})

t.test("parse() takes conmon-rs' repeated globals and payload with flags", async (t) => {
  const line = "--root=/r --systemd-cgroup --root=/q --systemd-cgroup exec -d --console-socket=/s --tty --pid-file=/p c1 ls -l --tty=false -- x"
  const exec = call(line)
  t.match(exec, { id: "c1", globals: { root: "/q" }, flags: { detach: true, tty: true, "console-socket": "/s", "pid-file": "/p" } })
  t.strictSame(exec.rest, ["ls", "-l", "--tty=false", "--", "x"])
})

t.test("parse() takes BuildKit's and Buildah's command lines", async (t) => {
  const K = "--log /r/runc-log.json --log-format json"
  t.match(call(`${K} run --bundle /b --no-pivot --keep id`), { flags: { keep: true, bundle: "/b", "no-pivot": true }, id: "id" })
  t.match(call(`${K} exec --process /f --pid-file /p id`), { id: "id" })
  t.match(call(`${K} kill id 9`), { rest: ["9"] })
  t.match(call("create --bundle /b --pid-file /b/pid --no-new-keyring --no-pivot --console-socket /b/console.sock N"), { id: "N" })
  t.match(call("kill N SIGKILL"), { rest: ["SIGKILL"] })
  t.match(call("kill N"), { rest: [] })
})

t.test("parse() reads flags as Go does", async (t) => {
  t.match(call("run -no-subreaper -b /x c").flags, { "no-subreaper": true, bundle: "/x" }, "one dash, long name")
  t.match(call("run --no-subreaper=false -b=/x --b=/y c").flags, { "no-subreaper": false, bundle: "/y" }, "two dashes, short name")
  t.match(call("list -q=1 --quiet=F").flags, { quiet: false }, "booleans of strconv.ParseBool; the last wins")
  t.strictSame(call("exec -e A=1 --env=B=2,3 c sh").flags, { ...call("exec c sh").flags, env: ["A=1", "B=2,3"] }, "repeatable; commas stay")
  t.strictSame(call("exec -g 1 -g 20 c sh").flags, { ...call("exec c sh").flags, "additional-gids": [1, 20] })
  t.match(call("delete c --force").flags, { force: true }, "after the name, where no payload follows")
  t.match(call("create c -b /x"), { id: "c", flags: { bundle: "/x" } })
  t.match(call("delete -- -x"), { id: "-x" }, "-- ends flags")
  t.match(call("-- list"), { command: "list" })
  t.match(call("state -"), { id: "-" }, "a lone dash is a word")
  t.match(call("create --pid-file= c").flags, { "pid-file": "" })
  t.strictSame(call("exec c -- ls").rest, ["ls"], "-- between name and command")
  t.strictSame(call("exec -- c -x").rest, ["-x"])
  t.strictSame(call("ps c -o pid --format json").rest, ["-o", "pid", "--format", "json"])
  t.strictSame(call("exec c --help").rest, ["--help"], "help of the payload")
})

t.test("parse() finds help and version", async (t) => {
  for (const line of ["", "--help", "-h", "--root /x --help", "-help"]) t.match(parse(line === "" ? [] : line.split(" ")), { kind: "help", command: undefined })
  for (const line of ["create --help", "create -h", "state c --help"]) t.equal(kind(line), "help")
  for (const line of ["--version", "-v", "-version", "--root /x -v"]) t.equal(kind(line), "version")
  t.match(call("h create"), { command: "help", id: "create" })
})

t.test("parse() refuses what it does not know, at the word", async (t) => {
  t.equal(word("creat x"), "creat")
  t.equal(word("checkpoint --help"), "checkpoint", "an engine's probe must fail")
  t.equal(word("constructor"), "constructor")
  t.equal(word("create --bogus x"), "--bogus")
  t.equal(word("create --toString x"), "--toString")
  t.equal(word("list -v"), "-v")
  t.equal(word("list -qf json"), "-qf")
  t.equal(word("list ---q"), "---q")
  t.equal(word("list -f xml"), "-f")
  t.equal(word("list -q=maybe"), "-q=maybe")
  t.equal(word("--root"), "--root")
  t.equal(word("--rootless=maybe list"), "--rootless=maybe")
  t.equal(word("create --pid-file --no-pivot c"), "--pid-file")
  t.equal(word("create --preserve-fds=-1 c"), "--preserve-fds=-1")
  t.equal(word("create --preserve-fds 0x1 c"), "--preserve-fds")
  for (const line of ["create", "create a b", "list x", "kill a b c", "exec", "state", "features x", "help a b"]) t.equal(word(line), "")
  const late = parse("--log /l --log-format json create".split(" "))
  t.match(late, { kind: "unsure", globals: { log: "/l", "log-format": "json" } }, "the log is known all the same")
})

t.test("wholeNumber() takes decimals from 0 to 2^32-1 and nothing else", async (t) => {
  for (const [text, value] of [["0", 0], ["37", 37], ["4294967295", 4294967295]] as const) t.equal(wholeNumber(text), value)
  for (const text of ["", " 1", "01", "+1", "-1", "1e3", "0x10", "1.5", "1.0", "4294967296", "NaN", "Infinity", "1_0"]) {
    t.equal(wholeNumber(text), undefined, text)
  }
})
