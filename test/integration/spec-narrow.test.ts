import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import t from "tap"
import type { Box } from "../../conformance/lib/box.ts"
import { expectSuccess, until } from "../../conformance/lib/command.ts"
import type { Hook, HookName } from "../../conformance/lib/config.ts"
import { marker } from "../../conformance/lib/environment.ts"
import { isAlive, parseMountinfo, processesWith } from "../../conformance/lib/procfs.ts"
import { boxTest } from "../../conformance/lib/test.ts"

/*
 * Clauses one at a time, each asked for what it says and no more, so that a runtime's fault is shown where it is and nowhere else. Other tests of
 * the same clauses ask more: words, several hooks at once, what is left.
 */

/** An error of a runtime other than runts may leave things behind: that is one clause's matter, runtime.md/errors-1. */
const ERROR = { leavesElsewhere: "runtime.md/errors-1" } as const

/** It reads its state, if the script does not: crun takes a hook that ends before for one that failed, now and then. */
function shell(script: string, reads = /^(cat|pid=|sed)/.test(script)): Hook {
  return { path: "/bin/sh", args: ["sh", "-c", reads ? script : `cat >/dev/null; ${script}`], env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"] }
}

/** Where a hook writes, as the host and as a startContainer hook sees it. */
function logged(box: Box): string[] {
  const file = `${box.rootfs}/log`
  return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : []
}

function log(box: Box, name: HookName, words = `echo ${name}`): Hook {
  return shell(`${words} >>${name === "startContainer" ? "/log" : `${box.rootfs}/log`}`)
}

boxTest("the state has ociVersion and id [clause runtime.md/state-1, clause runtime.md/state-2]", async (t, box) => {
  await box.launch("/bin/sleep", "1000")
  const { ociVersion, id } = box.state()
  t.match(ociVersion, /^1\.\d+\.\d+/)
  t.equal(id, box.id)
})

boxTest("the state operation returns ociVersion, id, status, pid, bundle and annotations [clause runtime.md/query-state-3]", async (t, box) => {
  box.config.annotations = { "org.example": "text" }
  const pid = await box.launch("/bin/sleep", "1000")
  const state = box.state()
  t.match(state, { id: box.id, status: "running", pid, bundle: box.bundle, annotations: { "org.example": "text" } })
  t.match(state.ociVersion, /^1\.\d+\.\d+/)
  t.ok(isAlive(pid))
})

boxTest("state of a container that does not exist is an error [clause runtime.md/query-state-2]", (t, box) => {
  mkdirSync(box.root)
  t.not(box.call(["state", "missing"]).code, 0)
})

boxTest("a paused container has a status of its own, any other one of the four [clause runtime.md/state-5]", { differs: ["a cgroup"] }, async (t, box) => {
  const statuses = []
  box.args("/bin/sleep", "1000").create()
  statuses.push(box.state().status)
  box.start()
  statuses.push(box.state().status)
  expectSuccess(box.call(["pause", box.id]))
  const paused = box.state().status
  expectSuccess(box.call(["resume", box.id]))
  statuses.push(box.state().status)
  box.kill()
  statuses.push((await box.reached("stopped")).status)
  t.same(statuses, ["created", "running", "running", "stopped"])
  t.notOk(statuses.includes(paused), paused)
})

boxTest("an id that is empty or a path is an error, and no container is made [clause runtime.md/create-3]", (t, box) => {
  box.write()
  for (const id of ["", "a/b"]) {
    t.not(box.call(["create", "--bundle", box.bundle, id]).code, 0, JSON.stringify(id))
    t.same(box.stateEntries(), [], "no container")
  }
})

boxTest("a capability that is unknown: the warning stops nothing [clause runtime.md/warnings-1]", (t, box) => {
  const names = ["CAP_KILL", "CAP_NONSENSE"]
  box.config.process.capabilities = { bounding: names, effective: names, permitted: names }
  t.match(box.inside("grep Cap /proc/self/status"), /CapEff:\s+0*20$/m)
})

const FAULTS: Readonly<Record<string, (box: Box) => void>> = {
  "an unknown rlimit": ({ config }) => void (config.process.rlimits = [{ type: "RLIMIT_NONSENSE", soft: 1, hard: 1 }]),
  "a source that is missing": ({ config }) => void config.mounts.push({ destination: "/mnt", type: "bind", source: "/no/such", options: ["bind"] }),
  "a namespace that is none": ({ config }) => void config.linux.namespaces.push({ type: "cgroup", path: "/etc/passwd" }),
  "a program that is missing": ({ config }) => void (config.process.args = ["/no/such/program"]),
  "a hook that fails": (box) => void (box.config.hooks = { createRuntime: [shell("exit 3")] }),
  "a seccomp action that is none": ({ config }) => void (config.linux.seccomp = { defaultAction: "SCMP_ACT_NONSENSE" }),
}

for (const [what, change] of Object.entries(FAULTS)) {
  boxTest(`create fails with ${what}: no state, no cgroup, no process, no mount is left [clause runtime.md/errors-1]`, (t, box) => {
    box.args("/bin/sleep", "1000")
    change(box)
    t.not(box.tryCreate().code, 0)
    t.same(box.stateEntries(), [], "state")
    t.same(box.cgroupFolders(), [], "cgroups")
  })
}

boxTest("kill sends TERM, KILL and others by name and number [clause runtime.md/kill-3]", async (t, box) => {
  box.script("trap 'echo usr1 >>/log' USR1; trap 'echo term >>/log' TERM; echo up >/log; while :; do sleep 0.05; done")
  await box.launch()
  await until("the traps", () => logged(box).includes("up"))
  for (const [index, [signal, word]] of ([["SIGUSR1", "usr1"], ["TERM", "term"], ["10", "usr1"]] as const).entries()) {
    expectSuccess(box.call(["kill", box.id, signal]))
    await until(`${signal} in the log`, () => logged(box).length === index + 2)
    t.equal(logged(box).at(-1), word, signal)
  }
  expectSuccess(box.call(["kill", box.id, "KILL"]))
  await box.reached("stopped")
})

/* Hooks. */

const INVOKED = [
  ["prestart", "lifecycle-4"], ["createRuntime", "lifecycle-6"], ["createContainer", "lifecycle-8"], ["startContainer", "lifecycle-10"],
  ["poststart", "lifecycle-13"], ["poststop", "lifecycle-16"],
] as const

for (const [name, clause] of INVOKED) {
  boxTest(`${name} hooks are invoked [clause runtime.md/${clause}]`, async (t, box) => {
    box.config.hooks = { [name]: [log(box, name)] }
    await box.launch("/bin/sleep", "1000")
    if (name === "poststop") box.delete("--force")
    await until(`${name} in the log`, () => logged(box).includes(name))
    t.same(logged(box), [name], "once")
  })
}

boxTest("poststop hooks are invoked where a createRuntime hook failed [clause runtime.md/lifecycle-16]", ERROR, async (t, box) => {
  box.config.hooks = { createRuntime: [shell("exit 3")], poststop: [log(box, "poststop")] }
  t.not(box.args("/bin/sleep", "1000").tryCreate().code, 0)
  box.call(["delete", "--force", box.id])
  t.same(logged(box), ["poststop"])
})

const FAILING = [["prestart", "lifecycle-5"], ["createRuntime", "lifecycle-7"], ["createContainer", "lifecycle-9"]] as const

for (const [name, clause] of FAILING) {
  boxTest(`a ${name} hook that fails is an error; the container is stopped and destroyed [clause runtime.md/${clause}]`, ERROR, async (t, box) => {
    box.config.hooks = { [name]: [shell("exit 3")] }
    t.not(box.args("/bin/sleep", "1000").tryCreate().code, 0)
    t.not(box.call(["state", box.id]).code, 0, "no container")
    await until("no process", () => processesWith(marker, box.cgroupsPath).length === 0)
  })
}

boxTest("a startContainer hook that fails: the program never runs, the container stops [clause runtime.md/lifecycle-11]", ERROR, async (t, box) => {
  box.config.hooks = { startContainer: [shell("exit 3")] }
  box.script("echo ran >/ran; sleep 1000").create()
  const { pid } = box.state()
  box.call(["start", box.id]) // whether its exit code tells is the runtime's to say (runtime.md, Errors)
  await until("the end of the container", () => !isAlive(pid))
  t.notOk(existsSync(`${box.rootfs}/ran`))
})

boxTest("a poststart hook that fails: the container is stopped [clause runtime.md/lifecycle-14]", ERROR, async (t, box) => {
  const seen = `${box.folder}/pid`
  box.config.hooks = { poststart: [shell(`sed 's/.*"pid": *\\([0-9]*\\).*/\\1/' | tr -dc 0-9 >${seen}; exit 3`)] }
  if (box.args("/bin/sleep", "1000").tryCreate().code === 0) box.call(["start", box.id])
  await until("the hook", () => existsSync(seen) && readFileSync(seen, "utf8") !== "")
  await until("the end of the container", () => !isAlive(Number(readFileSync(seen, "utf8"))), 2000)
  t.pass("stopped")
})

boxTest("prestart hooks come before createRuntime hooks [clause config.md/prestart-2]", (t, box) => {
  box.config.hooks = { prestart: [log(box, "prestart")], createRuntime: [log(box, "createRuntime")] }
  box.args("/bin/sleep", "1000").create()
  t.same(logged(box), ["prestart", "createRuntime"])
})

boxTest("createContainer hooks come after createRuntime hooks [clause config.md/createcontainer-hooks-2]", (t, box) => {
  box.config.hooks = { createRuntime: [log(box, "createRuntime")], createContainer: [log(box, "createContainer")] }
  box.args("/bin/sleep", "1000").create()
  t.same(logged(box), ["createRuntime", "createContainer"])
})

const IN_CREATE = [["prestart", "prestart-1"], ["createRuntime", "createruntime-hooks-1"]] as const

for (const [name, clause] of IN_CREATE) {
  boxTest(`${name} hooks: in create, with the namespaces made and the root not yet changed [clause config.md/${clause}]`, (t, box) => {
    const [links, mounts] = [`${box.folder}/links`, `${box.folder}/mounts`]
    box.config.hooks = { [name]: [shell(`pid=$(sed 's/.*"pid": *\\([0-9]*\\).*/\\1/' | tr -dc 0-9)
      for type in mnt uts ipc net; do readlink /proc/$pid/ns/$type /proc/self/ns/$type | sort -u | wc -l; done >${links}; cat /proc/$pid/mountinfo >${mounts}`)] }
    box.args("/bin/sleep", "1000").create()
    t.equal(readFileSync(links, "utf8"), "2\n2\n2\n2\n", "mount, uts, ipc and network namespace are others than the hook's")
    const targets = parseMountinfo(readFileSync(mounts, "utf8")).map(({ target }) => target)
    t.ok(targets.some((target) => target.startsWith("/sys/fs/cgroup")), "the host's mounts are still there")
  })
}

boxTest("startContainer hooks: in start, before the program [clause config.md/startcontainer-hooks-1]", async (t, box) => {
  box.config.hooks = { startContainer: [log(box, "startContainer")] }
  box.script("echo program >>/log; sleep 1000").create()
  t.same(logged(box), [], "not in create")
  box.start()
  await until("the program", () => logged(box).includes("program"))
  t.same(logged(box), ["startContainer", "program"])
})

boxTest("startContainer hooks: the path is one of the container's only [clause config.md/startcontainer-hooks-2]", async (t, box) => {
  writeFileSync(`${box.rootfs}/only-here`, "#!/bin/sh\necho ran >/log\n", { mode: 0o755 })
  box.config.hooks = { startContainer: [{ path: "/only-here" }] }
  await box.launch("/bin/sleep", "1000")
  await until("the hook", () => logged(box).includes("ran"))
  t.pass("found")
})

const PIDS = [["prestart", "state-7"], ["createRuntime", "state-7"], ["createContainer", "state-8"], ["startContainer", "state-8"]] as const
const PID = `sed 's/.*"pid": *\\([0-9]*\\).*/\\1/' | tr -dc 0-9`

for (const [name, clause] of PIDS) {
  boxTest(`${name} hooks read the pid as their own pid namespace has it [clause runtime.md/${clause}]`, async (t, box) => {
    box.config.hooks = { [name]: [log(box, name, PID)] }
    const pid = await box.launch("/bin/sleep", "1000")
    await until("the hook", () => (logged(box)[0] ?? "") !== "")
    t.same(logged(box), [String(clause === "state-7" ? pid : 1)])
  })
}

const STATES: readonly HookName[] = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"]

for (const name of STATES) {
  boxTest(`${name} hooks read the state on stdin: JSON with ociVersion, id, status, bundle and annotations [clause config.md/posix-platform-hooks-6]`, async (t, box) => {
    box.config.annotations = { "org.example": "text" }
    box.config.hooks = { [name]: [log(box, name, "cat")] }
    await box.launch("/bin/sleep", "1000")
    if (name === "poststop") box.delete("--force")
    const state = await until("the state", () => {
      try {
        return JSON.parse(logged(box).join("\n")) as Record<string, unknown>
      } catch {
        return undefined
      }
    })
    t.match(state, { id: box.id, bundle: box.bundle, annotations: { "org.example": "text" } })
    t.match(state["ociVersion"], /^1\./)
    t.type(state["status"], "string")
  })
}

/* Values that must be refused. */

boxTest("a hook's timeout ends it [clause config.md/posix-platform-hooks-3]", ERROR, (t, box) => {
  box.config.hooks = { createRuntime: [{ ...shell(`echo $$ >${box.folder}/pid; exec sleep 1000`), timeout: 1 }] }
  t.not(box.args("/bin/sleep", "1000").tryCreate().code, 0)
  t.notOk(isAlive(Number(readFileSync(`${box.folder}/pid`, "utf8"))), "the hook has ended")
})

boxTest("args[0] is looked up in PATH, or taken as a path [clause config.md/process-6]", (t, box) => {
  for (const program of ["echo", "/bin/echo"]) t.equal(expectSuccess(box.args(program, "here").run()).stdout, "here\n", program)
})

boxTest("cwd is the program's working folder [clause config.md/process-4]", (t, box) => {
  box.config.process.cwd = "/mnt"
  t.equal(box.inside("pwd -P"), "/mnt")
})

t.end()
