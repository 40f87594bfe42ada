import { Outer, type OuterOptions } from "../../conformance/lib/nested.ts"
import { expectSuccess } from "../../conformance/lib/command.ts"
import { cgroupPrefix, unified } from "../../conformance/lib/environment.ts"
import { boxTest } from "../../conformance/lib/test.ts"

/*
 * runts inside of containers: those that runts makes, as Docker configures them. The inner container has pid, network, ipc, uts and mount
 * namespaces; where its maker has no CAP_SYS_ADMIN, runts adds a user namespace.
 */

const PEERS = { runc: "makes no user namespace by itself", crun: "cannot start where /proc is masked, and wants cgroupfs writable" } as const
const SAYS = "echo inner; id -u; echo $$; grep -c . /proc/1/cmdline"

/** What surrounds runts, and what it must do for a container of every day. */
const WORKS: readonly (readonly [what: string, options: OuterOptions, globals?: readonly string[]])[] = [
  ["no CAP_SYS_ADMIN, whole /proc, cgroupfs read-only", { masks: false }],
  ["no CAP_SYS_ADMIN, whole /proc, no cgroupfs", { masks: false, cgroup: "none" }],
  ["no CAP_SYS_ADMIN, whole /proc, no /dev/shm, sysfs writable", { masks: false, shm: false, sysReadOnly: false }],
  ["CAP_SYS_ADMIN, cgroupfs writable, a cgroup namespace", { admin: true, cgroup: "rw" }],
  ["CAP_SYS_ADMIN, cgroupfs writable, the outer cgroup namespace", { admin: true, cgroup: "rw", cgroupNamespace: false }],
  ["CAP_SYS_ADMIN, cgroupfs read-only, --cgroup-manager disabled", { admin: true }, ["--cgroup-manager", "disabled"]],
  ["CAP_SYS_ADMIN, cgroupfs read-only, --rootless true", { admin: true }, ["--rootless", "true"]],
  ["CAP_SYS_ADMIN, no cgroupfs, --cgroup-manager disabled", { admin: true, cgroup: "none" }, ["--cgroup-manager", "disabled"]],
  ["a user namespace, whole /proc, cgroupfs read-only", { admin: true, masks: false, userNamespace: true }],
  ["a user namespace, whole /proc, cgroupfs writable", { admin: true, masks: false, cgroup: "rw", userNamespace: true }],
  ["a user namespace, whole /proc, no cgroupfs", { admin: true, masks: false, cgroup: "none", userNamespace: true }],
  ["a user namespace, no CAP_SYS_ADMIN, whole /proc", { masks: false, userNamespace: true }],
  // what its root has covered it may uncover: the kernel counts only what is locked
  ["a user namespace, /proc masked", { admin: true, userNamespace: true }],
]

for (const [what, options, globals = []] of WORKS) {
  boxTest(`nested: it runs in a container: ${what}`, { skipFor: PEERS }, (t, box) => {
    const { stdout } = expectSuccess(new Outer(box, options).script(SAYS).run(...globals))
    t.equal(stdout, "inner\n0\n1\n1\n", "with its own procfs")
  })
}

boxTest("nested: create, start, exec, ps, kill and delete inside a container [create, exec, ps, kill, delete]", { skipFor: PEERS }, (t, box) => {
  const outer = new Outer(box, { masks: false })
  outer.config.process.args = ["/bin/sleep", "1000"]
  const { stdout } = expectSuccess(outer.inside(`
    runts create --bundle /inner i && runts start i && runts exec i /bin/echo joined && runts state i | grep status &&
    runts ps --format json i && runts kill i KILL && until runts state i | grep -q stopped; do :; done && runts delete i && runts list -q`))
  t.match(stdout, /^joined\n\s*"status": "running",\n\[\d+\]\n$/)
})

boxTest("nested: with mappings of its own, in the outer container's ids [/linux/uidMappings, /linux/gidMappings]", { skipFor: PEERS }, (t, box) => {
  const outer = new Outer(box, { admin: true, masks: false, cgroup: "rw" })
  outer.config.linux.namespaces.push({ type: "user" })
  Object.assign(outer.config.linux, { uidMappings: [{ containerID: 0, hostID: 0, size: 10 }], gidMappings: [{ containerID: 0, hostID: 5, size: 10 }] })
  const { stdout } = expectSuccess(outer.script("cat /proc/self/uid_map /proc/self/gid_map").run())
  t.same(stdout.trim().split("\n").map((line) => line.trim().split(/ +/).join(" ")), ["0 0 10", "0 5 10"])
})

boxTest("nested: in the outer cgroup namespace a container's cgroup is below its maker's (v1), or beside it (v2) [/linux/cgroupsPath]", { skipFor: PEERS }, (t, box) => {
  const outer = new Outer(box, { admin: true, cgroup: "rw", cgroupNamespace: false })
  const { stdout } = expectSuccess(outer.script("cat /proc/self/cgroup").run())
  t.match(stdout, `:${unified ? cgroupPrefix : box.cgroupsPath}/inner\n`)
})

boxTest("nested: limits of the inner container in a part of v1's tree [/linux/resources/pids/limit]", { needs: ["hybrid"], skipFor: PEERS }, (t, box) => {
  const outer = new Outer(box, { admin: true, cgroup: "rw" })
  outer.config.linux.resources = { pids: { limit: 33 } }
  outer.config.mounts.push({ destination: "/mnt", type: "bind", source: "/sys/fs/cgroup", options: ["rbind", "ro"] })
  t.equal(expectSuccess(outer.script("cat /mnt/pids/inner/pids.max").run()).stdout, "33\n")
})

boxTest("nested, v2: limits where the outer container's processes are in the way: the error explains it [/linux/resources]", { needs: ["v2"], skipFor: PEERS }, (t, box) => {
  const outer = new Outer(box, { admin: true, cgroup: "rw" })
  outer.config.linux.resources = { hugepageLimits: [{ pageSize: "2MB", limit: 1 << 22 }] }
  const { code, stderr } = outer.run()
  t.equal(code, 1)
  t.match(stderr, /controller hugetlb is not available in \/sys\/fs\/cgroup\/inner.*; \/sys\/fs\/cgroup has \d+ processes of its own.*\(no internal processes\): first move all/)
})

boxTest("nested, v2: once they are moved there are limits [/linux/resources]", { needs: ["v2"], skipFor: PEERS }, (t, box) => {
  const outer = new Outer(box, { admin: true, cgroup: "rw" })
  outer.config.linux.resources = { hugepageLimits: [{ pageSize: "2MB", limit: 1 << 22 }] }
  outer.config.mounts.push({ destination: "/mnt", type: "bind", source: "/sys/fs/cgroup", options: ["rbind", "ro"] })
  outer.script("cat /mnt/inner/hugetlb.2MB.max")
  const { stdout } = expectSuccess(outer.inside("mkdir /sys/fs/cgroup/main && echo $$ >/sys/fs/cgroup/main/cgroup.procs && run"))
  t.equal(stdout, "4194304\n")
})
