import { chmodSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { spawnSync } from "node:child_process"
import { command } from "../../conformance/lib/command.ts"
import { runtimePath } from "../../conformance/lib/environment.ts"
import { boxTest, type TestOptions } from "../../conformance/lib/test.ts"

const OURS: TestOptions = { skipFor: { runc: "has no doctor", crun: "has no doctor" } }

/** Listens on a socket with no room for another caller, accepts none, and then runs a command. */
const DEAF = `
import os, socket, sys
path = sys.argv[1]
deaf = socket.socket(socket.AF_UNIX)
deaf.bind(path)
os.chmod(path, 0o777)
deaf.listen(0)
callers = []
while True:
    caller = socket.socket(socket.AF_UNIX)
    caller.setblocking(False)
    callers.append(caller)
    try:
        caller.connect(path)
    except BlockingIOError:
        break
os.set_inheritable(deaf.fileno(), False)
import subprocess
sys.exit(subprocess.run(sys.argv[2:]).returncode)
`

boxTest("doctor: a bus that accepts nobody does not answer, and is not waited for [doctor]", OURS, async (t, box) => {
  const path = `${box.folder}/bus`
  const doctor = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", `DBUS_SESSION_BUS_ADDRESS=unix:path=${path}`, runtimePath, "doctor", "--format", "json"]
  const bus = (stdout: string) => (JSON.parse(stdout) as { abilities: { id: string }[] }).abilities.find(({ id }) => id === "user-bus")
  const { stdout, error } = spawnSync("python3", ["-c", DEAF, path, ...doctor], { encoding: "utf8", timeout: 20_000 })
  t.equal(error, undefined, "it ends")
  t.match(bus(stdout), { state: "missing", found: `${path} does not answer` })
  rmSync(path)
  const server = createServer().listen(path)
  await new Promise((done) => server.on("listening", done))
  chmodSync(path, 0o777)
  t.match(bus(command(doctor).stdout), { state: "present", found: path })
  server.close()
})
