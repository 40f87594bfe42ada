import { createServer, type Server, type Socket } from "node:net"
import { existsSync } from "node:fs"
import { type Result, startCommand } from "../../conformance/lib/command.ts"
import type { Box } from "../../conformance/lib/box.ts"
import { environmentWithMarker } from "../../conformance/lib/command.ts"
import { runtimePath } from "../../conformance/lib/environment.ts"
import { boxTest } from "../../conformance/lib/test.ts"

/*
 * --systemd-cgroup where there is no systemd to talk to: each its own clear error, and nothing is left. With systemd: test/systemd.
 */

const OTHERS = { skipFor: { runc: "has other words", crun: "has other words" } } as const

/** `create` with a bus of the test's own; the runtime is not waited for, so that this process can be the bus. */
async function create(box: Box, address: string | undefined, ...globals: string[]): Promise<Result> {
  box.config.linux.cgroupsPath = `system.slice:test:${box.id}`
  box.write()
  const env = { ...environmentWithMarker(), DBUS_SYSTEM_BUS_ADDRESS: address }
  return startCommand([runtimePath, "--root", box.root, ...globals, "create", "--bundle", box.bundle, box.id], { env }).done
}

async function withBus(path: string, serve: (connection: Socket) => void, use: () => Promise<void>): Promise<void> {
  const connections = new Set<Socket>()
  const server: Server = createServer((connection) => {
    connections.add(connection)
    connection.on("error", () => undefined)
    serve(connection)
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  try {
    await use()
  } finally {
    for (const connection of connections) connection.destroy()
    server.close()
  }
}

boxTest("no systemd, no bus: the error says so and what to do [--systemd-cgroup] [--cgroup-manager]", OTHERS, async (t, box) => {
  if (existsSync("/run/systemd/system")) return void t.pass("systemd runs here")
  for (const globals of [["--systemd-cgroup"], ["--cgroup-manager", "systemd"]]) {
    const result = await create(box, undefined, ...globals)
    t.equal(result.code, 1)
    t.match(result.stderr, /^runts: cannot reach systemd: connect to the bus unix:path=\/run\/dbus\/system_bus_socket: .*\/run\/systemd\/private.*not started by systemd: use the cgroup driver cgroupfs\n$/)
  }
})

boxTest("a bus's address that leads nowhere is an error [--systemd-cgroup]", OTHERS, async (t, box) => {
  for (const address of ["unix:path=/nonexistent/bus", "nonsense", "unix:", `unix:path=${box.folder}`]) {
    const result = await create(box, address, "--systemd-cgroup")
    t.equal(result.code, 1, address)
    t.match(result.stderr, /^runts: cannot reach systemd: connect to the bus .*\n$/)
  }
})

boxTest("a bus that never answers is an error after 15 s, not a hang [--systemd-cgroup]", OTHERS, async (t, box) => {
  const path = `${box.folder}/bus`
  await withBus(path, () => undefined, async () => {
    const result = await create(box, `unix:path=${path}`, "--systemd-cgroup")
    t.equal(result.code, 1)
    t.match(result.stderr, /^runts: cannot reach systemd: it took the connection and did not answer within 15 s \(the bus is unix:path=.*\n$/)
    t.ok(result.milliseconds < 19_000 && result.milliseconds > 14_000, `${result.milliseconds} ms`)
  })
})

boxTest("a bus that speaks nonsense, or hangs up, is an error at once [--systemd-cgroup]", OTHERS, async (t, box) => {
  const path = `${box.folder}/bus`
  for (const serve of [(connection: Socket) => void connection.end(), (connection: Socket) => void connection.write("HTTP/1.1 400 Bad Request\r\n\r\n".repeat(50)),
    (connection: Socket) => void connection.on("data", () => connection.write("REJECTED EXTERNAL\r\n".repeat(3)))]) {
    await withBus(path, serve, async () => {
      const result = await create(box, `unix:path=${path}`, "--systemd-cgroup")
      t.equal(result.code, 1)
      t.match(result.stderr, /^runts: cannot reach systemd: .*\n$/)
      t.ok(result.milliseconds < 10_000, `${result.milliseconds} ms`)
    })
  }
})

boxTest("a path that names no unit is told before any bus is asked [--systemd-cgroup] [/linux/cgroupsPath]", OTHERS, (t, box) => {
  box.globals = ["--systemd-cgroup"]
  box.config.linux.cgroupsPath = "/a/b"
  const result = box.tryCreate()
  t.equal(result.code, 1)
  t.match(result.stderr, /expected cgroupsPath to be of format "slice:prefix:name" for systemd cgroups, got "\/a\/b" instead/)
})

