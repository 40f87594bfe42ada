import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import t, { type Test } from "tap"
import type { Box } from "../../conformance/lib/box.ts"
import { command, expectSuccess, said, until } from "../../conformance/lib/command.ts"
import { runtimeName, runtimePath, securityModule } from "../../conformance/lib/environment.ts"
import { boxTest } from "../../conformance/lib/test.ts"

/** Allows everything but what the tests look for: it can show that a profile holds, not that a real one lets a program live. */
const PROFILE = `runts-test-${process.pid}`
const OTHER = `${PROFILE}-other`
const rules = (name: string, denied: string): string => `profile ${name} flags=(attach_disconnected) {
  file,
  capability,
  network,
  mount,
  umount,
  pivot_root,
  signal,
  ptrace,
  unix,
  change_profile,
  deny ${denied} r,
}
`

/** Runs apparmor_parser on the two profiles; it takes them from standard input. */
function parser(action: "--replace" | "--remove"): void {
  const input = rules(PROFILE, "/etc/secret") + rules(OTHER, "/etc/other")
  expectSuccess(command(["apparmor_parser", action, "--skip-cache", "--quiet"], { input }))
}

if (securityModule === "apparmor") {
  parser("--replace")
  t.teardown(() => parser("--remove"))
}

/** A process's profile, as the kernel tells others. */
function profileOf(pid: number): string {
  return readFileSync(`/proc/${pid}/attr/apparmor/current`, "utf8").trim()
}

const ENFORCED = `${PROFILE} (enforce)`
const OTHERS = `${OTHER} (enforce)`
const SHOW = "cat /proc/self/attr/apparmor/current; cat /etc/secret"

function confine(box: Box, profile = PROFILE): Box {
  writeFileSync(`${box.rootfs}/etc/secret`, "the secret\n")
  box.config.process.apparmorProfile = profile
  return box
}

/** The process sees its profile and cannot read what that denies. */
function isConfined(t: Test, result: { stdout: string; stderr: string }, profile = ENFORCED): void {
  t.equal(result.stdout.trim(), profile)
  t.match(result.stderr, /secret.*Permission denied/)
}

const needs = ["apparmor"] as const

for (const noNewPrivileges of [true, false]) {
  boxTest(`the profile holds from the program's first instruction, noNewPrivileges ${noNewPrivileges} [/process/apparmorProfile]`,
    { needs }, async (t, box) => {
      box.config.process.noNewPrivileges = noNewPrivileges
      isConfined(t, confine(box).script(SHOW).run())
    })
}

boxTest("a created container's init is not confined yet, a started one is [/process/apparmorProfile]", { needs }, (t, box) => {
  confine(box).args("/bin/sleep", "1000").create()
  t.equal(profileOf(box.pid), "unconfined")
  box.start()
  t.equal(profileOf(box.pid), ENFORCED)
})

boxTest("the profile holds for another user, and in a user namespace [/process/apparmorProfile]", { needs }, async (t, box) => {
  box.mapIds()
  box.config.process.user = { uid: 1000, gid: 1000 }
  await confine(box).launch("/bin/sleep", "1000")
  t.equal(profileOf(box.pid), ENFORCED)
  // with its masked /proc the container may not mount a procfs: runts needs none
  isConfined(t, box.exec(["/bin/sh", "-c", SHOW]))
})

boxTest("the profile holds in the host's pid namespace [/process/apparmorProfile]", { needs }, async (t, box) => {
  box.config.linux.namespaces = box.config.linux.namespaces.filter(({ type }) => type !== "pid")
  await confine(box).launch("/bin/sleep", "1000")
  t.equal(profileOf(box.pid), ENFORCED)
})

boxTest("exec takes the container's profile, or its own [exec --apparmor] [exec --process]",
  { needs, skipFor: { runc: "leaves a process without profile unconfined", crun: "1.8 takes an empty profile for one" } }, async (t, box) => {
    await confine(box).launch("/bin/sleep", "1000")
    isConfined(t, box.exec(["/bin/sh", "-c", SHOW]))
    const other = expectSuccess(box.exec(["/bin/sh", "-c", SHOW], ["--apparmor", OTHER]))
    t.equal(other.stdout.trim(), `${OTHERS}\nthe secret`)
    const file = `${box.folder}/process.json`
    const args = ["/bin/cat", "/proc/self/attr/apparmor/current"]
    for (const [apparmorProfile, expected] of [[OTHER, OTHERS], ["", ENFORCED], ["unconfined", "unconfined"]]) {
      writeFileSync(file, JSON.stringify({ ...box.config.process, apparmorProfile, args }))
      t.equal(expectSuccess(box.call(["exec", "--process", file, box.id])).stdout.trim(), expected, `"${apparmorProfile}"`)
    }
  })

boxTest("startContainer hooks, which the image brings, have the profile; the host's have not [/hooks/startContainer/*/path]",
  { needs }, (t, box) => {
    const show = (file: string): string[] => ["sh", "-c", `cat /proc/self/attr/apparmor/current >${file}`]
    const hook = (file: string) => ({ path: "/bin/sh", args: show(file), env: ["PATH=/bin"] })
    box.config.hooks = { createRuntime: [hook(`${box.folder}/host`)], startContainer: [hook("/inside")] }
    expectSuccess(confine(box).args("/bin/true").run())
    t.equal(readFileSync(`${box.rootfs}/inside`, "utf8").trim(), ENFORCED)
    t.equal(readFileSync(`${box.folder}/host`, "utf8").trim(), "unconfined")
  })

boxTest("a container that covers its /proc, or its files there, cannot keep exec from being confined [exec --apparmor]",
  { needs, skipFor: { runc: "1.1 cannot exec where /proc is covered", crun: "1.8 cannot, either" } }, async (t, box) => {
    box.config.process.capabilities = { bounding: ["CAP_SYS_ADMIN"], effective: ["CAP_SYS_ADMIN"], permitted: ["CAP_SYS_ADMIN"] }
    mkdirSync(`${box.rootfs}/fake`)
    const script = `mkdir -p /tmp/attr/apparmor; : >/tmp/attr/apparmor/exec; : >/tmp/attr/exec
      mount -t proc proc /fake; mount --bind /tmp /fake/self/task 2>/dev/null
      mount --bind /tmp/attr /proc/1/attr; mount -t tmpfs t /proc; echo covered >/tmp/done; exec sleep 1000`
    await confine(box).launch("/bin/sh", "-c", script)
    await until("the mounts", () => box.exec(["/bin/cat", "/tmp/done"]).stdout.includes("covered"))
    expectSuccess(box.exec(["/bin/sleep", "1000"], ["--detach", "--pid-file", `${box.folder}/pid`]))
    const pid = Number(readFileSync(`${box.folder}/pid`, "utf8"))
    t.equal(profileOf(pid), ENFORCED)
    const elsewhere = expectSuccess(box.exec(["/bin/cat", "/tmp/attr/apparmor/exec", "/tmp/attr/exec"]))
    t.equal(elsewhere.stdout, "", "nothing was written elsewhere")
  })

boxTest("no descriptor of the host's /proc is left to the program [/process/apparmorProfile]", { needs }, async (t, box) => {
  const descriptors = (pid: number | string): string => `for fd in /proc/${pid}/fd/*; do readlink $fd || true; done`
  await confine(box).launch("/bin/sleep", "1000")
  t.notMatch(expectSuccess(box.exec(["/bin/sh", "-c", descriptors("self")])).stdout, /^\/proc$|attr/m)
  t.notMatch(expectSuccess(command(["sh", "-c", descriptors(box.pid)])).stdout, /^\/proc$|attr/m)
})

boxTest("a confined runtime: with noNewPrivileges both profiles hold [/process/apparmorProfile] [/process/noNewPrivileges]",
  { needs, skipFor: { runc: "fails with EPERM", crun: "1.8 fails with EPERM" } }, async (t, box) => {
    const options = { before: `printf 'exec ${OTHER}' >/proc/$$/attr/apparmor/exec` }
    const profiles = (label: string): string[] => label.trim().replace(" (enforce)", "").split("//&").sort()
    for (const [noNewPrivileges, expected] of [[true, [PROFILE, OTHER]], [false, [PROFILE]]] as const) {
      box.config.process.noNewPrivileges = noNewPrivileges
      const run = confine(box).script(SHOW).run([], options)
      t.same(profiles(run.stdout), expected)
      t.match(run.stderr, /secret.*Permission denied/)
    }
    box.config.process.noNewPrivileges = true
    await confine(box).launch("/bin/sleep", "1000")
    t.equal(profileOf(box.pid), ENFORCED, "the others as ever")
    t.same(profiles(box.exec(["/bin/sh", "-c", SHOW], [], options).stdout), [PROFILE, OTHER])
  })

boxTest("a profile that is not loaded is named, and nothing is left [/process/apparmorProfile]",
  { needs, skipFor: { crun: "says it otherwise" } }, async (t, box) => {
    const failed = confine(box, "no-such-profile").args("/bin/true").tryCreate()
    t.not(failed.code, 0)
    t.match(said(failed), /apparmor failed to apply profile.*no such file or directory/)
    if (runtimeName === "runts") {
      t.match(said(failed), /profile "no-such-profile".*at \/process\/apparmorProfile.*no such profile is loaded: aa-status/)
    }
    await confine(box).launch("/bin/sleep", "1000")
    const refused = box.exec(["/bin/true"], ["--apparmor", "no-such-profile"])
    t.equal(refused.code, 255)
    t.match(said(refused), /apparmor failed to apply profile/)
    t.equal(box.state().status, "running")
  })

boxTest("unconfined is a profile, and so is none [/process/apparmorProfile]",
  { needs, skipFor: { crun: "1.8 takes an empty profile for one" } }, async (t, box) => {
    const show = ["/bin/sh", "-c", SHOW]
    await confine(box, "unconfined").launch("/bin/sleep", "1000")
    t.equal(profileOf(box.pid), "unconfined")
    isConfined(t, box.exec(show, ["--apparmor", PROFILE]))
    box.delete("--force")
    await confine(box, "").launch("/bin/sleep", "1000")
    t.equal(profileOf(box.pid), "unconfined")
  })

boxTest("without AppArmor a profile is refused: it would not hold [/process/apparmorProfile] [exec --apparmor]",
  { needs: ["no apparmor"], skipFor: { crun: "leaves the profile out" } }, async (t, box) => {
    const failed = confine(box).args("/bin/true").tryCreate()
    t.not(failed.code, 0)
    t.match(said(failed), /apparmor failed to apply profile/)
    delete box.config.process.apparmorProfile
    await box.launch("/bin/sleep", "1000")
    const refused = box.exec(["/bin/true"], ["--apparmor", PROFILE])
    t.equal(refused.code, 255)
    t.match(said(refused), /apparmor failed to apply profile/)
  })

boxTest("without AppArmor every process is unconfined [/process/apparmorProfile]",
  { needs: ["no apparmor"], skipFor: { runc: "refuses it" } }, (t, box) => {
    t.equal(confine(box, "unconfined").script("echo runs").run().stdout, "runs\n")
  })

boxTest("doctor tells that AppArmor is on, and how many profiles are loaded [doctor]",
  { needs: ["apparmor"], skipFor: { runc: "has no doctor", crun: "has no doctor" } }, (t) => {
    const { abilities } = JSON.parse(command([runtimePath, "doctor", "--format", "json"]).stdout) as { abilities: { id: string; state: string; found: string }[] }
    const row = (id: string) => abilities.find((one) => one.id === id)
    const loaded = readFileSync("/sys/kernel/security/apparmor/profiles", "utf8").trim().split("\n").length
    t.same([row("apparmor")?.state, row("apparmor")?.found], ["present", `runts is unconfined, ${loaded} profiles are loaded`])
    t.equal(row("selinux")?.state, "missing")
  })
