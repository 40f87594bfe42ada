import t from "tap"
import { command, environmentWithMarker, expectSuccess, startCommand, until } from "../../conformance/lib/command.ts"
import { SLICE } from "../../conformance/lib/unit.ts"
import { existsSync, readFileSync } from "node:fs"
import { LOGIN, RUNTIME_FOLDER, SCOPE, UID, userSystemctl, userTest } from "../../conformance/lib/user-unit.ts"

/*
 * How an ordinary user's systemd is found, and what it refuses: conformance/rigs/uml with UML_SYSTEMD=user. What goes wrong without any systemd is
 * in test/integration/systemd-bus.test.ts.
 */

const WAYS: readonly (readonly [says: string, variables: Readonly<Record<string, string | undefined>>])[] = [
  ["by XDG_RUNTIME_DIR alone", { DBUS_SESSION_BUS_ADDRESS: undefined }],
  ["without any variable", { DBUS_SESSION_BUS_ADDRESS: undefined, XDG_RUNTIME_DIR: undefined }],
  ["with empty ones", { DBUS_SESSION_BUS_ADDRESS: "", XDG_RUNTIME_DIR: "" }],
  ["by DBUS_SESSION_BUS_ADDRESS alone", { XDG_RUNTIME_DIR: undefined }],
  ["where DBUS_SESSION_BUS_ADDRESS names a bus that is gone", { DBUS_SESSION_BUS_ADDRESS: "unix:path=/nonexistent/bus" }],
]
for (const [says, variables] of WAYS) {
  userTest(`the user's systemd is found ${says} [--systemd-cgroup]`, LOGIN, (t, side) => {
    expectSuccess(side.box.args("/bin/sleep", "1000") && side.tryCreate(variables))
    t.equal(side.show("ActiveState").ActiveState, "active")
    expectSuccess(side.call(["delete", "--force", side.box.id], variables))
    t.same(side.left, [], "delete finds it in the same way")
  })
}

userTest("a bus without systemd, as dbus-launch starts it: the user's own comes next [--systemd-cgroup]", LOGIN, async (t, side) => {
  const address = `unix:path=${side.box.folder}/bus`
  const daemon = startCommand(["setpriv", "--reuid", String(UID), "--regid", String(UID), "--clear-groups", "dbus-daemon", "--session", "--nofork", "--nopidfile",
    `--address=${address}`])
  try {
    await until("the bus", () => existsSync(`${side.box.folder}/bus`))
    expectSuccess(side.box.args("/bin/sleep", "1000") && side.tryCreate({ DBUS_SESSION_BUS_ADDRESS: address }))
    t.equal(side.show("ActiveState").ActiveState, "active")
    side.ok("delete", "--force", side.box.id)
    const alone = side.tryCreate({ DBUS_SESSION_BUS_ADDRESS: address, XDG_RUNTIME_DIR: "/nonexistent" })
    t.equal(alone.code, 1)
    t.match(alone.stderr, /cannot reach the user's systemd: no systemd is on the bus unix:path=\S+: .*org\.freedesktop\.systemd1/)
  } finally {
    daemon.child.kill("SIGKILL")
    await daemon.done
  }
})

userTest("the machine's bus in place of the user's is refused with a word on it [--systemd-cgroup]", LOGIN, (t, side) => {
  const result = side.tryCreate({ DBUS_SESSION_BUS_ADDRESS: "unix:path=/run/dbus/system_bus_socket" })
  t.equal(result.code, 1)
  t.match(result.stderr, /systemd cannot make the unit .*DBUS_SESSION_BUS_ADDRESS names it/)
  t.equal(result.stderr.trim().split("\n").length, 1, "one line")
})

userTest("root's runtime folder, as su leaves it, is another user's [--systemd-cgroup]", LOGIN, (t, side) => {
  expectSuccess(command(["mkdir", "-p", "-m", "700", "/run/user/0"]))
  const result = side.tryCreate({ XDG_RUNTIME_DIR: "/run/user/0", DBUS_SESSION_BUS_ADDRESS: undefined })
  t.equal(result.code, 1)
  t.match(result.stderr, new RegExp(`cannot reach the user's systemd: .*/run/user/0/bus: permission denied.*another user's.*set XDG_RUNTIME_DIR=${RUNTIME_FOLDER}`))
})

userTest("a unit that exists is an error, and what runs in it goes on [--systemd-cgroup]", SCOPE, (t, side) => {
  const holder = ["systemd-run", "--user", "--quiet", `--unit=${side.name}`, "--slice=runtsother.slice", "--scope", "sh", "-c", "sleep 1000 >/dev/null 2>&1 </dev/null &"]
  expectSuccess(command(LOGIN.argv(holder), { env: environmentWithMarker() }))
  const result = side.tryCreate()
  t.equal(result.code, 1)
  t.match(result.stderr, new RegExp(`the systemd unit ${side.name} exists already: .*systemctl --user stop`))
  t.equal(side.show("ActiveState").ActiveState, "active", "it is as it was")
  t.equal(side.call(["state", side.box.id]).code, 1, "no container is left")
  userSystemctl("stop", side.name)
})

userTest("a slice that is masked is an error [--systemd-cgroup]", LOGIN, (t, side) => {
  userSystemctl("mask", "--runtime", "runtsmasked.slice")
  try {
    side.box.config.linux.cgroupsPath = `runtsmasked.slice:test:${side.box.id}`
    const result = side.tryCreate()
    t.equal(result.code, 1)
    t.match(result.stderr, /systemd cannot make the unit test-.*\.scope in runtsmasked\.slice: .*masked/)
  } finally {
    userSystemctl("unmask", "--runtime", "runtsmasked.slice")
  }
})

userTest("delete without a bus removes what there is [--systemd-cgroup]", LOGIN, async (t, side) => {
  side.launch("/bin/sleep", "1000")
  const nowhere = { DBUS_SESSION_BUS_ADDRESS: "unix:path=/nonexistent/bus", XDG_RUNTIME_DIR: "/nonexistent" }
  const log = `${side.box.folder}/log`
  const result = side.call(["--log", log, "delete", "--force", side.box.id], nowhere)
  t.equal(result.code, 0)
  t.match(readFileSync(log, "utf8"), /the systemd unit .* could not be stopped: cannot reach the user's systemd: /)
  await until("systemd to notice", () => side.left.length === 0)
})

t.teardown(() => {
  for (const slice of [SLICE, "runtsother.slice"]) userSystemctl("stop", slice)
})
