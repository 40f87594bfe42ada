import { chmodSync, existsSync, statSync } from "node:fs"
import t from "tap"
import { command, expectSuccess, startRuntime } from "../../conformance/lib/command.ts"
import { runtimePath, underUml } from "../../conformance/lib/environment.ts"
import { isAlive } from "../../conformance/lib/procfs.ts"
import { boxTest } from "../../conformance/lib/test.ts"

/** Milliseconds after its start at which the runtime is killed; a slow machine has a coarser net. */
const MOMENTS = underUml ? [50, 200, 400, 800, 1600] : [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 18, 20, 25, 30, 35, 40, 50, 60]

const KILLED = { skipFor: { runc: "leaves processes and state behind when it is killed", crun: "leaves processes and state behind when it is killed" } } as const

/** Starts the command, kills it after so many milliseconds, and waits for its end. */
async function killAfter(args: readonly string[], milliseconds: number): Promise<void> {
  const running = startRuntime(args)
  const timer = setTimeout(() => running.child.kill("SIGKILL"), milliseconds)
  await running.done
  clearTimeout(timer)
}

boxTest("create killed at any moment: delete --force leaves nothing", KILLED, async (t, box) => {
  box.args("/bin/sleep", "1000").write()
  for (const moment of MOMENTS) {
    await killAfter(["--root", box.root, "create", "--bundle", box.bundle, box.id], moment)
    t.equal(box.call(["delete", "--force", box.id]).code, 0, `after ${moment} ms`)
    t.same(box.stateEntries(), [])
    t.same(box.cgroupFolders(), [])
  }
})

boxTest("start killed at any moment: delete --force leaves nothing", KILLED, async (t, box) => {
  for (const moment of MOMENTS.filter((_, index) => index % 2 === 0)) {
    box.args("/bin/sleep", "1000").create()
    await killAfter(["--root", box.root, "start", box.id], moment)
    t.match(box.state().status, /^(created|running)$/, `after ${moment} ms`)
    box.delete("--force")
    t.same(box.cgroupFolders(), [])
  }
})

boxTest("delete killed at any moment: a second one finishes the work", KILLED, async (t, box) => {
  for (const moment of MOMENTS.filter((_, index) => index % 2 === 0)) {
    await box.launch("/bin/sleep", "1000")
    await killAfter(["--root", box.root, "delete", "--force", box.id], moment)
    t.equal(box.call(["delete", "--force", box.id]).code, 0, `after ${moment} ms`)
    t.same(box.stateEntries(), [])
    t.same(box.cgroupFolders(), [])
  }
})

boxTest("delete --force that cannot read the state now touches neither it nor the process [delete --force]", {
  skipFor: { crun: "keeps its state in other files" },
}, async (t, box) => {
  const pid = await box.launch("/bin/sleep", "1000")
  const file = `${box.root}/${box.id}/state.json`
  const { mode } = statSync(file)
  chmodSync(file, 0)
  // root without the capabilities that make permissions void
  const without = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--"]
  const refused = command([...without, runtimePath, "--root", box.root, "delete", "--force", box.id])
  t.not(refused.code, 0)
  t.match(refused.stderr, /state\.json.*permission denied/)
  t.ok(isAlive(pid), "the process runs")
  t.ok(existsSync(file), "what names it is there")
  chmodSync(file, mode & 0o777)
  t.equal(box.state().status, "running")
  box.delete("--force")
  t.notOk(isAlive(pid), "it has ended")
  t.same(box.cgroupFolders(), [])
})

boxTest("exec killed at any moment: the container goes on", async (t, box) => {
  await box.launch("/bin/sleep", "1000")
  for (const moment of MOMENTS.filter((_, index) => index % 4 === 0)) {
    await killAfter(["--root", box.root, "exec", box.id, "/bin/sleep", "0.01"], moment)
    t.equal(box.state().status, "running", `after ${moment} ms`)
  }
  t.equal(box.exec(["/bin/true"]).code, 0)
})

boxTest("create and state at the same time: state is an error or a whole answer", async (t, box) => {
  box.args("/bin/sleep", "1000").write()
  const creating = startRuntime(["--root", box.root, "create", "--bundle", box.bundle, box.id])
  let answers = 0
  for (let ended = false; !ended;) {
    void creating.done.then(() => (ended = true))
    const result = box.call(["state", box.id])
    if (result.code === 0) {
      answers++
      t.match((JSON.parse(result.stdout) as { status: string }).status, /^(creating|created)$/)
    } else t.match(result.stderr, /does not exist|\S/)
    await new Promise((resolve) => setImmediate(resolve))
  }
  t.equal((await creating.done).code, 0)
  t.equal(box.state().status, "created", `${answers} answers meanwhile`)
})

boxTest("two creates of one id at the same time: one wins", { skipFor: { runc: "1.1 has a race here", crun: "has a race here" } }, async (t, box) => {
  box.args("/bin/sleep", "1000").write()
  const args = ["--root", box.root, "create", "--bundle", box.bundle, box.id]
  const codes = (await Promise.all([startRuntime(args).done, startRuntime(args).done])).map(({ code }) => code)
  t.equal(codes.filter((code) => code === 0).length, 1, codes.join(" "))
  t.equal(box.state().status, "created")
})

boxTest("ten containers side by side", async (t, box) => {
  box.args("/bin/sleep", "1000")
  const ids = Array.from({ length: 10 }, (_, index) => `${box.id}-${index}`)
  for (const id of ids) {
    box.config.linux.cgroupsPath = box.cgroupsPathOf(`-${id}`)
    box.write()
    expectSuccess(box.call(["create", "--bundle", box.bundle, id]))
    expectSuccess(box.call(["start", id]))
  }
  t.equal(expectSuccess(box.call(["list", "--quiet"])).stdout.trim().split("\n").length, 10)
  for (const id of ids) expectSuccess(box.call(["delete", "--force", id]))
})

t.end()
