import { existsSync, readFileSync, writeFileSync } from "node:fs"
import t from "tap"
import type { HookName } from "../../conformance/lib/config.ts"
import { isAlive } from "../../conformance/lib/procfs.ts"
import { boxTest } from "../../conformance/lib/test.ts"

/* Each kind of hook that does not end in time is ended, and its command fails as with a hook that failed (runtime.md, Lifecycle). */

const OLD = { skipFor: { runc: "1.1 runs poststart in create and waits for none in start", crun: "goes on after a failed poststart" } } as const

/** A hook that says it began and never ends by itself. */
const endless = (file: string): object => ({ path: "/bin/sh", args: ["sh", "-c", `echo $$ >${file}; exec sleep 1000`], timeout: 1 })

for (const name of ["prestart", "createRuntime", "createContainer"] satisfies HookName[]) {
  boxTest(`hooks: ${name} that takes too long is ended, and create fails [/hooks/${name}/*/timeout]`, OLD, (t, box) => {
    const file = `${box.rootfs}/began`
    box.config.hooks = { [name]: [endless(file)] }
    const result = box.args("/bin/sleep", "1000").tryCreate()
    t.equal(result.code, 1)
    t.match(result.stderr, /1 s|timeout|timed out/i)
    t.ok(result.milliseconds >= 950, `${result.milliseconds} ms`)
    t.ok(existsSync(file), "it began")
    t.notOk(existsSync(`${box.root}/${box.id}`), "no state")
  })
}

boxTest("hooks: startContainer that takes too long is ended, start fails and the program does not run [/hooks/startContainer/*/timeout]", OLD, async (t, box) => {
  box.config.hooks = { startContainer: [endless("/began")] } as never
  box.script("echo ran >/ran; sleep 1000").create()
  const result = box.call(["start", box.id])
  t.equal(result.code, 1)
  t.ok(result.milliseconds >= 950, `${result.milliseconds} ms`)
  t.ok(existsSync(`${box.rootfs}/began`), "it began")
  t.notOk(existsSync(`${box.rootfs}/ran`))
})

boxTest("hooks: poststart that takes too long is ended, start fails and the container is stopped [/hooks/poststart/*/timeout]", OLD, (t, box) => {
  const file = `${box.rootfs}/began`
  box.config.hooks = { poststart: [endless(file)] } as never
  box.args("/bin/sleep", "1000").create()
  const { pid } = box.state()
  t.equal(box.call(["start", box.id]).code, 1)
  t.notOk(isAlive(pid), "the container")
  t.notOk(isAlive(Number(readFileSync(file, "utf8"))), "the hook")
})

boxTest("hooks: poststop that takes too long is ended, with a warning; the next one runs [/hooks/poststop/*/timeout]", OLD, async (t, box) => {
  const file = `${box.rootfs}/began`
  const next = `${box.rootfs}/next`
  writeFileSync(next, "")
  box.config.hooks = { poststop: [endless(file), { path: "/bin/sh", args: ["sh", "-c", `echo next >${next}`] }] } as never
  await box.launch("/bin/true")
  await box.reached("stopped")
  const result = box.call(["delete", box.id])
  t.equal(result.code, 0)
  t.ok(result.milliseconds >= 950, `${result.milliseconds} ms`)
  t.notOk(isAlive(Number(readFileSync(file, "utf8"))), "the hook")
  t.equal(readFileSync(next, "utf8"), "next\n")
})

t.end()
