import { existsSync, readFileSync, readlinkSync, writeFileSync } from "node:fs"
import t from "tap"
import type { Box } from "../../conformance/lib/box.ts"
import { expectSuccess } from "../../conformance/lib/command.ts"
import type { Hook, HookName } from "../../conformance/lib/config.ts"
import { isAlive } from "../../conformance/lib/procfs.ts"
import { boxTest } from "../../conformance/lib/test.ts"

/** The hooks in the order in which the specification runs them. */
const ORDER: readonly HookName[] = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"]

function shell(name: HookName, script: string): Hook {
  return { path: "/bin/sh", args: ["sh", "-c", script], env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOOK=" + name] }
}

/** The log that all hooks write: its host path, and /log in the container. */
function logOf(box: Box): (name: HookName) => string {
  writeFileSync(`${box.rootfs}/log`, "")
  return (name) => (name === "startContainer" ? "/log" : `${box.rootfs}/log`)
}

function logged(box: Box): string[] {
  return readFileSync(`${box.rootfs}/log`, "utf8").trim().split("\n").filter((line) => line !== "")
}

boxTest("hooks: all six, in order, and at their command [/hooks/*/*/path, /hooks/*/*/args, /hooks/*/*/env]",
  { skipFor: { runc: "1.1 runs poststart in create" } }, async (t, box) => {
  const log = logOf(box)
  box.config.hooks = Object.fromEntries(ORDER.map((name) => [name, [shell(name, `echo $HOOK >>${log(name)}`)]]))
  box.script("echo program >>/log; sleep 1000").create()
  t.same(logged(box), ["prestart", "createRuntime", "createContainer"], "after create")
  box.start()
  const lines = logged(box)
  t.equal(lines.indexOf("startContainer"), 3)
  t.ok(lines.includes("poststart"))
  box.kill()
  await box.reached("stopped")
  t.notOk(logged(box).includes("poststop"), "not before delete")
  box.delete()
  t.equal(logged(box).at(-1), "poststop")
  t.ok(logged(box).indexOf("program") > 3, "the program comes after startContainer")
})

boxTest("hooks: several of a kind run in the order listed [/hooks/createRuntime/*/path]", (t, box) => {
  const log = logOf(box)
  box.config.hooks = { createRuntime: ["1", "2", "3"].map((text) => shell("createRuntime", `echo ${text} >>${log("createRuntime")}`)) }
  expectSuccess(box.run())
  t.same(logged(box), ["1", "2", "3"])
})

boxTest("hooks: namespaces: the first two and the last two on the host's side, the others inside [/hooks/*/*/path]",
  async (t, box) => {
  box.config.hooks = Object.fromEntries(ORDER.map((name) => {
    const file = name === "startContainer" ? `/ns-${name}` : `${box.rootfs}/ns-${name}`
    return [name, [shell(name, `readlink /proc/self/ns/mnt >${file}; readlink /proc/self/ns/net >>${file}`)]]
  }))
  box.args("/bin/sleep", "1000").create()
  box.start()
  const { pid } = box.state()
  const own = ["self", String(pid)].map((who) => [readlinkSync(`/proc/${who}/ns/mnt`), readlinkSync(`/proc/${who}/ns/net`)])
  const seen = (name: HookName): string[] => readFileSync(`${box.rootfs}/ns-${name}`, "utf8").trim().split("\n")
  box.delete("--force")
  for (const name of ["prestart", "createRuntime", "poststart", "poststop"] as const) t.same(seen(name), own[0], name)
  for (const name of ["createContainer", "startContainer"] as const) t.same(seen(name), own[1], name)
})

boxTest("hooks: stdin is the state, with pid and status [/hooks/*/*/path]",
  { skipFor: { runc: "1.1 runs poststart in create, and calls poststop's container running", crun: "tells hooks in the container pid 0" } }, (t, box) => {
  box.config.annotations = { "org.example": "value" }
  box.config.hooks = Object.fromEntries(ORDER.map((name) =>
    [name, [shell(name, `cat >${name === "startContainer" ? "" : box.rootfs}/state-${name}`)]]))
  box.args("/bin/sleep", "1000").create()
  box.start()
  const { pid } = box.state()
  box.delete("--force")
  for (const name of ORDER) {
    const state = JSON.parse(readFileSync(`${box.rootfs}/state-${name}`, "utf8")) as Record<string, unknown>
    t.equal(state.id, box.id, name)
    t.equal(state.bundle, box.bundle)
    t.same(state.annotations, { "org.example": "value" })
    if (name === "poststop") t.equal(state.status, "stopped")
    else if (name === "poststart") t.equal(state.status, "running")
    else t.match(state.status, /^(creating|created)$/)
    if (name !== "poststop") t.equal(state.pid, /Container$/.test(name) ? 1 : pid, "as the runtime or as the container sees it")
  }
})

boxTest("hooks: arguments and environment are the configured ones [/hooks/createRuntime/*/args, /hooks/createRuntime/*/env]",
  (t, box) => {
  const file = `${box.folder}/hook`
  box.config.hooks = {
    createRuntime: [{ path: "/bin/sh", args: ["renamed", "-c", `{ echo "$0 $1"; env; } >${file}`, "zero", "one"], env: ["ONLY=this"] }],
  }
  expectSuccess(box.run())
  const lines = readFileSync(file, "utf8").trim().split("\n").filter((line) => !/^(PWD|SHLVL|_|OLDPWD)=/.test(line))
  t.same(lines, ["zero one", "ONLY=this"])
})

for (const name of ["prestart", "createRuntime", "createContainer"] as const) {
  boxTest(`hooks: ${name} that fails makes create fail and leaves nothing`, (t, box) => {
    box.config.hooks = { [name]: [shell(name, "echo the reason >&2; exit 3")] }
    const result = box.args("/bin/sleep", "1000").tryCreate()
    t.equal(result.code, 1)
    t.match(result.stderr, /hook/)
    t.notOk(existsSync(`${box.root}/${box.id}`))
    t.same(box.cgroupFolders(), [])
  })
}

boxTest("hooks: startContainer that fails makes start fail; the program does not run [/hooks/startContainer/*/path]",
  { skipFor: { runc: "1.1 start does not wait for them" } }, async (t, box) => {
  box.config.hooks = { startContainer: [shell("startContainer", "exit 3")] }
  box.script("echo ran >/ran; sleep 1000").create()
  t.equal(box.call(["start", box.id]).code, 1)
  // the specification goes on with the end of the container: stopped, or gone already
  const state = box.call(["state", box.id])
  if (state.code === 0) await box.reached("stopped")
  else t.match(state.stderr, /does not exist/)
  t.notOk(existsSync(`${box.rootfs}/ran`))
})

boxTest("hooks: poststart that fails stops the container [/hooks/poststart/*/path]",
  { skipFor: { runc: "1.1 runs it in create", crun: "goes on" } }, async (t, box) => {
  box.config.hooks = { poststart: [shell("poststart", "exit 3")] }
  box.args("/bin/sleep", "1000").create()
  const { pid } = box.state()
  t.not(box.call(["start", box.id]).code, 0)
  t.notOk(isAlive(pid))
})

boxTest("hooks: poststop that fails is a warning; the others still run [/hooks/poststop/*/path]",
  { skipFor: { runc: "1.1 stops at the first" } }, async (t, box) => {
  const log = logOf(box)
  box.config.hooks = { poststop: [shell("poststop", "exit 3"), shell("poststop", `echo second >>${log("poststop")}`)] }
  await box.launch("/bin/true")
  await box.reached("stopped")
  t.equal(box.call(["delete", box.id]).code, 0)
  t.same(logged(box), ["second"])
})

boxTest("hooks: poststop runs when create fails after createRuntime [/hooks/poststop/*/path]",
  { skipFor: { runc: "runs none", crun: "runs none" } }, (t, box) => {
  const log = logOf(box)
  box.config.hooks = { createRuntime: [shell("createRuntime", "true")], poststop: [shell("poststop", `echo poststop >>${log("poststop")}`)] }
  t.not(box.args("/no/such").tryCreate().code, 0)
  t.same(logged(box), ["poststop"])
})

boxTest("hooks: a timeout ends the hook and fails the operation [/hooks/createRuntime/*/timeout]", (t, box) => {
  box.config.hooks = { createRuntime: [{ ...shell("createRuntime", "exec sleep 1000"), timeout: 1 }] }
  const result = box.args("/bin/sleep", "1000").tryCreate()
  t.equal(result.code, 1)
  t.ok(result.milliseconds >= 900, `${result.milliseconds} ms`)
})

boxTest("hooks: a path that is missing or relative is an error [/hooks/createRuntime/*/path]", (t, box) => {
  box.config.hooks = { createRuntime: [{ path: "/no/such/hook" }] }
  const missing = box.args("/bin/sleep", "1000").tryCreate()
  t.equal(missing.code, 1)
  t.match(missing.stderr, /no such file or directory/)
})

boxTest("hooks: one that leaves a process behind does not hold create up", (t, box) => {
  box.config.hooks = { createRuntime: [shell("createRuntime", "sleep 3 >/dev/null 2>&1 </dev/null & exit 0")] }
  const result = box.args("/bin/sleep", "1000").create()
  t.ok(result.milliseconds < 2500, `${result.milliseconds} ms`)
  const end = Date.now() + 4000
  while (Date.now() < end) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
})

t.end()
