import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs"
import type { Box } from "../../conformance/lib/box.ts"
import { expectSuccess } from "../../conformance/lib/command.ts"
import { cgroupPrefix } from "../../conformance/lib/environment.ts"
import { cgroupsOf } from "../../conformance/lib/procfs.ts"
import { boxTest } from "../../conformance/lib/test.ts"

/*
 * crun's annotations on cgroups (crun(1), "Extensions to OCI").
 */

const SKIP = { runc: "knows none of crun's annotations" } as const
const DELEGATE = "run.oci.delegate-cgroup"
const FORCE_V1 = "run.oci.systemd.force_cgroup_v1"

function delegated(box: Box, name = "payload"): string {
  box.config.annotations = { [DELEGATE]: name }
  box.config.linux.namespaces.push({ type: "cgroup" })
  box.config.mounts.push({ destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "nodev", "noexec"] })
  return `/sys/fs/cgroup${box.cgroupsPath}/${name}`
}

boxTest("delegate-cgroup: the processes are below the container's cgroup, which is the root of their namespace [annotation run.oci.delegate-cgroup]",
  { needs: ["v2"], skipFor: SKIP }, async (t, box) => {
    const folder = delegated(box)
    const pid = await box.launch("/bin/sleep", "1000")
    t.equal(cgroupsOf(pid)[""], `${box.cgroupsPath}/payload`)
    t.equal(expectSuccess(box.exec(["/bin/grep", "^0:", "/proc/1/cgroup"])).stdout, "0::/payload\n")
    t.equal(expectSuccess(box.exec(["/bin/grep", "^0:", "/proc/self/cgroup"])).stdout, "0::/payload\n", "exec comes there, too")
    const above = readFileSync(`${folder}/../cgroup.controllers`, "utf8")
    t.equal(readFileSync(`${folder}/cgroup.controllers`, "utf8"), above, "all controllers are handed on")
    t.equal((JSON.parse(box.call(["ps", "--format", "json", box.id]).stdout) as number[]).length, 1)
    expectSuccess(box.call(["pause", box.id]))
    t.equal(box.state().status, "paused")
    expectSuccess(box.call(["resume", box.id]))
    box.delete("--force")
    t.equal(existsSync(`${folder}/..`), false)
  })

boxTest("delegate-cgroup: it is given to the user, who divides it [annotation run.oci.delegate-cgroup]", { needs: ["v2"], skipFor: { ...SKIP, crun: "gives it to root" } }, async (t, box) => {
  const folder = delegated(box)
  box.config.process.user = { uid: 1000, gid: 1000 }
  delete box.config.process.capabilities
  const divide = "cd /sys/fs/cgroup/payload && mkdir a b && echo 0 >a/cgroup.procs && cat /proc/self/cgroup && echo $$ >b/cgroup.procs"
  const { stdout } = expectSuccess(box.script(divide).run([], { before: "true" }))
  t.match(stdout, /^0::\/payload\/a$/m)
  t.equal(existsSync(folder), false)
})

boxTest("delegate-cgroup: without a namespace or a mount it is given all the same; limits stay above [annotation run.oci.delegate-cgroup]", { needs: ["v2"], skipFor: { ...SKIP, crun: "gives it to root" } }, async (t, box) => {
  box.mapIds()
  box.config.annotations = { [DELEGATE]: "/a/./b/" }
  box.config.process.user = { uid: 7, gid: 7 }
  const pid = await box.launch("/bin/sleep", "1000")
  const folder = `/sys/fs/cgroup${box.cgroupsPath}/a/b`
  t.equal(cgroupsOf(pid)[""], `${box.cgroupsPath}/a/b`)
  const names = readFileSync("/sys/kernel/cgroup/delegate", "utf8").trim().split("\n").filter((name) => existsSync(`${folder}/${name}`))
  const owned = readdirSync(folder).filter((name) => statSync(`${folder}/${name}`).uid === 100_007)
  t.same(owned.sort(), names.sort())
  t.equal(statSync(`/sys/fs/cgroup${box.cgroupsPath}`).uid, 0)
})

boxTest("delegate-cgroup: startContainer hooks come where the processes are [annotation run.oci.delegate-cgroup, /hooks/startContainer]", { needs: ["v2"], skipFor: { ...SKIP, crun: "runs them in its own cgroup" } }, (t, box) => {
  delegated(box)
  box.config.hooks = { startContainer: [{ path: "/bin/sh", args: ["sh", "-c", "grep ^0: /proc/self/cgroup >/tmp/hook"] }] }
  expectSuccess(box.args("/bin/true").run())
  t.equal(readFileSync(`${box.rootfs}/tmp/hook`, "utf8"), "0::/payload\n")
})

for (const [value, why] of [["..", "names no cgroup below"], ["a/../../b", "names no cgroup below"], ["/", "names no cgroup below"]] as const) {
  boxTest(`delegate-cgroup: ${value} is refused [annotation run.oci.delegate-cgroup]`, { skipFor: { ...SKIP, crun: "takes it" } }, (t, box) => {
    box.config.annotations = { [DELEGATE]: value }
    t.match(box.tryCreate(), { code: 1, stderr: `${DELEGATE}=${JSON.stringify(value)} ${why}` })
    t.same(box.stateEntries(), [])
  })
}

boxTest("delegate-cgroup: not on v1 hierarchies, which cannot safely be given away [annotation run.oci.delegate-cgroup]", { needs: ["hybrid"], skipFor: { ...SKIP, crun: "does nothing" } }, (t, box) => {
  box.config.annotations = { [DELEGATE]: "payload" }
  t.match(box.tryCreate(), { code: 1, stderr: /run.oci.delegate-cgroup=payload: cgroups of v1, which this machine has, cannot safely be given to others than root/ })
  t.same(box.stateEntries(), [])
})

boxTest("delegate-cgroup: not without a cgroup [--cgroup-manager, annotation run.oci.delegate-cgroup]", { skipFor: { ...SKIP, crun: "does nothing" } }, (t, box) => {
  box.config.annotations = { [DELEGATE]: "payload" }
  box.globals = ["--cgroup-manager", "disabled"]
  t.match(box.tryCreate(), { code: 1, stderr: /the container has no cgroup to divide/ })
})

/**
 * For `before`: the command sees the v1 hierarchy of systemd, mounted beside. What containers left there, which only then can be seen, makes
 * the exit code 99.
 */
function withSystemd(box: Box): string {
  const mount = `${box.folder}/systemd`
  mkdirSync(mount)
  return `set -- unshare -m sh -c 'mount -t cgroup -o none,name=systemd cgroup ${mount} && "$@" && { rmdir ${mount}${cgroupPrefix} || exit 99; }' sh "$@"`
}

function forced(box: Box, path = "/sys/fs/cgroup"): void {
  box.config.annotations = { [FORCE_V1]: path }
  box.config.linux.namespaces.push({ type: "cgroup" })
  box.config.mounts.push({ destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "nodev", "noexec"] })
}

boxTest("force_cgroup_v1: the mount shows the hierarchy name=systemd alone, where the container has a cgroup that goes with it [annotation run.oci.systemd.force_cgroup_v1]",
  { needs: ["v2"], skipFor: { ...SKIP, crun: "is another's" } }, (t, box) => {
    forced(box)
    const before = withSystemd(box)
    box.script("ls /sys/fs/cgroup; grep -o -E '(name=systemd|^0):.*' /proc/self/cgroup; mkdir /sys/fs/cgroup/systemd/own && echo made; grep cgroup /proc/self/mounts")
    const { stdout } = expectSuccess(box.run([], { before }))
    t.match(stdout, /^systemd\nname=systemd:\/\n0:[^\n]*\nmade\n/)
    t.match(stdout, /^cgroup \/sys\/fs\/cgroup\/systemd cgroup rw,nosuid,nodev,noexec,relatime(,xattr)?,name=systemd/m)
  })

boxTest("force_cgroup_v1: where that hierarchy is not mounted the error says how to [annotation run.oci.systemd.force_cgroup_v1]", { needs: ["v2"], skipFor: { ...SKIP, crun: "fails otherwise" } }, (t, box) => {
  forced(box)
  const { code, stderr } = box.tryCreate()
  t.equal(code, 1)
  t.match(stderr, /the v1 hierarchy name=systemd is not mounted on this machine.*mount -t cgroup -o none,name=systemd,xattr/)
  t.same(box.stateEntries(), [])
})

boxTest("force_cgroup_v1: a path that is no cgroup mount's is refused [annotation run.oci.systemd.force_cgroup_v1]", { skipFor: { ...SKIP, crun: "ignores it" } }, (t, box) => {
  forced(box, "/sys/fs/other")
  t.match(box.tryCreate(), { code: 1, stderr: /force_cgroup_v1=\/sys\/fs\/other: no mount of type cgroup has that destination/ })
})

boxTest("force_cgroup_v1: among v1 hierarchies it leaves only that one [annotation run.oci.systemd.force_cgroup_v1]", { needs: ["hybrid"], skipFor: { ...SKIP, crun: "is another's" } }, (t, box) => {
  forced(box)
  t.equal(box.inside("ls /sys/fs/cgroup"), "systemd")
})
