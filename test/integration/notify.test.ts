import { chmodSync, existsSync, readFileSync, statSync } from "node:fs"
import t from "tap"
import type { Box } from "../../conformance/lib/box.ts"
import { environmentWithMarker, type Running, startCommand, until } from "../../conformance/lib/command.ts"
import { checkout } from "../../conformance/lib/environment.ts"
import { isAlive, mountinfo } from "../../conformance/lib/procfs.ts"
import { boxTest } from "../../conformance/lib/test.ts"

const skipFor = { crun: "1.8 has another way", runc: "1.1 sends no BARRIER, and sees READY only where a datagram begins with it" }

interface Datagram {
  text: string
  descriptors: number
}

/** The service manager: it ends with the first descriptor that it gets. */
async function manager(address: string, seconds = 15): Promise<{ datagrams(): Datagram[]; done: Running["done"] }> {
  const running = startCommand(["/usr/bin/python3", `${checkout}/conformance/lib/notify.py`, address, String(seconds)])
  await until("the manager's socket", () => running.stdout().includes("ready"))
  const datagrams = (): Datagram[] =>
    running.stdout().split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as Datagram)
  return { datagrams, done: running.done }
}

/** The environment of a runtime that a service manager started. */
const under = (address: string) => ({ env: { ...environmentWithMarker(), NOTIFY_SOCKET: address } })

/** Gives the container the host's Python, in place of the empty folders of the image. */
function python(box: Box, program: string): void {
  for (const folder of ["/usr", "/lib", "/lib64"]) {
    if (existsSync(folder)) box.config.mounts.push({ destination: folder, type: "bind", source: folder, options: ["rbind", "ro"] })
  }
  box.args("/usr/bin/python3", "-c", `
import os, socket, time
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
def tell(text): notify.sendto(text.encode(), os.environ["NOTIFY_SOCKET"])
${program}
`)
}

const READY_LATE = 'tell("STATUS=starting"); tell("WATCHDOG=1"); time.sleep(0.3); tell("STATUS=done\\nREADY=1\\nMAINPID=77"); time.sleep(1000)'
const told = (pid: number): Datagram[] => [
  { text: "READY=1\n", descriptors: 0 }, { text: `MAINPID=${pid}\n`, descriptors: 0 }, { text: "BARRIER=1", descriptors: 1 },
]
const plain = (datagrams: Datagram[]): Datagram[] => datagrams.map(({ text, descriptors }) => ({ text, descriptors }))

boxTest("start: READY=1 alone is passed on, with init's pid and a barrier, and start returns then [start]",
  { skipFor }, async (t, box) => {
    const address = `${box.folder}/notify.sock`
    const host = await manager(address)
    python(box, READY_LATE)
    box.create([], under(address))
    const start = box.start(under(address))
    t.ok(start.milliseconds >= 300, "start waits for it")
    await host.done
    t.same(plain(host.datagrams()), told(box.pid))
    t.equal(box.state().status, "running")
  })

boxTest("the socket in the container: bound read-only, open to all users, named in the environment [create]", { skipFor }, async (t, box) => {
  const address = `${box.folder}/notify.sock`
  const host = await manager(address)
  box.config.process.user = { uid: 1000, gid: 1000 }
  python(box, 'open("/tmp/env", "w").write(os.environ["NOTIFY_SOCKET"]); tell("READY=1"); time.sleep(1000)')
  box.config.mounts.push({ destination: "/tmp", type: "bind", source: `${box.rootfs}/tmp`, options: ["rbind"] })
  chmodSync(`${box.rootfs}/tmp`, 0o1777)
  box.create([], under(address))
  box.start(under(address))
  await host.done
  t.equal(readFileSync(`${box.rootfs}/tmp/env`, "utf8"), "/run/notify/notify.sock")
  const mount = mountinfo(box.pid).find(({ target }) => target === "/run/notify")
  for (const option of ["ro", "nosuid", "nodev", "noexec"]) t.ok(mount?.options.includes(option), option)
  const status = statSync(`/proc/${box.pid}/root/run/notify/notify.sock`)
  t.ok(status.isSocket())
  t.equal(status.mode & 0o777, 0o777)
})

boxTest("run --detach waits, run in the foreground relays meanwhile [run, run --detach]", { skipFor }, async (t, box) => {
  const address = `${box.folder}/notify.sock`
  const first = await manager(address)
  python(box, 'time.sleep(0.3); tell("READY=1"); time.sleep(1000)')
  const detached = box.run(["--detach"], under(address))
  t.equal(detached.code, 0)
  t.ok(detached.milliseconds >= 300)
  await first.done
  t.same(plain(first.datagrams()), told(box.pid))
  box.delete("--force")
  const second = await manager(`${address}2`)
  const running = box.startRun([], under(`${address}2`))
  await second.done
  t.same(plain(second.datagrams()), told(running.child.pid as number), "runts is the unit's main process")
  t.ok(isAlive(box.pid))
  box.kill()
  t.equal((await running.done).code, 137)
})

boxTest("an abstract name, and a user namespace [create, start]", { skipFor }, async (t, box) => {
  const address = `@runts-notify-${process.pid}`
  const host = await manager(address)
  box.mapIds()
  python(box, 'tell("READY=1"); time.sleep(1000)')
  box.create([], under(address))
  box.start(under(address))
  await host.done
  t.same(plain(host.datagrams()), told(box.pid))
})

boxTest("a program that ends unready ends the wait [start, run --detach]", { skipFor }, async (t, box) => {
  const address = `${box.folder}/notify.sock`
  const host = await manager(address, 2)
  box.args("/bin/sleep", "0.2")
  box.create([], under(address))
  t.equal(box.start(under(address)).code, 0)
  t.equal(box.state().status, "stopped")
  box.delete("--force")
  t.equal(box.run(["--detach"], under(address)).code, 0)
  await host.done
  t.same(host.datagrams(), [])
})

boxTest("without NOTIFY_SOCKET, or with an empty one, there is none of it; one that nobody reads is an error [create]", { skipFor }, (t, box) => {
  box.script("ls /run/notify; echo $NOTIFY_SOCKET")
  for (const env of [environmentWithMarker(), under("").env]) t.equal(box.run([], { env }).stdout, "\n")
  const nobody = box.run([], under(`${box.folder}/nobody`))
  t.not(nobody.code, 0)
  t.match(nobody.stderr, /NOTIFY_SOCKET: .*nobody.*no such file or directory.*unset it/s)
})

t.end()
