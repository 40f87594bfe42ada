import { mkdirSync, writeFileSync } from "node:fs"
import t, { type Test } from "tap"
import { expectSuccess, said } from "../../conformance/lib/command.ts"
import { COUNT, FIRST, NAME, PASSWD, UID, userTest, type UserBox } from "./rootless-box.ts"

/*
 * What an ordinary user cannot have, and what is wrong around him: each is a clear error of its own, before anything is left, and `check`
 * says the same beforehand.
 */

const OURS = { skipFor: { runc: "has other words" } } as const
const RANGES = { ...OURS, ranges: true } as const

interface Finding {
  readonly severity: string
  readonly code: string
  readonly pointer: string
  readonly message: string
}

/** Errors that `check` tells. */
function checked(box: UserBox): Finding[] {
  const { stdout } = box.call(["check", "--bundle", box.bundle, "--format", "json"])
  return (JSON.parse(stdout) as { findings: Finding[] }).findings.filter(({ severity }) => severity === "error")
}

/** `run` fails with these words at this pointer, `check` says so before, and nothing is left of it. */
function refused(t: Test, box: UserBox, pointer: string, words: RegExp, foreseen = true): void {
  const result = box.run()
  t.not(result.code, 0)
  const text = said(result)
  t.match(text, words)
  t.ok(text.includes(`at ${pointer}`) || text.includes(`${pointer}:`), `${text.trim()} names ${pointer}`)
  t.equal(text.trim().split("\n").length, 1, "one line")
  t.same(box.stateEntries(), [], "nothing is left of it")
  const errors = checked(box)
  if (foreseen) t.ok(errors.some((error) => error.pointer.startsWith(pointer)), `check: ${JSON.stringify(errors)}`)
}

/** It runs, and `check` has said that nothing is wrong. */
function runs(t: Test, box: UserBox): void {
  t.same(checked({ ...box, call: box.call.bind(box) } as UserBox), [])
  expectSuccess(box.run())
}

userTest("rootless: what runs is nothing wrong for `check`, as the user sees it [check]", RANGES, (t, box) => {
  box.write()
  runs(t, box)
  box.config.process.user = { uid: 1000, gid: 1000, additionalGids: [50] }
  box.write()
  runs(t, box)
  box.around = { mappers: "none" }
  box.config.process.user = { uid: 0, gid: 0 }
  box.write()
  runs(t, box)
  const { stdout } = box.call(["check", "--bundle", box.bundle, "--config-only"])
  t.match(stdout, "nothing wrong")
})

userTest("rootless: a user of the container who is not mapped: what is, and how to get more [/process/user/uid] [/process/user/gid] [/process/user/additionalGids]", RANGES, (t, box) => {
  box.config.process.user = { uid: 70_000, gid: 0 }
  refused(t, box, "/process/user/uid", new RegExp(`70000 is not mapped: of uids the container of user ${UID} has 0 to ${COUNT}.*usermod --add-subuids`))
  box.config.process.user = { uid: 0, gid: 70_000 }
  refused(t, box, "/process/user/gid", /70000 is not mapped: of gids .*usermod --add-subgids/)
  box.config.process.user = { uid: 0, gid: 0, additionalGids: [1, 80_000] }
  refused(t, box, "/process/user/additionalGids/1", /80000 is not mapped/)
  box.around = { subuid: "" }
  box.config.process.user = { uid: 5, gid: 0 }
  refused(t, box, "/process/user/uid", /5 is not mapped: of uids the container of user [0-9]+ has 0 only/)
  box.around = { mappers: "none" }
  refused(t, box, "/process/user/uid", /5 is not mapped: .*take newuidmap and newgidmap: apt-get install uidmap/)
})

userTest("rootless: ranges that are malformed, overlap, are too small or end too high [/linux/uidMappings]", RANGES, (t, box) => {
  const cases: readonly (readonly [subuid: string, words: RegExp])[] = [
    [`root:1:1\n${NAME}:x:5\n`, new RegExp(`/etc/subuid, line 2: "${NAME}:x:5" is not owner:first:count`)],
    [`${NAME}:100000\n`, /line 1: .* is not owner:first:count/],
    [`${NAME}:100000:5:7\n`, /line 1: .* is not owner:first:count/],
    [`${NAME}:${FIRST}:100\n${UID}:${FIRST + 99}:5\n`, /\/etc\/subuid: the ids of line 2 overlap those of line 1/],
    [`${NAME}:4294967290:100\n`, /100 ids from 4294967290 on end above 4294967294/],
  ]
  for (const [subuid, words] of cases) {
    box.around = { subuid, subgid: "" }
    const result = box.run()
    t.not(result.code, 0)
    t.match(said(result), words)
    t.match(said(result), /spec --rootless/)
    t.match(checked(box).map(({ message }) => message).join(), words, "check says the same")
  }
  // a line of others does no harm
  box.around = { subuid: `somebody:x\n\n# note\n${NAME}:${FIRST}:10\n`, subgid: `${NAME}:${FIRST}:0\n` }
  t.equal(box.inside("grep -c . /proc/self/uid_map; grep -c . /proc/self/gid_map"), "2\n1")
})

userTest("rootless: newuidmap missing, failing or without its privileges [/linux/uidMappings] [/linux/gidMappings]", RANGES, (t, box) => {
  box.mapped([{ containerID: 0, hostID: UID, size: 1 }, { containerID: 1, hostID: FIRST, size: 10 }])
  expectSuccess(box.run())
  box.around = { mappers: "none" }
  refused(t, box, "/linux/gidMappings", /the gid mappings take newgidmap, which is in none of \/usr\/bin, .*apt-get install uidmap/)
  box.around = { mappers: "#!/bin/sh\necho out of order\necho >&2\nexit 3\n" }
  refused(t, box, "/linux/gidMappings", /write the gid mappings: \/usr\/bin\/newgidmap: exit status 3, output: "out of order"/, false)
  box.around = { mappers: "#!/bin/sh\nkill -9 $$\n" }
  refused(t, box, "/linux/gidMappings", /newgidmap: killed by SIGKILL/, false)
  box.around = { mappers: "no program" }
  refused(t, box, "/linux/gidMappings", /newgidmap: exec format error/, false)
  // it succeeds, and has done nothing: then the container has no ids
  box.around = { mappers: "#!/bin/sh\nexit 0\n" }
  t.not(box.run().code, 0)
  box.around = {}
  box.config.linux.uidMappings = [{ containerID: 0, hostID: UID, size: 1 }, { containerID: 1, hostID: 1, size: 10 }]
  refused(t, box, "/linux/uidMappings", /write the uid mappings: .*newuidmap: exit status 1, output: ".*uid range \[1-11\) -> \[1-11\) not allowed.*see the user's ranges in \/etc\/subuid/)
})

userTest("rootless: one id of somebody else's is refused, be it in place of the user's own [/linux/uidMappings]", RANGES, (t, box) => {
  box.mapped([{ containerID: 0, hostID: 0, size: 1 }], [{ containerID: 0, hostID: UID, size: 1 }])
  refused(t, box, "/linux/uidMappings", /newuidmap: exit status 1/)
})

userTest("rootless: a container whose root is not mapped [/linux/uidMappings] [/linux/gidMappings]", OURS, (t, box) => {
  box.mapped([{ containerID: 1000, hostID: UID, size: 1 }])
  box.config.process.user = { uid: 1000, gid: 1000 }
  refused(t, box, "/linux/uidMappings", new RegExp(`uid 0 of the container is not mapped.*"containerID": 0, "hostID": ${UID}, "size": 1`))
})

userTest("rootless: additional groups where the kernel denies them [/process/user/additionalGids]", OURS, async (t, box) => {
  const size = 1
  box.around = { subuid: "" }
  box.mapped()
  box.config.process.user = { uid: 0, gid: 0, additionalGids: [0] }
  refused(t, box, "/process/user/additionalGids", /cannot set any additional groups in a rootless container.*run\.oci\.keep_original_groups/, false)
  delete box.config.process.user.additionalGids
  await box.launch("/bin/sleep", "1000")
  const result = box.exec(["/bin/true"], ["--additional-gids", "0"])
  t.not(result.code, 0)
  t.match(said(result), /cannot set any additional groups/)
  t.equal(size, 1)
  box.delete("--force")
})

userTest("rootless: owners of file systems who are not mapped [/mounts/*/options]", OURS, (t, box) => {
  box.around = { subuid: "" }
  box.config.mounts.push({ destination: "/own", type: "tmpfs", source: "tmpfs", options: ["uid=7", "mode=700"] })
  t.equal(box.inside("stat -c '%u %a' /own"), "0 700", "where runts adds the user namespace, they are left out as `spec --rootless` leaves them out")
  box.mapped()
  refused(t, box, `/mounts/${box.config.mounts.length - 1}/options/0`, /cannot specify uid= mount options for unmapped uid in rootless containers: uid=7/)
})

userTest("rootless: id-mapped mounts, network devices, resctrl groups [/mounts/*/uidMappings] [/linux/netDevices] [/linux/intelRdt]", OURS, (t, box) => {
  mkdirSync(`${box.folder}/data`)
  const mappings = [{ containerID: 0, hostID: UID, size: 1 }]
  const mounts = [...box.config.mounts]
  box.config.mounts.push({ destination: "/data", type: "bind", source: `${box.folder}/data`, options: ["bind"], uidMappings: mappings, gidMappings: mappings })
  refused(t, box, `/mounts/${mounts.length}`, /an ordinary user may not make id-mapped mounts/)
  box.config.mounts = mounts
  box.config.linux.netDevices = { "a/b": {}, lo: {} }
  refused(t, box, "/linux/netDevices", /may not take network devices from the host/)
  delete box.config.linux.netDevices
  box.config.linux.intelRdt = { closID: "x" }
  refused(t, box, "/linux/intelRdt", /may not make resctrl groups/)
})

userTest("rootless: namespaces of others [/linux/namespaces/*/path]", OURS, (t, box) => {
  const host = `/proc/${process.pid}/ns/net`
  box.config.linux.namespaces = [{ type: "mount" }, { type: "pid" }, { type: "network", path: host }]
  delete box.config.hostname
  refused(t, box, "/linux/namespaces/2/path", /the network namespace .* cannot be joined from a new user namespace/)
  box.config.linux.namespaces = [{ type: "mount" }, { type: "user", path: `/proc/${process.pid}/ns/user` }]
  refused(t, box, "/linux/namespaces/1", /permission denied|not permitted|invalid argument/, false)
})

userTest("rootless: user namespaces that are not for users: the switch is named [/linux/namespaces]", OURS, (t, box) => {
  // the limit of a user namespace that the call is in, as the machine's own is everybody's; what could change it is given up then
  const script = 'echo 0 >/proc/sys/user/max_user_namespaces; exec setpriv --inh-caps=-all --ambient-caps=-all "$@"'
  const none = ["unshare", "--user", "--map-current-user", "--keep-caps", "sh", "-c", script, "sh"]
  box.write()
  const result = box.asWords([...box.through, ...none], ["--root", box.root, "run", "--bundle", box.bundle, box.id])
  t.not(result.code, 0)
  t.match(said(result), /namespaces: no space left on device.*user\.max_user_namespaces is 0: sysctl -w user\.max_user_namespaces=10000/)
  t.same(box.stateEntries(), [])
})

userTest("rootless: with no_new_privs newuidmap has no power: one id is what there is [/linux/uidMappings]", RANGES, (t, box) => {
  const { through } = box
  const words = through.flatMap((word) => (word === "--clear-groups" ? [word, "--no-new-privs"] : [word]))
  const run = (): ReturnType<UserBox["call"]> => box.asWords(words, ["--root", box.root, "run", "--bundle", box.bundle, box.id])
  box.script("grep -c . /proc/self/uid_map").write()
  t.equal(expectSuccess(run()).stdout, "1\n")
  box.config.process.user = { uid: 3, gid: 0 }
  box.write()
  t.match(said(run()), /3 is not mapped: .*no_new_privs makes powerless/)
  box.config.process.user = { uid: 0, gid: 0 }
  box.mapped([{ containerID: 0, hostID: UID, size: 1 }, { containerID: 1, hostID: FIRST, size: 10 }]).write()
  t.match(said(run()), /newgidmap: exit status 1, output: ".*not permitted/)
})

userTest("rootless: the folder for the state [--root]", { ...OURS, permissions: true }, (t, box) => {
  box.args("/bin/true").write()
  const run = ["run", "--bundle", box.bundle, box.id]
  expectSuccess(box.callPlain(run))
  t.match(expectSuccess(box.as(["stat", "-c", "%a %u", `${box.runtimeDir}/runts`])).stdout, `1700 ${UID}`, "sticky, and the user's alone")
  box.around = { env: { XDG_RUNTIME_DIR: box.runtimeDir } }
  expectSuccess(box.callPlain(run))
  const cases: readonly (readonly [folder: string | undefined, words: RegExp])[] = [
    [undefined, /\/run\/runts.*: permission denied.*XDG_RUNTIME_DIR is not set: set it to a folder of your own of mode 0700/],
    ["", /\/run\/runts.*: permission denied.*XDG_RUNTIME_DIR is not set/],
    ["/", /XDG_RUNTIME_DIR is "\/", which belongs to user 0, not to user 54400 who calls/],
    ["/no/such", /folder for the state of containers: create folder "\/no": permission denied.*name one with --root/],
  ]
  for (const [folder, words] of cases) {
    box.around = { env: folder === undefined ? {} : { XDG_RUNTIME_DIR: folder } }
    const result = box.callPlain(run)
    t.not(result.code, 0)
    t.match(said(result), words)
    expectSuccess(box.call(run))
  }
})

userTest("rootless: the same container by all the environment and by almost none, as Podman calls [state] [kill] [delete]", OURS, async (t, box) => {
  box.args("/bin/sleep", "1000").write()
  expectSuccess(box.callPlain(["create", "--bundle", box.bundle, box.id]))
  box.around = { env: { XDG_RUNTIME_DIR: box.runtimeDir } }
  expectSuccess(box.callPlain(["start", box.id]))
  expectSuccess(box.callPlain(["kill", box.id, "KILL"]))
  box.around = {}
  expectSuccess(box.callPlain(["delete", "--force", box.id]))
  t.match(said(box.callPlain(["state", box.id])), /does not exist/)
})

userTest("rootless: --rootless false wants a cgroup, true and auto do without [--rootless]", { skipFor: { runc: "has other words" } }, (t, box) => {
  box.around = { passwd: PASSWD }
  box.args("/bin/true").write()
  const run = (flag: string) => box.call([`--rootless=${flag}`, "run", "--bundle", box.bundle, box.id])
  t.equal(run("true").code, 0)
  t.equal(run("auto").code, 0)
  const result = run("false")
  t.not(result.code, 0)
  t.match(said(result), /create cgroup .*: (permission denied|read-only file system)/)
  t.not(run("perhaps").code, 0)
  writeFileSync(`${box.folder}/done`, "")
})

t.end()
