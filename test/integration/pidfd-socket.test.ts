import { existsSync, readFileSync } from "node:fs"
import t from "tap"
import { said } from "../../conformance/lib/command.ts"
import { listenForPidfd } from "../../conformance/lib/helpers.ts"
import { boxTest } from "../../conformance/lib/test.ts"

const since = { runc: "1.1 does not know it", crun: "does not know it" }
const KILL = 9

boxTest("create: one message with a pidfd of init, which ends it [create --pidfd-socket]", { skipFor: since }, async (t, box) => {
  const socket = `${box.folder}/pidfd.sock`
  const listener = await listenForPidfd(socket, KILL)
  box.args("/bin/sleep", "1000").create(["--pidfd-socket", socket])
  t.same(await listener.report, { messages: ["standard"], descriptors: 1, pid: box.pid })
  t.ok(await listener.signal(), "the descriptor is the process's")
  t.equal(box.state().status, "stopped")
})

boxTest("run, detached: the pid of the pid file [run --pidfd-socket]", { skipFor: since }, async (t, box) => {
  const socket = `${box.folder}/pidfd.sock`
  const pidFile = `${box.folder}/pid`
  const listener = await listenForPidfd(socket, KILL)
  t.equal(box.args("/bin/sleep", "1000").run(["--detach", "--pid-file", pidFile, "--pidfd-socket", socket]).code, 0)
  t.equal((await listener.report).pid, Number(readFileSync(pidFile, "utf8")))
  t.ok(await listener.signal())
})

boxTest("run in the foreground hangs up as soon as it has sent it [run --pidfd-socket]", { skipFor: since }, async (t, box) => {
  const socket = `${box.folder}/pidfd.sock`
  const listener = await listenForPidfd(socket, KILL)
  const running = box.args("/bin/sleep", "1000").startRun(["--pidfd-socket", socket])
  t.same((await listener.report).messages, ["standard"])
  await box.reached("running")
  t.ok(await listener.signal())
  t.equal((await running.done).code, 128 + KILL)
})

boxTest("exec: the pidfd of the process that joins [exec --pidfd-socket]", { skipFor: since }, async (t, box) => {
  await box.launch("/bin/sleep", "1000")
  const socket = `${box.folder}/pidfd.sock`
  const pidFile = `${box.folder}/pid`
  const listener = await listenForPidfd(socket, KILL)
  t.equal(box.exec(["/bin/sleep", "1001"], ["--detach", "--pid-file", pidFile, "--pidfd-socket", socket]).code, 0)
  t.same(await listener.report, { messages: ["setns"], descriptors: 1, pid: Number(readFileSync(pidFile, "utf8")) })
  t.ok(await listener.signal())
  t.equal(box.state().status, "running")
})

boxTest("the annotation names one more receiver [annotation run.oci.pidfd_receiver]", { skipFor: since }, async (t, box) => {
  const sockets = [`${box.folder}/annotated.sock`, `${box.folder}/flag.sock`] as const
  box.config.annotations = { "run.oci.pidfd_receiver": sockets[0] }
  const listeners = [await listenForPidfd(sockets[0], KILL), await listenForPidfd(sockets[1], KILL)] as const
  box.args("/bin/sleep", "1000").create(["--pidfd-socket", sockets[1]])
  // the other listener ends with its time
  const [annotated, flag] = [await listeners[0].report, await listeners[1].report]
  t.equal(annotated.descriptors, 1)
  t.equal(annotated.pid, flag.pid)
  t.ok(await listeners[0].signal(), "the annotation's")
  t.ok(await listeners[1].signal(), "both see the end")
})

boxTest("a socket that nobody listens on fails, and leaves nothing [create --pidfd-socket] [annotation run.oci.pidfd_receiver]", { skipFor: since }, (t, box) => {
  const socket = `${box.folder}/nobody.sock`
  const flag = box.args("/bin/true").tryCreate(["--pidfd-socket", socket])
  t.not(flag.code, 0)
  t.match(said(flag), /connect to socket ".*nobody\.sock": no such file or directory/)
  box.config.annotations = { "run.oci.pidfd_receiver": socket }
  const annotated = box.tryCreate()
  t.not(annotated.code, 0)
  t.match(said(annotated), /\/annotations\/run\.oci\.pidfd_receiver/)
  t.notOk(existsSync(`${box.root}/${box.id}`))
})

t.end()
