import { mkdirSync, readFileSync } from "node:fs"
import t from "tap"
import { environmentWithMarker, expectSuccess, until } from "../../conformance/lib/command.ts"
import { descriptors, status } from "../../conformance/lib/procfs.ts"
import { boxTest } from "../../conformance/lib/test.ts"

boxTest("caller's limits: the container has them, soft and hard", { skipFor: { runc: "Go raises the soft limit of open files" } }, (t, box) => {
  const { stdout } = expectSuccess(box.args("/bin/cat", "/proc/self/limits").run([], { before: "ulimit -Sn 512; ulimit -Hn 1024; ulimit -Sc 0" }))
  t.match(stdout, /Max open files +512 +1024 /)
})

boxTest("caller's limits: exec passes those of its own caller", { skipFor: { runc: "Go raises the soft limit of open files" } }, async (t, box) => {
  await box.launch("/bin/sleep", "1000")
  const { stdout } = expectSuccess(box.call(["exec", box.id, "/bin/cat", "/proc/self/limits"], { before: "ulimit -Sn 512" }))
  t.match(stdout, /Max open files +512 /)
})

boxTest("caller ignores or blocks signals: every command works and the container has the defaults", { skipFor: { crun: "leaves an ignored SIGPIPE" } }, async (t, box) => {
  const before = "trap '' CHLD PIPE TERM HUP USR1 XFSZ"
  box.args("/bin/sleep", "1000").create([], { before })
  expectSuccess(box.call(["start", box.id], { before }))
  t.match(status(box.pid).SigIgn, /^0+$/)
  t.equal(box.call(["exec", box.id, "/bin/sh", "-c", "exit 9"], { before }).code, 9)
  t.match(expectSuccess(box.call(["exec", box.id, "/bin/grep", "SigIgn", "/proc/self/status"], { before })).stdout, /\t0+\n/)
  expectSuccess(box.call(["kill", box.id, "KILL"], { before }))
  await box.reached("stopped")
  expectSuccess(box.call(["delete", box.id], { before }))
})

for (const [what, before] of [
  ["0", "exec 0<&-"],
  ["1", "exec 1>&-"],
  ["2", "exec 2>&-"],
  ["0, 1 and 2", "exec 0<&- 1>&- 2>&-"],
] as const) {
  boxTest(`caller closed descriptor ${what}: create, start, state and delete work`, { skipFor: { runc: "hands its own descriptors to the program" } }, async (t, box) => {
    box.args("/bin/sleep", "1000").write()
    t.equal(box.call(["create", "--bundle", box.bundle, box.id], { before }).code, 0)
    t.equal(box.call(["start", box.id], { before }).code, 0)
    const { pid } = box.state()
    for (const fd of [0, 1, 2]) {
      t.match(descriptors(pid)[fd] ?? "closed", /^(closed|\/dev\/null|\/null|\/.*\/output-\d+\.(out|err))$/, `descriptor ${fd} is nothing of the runtime's`)
    }
    t.equal(box.call(["state", box.id], { before }).code >= 0, true)
    box.kill()
    await box.reached("stopped")
    t.equal(box.call(["delete", box.id], { before }).code, 0)
  })
}

boxTest("caller has descriptors 3 to 9 open: none passes", (t, box) => {
  const before = `exec 3</ 4</etc 5</dev/null 6<${box.folder} 7>>/dev/null 8</proc 9</sys`
  const { stdout } = expectSuccess(box.script("ls /proc/$$/fd; true").run([], { before }))
  t.same(stdout.trim().split("\n"), ["0", "1", "2"])
})

boxTest("caller has descriptors 3 to 9 closed: none appears", (t, box) => {
  const before = "exec 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-"
  const { stdout } = expectSuccess(box.script("ls /proc/$$/fd; true").run([], { before }))
  t.same(stdout.trim().split("\n"), ["0", "1", "2"])
})

boxTest("caller leaves a folder's descriptor open: cwd through it does not reach the host [/process/cwd]", (t, box) => {
  for (const fd of [3, 5, 7, 8, 9]) {
    box.config.process.cwd = `/proc/self/fd/${fd}`
    const result = box.script("ls ../../etc/debian_version etc/debian_version 2>/dev/null").run([], { before: `exec ${fd}</` })
    t.equal(result.stdout, "", `cwd /proc/self/fd/${fd}`)
  }
})

boxTest("caller's folder was deleted: every command works", { skipFor: { crun: "1.8 refuses" } }, async (t, box) => {
  const before = `mkdir ${box.folder}/gone && cd ${box.folder}/gone && rmdir ${box.folder}/gone`
  box.args("/bin/sleep", "1000").write()
  expectSuccess(box.call(["create", "--bundle", box.bundle, box.id], { before }))
  expectSuccess(box.call(["start", box.id], { before }))
  expectSuccess(box.call(["state", box.id], { before }))
  expectSuccess(box.call(["exec", box.id, "/bin/true"], { before }))
  expectSuccess(box.call(["kill", box.id, "KILL"], { before }))
  await box.reached("stopped")
  expectSuccess(box.call(["delete", box.id], { before }))
  t.pass("all of them")
})

for (const [name, value] of [
  ["BUN_OPTIONS", "--version"],
  ["BUN_OPTIONS", "--smol --preload=/no/such/file"],
  ["BUN_BE_BUN", "1"],
  ["BUN_JSC_useJIT", "0"],
  ["BUN_JSC_nonsense", "1"],
  ["NODE_OPTIONS", "--require /no/such/file"],
  ["BUN_INSPECT", "127.0.0.1:1"],
  ["MALLOC_PERTURB_", "7"],
] as const) {
  boxTest(`caller's ${name}=${value} changes nothing`, (t, box) => {
    const env = { ...environmentWithMarker(), [name]: value }
    const { stdout, stderr } = expectSuccess(box.args("/bin/env").run([], { env }))
    t.notMatch(stdout, new RegExp(name), "nor is it in the container")
    t.equal(stderr, "")
    t.match(box.call(["--version"], { env }).stdout, /^\S+ version /)
  })
}

boxTest("caller's environment is empty, or HOME, TMPDIR and PATH are strange", async (t, box) => {
  for (const env of [{}, { HOME: "/no/such", TMPDIR: "/no/such", PATH: "" }, { XDG_RUNTIME_DIR: "", PATH: "/bin" }]) {
    box.args("/bin/sleep", "1000").create([], { env })
    expectSuccess(box.call(["start", box.id], { env }))
    expectSuccess(box.call(["exec", box.id, "/bin/true"], { env }))
    expectSuccess(box.call(["delete", "--force", box.id], { env }))
  }
  t.pass("all of them")
})

boxTest("caller's umask: does not reach the container or the modes of what is made [/process/user/umask]",
  { skipFor: { runc: "1.1 makes targets under the caller's umask" } }, (t, box) => {
  box.config.mounts.push({ destination: "/made/here", type: "tmpfs", source: "tmpfs" })
  const { stdout } = expectSuccess(box.script("umask; stat -c %a /made").run([], { before: "umask 0777" }))
  t.equal(stdout, "0022\n755\n")
})

boxTest("caller in a mount namespace without writable /tmp", { differs: ["what root gives a caller"] }, (t, box) => {
  mkdirSync(`${box.folder}/state`)
  const result = box.script("echo fine").run([], { before: `[ -n "$INNER" ] || { export INNER=1; exec unshare -m sh -c 'mount -t tmpfs -o ro tmpfs /var/tmp; exec "$@"' sh "$@"; }` })
  t.equal(expectSuccess(result).stdout, "fine\n")
})

boxTest("the runtime dies with its caller's death signal; init does not inherit it", async (t, box) => {
  box.args("/bin/sleep", "1000").write()
  expectSuccess(box.call(["create", "--bundle", box.bundle, box.id], {
    before: `[ -n "$INNER" ] || { export INNER=1; exec setpriv --pdeathsig KILL sh -c 'exec "$@"' sh "$@"; }`,
  }))
  box.start()
  await until("the program", () => readFileSync(`/proc/${box.pid}/comm`, "utf8") === "sleep\n")
  t.equal(box.state().status, "running")
})

t.end()
