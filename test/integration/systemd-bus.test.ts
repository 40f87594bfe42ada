import { chmodSync, chownSync, existsSync, mkdirSync } from "node:fs"
import { createServer } from "node:net"
import type { Box } from "../../conformance/lib/box.ts"
import { command, environmentWithMarker, type Result, type Running, runtime, startCommand, startRuntime, until } from "../../conformance/lib/command.ts"
import { runtimePath } from "../../conformance/lib/environment.ts"
import { boxTest, type TestOptions } from "../../conformance/lib/test.ts"

/*
 * The systemd driver where there is no systemd to talk to: each cause is an error of its own, and no call hangs. Containers that systemd
 * makes cgroups for are in test/systemd and test/systemd-user.
 */

const OWN: TestOptions = { skipFor: { runc: "has a D-Bus client of its own, and other words", crun: "has other words" }, skipIn: { uml: "the same as natively", "systemd-uml": "the same as natively" } }
const OWN_V2: TestOptions = { ...OWN, needs: ["v2"] }
/** Of nobody on this machine. */
const UID = 54321

type Variables = Readonly<Record<string, string>>

function words(box: Box, root = box.root): string[] {
  box.config.linux.cgroupsPath = `:test:${box.id}`
  box.write()
  return ["--root", root, "--systemd-cgroup", "create", "--bundle", box.bundle, box.id]
}

/** The command line of a `create` by an ordinary user, who has these variables and none else that leads to a bus. */
function asUser(box: Box, variables: Variables): string[] {
  const root = `${box.folder}/own`
  mkdirSync(root)
  chownSync(root, UID, UID)
  const set = Object.entries(variables).map(([name, value]) => `${name}=${value}`)
  return [
    "setpriv", `--reuid=${UID}`, `--regid=${UID}`, "--clear-groups", "env", "-u", "XDG_RUNTIME_DIR", "-u", "DBUS_SESSION_BUS_ADDRESS", ...set,
    runtimePath, ...words(box, root),
  ]
}

const createAs = (box: Box, variables: Variables): Result => command(asUser(box, variables))

/** A folder of the user's. */
function runtimeFolder(box: Box): string {
  const folder = `${box.folder}/run`
  mkdirSync(folder)
  chownSync(folder, UID, UID)
  return folder
}

/** Somebody who takes connections and says nothing, while `during` goes on. */
async function silent(path: string, during: () => Promise<void>): Promise<void> {
  const server = createServer((connection) => void connection.on("error", () => undefined))
  await new Promise<void>((listening) => void server.listen(path, listening))
  chmodSync(path, 0o777)
  try {
    await during()
  } finally {
    server.close()
  }
}

/** A D-Bus daemon of root's, while `during` goes on. */
async function daemon(path: string, during: () => void): Promise<void> {
  const running = startCommand(["dbus-daemon", "--session", "--nofork", "--nopidfile", `--address=unix:path=${path}`])
  try {
    await until("the bus", () => existsSync(path))
    chmodSync(path, 0o777)
    during()
  } finally {
    running.child.kill("SIGKILL")
    await running.done
  }
}

boxTest("libsystemd that is missing is named, with the package that has it [--systemd-cgroup]", OWN, (t, box) => {
  const hide = "for file in /usr/lib/*/libsystemd.so.0 /lib/*/libsystemd.so.0 /usr/lib64/libsystemd.so.0; do [ ! -e $file ] || mount --bind /dev/null $file; done; exec \"$@\""
  const result = command(["unshare", "--mount", "--propagation", "private", "sh", "-c", hide, "sh", runtimePath, ...words(box)])
  t.equal(result.code, 1)
  t.match(result.stderr, /the systemd cgroup driver needs libsystemd\.so\.0, which cannot be loaded: .*install the package libsystemd0/)
})

boxTest("no bus: what was tried, and that systemd does not run [--systemd-cgroup]", OWN, (t, box) => {
  const result = runtime(words(box), { env: { ...environmentWithMarker(), DBUS_SYSTEM_BUS_ADDRESS: "unix:path=/nonexistent/bus" } })
  t.equal(result.code, 1)
  t.match(result.stderr, /cannot reach systemd: connect to the bus unix:path=\/nonexistent\/bus: no such file or directory/)
  t.same(box.stateEntries(), [])
})

/** @returns the error of a call that the bus lets wait */
async function hung(running: Running): Promise<Result> {
  const result = await running.done
  if (result.milliseconds < 14_000) throw new Error(`it waited for ${result.milliseconds} ms only`)
  return result
}

boxTest("a bus that never answers ends in an error, not in a hang [--systemd-cgroup]", OWN, async (t, box) => {
  const path = `${box.folder}/bus`
  await silent(path, async () => {
    const result = await hung(startRuntime(words(box), { env: { ...environmentWithMarker(), DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${path}` }, timeLimit: 60_000 }))
    t.equal(result.code, 1)
    t.match(result.stderr, /cannot reach systemd: it took the connection and did not answer within 15 s \(the bus is unix:path=/)
  })
  t.same(box.stateEntries(), [])
})

boxTest("a user's bus that never answers, too [--systemd-cgroup]", OWN_V2, async (t, box) => {
  const folder = runtimeFolder(box)
  await silent(`${folder}/bus`, async () => {
    const result = await hung(startCommand(asUser(box, { XDG_RUNTIME_DIR: folder }), { timeLimit: 60_000 }))
    t.equal(result.code, 1)
    t.match(result.stderr, /cannot reach the user's systemd: it took the connection and did not answer within 15 s/)
    t.notMatch(result.stderr, "systemd/private", "systemd is not asked behind the bus's back")
  })
})

boxTest("a user on cgroup v1: his systemd has none to give [--systemd-cgroup]", { ...OWN, needs: ["hybrid"] }, (t, box) => {
  const result = createAs(box, { XDG_RUNTIME_DIR: "/nonexistent" })
  t.equal(result.code, 1)
  t.match(result.stderr, /the user's systemd has no limits to give on cgroup v1.*unified_cgroup_hierarchy=1/)
})

boxTest("a user without a login: no variable leads to a bus [--systemd-cgroup]", OWN_V2, (t, box) => {
  const result = createAs(box, {})
  t.equal(result.code, 1)
  t.match(result.stderr, /cannot reach the user's systemd: neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR is set.*machinectl shell/)
})

boxTest("a user's folder without a bus: what was tried [--systemd-cgroup]", OWN_V2, (t, box) => {
  const folder = runtimeFolder(box)
  const result = createAs(box, { XDG_RUNTIME_DIR: folder, DBUS_SESSION_BUS_ADDRESS: `unix:path=${box.folder}/gone` })
  t.equal(result.code, 1)
  for (const path of [`${box.folder}/gone`, `${folder}/bus`, `${folder}/systemd/private`]) t.match(result.stderr, `connect to the bus unix:path=${path}: no such file`)
  t.equal(result.stderr.trim().split("\n").length, 1, "one line")
})

boxTest("a folder of another user's [--systemd-cgroup]", OWN_V2, (t, box) => {
  const folder = `${box.folder}/root`
  mkdirSync(folder, { mode: 0o700 })
  const result = createAs(box, { XDG_RUNTIME_DIR: folder })
  t.equal(result.code, 1)
  t.match(result.stderr, `cannot reach the user's systemd: connect to the bus unix:path=${folder}/bus: permission denied`)
})

boxTest("a bus of another user's that refuses [--systemd-cgroup]", OWN_V2, async (t, box) => {
  const path = `${box.folder}/bus`
  await daemon(path, () => {
    const result = createAs(box, { DBUS_SESSION_BUS_ADDRESS: `unix:path=${path}` })
    t.equal(result.code, 1)
    t.match(result.stderr, /cannot reach the user's systemd: the bus unix:path=.* hung up on user 54321: it is another's/)
  })
})
